package panels

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// mostProperties is how many properties are shown at a time: files hold thousands,
// and each shown one costs.
const mostProperties = 40

// properties is the searchable table of what the file says of itself.
type properties struct {
	texts  *texts.Texts
	object *fyne.Container
	search *widgets.Field
	rows   *fyne.Container
	all    map[string]string
}

func newProperties(t *texts.Texts) *properties {
	p := &properties{texts: t, search: widgets.NewField(t.Slide.Search), rows: widgets.NewColumn(5)}
	p.search.OnChanged = func(string) { p.fill() }
	p.object = widgets.NewColumn(theme.Gap, p.search, p.rows)
	return p
}

func (p *properties) set(all map[string]string) {
	p.all = all
	p.search.SetText("")
	p.fill()
}

// matching are the names of the properties that hold the search's words, in name
// or value.
func (p *properties) matching() []string {
	wanted := strings.ToLower(strings.TrimSpace(p.search.Text))
	var found []string
	for _, name := range sortedKeys(p.all) {
		if strings.Contains(strings.ToLower(name+"\n"+p.all[name]), wanted) {
			found = append(found, name)
		}
	}
	return found
}

func (p *properties) fill() {
	found := p.matching()
	var rows []fyne.CanvasObject
	for _, name := range found[:min(len(found), mostProperties)] {
		rows = append(rows, widgets.NewColumn(0, widgets.NewNote(name), widgets.NewBody(p.all[name])))
	}
	switch {
	case len(found) == 0:
		rows = append(rows, widgets.NewNote(p.texts.Slide.NoMatch))
	case len(found) > mostProperties:
		left := p.texts.Numbers.Count(len(found) - mostProperties)
		rows = append(rows, widgets.NewNote(fmt.Sprintf(p.texts.Slide.MoreMatches, left)))
	}
	replace(p.rows, rows...)
	p.object.Refresh()
}
