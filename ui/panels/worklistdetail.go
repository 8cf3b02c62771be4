package panels

import (
	"cmp"
	"fmt"
	"image"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// firstClassKey is the number of the function key that names the first class.
const firstClassKey = 2

// mostClassKeys is how many classes have keys: F2 to F8.
const mostClassKeys = 7

// WorklistDetail is what is known of a case besides its row.
type WorklistDetail struct {
	ID       int64
	Picture  *image.RGBA // larger than the row's; nil for none
	Path     string      // of its file; "" for the folder of the row
	Warnings []string    // in words
	Reason   string      // of a failure, for those who look into it; "" for no more than the row's
	Alike    int         // cases of its folder that fail for want of a magnification, it included
}

// worklistDetail shows the case at hand, and takes the reader's verdict.
type worklistDetail struct {
	w     *Worklist
	texts *texts.Texts

	object  *fyne.Container
	hint    *fyne.Container
	shield  *shield
	scroll  fyne.CanvasObject
	body    *fyne.Container
	layout  *detailLayout
	picture *widgets.SpotPicture
	name    *widgets.Text
	where   *widgets.Text
	open    *widgets.Button
	trouble *fyne.Container
	mend    *worklistMend
	said    *fyne.Container // by the model
	bars    *widgets.Probabilities
	verdict *fyne.Container
	note    *widgets.Field

	more   WorklistDetail
	noteOf int64  // case of the note
	noted  string // as it was shown or kept last
}

func newWorklistDetail(w *Worklist) *worklistDetail {
	t := w.texts
	d := &worklistDetail{w: w, texts: t, layout: &detailLayout{}, picture: widgets.NewSpotPicture(14), bars: widgets.NewProbabilities()}
	d.name, d.where = widgets.NewStrong(""), widgets.NewNote("")
	d.open = widgets.NewButton(t.Worklist.Open, func() { w.OpenSelected() })
	d.trouble, d.said, d.verdict = widgets.NewColumn(theme.Gap-2), widgets.NewColumn(theme.Gap-2), widgets.NewColumn(theme.Gap-2)
	d.mend = newWorklistMend(t, w.on)
	d.note = widgets.NewLines(t.Worklist.NoteHint, 2)
	d.note.OnLeft = func() { d.keepNote(); tell(w.on.Left) }
	head := widgets.NewColumn(2, d.name, d.where, widgets.NewInset(0, 3, widgets.NewFlow(0, d.open)))
	note := widgets.NewColumn(2, d.note, widgets.NewNote(t.Worklist.NoteHelp))
	d.body = container.New(d.layout, d.picture, head, d.said, d.trouble, d.mend.object, d.verdict, note)
	d.scroll = widgets.NewScroll(theme.Gap+2, d.body)
	d.hint = newMiddle(detailWidth-4*theme.Gap, widgets.NewText(t.Worklist.NothingSelected,
		widgets.TextLook{Color: standard.ColorNamePlaceHolder, Align: fyne.TextAlignCenter}))
	d.scroll.Hide()
	d.shield = newShield(w.pressAgain, func() time.Time { return w.now() })
	d.object = container.NewStack(d.scroll, d.hint, d.shield)
	return d
}

// SetDetail brings what is known of the case at hand besides its row; of another
// case it is passed over.
func (w *Worklist) SetDetail(more WorklistDetail) {
	if more.ID == w.SelectedID() {
		w.detail.more = more
		w.detail.show()
	}
}

// FocusNote gives the keyboard to the note of the case at hand; false where there
// is none.
func (w *Worklist) FocusNote() bool {
	if w.SelectedID() == 0 {
		return false
	}
	w.detail.note.Enter()
	return true
}

// KeepNote tells of the note that is being typed, as leaving it does.
func (w *Worklist) KeepNote() { w.detail.keepNote() }

// Judge gives a verdict on the case at hand, as its buttons do; false where that
// makes no sense: nobody agrees with an opinion that is not to be seen.
func (w *Worklist) Judge(opinion WorklistOpinionKind) bool {
	c := w.cases.at(w.selected)
	if c == nil || opinion == WorklistNoOpinion || opinion != WorklistUnsure && c.opinion() == nil {
		return false
	}
	w.judge(WorklistJudgement{ID: c.ID, Opinion: opinion})
	return true
}

// JudgeClass names the class of the case at hand, by its index among the setup's;
// false where there is none.
func (w *Worklist) JudgeClass(index int) bool {
	c := w.cases.at(w.selected)
	if c == nil || index < 0 || index >= len(w.setup.Classes) {
		return false
	}
	w.judge(WorklistJudgement{ID: c.ID, Class: w.setup.Classes[index]})
	return true
}

func (w *Worklist) judge(j WorklistJudgement) {
	d := w.detail
	j.Note = d.note.Text
	d.noted = j.Note // it is kept with the verdict
	call(w.on.Judge, j)
}

// setShape stands the parts as fits a worklist of a width.
func (d *worklistDetail) setShape(width float32) {
	if shape := shapeFor(width); d.layout.shape != shape {
		d.layout.shape = shape
		d.body.Refresh()
	}
}

// filled tells whether there is a case at hand.
func (d *worklistDetail) filled() bool { return d.scroll.Visible() }

// show brings everything in line with the case at hand.
func (d *worklistDetail) show() {
	c := d.w.cases.at(d.w.selected)
	if d.filled() != (c != nil) {
		show(d.scroll, c != nil)
		show(d.hint, c == nil)
		d.w.arrange()
	}
	if c == nil {
		d.more = WorklistDetail{}
		d.showNote(0, "")
		return
	}
	if d.more.ID != c.ID {
		d.more = WorklistDetail{ID: c.ID}
	}
	d.showHead(c)
	replace(d.trouble, d.troubles(c)...)
	d.mend.set(c, d.more.Alike)
	d.showOpinion(c)
	replace(d.verdict, d.verdictParts(c)...)
	d.showNote(c.ID, c.note())
	d.object.Refresh()
}

func (d *worklistDetail) showHead(c *WorklistCase) {
	d.name.SetText(c.Name)
	d.where.SetText(place(d.texts.Worklist, *c))
	if d.more.Path != "" {
		d.where.SetText(d.more.Path)
	}
	img := picture(d.more.Picture)
	if img == nil {
		img = picture(c.Thumb)
	}
	d.picture.Set(img, spotsOf(c.opinion()))
}

// troubles are what is wrong with the case, and where it stands when it is not done.
func (d *worklistDetail) troubles(c *WorklistCase) []fyne.CanvasObject {
	t := d.texts.Worklist
	var list []widgets.Warning
	if c.State == WorklistFailed {
		list = append(list, d.failure(c))
	}
	if c.Missing {
		list = append(list, widgets.Warning{Text: t.Missing})
	}
	for _, words := range d.more.Warnings {
		list = append(list, widgets.Warning{Text: words})
	}
	if len(d.more.Warnings) == 0 && c.Warnings > 0 { // their words are still to come
		list = append(list, widgets.Warning{Text: warningCount(t, c.Warnings)})
	}
	lines := warningLines(list)
	if c.State == WorklistFailed && d.more.Reason != "" {
		lines = append(lines, widgets.NewNote(d.more.Reason))
	}
	if c.State != WorklistDone && c.State != WorklistFailed {
		var cells widgets.CaseCells
		stateCells(&cells, d.texts, *c)
		lines = append(lines, widgets.NewText(cells.State, widgets.TextLook{Color: cells.StateInk}))
	}
	return lines
}

// failure tells why a case failed and what to do.
func (d *worklistDetail) failure(c *WorklistCase) widgets.Warning {
	t := d.texts.Worklist
	words, advice := t.Failed, c.Advice
	if c.Reason != "" {
		words = fmt.Sprintf(t.FailedFor, c.Reason)
	}
	if advice == "" {
		advice = t.WhatToDo
	}
	if c.Unsized {
		return widgets.Warning{Text: words + "\n" + t.MendDo, Grave: true}
	}
	return widgets.Warning{Text: words + "\n" + advice, Action: t.Retry, Do: func() { call(d.w.on.Retry, c.ID) }, Grave: true}
}

// showOpinion shows all probabilities, or that they are hidden.
func (d *worklistDetail) showOpinion(c *WorklistCase) {
	t, o := d.texts.Worklist, c.opinion()
	d.bars.Set(nil)
	switch {
	case c.Hidden:
		replace(d.said, widgets.NewStrong(t.Prediction), widgets.NewQuiet(t.Hidden))
	case o == nil:
		replace(d.said)
	default:
		d.bars.Set(classBars(d.texts, d.w.setup.Classes, *o))
		replace(d.said, widgets.NewStrong(t.Prediction), d.bars.Object())
	}
}

// classBars are the classes, the likeliest first.
func classBars(t *texts.Texts, classes []string, o WorklistOpinion) []widgets.Bar {
	var list []widgets.Bar
	for i, class := range classes[:min(len(classes), len(o.Probabilities))] {
		p := o.Probabilities[i]
		list = append(list, widgets.Bar{Label: class, Value: t.Numbers.Probability(p), Fraction: p, First: class == o.Label})
	}
	slices.SortStableFunc(list, func(a, b widgets.Bar) int { return cmp.Compare(b.Fraction, a.Fraction) })
	return list
}

func (d *worklistDetail) verdictParts(c *WorklistCase) []fyne.CanvasObject {
	t := d.texts.Worklist
	title := t.YourVerdict
	if c.opinion() == nil && c.Verdict == nil {
		title = t.NameClass
	}
	parts := []fyne.CanvasObject{widgets.NewStrong(title), d.choices(c)}
	if v := c.Verdict; v != nil {
		parts = append(parts, d.given(c.ID, *v)...)
	}
	return parts
}

// choices are the verdicts there are: on an opinion that is seen, or a class where
// none is.
func (d *worklistDetail) choices(c *WorklistCase) fyne.CanvasObject {
	t := d.texts.Worklist
	given := WorklistVerdict{}
	if c.Verdict != nil {
		given = *c.Verdict
	}
	unsure := d.choice(t.Unsure, t.UnsureKey, given.Opinion == WorklistUnsure, func() { d.w.Judge(WorklistUnsure) })
	if c.opinion() == nil {
		return widgets.NewColumn(theme.Gap-4, d.classes(given.Class), widgets.NewFlow(0, unsure))
	}
	column := widgets.NewColumn(theme.Gap-2, widgets.NewFlow(theme.Gap-4,
		d.choice(t.Agree, t.AgreeKey, given.Opinion == WorklistAgree, func() { d.w.Judge(WorklistAgree) }),
		d.choice(t.Disagree, t.DisagreeKey, given.Opinion == WorklistDisagree, func() { d.w.Judge(WorklistDisagree) }),
		unsure))
	if given.Opinion == WorklistDisagree && len(d.w.setup.Classes) > 2 {
		column.Add(widgets.NewNote(t.WhichClass))
		column.Add(d.classes(given.Class))
	}
	return column
}

func (d *worklistDetail) choice(label, key string, given bool, do func()) *widgets.Button {
	b := widgets.NewButton(fmt.Sprintf(d.texts.Worklist.WithKey, label, key), do)
	b.SetPrimary(given)
	return b
}

// classes are the classes to name, each with its key.
func (d *worklistDetail) classes(given string) fyne.CanvasObject {
	column := widgets.NewColumn(3)
	for i, class := range d.w.setup.Classes {
		key := ""
		if i < mostClassKeys {
			key = fmt.Sprintf(d.texts.Worklist.ClassKey, firstClassKey+i)
		}
		column.Add(widgets.NewOptionRow(class, key, class == given, func() { d.w.JudgeClass(i) }))
	}
	return column
}

// given tells more of the verdict, and takes it back.
func (d *worklistDetail) given(id int64, v WorklistVerdict) []fyne.CanvasObject {
	t := d.texts.Worklist
	var parts []fyne.CanvasObject
	if v.Class != "" {
		parts = append(parts, widgets.NewBody(fmt.Sprintf(t.ReadClass, v.Class)))
	}
	if v.Class == "" && v.Opinion == "" {
		parts = append(parts, widgets.NewBody(t.OtherSays))
	}
	if v.Blinded {
		parts = append(parts, widgets.NewNote(t.ReadBlinded))
	}
	return append(parts, widgets.NewFlow(0, widgets.NewButton(t.TakeBack, func() { call(d.w.on.Withdraw, id) })))
}

// showNote shows the note of a case. What the user is typing stays, and what was
// typed on another case is kept there.
func (d *worklistDetail) showNote(id int64, note string) {
	if id != d.noteOf {
		d.keepNote()
		d.noteOf, d.noted = id, note
		d.note.SetText(note)
	} else if d.note.Text == d.noted && note != d.noted {
		d.noted = note
		d.note.SetText(note)
	}
}

// keepNote tells of a note that was changed.
func (d *worklistDetail) keepNote() {
	if d.noteOf == 0 || d.note.Text == d.noted {
		return
	}
	d.noted = d.note.Text
	if d.w.on.Note != nil {
		d.w.on.Note(d.noteOf, d.noted)
	}
}
