package panels

import (
	"fmt"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// TrainingSlide is a slide of a dataset.
type TrainingSlide struct {
	Name, Path, Label string
	Probability       float64 // of what was answered, where there is an answer
}

// TrainingScores are how a model does on a split.
type TrainingScores struct {
	Classes []string
	Cells   [][][]TrainingSlide // [truth][answer]; nil where only the figures are known
	Figures TrainingFigures
}

// TrainingFigures are the figures of a split; NaN is undefined.
type TrainingFigures struct {
	Slides                                         int
	Accuracy, Balanced, MacroF1, WeightedF1, Kappa float64
	AUC, AUCLow, AUCHigh                           float64 // with the ends of its interval
	LossValue                                      float64
}

// TrainingResult is how the best model of a run does.
type TrainingResult struct {
	Run        string
	Validation TrainingScores
	TestSlides int             // of the test split, 0 where there is none
	TestOpened int             // how often it was looked at
	Test       *TrainingScores // of the last look; nil for none
	Locked     bool            // it is looked at when asked alone
	Ended      bool            // the run is over: before, nothing should be looked at
	Opening    bool            // it is being looked at
}

// mostCellSlides is how many slides of a cell are listed at a time.
const mostCellSlides = 20

// trainingResult is where the figures and the matrix stand.
type trainingResult struct {
	texts *texts.Texts
	on    TrainingEvents

	object  *fyne.Container
	none    *widgets.Text
	parts   *fyne.Container
	head    *widgets.Text
	split   *widgets.Segments
	matrix  *widgets.Matrix
	left    *fyne.Container
	cell    *fyne.Container
	figures *widgets.PlainTable
	test    *fyne.Container
	watch   *trainingWatch

	result *TrainingResult
	asking bool // whether the test split is really to be opened
}

func newTrainingResult(t *texts.Texts, on TrainingEvents) *trainingResult {
	r := &trainingResult{texts: t, on: on, none: widgets.NewNote(t.Training.ResultHint), head: widgets.NewStrong("")}
	w := t.Training
	r.split = widgets.NewSegments([]string{w.Val, w.Test}, func(int) { r.showMatrix() })
	r.matrix = widgets.NewMatrix(r.showCell)
	r.cell, r.test = widgets.NewColumn(1), widgets.NewColumn(theme.Gap)
	r.figures = widgets.NewPlainTable()
	r.watch = newTrainingWatch(t, func(name string) { call(on.Review, name) }, func(epoch int) { call(on.ReviewAt, epoch) })
	r.left = widgets.NewColumn(theme.Gap-2, widgets.NewQuiet(w.Matrix), r.split.Object(), r.matrix.Object(), widgets.NewNote(w.MatrixHint), r.cell)
	right := widgets.NewColumn(theme.Gap-2, r.figures.Object(), widgets.NewNote(w.IntervalNote))
	r.parts = widgets.NewColumn(theme.Gap, r.head, widgets.NewAbreast(3*theme.Gap, 270, r.left, right), r.watch.object, widget.NewSeparator(), r.test)
	r.object = widgets.NewColumn(theme.Gap, r.none, r.parts)
	r.set(nil)
	return r
}

func (r *trainingResult) set(result *TrainingResult) {
	if r.result == nil || result == nil || r.result.Run != result.Run {
		r.split.Choose(0)
	}
	r.result, r.asking = result, false
	show(r.none, result == nil)
	show(r.parts, result != nil)
	if result == nil {
		return
	}
	t, n := r.texts.Training, r.texts.Numbers
	r.head.SetText(fmt.Sprintf(t.ResultOf, result.Run, n.Count(result.Validation.Figures.Slides)))
	both := result.Test != nil && result.Test.Cells != nil
	show(r.split.Object(), both)
	if !both {
		r.split.Choose(0)
	}
	r.figures.Set(r.lines())
	r.showMatrix()
	r.showTest()
}

// scores are those of the split whose matrix is shown.
func (r *trainingResult) scores() *TrainingScores {
	if r.split.Chosen() == 1 && r.result.Test != nil {
		return r.result.Test
	}
	return &r.result.Validation
}

func (r *trainingResult) showMatrix() {
	s := r.scores()
	counts := make([][]int, len(s.Cells))
	for i, row := range s.Cells {
		for _, cell := range row {
			counts[i] = append(counts[i], len(cell))
		}
	}
	show(r.left, len(s.Cells) > 0)
	if len(s.Cells) > 0 {
		r.matrix.Set(s.Classes, counts)
	}
	replace(r.cell)
	r.object.Refresh()
}

// showCell lists the slides behind a cell.
func (r *trainingResult) showCell(truth, said int) {
	t, n, s := r.texts.Training, r.texts.Numbers, r.scores()
	slides := s.Cells[truth][said]
	words := fmt.Sprintf(t.Cell, s.Classes[truth], s.Classes[said], n.Count(len(slides)))
	if truth == said {
		words = fmt.Sprintf(t.CellRight, s.Classes[truth], n.Count(len(slides)))
	}
	lines := []fyne.CanvasObject{widgets.NewInset(0, 3, widgets.NewBody(words))}
	for _, slide := range slides[:min(len(slides), mostCellSlides)] {
		lines = append(lines, r.slideRow(slide))
	}
	if rest := len(slides) - mostCellSlides; rest > 0 {
		lines = append(lines, widgets.NewNote(fmt.Sprintf(t.MoreSlides, n.Count(rest))))
	}
	r.matrix.Mark(truth, said)
	replace(r.cell, lines...)
	r.object.Refresh()
}

// slideRow opens a slide when it is pressed.
func (r *trainingResult) slideRow(s TrainingSlide) *widgets.Pressable {
	name := widgets.NewText(s.Name, widgets.TextLook{MaxLines: 1})
	sure := widgets.NewText(r.texts.Numbers.Probability(s.Probability), widgets.TextLook{Whole: true})
	row := widgets.NewInset(6, 3, widgets.NewRow(theme.Gap, 0, name, sure))
	return widgets.NewPressable(row, widgets.PressableLook{Fill: "button"}, func() { call(r.on.OpenSlide, s.Path) })
}

// lines are those of the table of figures.
func (r *trainingResult) lines() []widgets.PlainRow {
	t := r.texts.Training
	both := []TrainingFigures{r.result.Validation.Figures}
	head := []string{"", t.Val}
	if r.result.Test != nil {
		both, head = append(both, r.result.Test.Figures), append(head, t.Test)
	}
	rows := []widgets.PlainRow{{Cells: head, Head: true}}
	line := func(name string, of func(TrainingFigures) string) {
		cells := []string{name}
		for _, f := range both {
			cells = append(cells, of(f))
		}
		rows = append(rows, widgets.PlainRow{Cells: cells})
	}
	value := func(of func(TrainingFigures) float64) func(TrainingFigures) string {
		return func(f TrainingFigures) string { return r.figure(of(f)) }
	}
	line(t.Accuracy, value(func(f TrainingFigures) float64 { return f.Accuracy }))
	line(t.Balanced, value(func(f TrainingFigures) float64 { return f.Balanced }))
	line(t.MacroF1, value(func(f TrainingFigures) float64 { return f.MacroF1 }))
	line(t.WeightedF1, value(func(f TrainingFigures) float64 { return f.WeightedF1 }))
	line(t.AUC, r.auc)
	line(t.Kappa, value(func(f TrainingFigures) float64 { return f.Kappa }))
	line(t.Loss, value(func(f TrainingFigures) float64 { return f.LossValue }))
	return rows
}

func (r *trainingResult) figure(v float64) string { return figureWords(r.texts, v) }

// figureWords writes a figure with three places.
func figureWords(t *texts.Texts, v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return t.Training.Undefined
	}
	return t.Numbers.Decimal(v, 3)
}

