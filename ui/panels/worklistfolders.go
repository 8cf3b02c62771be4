package panels

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// WorklistFolder is a folder that slides are looked for in.
type WorklistFolder struct {
	Path   string
	Images bool // plain pictures are slides too
	Watch  bool // it is looked at again when something changes
	Cases  int  // on the list
}

// FoldersEvents are what the user does with the folders. Any may be nil.
type FoldersEvents struct {
	Add    func()
	Change func(f WorklistFolder) // how a folder is looked through
	Remove func(path string)
}

// FoldersView is the content of a dialog with the folders of the worklist.
type FoldersView struct {
	texts  *texts.Texts
	on     FoldersEvents
	object *fyne.Container
	list   *fyne.Container
}

// NewFoldersView makes the view with no folder.
func NewFoldersView(t *texts.Texts, on FoldersEvents) *FoldersView {
	v := &FoldersView{texts: t, on: on, list: widgets.NewColumn(theme.Gap)}
	w := t.Worklist.Folder
	v.object = widgets.NewColumn(theme.Gap+2, v.list, widgets.NewFlow(0, widgets.NewButton(t.Worklist.AddFolder, func() { tell(on.Add) })),
		widgets.NewNote(w.WatchNote), widgets.NewNote(w.RemoveNote))
	v.Set(nil)
	return v
}

// Object is what to place in the dialog. It is as high as its content.
func (v *FoldersView) Object() fyne.CanvasObject { return v.object }

// Set shows the folders there are.
func (v *FoldersView) Set(folders []WorklistFolder) {
	if len(folders) == 0 {
		replace(v.list, widgets.NewBody(v.texts.Worklist.Folder.None))
		return
	}
	var rows []fyne.CanvasObject
	for _, f := range folders {
		rows = append(rows, v.row(f), widget.NewSeparator())
	}
	replace(v.list, rows...)
	v.object.Refresh()
}

func (v *FoldersView) row(f WorklistFolder) fyne.CanvasObject {
	t := v.texts.Worklist.Folder
	count := fmt.Sprintf(t.Count, v.texts.Numbers.Count(f.Cases))
	if f.Cases == 1 {
		count = t.CountOne
	}
	watch := widgets.NewToggle(t.Watch, func(on bool) { f.Watch = on; call(v.on.Change, f) })
	watch.Set(f.Watch)
	images := widgets.NewToggle(t.Images, func(on bool) { f.Images = on; call(v.on.Change, f) })
	images.Set(f.Images)
	return widgets.NewColumn(2, widgets.NewStrong(f.Path), widgets.NewFlow(theme.Gap,
		widgets.NewInset(0, 4, widgets.NewText(count, widgets.TextLook{Whole: true})), watch, images,
		widgets.NewButton(t.Remove, func() { call(v.on.Remove, f.Path) })))
}
