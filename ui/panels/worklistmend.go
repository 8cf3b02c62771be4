package panels

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// worklistMend states at which magnification a case was scanned that fails for want
// of one, and takes that back.
type worklistMend struct {
	texts *texts.Texts
	on    WorklistEvents

	object *fyne.Container
	ask    *fyne.Container
	other  *widgets.Field
	fault  *widgets.Text
	all    *widgets.Toggle // nil where none fails alike
	allBox *fyne.Container
	alike  int
	stated *fyne.Container
	word   *widgets.Text
	of     int64 // case at hand
}

func newWorklistMend(t *texts.Texts, on WorklistEvents) *worklistMend {
	m := &worklistMend{texts: t, on: on, word: widgets.NewNote("")}
	presetRow := widgets.NewFlow(3)
	for _, x := range presets() {
		presetRow.Add(widgets.NewButton(t.Numbers.Magnification(x), func() { m.state(x) }))
	}
	m.other = widgets.NewField(t.Slide.OtherHint)
	m.other.OnSubmitted = func(string) { m.stateTyped() }
	m.other.OnLeft = func() { tell(on.Left) }
	m.fault = widgets.NewText("", widgets.TextLook{Color: standard.ColorNameError})
	m.allBox = widgets.NewFlow(0)
	m.ask = widgets.NewColumn(theme.Gap-4, widgets.NewStrong(t.Worklist.Mend), presetRow,
		widgets.NewRow(4, 0, m.other, widgets.NewButton(t.Slide.Apply, m.stateTyped)), m.fault, m.allBox)
	m.stated = widgets.NewColumn(theme.Gap-4, m.word,
		widgets.NewFlow(0, widgets.NewButton(t.Worklist.NotStated, func() { m.state(0) })))
	m.object = widgets.NewColumn(theme.Gap, m.ask, m.stated)
	return m
}

// set shows a case, of whose folder so many fail alike. What was typed stays while
// the case does.
func (m *worklistMend) set(c *WorklistCase, alike int) {
	if c.ID != m.of {
		m.of = c.ID
		m.other.SetText("")
		m.complain("")
		m.offerAll(0)
	}
	m.offerAll(alike)
	m.word.SetText(fmt.Sprintf(m.texts.Worklist.Stated, m.texts.Numbers.Magnification(c.Stated)))
	show(m.ask, c.Unsized)
	show(m.stated, c.Stated > 0)
	show(m.object, c.Unsized || c.Stated > 0)
	m.object.Refresh()
}

// offerAll offers to state the same for all cases that fail alike.
func (m *worklistMend) offerAll(alike int) {
	if alike == m.alike {
		return
	}
	m.alike, m.all = alike, nil
	if alike < 2 {
		replace(m.allBox)
		return
	}
	m.all = widgets.NewToggle(fmt.Sprintf(m.texts.Worklist.MendAll, m.texts.Numbers.Count(alike)), nil)
	replace(m.allBox, m.all)
}

func (m *worklistMend) state(x float64) {
	m.complain("")
	call(m.on.State, WorklistStatement{ID: m.of, Magnification: x, All: x > 0 && m.all != nil && m.all.On()})
}

func (m *worklistMend) stateTyped() {
	x, ok := magnification(m.other.Text)
	if !ok {
		m.complain(m.texts.Slide.BadMagnification)
		return
	}
	m.state(x)
}

// complain shows what is wrong with what was typed; "" shows nothing.
func (m *worklistMend) complain(fault string) {
	m.fault.SetText(fault)
	show(m.fault, fault != "")
	m.ask.Refresh()
}

// magnification reads a magnification that a scanner can have.
func magnification(s string) (float64, bool) {
	x, ok := number(strings.TrimRight(strings.TrimSpace(s), "xX×"))
	return x, ok && x >= 0.1 && x <= 200
}
