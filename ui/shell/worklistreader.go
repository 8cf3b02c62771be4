package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/ui/panels"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// reader is whose verdicts are given and shown.
func (s *Shell) reader() string {
	if name := s.look.Worklist.Reader; name != "" {
		return name
	}
	return app.UserName()
}

// confirmReader keeps the name of the reader, so that it is not asked for again.
func (s *Shell) confirmReader() { s.setReader(s.reader()) }

// askReader asks who reads.
func (s *Shell) askReader() {
	if s.review.store == nil || s.occupied() {
		return
	}
	background(s, s.review.store.Readers, func(known []string, err error) {
		s.unless(err)
		if !s.occupied() {
			s.readerDialog(known)
		}
	})
}

func (s *Shell) readerDialog(known []string) {
	t := s.texts
	var d *dialog.CustomDialog
	use := func(name string) {
		d.Hide()
		s.setReader(name)
	}
	view := panels.NewReaderView(t, s.reader(), known, use)
	yes := widget.NewButton(t.Worklist.Who.Use, func() { view.Use(use) })
	yes.Importance = widget.HighImportance
	d = dialog.NewCustomWithoutButtons(t.Worklist.Who.Title, widgets.NewInset(theme.Gap, theme.Gap, view.Object()), s.window)
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(t.Shell.Cancel, d.Hide), yes})
	s.asking(d, yes)
	d.Resize(fyne.NewSize(noticeWidth, 0))
	d.Show()
	s.window.Canvas().Focus(view.Field())
}

// setReader has verdicts given and shown under a name from now on.
func (s *Shell) setReader(name string) {
	r := &s.review
	r.panel.KeepNote() // under the name that it was typed under
	s.update(func(l *settings.Settings) { l.Worklist.Reader = name })
	r.panel.SetReader(name, true)
	if r.query.Reader == name {
		return
	}
	r.query.Reader = name
	r.list++ // what is on the way belongs to the other reader
	clear(r.cases)
	clear(r.drafts)
	clear(r.told)
	for _, c := range s.slides {
		if c.known != nil { // what the other reader said is not this one's
			c.known.Verdict, c.known.Note = nil, ""
		}
	}
	s.coverSlides()
	r.panel.SetList(len(r.ids), r.panel.Selected())
	s.readWorklist()
}
