package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParseSlideList(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"comma":                    {"slide,label\na.svs,1\nb.svs,0\n", []string{"a.svs", "b.svs"}},
		"semicolon":                {"patient;slide;label\np1;a.svs;1\np2;b.svs;0\n", []string{"a.svs", "b.svs"}},
		"the field's name":         {"case_id,slide_id,label\nc,a,1\n", []string{"a"}},
		"byte order mark":          {"\ufeffslide,label\na.svs,1\n", []string{"a.svs"}},
		"carriage returns":         {"slide,label\r\na.svs,1\r\n", []string{"a.svs"}},
		"no newline at the end":    {"slide\na.svs", []string{"a.svs"}},
		"capitals and space":       {" Slide ,label\n a.svs ,1\n", []string{"a.svs"}},
		"quotes":                   {"slide,label\n\"a, the first.svs\",1\n\"b \"\"x\"\".svs\",2\n", []string{"a, the first.svs", `b "x".svs`}},
		"empty lines":              {"slide,label\n\na.svs,1\n\n\nb.svs,2\n\n", []string{"a.svs", "b.svs"}},
		"the header alone":         {"slide,label\n", nil},
		"a semicolon in a comma's": {"slide,note;remark\na;1.svs,x\n", []string{"a;1.svs"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseSlideList(strings.NewReader(c.text))
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q, error %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestParseSlideListRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"nothing":           {"", "header"},
		"no such column":    {"file,label\na,1\n", "file, label"},
		"a row without one": {"slide,label\na.svs,1\n,0\n", "line 3"},
		"a row too short":   {"patient,slide\np1\n", "line 2"},
		"a row too long":    {"slide\na.svs,1\n", "line 2"},
		"an open quote":     {"slide,label\n\"a.svs,1\n", "line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseSlideList(strings.NewReader(c.text))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q, error %v, want one of %q", got, err, c.says)
			}
		})
	}
}

// endless is a table without an end.
type endless struct{ begun bool }

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	if !e.begun {
		e.begun = true
		n = copy(p, "slide\n")
	}
	for i := n; i < len(p); i++ {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestParseSlideListIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes the memory that a list may have")
	}
	if _, err := parseSlideList(&endless{}); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("a table without an end: error %v", err)
	}
	if _, err := parseSlideList(strings.NewReader("slide\n" + strings.Repeat("a\n", maxListed+1))); err == nil || !strings.Contains(err.Error(), "slides") {
		t.Errorf("a table of too many lines: error %v", err)
	}
}

func TestSlidesOf(t *testing.T) {
	dir := t.TempDir()
	list := filepath.Join(dir, "List.CSV")
	if err := os.WriteFile(list, []byte("slide\nsub/a.svs\n"+filepath.Join(dir, "b.svs")+"\nsub/a.svs\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := SlidesOf([]string{"first.svs", list, "first.svs", filepath.Join(dir, "b.svs")})
	want := []string{"first.svs", filepath.Join(dir, "sub", "a.svs"), filepath.Join(dir, "b.svs")}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, error %v, want %q", got, err, want)
	}
	if _, err := SlidesOf(nil); err == nil {
		t.Error("no slides are no error")
	}
	if _, err := SlidesOf([]string{filepath.Join(dir, "none.csv")}); err == nil || !strings.Contains(err.Error(), "none.csv") {
		t.Errorf("a missing list: error %v", err)
	}
}

// A list is refused or gives names that are not empty, and those of a list
// written from them again.
func FuzzSlideList(f *testing.F) {
	for _, seed := range []string{
		"slide,label\na.svs,1\n", "\ufeffslide_id;x\na;b\n", "slide\n\"a\nb\"\n", "slide,slide\na,b\n", "Slide \r\n\r\nx\r\n", "slide\n\"\"\n", "\"slide\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		slides, err := parseSlideList(strings.NewReader(text))
		if err != nil {
			return
		}
		again := "slide\n"
		for _, s := range slides {
			if strings.TrimSpace(s) != s || s == "" {
				t.Fatalf("slide %q", s)
			}
			again += `"` + strings.ReplaceAll(s, `"`, `""`) + "\"\n"
		}
		if got, err := parseSlideList(strings.NewReader(again)); err != nil || !slices.Equal(got, slides) {
			t.Fatalf("%q, error %v, want %q", got, err, slides)
		}
	})
}
