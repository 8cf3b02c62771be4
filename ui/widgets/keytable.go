package widgets

import (
	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/theme"
)

// KeyGroup is a titled part of a table of keys.
type KeyGroup struct {
	Title string
	Rows  []KeyRow
}

// KeyRow is a key, or several with spaces between, and what it does.
type KeyRow struct{ Keys, Does string }

// keyColumn is wide enough for the longest combination.
const keyColumn = 150

// NewKeyTable shows keys and what they do, group by group.
func NewKeyTable(groups []KeyGroup) fyne.CanvasObject {
	table := NewColumn(theme.Gap)
	for _, g := range groups {
		rows := NewColumn(4, NewStrong(g.Title))
		for _, r := range g.Rows {
			keys := NewText(r.Keys, TextLook{Color: standard.ColorNamePrimary, Bold: true})
			rows.Add(NewTopRow(theme.Gap, 1, NewAtLeast(keyColumn, 0, keys), NewBody(r.Does)))
		}
		table.Add(rows)
	}
	return table
}
