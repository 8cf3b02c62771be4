package panels

import (
	"cmp"
	"fmt"
	"image"
	"slices"
	"time"

	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/texts"
	"zoomscope/ui/widgets"
)

// WorklistPageSize is how many cases are asked for at once.
const WorklistPageSize = 64

// mostSpots is how many places are marked on a picture.
const mostSpots = 5

// doubleClick is the longest time between the two presses of one.
const doubleClick = 400 * time.Millisecond

// SetList tells that the list is another: n cases long, the one at index selected
// at hand, -1 for none. What was fetched is forgotten; pages bring what there is at
// once, and the rest is asked for as it comes to sight. It calls only Need back.
func (w *Worklist) SetList(n, selected int, pages ...WorklistPage) {
	w.cases.reset(n)
	for _, p := range pages {
		w.cases.put(p.From, p.Cases)
	}
	w.tapped = -1
	w.selected = -1
	if selected >= 0 && selected < n {
		w.selected = selected
	}
	w.rows.SetLength(n)
	w.fetch(w.rows.Seen())
	show(w.rows.Object(), n > 0)
	show(w.nothing.object, n == 0)
	if w.selected < 0 || w.cases.at(w.selected) != nil {
		w.detail.show() // else the one before stays until this one comes: a note may be being typed
	}
}

// SetRows brings cases that Need asked for.
func (w *Worklist) SetRows(from int, cases []WorklistCase) {
	missing := w.selected >= 0 && w.cases.at(w.selected) == nil
	w.cases.put(from, cases)
	w.rows.Fill(from, len(cases))
	if w.selected >= from && w.selected < from+len(cases) {
		w.detail.show()
		if c := w.cases.at(w.selected); missing && c != nil {
			call(w.on.Select, c.ID)
		}
	}
	seen, n := w.rows.Seen()
	w.cases.drop(seen+n/2, w.selected)
}

// Update shows a case anew, wherever it is in the list; one that is not fetched is
// passed over. A case without a picture keeps the one it has.
func (w *Worklist) Update(c WorklistCase) {
	i, ok := w.cases.index[c.ID]
	if !ok {
		return
	}
	if c.Thumb == nil {
		c.Thumb = w.cases.at(i).Thumb
	}
	w.cases.put(i, []WorklistCase{c})
	w.changed(i)
}

// SetPicture brings the picture of a case; of one that is not fetched it is passed
// over.
func (w *Worklist) SetPicture(id int64, thumb *image.RGBA) {
	if i, ok := w.cases.index[id]; ok {
		w.cases.at(i).Thumb = thumb
		w.changed(i)
	}
}

// SetProgress tells how far the case at hand is; one that is not fetched is passed
// over.
func (w *Worklist) SetProgress(id int64, fraction float64) {
	if i, ok := w.cases.index[id]; ok {
		c := w.cases.at(i)
		c.State, c.Fraction = WorklistRunning, fraction
		w.changed(i)
	}
}

// Seen is the range of cases in sight.
func (w *Worklist) Seen() (from, n int) { return w.rows.Seen() }

// ScrollToOffset brings to sight what stands so many points below the top of the
// list, as the wheel does; a row is widgets.CaseRowHeight high.
func (w *Worklist) ScrollToOffset(offset float32) { w.rows.ScrollToOffset(offset) }

// Filled reports whether all rows in sight show their cases.
func (w *Worklist) Filled() bool {
	from, n := w.rows.Seen()
	for i := from; i < from+n; i++ {
		if w.cases.at(i) == nil {
			return false
		}
	}
	return true
}

// Length is how many cases the list has.
func (w *Worklist) Length() int { return w.rows.Length() }

// Selected is the index of the case at hand; -1 for none.
func (w *Worklist) Selected() int { return w.selected }

// SelectedID is the case at hand; 0 for none, or while it is still to come.
func (w *Worklist) SelectedID() int64 {
	if c := w.cases.at(w.selected); c != nil {
		return c.ID
	}
	return 0
}

