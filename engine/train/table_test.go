package train

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestParseTable(t *testing.T) {
	two := []Row{{Line: 2, Slide: "a.svs", Label: "x"}, {Line: 3, Slide: "b", Label: "y"}}
	full := []Row{
		{Line: 2, Slide: "a.svs", Label: "x", Patient: "p", Split: Training},
		{Line: 3, Slide: "b", Label: "y", Split: Validation},
	}
	cases := map[string]struct {
		text string
		want []Row
	}{
		"plain":            {"slide,label\na.svs,x\nb,y\n", two},
		"no last newline":  {"slide,label\na.svs,x\nb,y", two},
		"semicolons":       {"slide;label\na.svs;x\nb;y\n", two},
		"tabs":             {"slide\tlabel\na.svs\tx\nb\ty\n", two},
		"mark and returns": {"\ufeffslide,label\r\na.svs,x\r\nb,y\r\n", two},
		"field's names":    {"case_id,slide_id,label,split\np,a.svs,x,train\n,b,y,val\n", full},
		"other order":      {"Split,Label,Patient,Slide\nTraining,x,p,a.svs\nvalidation,y,,b\n", full},
		"quotes":           {"\"slide\",\"label\"\n\"a.svs\",\"x\"\n\"b\",y\n", two},
		"space":            {" slide , label\n a.svs , x \nb,y\n", two},
		"more columns":     {"site,slide,label\n1,a.svs,x\n2,b,y\n", two},
		"blank lines":      {"slide,label\na.svs,x\nb,y\n\n,\n", two},
		"separator quoted": {"slide,label\n\"a, b.svs\",x\n", []Row{{Line: 2, Slide: "a, b.svs", Label: "x"}}},
		"umlaut":           {"slide,label\nä.svs,größer\n", []Row{{Line: 2, Slide: "ä.svs", Label: "größer"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := ParseTable(iotest.OneByteReader(strings.NewReader(c.text)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseTableRefuses(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"nothing":         {"", "is empty: expected a header"},
		"no lines":        {"slide,label\n", "lists no slides"},
		"no slide":        {"name,label\na,x\n", "line 1: no column named slide or slide_id, only name, label"},
		"no label":        {"slide,class\na,x\n", "line 1: no column named label"},
		"two of one":      {"slide,slide_id,label\na,b,x\n", `line 1: columns "slide" and "slide_id" say the same`},
		"empty slide":     {"slide,label\na,x\n,x\n", "line 3: no slide: fill it in"},
		"empty label":     {"slide,label\na,\n", "line 2: no label: fill it in"},
		"empty split":     {"slide,label,split\na,x,\n", "line 2: no split"},
		"unknown split":   {"slide,label,split\na,x,holdout\n", `line 2: split "holdout": must be train, val or test`},
		"too few fields":  {"slide,label\na\n", "line 2: 1 fields where the header has 2"},
		"too many fields": {"slide,label\na,b,x\n", "line 2: 3 fields where the header has 2: put a name"},
		"open quote":      {"slide,label\n\"a,x\n", "check the quotes"},
		"UTF-16":          {"\xff\xfes\x00l\x00", "UTF-16: save the table"},
		"Latin 1":         {"slide,label\n\xe4.svs,x\n", "line 2: slide \"\\xe4.svs\" is not UTF-8"},
		"newline within":  {"slide,label\n\"a\nb\",x\n", "line 2: slide \"a\\nb\" holds a control character"},
		"long label":      {"slide,label\na," + strings.Repeat("x", maxLabel+1) + "\n", "the limit is 500"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := ParseTable(strings.NewReader(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestReadTableNamesTheFile(t *testing.T) {
	path := writeTable(t, t.TempDir(), []string{"slide", "label"}, []string{"a", ""})
	if _, err := ReadTable(path); err == nil || !strings.HasPrefix(err.Error(), path+": line 2") {
		t.Errorf("error %v", err)
	}
	if _, err := ReadTable(path + "x"); !os.IsNotExist(err) {
		t.Errorf("error %v", err)
	}
}

func TestReadSlides(t *testing.T) {
	dir := t.TempDir()
	elsewhere := filepath.Join(t.TempDir(), "c.svs")
	path := writeTable(t, dir, []string{"mpp", "slide_id"}, []string{"0.5", "a.svs"}, []string{"", "sub/b.svs"}, []string{"", elsewhere})
	got, err := ReadSlides(path)
	want := []string{filepath.Join(dir, "a.svs"), filepath.Join(dir, "sub", "b.svs"), elsewhere}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, error %v, want %q", got, err, want)
	}
	if _, err := ReadSlides(writeTable(t, dir, []string{"slide"}, []string{""}, []string{"b"})); err != nil {
		t.Errorf("blank line: error %v", err)
	}
	if _, err := ReadSlides(writeTable(t, dir, []string{"slide", "x"}, []string{"", "b"})); err == nil {
		t.Error("a line without a slide was read")
	}
}

func FuzzParseTable(f *testing.F) {
	f.Add([]byte("slide,label,patient,split\na.svs,x,p,train\n"))
	f.Add([]byte("\ufeffslide_id;label\r\n\"a\";1\r\n"))
	f.Add([]byte(",train,val,test\n0,a,b,c\n1,d,,\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := ParseTable(strings.NewReader(string(text)))
		if (err == nil) != (len(rows) > 0) && err == nil {
			t.Fatal("no rows and no error")
		}
		for _, r := range rows {
			if err == nil && (r.Slide == "" || r.Label == "" || r.Line < 2 || r.check() != nil) {
				t.Errorf("took %+v", r)
			}
		}
		if splits, err := ParseSplits(strings.NewReader(string(text))); err == nil {
			for name, s := range splits {
				if name == "" || s == Unassigned || s > Test {
					t.Errorf("%q is in split %d", name, s)
				}
			}
		}
	})
}

func TestClassesOf(t *testing.T) {
	cases := map[string]struct{ labels, want []string }{
		"words":        {[]string{"tumour", "benign", "tumour"}, []string{"benign", "tumour"}},
		"grades":       {[]string{"grade 10", "grade 2", "grade 1"}, []string{"grade 1", "grade 2", "grade 10"}},
		"numbers":      {[]string{"10", "9", "-1", "0.5"}, []string{"-1", "0.5", "9", "10"}},
		"leading zero": {[]string{"a010", "a9", "a01"}, []string{"a01", "a9", "a010"}},
		"mixed":        {[]string{"10", "9", "none"}, []string{"9", "10", "none"}},
		"no numbers":   {[]string{"NaN", "Inf", "1"}, []string{"1", "Inf", "NaN"}},
		"prefix":       {[]string{"ab", "a", "a1"}, []string{"a", "a1", "ab"}},
		"large":        {[]string{"x99999999999999999999999", "x100000000000000000000000"}, []string{"x99999999999999999999999", "x100000000000000000000000"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := classesOf(c.labels); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
