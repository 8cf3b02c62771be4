package export

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"zoomscope/engine/result"
)

// ReportFile is the name of the report in a folder of Everything.
const ReportFile = "report.pdf"

// ReportOptions say how a report looks; the zero value is an English one on A4,
// made now.
type ReportOptions struct {
	Date     time.Time   // that it gives; zero for now
	Version  string      // of the program
	Texts    ReportTexts // its words; zero for English
	Letter   bool        // the American paper
	Path     bool        // gives the slide's path; without it only its name is given
	Heat     HeatOptions
	Progress func(result.Progress)

	plain bool // leaves the page readable as text, for tests
}

// WriteReport writes one page of PDF that says what was looked at, by what, with
// which outcome, and shows the attention of every magnification and the patches
// that count most. It says ResearchUse. The slide's label is not read, and no path
// is in it unless o.Path is set. Equal results, options and dates give equal
// bytes. When ctx ends, so does the writing, with ctx's error.
func WriteReport(ctx context.Context, w io.Writer, r *result.Result, reader AreaReader, o ReportOptions) error {
	if err := Check(r); err != nil {
		return err
	}
	rep, err := newReport(r, o)
	if err != nil {
		return err
	}
	if err := rep.read(ctx, reader); err != nil {
		return err
	}
	if err := rep.draw(ctx); err != nil {
		return err
	}
	return rep.pdf.Output(untilDone{ctx, w})
}

// report is a page being made.
type report struct {
	*sheet
	r    *result.Result
	o    ReportOptions
	t    ReportTexts
	rows []reportRow
	seen []int // levels whose attention is shown

	top   *stack // across the page
	words *stack // to the left
	cells reportCells
	side  float64 // of a patch on paper
	ov    *Overview
}

// reportRow are the patches shown of one level, in the order of rank.
type reportRow struct {
	level int
	shots []shot
	all   int // how many stand out
}

// Measures of the page, in millimetres.
const (
	reportMargin  = 12.0
	reportColumn  = 57.0 // of words
	reportGutter  = 6.0
	reportGap     = 3.5 // above the patches
	reportAcross  = 8   // patches side by side
	reportBetween = 2.2 // two of them
	reportFoot    = 7.0
	reportDots    = 300 / 25.4 // pixels of a picture per millimetre
)

func newReport(r *result.Result, o ReportOptions) (*report, error) {
	if o.Texts.Language == "" {
		t, err := LoadReportTexts("en")
		if err != nil {
			return nil, err
		}
		o.Texts = t
	}
	if o.Date.IsZero() {
		o.Date = time.Now()
	}
	s, err := newSheet(document{
		title: o.Texts.Title + ": " + SlideName(r.Slide), subject: o.Texts.ResearchUse, language: o.Texts.Language,
		version: o.Version, date: o.Date, letter: o.Letter, plain: o.plain,
	})
	if err != nil {
		return nil, err
	}
	rep := &report{sheet: s, r: r, o: o, t: o.Texts}
	rep.chooseRows()
	rep.plan()
	return rep, nil
}

// chooseRows takes the first patches by rank of every level, two rows of them where
// there are few levels, and the levels whose attention is shown.
func (p *report) chooseRows() {
	most := reportAcross
	if len(p.r.Levels) <= 2 {
		most = 2 * reportAcross
	}
	for i, l := range p.r.Levels {
		if !l.Blind() {
			p.seen = append(p.seen, i)
		}
		picks := Picks(l, most)
		row := reportRow{level: i, all: len(picks)}
		if !zooms(l) {
			row.all = len(l.Patches)
		}
		for _, pick := range picks[:min(most, len(picks))] {
			row.shots = append(row.shots, shot{level: i, pick: pick, patch: l.Patches[pick.Index]})
		}
		if len(row.shots) > 0 {
			p.rows = append(p.rows, row)
		}
	}
}

// read reads the overview and the patches.
func (p *report) read(ctx context.Context, reader AreaReader) (err error) {
	total, done := 1, 0
	for _, row := range p.rows {
		total += len(row.shots)
	}
	tell := func() {
		if p.o.Progress != nil {
			p.o.Progress(result.Progress{Stage: "report", Done: done, Total: total})
		}
		done++
	}
	tell()
	if p.ov, err = ReadOverview(ctx, reader, p.r.Slide, p.cells.pixels()); err != nil {
		return err
	}
	tell()
	for _, row := range p.rows {
		for i := range row.shots {
			if err := ctx.Err(); err != nil {
				return err
			}
			if row.shots[i].small, err = readPatch(ctx, reader, row.shots[i].patch); err != nil {
				return err
			}
			tell()
		}
	}
	return nil
}

