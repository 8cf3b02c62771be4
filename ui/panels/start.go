package panels

import (
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// startWidth is the width of what stands in the middle of the empty slide area.
const startWidth = 400

// mostRecent is how many slides are offered at the start.
const mostRecent = 6

// StartEvents are what the user does at the start. Any may be nil.
type StartEvents struct {
	Open   func()
	Demo   func()
	Recent func(path string)
	Folder func(path string) // open a slide of that folder
}

// Start stands in the slide area while no slide is open.
type Start struct {
	texts  *texts.Texts
	on     StartEvents
	object fyne.CanvasObject
	recent *fyne.Container
	folder *fyne.Container
	rows   []*widgets.Pressable
}

// NewStart makes the start with nothing opened before.
func NewStart(t *texts.Texts, on StartEvents) *Start {
	s := &Start{texts: t, on: on, recent: widgets.NewColumn(2), folder: widgets.NewColumn(2)}
	open := widgets.NewIconButton(t.Start.Open, standard.IconNameFolderOpen, func() { tell(on.Open) })
	open.SetPrimary(true)
	demo := widgets.NewButton(t.Start.Demo, func() { tell(on.Demo) })
	column := widgets.NewColumn(2*theme.Gap,
		widgets.NewText(t.Start.Title, widgets.TextLook{Size: standard.SizeNameHeadingText, Bold: true}),
		widgets.NewBody(t.Start.Sentence),
		widgets.NewFlow(theme.Gap, open, demo),
		widgets.NewNote(t.Start.Drop), s.recent, s.folder)
	s.object = container.NewCenter(widgets.NewAtLeast(startWidth, 0, column))
	s.Set(nil, "")
	return s
}

// Object is what to place in the window.
func (s *Start) Object() fyne.CanvasObject { return s.object }

// Set offers slides that were open before, the last first, and the folder of the
// last; "" for none.
func (s *Start) Set(recent []string, folder string) {
	s.rows = nil
	var rows []fyne.CanvasObject
	for _, path := range recent[:min(len(recent), mostRecent)] {
		rows = append(rows, s.row(filepath.Base(path), filepath.Dir(path), func() { call(s.on.Recent, path) }))
	}
	if len(rows) > 0 {
		rows = append([]fyne.CanvasObject{widgets.NewStrong(s.texts.Start.Recent)}, rows...)
	}
	replace(s.recent, rows...)
	var last []fyne.CanvasObject
	if folder != "" {
		last = append(last, widgets.NewStrong(s.texts.Start.Folder),
			s.row(folder, "", func() { call(s.on.Folder, folder) }))
	}
	replace(s.folder, last...)
	s.object.Refresh()
}

// Rows are what can be pressed: the recent slides, then the folder.
func (s *Start) Rows() []*widgets.Pressable { return s.rows }

func (s *Start) row(name, where string, tapped func()) fyne.CanvasObject {
	link := widgets.TextLook{Color: standard.ColorNamePrimary, MaxLines: 1}
	words := widgets.NewColumn(0, widgets.NewText(name, link))
	if where != "" {
		words.Add(widgets.NewText(where, widgets.TextLook{
			Color: standard.ColorNamePlaceHolder, Size: standard.SizeNameCaptionText, MaxLines: 1}))
	}
	row := widgets.NewPressable(widgets.NewInset(0, 3, words), widgets.PressableLook{}, tapped)
	s.rows = append(s.rows, row)
	return row
}
