package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// listed are the slides of a table with this text, as it names them.
func listed(t *testing.T, text string) ([]string, error) {
	t.Helper()
	dir := t.TempDir()
	list := filepath.Join(dir, "list.csv")
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	slides, err := SlidesOf([]string{list})
	for i, s := range slides {
		slides[i], _ = filepath.Rel(dir, s)
	}
	return slides, err
}

func TestSlidesOfTables(t *testing.T) {
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
		"a semicolon in a comma's": {"slide,note;remark\na;1.svs,x\n", []string{"a;1.svs"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := listed(t, c.text)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q, error %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestSlidesOfRefusesTables(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"nothing":           {"", "header"},
		"the header alone":  {"slide,label\n", "no slides"},
		"no such column":    {"file,label\na,1\n", "file, label"},
		"a row without one": {"slide,label\na.svs,1\n,0\n", "line 3"},
		"a row too short":   {"patient,slide\np1\n", "line 2"},
		"a row too long":    {"slide\na.svs,1\n", "line 2"},
		"an open quote":     {"slide,label\n\"a.svs,1\n", "line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := listed(t, c.text)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q, error %v, want one of %q", got, err, c.says)
			}
		})
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