// plan divides the page: a head across it, words to the left and attention to
// the right of the middle, patches below.
func (p *report) plan() {
	p.top = p.head()
	foot := p.height - reportMargin - reportFoot
	room := foot - reportMargin - p.top.height
	p.side = p.leastSide()
	middle := room - p.patchesHeight() - reportGap
	p.words = p.column(middle)
	p.cells = p.layOut(max(middle, p.words.height))
	left := room - max(p.words.height, p.cells.height()) - reportGap
	p.dropRows(left)
	p.side = p.sideFor(left)
}

// draw composes the page.
func (p *report) draw(ctx context.Context) error {
	p.top.draw(reportMargin, reportMargin)
	y := reportMargin + p.top.height
	p.words.draw(reportMargin, y)
	if err := p.attention(ctx, reportMargin+reportColumn+reportGutter, y); err != nil {
		return err
	}
	y += max(p.words.height, p.cells.height()) + reportGap
	if err := p.patches(ctx, y); err != nil {
		return err
	}
	p.foot()
	return p.pdf.Error()
}

// head is title, slide, research use and warnings.
func (p *report) head() *stack {
	width := p.width - 2*reportMargin
	title := lettering{size: 15, bold: true, ink: black()}
	small := lettering{size: 7.5, ink: grey()}
	k := newStack(p.sheet, width, 7.5)
	k.add(title.line()+0.8, func(x, y float64) {
		k.put(x, y, p.t.Title, title)
		k.putRight(x+width, y+0.4, fmt.Sprintf(p.t.Made, p.o.Date.Format(p.t.Date)), small)
		if p.o.Version != "" {
			k.putRight(x+width, y+0.4+small.line(), fmt.Sprintf(p.t.MadeWith, p.o.Version), small)
		}
	})
	k.text(SlideName(p.r.Slide), 2, lettering{size: 11, bold: true, ink: black()})
	k.gap(1.4)
	k.researchUse(p.t.ResearchUse)
	p.warnings(k)
	k.gap(3)
	return k
}

// researchUse sets what must be read in a band of its own.
func (k *stack) researchUse(text string) {
	l := lettering{size: 10, bold: true, ink: warning()}
	lines := k.wrap(text, k.width-6, l)
	height := float64(len(lines))*l.line() + 2.4
	k.add(height, func(x, y float64) {
		k.fill(x, y, k.width, height, wash())
		k.fill(x, y, 1.2, height, warning())
		for i, line := range lines {
			k.put(x+3.2, y+1.1+float64(i)*l.line(), line, l)
		}
	})
}

// warnings adds the result's warnings, in few lines; what the prediction itself
// is said to lack is not said twice.
func (p *report) warnings(k *stack) {
	const most = 5
	l := k.plain()
	var lines []string
	left := p.said()
	for len(left) > 0 {
		next := k.start("– "+p.told(left[0]), k.width, 2, l)
		if len(lines)+len(next) > most {
			break
		}
		lines, left = append(lines, next...), left[1:]
	}
	if len(lines) == 0 {
		return
	}
	k.gap(1.6)
	k.text(p.t.Warnings, 1, lettering{size: k.size, bold: true, ink: warning()})
	for _, line := range lines {
		k.text(line, 1, l)
	}
	if len(left) > 0 {
		k.text("– "+fmt.Sprintf(p.t.MoreWarnings, count(len(left))), 1, l)
	}
}

// said are the warnings to be set in the head.
func (p *report) said() []string {
	m := p.r.Model
	return slices.DeleteFunc(slices.Clone(p.r.Warnings), func(w string) bool {
		return w == m.Note || !m.Trained && strings.Contains(w, "untrained")
	})
}

// told is a sentence of the result as the report says it: in its language, and
// without paths.
func (p *report) told(text string) string {
	text = p.t.say(text)
	if p.o.Path {
		return text
	}
	if p.r.Slide.Path != "" {
		text = strings.ReplaceAll(text, p.r.Slide.Path, SlideName(p.r.Slide))
	}
	return withoutPaths(text)
}

