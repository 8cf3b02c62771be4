package train

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadColumns(t *testing.T) {
	for name, c := range map[string]struct{ text, want, problem string }{
		"in another order": {"x,Slide,area\n1, a ,2\n\n3,b,\n", "[[2 a] [ b]]", ""},
		"semicolons":       {"slide;area\na;2,5\n", "[[2,5 a]]", ""},
		"none below":       {"slide,area\n", "[]", ""},
		"column missing":   {"slide,size\na,2\n", "", "no column named area"},
		"column twice":     {"slide,area,area\na,2,3\n", "", "remove one"},
		"fields missing":   {"slide,area\na\n", "", "line 2"},
		"empty":            {"", "", "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sizes.csv")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			rows, err := ReadColumns(path, "area", "slide")
			if c.problem != "" {
				if err == nil || !strings.Contains(err.Error(), c.problem) || !strings.HasPrefix(err.Error(), path) {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil || fmt.Sprint(rows) != c.want {
				t.Errorf("%q, error %v", rows, err)
			}
		})
	}
}

func FuzzParseColumns(f *testing.F) {
	f.Add("slide,area\na,2\n")
	f.Add("\ufeffslide;AREA;x\n\"a;b\";2;3\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := parseColumns(strings.NewReader(text), []string{"slide", "area"})
		for _, row := range rows {
			if err == nil && len(row) != 2 {
				t.Errorf("row %q", row)
			}
		}
	})
}
