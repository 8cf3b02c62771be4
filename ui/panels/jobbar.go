package panels

import (
	"cmp"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// mostJobs is how many jobs find room in the bar.
const mostJobs = 2

// JobBar runs along the bottom: the device, what is under way, and what the
// program is for.
type JobBar struct {
	texts  *texts.Texts
	cancel func(id int)

	object  fyne.CanvasObject
	row     *fyne.Container
	device  *widgets.Text
	purpose *widgets.Text
	sign    *widgets.Pressable

	purposeWidth float32          // of the few words that are always whole
	lines        map[int]*jobLine // by ID
	said         string
}

// NewJobBar makes the bar with nothing under way; cancel is called with the ID of
// a job whose cross was pressed, and may be nil.
func NewJobBar(t *texts.Texts, cancel func(id int)) *JobBar {
	small := widgets.TextLook{Size: standard.SizeNameCaptionText, MaxLines: 1}
	b := &JobBar{texts: t, cancel: cancel}
	b.device, b.purpose = widgets.NewText("", small), widgets.NewText(t.Jobs.ResearchShort, small)
	b.purposeWidth = b.purpose.Wish()
	b.sign = widgets.NewPressable(widgets.NewInset(signEdge, 1, b.purpose), widgets.PressableLook{}, nil)
	b.sign.OnHover = b.spell
	b.row = container.New(barLayout{b})
	b.object = widgets.NewColumn(0, widget.NewSeparator(), widgets.NewInset(theme.Gap, 2, b.row))
	b.SetJobs(nil)
	return b
}

// Object is what to place in the window.
func (b *JobBar) Object() fyne.CanvasObject { return b.object }

// SetDevice tells the device that runs, or would run, the model.
func (b *JobBar) SetDevice(name string) {
	b.device.SetText(name)
	b.row.Refresh()
}

// SetJobs shows what is under way, the oldest first. A job that goes on keeps its
// cross, so that it can be pressed while the numbers change.
func (b *JobBar) SetJobs(jobs []Job) {
	before := b.lines
	b.lines = map[int]*jobLine{}
	var parts []fyne.CanvasObject
	for _, j := range jobs[:min(len(jobs), mostJobs)] {
		line := before[j.ID]
		if line == nil {
			line = newJobLine(func() { call(b.cancel, j.ID) })
		}
		line.words.SetText(b.words(j))
		line.meter.Set(j.Fraction)
		b.lines[j.ID] = line
		parts = append(parts, line.words, line.frame, line.cross)
		b.said = ""
	}
	switch {
	case len(jobs) == 0:
		parts = append(parts, b.note(cmp.Or(b.said, b.texts.Jobs.Idle)))
	case len(jobs) > mostJobs:
		parts = append(parts, b.note(fmt.Sprintf(b.texts.Jobs.More, len(jobs)-mostJobs)))
	}
	b.row.Objects = append(append([]fyne.CanvasObject{b.device}, parts...), b.sign)
	b.row.Refresh()
}

// Say tells what came of work that has ended; it stays until there is other work.
// "" takes it away.
func (b *JobBar) Say(words string) {
	b.said = words
	if len(b.lines) == 0 {
		b.SetJobs(nil)
	}
}

// Cross is the control that cancels a job; nil where the job is not shown.
func (b *JobBar) Cross(id int) *widgets.Pressable {
	if line := b.lines[id]; line != nil {
		return line.cross
	}
	return nil
}

func (b *JobBar) note(words string) fyne.CanvasObject {
	return widgets.NewText(words, widgets.TextLook{
		Size: standard.SizeNameCaptionText, Color: standard.ColorNamePlaceHolder, MaxLines: 1})
}

// words tell of a job.
func (b *JobBar) words(j Job) string {
	what := j.Title
	if j.Stage != "" {
		what = fmt.Sprintf(b.texts.Jobs.Stage, j.Title, j.Stage)
	}
	return fmt.Sprintf(b.texts.Jobs.Job, what, j.amount(b.texts))
}

// jobLine is a job in the bar.
type jobLine struct {
	words *widgets.Text
	meter *widgets.Meter
	frame fyne.CanvasObject // of the meter
	cross *widgets.Pressable
}

func newJobLine(cancel func()) *jobLine {
	l := &jobLine{meter: widgets.NewMeter(), cross: widgets.NewCross(cancel)}
	l.words = widgets.NewText("", widgets.TextLook{Size: standard.SizeNameCaptionText, MaxLines: 1})
	l.frame = widgets.NewAtLeast(70, 0, l.meter)
	return l
}

// spell says in full what the program is for while the pointer is on it.
func (b *JobBar) spell(inside bool) {
	b.purpose.SetText(b.texts.Jobs.ResearchShort)
	if inside {
		b.purpose.SetText(b.texts.Jobs.ResearchFull)
	}
	b.row.Refresh()
}
