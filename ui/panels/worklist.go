package panels

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// WorklistEvents are what the user does in the worklist. Any may be nil. Cases are
// named by their ID.
type WorklistEvents struct {
	// Need asks for n cases from index from on, which SetRows brings, now or later.
	// It asks for a range once, until SetList.
	Need func(from, n int)

	// Select tells that the user went to a case; of one that is still to come it tells
	// when SetRows brings it.
	Select func(id int64)
	Open   func(id int64) // into the viewer
	Sort   func(s WorklistSort)
	Filter func(f WorklistFilter)

	AddFolder func()
	Folders   func() // those that are kept, to change how they are looked through
	Start     func() // triage
	Pause     func()
	// Blind is the wish to read blinded, or not. Sort and Filter may have changed
	// before, as a blinded list may tell nothing of the model; they are not called.
	Blind     func(on bool)
	Report    func()
	ExportCSV func()
	Reader    func() // the wish to be called otherwise
	Confirm   func() // the name of the reader that was asked about is right

	Judge    func(j WorklistJudgement)
	Withdraw func(id int64) // the verdict
	Note     func(id int64, note string)
	Retry    func(id int64) // a case that failed
	RetryAll func()         // all that failed
	State    func(s WorklistStatement)

	Left func() // a field of text was left: the keyboard is free
}

// Worklist is a table of cases with what a model and a reader say of each. It may
// hold very many: cases are fetched by page, and only rows in sight exist.
//
// It fills the room that it is given, from 200 points of width on. Where that is little,
// columns are left out, and the controls above scroll.
type Worklist struct {
	texts *texts.Texts
	on    WorklistEvents
	now   func() time.Time

	object  *fyne.Container
	top     *worklistTop
	filter  *worklistFilter
	sort    *worklistSort
	header  *widgets.CaseHeader
	rows    *widgets.RowList[*widgets.CaseRow]
	head    *fyne.Container // names of the columns
	table   *fyne.Container
	nothing *worklistNothing
	detail  *worklistDetail
	clip    *container.Clip
	empty   bool    // there are no cases at all
	pane    float32 // height of the case at hand

	cases    *caseStore
	setup    WorklistSetup
	blinded  bool
	selected int // -1 for none
	tapped   int // row pressed last
	tappedAt time.Time
}

// NewWorklist makes an empty worklist.
func NewWorklist(t *texts.Texts, on WorklistEvents) *Worklist {
	w := &Worklist{texts: t, on: on, now: time.Now, cases: newCaseStore(), selected: -1, tapped: -1}
	w.top = newWorklistTop(t, on, w.blind)
	w.sort = newWorklistSort(t, w.sortChanged)
	w.filter = newWorklistFilter(t, on, w.sort.object, w.filterChanged)
	w.header = widgets.NewCaseHeader(w.columnNames(), w.pressHeader)
	w.rows = widgets.NewRowList(widgets.CaseRowHeight, w.newRow, w.fill)
	w.rows.OnSeen = func(from, n int) { w.fetch(from, n) }
	w.nothing = newWorklistNothing(t, func() { tell(on.AddFolder) }, w.clearFilter)
	w.detail = newWorklistDetail(w)
	w.table = w.newTable()
	w.object = w.newObject()
	w.clip = container.NewClip(w.object)
	w.clip.ExtendBaseWidget(w.clip) // else it lays nothing out before it is drawn
	w.SetSetup(WorklistSetup{})
	w.SetSort(WorklistSort{})
	w.SetList(0, -1)
	w.SetCounts(WorklistCounts{})
	return w
}

// Object is what to place in the window. It needs no scroller around it, and draws
// nothing beyond its room.
func (w *Worklist) Object() fyne.CanvasObject { return w.clip }

// SetSetup tells what cases are judged with.
func (w *Worklist) SetSetup(s WorklistSetup) {
	w.setup = s
	w.top.setSetup(s)
	w.filter.setClasses(s.Classes)
	w.sort.setClasses(s.Classes)
	w.rows.Fill(w.rows.Seen())
	w.detail.show()
}

