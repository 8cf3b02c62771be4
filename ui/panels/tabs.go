package panels

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// TabID names a panel on the right.
type TabID int

// The panels on the right.
const (
	AnalysisTab TabID = iota
	SlideTab
	TrainingTab
	ModelsTab
	SettingsTab
)

// Tabs holds the panels on the right, one seen at a time.
type Tabs struct {
	// OnSelected is called when the user went to another panel. It may be nil.
	OnSelected func(tab TabID)

	object   fyne.CanvasObject
	heads    []*head
	contents []fyne.CanvasObject
	pages    *fyne.Container
	at       TabID
}

// head is the name of a panel.
type head struct {
	*widgets.Pressable
	color func(ink fyne.ThemeColorName)
}

// NewTabs puts the panels together: analysis, attention and zoom path as one.
func NewTabs(t *texts.Texts, a *Analysis, at *Attention, z *ZoomPath, s *Slide, tr *Training, m *Models, set *Settings) *Tabs {
	attention := widgets.NewFold(t.Attention.Title, at.Object())
	path := widgets.NewFold(t.Path.Title, z.Object())
	analysis := widgets.NewColumn(theme.Gap, a.Object(), widget.NewSeparator(),
		attention.Object(), widget.NewSeparator(), path.Object())
	tabs := &Tabs{pages: container.NewStack()}
	heads := widgets.NewFlow(0)
	for i, page := range []struct {
		title   string
		content fyne.CanvasObject
	}{{t.Analysis.Title, analysis}, {t.Slide.Title, s.Object()}, {t.Training.Title, tr.Object()},
		{t.Models.Title, m.Object()}, {"", set.Object()}} {
		h := newHead(page.title, func() { tabs.press(TabID(i)) })
		tabs.heads = append(tabs.heads, h)
		heads.Add(h.Pressable)
		scroll := widgets.NewScroll(theme.Gap+2, page.content)
		tabs.contents = append(tabs.contents, scroll)
		tabs.pages.Add(scroll)
	}
	top := widgets.NewColumn(0, widgets.NewInset(theme.Gap-2, 2, heads), widget.NewSeparator())
	tabs.object = widgets.NewAtLeast(theme.PanelWidth, 0, container.NewBorder(top, nil, nil, nil, tabs.pages))
	z.OnShow = func(tile fyne.CanvasObject) {
		if tabs.at == AnalysisTab && path.Open() {
			tabs.Show(tile)
		}
	}
	tabs.Select(AnalysisTab)
	return tabs
}

// newHead names a panel; the settings, without a title, have a wheel for a name.
func newHead(title string, tapped func()) *head {
	h := &head{}
	var name fyne.CanvasObject
	if title == "" {
		icon := widget.NewIcon(nil)
		h.color = func(ink fyne.ThemeColorName) {
			icon.SetResource(standard.NewColoredResource(standard.Icon(standard.IconNameSettings), ink))
		}
		name = widgets.NewAtLeast(18, 18, icon)
	} else {
		word := widgets.NewText(title, widgets.TextLook{Whole: true, Bold: true})
		h.color = word.SetColor
		name = word
	}
	h.Pressable = widgets.NewPressable(widgets.NewInset(7, 4, name), widgets.PressableLook{MarkFill: standard.ColorNameSelection}, tapped)
	return h
}

// Object is what to place in the window.
func (t *Tabs) Object() fyne.CanvasObject { return t.object }

// Select shows a panel. It calls nothing back.
func (t *Tabs) Select(tab TabID) {
	if tab != t.at {
		widgets.LeaveFields(t.pages)
	}
	t.at = tab
	for i, content := range t.contents {
		seen := TabID(i) == tab
		show(content, seen)
		mark, ink := widgets.Plain, standard.ColorNamePlaceHolder
		if seen {
			mark, ink = widgets.Selected, standard.ColorNameForeground
		}
		t.heads[i].Mark(mark)
		t.heads[i].color(ink)
	}
	t.pages.Refresh()
}

// Show brings an object of the panel that is seen to sight, by the shortest way.
func (t *Tabs) Show(object fyne.CanvasObject) { widgets.ScrollTo(t.contents[t.at], object) }

// Selected is the panel that is seen.
func (t *Tabs) Selected() TabID { return t.at }

// Head is the name of a panel, which can be pressed.
func (t *Tabs) Head(tab TabID) *widgets.Pressable { return t.heads[tab].Pressable }

func (t *Tabs) press(tab TabID) {
	if tab == t.at {
		return
	}
	t.Select(tab)
	call(t.OnSelected, tab)
}
