package panels

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/engine/result"
	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// ModelItem is a model to choose.
type ModelItem struct {
	ID, Name       string
	SHA256         string
	Note           string // what a reader must know of it; "" for nothing
	Classes        []string
	Magnifications []float64
	Trained        bool
	Synthetic      bool   // trained on synthetic tissue
	Problem        string // why it cannot be used; "" where it can
}

// DeviceItem is a device to choose.
type DeviceItem struct {
	Kind   string // "auto", "cpu", ...
	Name   string // the hardware's; "" unknown
	Detail string // what it can do, or why it cannot be used
	OK     bool
}

// AnalysisEvents are what the user does in the panel. Any may be nil.
type AnalysisEvents struct {
	Model  func(id string)
	Device func(kind string)
	Run    func()
	Cancel func()
}

// Analysis is where a model is run, and what came of it.
type Analysis struct {
	texts *texts.Texts
	on    AnalysisEvents

	object   *fyne.Container
	model    *widgets.Choice
	about    *fyne.Container
	device   *widgets.Choice
	run      *widgets.Button
	hint     *widgets.Text
	progress *widgets.ProgressLine
	warnings *fyne.Container
	outcome  outcome

	result    *result.Result // that is shown; nil for none
	synthetic bool           // its model was trained on synthetic tissue

	models   []ModelItem
	devices  []DeviceItem
	open     bool
	withheld bool
	running  bool
}

// NewAnalysis makes the panel with no slide open.
func NewAnalysis(t *texts.Texts, on AnalysisEvents) *Analysis {
	a := &Analysis{texts: t, on: on, about: widgets.NewColumn(2), warnings: widgets.NewColumn(theme.Gap)}
	a.model = widgets.NewChoice(t.Analysis.NoModel, func(i int) { a.describe(i); a.showResult(); call(on.Model, a.models[i].ID) })
	a.device = widgets.NewChoice(t.Analysis.NoDevice, func(i int) { call(on.Device, a.devices[i].Kind) })
	a.run = widgets.NewIconButton(t.Analysis.Run, standard.IconNameMediaPlay, a.press)
	a.hint = widgets.NewNote(t.Analysis.OpenFirst)
	a.progress = widgets.NewProgressLine(nil)
	a.outcome = newOutcome(t)
	a.about.Hide()
	a.warnings.Hide()
	a.object = widgets.NewColumn(theme.Gap,
		besideAt(shortLabel, t.Analysis.Model, a.model), a.about,
		besideAt(shortLabel, t.Analysis.Device, a.device),
		a.run, a.hint, a.progress.Object(), a.warnings, a.outcome.box)
	a.settle()
	return a
}

// Object is what to place in the window.
func (a *Analysis) Object() fyne.CanvasObject { return a.object }

// SetModels offers models, with the one of that ID chosen.
func (a *Analysis) SetModels(models []ModelItem, id string) {
	a.models = models
	options := make([]widgets.Option, len(models))
	for i, m := range models {
		options[i] = widgets.Option{Label: m.Name, Note: a.shortly(m), Off: m.Problem != ""}
	}
	chosen := slices.IndexFunc(models, func(m ModelItem) bool { return m.ID == id })
	a.model.SetOptions(options, chosen)
	a.describe(chosen)
	a.showResult()
	a.settle()
}

// shortly is the line of a model in the list of all.
func (a *Analysis) shortly(m ModelItem) string {
	if m.Problem != "" {
		return m.Problem
	}
	return a.magnifications(m)
}

func (a *Analysis) magnifications(m ModelItem) string {
	var list []string
	for _, x := range m.Magnifications {
		list = append(list, a.texts.Numbers.Magnification(x))
	}
	return fmt.Sprintf(a.texts.Analysis.Magnifications, strings.Join(list, ", "))
}

// describe tells what must be known of the model at index i.
func (a *Analysis) describe(i int) {
	if i < 0 || a.models[i].Problem != "" {
		replace(a.about)
		return
	}
	m, t := a.models[i], a.texts.Analysis
	lines := []fyne.CanvasObject{
		widgets.NewNote(fmt.Sprintf(t.Classes, strings.Join(m.Classes, ", "))),
		widgets.NewNote(a.magnifications(m)),
	}
	if m.Note != "" && !m.Synthetic {
		lines = append(lines, widgets.NewNote(m.Note))
	}
	lines = append(lines, warningLines(doubts(t, m.Trained, m.Synthetic))...)
	replace(a.about, lines...)
}

