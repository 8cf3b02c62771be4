package widgets

import (
	"fmt"
	"image"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// listOf shows a list of numbered rows, with the fills noted.
func listOf(t *testing.T, n int, height float32) (l *RowList[*Text], w fyne.Window, filled *[]int) {
	t.Helper()
	filled = &[]int{}
	w = window(t, fyne.NewSize(200, height), func() fyne.CanvasObject {
		l = NewRowList(20, func() *Text { return NewBody("") }, func(i int, row *Text) {
			*filled = append(*filled, i)
			row.SetText(fmt.Sprint(i))
		})
		return container.NewStack(l.Object())
	})
	l.SetLength(n)
	return l, w, filled
}

// inSight are the rows that are seen, from their words and places.
func inSight(l *RowList[*Text]) []int {
	var rows []int
	for _, o := range l.content.Objects {
		if o.Visible() {
			i := int(o.Position().Y / 20)
			if o.(*Text).Text() != fmt.Sprint(i) {
				panic("a row shows what stands elsewhere")
			}
			rows = append(rows, i)
		}
	}
	slices.Sort(rows)
	return rows
}

func TestRowList(t *testing.T) {
	l, w, filled := listOf(t, 1000, 100)
	if got := inSight(l); !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
		t.Errorf("at first %v", got)
	}
	*filled = nil
	test.Scroll(w.Canvas(), fyne.NewPos(50, 50), 0, -30)
	if got := inSight(l); !slices.Equal(got, []int{1, 2, 3, 4, 5, 6}) || !slices.Equal(*filled, []int{5, 6}) {
		t.Errorf("a little down %v, filled %v", got, *filled)
	}
	l.ScrollTo(500)
	if got := inSight(l); !slices.Equal(got, []int{496, 497, 498, 499, 500}) || l.Made() > 7 {
		t.Errorf("down to 500: %v of %d rows", got, l.Made())
	}
	l.ScrollTo(498)
	if from, n := l.Seen(); from != 496 || n != 5 {
		t.Errorf("a row in sight moved the list to %d+%d", from, n)
	}
	l.ScrollTo(10)
	if got := inSight(l); !slices.Equal(got, []int{10, 11, 12, 13, 14}) {
		t.Errorf("up to 10: %v", got)
	}
	*filled = nil
	l.Fill(12, 100)
	if !slices.Equal(*filled, []int{12, 13, 14}) {
		t.Errorf("filled %v anew", *filled)
	}
	l.SetLength(2)
	if got := inSight(l); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("of two rows %v", got)
	}
	if row, ok := l.Row(1); !ok || row.Text() != "1" {
		t.Error("row 1 is not in sight")
	}
	if _, ok := l.Row(4); ok {
		t.Error("row 4 is in sight")
	}
	l.SetLength(0)
	if got := inSight(l); len(got) > 0 {
		t.Errorf("of no rows %v", got)
	}
}

func TestRowListKeepsSightWhenResized(t *testing.T) {
	l, w, _ := listOf(t, 1000, 100)
	l.ScrollTo(7)
	w.Resize(fyne.NewSize(200, 60))
	if got := inSight(l); !slices.Contains(got, 7) {
		t.Errorf("%v", got)
	}
	test.Scroll(w.Canvas(), fyne.NewPos(50, 30), 0, -400)
	before, _ := l.Seen()
	w.Resize(fyne.NewSize(200, 100))
	if from, _ := l.Seen(); from != before {
		t.Errorf("the list moved from %d to %d under the user", before, from)
	}
	told := 0
	l.OnSeen = func(int, int) { told++ }
	l.ScrollTo(900)
	l.ScrollTo(900)
	if told != 1 {
		t.Errorf("told %d times of other rows", told)
	}
}

