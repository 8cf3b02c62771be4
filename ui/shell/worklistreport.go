package shell

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"zoomscope/app"
	"zoomscope/ui/panels"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// Size of the dialog of the agreement report.
const (
	agreementWidth  = 620
	agreementHeight = 660
)

// showAgreement compares the reader with the model. In the middle of a blinded
// reading it asks first, since the report tells what the model says.
func (s *Shell) showAgreement() {
	r := &s.review
	if r.store == nil || s.occupied() {
		return
	}
	store, q := r.store, r.query
	q.Filter = app.WorklistFilter{}
	background(s, func(ctx context.Context) (*app.WorklistAgreement, error) { return store.Agreement(ctx, q) },
		func(a *app.WorklistAgreement, err error) {
			switch {
			case err != nil:
				s.unless(err)
			case r.query.Blinded && a.Unread > 0 && a.Agree+a.Disagree > 0:
				s.askEarly(a)
			default:
				s.agreementDialog(a)
			}
		})
}

// askEarly asks whether an agreement is to be seen while cases are unread.
func (s *Shell) askEarly(a *app.WorklistAgreement) {
	if s.occupied() {
		return
	}
	t := s.texts
	words := t.Review.EarlyOne
	if a.Unread > 1 {
		words = fmt.Sprintf(t.Review.Early, t.Numbers.Count(a.Unread))
	}
	var d *dialog.CustomDialog
	open := widget.NewButton(t.Review.EarlyOpen, func() {
		d.Hide()
		s.agreementDialog(a)
	})
	d = dialog.NewCustomWithoutButtons(s.agreementTitle(), widgets.NewInset(theme.Gap, theme.Gap, widgets.NewBody(words)), s.window)
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(t.Shell.Cancel, d.Hide), open})
	s.asking(d, nil) // Return leaves it closed
	d.Resize(fyne.NewSize(noticeWidth, 0))
	d.Show()
}

// agreementTitle is the title of the dialogs of the report.
func (s *Shell) agreementTitle() string { return strings.TrimSuffix(s.texts.Review.Agreement, "…") }

func (s *Shell) agreementDialog(a *app.WorklistAgreement) {
	if s.occupied() {
		return
	}
	t := s.texts
	view := panels.NewAgreementView(t, panels.AgreementEvents{CSV: func() { s.exportAgreement(a) }, PDF: func() { s.reportAgreement(a) }})
	view.Set(s.agreementReport(a))
	content := container.NewVScroll(widgets.NewInset(theme.Gap, theme.Gap, view.Object()))
	d := dialog.NewCustom(s.agreementTitle(), t.Shell.OK, content, s.window)
	s.asking(d, nil)
	d.Resize(fyne.NewSize(agreementWidth, min(agreementHeight, s.window.Canvas().Size().Height-4*theme.Gap)))
	d.Show()
}

// agreementReport is an agreement as the panel shows it.
func (s *Shell) agreementReport(a *app.WorklistAgreement) panels.AgreementReport {
	classes := slices.Clone(a.Classes)
	for i := range classes {
		if i >= len(a.Setup.Classes) && classes[i] == app.WorklistAnother {
			classes[i] = s.texts.Worklist.Agreement.Another
		}
	}
	caution := s.translated(a.Setup.Note)
	if !a.Setup.Trained {
		caution = s.texts.Analysis.Untrained
	}
	k := a.Kappa
	return panels.AgreementReport{
		Reader: s.review.query.Reader, Model: a.Setup.Model, Caution: caution, Classes: classes, Table: a.Table,
		Agree: a.Agree, Disagree: a.Disagree, Unsure: a.Unsure, Unread: a.Unread, Blinded: a.Blinded,
		Kappa: k.Value, Low: k.Low, High: k.High, HasKappa: k.Known,
	}
}

func (s *Shell) exportAgreement(a *app.WorklistAgreement) {
	s.saveCSV("agreement.csv", func(_ context.Context, path string) error { return app.WriteAgreementCSV(a, path) })
}

// reportAgreement writes the report in the window's language.
func (s *Shell) reportAgreement(a *app.WorklistAgreement) {
	t := s.texts.Review
	s.saveAs(t.SavePDF, t.PDFFilter, "agreement.pdf", "pdf", func(ctx context.Context, path string) error {
		return s.Workspace.WriteAgreement(ctx, a, s.texts.Language, path)
	})
}

// exportWorklist writes the list as it is shown, with its order and filter.
func (s *Shell) exportWorklist() {
	r := &s.review
	if r.store == nil || s.occupied() {
		return
	}
	store, q := r.store, r.query
	s.saveCSV("worklist.csv", func(ctx context.Context, path string) error { return app.WriteWorklistCSV(ctx, store, q, path) })
}

// saveCSV asks where to and writes a table.
func (s *Shell) saveCSV(name string, write func(ctx context.Context, path string) error) {
	s.saveAs(s.texts.Review.SaveCSV, s.texts.Review.CSVFilter, name, "csv", write)
}

// saveAs asks where to and writes a file of an ending.
func (s *Shell) saveAs(title, filter, name, ending string, write func(ctx context.Context, path string) error) {
	dir := s.look.ExportFolder
	if dir == "" {
		dir = s.look.LastFolder
	}
	s.native(func() (string, error) { return s.Dialogs.SaveFile(title, filter, dir, name, ending) },
		func(path string) {
			background(s, func(ctx context.Context) (struct{}, error) { return struct{}{}, write(ctx, path) },
				func(_ struct{}, err error) {
					if err != nil {
						s.fail(filepath.Base(path), err)
						return
					}
					s.say(fmt.Sprintf(s.texts.Shell.ExportedOne, path))
				})
		})
}

// reviewMenu is the menu of the worklist.
func (s *Shell) reviewMenu() *fyne.Menu {
	t := s.texts.Review
	blinded := fyne.NewMenuItem(t.Blinded, s.toggleBlinded)
	blinded.Checked = s.review.query.Blinded
	return fyne.NewMenu(t.Menu,
		key(t.Worklist, fyne.KeyL, fyne.KeyModifierShortcutDefault, s.toggleWorklist),
		fyne.NewMenuItem(t.AddFolder, func() { s.withWorklist(s.addFolder) }),
		fyne.NewMenuItem(t.Folders, func() { s.withWorklist(s.showFolders) }),
		fyne.NewMenuItem(t.Triage, s.toggleTriage),
		fyne.NewMenuItem(t.Reader, func() { s.withWorklist(s.askReader) }),
		blinded,
		fyne.NewMenuItemSeparator(),
		key(t.Agree, fyne.KeyY, 0, s.agree),
		key(t.Disagree, fyne.KeyN, 0, s.disagree),
		key(t.Unsure, fyne.KeyU, 0, s.unsure),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(t.Agreement, func() { s.withWorklist(s.showAgreement) }),
	)
}