// Select goes to a case and brings it to sight; -1 goes to none. It calls only
// Need back.
func (w *Worklist) Select(index int) {
	if index >= w.rows.Length() {
		return
	}
	old := w.selected
	w.selected = max(index, -1)
	if w.selected >= 0 {
		w.rows.ScrollTo(w.selected)
		w.fetch(w.selected, 1)
	}
	w.rows.Fill(old, 1)
	w.rows.Fill(w.selected, 1)
	w.detail.show()
}

// Next goes to the next case, as the user; false where there is none.
func (w *Worklist) Next() bool { return w.step(1) }

// Previous goes to the previous case, as the user; false where there is none.
func (w *Worklist) Previous() bool { return w.step(-1) }

func (w *Worklist) step(by int) bool {
	to := w.selected + by
	if w.selected < 0 {
		to = 0
	}
	if to < 0 || to >= w.rows.Length() {
		return false
	}
	w.goTo(to)
	return true
}

// goTo selects as the user does.
func (w *Worklist) goTo(index int) {
	w.Select(index)
	if c := w.cases.at(index); c != nil {
		call(w.on.Select, c.ID)
	}
}

// OpenSelected opens the case at hand, as the user; false where there is none.
func (w *Worklist) OpenSelected() bool {
	c := w.cases.at(w.selected)
	if c != nil {
		call(w.on.Open, c.ID)
	}
	return c != nil
}

// Row is the row of an index; nil where it is not in sight.
func (w *Worklist) Row(index int) *widgets.CaseRow {
	row, _ := w.rows.Row(index)
	return row
}

func (w *Worklist) newRow() *widgets.CaseRow {
	return widgets.NewCaseRow(valueRoom(w.texts.Numbers), func(row *widgets.CaseRow) { w.press(row.Index()) })
}

// valueRoom is the width of the longest words for the probability of the class that is
// the likeliest.
func valueRoom(n texts.Numbers) float32 {
	room := float32(0)
	for _, p := range []float64{0.88, 0.998, 0.9999, 1} {
		room = max(room, widgets.NewBody(n.Probability(p)).Wish())
	}
	return room
}

// press selects a case, and opens it when it is pressed twice. Fyne would wait with
// every single press to see whether it is a double one.
func (w *Worklist) press(index int) {
	now := w.now()
	twice, was := index == w.tapped && now.Sub(w.tappedAt) < doubleClick, w.pane
	w.tapped, w.tappedAt = index, now
	if twice {
		w.pressAgain()
		return
	}
	if index != w.selected {
		w.goTo(index)
	}
	if w.pane > was { // and may stand where the row was
		w.detail.shield.raise()
	}
}

// pressAgain is the second press of a double one on the case at hand.
func (w *Worklist) pressAgain() {
	w.tapped = -1
	w.OpenSelected()
}

// fetch asks for what is still to come of a range and of as much around it.
func (w *Worklist) fetch(from, n int) {
	if n > 0 && w.on.Need != nil {
		w.cases.want(from-n/2, 2*n, w.on.Need)
	}
}

func (w *Worklist) changed(index int) {
	w.rows.Fill(index, 1)
	if index == w.selected {
		w.detail.show()
	}
}

// fill shows in a row what stands at an index.
func (w *Worklist) fill(index int, row *widgets.CaseRow) {
	row.SetIndex(index)
	mark := widgets.Plain
	if index == w.selected {
		mark = widgets.Selected
	}
	row.Mark(mark)
	c := w.cases.at(index)
	if c == nil {
		row.SetBlank()
		return
	}
	row.Set(w.cells(*c))
	row.SetPicture(picture(c.Thumb), spotsOf(c.opinion()))
}

