package panels

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// TrainingStep names a part of the training panel.
type TrainingStep int

// The steps, from top to bottom.
const (
	TrainingDatasetStep TrainingStep = iota
	TrainingFeaturesStep
	TrainingLearnStep
	TrainingResultStep
	TrainingRunsStep
	trainingSteps
)

// TrainingEvents are what the user does in the panel. Any may be nil.
type TrainingEvents struct {
	// Dataset.
	PickTable  func()
	PickFolder func()
	Images     func(on bool)     // plain pictures in the folder count as slides
	Stated     func(m float64)   // magnification the slides were scanned at; 0 as the files say
	OpenSlide  func(path string) // of a cell of the confusion matrix, or of a problem

	// Features.
	Encoder       func(id string)
	Preset        func(name string)
	Estimate      func()
	Extract       func()
	CancelExtract func() // also of an estimate

	// Training.
	Start    func(c TrainingChoice)
	Pause    func()
	Resume   func()
	KeepBest func()
	Watch    func(slide string) // "" none
	WatchAt  func(epoch int)    // show on the slide where the model looked then; 0 is the last one

	// Attention of a run whose result is shown.
	Review   func(slide string) // "" none
	ReviewAt func(epoch int)    // as WatchAt

	// Result and runs.
	OpenTest func() // was asked for, and confirmed
	PickRuns func()
	ShowRun  func(dir string)
	Export   func(dir, name string)
}

// Training is where a dataset becomes a model, step by step.
type Training struct {
	texts *texts.Texts

	object   *fyne.Container
	folds    [trainingSteps]*widgets.Fold
	warnings [trainingSteps]*fyne.Container
	data     *trainingData
	features *trainingFeatures
	learn    *trainingLearn
	result   *trainingResult
	runs     *trainingRuns
}

// NewTraining makes the panel without a dataset.
func NewTraining(t *texts.Texts, on TrainingEvents) *Training {
	p := &Training{texts: t}
	p.data = newTrainingData(t, on)
	p.learn = newTrainingLearn(t, on)
	p.features = newTrainingFeatures(t, on, p.learn.setMagnifications)
	p.result = newTrainingResult(t, on)
	p.runs = newTrainingRuns(t, on)
	p.object = widgets.NewColumn(theme.Gap)
	w := t.Training
	for i, step := range []struct {
		title   string
		content fyne.CanvasObject
	}{
		{w.Dataset, p.data.object}, {w.Features, p.features.object}, {w.Learn, p.learn.object},
		{w.Result, p.result.object}, {w.Runs, p.runs.object},
	} {
		p.warnings[i] = widgets.NewColumn(theme.Gap)
		p.warnings[i].Hide()
		body := widgets.NewColumn(theme.Gap, p.warnings[i], step.content)
		p.folds[i] = widgets.NewFold(fmt.Sprintf("%d  %s", i+1, step.title), body)
		p.folds[i].SetOpen(i == int(TrainingDatasetStep))
		if i > 0 {
			p.object.Add(widget.NewSeparator())
		}
		p.object.Add(p.folds[i].Object())
	}
	return p
}

// Object is what to place in the window: with 560 points and more, curves stand
// beside each other, and so do matrix and figures.
func (p *Training) Object() fyne.CanvasObject { return p.object }

// Open shows what belongs to a step, or folds it away.
func (p *Training) Open(step TrainingStep, open bool) {
	p.folds[step].SetOpen(open)
	p.object.Refresh()
}

// SetWarnings shows at a step what went wrong or is to know, each with at most one
// thing to do; none takes them away.
func (p *Training) SetWarnings(step TrainingStep, list []widgets.Warning) {
	replace(p.warnings[step], warningLines(list)...)
	if len(list) > 0 {
		p.folds[step].SetOpen(true)
	}
	p.object.Refresh()
}

// SetLooking shows that a dataset is being looked at.
func (p *Training) SetLooking(j Job) {
	if p.data.looking(j) {
		p.object.Refresh()
	}
}

