package panels

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// AgreementReport compares a reader with a model.
type AgreementReport struct {
	Reader, Model string
	Caution       string   // why what the model says means little; "" for nothing
	Classes       []string // of the table
	// Table counts cases: Table[i][j] where the reader says Classes[i] and the model
	// Classes[j]. Unsure verdicts are not in it.
	Table                   [][]int
	Agree, Disagree, Unsure int
	Unread                  int // cases that the model has judged and the reader has not
	Blinded                 int // verdicts given before the model's opinion was seen

	Kappa     float64 // Cohen's
	Low, High float64 // its interval of 95 %; both 0 for none
	HasKappa  bool    // false where it is not defined
}

// AgreementEvents are what the user does with the report; what is nil is not offered.
type AgreementEvents struct{ CSV, PDF func() }

// AgreementView is the content of a dialog with an agreement report.
type AgreementView struct {
	texts  *texts.Texts
	on     AgreementEvents
	object *fyne.Container
}

// NewAgreementView makes the view with nothing to compare.
func NewAgreementView(t *texts.Texts, on AgreementEvents) *AgreementView {
	v := &AgreementView{texts: t, on: on, object: widgets.NewColumn(theme.Gap + 4)}
	v.Set(AgreementReport{})
	return v
}

// Object is what to place in the dialog. It is as high as its content.
func (v *AgreementView) Object() fyne.CanvasObject { return v.object }

// Set shows a report.
func (v *AgreementView) Set(r AgreementReport) {
	t := v.texts.Worklist.Agreement
	if r.Agree+r.Disagree == 0 {
		replace(v.object, widgets.NewBody(t.None))
		return
	}
	replace(v.object, v.head(r),
		v.figures(r), v.table(r), v.byClass(r), v.leftOut(r),
		v.exports())
}

// head tells who is compared with whom, and what for.
func (v *AgreementView) head(r AgreementReport) fyne.CanvasObject {
	t := v.texts
	head := widgets.NewColumn(2, widgets.NewStrong(fmt.Sprintf(t.Worklist.Agreement.Between, r.Reader, r.Model)),
		widgets.NewNote(t.Jobs.ResearchFull))
	if r.Caution != "" {
		head.Add(widgets.NewWarningLine(widgets.Warning{Text: r.Caution}))
	}
	return head
}

// exports are the buttons of what can be done with the report.
func (v *AgreementView) exports() fyne.CanvasObject {
	t := v.texts.Worklist.Agreement
	flow := widgets.NewFlow(theme.Gap - 2)
	if v.on.CSV != nil {
		flow.Add(widgets.NewButton(t.CSV, v.on.CSV))
	}
	if v.on.PDF != nil {
		flow.Add(widgets.NewButton(t.PDF, v.on.PDF))
	}
	return flow
}

// figures are the two numbers that sum the report up.
func (v *AgreementView) figures(r AgreementReport) fyne.CanvasObject {
	t, n := v.texts.Worklist.Agreement, v.texts.Numbers
	all := r.Agree + r.Disagree
	kappa, note := "–", t.NoKappa
	if r.HasKappa {
		kappa, note = n.Decimal(r.Kappa, 2), t.Meaning
		if r.Low != 0 || r.High != 0 {
			note = fmt.Sprintf(t.Interval, n.Decimal(r.Low, 2), n.Decimal(r.High, 2)) + ". " + note
		}
	}
	return container.New(shares{0.4, 2 * theme.Gap},
		figure(t.Observed, n.Share(fraction(r.Agree, all), 1), fmt.Sprintf(t.Agree, n.Count(r.Agree), n.Count(all))),
		figure(t.Kappa, kappa, note))
}

func figure(label, value, note string) fyne.CanvasObject {
	big := widgets.TextLook{Size: standard.SizeNameHeadingText, Bold: true}
	return widgets.NewColumn(2, widgets.NewQuiet(label), widgets.NewText(value, big), widgets.NewNote(note))
}

func (v *AgreementView) table(r AgreementReport) fyne.CanvasObject {
	t := v.texts.Worklist.Agreement
	return widgets.NewCountTable(widgets.CountTable{Rows: t.Reader, Columns: t.Model, Names: r.Classes, Counts: r.Table})
}

// byClass tells of each class how often it was named, and by both.
func (v *AgreementView) byClass(r AgreementReport) fyne.CanvasObject {
	t, n := v.texts.Worklist.Agreement, v.texts.Numbers
	rows := [][]string{{t.Class, t.Reader, t.Model, t.Both, t.Share}}
	for i, class := range r.Classes {
		reader, model, both := named(r.Table, i)
		share := "–"
		if reader+model > 0 {
			share = n.Share(float64(2*both)/float64(reader+model), 0)
		}
		rows = append(rows, []string{class, n.Count(reader), n.Count(model), n.Count(both), share})
	}
	return widgets.NewColumn(theme.Gap-2, widgets.NewStrong(t.ByClass), widgets.NewFigures(rows), widgets.NewNote(t.ShareNote))
}

// named counts the cases where the reader, the model, and both name a class.
func named(table [][]int, class int) (reader, model, both int) {
	for i := range table {
		reader += table[class][i]
		model += table[i][class]
	}
	return reader, model, table[class][class]
}

// leftOut tells what is not in the table, and how the verdicts came about.
func (v *AgreementView) leftOut(r AgreementReport) fyne.CanvasObject {
	t, n := v.texts.Worklist.Agreement, v.texts.Numbers
	return widgets.NewColumn(1,
		widgets.NewNote(fmt.Sprintf(t.Unsure, n.Count(r.Unsure))),
		widgets.NewNote(fmt.Sprintf(t.Unread, n.Count(r.Unread))),
		widgets.NewNote(fmt.Sprintf(t.Blinded, n.Count(r.Blinded), n.Count(r.Agree+r.Disagree+r.Unsure))))
}

// shares stands two objects beside each other, the first with a share of the width.
type shares struct{ first, gap float32 }

func (s shares) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x, rest := float32(0), size.Width-s.gap
	for i, o := range objects {
		width := rest * s.first
		if i == 1 {
			width = rest - width
		}
		put(o, x, 0, width, o.MinSize().Height)
		put(o, x, 0, width, o.MinSize().Height)
		x += width + s.gap
	}
}

func (s shares) MinSize(objects []fyne.CanvasObject) fyne.Size {
	least := fyne.Size{}
	for _, o := range objects {
		least.Height = max(least.Height, o.MinSize().Height)
	}
	return least
}