func TestSpotsLieOnThePicture(t *testing.T) {
	p := place(t, func() *SpotPicture { return NewSpotPicture(8) })
	p.Set(image.NewRGBA(image.Rect(0, 0, 200, 100)), nil)
	room := fyne.NewSize(100, 100) // the picture fills y from 25 to 75
	for _, c := range []struct {
		name string
		spot Spot
		at   fyne.Position
		size fyne.Size
	}{
		{"large", Spot{0.5, 0.5, 0.2, 0.4}, fyne.NewPos(50, 50), fyne.NewSize(20, 20)},
		{"small grows about its middle", Spot{0.5, 0.5, 0.02, 0.04}, fyne.NewPos(47, 47), fyne.NewSize(8, 8)},
		{"at the corner", Spot{0, 0, 0.01, 0.01}, fyne.NewPos(0, 25), fyne.NewSize(8, 8)},
		{"beyond the end", Spot{0.9, 0.8, 0.5, 0.5}, fyne.NewPos(90, 65), fyne.NewSize(10, 10)},
		{"just reaching the picture", Spot{0.99, 0.99, 0.5, 0.5}, fyne.NewPos(92, 67), fyne.NewSize(8, 8)},
		{"before the beginning", Spot{-0.3, -0.2, 0.5, 0.5}, fyne.NewPos(0, 25), fyne.NewSize(20, 15)},
		{"larger than the picture", Spot{-7, 0, 16, 16}, fyne.NewPos(0, 25), fyne.NewSize(100, 50)},
		{"a slide smaller than a patch", Spot{0, 0, 16, 0.5}, fyne.NewPos(0, 25), fyne.NewSize(100, 25)},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, size := p.place(c.spot, room)
			near := func(a, b float32) bool { return a-b < 0.01 && b-a < 0.01 }
			if !near(at.X, c.at.X) || !near(at.Y, c.at.Y) || !near(size.Width, c.size.Width) || !near(size.Height, c.size.Height) {
				t.Errorf("at %v, %v; want %v, %v", at, size, c.at, c.size)
			}
		})
	}
}

// TestMarksStayOnThePicture draws marks on pictures of many shapes in frames of many
// sizes: no line leaves the picture.
func TestMarksStayOnThePicture(t *testing.T) {
	p := place(t, func() *SpotPicture { return NewSpotPicture(14) })
	for _, c := range []struct {
		picture image.Rectangle
		frame   fyne.Size
	}{
		{image.Rect(0, 0, 16, 16), fyne.NewSize(54, 54)},
		{image.Rect(0, 0, 300, 200), fyne.NewSize(54, 54)},
		{image.Rect(0, 0, 300, 10), fyne.NewSize(54, 54)}, // lower than a mark is high
		{image.Rect(0, 0, 2, 900), fyne.NewSize(300, 190)},
	} {
		t.Run(fmt.Sprint(c.picture.Max, c.frame), func(t *testing.T) {
			p.Resize(c.frame)
			p.Set(image.NewRGBA(c.picture), []Spot{{0, 0, 64, 64}, {0.9, 0.9, 2, 2}, {-9, -9, 20, 20}, {0.5, 0.5, 0.01, 0.01}, {0.99, 0, 0.01, 1}})
			scale := min(c.frame.Width/float32(c.picture.Dx()), c.frame.Height/float32(c.picture.Dy()))
			area := fyne.NewSize(scale*float32(c.picture.Dx()), scale*float32(c.picture.Dy()))
			from := fyne.NewPos((c.frame.Width-area.Width)/2, (c.frame.Height-area.Height)/2)
			for _, m := range p.marks {
				at, end := m.halo.Position(), m.halo.Position().Add(m.halo.Size())
				const soft = 0.01
				if at.X < from.X-soft || at.Y < from.Y-soft || end.X > from.X+area.Width+soft || end.Y > from.Y+area.Height+soft {
					t.Errorf("a mark from %v to %v on a picture of %v at %v", at, end, area, from)
				}
				if line := m.line.Size(); line.Width < 0 || line.Height < 0 {
					t.Errorf("a line of %v", line)
				}
			}
		})
	}
}

func TestSpotsNeedAPicture(t *testing.T) {
	p := place(t, func() *SpotPicture { return NewSpotPicture(8) })
	p.Set(image.NewRGBA(image.Rect(0, 0, 9, 9)), make([]Spot, 3))
	p.Set(image.NewRGBA(image.Rect(0, 0, 9, 9)), make([]Spot, 1))
	seen := 0
	for _, m := range p.marks {
		if m.line.Visible() {
			seen++
		}
	}
	if seen != 1 || len(p.Spots()) != 1 {
		t.Errorf("%d of %d marks are seen", seen, len(p.Spots()))
	}
	p.Set(p.Picture(), []Spot{{1, 0, 9, 9}, {0, -3, 9, 2}, {-1, -1, 9, 9}})
	for i, m := range p.marks {
		if on := i == 2; m.halo.Visible() != on || m.line.Visible() != on {
			t.Errorf("mark %d is seen %v, though its place is on the picture %v", i, m.halo.Visible(), on)
		}
	}
	p.Set(nil, make([]Spot, 2))
	if len(p.Spots()) > 0 || p.Picture() != nil {
		t.Error("spots are marked on no picture")
	}
}

