package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"zoomscope/engine/result"
)

// Agreement is how the verdicts of a reader compare with what a model says.
type Agreement struct {
	Reader         string
	Model          string
	ModelSHA256    string
	Encoder        string
	Magnifications []float64
	Trained        bool
	Note           string   // what is to know of the model, a sentence of the engine's; "" for nothing
	Classes        []string // of the table
	// Table counts cases: Table[i][j] where the reader says Classes[i] and the model
	// Classes[j]. Unsure verdicts are not in it.
	Table   [][]int
	Unread  int // cases that the model has judged and the reader has not
	Kappa   float64
	Low     float64 // end of kappa's interval of 95 %
	High    float64 // the other one
	NoKappa bool    // it is not defined
	Cases   []AgreementCase
}

// AgreementCase is a verdict of the reader on a slide.
type AgreementCase struct {
	Slide       string // name of its file
	Reader      string // class in the reader's view; "" where none of the classes was named
	Model       string // the model's class
	Probability float64
	Unsure      bool
	Blinded     bool // the model's opinion was hidden
	Note        string
	Time        time.Time
}

// differs reports whether the case is a disagreement.
func (c AgreementCase) differs() bool { return !c.Unsure && c.Reader != c.Model }

// AgreementOptions say how an agreement report looks; the zero value is an English
// one on A4, made now.
type AgreementOptions struct {
	Date    time.Time      // that it gives; zero for now
	Version string         // of the program
	Texts   AgreementTexts // its words; zero for English
	Letter  bool           // the American paper

	plain bool // leaves the pages readable as text, for tests
}

// WriteAgreement writes a report, as PDF, of how a reader agrees with a model: the
// share of agreement and Cohen's kappa with their intervals, the table of classes,
// each class, and the cases on which they disagree or the reader is unsure. It says
// ResearchUse on every page, and names slides by the names of their files. Equal
// input gives equal bytes. A table that does not fit its classes is refused. When
// ctx ends, so does the writing, with ctx's error.
func WriteAgreement(ctx context.Context, w io.Writer, a Agreement, o AgreementOptions) error {
	if err := a.check(); err != nil {
		return err
	}
	r, err := newAgreementReport(a, o)
	if err != nil {
		return err
	}
	r.compose()
	if err := errors.Join(r.pdf.Error(), ctx.Err()); err != nil {
		return err
	}
	return r.pdf.Output(untilDone{ctx, w})
}

func (a Agreement) check() error {
	if len(a.Table) != len(a.Classes) {
		return fmt.Errorf("agreement of %d classes has a table of %d rows", len(a.Classes), len(a.Table))
	}
	for i, row := range a.Table {
		if len(row) != len(a.Classes) {
			return fmt.Errorf("agreement of %d classes has %d columns in row %d", len(a.Classes), len(row), i+1)
		}
	}
	return nil
}

// compared counts the cases of the table, and those on which both agree.
func (a Agreement) compared() (agree, all int) {
	for i, row := range a.Table {
		agree += row[i]
		for _, n := range row {
			all += n
		}
	}
	return agree, all
}

// wilson is the 95 % score interval of a share of n.
func wilson(k, n int) (low, high float64) {
	const z = 1.96
	p, all := float64(k)/float64(n), float64(n)
	middle, half := p+z*z/(2*all), z*math.Sqrt(p*(1-p)/all+z*z/(4*all*all))
	scale := 1 + z*z/all
	return max(0, (middle-half)/scale), min(1, (middle+half)/scale)
}

// agreementReport is a report being made.
type agreementReport struct {
	*pages
	a Agreement
	o AgreementOptions
	t AgreementTexts
}

