package panels

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// TrainingRun is one run of a folder.
type TrainingRun struct {
	Dir, Name string
	Ended     bool
	Epochs    int // that were run
	Planned   int
	Best      int // epoch of the best model, 0 before the first
	Figures   TrainingFigures
	Opened    int               // how often its test split was looked at
	Settings  map[string]string // by name, as in run.json
	Problem   string            // why it cannot be read; "" where it can
}

// MostCompared is how many runs stand side by side.
const MostCompared = 4

// trainingRuns is where runs are compared, and models installed from them.
type trainingRuns struct {
	texts *texts.Texts
	on    TrainingEvents

	object  *fyne.Container
	folder  *widgets.Text
	list    *fyne.Container
	table   *widgets.PlainTable
	actions *fyne.Container
	view    *widgets.Button
	name    *widgets.Field
	install *widgets.Button
	done    *widgets.Text
	full    *widgets.Text

	runs     []TrainingRun
	rows     []*widgets.Pressable
	compared []string // folders
	chosen   string
	wanted   string // folder of a run to choose once it is listed
}

func newTrainingRuns(t *texts.Texts, on TrainingEvents) *trainingRuns {
	r := &trainingRuns{texts: t, on: on, folder: widgets.NewNote(t.Training.RunsHint)}
	w := t.Training
	r.list = widgets.NewColumn(3)
	r.table = widgets.NewPlainTable()
	r.view = widgets.NewButton(w.ShowResult, func() { call(on.ShowRun, r.chosen) })
	r.name = widgets.NewField("")
	r.name.OnChanged = func(string) { r.settle() }
	r.install = widgets.NewButton(w.Export, r.export)
	r.done, r.full = widgets.NewBody(""), widgets.NewNote(fmt.Sprintf(w.Most, t.Numbers.Count(MostCompared)))
	r.actions = widgets.NewColumn(theme.Gap, widgets.NewFlow(0, r.view),
		widgets.NewColumn(3, widgets.NewQuiet(w.ExportName), widgets.NewRow(theme.Gap, 0, r.name, r.install)),
		widgets.NewNote(w.ExportHint))
	pick := widgets.NewFlow(0, widgets.NewButton(w.PickRuns, func() { tell(on.PickRuns) }))
	r.object = widgets.NewColumn(theme.Gap, pick, r.folder, r.list, r.full, r.actions, r.done, r.table.Object())
	r.done.Hide()
	r.set("", nil)
	return r
}

func (r *trainingRuns) set(folder string, runs []TrainingRun) {
	t := r.texts.Training
	r.runs = runs
	words := t.RunsHint
	if folder != "" {
		words = folder
		if len(runs) == 0 {
			words += "\n" + t.NoRuns
		}
	}
	r.folder.SetText(words)
	r.compared = slices.DeleteFunc(r.compared, func(dir string) bool { return r.find(dir) == nil })
	if r.find(r.chosen) == nil {
		r.chosen = ""
	}
	r.listRuns()
	r.compare()
	r.settle()
	r.choose(r.wanted)
}

func (r *trainingRuns) find(dir string) *TrainingRun {
	if i := slices.IndexFunc(r.runs, func(run TrainingRun) bool { return run.Dir == dir && run.Problem == "" }); i >= 0 {
		return &r.runs[i]
	}
	return nil
}

func (r *trainingRuns) listRuns() {
	r.rows = nil
	var lines []fyne.CanvasObject
	for _, run := range r.runs {
		row := r.row(run)
		lines = append(lines, row)
	}
	replace(r.list, lines...)
}

// row is a box that compares the run, and the run itself, which can be chosen.
func (r *trainingRuns) row(run TrainingRun) fyne.CanvasObject {
	name := widgets.NewText(run.Name, widgets.TextLook{MaxLines: 1})
	words := widgets.NewText(r.shortly(run), widgets.TextLook{Color: standard.ColorNamePlaceHolder, Size: standard.SizeNameCaptionText, MaxLines: 2})
	row := widgets.NewPressable(widgets.NewInset(6, 3, widgets.NewColumn(0, name, words)),
		widgets.PressableLook{Fill: standard.ColorNameButton, MarkFill: standard.ColorNameSelection}, func() { r.choose(run.Dir) })
	row.Enable(run.Problem == "")
	r.rows = append(r.rows, row)
	if run.Dir == r.chosen {
		row.Mark(widgets.Selected)
	}
	box := widgets.NewCheck("", func(on bool) { r.toggle(run.Dir, on) })
	box.Set(slices.Contains(r.compared, run.Dir))
	box.Enable(run.Problem == "" && (box.On() || len(r.compared) < MostCompared))
	return widgets.NewRow(4, 1, box, row)
}

