package panels

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// MethodItem is a method to choose.
type MethodItem struct {
	ID, Name     string
	About        string // what it does, in plain words
	Zooms        bool   // it zooms into some patches, and has a K
	Fewest, Most int    // magnifications that it looks at
}

// TrainingChoice is how is to be trained. What is no number is 0.
type TrainingChoice struct {
	Method string
	Epochs int
	K      int // patches zoomed into at each magnification; 0 of a method without
	// Magnification is the one that a method looks at that could look at another
	// or at several; 0 is all there are.
	Magnification float64
	Seed          uint64
	Name          string // of the run, and of its folder
}

// Limits of what can be asked for.
const (
	MostEpochs = 10_000
	MostK      = 4096
)

// TrainingState is how a training stands.
type TrainingState int

// The states there are.
const (
	TrainingIdle TrainingState = iota
	TrainingPreparing
	TrainingRunning
	TrainingPausing // or ending: asked for, and not there yet
	TrainingPaused
	TrainingEnded
)

// TrainingEnding is why a training ended.
type TrainingEnding int

// The endings there are.
const (
	EndedWhole  TrainingEnding = iota // all epochs were run
	EndedEarly                        // it no longer got better
	EndedByUser                       // the best so far was kept
)

// TrainingProgress is how a training goes.
type TrainingProgress struct {
	Run      string // its name
	State    TrainingState
	Ending   TrainingEnding
	Planned  int // epochs
	Best     int // epoch of the best model; 0 before the first
	Fraction float64
	Left     time.Duration // 0 unknown
	Points   []TrainingPoint
	OwnLoss  bool // the loss of training is another quantity than that of validation
}

// TrainingPoint is what an epoch came to; NaN is undefined.
type TrainingPoint struct {
	TrainLoss, ValLoss, F1, AUC, Rate float64
}

// trainingLearn is where a model is trained.
type trainingLearn struct {
	texts *texts.Texts
	on    TrainingEvents

	object             *fyne.Container
	method             *widgets.Choice
	cost               *widgets.Text
	scale              *widgets.Choice
	scaleBox           *fyne.Container
	epochs, k, seed    *widgets.Field
	name               *widgets.Field
	kBox               *fyne.Container
	form               *fyne.Container
	fault              *widgets.Text
	start, pause, keep *widgets.Button
	hint, keepHint     *widgets.Text
	progress           *widgets.ProgressLine
	outcome            *widgets.Text
	curves             *fyne.Container
	loss, scores       *widgets.LineChart
	rate               *widgets.Text
	watch              *trainingWatch

	methods []MethodItem
	all     []float64 // magnifications that there are features of
	scales  []float64 // that the method can look at, by the options of scale
	state   TrainingState
	stage   string
	ready   bool // there are features
}

func newTrainingLearn(t *texts.Texts, on TrainingEvents) *trainingLearn {
	l := &trainingLearn{texts: t, on: on}
	w := t.Training
	l.method = widgets.NewChoice("", func(int) { l.offerScales(0); l.settle() })
	l.cost = widgets.NewNote("")
	l.scale = widgets.NewChoice("", func(int) {})
	l.scaleBox = beside(w.LooksAt, l.scale)
	for _, e := range []**widgets.Field{&l.epochs, &l.k, &l.seed, &l.name} {
		*e = widgets.NewField("")
		(*e).OnChanged = func(string) { l.settle() }
	}
	l.kBox = labelled(w.K, l.k)
	l.form = widgets.NewColumn(theme.Gap, beside(w.Method, l.method, l.cost), l.scaleBox, beside(w.RunName, l.name),
		widgets.NewAbreast(theme.Gap, 80, labelled(w.Epochs, l.epochs), l.kBox, labelled(w.Seed, l.seed)))
	l.fault = widgets.NewText("", widgets.TextLook{Color: standard.ColorNameError})
	l.start = widgets.NewIconButton(w.Start, standard.IconNameMediaPlay, l.press)
	l.pause = widgets.NewIconButton(w.Pause, standard.IconNameMediaPause, func() { tell(on.Pause) })
	l.keep = widgets.NewIconButton(w.KeepBest, standard.IconNameMediaStop, func() { tell(on.KeepBest) })
	l.hint, l.keepHint = widgets.NewNote(w.LearnHint), widgets.NewNote(w.KeepHint)
	l.progress = widgets.NewProgressLine(nil)
	l.outcome = widgets.NewStrong("")
	l.loss, l.scores, l.rate = widgets.NewLineChart(), widgets.NewLineChart(), widgets.NewNote("")
	l.curves = widgets.NewColumn(4, widgets.NewAbreast(2*theme.Gap, 260, l.loss, l.scores), l.rate)
	l.watch = newTrainingWatch(t, func(name string) { call(on.Watch, name) }, func(epoch int) { call(on.WatchAt, epoch) })
	l.object = widgets.NewColumn(theme.Gap, l.hint, l.form, l.fault,
		widgets.NewFlow(theme.Gap-2, l.start, l.pause, l.keep), l.keepHint, l.progress.Object(), l.outcome, l.curves, l.watch.object)
	l.setChoice(TrainingChoice{Epochs: 100, K: 16, Seed: 1})
	l.set(TrainingProgress{})
	return l
}

