package panels

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// TrainingDataset is a dataset that was looked at.
type TrainingDataset struct {
	Table    string // CSV file
	Folders  bool   // it was made of folders
	Images   bool   // plain pictures count
	Stated   float64
	Slides   int
	Patients int
	Classes  []TrainingClass
	Problems []TrainingProblem
}

// TrainingClass counts the slides of a class in each split.
type TrainingClass struct {
	Name                   string
	Train, Val, Test, Rest int // Rest: in no split
}

// TrainingProblem is something wrong, or doubtful, with a dataset.
type TrainingProblem struct {
	Trouble TrainingTrouble
	Names   []string // of slides, patients or classes
	Detail  string   // a sentence to add; "" for none
	Grave   bool     // training cannot begin
}

// TrainingTrouble sorts problems; the values are those of app.DatasetTrouble.
type TrainingTrouble string

// The troubles that have words of their own; of others the detail is shown.
const (
	TroubleMissing       TrainingTrouble = "missing"
	TroubleUnreadable    TrainingTrouble = "unreadable"
	TroubleNoResolution  TrainingTrouble = "no-resolution"
	TroubleDuplicate     TrainingTrouble = "duplicate"
	TroubleContradiction TrainingTrouble = "contradiction"
	TroublePatients      TrainingTrouble = "patients"
	TroubleDivision      TrainingTrouble = "division"
	TroubleNoPatients    TrainingTrouble = "no-patients"
	TroubleFewSlides     TrainingTrouble = "few-slides"
	TroubleLoose         TrainingTrouble = "loose"
)

func (d *TrainingDataset) usable() bool {
	return !slices.ContainsFunc(d.Problems, func(p TrainingProblem) bool { return p.Grave })
}

// mostNames is how many names of a problem are shown at a time.
const mostNames = 8

// trainingData is where a dataset is chosen and looked at.
type trainingData struct {
	texts *texts.Texts
	on    TrainingEvents

	object   *fyne.Container
	hint     *widgets.Text
	progress *widgets.ProgressLine
	about    *fyne.Container
	table    *widgets.PlainTable
	problems *fyne.Container
	images   *widgets.Check
	stated   *widgets.Segments
	box      *fyne.Container // what is asked for of a dataset at hand
	shown    map[TrainingTrouble]bool
	data     *TrainingDataset
}

// statedAt are the magnifications that slides can be stated to have.
func statedAt() []float64 { return []float64{0, 10, 20, 40} }

func newTrainingData(t *texts.Texts, on TrainingEvents) *trainingData {
	d := &trainingData{texts: t, on: on, shown: map[TrainingTrouble]bool{}}
	d.hint = widgets.NewNote(t.Training.DatasetHint)
	d.progress = widgets.NewProgressLine(nil)
	d.about, d.problems = widgets.NewColumn(2), widgets.NewColumn(theme.Gap)
	d.table = widgets.NewPlainTable()
	d.images = widgets.NewCheck(t.Training.Images, func(on bool) { call(d.on.Images, on) })
	names := []string{t.Training.AsFiles}
	for _, m := range statedAt()[1:] {
		names = append(names, t.Numbers.Magnification(m))
	}
	d.stated = widgets.NewSegments(names, func(i int) { call(d.on.Stated, statedAt()[i]) })
	d.box = widgets.NewColumn(theme.Gap, d.images, labelled(t.Training.StatedAt, d.stated.Object()))
	buttons := widgets.NewFlow(theme.Gap-2,
		widgets.NewButton(t.Training.PickTable, func() { tell(on.PickTable) }),
		widgets.NewButton(t.Training.PickFolder, func() { tell(on.PickFolder) }))
	d.object = widgets.NewColumn(theme.Gap, d.hint, buttons, d.progress.Object(), d.about, d.table.Object(), d.problems, d.box)
	d.set(nil)
	return d
}

// looking shows how far a look at a dataset is; true where more than that changed.
func (d *trainingData) looking(j Job) (more bool) {
	if more = d.data != nil || !d.progress.Object().Visible(); more {
		d.set(nil)
		d.hint.Hide()
	}
	d.progress.Set(fmt.Sprintf(d.texts.Training.Looking, j.Stage), j.amount(d.texts), j.Fraction)
	d.progress.Object().Show()
	return more
}

func (d *trainingData) set(data *TrainingDataset) {
	d.data = data
	clear(d.shown)
	d.progress.Object().Hide()
	show(d.hint, data == nil)
	show(d.table.Object(), data != nil)
	show(d.box, data != nil)
	if data == nil {
		replace(d.about)
		replace(d.problems)
		return
	}
	d.describe()
	d.table.Set(d.counts())
	d.tellProblems()
	show(d.images, data.Folders)
	d.images.Set(data.Images)
	d.stated.Choose(max(0, slices.Index(statedAt(), data.Stated)))
}

