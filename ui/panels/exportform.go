package panels

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/app"
	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// ExportKind is one thing to export.
type ExportKind string

// The things there are. All but the view need a result.
const (
	ExportAttention ExportKind = "attention"
	ExportView      ExportKind = "view"
	ExportPatches   ExportKind = "patches"
	ExportGeoJSON   ExportKind = "geojson"
	ExportCSV       ExportKind = "csv"
	ExportTIFF      ExportKind = "tiff"
	ExportPDF       ExportKind = "pdf"
)

// ExportKinds lists the kinds in the order of the form.
func ExportKinds() []ExportKind {
	return []ExportKind{ExportAttention, ExportView, ExportPatches, ExportGeoJSON, ExportCSV, ExportTIFF, ExportPDF}
}

// Least and most pixels of the longer side of an exported picture.
const (
	LeastSide = app.LeastPictureSide
	MostSide  = app.MostPictureSide
)

// ExportChoice is what the user wants exported.
type ExportChoice struct {
	Kinds  []ExportKind // in the order of ExportKinds
	Level  int          // index of the attention's magnification; -1 for all
	Side   int          // pixels of the longer side of pictures
	Legend bool
	Folder string
}

// ExportOffer is what there is to export.
type ExportOffer struct {
	Result         bool // the slide was analysed
	Withheld       bool // what the model says is hidden until a verdict is in
	Magnifications []float64
}

// ExportEvents are what happens in the form. Any may be nil.
type ExportEvents struct {
	PickFolder func()
	Changed    func() // the choice, and maybe what is wrong with it
}

// ExportForm is the content of the export dialog.
type ExportForm struct {
	texts *texts.Texts
	on    ExportEvents

	object     *fyne.Container
	checks     map[ExportKind]*widgets.Check
	everything *widgets.Check
	levelBox   *fyne.Container
	level      *widgets.Segments
	side       *widgets.Field
	legend     *widgets.Check
	folder     *widgets.Text
	pick       *widgets.Button
	needs      *widgets.Text
	fault      *widgets.Text

	offer ExportOffer
	path  string
}

// NewExportForm makes a form for a slide.
func NewExportForm(t *texts.Texts, offer ExportOffer, on ExportEvents) *ExportForm {
	f := &ExportForm{texts: t, on: on, offer: offer, checks: map[ExportKind]*widgets.Check{}}
	f.legend = widgets.NewCheck(t.Export.Legend, func(bool) { f.settle() })
	f.side = widgets.NewField("")
	f.side.OnChanged = func(string) { f.settle() }
	f.folder = widgets.NewText(t.Export.NoFolder, widgets.TextLook{MaxLines: 2})
	f.pick = widgets.NewButton(t.Export.Pick, func() { tell(on.PickFolder) })
	f.fault = widgets.NewText("", widgets.TextLook{Color: standard.ColorNameError})
	f.needs = widgets.NewNote(t.Export.NeedsResult)
	if offer.Withheld {
		f.needs.SetText(t.Review.Withheld)
	}
	f.level = widgets.NewSegments(f.levelNames(), func(int) { f.settle() })
	f.levelBox = beside(t.Export.Level, f.level.Object())
	f.object = widgets.NewColumn(theme.Gap+2, f.what(), f.levelBox,
		beside(t.Export.Side, f.side), f.legend,
		widgets.NewRow(theme.Gap, 1, widgets.NewAtLeast(labelWidth, 0, widgets.NewQuiet(t.Export.Folder)), f.folder, f.pick),
		widgets.NewNote(t.Export.Privacy), f.fault)
	f.SetChoice(ExportChoice{Level: -1, Side: 2048, Legend: true})
	return f
}

