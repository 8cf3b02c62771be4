package panels

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// EncoderItem is an encoder to choose.
type EncoderItem struct {
	ID, Name string
	Note     string // what it is, or why it cannot be used
	Off      bool
}

// PresetItem is a choice of magnifications.
type PresetItem struct {
	Name           string
	Magnifications []float64
	K              []int
}

// TrainingEstimate is what extraction and training are likely to take.
type TrainingEstimate struct {
	Device       string
	Slides, Done int // slides, and those whose features are there
	Looked       int // slides that patches were counted in
	Fewest, Most int // patches of a slide
	Patches      int // still to be encoded
	PerSecond    float64
	Extract      time.Duration
	Bytes        int64
	Epochs       int
	Training     time.Duration // 0 unknown
}

// TrainingFeatures is of how many slides there are features.
type TrainingFeatures struct {
	Folder       string
	Slides, Done int
	Failed       []TrainingFailure
}

// TrainingFailure is a slide whose features could not be made.
type TrainingFailure struct{ Slide, Reason string }

// trainingFeatures is where features are made of slides.
type trainingFeatures struct {
	texts *texts.Texts
	on    TrainingEvents

	object   *fyne.Container
	encoder  *widgets.Choice
	preset   *widgets.Choice
	estimate *widgets.Button
	extract  *widgets.Button
	progress *widgets.ProgressLine
	told     *fyne.Container // estimate
	state    *fyne.Container // what there is

	encoders []EncoderItem
	presets  []PresetItem
	ready    bool // there is a dataset
	working  bool
	complete bool // there are features of all slides
	hint     *widgets.Text
}

// newTrainingFeatures calls scales with the magnifications that were chosen.
func newTrainingFeatures(t *texts.Texts, on TrainingEvents, scales func([]float64)) *trainingFeatures {
	f := &trainingFeatures{texts: t, on: on, told: widgets.NewColumn(2), state: widgets.NewColumn(2)}
	f.encoder = widgets.NewChoice(t.Training.NoEncoder, func(i int) { f.changed(); call(on.Encoder, f.encoders[i].ID) })
	f.preset = widgets.NewChoice("", func(i int) {
		f.changed()
		scales(f.chosen())
		call(on.Preset, f.presets[i].Name)
	})
	f.estimate = widgets.NewButton(t.Training.Estimate, func() { tell(on.Estimate) })
	f.extract = widgets.NewIconButton(t.Training.Extract, standard.IconNameMediaPlay, func() { tell(on.Extract) })
	f.progress = widgets.NewProgressLine(func() { tell(on.CancelExtract) })
	f.hint = widgets.NewNote(t.Training.FeaturesHint)
	f.object = widgets.NewColumn(theme.Gap, f.hint,
		besideAt(labelWidth, t.Training.Encoder, f.encoder), besideAt(labelWidth, t.Training.Preset, f.preset),
		f.told, widgets.NewFlow(theme.Gap-2, f.extract, f.estimate), f.progress.Object(), f.state)
	replace(f.told)
	replace(f.state)
	f.settle()
	return f
}

// changed forgets what was told of another choice.
func (f *trainingFeatures) changed() {
	replace(f.told)
	f.complete = false
	f.settle()
}

func (f *trainingFeatures) setEncoders(list []EncoderItem, id string) {
	f.encoders = list
	options := make([]widgets.Option, len(list))
	for i, e := range list {
		options[i] = widgets.Option{Label: e.Name, Note: e.Note, Off: e.Off}
	}
	f.encoder.SetOptions(options, slices.IndexFunc(list, func(e EncoderItem) bool { return e.ID == id }))
	f.settle()
}

func (f *trainingFeatures) setPresets(list []PresetItem, name string) {
	f.presets = list
	options := make([]widgets.Option, len(list))
	for i, p := range list {
		options[i] = widgets.Option{Label: f.magnifications(p.Magnifications),
			Note: fmt.Sprintf(f.texts.Training.PresetNote, p.Name, numbers(p.K))}
	}
	f.preset.SetOptions(options, slices.IndexFunc(list, func(p PresetItem) bool { return p.Name == name }))
	f.settle()
}

// chosen are the magnifications of the preset that is chosen; nil for none.
func (f *trainingFeatures) chosen() []float64 {
	if i := f.preset.Chosen(); i >= 0 {
		return f.presets[i].Magnifications
	}
	return nil
}

func (f *trainingFeatures) magnifications(list []float64) string {
	var words []string
	for _, m := range list {
		words = append(words, f.texts.Numbers.Magnification(m))
	}
	return strings.Join(words, ", ")
}