// fullPath is an absolute path within a sentence, without its last element.
var fullPath = regexp.MustCompile(`(^|[\s("'=:,;])(?:[A-Za-z]:)?[/\\]{1,2}(?:[^\s"'/\\:;,()]+[/\\]+)+`)

// withoutPaths leaves of the paths in text only what they lead to.
func withoutPaths(text string) string { return fullPath.ReplaceAllString(text, "$1") }

// column is the column of words, small enough for the room.
func (p *report) column(room float64) *stack {
	for size := 7.6; ; size -= 0.2 {
		k := newStack(p.sheet, reportColumn, size)
		for _, add := range []func(*stack){p.prediction, p.model, p.slide, p.parameters, p.work, p.device} {
			add(k)
		}
		if k.height <= room || size < 5.6 {
			return k
		}
	}
}

func (p *report) prediction(k *stack) {
	k.heading(p.t.Prediction)
	k.gap(0.4)
	if len(p.r.Prediction.Probabilities) == 0 {
		k.text(cmp.Or(p.r.Prediction.Label, p.t.NoPrediction), 2, k.plain())
	}
	order := likeliest(p.r.Prediction.Probabilities)
	const most = 6
	for _, i := range order[:min(most, len(order))] {
		p.class(k, p.r.Model.Classes[i], p.r.Prediction.Probabilities[i])
	}
	if more := len(order) - most; more > 0 {
		k.text(fmt.Sprintf(p.t.MoreClasses, count(more)), 1, k.small())
	}
	switch {
	case !p.r.Model.Trained:
		k.text(p.t.Untrained, 3, k.warn())
	case p.r.Model.Note != "":
		k.text(p.told(p.r.Model.Note), 5, k.warn())
	}
}

// class adds a class with its probability as a number and as a bar.
func (p *report) class(k *stack, name string, probability float64) {
	l := k.plain()
	l.size *= 1.08
	l.bold = name == p.r.Prediction.Label
	value := p.number(chance(probability))
	most := 2
	if len(p.r.Model.Classes) > 3 {
		most = 1
	}
	lines := k.lines(name, k.width-k.wide(value, l)-2, most, l)
	k.add(float64(len(lines))*l.line(), func(x, y float64) {
		for i, line := range lines {
			k.put(x, y+float64(i)*l.line(), line, l)
		}
		k.putRight(x+k.width, y, value, l)
	})
	k.add(2.2, func(x, y float64) {
		k.fill(x, y, k.width, 1.1, pale())
		k.fill(x, y, k.width*min(probability, 1), 1.1, dark())
	})
}

func (p *report) model(k *stack) {
	m := p.r.Model
	k.heading(p.t.Model)
	k.fact(p.t.Name, cmp.Or(m.Name, p.t.Unnamed), 2)
	k.fact(p.t.Method, m.Method, 1)
	state := p.t.TrainedWord
	if !m.Trained {
		state = p.t.UntrainedWord
	}
	k.fact(p.t.State, state, 1)
	k.fact(p.t.Digest, shortDigest(m.SHA256), 1)
	k.fact(p.t.Encoder, strings.TrimSpace(p.r.Encoder.Name+"  "+shortDigest(p.r.Encoder.SHA256)), 2)
}

// shortDigest is enough of a digest to tell files apart, and tells that it is not
// all of it.
func shortDigest(sha string) string {
	const enough = 12
	if len(sha) <= enough {
		return sha
	}
	return sha[:enough] + "…"
}

func (p *report) device(k *stack) {
	d := p.r.Device
	k.heading(p.t.Device)
	k.fact(p.t.RanOn, p.told(deviceText(d)), 2)
	if d.Requested != d.Used {
		k.fact(p.t.AskedFor, d.Requested, 1)
		k.reason(p.t.Reason, p.told(d.Reason), 4)
	}
}

func (p *report) slide(k *stack) {
	s := p.r.Slide
	k.heading(p.t.Slide)
	if p.o.Path {
		k.fact(p.t.File, s.Path, 4)
	}
	k.fact(p.t.Format, s.Vendor, 1)
	k.fact(p.t.Size, hard(fmt.Sprintf(p.t.Pixels, count(s.Width), count(s.Height)))+p.extent(), 2)
	k.fact(p.t.Resolution, p.resolution(), 2)
	k.fact(p.t.Source, p.told(s.MPPSource), 2)
}

