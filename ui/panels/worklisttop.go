package panels

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// worklistTop is what is done with the worklist as a whole, and how far that is.
type worklistTop struct {
	texts *texts.Texts
	on    WorklistEvents

	object   *fyne.Container
	add      *widgets.Button
	folders  *widgets.Button
	start    *widgets.Button // or pauses
	report   *widgets.Button
	export   *widgets.Button
	blinded  *widgets.Toggle
	reader   *widgets.Button
	ask      *fyne.Container // whether the reader's name is right
	model    *fyne.Container
	progress *widgets.ProgressLine
	trouble  *fyne.Container
	setup    WorklistSetup
	triaging WorklistTriage
	slim     bool // what is being worked on and how far that is stand in two lines
}

func newWorklistTop(t *texts.Texts, on WorklistEvents, blind func(on bool)) *worklistTop {
	p := &worklistTop{texts: t, on: on, model: widgets.NewColumn(2), trouble: widgets.NewColumn(2), ask: widgets.NewColumn(2), progress: widgets.NewProgressLine(nil)}
	w := t.Worklist
	p.add = widgets.NewIconButton(w.AddShort, standard.IconNameFolderOpen, func() { tell(on.AddFolder) })
	p.folders = widgets.NewButton(w.Folders, func() { tell(on.Folders) })
	p.reader = widgets.NewButton("", func() { tell(on.Reader) })
	p.start = widgets.NewIconButton(w.Start, standard.IconNameMediaPlay, p.press)
	p.blinded = widgets.NewToggle(w.Blinded, blind)
	p.report = widgets.NewButton(w.Report, func() { tell(on.Report) })
	p.export = widgets.NewButton(w.ExportCSV, func() { tell(on.ExportCSV) })
	buttons := widgets.NewFlow(theme.Gap-2, p.start, p.add, p.folders, p.report, p.export, p.reader, p.blinded)
	p.object = widgets.NewColumn(worklistGap, buttons, p.ask, p.model, p.progress.Object(), p.trouble)
	p.setReader("", true)
	p.setTriage(WorklistTriage{})
	return p
}

// setReader tells who reads, and asks whether that is right.
func (p *worklistTop) setReader(name string, asked bool) {
	w := p.texts.Worklist
	p.reader.SetText(fmt.Sprintf(w.Reader, name))
	show(p.reader, name != "")
	if asked {
		replace(p.ask)
		return
	}
	replace(p.ask, widgets.NewBody(fmt.Sprintf(w.AskReader, name)), widgets.NewFlow(theme.Gap-2,
		widgets.NewButton(w.ReaderYes, func() { tell(p.on.Confirm) }), widgets.NewButton(w.ReaderOther, func() { tell(p.on.Reader) })))
}

func (p *worklistTop) press() {
	if p.triaging.Running {
		tell(p.on.Pause)
		return
	}
	tell(p.on.Start)
}

// setSetup tells the model, and in words what its opinions are worth.
func (p *worklistTop) setSetup(s WorklistSetup) {
	p.setup = s
	name := p.texts.Worklist.NoModel
	if s.Model != "" {
		name = fmt.Sprintf(p.texts.Worklist.Model, s.Model)
	}
	lines := []fyne.CanvasObject{widgets.NewNote(name)}
	if s.Model != "" {
		lines = append(lines, warningLines(doubts(p.texts.Analysis, !s.Untrained, s.Synthetic))...)
	}
	replace(p.model, lines...)
	p.settle()
}

// slimTop is the width below which the amount of work has no room beside its words.
const slimTop = 380

// setRoom tells the width that there is.
func (p *worklistTop) setRoom(width float32) {
	if slim := width < slimTop; slim != p.slim {
		p.slim = slim
		p.showProgress()
	}
}

func (p *worklistTop) showProgress() {
	t := p.triaging
	current, amount := t.Current, p.amount(t)
	if t.Waiting {
		current = p.texts.Worklist.Waiting
	}
	if p.slim {
		current, amount = strings.Trim(current+"\n"+amount, "\n"), ""
	}
	p.progress.Set(current, amount, fraction(t.Done, t.Of))
}

// setTriage shows how far the work is.
func (p *worklistTop) setTriage(t WorklistTriage) {
	p.triaging = t
	w := p.texts.Worklist
	label, icon := w.Start, standard.IconNameMediaPlay
	switch {
	case t.Running && t.Pausing:
		label, icon = w.Pausing, standard.IconNameMediaPause
	case t.Running:
		label, icon = w.Pause, standard.IconNameMediaPause
	}
	p.start.SetText(label)
	p.start.SetIcon(icon)
	p.start.SetPrimary(!t.Running)
	p.showProgress()
	show(p.progress.Object(), t.Running)
	var trouble []widgets.Warning
	if t.Running && t.Model != "" {
		trouble = append(trouble, widgets.Warning{Text: fmt.Sprintf(w.OtherModel, t.Model)})
	}
	if t.Trouble != "" {
		trouble = append(trouble, widgets.Warning{Text: t.Trouble})
	}
	replace(p.trouble, warningLines(trouble)...)
	p.settle()
	p.object.Refresh()
}

// settle lets triage be started with a model, and paused while it runs.
func (p *worklistTop) settle() {
	t := p.triaging
	p.start.Enable(t.Running && !t.Pausing || !t.Running && p.setup.Model != "")
}

// amount is how far the work is, how fast it goes and how long it takes, as far as
// that is known.
func (p *worklistTop) amount(t WorklistTriage) string {
	w, n := p.texts.Worklist, p.texts.Numbers
	if t.Of == 0 {
		return ""
	}
	parts := []string{fmt.Sprintf(w.Progress, n.Count(t.Done), n.Count(t.Of))}
	if t.Rate > 0 && !t.Waiting {
		places := 0
		if t.Rate < 10 {
			places = 1
		}
		parts = append(parts, fmt.Sprintf(w.Rate, n.Short(t.Rate, places)))
	}
	if t.Left > 0 {
		parts = append(parts, fmt.Sprintf(w.Left, n.Left(t.Left)))
	}
	return strings.Join(parts, ", ")
}

func fraction(done, of int) float64 {
	if of <= 0 {
		return 0
	}
	return float64(done) / float64(of)
}

// countWords tell how many cases there are, of which states, and how many are
// unread.
func countWords(all *texts.Texts, c WorklistCounts) string {
	t, n := all.Worklist, all.Numbers
	words := fmt.Sprintf(t.Count, n.Count(c.Total))
	switch {
	case c.Shown != c.Total:
		words = fmt.Sprintf(t.ShownOf, n.Count(c.Shown), n.Count(c.Total))
	case c.Total == 1:
		words = t.CountOne
	}
	if c.Shown == 0 {
		return words
	}
	var states []string
	for _, s := range []struct {
		n         int
		one, many string
	}{{c.Done, t.Done, t.Done}, {c.Failed, t.Failed, t.Failed}, {c.Running, t.Running, t.ManyRunning}, {c.Queued, t.Queued, t.ManyQueued},
		{c.Shown - c.Done - c.Failed - c.Running - c.Queued, t.NotQueued, t.NotQueued}} {
		name := s.many
		if s.n == 1 {
			name = s.one
		}
		if s.n > 0 {
			states = append(states, fmt.Sprintf(t.CountState, n.Count(s.n), name))
		}
	}
	unread := t.AllRead
	if c.Unread > 0 {
		unread = fmt.Sprintf(t.CountUnread, n.Count(c.Unread))
	}
	return fmt.Sprintf(t.CountParts, words, strings.Join(states, ", ")) + "; " + unread
}