// numbers writes whole numbers one after the other.
func numbers(list []int) string {
	var words []string
	for _, n := range list {
		words = append(words, fmt.Sprint(n))
	}
	return strings.Join(words, ", ")
}

// work shows an estimate or an extraction under way; true where more than the line of
// progress changed.
func (f *trainingFeatures) work(j Job, extracting bool) (more bool) {
	more = !f.working
	f.working = true
	stage := f.texts.Training.Estimating
	if extracting {
		if more {
			replace(f.state) // it changes with every slide
		}
		stage = fmt.Sprintf(f.texts.Training.Extracting, j.Stage)
	}
	f.progress.Set(stage, j.amount(f.texts), j.Fraction)
	if more {
		f.settle()
	}
	return more
}

func (f *trainingFeatures) estimated(e *TrainingEstimate) {
	f.working = false
	var lines []fyne.CanvasObject
	if e != nil {
		for i, words := range f.estimateWords(e) {
			line := widgets.NewBody(words)
			if i > 0 {
				line = widgets.NewNote(words)
			}
			lines = append(lines, line)
		}
	}
	replace(f.told, lines...)
	f.settle()
}

// estimateWords tell the estimate, and how it was come by.
func (f *trainingFeatures) estimateWords(e *TrainingEstimate) []string {
	t, n := f.texts.Training, f.texts.Numbers
	var words []string
	left := e.Slides - e.Done
	if left == 0 {
		words = append(words, t.EstimateDone)
	} else {
		words = append(words,
			fmt.Sprintf(t.EstimateTime, n.Left(e.Extract), f.bytes(e.Bytes)),
			fmt.Sprintf(t.EstimateWork, n.Count(e.Patches), n.Count(left), f.rate(e.PerSecond), e.Device))
	}
	if e.Training > 0 {
		words = append(words, fmt.Sprintf(t.EstimateTrain, n.Left(e.Training), n.Amount(e.Epochs, n.Epoch, n.Epochs)))
	}
	return append(words, fmt.Sprintf(t.EstimateSpread, n.Count(e.Looked), n.Count(e.Fewest), n.Count(e.Most)))
}

func (f *trainingFeatures) rate(v float64) string {
	places := 0
	if v < 10 {
		places = 1
	}
	return f.texts.Numbers.Decimal(v, places)
}

// bytes writes a size in megabytes or gigabytes.
func (f *trainingFeatures) bytes(n int64) string { return sizeWords(f.texts, n) }

func sizeWords(t *texts.Texts, n int64) string {
	if n < 1e9 {
		return fmt.Sprintf(t.Training.BytesMB, t.Numbers.Short(max(0.1, float64(n)/1e6), 1))
	}
	return fmt.Sprintf(t.Training.BytesGB, t.Numbers.Short(float64(n)/1e9, 1))
}

func (f *trainingFeatures) set(s TrainingFeatures) {
	t, n := f.texts.Training, f.texts.Numbers
	f.working, f.complete = false, s.Slides > 0 && s.Done == s.Slides
	if f.complete {
		replace(f.told) // it was about what is done now
	}
	if s.Slides == 0 { // it is not known yet
		replace(f.state)
		f.settle()
		return
	}
	lines := []fyne.CanvasObject{widgets.NewBody(fmt.Sprintf(t.Extracted, n.Count(s.Done), n.Count(s.Slides)))}
	if s.Folder != "" {
		lines = append(lines, widgets.NewNote(fmt.Sprintf(t.FeaturesFolder, s.Folder)))
	}
	if len(s.Failed) > 0 {
		lines = append(lines, widgets.NewWarningLine(widgets.Warning{Text: fmt.Sprintf(t.ExtractFailed, n.Count(len(s.Failed))), Grave: true}))
	}
	for _, fail := range s.Failed[:min(len(s.Failed), mostNames)] {
		lines = append(lines, widgets.NewInset(theme.Gap, 0, widgets.NewNote(fail.Slide+": "+fail.Reason)))
	}
	if rest := len(s.Failed) - mostNames; rest > 0 {
		lines = append(lines, widgets.NewInset(theme.Gap, 0, widgets.NewNote(fmt.Sprintf(t.MoreNames, n.Count(rest)))))
	}
	replace(f.state, lines...)
	f.settle()
}

// settle brings buttons in line with what goes on.
func (f *trainingFeatures) settle() {
	able := f.ready && !f.working && f.encoder.Chosen() >= 0 && f.preset.Chosen() >= 0
	f.estimate.Enable(able)
	f.extract.Enable(able)
	f.extract.SetPrimary(able && !f.complete)
	f.encoder.Enable(!f.working)
	f.preset.Enable(!f.working)
	show(f.hint, !f.ready)
	show(f.progress.Object(), f.working)
	f.object.Refresh()
}