// TestCaseColumnsFit wants columns beside each other within the table, at any width
// that there may be.
func TestCaseColumnsFit(t *testing.T) {
	for width := float32(150); width <= 1400; width++ {
		c := columnsFor(width)
		x := float32(caseEdge)
		if c.picture {
			x += caseThumb
		}
		for i, s := range c.at {
			if c.narrow && (CaseColumn(i) == CaseUncertainty || CaseColumn(i) == CaseWarnings) || !c.has(CaseColumn(i)) {
				continue
			}
			if s.x < x || s.width < 70 {
				t.Fatalf("%v wide: column %d stands at %v, %v wide, after %v", width, i, s.x, s.width, x)
			}
			x = s.x + s.width
		}
		if got := width - caseBarRoom; x > got+0.01 || x < got-0.01 {
			t.Fatalf("%v wide: the columns end at %v", width, x)
		}
	}
}

// TestCaseColumnsAreLeftOut wants the least important to go first.
func TestCaseColumnsAreLeftOut(t *testing.T) {
	all := []CaseColumn{CaseName, CasePrediction, CaseUncertainty, CaseState, CaseWarnings, CaseVerdict}
	few := []CaseColumn{CaseName, CasePrediction, CaseUncertainty}
	for _, c := range []struct {
		width   float32
		picture bool
		want    []CaseColumn
	}{
		{1000, true, all}, {810, true, all}, {809, true, all}, {490, true, all},
		{420, true, []CaseColumn{CaseName, CasePrediction, CaseUncertainty, CaseVerdict}},
		{320, true, few}, {200, false, few}, {160, false, []CaseColumn{CaseName}},
	} {
		t.Run(fmt.Sprint(c.width), func(t *testing.T) {
			columns := columnsFor(c.width)
			var got []CaseColumn
			for i := range caseColumnCount {
				if columns.has(i) {
					got = append(got, i)
				}
			}
			if !slices.Equal(got, c.want) || columns.picture != c.picture {
				t.Errorf("columns %v, pictures %v", got, columns.picture)
			}
		})
	}
}

// TestCaseHeaderLeavesOut wants the names of those columns alone that there are.
func TestCaseHeaderLeavesOut(t *testing.T) {
	h := place(t, func() *CaseHeader { return NewCaseHeader([]string{"n", "p", "u", "s", "w", "v"}, func(CaseColumn) {}) })
	for width := float32(150); width <= 1000; width += 10 {
		h.Object().Resize(fyne.NewSize(width, 40))
		columns := columnsFor(width)
		for i := range caseColumnCount {
			if h.Cell(i).Visible() != columns.has(i) {
				t.Fatalf("%v wide: the name of column %d is seen %v", width, i, h.Cell(i).Visible())
			}
		}
	}
}

// TestCaseBarsEndInLine wants bars that can be compared by eye, whatever the words
// beside them.
func TestCaseBarsEndInLine(t *testing.T) {
	const room = 56
	r := place(t, func() *CaseRow { return NewCaseRow(room, nil) })
	for width := float32(200); width <= 1200; width += 50 {
		r.Resize(fyne.NewSize(width, CaseRowHeight))
		want := columnsFor(width).at[CasePrediction].width - room - 6
		for _, value := range []string{"9 %", "91 %", "99.6 %", "> 99.9 %"} {
			r.Set(CaseCells{Name: "a", Label: "x", Value: value, Fraction: 0.9, Progress: -1})
			if got := r.meter.Size().Width; got != want {
				t.Errorf("%v wide: the bar of %q has %v points, want %v", width, value, got, want)
			}
		}
	}
}