// SetCounts tells how many cases there are.
func (w *Worklist) SetCounts(c WorklistCounts) {
	w.filter.words.SetText(countWords(w.texts, c))
	w.filter.setFailed(c.Failed)
	w.nothing.set(c.Total == 0)
	w.empty = c.Total == 0
	for _, o := range []fyne.CanvasObject{w.filter.object, w.filter.counts, w.head} {
		show(o, c.Total > 0)
	}
	w.top.report.Enable(c.Total > 0)
	w.top.export.Enable(c.Total > 0)
	w.object.Refresh()
}

// SetTriage tells whether the worklist is worked through, and how far that is.
func (w *Worklist) SetTriage(t WorklistTriage) { w.top.setTriage(t) }

// SetReader tells whose verdicts are given. While that was never asked, it is asked
// in a line that goes with the answer.
func (w *Worklist) SetReader(name string, asked bool) {
	w.top.setReader(name, asked)
	w.object.Refresh()
}

// SetBlinded shows whether the list is read blinded. It calls nothing back.
func (w *Worklist) SetBlinded(on bool) {
	w.blinded = on
	w.top.blinded.Set(on)
	w.filter.setBlinded(on)
	w.sort.setBlinded(on)
	for _, c := range []widgets.CaseColumn{widgets.CasePrediction, widgets.CaseUncertainty} {
		w.header.Cell(c).Enable(!on)
	}
	w.showSort()
}

// Blinded tells whether the list is read blinded.
func (w *Worklist) Blinded() bool { return w.blinded }

// Blind reads blinded or not, as its switch does.
func (w *Worklist) Blind(on bool) { w.blind(on) }

// blind is the user's wish. An order or a filter by the model's opinion ends by it.
func (w *Worklist) blind(on bool) {
	if on && w.Sort().ofModel() {
		w.sort.set(WorklistSort{})
	}
	w.SetBlinded(on)
	call(w.on.Blind, on)
}

// Sort is the order that is shown.
func (w *Worklist) Sort() WorklistSort { return w.sort.at }

// SetSort shows an order. It calls nothing back.
func (w *Worklist) SetSort(s WorklistSort) {
	w.sort.set(s)
	w.showSort()
}

func (w *Worklist) showSort() {
	w.header.Sort(w.Sort().column(), w.Sort().Reverse)
}

func (w *Worklist) sortChanged(s WorklistSort) {
	w.SetSort(s)
	w.rows.ScrollTo(0)
	call(w.on.Sort, s)
}

// pressHeader sorts by a column; where the cases are in its order already, it turns
// that round.
func (w *Worklist) pressHeader(column widgets.CaseColumn) {
	s := w.Sort()
	if s.column() == column {
		s.Reverse = !s.Reverse
	} else {
		s = orderOf(column, w.setup.ranked())
	}
	w.sortChanged(s)
}

// Filter is which cases are shown.
func (w *Worklist) Filter() WorklistFilter { return w.filter.filter() }

// SetFilter shows which cases are shown. It calls nothing back.
func (w *Worklist) SetFilter(f WorklistFilter) { w.filter.set(f) }

// FocusFilter gives the keyboard to the field of names.
func (w *Worklist) FocusFilter() { w.filter.text.Enter() }

func (w *Worklist) filterChanged() {
	w.rows.ScrollTo(0)
	call(w.on.Filter, w.Filter())
}

func (w *Worklist) clearFilter() {
	w.SetFilter(WorklistFilter{})
	w.filterChanged()
}

func (w *Worklist) columnNames() []string {
	t := w.texts.Worklist
	return []string{t.ColumnName, t.ColumnPrediction, t.ColumnUncertainty, t.ColumnState, t.ColumnWarnings, t.ColumnVerdict}
}

// worklistGap is between the parts of the worklist.
const worklistGap = theme.Gap - 2