func newAgreementReport(a Agreement, o AgreementOptions) (*agreementReport, error) {
	if o.Texts.Title == "" {
		t, err := LoadAgreementTexts("en")
		if err != nil {
			return nil, err
		}
		o.Texts = t
	}
	if o.Date.IsZero() {
		o.Date = time.Now()
	}
	s, err := newSheet(document{
		title: o.Texts.Title, subject: o.Texts.shared.ResearchUse, language: o.Texts.shared.Language,
		version: o.Version, date: o.Date, letter: o.Letter, plain: o.plain,
	})
	if err != nil {
		return nil, err
	}
	return &agreementReport{pages: newPages(s), a: a, o: o, t: o.Texts}, nil
}

// bodySize is that of plain text, in points.
const bodySize = 8.6

// block adds what stands across the page and is not parted.
func (r *agreementReport) block(fill func(k *stack)) {
	k := newStack(r.sheet, r.width-2*reportMargin, bodySize)
	fill(k)
	r.add(k.height, k.draw)
}

func (r *agreementReport) compose() {
	r.block(r.head)
	r.facts()
	if _, all := r.a.compared(); all == 0 {
		r.block(func(k *stack) { k.gap(4); k.text(r.t.Nothing, 3, k.plain()) })
	} else {
		r.figures()
		r.table()
		r.byClass()
		r.disagreements()
	}
	r.unsure()
	r.feet(r.foot)
}

func (r *agreementReport) head(k *stack) {
	t := r.t.shared
	title, small := lettering{size: 15, bold: true, ink: black()}, lettering{size: 7.5, ink: grey()}
	k.add(title.line()+0.8, func(x, y float64) {
		k.put(x, y, r.t.Title, title)
		k.putRight(x+k.width, y+0.4, fmt.Sprintf(t.Made, r.o.Date.Format(t.Date)), small)
		if r.o.Version != "" {
			k.putRight(x+k.width, y+0.4+small.line(), fmt.Sprintf(t.MadeWith, r.o.Version), small)
		}
	})
	k.text(fmt.Sprintf(r.t.Between, r.a.Reader, cmp.Or(r.a.Model, t.Unnamed)), 2, lettering{size: 11, bold: true, ink: black()})
	k.gap(1.4)
	k.researchUse(t.ResearchUse)
	switch {
	case !r.a.Trained:
		k.gap(1.6)
		k.text(r.t.Untrained, 2, k.warn())
	case r.a.Note != "":
		k.gap(1.6)
		k.text(t.say(r.a.Note), 3, k.warn())
	}
	k.gap(1)
}

// facts are two columns of what was compared.
func (r *agreementReport) facts() {
	t, a := r.t, r.a
	unsure, blinded := 0, 0
	for _, c := range a.Cases {
		if c.Unsure {
			unsure++
		}
		if c.Blinded {
			blinded++
		}
	}
	_, all := a.compared()
	var mags []string
	for _, m := range a.Magnifications {
		mags = append(mags, r.number(magName(m)))
	}
	r.abreast(func(k *stack) {
		k.fact(t.Reader, a.Reader, 2)
		k.fact(t.Model, cmp.Or(a.Model, t.shared.Unnamed), 2)
		k.fact(t.Digest, shortDigest(a.ModelSHA256), 1)
		k.fact(t.Encoder, a.Encoder, 1)
		k.fact(t.Magnifications, strings.Join(mags, ", "), 1)
	}, func(k *stack) {
		k.fact(t.Verdicts, r.span(), 2)
		k.fact(t.Compared, count(all), 1)
		k.fact(t.Unsure, fmt.Sprintf(t.UnsureNote, count(unsure)), 1)
		k.fact(t.Unread, fmt.Sprintf(t.UnreadNote, count(a.Unread)), 1)
		k.fact(t.Blinded, fmt.Sprintf(t.Of, count(blinded), count(len(a.Cases))), 1)
	})
}

// span is when the verdicts were given, by days.
func (r *agreementReport) span() string {
	if len(r.a.Cases) == 0 {
		return ""
	}
	byTime := func(x, y AgreementCase) int { return x.Time.Compare(y.Time) }
	day := func(c AgreementCase) string {
		text, _, _ := strings.Cut(c.Time.Format(r.t.Day), ",")
		return hard(text)
	}
	first, last := day(slices.MinFunc(r.a.Cases, byTime)), day(slices.MaxFunc(r.a.Cases, byTime))
	if first == last {
		return first
	}
	return fmt.Sprintf(r.t.Span, first, last)
}

