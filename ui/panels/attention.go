package panels

import (
	"fmt"
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// AttentionState is how attention is shown.
type AttentionState struct {
	On             bool
	Magnifications []float64 // of the layers, ascending
	Auto           bool      // the layer follows the zoom
	Level          int       // the layer shown
	Zoom           bool      // attention for zooming in; else for the prediction
	ZoomPossible   bool      // the layer has attention for zooming in
	Opacity        float64   // 0 to 1
	Percentile     bool      // scale; else raw
	ColorMap       string
	ColorMaps      []string
	Outlines       bool
}

// AttentionLegend is what the colours stand for.
type AttentionLegend struct {
	Magnification float64
	Zoom          bool // attention for zooming in is shown
	Percentile    bool
	Low, High     float64 // shares at the ends
	Even          float64 // share of every patch if none stood out
	EvenAt        float64 // where that lies on the scale, 0 to 1
	HasEven       bool
	Middle        float64 // share in the middle of the scale: on that by percentile, the median
	HasMiddle     bool
	Color         func(t float64) color.RGBA
}

// AttentionEvents are what the user does in the panel. Any may be nil.
type AttentionEvents struct {
	Toggle     func(on bool)
	Auto       func()
	Level      func(level int)
	Zoom       func(zoom bool)
	Opacity    func(opacity float64)
	Percentile func(percentile bool)
	ColorMap   func(name string)
	Outlines   func(on bool)
}

// Attention chooses how attention is shown on the slide.
type Attention struct {
	texts *texts.Texts
	on    AttentionEvents

	object   *fyne.Container
	none     *widgets.Text
	controls *fyne.Container
	toggle   *widgets.Check
	levels   *widgets.Segments
	follows  *widgets.Text
	kind     *widgets.Segments
	kindNote *widgets.Text
	opacity  *widgets.Slider
	scale    *widgets.Segments
	colors   *widgets.Segments
	outlines *widgets.Check
	legend   *widgets.Legend

	state AttentionState
}

// NewAttention makes the panel with nothing to show.
func NewAttention(t *texts.Texts, on AttentionEvents) *Attention {
	a := &Attention{texts: t, on: on, none: widgets.NewNote(t.Attention.None), legend: widgets.NewLegend()}
	a.makeControls()
	a.controls = widgets.NewColumn(theme.Gap,
		a.toggle, a.legend,
		beside(t.Attention.Level, a.levels.Object(), a.follows),
		beside(t.Attention.Kind, a.kind.Object(), a.kindNote),
		a.opacity.Object(),
		beside(t.Attention.Scale, a.scale.Object()),
		beside(t.Attention.Map, a.colors.Object()),
		a.outlines)
	a.object = widgets.NewColumn(theme.Gap, a.none, a.controls)
	a.Clear()
	return a
}

func (a *Attention) makeControls() {
	t := a.texts.Attention
	a.toggle = widgets.NewCheck(t.Show, func(on bool) { call(a.on.Toggle, on) })
	a.levels = widgets.NewSegments(nil, a.chooseLevel)
	a.follows = reserved(1)
	a.kind = widgets.NewSegments([]string{t.Pooled, t.Zoom}, func(i int) { call(a.on.Zoom, i == 1) })
	a.kindNote = reserved(2)
	percent := func(v float64) string { return a.texts.Numbers.Share(v, 0) }
	a.opacity = widgets.NewSlider(t.Opacity, percent, func(v float64) { call(a.on.Opacity, v) })
	a.scale = widgets.NewSegments([]string{t.Raw, t.Percentile}, func(i int) { call(a.on.Percentile, i == 1) })
	a.colors = widgets.NewSegments(nil, func(i int) { call(a.on.ColorMap, a.state.ColorMaps[i]) })
	a.outlines = widgets.NewCheck(t.Outlines, func(on bool) { call(a.on.Outlines, on) })
}

// Object is what to place in the window.
func (a *Attention) Object() fyne.CanvasObject { return a.object }

func (a *Attention) chooseLevel(i int) {
	if i == 0 {
		tell(a.on.Auto)
		return
	}
	call(a.on.Level, i-1)
}

// Clear shows that there is no attention to show yet.
func (a *Attention) Clear() { a.clear(a.texts.Attention.None) }

// Hide shows that the attention there is stays hidden until the reader's verdict.
func (a *Attention) Hide() { a.clear(a.texts.Attention.Hidden) }

// Absent shows that the method of the analysis has no attention.
func (a *Attention) Absent() { a.clear(a.texts.Attention.Absent) }

func (a *Attention) clear(why string) {
	a.none.SetText(why)
	a.none.Show()
	a.controls.Hide()
	a.object.Refresh()
}

// Set shows how attention is shown. It calls nothing back.
func (a *Attention) Set(s AttentionState) {
	old := a.state
	a.state = s
	if !slices.Equal(old.Magnifications, s.Magnifications) {
		a.levels.SetOptions(a.levelNames())
	}
	if !slices.Equal(old.ColorMaps, s.ColorMaps) {
		a.colors.SetOptions(s.ColorMaps)
	}
	a.choose()
	a.explain()
	a.none.Hide()
	a.controls.Show()
	a.object.Refresh()
}

// levelNames are the options of the layer.
func (a *Attention) levelNames() []string {
	names := []string{a.texts.Attention.Auto}
	for _, m := range a.state.Magnifications {
		names = append(names, a.texts.Numbers.Magnification(m))
	}
	return names
}

// choose shows each control as the state has it.
func (a *Attention) choose() {
	s := a.state
	a.toggle.Set(s.On)
	level := s.Level + 1
	if s.Auto {
		level = 0
	}
	a.levels.Choose(level)
	a.kind.Choose(oneIf(s.Zoom && s.ZoomPossible))
	a.kind.Enable(s.ZoomPossible)
	a.opacity.Set(s.Opacity)
	a.scale.Choose(oneIf(s.Percentile))
	a.colors.Choose(max(0, slices.Index(s.ColorMaps, s.ColorMap)))
	a.outlines.Set(s.Outlines)
}

// explain says in words what is shown.
func (a *Attention) explain() {
	s, t := a.state, a.texts.Attention
	follows := ""
	if s.Auto && s.Level < len(s.Magnifications) {
		follows = fmt.Sprintf(t.AutoShows, a.texts.Numbers.Magnification(s.Magnifications[s.Level]))
	}
	a.follows.SetText(follows)
	switch {
	case !s.ZoomPossible:
		a.kindNote.SetText(t.NoZoom)
	case s.Zoom:
		a.kindNote.SetText(t.ZoomNote)
	default:
		a.kindNote.SetText(t.PooledNote)
	}
}

// reserved is a note with room for so many lines whatever it says, so that controls
// below it stay under the pointer.
func reserved(lines int) *widgets.Text {
	return widgets.NewText("", widgets.TextLook{
		Color: standard.ColorNamePlaceHolder, Size: standard.SizeNameCaptionText, MinLines: lines, MaxLines: lines})
}

// SetLegend shows what the colours stand for.
func (a *Attention) SetLegend(l AttentionLegend) {
	t := a.texts.Attention
	kind, scale := t.Pooled, t.Raw
	if l.Zoom {
		kind = t.Zoom
	}
	if l.Percentile {
		scale = t.ColorIsRank
	}
	s := widgets.LegendScale{
		Title: fmt.Sprintf(t.LegendTitle, a.texts.Numbers.Magnification(l.Magnification), kind, scale),
		Color: l.Color, Low: a.texts.Numbers.Portion(l.Low), High: a.texts.Numbers.Portion(l.High),
	}
	switch {
	case l.Percentile && l.HasMiddle:
		s.Tick, s.TickAt = fmt.Sprintf(t.Median, a.texts.Numbers.Portion(l.Middle)), 0.5
	case l.HasEven:
		s.Tick, s.TickAt = fmt.Sprintf(t.EvenShare, a.texts.Numbers.Portion(l.Even)), l.EvenAt
	}
	a.legend.Set(s)
	a.object.Refresh()
}

// oneIf is the index of the second of two.
func oneIf(second bool) int {
	if second {
		return 1
	}
	return 0
}