// extent is the size in millimetres, where it is known.
func (p *report) extent() string {
	s := p.r.Slide
	if s.MPP[0] <= 0 || s.MPP[1] <= 0 {
		return ""
	}
	mm := func(px int, mpp float64) string { return p.number(fmt.Sprintf("%.3g", float64(px)*mpp/1000)) }
	return ", " + hard(mm(s.Width, s.MPP[0])+" x "+mm(s.Height, s.MPP[1])+" mm")
}

func (p *report) resolution() string {
	s := p.r.Slide
	if s.MPP[0] <= 0 || s.MPP[1] <= 0 {
		return p.t.Unknown
	}
	um := fmt.Sprintf("%.4g", s.MPP[0])
	if s.MPP[0] != s.MPP[1] {
		um += fmt.Sprintf(" x %.4g", s.MPP[1])
	}
	return fmt.Sprintf(p.t.PerPixel, p.number(um), p.number(fmt.Sprintf("%.3gx", 20/(s.MPP[0]+s.MPP[1]))))
}

func (p *report) parameters(k *stack) {
	m := p.r.Model
	k.heading(p.t.Parameters)
	var mags, zooms []string
	for i, mag := range m.Magnifications {
		mags = append(mags, p.mag(mag))
		if i < len(m.K) {
			zooms = append(zooms, hard(fmt.Sprintf(p.t.ZoomsAt, count(m.K[i]), p.mag(mag))))
		}
	}
	k.fact(p.t.Magnifications, strings.Join(mags, ", "), 2)
	k.fact(p.t.ZoomsInto, strings.Join(zooms, ", "), 2)
	if len(p.r.Levels) > 0 {
		low := p.r.Levels[0]
		k.fact(p.t.Tissue, fmt.Sprintf(p.t.TissuePatches, p.mag(low.Magnification), hard(count(len(low.Patches)))), 2)
	}
	k.fact(p.t.Seed, fmt.Sprint(p.r.Seed), 1)
}

func (p *report) work(k *stack) {
	k.heading(p.t.Work)
	var read []string
	for _, l := range p.r.Levels {
		read = append(read, hard(fmt.Sprintf(p.t.ReadAt, count(len(l.Patches)), p.mag(l.Magnification))))
	}
	k.fact(p.t.Read, strings.Join(read, ", "), 3)
	if c := p.r.Counts; c.Exhaustive > 0 {
		share := p.number(percent(float64(c.Encoded) / float64(c.Exhaustive)))
		k.fact(p.t.Of, fmt.Sprintf(p.t.OfAll, hard(share), hard(count(c.Exhaustive))), 3)
	}
	s := p.r.Seconds
	if s.Total == 0 {
		return // not recorded
	}
	second := func(v float64) string { return p.number(fmt.Sprintf("%.1f", v)) }
	k.fact(p.t.Time, hard(fmt.Sprintf(p.t.Seconds, second(s.Total)))+": "+
		fmt.Sprintf(p.t.Parts, second(s.Tissue), second(s.Read), second(s.Encode), second(s.Heads)), 3)
}

// number writes what is in English with the language's decimal sign.
func (p *report) number(text string) string { return strings.Replace(hard(text), ".", p.t.Decimal, 1) }

// mag is a magnification in the language.
func (p *report) mag(m float64) string { return p.number(magName(m)) }

// share is a share of attention in the language.
func (p *report) share(v float64) string {
	if v > 0 && v < 1e-5 {
		return p.number("< 0.001 %")
	}
	return p.number(percent(v))
}

// hard keeps text on one line.
func hard(text string) string { return strings.ReplaceAll(text, " ", "\u00a0") }

// foot says once more, in the words of every output, what the page is for.
func (p *report) foot() {
	y := p.height - reportMargin - 3
	l := lettering{size: 6.5, ink: grey()}
	p.fill(reportMargin, y-1, p.width-2*reportMargin, 0.2, pale())
	p.put(reportMargin, y, result.ResearchUse, lettering{size: 6.5, bold: true, ink: warning()})
	p.putRight(p.width-reportMargin, y, p.t.Places, l)
}