// SetDataset shows a dataset that was looked at; nil shows none. With one that can be
// trained on, the next step opens.
func (p *Training) SetDataset(d *TrainingDataset) {
	p.data.set(d)
	p.features.ready = d != nil && d.usable()
	p.features.settle()
	if p.features.ready {
		p.folds[TrainingFeaturesStep].SetOpen(true)
	}
	p.object.Refresh()
}

// SetEncoders offers encoders, with the one of that ID chosen.
func (p *Training) SetEncoders(list []EncoderItem, id string) {
	p.features.setEncoders(list, id)
	p.object.Refresh()
}

// SetPresets offers choices of magnifications, with the one of that name chosen.
func (p *Training) SetPresets(list []PresetItem, name string) {
	p.features.setPresets(list, name)
	p.learn.setMagnifications(p.features.chosen())
	p.object.Refresh()
}

// SetEstimating shows that time and disk are being estimated; the button then
// cancels it.
func (p *Training) SetEstimating(j Job) {
	if p.features.work(j, false) {
		p.object.Refresh()
	}
}

// SetEstimate shows an estimate; nil shows none. It ends SetEstimating.
func (p *Training) SetEstimate(e *TrainingEstimate) {
	p.features.estimated(e)
	p.object.Refresh()
}

// SetExtracting shows that features are being made.
func (p *Training) SetExtracting(j Job) {
	if p.features.work(j, true) {
		p.object.Refresh()
	}
}

// SetFeatures shows of how many slides there are features; it ends SetExtracting.
// With all of them the next step opens.
func (p *Training) SetFeatures(f TrainingFeatures) {
	p.features.set(f)
	p.learn.ready = f.Done > 0 && f.Done == f.Slides
	p.learn.settle()
	if p.learn.ready {
		p.folds[TrainingLearnStep].SetOpen(true)
	}
	p.object.Refresh()
}

// SetMethods offers methods, with the one of that ID chosen.
func (p *Training) SetMethods(list []MethodItem, id string) {
	p.learn.setMethods(list, id)
	p.object.Refresh()
}

// SetChoice shows how is to be trained. It calls nothing back.
func (p *Training) SetChoice(c TrainingChoice) {
	p.learn.setChoice(c)
	p.object.Refresh()
}

// Choice is how is to be trained, whether right or not; see Problem.
func (p *Training) Choice() TrainingChoice { return p.learn.choice() }

// Problem says what is wrong with the choice; "" where nothing is.
func (p *Training) Problem() string { return p.learn.problem() }

// SetProgress shows how the training goes.
func (p *Training) SetProgress(s TrainingProgress) {
	p.learn.set(s)
	if s.State != TrainingIdle {
		p.folds[TrainingLearnStep].SetOpen(true)
	}
	p.object.Refresh()
}

// SetFraction shows how far a training is when nothing else has changed.
func (p *Training) SetFraction(done float64) { p.learn.fraction(done) }

// SetWatched offers slides of the validation split whose attention can be followed
// while a model is trained.
func (p *Training) SetWatched(w TrainingWatch) {
	p.learn.watch.set(w)
	p.object.Refresh()
}

// SetReviewed offers slides whose attention was followed in the run whose result is
// shown.
func (p *Training) SetReviewed(w TrainingWatch) {
	p.result.watch.set(w)
	p.object.Refresh()
}

// SetResult shows how a model does; nil shows none.
func (p *Training) SetResult(r *TrainingResult) {
	p.result.set(r)
	p.folds[TrainingResultStep].SetOpen(r != nil)
	p.object.Refresh()
}

// SetRuns shows the runs of a folder.
func (p *Training) SetRuns(folder string, runs []TrainingRun) {
	p.runs.set(folder, runs)
	p.object.Refresh()
}

// SelectRun chooses a run of the list, now or once it is listed.
func (p *Training) SelectRun(dir string) {
	p.runs.wanted = dir
	p.runs.choose(dir)
	p.object.Refresh()
}

// SetExported tells under which name a model was installed; "" takes that away.
func (p *Training) SetExported(name string) {
	p.runs.exported(name)
	p.object.Refresh()
}