func (l *trainingLearn) setMethods(list []MethodItem, id string) {
	l.methods = list
	options := make([]widgets.Option, len(list))
	for i, m := range list {
		options[i] = widgets.Option{Label: m.Name, Note: m.About}
	}
	l.method.SetOptions(options, slices.IndexFunc(list, func(m MethodItem) bool { return m.ID == id }))
	l.offerScales(0)
	l.settle()
}

// setMagnifications tells which magnifications there are features of.
func (l *trainingLearn) setMagnifications(all []float64) {
	l.all = all
	l.offerScales(l.magnification())
	l.settle()
}

// offerScales offers what the method can look at, with one magnification chosen; 0
// for all, or the highest.
func (l *trainingLearn) offerScales(chosen float64) {
	l.scales = nil
	var options []widgets.Option
	if m := l.chosen(); m != nil && m.Fewest == 1 && len(l.all) > 1 {
		if m.Most != 1 {
			l.scales, options = []float64{0}, []widgets.Option{{Label: l.texts.Training.LooksAtAll}}
		}
		for _, x := range slices.Backward(l.all) {
			l.scales = append(l.scales, x)
			options = append(options, widgets.Option{Label: l.texts.Numbers.Magnification(x)})
		}
	}
	l.scale.SetOptions(options, max(0, slices.Index(l.scales, chosen)))
}

// chosen is the method that is; nil for none.
func (l *trainingLearn) chosen() *MethodItem {
	if i := l.method.Chosen(); i >= 0 {
		return &l.methods[i]
	}
	return nil
}

// magnification is the one that the method is to look at, 0 for all.
func (l *trainingLearn) magnification() float64 {
	if i := l.scale.Chosen(); i >= 0 && i < len(l.scales) {
		return l.scales[i]
	}
	return 0
}

func (l *trainingLearn) setChoice(c TrainingChoice) {
	if i := slices.IndexFunc(l.methods, func(m MethodItem) bool { return m.ID == c.Method }); i >= 0 {
		l.method.Choose(i)
	}
	l.offerScales(c.Magnification)
	l.epochs.SetText(strconv.Itoa(c.Epochs))
	l.k.SetText(strconv.Itoa(c.K))
	l.seed.SetText(strconv.FormatUint(c.Seed, 10))
	l.name.SetText(c.Name)
	l.settle()
}

// zooms says that the method has a K.
func (l *trainingLearn) zooms() bool {
	m := l.chosen()
	return m == nil || m.Zooms
}

func (l *trainingLearn) choice() TrainingChoice {
	c := TrainingChoice{Name: strings.TrimSpace(l.name.Text), Magnification: l.magnification()}
	if m := l.chosen(); m != nil {
		c.Method = m.ID
	}
	c.Epochs, _ = strconv.Atoi(strings.TrimSpace(l.epochs.Text))
	if l.zooms() {
		c.K, _ = strconv.Atoi(strings.TrimSpace(l.k.Text))
	}
	c.Seed, _ = strconv.ParseUint(strings.TrimSpace(l.seed.Text), 10, 64)
	return c
}

func (l *trainingLearn) problem() string {
	t, n, c := l.texts.Training, l.texts.Numbers, l.choice()
	_, seed := strconv.ParseUint(strings.TrimSpace(l.seed.Text), 10, 64)
	switch {
	case c.Name == "" || strings.ContainsAny(c.Name, `/\:*?"<>|`) || strings.HasPrefix(c.Name, "."):
		return t.BadName
	case c.Epochs < 1 || c.Epochs > MostEpochs:
		return fmt.Sprintf(t.BadEpochs, n.Count(MostEpochs))
	case l.zooms() && (c.K < 1 || c.K > MostK):
		return fmt.Sprintf(t.BadK, n.Count(MostK))
	case seed != nil:
		return t.BadSeed
	}
	return ""
}

func (l *trainingLearn) press() {
	if l.state == TrainingPaused {
		tell(l.on.Resume)
		return
	}
	call(l.on.Start, l.choice())
}

func (l *trainingLearn) set(s TrainingProgress) {
	l.state = s.State
	l.tellProgress(s)
	l.tellOutcome(s)
	l.draw(s)
	l.settle()
}

func (l *trainingLearn) tellProgress(s TrainingProgress) {
	t, n := l.texts.Training, l.texts.Numbers
	stage := t.Preparing
	at := n.Count(min(len(s.Points)+1, max(1, s.Planned)))
	switch {
	case s.State == TrainingPausing:
		stage = t.Pausing
	case s.State == TrainingRunning && s.Left > 0:
		stage = fmt.Sprintf(t.EpochLeft, at, n.Count(s.Planned), n.Left(s.Left))
	case s.State == TrainingRunning:
		stage = fmt.Sprintf(t.Epoch, at, n.Count(s.Planned))
	}
	l.stage = stage
	l.fraction(s.Fraction)
}

