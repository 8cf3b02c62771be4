package panels

import (
	"strings"

	"fyne.io/fyne/v2"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// ReaderView is the content of a dialog that asks who reads.
type ReaderView struct {
	object fyne.CanvasObject
	name   *widgets.Field
	known  []*widgets.Pressable
}

// longestReader is how long a reader's name can be, in characters.
const longestReader = 80

// NewReaderView asks for a name, with the one there is and those of earlier readers
// offered; use is called with the name once it is chosen.
func NewReaderView(t *texts.Texts, name string, known []string, use func(name string)) *ReaderView {
	v := &ReaderView{name: widgets.NewField("")}
	w := t.Worklist.Who
	v.name.SetText(name)
	v.name.OnSubmitted = func(string) { v.Use(use) }
	column := widgets.NewColumn(theme.Gap, labelled(w.Name, v.name))
	var rows []fyne.CanvasObject
	for _, k := range known {
		if k != name {
			row := widgets.NewOptionRow(k, "", false, func() { use(k) })
			v.known = append(v.known, row)
			rows = append(rows, row)
		}
	}
	if rows != nil {
		column.Add(labelled(w.Known, widgets.NewColumn(3, rows...)))
	}
	column.Add(widgets.NewNote(w.Note))
	v.object = column
	return v
}

// Object is what to place in the dialog.
func (v *ReaderView) Object() fyne.CanvasObject { return v.object }

// Field is where the name is typed, to be given the keyboard.
func (v *ReaderView) Field() fyne.Focusable { return v.name }

// Use calls use with the name as it stands, if it is one.
func (v *ReaderView) Use(use func(name string)) {
	name := strings.Join(strings.Fields(v.name.Text), " ")
	if r := []rune(name); len(r) > longestReader {
		name = string(r[:longestReader])
	}
	if name != "" {
		use(name)
	}
}
