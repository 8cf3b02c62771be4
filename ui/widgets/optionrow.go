package widgets

import (
	standard "fyne.io/fyne/v2/theme"
)

// NewOptionRow is an option as wide as its place, with the key that chooses it; ""
// for none.
func NewOptionRow(label, key string, chosen bool, tapped func()) *Pressable {
	ink, quiet := standard.ColorNameForeground, standard.ColorNamePlaceHolder
	if chosen {
		ink, quiet = standard.ColorNameForegroundOnPrimary, standard.ColorNameForegroundOnPrimary
	}
	words := NewText(label, TextLook{Color: ink, MaxLines: 2})
	row := NewPressable(NewInset(8, 4, NewRow(6, 0, words, NewText(key, TextLook{Color: quiet, Size: standard.SizeNameCaptionText, Whole: true}))),
		PressableLook{Fill: standard.ColorNameButton, MarkFill: standard.ColorNamePrimary}, tapped)
	if chosen {
		row.Mark(Selected)
	}
	return row
}
