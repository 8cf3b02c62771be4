package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/ui/panels"
	"zoomscope/ui/theme"
	"zoomscope/ui/viewer"
	"zoomscope/ui/widgets"
)

// parts are what is seen in the window.
type parts struct {
	viewer, second *viewer.Viewer
	unlink         func() // of two linked views; nil while there is one
	keys           *keySink

	slides    *panels.SlideList
	analysis  *panels.Analysis
	attention *panels.Attention
	path      *panels.ZoomPath
	slide     *panels.Slide
	training  *panels.Training
	models    *panels.Models
	settings  *panels.Settings
	start     *panels.Start
	trouble   *panels.Trouble
	tabs      *panels.Tabs
	jobs      *panels.JobBar

	columns     *columns
	left, right fyne.CanvasObject
	tools, foot fyne.CanvasObject
	stage       *fyne.Container // the view, or both
}

// cacheOfSecond bounds the second view's tiles: it shows what the first shows.
const cacheOfSecond = 96 << 20

// build makes all parts and lays them out.
func (s *Shell) build() {
	p := &s.parts
	p.keys = newKeySink()
	p.keys.key, p.keys.char, p.keys.left = s.pressed, s.typed, s.focusLost
	p.viewer = s.newViewer(0)
	p.second = s.newViewer(cacheOfSecond)
	s.buildPanels()
	p.left = container.NewBorder(nil, nil, nil, widget.NewSeparator(), p.slides.Object())
	p.right = container.NewBorder(nil, nil, widget.NewSeparator(), nil, p.tabs.Object())
	p.tools, p.foot = s.toolbar(), p.jobs.Object()
	p.stage = container.NewStack(p.viewer)
	p.columns = &columns{left: p.left, middle: container.NewStack(p.stage, p.start.Object(), p.trouble.Object(), s.buildWorklist()), right: p.right}
	s.widen(p.tabs.Selected())
	body := container.New(p.columns, p.columns.left, p.columns.middle, p.columns.right)
	s.window.SetContent(container.NewStack(container.NewWithoutLayout(p.keys), // without size, so that a press elsewhere ends typing
		container.NewBorder(p.tools, p.foot, nil, nil, body)))
	s.window.Canvas().SetOnTypedKey(s.typedNowhere)
	s.showMenu()
	s.fold(s.look.Window.LeftFolded, s.look.Window.RightFolded)
	s.showSlides()
	s.showSlide()
	s.showJobs()
}

// newViewer makes a view whose moves and readout are the window's.
func (s *Shell) newViewer(cache int64) *viewer.Viewer {
	v := viewer.New(viewer.Options{Texts: s.viewerTexts(), Cache: cache, Background: theme.ColorNameSlide, Do: s.show})
	v.OnCamera = s.moved
	v.OnTapped = s.tapped
	v.OnFirstPixels = s.drawn
	v.OnTileError = func(err error) { s.Log.Warn("part of a slide cannot be read", "kind", app.KindOf(err)) }
	v.SetReadout(s.readout)
	return v
}

// toolbar is what is pressed most, above the slide.
func (s *Shell) toolbar() fyne.CanvasObject {
	t := s.texts.Shell
	tool := func(label string, icon fyne.ThemeIconName, action func()) fyne.CanvasObject {
		return widgets.NewIconButton(label, icon, action)
	}
	bar := widgets.NewRow(3, -1,
		tool(t.ToolOpen, standard.IconNameFolderOpen, s.ask),
		tool(t.ToolRun, standard.IconNameMediaPlay, s.run),
		tool(t.ToolExport, standard.IconNameDownload, s.export),
		widget.NewSeparator(),
		tool(t.ToolFit, "", s.flyHome),
	)
	for _, m := range []float64{1.25, 2.5, 5, 10, 20, 40} {
		bar.Add(tool(s.texts.Numbers.Magnification(m), "", func() { s.parts.viewer.Magnify(m) }))
	}
	bar.Add(widget.NewSeparator())
	bar.Add(tool(t.Two, standard.IconNameViewFullScreen, s.toggleTwo))
	// It scrolls where the window is narrow.
	return widgets.NewColumn(0, container.NewHScroll(widgets.NewInset(theme.Gap-2, 3, bar)), widget.NewSeparator())
}