func TestCaseRow(t *testing.T) {
	var pressed []int
	r := place(t, func() *CaseRow { return NewCaseRow(50, func(r *CaseRow) { pressed = append(pressed, r.Index()) }) })
	if r.SetBlank(); !r.Blank() || !r.waiting.Visible() || r.name.Visible() {
		t.Error("a blank row is not blank")
	}
	cells := CaseCells{Name: "a.svs", Label: "x", Value: "9 %", Fraction: 0.09, Margin: "m", Entropy: "e", State: "done", Progress: -1, Verdict: "v"}
	for _, c := range []struct {
		width   float32
		entropy bool
	}{{600, false}, {1000, true}} {
		r.Resize(fyne.NewSize(c.width, CaseRowHeight))
		r.Set(cells)
		if r.entropy.Visible() != c.entropy || r.progress.Visible() || r.waiting.Visible() || r.silent.Visible() || !r.measured.Visible() {
			t.Errorf("%v wide: something is seen that should not be, or the other way round", c.width)
		}
	}
	r.SetIndex(7)
	test.Tap(r)
	if !slices.Equal(pressed, []int{7}) {
		t.Errorf("pressed %v", pressed)
	}
}

// TestCaseRowKeepsToItsWidth wants no part of a row beyond the row's end, and how a
// case stands to be told wherever there is room for more than its name.
func TestCaseRowKeepsToItsWidth(t *testing.T) {
	r := place(t, func() *CaseRow { return NewCaseRow(56, nil) })
	for _, cells := range []CaseCells{
		{Name: "a slide with a name.svs", Place: "/a/folder", Label: "a class", Value: "> 99.9 %", Margin: "margin 0.99", Entropy: "entropy 0.01",
			State: "done", Progress: -1, Warnings: "12 warnings", Verdict: "disagree", VerdictIcon: "cancel", Note: "a note"},
		{Name: "b", State: "failed: the file ends too early", Progress: -1, Verdict: "unread"},
		{Name: "c", State: "running", Progress: 0.4},
		{Name: "d", Silent: "hidden until it is read", State: "done", Progress: -1},
	} {
		r.Set(cells)
		for width := float32(150); width <= 1100; width += 5 {
			r.Resize(fyne.NewSize(width, CaseRowHeight))
			for _, o := range r.content.Objects {
				if end := o.Position().X + o.Size().Width; o.Visible() && (end > width-caseBarRoom+0.01 || o.Size().Width <= 0) {
					t.Errorf("%v wide, %q: a %T of %v ends at %v", width, cells.Name, o, o.Size(), end)
				}
			}
			if told := r.state.Visible() || r.label.Visible() || r.silent.Visible(); told != (width >= 200) {
				t.Errorf("%v wide, %q: told %v how it stands", width, cells.Name, told)
			}
		}
	}
}

func TestToggle(t *testing.T) {
	var said []bool
	c := place(t, func() *Toggle { return NewToggle("Blinded", func(on bool) { said = append(said, on) }) })
	test.Tap(c)
	test.Tap(c)
	c.Set(true)
	if !c.On() || !slices.Equal(said, []bool{true, false}) || c.Label() != "Blinded" {
		t.Errorf("called back %v", said)
	}
}

func TestFieldGivesTheKeyboardBack(t *testing.T) {
	for _, c := range []struct {
		name  string
		field func() *Field
		key   fyne.KeyName
		left  int
	}{
		{"escape leaves a line", func() *Field { return NewField("find") }, fyne.KeyEscape, 1},
		{"enter leaves a line", func() *Field { return NewField("find") }, fyne.KeyReturn, 1},
		{"letters stay", func() *Field { return NewField("find") }, fyne.KeyA, 0},
		{"escape leaves lines", func() *Field { return NewLines("note", 2) }, fyne.KeyEscape, 1},
		{"enter begins a line", func() *Field { return NewLines("note", 2) }, fyne.KeyReturn, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := place(t, c.field)
			left := 0
			f.OnLeft = func() { left++ }
			f.Enter()
			f.TypedKey(&fyne.KeyEvent{Name: c.key})
			if left != c.left {
				t.Errorf("left %d times, want %d", left, c.left)
			}
		})
	}
}

func TestCountTable(t *testing.T) {
	o := place(t, func() fyne.CanvasObject {
		return NewCountTable(CountTable{Rows: "reader", Columns: "model", Names: []string{"a", "b"}, Counts: [][]int{{5, 1}, {0, 7}}})
	})
	var words []string
	for _, each := range test.LaidOutObjects(o) {
		if text, ok := each.(*Text); ok {
			words = append(words, text.Text())
		}
	}
	if want := []string{"reader", "a", "b", "a", "5", "1", "b", "0", "7", "model"}; !slices.Equal(words, want) {
		t.Errorf("it reads %q", words)
	}
}