// what is the list of things to export.
func (f *ExportForm) what() fyne.CanvasObject {
	column := widgets.NewColumn(1)
	for _, kind := range ExportKinds() {
		check := widgets.NewCheck(f.kindName(kind), func(bool) { f.settle() })
		check.Enable(f.possible(kind))
		f.checks[kind] = check
		column.Add(check)
	}
	f.everything = widgets.NewCheck(f.texts.Export.Everything, f.checkAll)
	column.Add(widgets.NewInset(0, 3, widget.NewSeparator()))
	column.Add(f.everything)
	show(f.needs, !f.offer.Result)
	column.Add(f.needs)
	return column
}

func (f *ExportForm) kindName(kind ExportKind) string {
	t := f.texts.Export
	switch kind {
	case ExportAttention:
		return t.Attention
	case ExportView:
		return t.View
	case ExportPatches:
		return t.Patches
	case ExportGeoJSON:
		return t.GeoJSON
	case ExportCSV:
		return t.CSV
	case ExportTIFF:
		return t.TIFF
	}
	return t.PDF
}

func (f *ExportForm) possible(kind ExportKind) bool { return f.offer.Result || kind == ExportView }

func (f *ExportForm) levelNames() []string {
	names := []string{f.texts.Export.AllLevels}
	for _, m := range f.offer.Magnifications {
		names = append(names, f.texts.Numbers.Magnification(m))
	}
	return names
}

// Object is what to place in the dialog.
func (f *ExportForm) Object() fyne.CanvasObject { return f.object }

// SetChoice shows a choice, as far as there is that to export. It calls nothing
// back.
func (f *ExportForm) SetChoice(c ExportChoice) {
	for kind, check := range f.checks {
		check.Set(f.possible(kind) && slices.Contains(c.Kinds, kind))
	}
	f.level.Choose(min(c.Level+1, len(f.offer.Magnifications)))
	f.legend.Set(c.Legend)
	f.path = c.Folder
	told := f.on.Changed
	f.on.Changed = nil
	f.side.SetText(strconv.Itoa(c.Side))
	f.settle()
	f.on.Changed = told
}

// SetFolder shows where the files go.
func (f *ExportForm) SetFolder(path string) {
	f.path = path
	f.settle()
}

// Choice is what is chosen, whether right or not; see Problem. A side that is no
// number is 0.
func (f *ExportForm) Choice() ExportChoice {
	c := ExportChoice{Level: f.level.Chosen() - 1, Legend: f.legend.On(), Folder: f.path}
	for _, kind := range ExportKinds() {
		if f.checks[kind].On() {
			c.Kinds = append(c.Kinds, kind)
		}
	}
	c.Side, _ = strconv.Atoi(strings.TrimSpace(f.side.Text))
	return c
}

// Problem says what is wrong with the choice; "" where nothing is.
func (f *ExportForm) Problem() string {
	c, t := f.Choice(), f.texts
	switch {
	case len(c.Kinds) == 0:
		return t.Export.NothingChosen
	case c.Side < LeastSide || c.Side > MostSide:
		return fmt.Sprintf(t.Export.BadSide, t.Numbers.Count(LeastSide), t.Numbers.Count(MostSide))
	case c.Folder == "":
		return t.Export.PickFolder
	}
	return ""
}

// Check is the box of a kind.
func (f *ExportForm) Check(kind ExportKind) *widgets.Check { return f.checks[kind] }

func (f *ExportForm) checkAll(on bool) {
	for kind, check := range f.checks {
		check.Set(on && f.possible(kind))
	}
	f.settle()
}

// settle brings everything in line with the choice, and tells of it.
func (f *ExportForm) settle() {
	all := true
	for kind, check := range f.checks {
		all = all && (check.On() || !f.possible(kind))
	}
	f.everything.Set(all)
	show(f.levelBox, f.checks[ExportAttention].On() && len(f.offer.Magnifications) > 1)
	f.folder.SetText(f.texts.Export.NoFolder)
	if f.path != "" {
		f.folder.SetText(f.path)
	}
	problem := f.Problem()
	f.fault.SetText(problem)
	show(f.fault, problem != "")
	f.object.Refresh()
	tell(f.on.Changed)
}