// doubts say in words that a model's answers mean little.
func doubts(t texts.Analysis, trained, synthetic bool) []widgets.Warning {
	switch {
	case !trained:
		return []widgets.Warning{{Text: t.Untrained}}
	case synthetic:
		return []widgets.Warning{{Text: t.Synthetic}}
	}
	return nil
}

// SetDevices offers devices, with the one of that kind chosen.
func (a *Analysis) SetDevices(devices []DeviceItem, kind string) {
	a.devices = devices
	options := make([]widgets.Option, len(devices))
	for i, d := range devices {
		options[i] = widgets.Option{Label: a.deviceLabel(d.Kind, d.Name), Note: d.Detail, Off: !d.OK}
	}
	a.device.SetOptions(options, slices.IndexFunc(devices, func(d DeviceItem) bool { return d.Kind == kind }))
}

// deviceLabel is a device's kind and hardware.
func (a *Analysis) deviceLabel(kind, name string) string {
	return DeviceLabel(a.texts, kind, name)
}

// DeviceLabel is how a device is written: its kind, and its hardware's name where
// that is known.
func DeviceLabel(t *texts.Texts, kind, name string) string {
	label := kind
	switch kind {
	case "", "auto":
		label = t.Analysis.Auto
	case "cpu":
		label = "CPU"
	case "webgpu":
		label = "WebGPU"
	case "cuda":
		label = "CUDA"
	case "directml":
		label = "DirectML"
	case "coreml":
		label = "Core ML"
	}
	if name == "" {
		return label
	}
	return label + ": " + name
}

// SetOpen tells whether a slide is open, which a model could run on.
func (a *Analysis) SetOpen(open bool) {
	a.open = open
	a.settle()
}

// SetWithheld tells whether what the model says of the slide is hidden until the
// reader's verdict: it is not run then.
func (a *Analysis) SetWithheld(withheld bool) {
	a.withheld = withheld
	a.settle()
}

// SetRunning shows an analysis under way; the button then cancels it.
func (a *Analysis) SetRunning(j Job) {
	a.running = true
	a.progress.Set(j.Stage, j.amount(a.texts), j.Fraction)
	a.settle()
}

// SetIdle shows that no analysis of the slide is under way.
func (a *Analysis) SetIdle() {
	a.running = false
	a.settle()
}

// SetWarnings shows what is to know before the model is run, each with at most one
// thing to do.
func (a *Analysis) SetWarnings(list []widgets.Warning) {
	replace(a.warnings, warningLines(list)...)
	a.object.Refresh()
}

// SetResult shows what came of the analysis; nil shows nothing. synthetic tells
// that the model was trained on synthetic tissue.
func (a *Analysis) SetResult(r *result.Result, synthetic bool) {
	a.result, a.synthetic = r, synthetic
	a.showResult()
	a.object.Refresh()
}

// showResult shows the result, and says where it is not of the model chosen.
func (a *Analysis) showResult() {
	if a.result == nil {
		a.outcome.clear()
		return
	}
	made := a.result.Model
	by, named, other := made.Name, false, false
	for i, m := range a.models {
		switch {
		case i == a.model.Chosen() && m.Problem == "" && m.SHA256 != made.SHA256:
			other = true
		case m.SHA256 == made.SHA256 && made.SHA256 != "" && (i == a.model.Chosen() || !named):
			by, named = m.Name, true // the chosen one, of two that are the same
		}
	}
	a.outcome.set(a.result, a.synthetic, by, other)
}

// settle brings button, hint and progress in line with what goes on.
func (a *Analysis) settle() {
	t := a.texts.Analysis
	label, icon := t.Run, standard.IconNameMediaPlay
	if a.running {
		label, icon = t.Cancel, standard.IconNameCancel
	}
	a.run.SetText(label)
	a.run.SetIcon(icon)
	a.run.SetPrimary(!a.running)
	a.run.Enable(a.running || a.open && !a.withheld && a.model.Chosen() >= 0)
	a.model.Enable(!a.running)
	a.device.Enable(!a.running)
	show(a.hint, !a.open && !a.running)
	show(a.progress.Object(), a.running)
	a.object.Refresh()
}

