package panels

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// Widths of the filter's controls.
const (
	findWidth   = 132
	chooseWidth = 112
)

// worklistFilter chooses which cases are shown, and tells how many there are.
type worklistFilter struct {
	texts   *texts.Texts
	changed func()

	object   *fyne.Container
	text     *widgets.Field
	state    *widgets.Choice
	class    *widgets.Choice
	unread   *widgets.Toggle
	warnings *widgets.Toggle
	words    *widgets.Text // how many cases there are
	clear    *widgets.Button
	retry    *widgets.Button
	counts   *fyne.Container
	room     float32 // width that there is
	classes  []string
	silent   bool // a filter is being shown, not chosen
}

func newWorklistFilter(t *texts.Texts, on WorklistEvents, sort fyne.CanvasObject, changed func()) *worklistFilter {
	f := &worklistFilter{texts: t, changed: changed, text: widgets.NewField(t.Worklist.FindHint)}
	f.text.OnChanged = func(string) { f.settle() }
	f.text.OnLeft = func() { tell(on.Left) }
	f.state = widgets.NewChoice("", func(int) { f.settle() })
	f.class = widgets.NewChoice("", func(int) { f.settle() })
	f.unread = widgets.NewToggle(t.Worklist.UnreadOnly, func(bool) { f.settle() })
	f.warnings = widgets.NewToggle(t.Worklist.WithWarning, func(bool) { f.settle() })
	f.clear = widgets.NewButton(t.Worklist.Clear, func() { f.set(WorklistFilter{}); f.settle() })
	f.retry = widgets.NewButton(t.Worklist.RetryAll, func() { tell(on.RetryAll) })
	f.words = widgets.NewBody("")
	f.counts = container.New(&countsLayout{}, widgets.NewAtLeast(0, 26, widgets.NewInset(0, 4, f.words)),
		widgets.NewFlow(theme.Gap, f.retry, f.clear))
	f.object = widgets.NewFlow(theme.Gap-2, widgets.NewAtLeast(findWidth, 0, f.text),
		widgets.NewAtLeast(chooseWidth, 0, f.state), widgets.NewAtLeast(chooseWidth, 0, f.class), f.unread, f.warnings, sort)
	f.retry.Hide()
	f.setClasses(nil)
	f.set(WorklistFilter{})
	return f
}

// setRoom tells the width that there is. Where the button that tries again what failed
// has too little, it says less: how many failed is told beside it.
func (f *worklistFilter) setRoom(width float32) {
	if width == f.room {
		return
	}
	f.room = width
	if f.retry.SetText(f.texts.Worklist.RetryAll); f.retry.MinSize().Width > width {
		f.retry.SetText(f.texts.Worklist.Retry)
	}
}

func filterStates() []WorklistState {
	return []WorklistState{"", WorklistDone, WorklistFailed, WorklistRunning, WorklistQueued}
}

func (f *worklistFilter) filter() WorklistFilter {
	w := WorklistFilter{Text: f.text.Text, Unread: f.unread.On(), Warnings: f.warnings.On()}
	if i := f.state.Chosen(); i > 0 {
		w.State = filterStates()[i]
	}
	if i := f.class.Chosen(); i > 0 {
		w.Class = f.classes[i-1]
	}
	return w
}

// set shows a filter and calls nothing back.
func (f *worklistFilter) set(w WorklistFilter) {
	f.silent = true
	t := f.texts.Worklist
	var states []widgets.Option
	for _, name := range []string{t.AnyState, t.Done, t.Failed, t.Running, t.Queued} {
		states = append(states, widgets.Option{Label: name})
	}
	f.state.SetOptions(states, max(0, slices.Index(filterStates(), w.State)))
	f.class.Choose(1 + slices.Index(f.classes, w.Class))
	f.text.SetText(w.Text)
	f.unread.Set(w.Unread)
	f.warnings.Set(w.Warnings)
	f.silent = false
	f.showClear()
}

// setClasses offers classes. One that was chosen stays so, if it is still there.
func (f *worklistFilter) setClasses(classes []string) {
	chosen := f.filter().Class
	f.classes = classes
	options := []widgets.Option{{Label: f.texts.Worklist.AnyClass}}
	for _, c := range classes {
		options = append(options, widgets.Option{Label: c})
	}
	f.class.SetOptions(options, 1+slices.Index(classes, chosen))
	f.showClear()
}

// setBlinded keeps the classes from being chosen, as that tells what the model says.
func (f *worklistFilter) setBlinded(on bool) {
	if on {
		f.class.Choose(0)
	}
	f.class.Enable(!on)
	f.showClear()
}

// setFailed offers to try again what failed.
func (f *worklistFilter) setFailed(n int) {
	if any := n > 0; any == f.retry.Hidden {
		show(f.retry, any)
		f.counts.Refresh()
	}
}

func (f *worklistFilter) settle() {
	if !f.silent {
		f.showClear()
		f.changed()
	}
}

func (f *worklistFilter) showClear() {
	if any := f.filter() != (WorklistFilter{}); any == f.clear.Hidden {
		show(f.clear, any)
		f.counts.Refresh()
	}
}

// worklistNothing stands where there are no cases.
type worklistNothing struct {
	object fyne.CanvasObject
	words  *widgets.Text
	add    *widgets.Button
	clear  *widgets.Button
	texts  *texts.Texts
}

func newWorklistNothing(t *texts.Texts, add, clear func()) *worklistNothing {
	n := &worklistNothing{texts: t, words: widgets.NewBody("")}
	n.add = widgets.NewButton(t.Worklist.AddFolder, add)
	n.add.SetPrimary(true)
	n.clear = widgets.NewButton(t.Worklist.Clear, clear)
	column := widgets.NewColumn(2*theme.Gap, n.words, widgets.NewFlow(theme.Gap, n.add, n.clear))
	n.object = newMiddle(startWidth, column)
	return n
}

// set tells that there are no cases at all, or none that pass.
func (n *worklistNothing) set(empty bool) {
	n.words.SetText(n.texts.Worklist.NonePass)
	if empty {
		n.words.SetText(n.texts.Worklist.Empty)
	}
	show(n.add, empty)
	show(n.clear, !empty)
	n.object.Refresh()
}
