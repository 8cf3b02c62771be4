package widgets

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"fyne.io/fyne/v2"
)

// letters measures each letter as one point wide.
func letters(s string) float32 { return float32(utf8.RuneCountInString(s)) }

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		name, text string
		width      float32
		want       []string
	}{
		{"fits", "one two", 7, []string{"one two"}},
		{"between words", "one two three", 7, []string{"one two", "three"}},
		{"line end", "one\ntwo", 7, []string{"one", "two"}},
		{"empty line", "one\n\ntwo", 7, []string{"one", "", "two"}},
		{"long word", "/a/very/long/path", 6, []string{"/a/ver", "y/long", "/path"}},
		{"long word after a short one", "at /a/very/long", 6, []string{"at", "/a/ver", "y/long"}},
		{"number stays with its unit", "in 12\u00a0s", 5, []string{"in", "12\u00a0s"}},
		{"no width", "ab", 0, []string{"a", "b"}},
		{"nothing", "", 5, []string{""}},
		{"letters of several bytes", "äöüß", 2, []string{"äö", "üß"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := wrap(c.text, c.width, letters); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// Nothing is lost and no line is too wide, whatever the width.
func TestWrapLosesNothing(t *testing.T) {
	text := "The quick brown fox jumps over thelazydogwithoutaspace 4\u00a0212 times"
	for width := float32(1); width < 80; width++ {
		lines := wrap(text, width, letters)
		for _, line := range lines {
			if letters(line) > width {
				t.Errorf("width %v: %q is too wide", width, line)
			}
		}
		bare := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got := bare(strings.Join(lines, "")); got != bare(text) {
			t.Errorf("width %v: %q", width, got)
		}
	}
}

func TestEllipsis(t *testing.T) {
	for _, c := range []struct {
		text  string
		width float32
		want  string
	}{{"abcdef", 4, "abc…"}, {"ab cdef", 4, "ab…"}, {"abcdef", 0, "…"}} {
		if got := ellipsis(c.text, c.width, letters); got != c.want {
			t.Errorf("%q in %v: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestTextIsAsHighAsItsLines(t *testing.T) {
	text := place(t, func() *Text { return NewBody(strings.Repeat("word ", 40)) })
	line := text.lineHeight()
	if n := len(text.Lines()); n < 3 || text.MinSize().Height != float32(n)*line {
		t.Errorf("%d lines are %v high, one is %v", n, text.MinSize().Height, line)
	}
	text.SetText("short")
	if got := text.MinSize().Height; got != line {
		t.Errorf("one line is %v high", got)
	}
	text.SetText("")
	if got := text.MinSize(); got != (fyne.Size{}) {
		t.Errorf("no text has the size %v", got)
	}
}

func TestTextEnds(t *testing.T) {
	text := place(t, func() *Text { return NewText(strings.Repeat("word ", 80), TextLook{MaxLines: 2}) })
	if lines := text.Lines(); len(lines) != 2 || !strings.HasSuffix(lines[1], "…") || text.measure(lines[1]) > 300 {
		t.Errorf("%q", lines)
	}
	text.Resize(fyne.NewSize(100000, 20))
	if lines := text.Lines(); len(lines) != 1 || strings.Contains(lines[0], "…") {
		t.Errorf("with all the room there is: %q", lines)
	}
}

func TestColumnAsksForHeightAfterWidth(t *testing.T) {
	var text *Text
	var below *Meter
	window(t, fyne.NewSize(120, 300), func() fyne.CanvasObject {
		text, below = NewBody(strings.Repeat("word ", 20)), NewMeter()
		return NewColumn(4, NewInset(5, 5, NewTopRow(3, 1, NewMeter(), text)), below)
	})
	want := text.MinSize().Height + 10 + 4
	if got := below.Position().Y; len(text.Lines()) < 3 || got != want {
		t.Errorf("what follows %d lines stands at %v, want %v", len(text.Lines()), got, want)
	}
}

func TestHiddenTakesNoRoom(t *testing.T) {
	a, b, c := NewMeter(), NewMeter(), NewMeter()
	b.Hide()
	for name, box := range map[string]*fyne.Container{"column": NewColumn(7, a, b, c), "row": NewRow(7, 0, a, b, c)} {
		one := a.MinSize()
		want := fyne.NewSize(one.Width, 2*one.Height+7)
		if name == "row" {
			want = fyne.NewSize(2*one.Width+7, one.Height)
		}
		if got := box.MinSize(); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestFlowBreaksRows(t *testing.T) {
	cells := make([]fyne.CanvasObject, 5)
	for i := range cells {
		cells[i] = NewAtLeast(40, 10, NewMeter())
	}
	var box *fyne.Container
	window(t, fyne.NewSize(100, 200), func() fyne.CanvasObject {
		box = NewFlow(4, cells...)
		return NewColumn(0, box)
	})
	for i, want := range []fyne.Position{{X: 0, Y: 0}, {X: 44, Y: 0}, {X: 0, Y: 14}, {X: 44, Y: 14}, {X: 0, Y: 28}} {
		if got := cells[i].Position(); got != want {
			t.Errorf("cell %d stands at %v, want %v", i, got, want)
		}
	}
	if got := box.MinSize(); got != fyne.NewSize(40, 38) {
		t.Errorf("size %v", got)
	}
}