func (a *Analysis) press() {
	if a.running {
		tell(a.on.Cancel)
		return
	}
	tell(a.on.Run)
}

// outcome is what came of an analysis.
type outcome struct {
	texts *texts.Texts
	box   *fyne.Container
	bars  *widgets.Probabilities
	facts *fyne.Container
	more  *widgets.Fold // how the result was made
}

func newOutcome(t *texts.Texts) outcome {
	o := outcome{texts: t, box: widgets.NewColumn(theme.Gap - 2), bars: widgets.NewProbabilities(), facts: widgets.NewColumn(1)}
	o.more = widgets.NewFold("", o.facts)
	o.more.SetOpen(false)
	o.box.Hide()
	return o
}

func (o outcome) clear() {
	o.bars.Set(nil)
	replace(o.box)
}

// set shows a result, which the model of that name made; other says that it is not
// the one chosen now.
func (o outcome) set(r *result.Result, synthetic bool, by string, other bool) {
	o.bars.Set(bars(o.texts, r))
	t := o.texts.Analysis
	parts := []fyne.CanvasObject{widget.NewSeparator(), widgets.NewStrong(t.Prediction), widgets.NewNote(fmt.Sprintf(t.MadeBy, by))}
	if other {
		parts = append(parts, widgets.NewWarningLine(widgets.Warning{Text: t.MadeByOther}))
	}
	parts = append(parts, warningLines(doubts(t, r.Model.Trained, synthetic))...)
	parts = append(parts, o.bars.Object(), widgets.NewBody(o.counts(r.Counts)))
	if d := r.Device; d.Requested != d.Used && d.Requested != "auto" && d.Requested != "" {
		parts = append(parts, widgets.NewWarningLine(widgets.Warning{Text: o.askedFor(d)}))
	}
	replace(o.facts, o.factsOf(r)...)
	o.facts.Hidden = !o.more.Open()
	o.more.SetTitle(fmt.Sprintf(t.Details, o.seconds(r.Seconds.Total), DeviceLabel(o.texts, r.Device.Used, "")))
	replace(o.box, append(parts, o.more.Object())...)
}

// bars are the classes, the likeliest first.
func bars(t *texts.Texts, r *result.Result) []widgets.Bar {
	var list []widgets.Bar
	for i, class := range r.Model.Classes {
		if i < len(r.Prediction.Probabilities) {
			p := r.Prediction.Probabilities[i]
			list = append(list, widgets.Bar{Label: class, Value: t.Numbers.Probability(p), Fraction: p, First: class == r.Prediction.Label})
		}
	}
	slices.SortStableFunc(list, func(a, b widgets.Bar) int {
		switch {
		case a.Fraction > b.Fraction:
			return -1
		case a.Fraction < b.Fraction:
			return 1
		}
		return 0
	})
	return list
}

// counts tells how little was read.
func (o outcome) counts(c result.Counts) string {
	n := o.texts.Numbers
	share := 0.0
	if c.Exhaustive > 0 {
		share = float64(c.Encoded) / float64(c.Exhaustive)
	}
	return fmt.Sprintf(o.texts.Analysis.Counts, n.Count(c.Encoded), n.Count(c.Exhaustive), n.Share(share, 1))
}

// factsOf tell how the result was made.
func (o outcome) factsOf(r *result.Result) []fyne.CanvasObject {
	t, d := o.texts.Analysis, r.Device
	facts := []fyne.CanvasObject{
		widgets.NewNote(fmt.Sprintf(t.TimeParts, o.seconds(r.Seconds.Tissue), o.seconds(r.Seconds.Read),
			o.seconds(r.Seconds.Encode), o.seconds(r.Seconds.Heads))),
		widgets.NewNote(fmt.Sprintf(t.RanOn, DeviceLabel(o.texts, d.Used, d.Name))),
	}
	if d.Reason != "" {
		facts = append(facts, widgets.NewNote(d.Reason))
	}
	return facts
}

func (o outcome) askedFor(d result.Device) string {
	asked := DeviceLabel(o.texts, d.Requested, "")
	if d.Reason == "" {
		return fmt.Sprintf(o.texts.Analysis.AskedForOnly, asked)
	}
	return fmt.Sprintf(o.texts.Analysis.AskedFor, asked, d.Reason)
}

func (o outcome) seconds(s float64) string {
	return o.texts.Numbers.Duration(time.Duration(s * float64(time.Second)))
}