// abreast adds two columns side by side.
func (r *agreementReport) abreast(left, right func(k *stack)) {
	const gutter = 8
	width := (r.width - 2*reportMargin - gutter) / 2
	a, b := newStack(r.sheet, width, bodySize), newStack(r.sheet, width, bodySize)
	left(a)
	right(b)
	r.add(max(a.height, b.height), func(x, y float64) {
		a.draw(x, y)
		b.draw(x+width+gutter, y)
	})
}

// figures are the share of agreement and kappa.
func (r *agreementReport) figures() {
	t, a := r.t, r.a
	agree, all := a.compared()
	low, high := wilson(agree, all)
	r.gap(5)
	r.abreast(func(k *stack) {
		r.figure(k, t.Observed, r.number(percent(float64(agree)/float64(all))), 0, 1, float64(agree)/float64(all), low, high)
		k.text(fmt.Sprintf(t.ObservedOf, count(agree), count(all), r.percent(low), r.percent(high)), 2, k.small())
	}, func(k *stack) {
		if a.NoKappa {
			r.figure(k, t.Kappa, "–", 0, 0, 0, 0, 0)
			k.text(t.NoKappa, 2, k.small())
			return
		}
		r.figure(k, t.Kappa, r.two(a.Kappa), min(0, math.Floor(a.Low)), 1, a.Kappa, a.Low, a.High)
		k.text(t.Interval+" "+fmt.Sprintf(t.IntervalOf, r.two(a.Low), r.two(a.High))+". "+t.Meaning, 3, k.small())
	})
}

// figure is a number in large letters with its interval drawn on a scale from one
// value to another; both 0 draws none.
func (r *agreementReport) figure(k *stack, caption, value string, from, to, at, low, high float64) {
	big := lettering{size: 22, bold: true, ink: black()}
	k.text(caption, 1, lettering{size: k.size, ink: grey()})
	k.text(value, 1, big)
	if from == to {
		return
	}
	const height = 6.4
	k.add(height, func(x, y float64) {
		place := func(v float64) float64 { return x + (v-from)/(to-from)*k.width }
		k.fill(x, y+1.5, k.width, 0.3, pale())
		for v := from; v <= to+1e-9; v += 0.5 {
			k.fill(place(v)-0.1, y+0.9, 0.2, 1.5, pale())
		}
		k.fill(place(low), y+1.15, place(high)-place(low), 1, faint())
		k.fill(place(at)-0.5, y+0.5, 1, 2.3, black())
		k.put(x, y+3, r.trim(from), k.small())
		k.putRight(x+k.width, y+3, r.trim(to), k.small())
	})
}

// table is the reader's classes down, the model's across.
func (r *agreementReport) table() {
	n := len(r.a.Classes)
	if n > mostTableClasses {
		r.block(func(k *stack) { k.gap(3); k.text(fmt.Sprintf(r.t.MoreClasses, count(n)), 2, k.small()) })
		return
	}
	r.block(func(k *stack) {
		k.gap(3)
		k.heading(r.t.Table)
		k.gap(1)
		g := newCountGrid(k, r.a, r.t)
		k.add(g.height(), g.draw)
	})
}

// byClass tells of each class how often it was named, and by both.
func (r *agreementReport) byClass() {
	t := r.t
	columns := []column{{share: 0.46}, {share: 0.13, right: true}, {share: 0.13, right: true}, {share: 0.13, right: true}, {share: 0.15, right: true}}
	var rows [][]string
	for i, class := range r.a.Classes {
		reader, model := 0, 0
		for j := range r.a.Classes {
			reader += r.a.Table[i][j]
			model += r.a.Table[j][i]
		}
		both, agreement := r.a.Table[i][i], "–"
		if reader+model > 0 {
			agreement = r.number(fmt.Sprintf("%.0f %%", 100*float64(2*both)/float64(reader+model)))
		}
		rows = append(rows, []string{r.class(class), count(reader), count(model), count(both), agreement})
	}
	r.list(t.ByClass, t.ShareNote, columns, []string{t.Class, t.Reader, t.Model, t.Both, t.Share}, rows, nil)
}