// cells are the words of a case.
func (w *Worklist) cells(c WorklistCase) widgets.CaseCells {
	t := w.texts.Worklist
	cells := widgets.CaseCells{Name: c.Name, Place: place(t, c), Progress: -1, Warnings: warningCount(t, c.Warnings)}
	w.opinionCells(&cells, c)
	stateCells(&cells, w.texts, c)
	verdictCells(&cells, t, c)
	return cells
}

func place(t texts.Worklist, c WorklistCase) string {
	if c.Places > 1 {
		return fmt.Sprintf(t.Places, c.Folder, c.Places)
	}
	return c.Folder
}

func warningCount(t texts.Worklist, n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return t.WarningOne
	}
	return fmt.Sprintf(t.WarningMany, n)
}

func (w *Worklist) opinionCells(cells *widgets.CaseCells, c WorklistCase) {
	t, n := w.texts.Worklist, w.texts.Numbers
	if c.Hidden {
		cells.Silent = t.Hidden
		return
	}
	o := c.opinion()
	if o == nil {
		return
	}
	cells.Label = o.Label
	if i := slices.Index(w.setup.Classes, o.Label); i >= 0 && i < len(o.Probabilities) {
		cells.Fraction = o.Probabilities[i]
		cells.Value = n.Probability(cells.Fraction)
	}
	cells.Margin = fmt.Sprintf(t.Margin, n.Decimal(o.Margin, 2))
	cells.Entropy = fmt.Sprintf(t.Entropy, n.Decimal(o.Entropy, 2))
}

func stateCells(cells *widgets.CaseCells, all *texts.Texts, c WorklistCase) {
	t := all.Worklist
	cells.StateInk = standard.ColorNamePlaceHolder
	switch {
	case c.State == WorklistRunning:
		cells.State = fmt.Sprintf(t.RunningAt, Job{Fraction: c.Fraction}.amount(all))
		cells.StateInk, cells.Progress = standard.ColorNamePrimary, c.Fraction
	case c.State == WorklistFailed:
		cells.State, cells.StateInk = t.Failed, standard.ColorNameError
		if c.Reason != "" {
			cells.State = fmt.Sprintf(t.FailedFor, c.Reason)
		}
	case c.State == WorklistDone:
		cells.State, cells.StateInk = t.Done, standard.ColorNameForeground
	case c.Missing:
		cells.State, cells.StateInk = t.Missing, standard.ColorNameWarning
	case c.State == WorklistQueued && c.Reason != "":
		cells.State, cells.StateInk = fmt.Sprintf(t.WaitsFor, c.Reason), standard.ColorNameWarning
	case c.State == WorklistQueued:
		cells.State = t.Queued
	default:
		cells.State = t.NotQueued
	}
}

func verdictCells(cells *widgets.CaseCells, t texts.Worklist, c WorklistCase) {
	v := c.Verdict
	cells.Note = c.note()
	if v == nil {
		cells.Verdict, cells.VerdictInk = t.Unread, standard.ColorNamePlaceHolder
		return
	}
	switch v.Opinion {
	case WorklistAgree:
		cells.Verdict, cells.VerdictIcon, cells.VerdictInk = t.Agree, standard.IconNameConfirm, standard.ColorNameSuccess
	case WorklistDisagree:
		cells.Verdict, cells.VerdictIcon, cells.VerdictInk = t.Disagree, standard.IconNameCancel, standard.ColorNameWarning
	case WorklistUnsure:
		cells.Verdict, cells.VerdictIcon = t.Unsure, standard.IconNameQuestion
	default:
		cells.Verdict = cmp.Or(v.Class, t.OtherGiven)
	}
}

// spotsOf are the places to mark; none where there is no opinion.
func spotsOf(o *WorklistOpinion) []widgets.Spot {
	if o == nil {
		return nil
	}
	var spots []widgets.Spot
	for _, s := range o.Spots[:min(len(o.Spots), mostSpots)] {
		spots = append(spots, widgets.Spot(s))
	}
	return spots
}