func (r *trainingResult) auc(f TrainingFigures) string {
	if math.IsNaN(f.AUC) || math.IsNaN(f.AUCLow) || math.IsNaN(f.AUCHigh) {
		return r.figure(f.AUC)
	}
	return fmt.Sprintf(r.texts.Training.Interval, r.figure(f.AUC), r.figure(f.AUCLow), r.figure(f.AUCHigh))
}

// showTest tells of the test split, and opens it when that is asked for twice.
func (r *trainingResult) showTest() {
	t, n, s := r.texts.Training, r.texts.Numbers, r.result
	lines := []fyne.CanvasObject{widgets.NewStrong(t.TestTitle)}
	if s.TestSlides == 0 {
		replace(r.test, append(lines, widgets.NewNote(t.TestNone))...)
		return
	}
	lines = append(lines, widgets.NewBody(r.opened()))
	if s.Locked {
		lines = append(lines, widgets.NewNote(fmt.Sprintf(t.TestLocked, n.Count(s.TestSlides))))
	}
	ask := widgets.NewButton(t.TestOpen, func() { r.ask(true) })
	ask.Enable(s.Ended && !s.Opening)
	if r.asking {
		sure := widgets.NewWarningLine(widgets.Warning{Text: t.TestSure})
		yes := widgets.NewButton(t.TestYes, func() { r.ask(false); tell(r.on.OpenTest) })
		yes.SetPrimary(true)
		replace(r.test, append(lines, sure, widgets.NewFlow(theme.Gap-2, yes, widgets.NewButton(t.TestNo, func() { r.ask(false) })))...)
		return
	}
	replace(r.test, append(lines, widgets.NewFlow(0, ask))...)
}

func (r *trainingResult) ask(asking bool) {
	r.asking = asking
	r.showTest()
	r.object.Refresh()
}

// opened says how often the split was looked at.
func (r *trainingResult) opened() string {
	t := r.texts.Training
	switch r.result.TestOpened {
	case 0:
		return t.TestNever
	case 1:
		return t.TestOnce
	}
	return fmt.Sprintf(t.TestOften, r.texts.Numbers.Count(r.result.TestOpened))
}