// class is a class as the report names it.
func (r *agreementReport) class(name string) string {
	if name == AnotherClass {
		return r.t.Another
	}
	return name
}

// AnotherClass stands among an agreement's classes for those that the reader meant
// and did not name.
const AnotherClass = ""

// disagreements lists them, those that the model is surest of first.
func (r *agreementReport) disagreements() {
	cases := r.pick(AgreementCase.differs)
	note := r.t.DisagreementsNote
	if len(cases) == 0 {
		note = r.t.None
	}
	r.cases(fmt.Sprintf(r.t.Disagreements, count(len(cases))), note, cases)
}

// unsure lists the cases that the reader is unsure of.
func (r *agreementReport) unsure() {
	if cases := r.pick(func(c AgreementCase) bool { return c.Unsure }); len(cases) > 0 {
		r.cases(fmt.Sprintf(r.t.UnsureCases, count(len(cases))), "", cases)
	}
}

func (r *agreementReport) pick(is func(AgreementCase) bool) []AgreementCase {
	var some []AgreementCase
	for _, c := range r.a.Cases {
		if is(c) {
			some = append(some, c)
		}
	}
	slices.SortStableFunc(some, func(x, y AgreementCase) int {
		return cmp.Or(cmp.Compare(y.Probability, x.Probability), cmp.Compare(x.Slide, y.Slide))
	})
	return some
}

// cases lists cases with the notes on them.
func (r *agreementReport) cases(title, note string, cases []AgreementCase) {
	t := r.t
	columns := []column{{share: 0.25, whole: true}, {share: 0.18}, {share: 0.18}, {share: 0.11, right: true}, {share: 0.17, right: true}, {share: 0.11, right: true}}
	var rows [][]string
	var notes []string
	for _, c := range cases {
		how := t.Seen
		if c.Blinded {
			how = t.Blind
		}
		said := r.class(c.Reader)
		if c.Unsure {
			said = cmp.Or(c.Reader, "–")
		}
		rows = append(rows, []string{c.Slide, said, c.Model, r.number(chance(c.Probability)), hard(c.Time.Format(t.Day)), how})
		notes = append(notes, c.Note)
	}
	r.list(title, note, columns, []string{t.Slide, t.Reader, t.Model, t.Probability, t.Given, t.How}, rows, notes)
}

// foot says on every page what it is for, and which page it is.
func (r *agreementReport) foot(page, of int) {
	y := r.height - reportMargin - 3
	r.fill(reportMargin, y-1, r.width-2*reportMargin, 0.2, pale())
	r.put(reportMargin, y, result.ResearchUse, lettering{size: 6.5, bold: true, ink: warning()})
	r.putRight(r.width-reportMargin, y, fmt.Sprintf(r.t.Page, strconv.Itoa(page), strconv.Itoa(of)), lettering{size: 6.5, ink: grey()})
}

// number writes what is in English with the language's decimal sign.
func (r *agreementReport) number(text string) string {
	return strings.Replace(hard(text), ".", r.t.shared.Decimal, 1)
}

func (r *agreementReport) percent(share float64) string {
	return r.number(fmt.Sprintf("%.0f %%", 100*share))
}

func (r *agreementReport) two(v float64) string {
	return strings.Replace(r.number(fmt.Sprintf("%.2f", v)), "-", "−", 1)
}

// trim is a whole number.
func (r *agreementReport) trim(v float64) string {
	return strings.Replace(fmt.Sprintf("%.0f", v), "-", "−", 1)
}