// columns lays out the list, the slide and the panels side by side; hidden ones
// leave their room to the slide.
type columns struct {
	left, middle, right fyne.CanvasObject
	wanted              float32 // width of the panels, where there is room
}

// leastStage is what is left of the slide however wide the panels are to be.
const leastStage = 200

// Layout implements fyne.Layout.
func (c *columns) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	l := widthOf(c.left, theme.ListWidth)
	r := widthOf(c.right, max(theme.PanelWidth, min(c.wanted, size.Width-l-leastStage)))
	c.left.Move(fyne.NewPos(0, 0))
	c.left.Resize(fyne.NewSize(l, size.Height))
	c.right.Move(fyne.NewPos(size.Width-r, 0))
	c.right.Resize(fyne.NewSize(r, size.Height))
	c.middle.Move(fyne.NewPos(l, 0))
	c.middle.Resize(fyne.NewSize(max(0, size.Width-l-r), size.Height))
}

// MinSize implements fyne.Layout.
func (c *columns) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(widthOf(c.left, theme.ListWidth)+widthOf(c.right, theme.PanelWidth)+leastStage, leastStage)
}

func widthOf(o fyne.CanvasObject, width float32) float32 {
	if !o.Visible() {
		return 0
	}
	return width
}

// fold hides the list, the panels, or both.
func (s *Shell) fold(left, right bool) {
	s.update(func(l *settings.Settings) { l.Window.LeftFolded, l.Window.RightFolded = left, right })
	seen(s.parts.left, !left)
	seen(s.parts.right, !right)
	s.window.Content().Refresh()
}

func seen(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

func (s *Shell) foldLeft()  { s.fold(!s.look.Window.LeftFolded, s.look.Window.RightFolded) }
func (s *Shell) foldRight() { s.fold(s.look.Window.LeftFolded, !s.look.Window.RightFolded) }

// slideOnly leaves nothing but the slide, or brings the rest back.
func (s *Shell) slideOnly() {
	hide := !s.alone
	s.alone = hide
	seen(s.parts.tools, !hide)
	seen(s.parts.foot, !hide)
	seen(s.parts.left, !hide && !s.look.Window.LeftFolded)
	seen(s.parts.right, !hide && !s.look.Window.RightFolded)
	s.window.SetFullScreen(hide)
	s.window.Content().Refresh()
}

// views are the views on the screen.
func (s *Shell) views() []*viewer.Viewer {
	if s.parts.unlink == nil {
		return []*viewer.Viewer{s.parts.viewer}
	}
	return []*viewer.Viewer{s.parts.viewer, s.parts.second}
}

// attentive is the view that shows attention: of two, the right one.
func (s *Shell) attentive() *viewer.Viewer {
	views := s.views()
	return views[len(views)-1]
}

// plain is the view that shows the slide alone; nil while there is but one.
func (s *Shell) plain() *viewer.Viewer {
	if s.parts.unlink == nil {
		return nil
	}
	return s.parts.viewer
}

// toggleTwo shows two linked views, the slide alone and with attention, or one.
func (s *Shell) toggleTwo() {
	p := &s.parts
	if s.occupied() {
		return
	}
	if p.unlink != nil {
		p.unlink()
		p.unlink = nil
		p.second.SetSource(nil, nil)
		p.stage.Objects = []fyne.CanvasObject{p.viewer}
	} else {
		p.unlink = viewer.Link(p.viewer, p.second)
		p.stage.Objects = []fyne.CanvasObject{container.NewHSplit(p.viewer, p.second)}
		if c := s.current; c != nil && c.view != nil {
			p.second.SetSource(c.view, c.thumb)
			p.second.SetResolution(c.view.Resolution().X)
			p.second.SetCamera(p.viewer.Camera())
		}
	}
	p.stage.Refresh()
	s.showAttention()
}

// typedNowhere gets keys while nothing has the keyboard, as in a dialog.
func (s *Shell) typedNowhere(e *fyne.KeyEvent) {
	top := s.window.Canvas().Overlays().Top()
	switch {
	case top == nil:
		s.refocus()
		s.pressed(e.Name, false)
	case e.Name == fyne.KeyEscape:
		s.dismiss()
	case e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter:
		s.confirm()
	}
}
