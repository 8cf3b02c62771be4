package shell

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/assets"
	"zoomscope/engine/result"
	"zoomscope/ui/panels"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// exportWidth is that of the export dialog.
const exportWidth = 440

// export asks what to export of the slide at hand, and where to.
func (s *Shell) export() {
	c := s.current
	if c == nil || c.view == nil || s.occupied() {
		return
	}
	seen := s.snapshot(c) // before the dialog stands over it
	offer := panels.ExportOffer{Result: c.result != nil, Withheld: c.hidden()}
	if c.attention != nil {
		offer.Magnifications = c.attention.Levels()
	}
	var form *panels.ExportForm
	do := widget.NewButton(s.texts.Export.Title, nil)
	do.Importance = widget.HighImportance
	form = panels.NewExportForm(s.texts, offer, panels.ExportEvents{
		PickFolder: func() { s.pickFolder(form) },
		Changed:    func() { enable(do, form.Problem() == "") },
	})
	form.SetChoice(s.lastExport(c))
	enable(do, form.Problem() == "")
	d := dialog.NewCustomWithoutButtons(fmt.Sprintf(s.texts.Shell.ExportTitle, c.name()), widgets.NewInset(theme.Gap, theme.Gap, form.Object()), s.window)
	do.OnTapped = func() {
		d.Hide()
		s.exportChoice(c, seen, form.Choice())
	}
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(s.texts.Shell.Cancel, d.Hide), do})
	s.asking(d, do)
	d.Resize(fyne.NewSize(exportWidth, 0))
	d.Show()
}

func enable(b *widget.Button, on bool) {
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}

// lastExport is what was exported last, as far as it fits the slide.
func (s *Shell) lastExport(c *slide) panels.ExportChoice {
	choice := panels.ExportChoice{
		Kinds: []panels.ExportKind{panels.ExportAttention, panels.ExportPDF},
		Level: -1, Side: s.look.Export.Side, Legend: s.look.Export.Legend, Folder: s.look.ExportFolder,
	}
	if c.result == nil {
		choice.Kinds = []panels.ExportKind{panels.ExportView}
	}
	if choice.Folder == "" {
		choice.Folder = filepath.Dir(c.path)
	}
	return choice
}

// pickFolder lets the user choose where the files go.
func (s *Shell) pickFolder(form *panels.ExportForm) {
	t, dir := s.texts.Shell, form.Choice().Folder
	s.native(func() (string, error) { return s.Dialogs.Folder(t.ChooseFolder, dir) }, form.SetFolder)
}

// exportItems are the items of an export by what the form calls them.
func exportItems(kinds []panels.ExportKind) []app.ExportItem {
	var items []app.ExportItem
	for _, kind := range kinds {
		switch kind {
		case panels.ExportTIFF:
			items = append(items, app.ExportOverlay)
		case panels.ExportPDF:
			items = append(items, app.ExportReport)
		default:
			items = append(items, app.ExportItem(kind))
		}
	}
	return items
}

// sight is what a view showed: nil where it showed nothing, and the micrometres
// along a pixel, 0 where they are not known.
type sight struct {
	picture image.Image
	mpp     float64
}

// exportChoice exports what was chosen, once it is known that nothing is lost by it.
func (s *Shell) exportChoice(c *slide, seen sight, choice panels.ExportChoice) {
	s.update(func(l *settings.Settings) {
		l.ExportFolder, l.Export.Side, l.Export.Legend = choice.Folder, choice.Side, choice.Legend
	})
	req := s.exportRequest(c)
	req.Items, req.Dir, req.ViewPicture = exportItems(choice.Kinds), choice.Folder, seen.picture
	req.ViewMPP = seen.mpp
	req.MaxSide, req.Legend = choice.Side, choice.Legend
	if choice.Level >= 0 {
		req.Levels = []int{choice.Level}
	}
	s.exportSafely(c, req)
}

// exportSafely exports once it is known what would be written over. To find out may
// take long: meanwhile it is a job, and the targets count as being written.
func (s *Shell) exportSafely(c *slide, req app.ExportRequest) {
	underWay := s.underWay()
	j := start(s, fmt.Sprintf(s.texts.Shell.Exporting, c.name()), func(ctx context.Context, _ func(panels.Job)) (app.Clash, error) {
		return app.Clashes(req, underWay), ctx.Err()
	}, func(clash app.Clash, err error) {
		switch {
		case err != nil:
			s.Log.Info("export cancelled", "slide", c.id)
		case len(clash.There) > 0 && s.occupied():
			s.whenFree(func() { s.exportSafely(c, req) })
		case len(clash.There) > 0:
			s.askReplace(c, req, clash)
		case s.begunSince(req, clash):
			s.exportSafely(c, req)
		default:
			s.exports(c, req)
		}
	})
	j.writes = req.Targets()
}

// begunSince reports whether another export writes by now what a request is to write,
// and was not found when clashes were looked for.
func (s *Shell) begunSince(req app.ExportRequest, clash app.Clash) bool {
	underWay := s.underWay()
	return slices.ContainsFunc(req.Targets(), func(path string) bool {
		written := slices.ContainsFunc(underWay, func(other string) bool { return strings.EqualFold(path, other) })
		return written && !slices.Contains(clash.There, path)
	})
}

