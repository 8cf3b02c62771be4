package panels

import (
	"fmt"

	"fyne.io/fyne/v2"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// ExportThere is what an export would write over.
type ExportThere struct {
	Folder string
	Names  []string // of files and folders in it
	Apart  string   // what names begin with that would write over nothing
}

// mostThere is how many names are listed.
const mostThere = 8

// NewExportThere is the content of the question whether that is to be replaced.
func NewExportThere(t *texts.Texts, there ExportThere) fyne.CanvasObject {
	head := t.Export.ThereMany
	if len(there.Names) == 1 {
		head = t.Export.ThereOne
	}
	list := widgets.NewColumn(2)
	shown := there.Names
	if len(shown) > mostThere {
		shown = shown[:mostThere-1]
	}
	for _, name := range shown {
		list.Add(widgets.NewStrong(name))
	}
	if rest := len(there.Names) - len(shown); rest > 0 {
		list.Add(widgets.NewBody(fmt.Sprintf(t.Export.ThereMore, t.Numbers.Count(rest))))
	}
	return widgets.NewColumn(theme.Gap, widgets.NewBody(fmt.Sprintf(head, there.Folder)), list,
		widgets.NewBody(fmt.Sprintf(t.Export.ThereHint, there.Apart)))
}