func (l *trainingLearn) fraction(done float64) {
	l.progress.Set(l.stage, l.texts.Numbers.Share(done, 0), done)
}

func (l *trainingLearn) tellOutcome(s TrainingProgress) {
	t, n, words := l.texts.Training, l.texts.Numbers, ""
	switch {
	case s.State == TrainingPaused:
		words = fmt.Sprintf(t.Paused, n.Count(len(s.Points)), n.Count(s.Planned))
	case s.State == TrainingEnded && s.Ending == EndedEarly:
		words = t.EndedEarly
	case s.State == TrainingEnded && s.Ending == EndedByUser:
		words = t.EndedByUser
	case s.State == TrainingEnded && len(s.Points) == 1:
		words = t.EndedOne
	case s.State == TrainingEnded:
		words = fmt.Sprintf(t.Ended, n.Count(len(s.Points)))
	}
	if s.Run != "" && words != "" {
		words = s.Run + ": " + words
	}
	l.outcome.SetText(words)
	show(l.outcome, words != "")
}

// draw shows the curves.
func (l *trainingLearn) draw(s TrainingProgress) {
	t, n := l.texts.Training, l.texts.Numbers
	show(l.curves, len(s.Points) > 0)
	if len(s.Points) == 0 {
		return
	}
	line := func(name string, ink fyne.ThemeColorName, of func(TrainingPoint) float64) widgets.ChartSeries {
		series := widgets.ChartSeries{Name: name, Color: ink}
		for _, p := range s.Points {
			series.Values = append(series.Values, of(p))
		}
		return series
	}
	write := func(v float64) string { return n.Decimal(v, 3) }
	axis := func(v float64) string { return n.Short(v, 4) }
	at := func(x int) string { return fmt.Sprintf(t.EpochAt, n.Count(x)) }
	training := t.LossTrain
	if s.OwnLoss {
		training = t.TrainOwn
	}
	l.loss.Set(widgets.Chart{Title: t.Loss, Most: s.Planned, Mark: s.Best, Write: write, Axis: axis, At: at, Series: []widgets.ChartSeries{
		line(training, standard.ColorNameWarning, func(p TrainingPoint) float64 { return p.TrainLoss }),
		line(t.LossVal, standard.ColorNamePrimary, func(p TrainingPoint) float64 { return p.ValLoss }),
	}})
	l.scores.Set(widgets.Chart{Title: t.Scores, Most: s.Planned, Mark: s.Best, High: 1, Write: write, Axis: axis, At: at, Series: []widgets.ChartSeries{
		line(t.F1, standard.ColorNameSuccess, func(p TrainingPoint) float64 { return p.F1 }),
		line(t.AUC, standard.ColorNamePrimary, func(p TrainingPoint) float64 { return p.AUC }),
	}})
	words := fmt.Sprintf(t.Rate, scientific(n, s.Points[len(s.Points)-1].Rate))
	if s.Best > 0 {
		words = fmt.Sprintf(t.Best, n.Count(s.Best)) + " " + words
	}
	if s.OwnLoss {
		words += " " + t.LossOwn
	}
	l.rate.SetText(words)
}

// scientific writes a small number with two figures: 0.0001, 8e-05.
func scientific(n texts.Numbers, v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strings.Replace(strconv.FormatFloat(v, 'g', 2, 64), ".", n.DecimalSign, 1)
}

// settle brings everything in line with what goes on.
func (l *trainingLearn) settle() {
	if l.object == nil {
		return
	}
	t := l.texts.Training
	free := l.state == TrainingIdle || l.state == TrainingEnded
	busy := l.state == TrainingPreparing || l.state == TrainingRunning || l.state == TrainingPausing
	problem := l.problem()
	for _, e := range []*widgets.Field{l.epochs, l.k, l.seed, l.name} {
		enable(e, free)
	}
	l.method.Enable(free)
	l.scale.Enable(free)
	show(l.scaleBox, len(l.scales) > 0)
	show(l.kBox, l.zooms())
	l.cost.SetText(l.costs())
	show(l.cost, free)
	l.start.SetText(t.Start)
	if l.state == TrainingPaused {
		l.start.SetText(t.Resume)
	}
	l.start.Enable(l.state == TrainingPaused || free && l.ready && problem == "")
	l.start.SetPrimary(true)
	l.pause.Enable(l.state == TrainingRunning)
	l.keep.Enable(l.state == TrainingRunning || l.state == TrainingPaused)
	show(l.start, !busy)
	show(l.pause, busy)
	show(l.keep, !free)
	show(l.keepHint, !free)
	l.fault.SetText(problem)
	show(l.fault, free && l.ready && problem != "")
	show(l.hint, free && !l.ready)
	show(l.progress.Object(), busy)
	l.object.Refresh()
}

// costs say what the method means for the time of an analysis.
func (l *trainingLearn) costs() string {
	if l.zooms() {
		return l.texts.Training.Zooming
	}
	return l.texts.Training.Exhaustive
}

// enable makes a field take words, or not.
func enable(e *widgets.Field, on bool) {
	if on == e.Disabled() {
		if on {
			e.Enable()
		} else {
			e.Disable()
		}
	}
}