// freeAfter is how long to wait before looking again whether a dialog is gone.
const freeAfter = 100 * time.Millisecond

// whenFree calls f once no dialog waits for an answer any more: a key that is meant for
// one must not answer another.
func (s *Shell) whenFree(f func()) {
	background(s, func(ctx context.Context) (struct{}, error) {
		select {
		case <-time.After(freeAfter):
		case <-ctx.Done():
		}
		return struct{}{}, nil
	}, func(struct{}, error) {
		if s.occupied() {
			s.whenFree(f)
		} else {
			f()
		}
	})
}

// underWay are the files and folders that exports are writing, or are about to.
func (s *Shell) underWay() []string {
	var all []string
	for _, j := range s.jobs {
		all = append(all, j.writes...)
	}
	return all
}

// askReplace asks what is to become of files that an export would write over. Return
// keeps them.
func (s *Shell) askReplace(c *slide, req app.ExportRequest, clash app.Clash) {
	if s.closed(c) {
		return
	}
	t := s.texts
	there := panels.ExportThere{Folder: req.Dir, Apart: clash.Apart.Name}
	for _, path := range clash.There {
		there.Names = append(there.Names, filepath.Base(path))
	}
	content := widgets.NewInset(theme.Gap, theme.Gap, panels.NewExportThere(t, there))
	d := dialog.NewCustomWithoutButtons(t.Export.ThereTitle, content, s.window)
	answer := func(label string, chosen app.ExportRequest) *widget.Button {
		return widget.NewButton(label, func() {
			d.Hide()
			if s.begunSince(chosen, clash) {
				s.exportSafely(c, req)
				return
			}
			s.exports(c, chosen)
		})
	}
	both := answer(t.Export.KeepBoth, clash.Apart)
	both.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(t.Shell.Cancel, d.Hide), answer(t.Export.Replace, req), both})
	s.asking(d, both)
	d.Resize(fyne.NewSize(noticeWidth, 0))
	d.Show()
}

// exportRequest is what all exports of a slide have in common: attention is shown
// as it is on the screen.
func (s *Shell) exportRequest(c *slide) app.ExportRequest {
	o := s.look.Overlay
	req := app.ExportRequest{
		Result: c.result, Slide: c.view, Name: stem(c.name()), Language: s.texts.Language, NoOutlines: !o.Outlines,
		Heat: app.HeatOptions{Scale: app.AttentionScale(o.Scale), Layer: app.AttentionKind(o.Kind), Opacity: o.Opacity},
	}
	if colors, err := assets.NewColorMap(o.ColorMap); err == nil {
		req.Heat.Colors = colors
	}
	return req
}

// snapshot is what the view with the attention shows of a slide.
func (s *Shell) snapshot(c *slide) sight {
	v := s.attentive()
	img := v.Snapshot()
	if img == nil {
		return sight{}
	}
	return sight{img, c.view.Resolution().X / v.Camera().Zoom}
}

// closed reports whether a slide was closed, so that nothing can be exported of it.
func (s *Shell) closed(c *slide) bool {
	gone := !slices.Contains(s.slides, c)
	if gone {
		s.Log.Info("export given up: the slide was closed", "slide", c.id)
	}
	return gone
}

// exports runs an export as a job and says where the files are. Of a slide that was
// closed it does nothing.
func (s *Shell) exports(c *slide, req app.ExportRequest) {
	if s.closed(c) {
		return
	}
	t := s.texts.Shell
	j := start(s, fmt.Sprintf(t.Exporting, c.name()), func(ctx context.Context, report func(panels.Job)) ([]string, error) {
		begin := time.Now()
		return s.Workspace.Export(ctx, req, func(p result.Progress) { report(paced("", p.Done, p.Total, begin)) })
	}, func(files []string, err error) {
		switch {
		case errors.Is(err, ErrCancelled):
			s.Log.Info("export cancelled", "slide", c.id)
		case err != nil:
			s.fail(c.name(), err)
		default:
			s.Log.Info("export done", "slide", c.id, "files", len(files))
			s.exported(files)
		}
	})
	j.writes = req.Targets()
}

// exported says where what was exported is.
func (s *Shell) exported(files []string) {
	t := s.texts.Shell
	words := fmt.Sprintf(t.Exported, len(files), filepath.Dir(files[0]))
	if len(files) == 1 {
		words = fmt.Sprintf(t.ExportedOne, files[0])
	}
	s.say(words)
}

// report asks where to and writes the one-page report.
func (s *Shell) report() {
	c := s.current
	if s.occupied() {
		return
	}
	if c != nil && c.hidden() {
		s.say(s.texts.Review.Withheld)
		return
	}
	if c == nil || c.result == nil {
		s.say(s.texts.Shell.NoResult)
		return
	}
	t, name := s.texts.Shell, stem(c.name())+"-report.pdf"
	dir := s.look.ExportFolder
	if dir == "" {
		dir = filepath.Dir(c.path)
	}
	s.native(func() (string, error) {
		return s.Dialogs.SaveFile(t.SaveReport, t.ReportFilter, dir, name, "pdf")
	}, func(path string) {
		req := s.exportRequest(c)
		req.Items, req.File = []app.ExportItem{app.ExportReport}, path
		s.exports(c, req)
	})
}

func stem(name string) string { return name[:len(name)-len(filepath.Ext(name))] }