// shortly is a run in a line.
func (r *trainingRuns) shortly(run TrainingRun) string {
	t, n := r.texts.Training, r.texts.Numbers
	if run.Problem != "" {
		return run.Problem
	}
	state := t.StateEnded
	if !run.Ended {
		state = t.StateOpen
	}
	words := []string{state, n.Count(run.Epochs) + " / " + n.Count(run.Planned)}
	if run.Best > 0 {
		words = append(words, t.F1+" "+r.figure(run.Figures.WeightedF1), t.AUC+" "+r.figure(run.Figures.AUC))
	}
	return strings.Join(words, ", ")
}

func (r *trainingRuns) figure(v float64) string { return figureWords(r.texts, v) }

func (r *trainingRuns) choose(dir string) {
	if r.find(dir) == nil {
		return
	}
	r.chosen, r.wanted = dir, ""
	for i, run := range r.runs {
		mark := widgets.Plain
		if run.Dir == dir {
			mark = widgets.Selected
			r.name.SetText(run.Name)
		}
		r.rows[i].Mark(mark)
	}
	r.done.Hide()
	r.settle()
}

func (r *trainingRuns) toggle(dir string, on bool) {
	r.compared = slices.DeleteFunc(r.compared, func(d string) bool { return d == dir })
	if on {
		r.compared = append(r.compared, dir)
	}
	r.listRuns()
	r.compare()
	r.settle()
}

// compare stands runs side by side: what they came to, and the settings in which
// they differ.
func (r *trainingRuns) compare() {
	var runs []*TrainingRun
	for _, dir := range r.compared {
		runs = append(runs, r.find(dir))
	}
	show(r.table.Object(), len(runs) > 0)
	t, n := r.texts.Training, r.texts.Numbers
	var rows []widgets.PlainRow
	line := func(name string, of func(*TrainingRun) string) {
		cells := []string{name}
		for _, run := range runs {
			cells = append(cells, of(run))
		}
		rows = append(rows, widgets.PlainRow{Cells: cells})
	}
	line("", func(run *TrainingRun) string { return run.Name })
	rows[0].Bold = true
	line(t.WeightedF1, func(run *TrainingRun) string { return r.figure(run.Figures.WeightedF1) })
	line(t.AUC, func(run *TrainingRun) string { return r.figure(run.Figures.AUC) })
	line(t.Balanced, func(run *TrainingRun) string { return r.figure(run.Figures.Balanced) })
	line(t.Loss, func(run *TrainingRun) string { return r.figure(run.Figures.LossValue) })
	line(t.BestEpoch, func(run *TrainingRun) string { return n.Count(run.Best) + " / " + n.Count(run.Epochs) })
	line(t.Looks, func(run *TrainingRun) string { return n.Count(run.Opened) })
	for _, name := range differing(runs) {
		line(name, func(run *TrainingRun) string { return run.Settings[name] })
	}
	r.table.Set(rows)
}

// differing are the names of the settings that are not the same in all runs.
func differing(runs []*TrainingRun) []string {
	all := map[string]string{}
	for _, run := range runs {
		for name := range run.Settings {
			all[name] = ""
		}
	}
	var names []string
	for _, name := range sortedKeys(all) {
		if slices.ContainsFunc(runs, func(run *TrainingRun) bool { return run.Settings[name] != runs[0].Settings[name] }) {
			names = append(names, name)
		}
	}
	return names
}

func (r *trainingRuns) export() {
	if r.on.Export != nil {
		r.on.Export(r.chosen, strings.TrimSpace(r.name.Text))
	}
}

func (r *trainingRuns) exported(name string) {
	r.done.SetText(fmt.Sprintf(r.texts.Training.Exported, name))
	show(r.done, name != "")
}

func (r *trainingRuns) settle() {
	run := r.find(r.chosen)
	show(r.actions, run != nil)
	show(r.full, len(r.compared) >= MostCompared)
	r.install.SetPrimary(run != nil && run.Ended)
	r.install.Enable(run != nil && run.Ended && strings.TrimSpace(r.name.Text) != "")
	r.object.Refresh()
}