func (d *trainingData) describe() {
	t, n, data := d.texts.Training, d.texts.Numbers, d.data
	slides, classes := n.Amount(data.Slides, n.Slide, n.Slides), n.Amount(len(data.Classes), n.Class, n.Classes)
	count := fmt.Sprintf(t.SlidesOnly, slides, classes)
	if data.Patients > 0 {
		count = fmt.Sprintf(t.Slides, slides, classes, n.Amount(data.Patients, n.Patient, n.Patients))
	}
	lines := []fyne.CanvasObject{widgets.NewStrong(count), widgets.NewNote(data.Table)}
	if data.Folders {
		lines[1] = widgets.NewNote(fmt.Sprintf(t.FromFolders, filepath.Base(data.Table), filepath.Dir(data.Table)))
	}
	replace(d.about, lines...)
}

// counts are the lines of the table of classes.
func (d *trainingData) counts() []widgets.PlainRow {
	t, n := d.texts.Training, d.texts.Numbers
	rows := []widgets.PlainRow{{Cells: []string{t.Class, t.Train, t.Val, t.Test, t.All}, Head: true}}
	var sum TrainingClass
	line := func(c TrainingClass, bold bool) {
		all := c.Train + c.Val + c.Test + c.Rest
		rows = append(rows, widgets.PlainRow{Bold: bold, Cells: []string{
			c.Name, n.Count(c.Train), n.Count(c.Val), n.Count(c.Test), n.Count(all)}})
	}
	for _, c := range d.data.Classes {
		line(c, false)
		sum.Train, sum.Val, sum.Test, sum.Rest = sum.Train+c.Train, sum.Val+c.Val, sum.Test+c.Test, sum.Rest+c.Rest
	}
	sum.Name = t.All
	line(sum, true)
	return rows
}

// tellProblems shows the grave ones first.
func (d *trainingData) tellProblems() {
	var lines []fyne.CanvasObject
	for _, grave := range []bool{true, false} {
		for _, p := range d.data.Problems {
			if p.Grave == grave {
				lines = append(lines, d.problem(p)...)
			}
		}
	}
	replace(d.problems, lines...)
}

func (d *trainingData) problem(p TrainingProblem) []fyne.CanvasObject {
	t := d.texts.Training
	w := widgets.Warning{Text: d.words(p), Grave: p.Grave}
	if names := d.listed(p); len(names) > 0 {
		w.Action = t.ShowNames
		if d.shown[p.Trouble] {
			w.Action = t.HideNames
		}
		w.Do = func() {
			d.shown[p.Trouble] = !d.shown[p.Trouble]
			d.tellProblems()
		}
	}
	lines := []fyne.CanvasObject{widgets.NewWarningLine(w)}
	if d.shown[p.Trouble] {
		lines = append(lines, d.namesOf(p)...)
	}
	return lines
}

// listed are the names that the words of a problem do not tell.
func (d *trainingData) listed(p TrainingProblem) []string {
	if p.Trouble == TroubleFewSlides {
		return nil
	}
	return p.Names
}

func (d *trainingData) namesOf(p TrainingProblem) []fyne.CanvasObject {
	var lines []fyne.CanvasObject
	for _, name := range p.Names[:min(len(p.Names), mostNames)] {
		lines = append(lines, widgets.NewInset(theme.Gap, 0, widgets.NewNote(name)))
	}
	if rest := len(p.Names) - mostNames; rest > 0 {
		more := fmt.Sprintf(d.texts.Training.MoreNames, d.texts.Numbers.Count(rest))
		lines = append(lines, widgets.NewInset(theme.Gap, 0, widgets.NewNote(more)))
	}
	return lines
}

// words say what the problem is and what to do.
func (d *trainingData) words(p TrainingProblem) string {
	t, count := d.texts.Training, d.texts.Numbers.Count(len(p.Names))
	switch p.Trouble {
	case TroubleMissing:
		return fmt.Sprintf(t.Missing, count)
	case TroubleUnreadable:
		return with(fmt.Sprintf(t.Unreadable, count), p.Detail)
	case TroubleNoResolution:
		return fmt.Sprintf(t.NoResolution, count)
	case TroubleDuplicate:
		return fmt.Sprintf(t.Duplicate, count)
	case TroubleContradiction:
		return fmt.Sprintf(t.Contradiction, count)
	case TroublePatients:
		return fmt.Sprintf(t.Patients, count)
	case TroubleDivision:
		return with(t.Division, p.Detail)
	case TroubleNoPatients:
		return t.NoPatients
	case TroubleFewSlides:
		return fmt.Sprintf(t.FewSlides, strings.Join(p.Names, ", "))
	case TroubleLoose:
		return fmt.Sprintf(t.Loose, count)
	}
	return with(t.DatasetProblem, p.Detail)
}

// with adds a detail to a sentence.
func with(sentence, detail string) string {
	if detail == "" {
		return sentence
	}
	return sentence + " " + detail
}
