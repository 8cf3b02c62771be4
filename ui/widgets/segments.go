package widgets

import (
	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"
)

// Segments is a choice of one in a row of toggles.
type Segments struct {
	// OnChanged is called with the index of the option that was pressed, when it is
	// not the one chosen already.
	OnChanged func(index int)

	box    *fyne.Container
	cells  []*Pressable
	words  []*Text
	chosen int
}

// NewSegments makes a row of options with the first chosen. Rows break where the
// options do not fit.
func NewSegments(options []string, changed func(index int)) *Segments {
	s := &Segments{OnChanged: changed, box: NewFlow(1)}
	s.SetOptions(options)
	return s
}

// Object is what to place in the window.
func (s *Segments) Object() fyne.CanvasObject { return s.box }

// SetOptions shows other options and chooses the first. It calls nothing back.
func (s *Segments) SetOptions(options []string) {
	s.box.Objects, s.cells, s.words, s.chosen = nil, nil, nil, 0
	for i, option := range options {
		word := NewText(option, TextLook{Whole: true, Align: fyne.TextAlignCenter})
		look := PressableLook{Fill: standard.ColorNameButton, MarkFill: standard.ColorNamePrimary}
		cell := NewPressable(NewInset(8, 3, word), look, func() { s.press(i) })
		s.cells, s.words = append(s.cells, cell), append(s.words, word)
		s.box.Add(cell)
	}
	s.show()
}

// Options are the words of the options.
func (s *Segments) Options() []string {
	var options []string
	for _, w := range s.words {
		options = append(options, w.Text())
	}
	return options
}

// Choose shows another option as chosen; it calls nothing back.
func (s *Segments) Choose(index int) {
	if index >= 0 && index < len(s.cells) {
		s.chosen = index
		s.show()
	}
}

// Chosen is the index of the chosen option.
func (s *Segments) Chosen() int { return s.chosen }

// Cell is the control of one option.
func (s *Segments) Cell(index int) *Pressable { return s.cells[index] }

// Enable makes the options answer, or not.
func (s *Segments) Enable(on bool) {
	for _, c := range s.cells {
		c.Enable(on)
	}
	s.show()
}

func (s *Segments) press(index int) {
	if index == s.chosen {
		return
	}
	s.Choose(index)
	if s.OnChanged != nil {
		s.OnChanged(index)
	}
}

func (s *Segments) show() {
	for i, c := range s.cells {
		mark, ink := Plain, standard.ColorNameForeground
		if i == s.chosen {
			mark, ink = Selected, standard.ColorNameForegroundOnPrimary
		}
		if c.Disabled() {
			mark, ink = Plain, standard.ColorNameDisabled
		}
		c.Mark(mark)
		s.words[i].SetColor(ink)
	}
}
