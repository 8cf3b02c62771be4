package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sayers are the functions, variables and constants that make sentences for people,
// by the file they are in.
var sayers = map[string][]string{
	"../slideio/resolution.go":     {"ResolutionOf", "WithDensity", "weigh", "objective"},
	"../slideio/slide.go":          {"Stated", "Against", "Despite"},
	"../engine/grid/grid.go":       {"Warnings", "Warning"},
	"../engine/zoom/analysis.go":   {"warnings", "warningsOf"},
	"../engine/zoom/engine.go":     {"toCPU"},
	"../engine/zoom/frombag.go":    {"AnalyzeBag", "unlike"},
	"../engine/device/device.go":   {"proven", "reason"},
	"../engine/device/explain.go":  {"explain", "elsewhere"},
	"../engine/device/present.go":  {"errElsewhere", "errNoCUDA", "errNoVulkan"},
	"../engine/device/prove.go":    {"proofRun", "faster"},
	"../engine/mil/model.go":       {"New"},
	"../engine/mil/config.go":      {"OtherTissue"},
	"../engine/mil/importstate.go": {"PublicConfig"},
	"../engine/train/dataset.go":   {"warnAlike", "inspect", "merge"},
	"../engine/train/divided.go":   {"countSeen"},
	"../engine/train/run.go":       {"fewInstances", "fewToZoom"},
	"../engine/train/split.go":     {"groups", "checkSplits", "warnSplits", "warnAbsent", "assignFile"},
	"evaluate.go":                  {"samplesFor", "seen"},
	"engine.go":                    {"outsideResolution", "UntrainedModel"},
	"demomodel.go":                 {"demoNote", "demoTraining"},
	"bagfolder.go":                 {"fromBag"},
	"train.go":                     {"DefaultTraining"},
	"trainingwatch.go":             {"resultOf"},
	"triage.go":                    {"persist"},
	"triagelook.go":                {"look", "unrested", "lookInto", "outOfReach"},
	"worklist/queue.go":            {"interrupted"},
}

// sentencesIn are samples of the sentences in a declaration: its texts of three
// words and more, each placeholder filled in.
func sentencesIn(d ast.Node) (found []string) {
	var text func(ast.Expr) (string, bool)
	text = func(e ast.Expr) (string, bool) {
		switch e := e.(type) {
		case *ast.BasicLit:
			s, err := strconv.Unquote(e.Value)
			return s, err == nil && e.Kind == token.STRING
		case *ast.BinaryExpr:
			a, isText := text(e.X)
			b, isText2 := text(e.Y)
			return a + b, e.Op == token.ADD && (isText || isText2)
		}
		return "1.5x", false
	}
	ast.Inspect(d, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			if f, ok := c.Fun.(*ast.Ident); ok && (f.Name == "has" || f.Name == "panic") { // looks for parts of messages; is a bug
				return false
			}
		}
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		s, ok := text(e)
		if ok && strings.Count(strings.TrimSpace(verb.ReplaceAllString(s, "")), " ") >= 2 && s != "tissue preset crc is missing" {
			found = append(found, sample(s))
		}
		return !ok
	})
	return found
}

var verb = regexp.MustCompile(`%[-+#0-9.]*[a-z]`)

// sample fills in the verbs of a format.
func sample(format string) string {
	s := verb.ReplaceAllStringFunc(format, func(v string) string {
		switch v[len(v)-1] {
		case 'q':
			return `"it"`
		case 'g', 'f', 'd':
			return "1.5"
		}
		return "1.5x" // a name, or magnifications
	})
	return strings.ReplaceAll(s, "%%", "%")
}

// TestSentencesAreGerman walks all that makes sentences, and wants each in German.
func TestSentencesAreGerman(t *testing.T) {
	s, err := NewSentences("de")
	if err != nil {
		t.Fatal(err)
	}
	all := 0
	for file, names := range sayers {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for name, d := range declared(parsed) {
			if !slices.Contains(names, name) {
				continue
			}
			for _, english := range sentencesIn(d) {
				all++
				if s.Say(english) == english {
					t.Errorf("%s, %s: there is no German for %q", file, name, english)
				}
			}
			names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
		}
		if len(names) > 0 {
			t.Errorf("%s has no %q", file, names)
		}
	}
	if all < 45 {
		t.Errorf("%d sentences are looked at", all)
	}
}

// declared are the functions, variables and constants of a file by name.
func declared(f *ast.File) map[string]ast.Node {
	found := map[string]ast.Node{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			found[d.Name.Name] = d
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if v, ok := s.(*ast.ValueSpec); ok {
					found[v.Names[0].Name] = v
				}
			}
		}
	}
	return found
}

// TestSayersAreKnown looks for functions that make warnings, doubts and notes, which
// sayers must name.
func TestSayersAreKnown(t *testing.T) {
	all := 0
	for _, dir := range []string{".", "worklist", "../slideio", "../engine"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || unsaid(path) {
				return err
			}
			if dir == "." && strings.Contains(filepath.ToSlash(path), "/") {
				return nil
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			for name, f := range declared(parsed) {
				if !warns(f) || len(sentencesIn(f)) == 0 {
					continue
				}
				all++
				if !slices.Contains(sayers[filepath.ToSlash(path)], name) {
					t.Errorf("%s: %s makes sentences that nobody translates: %q", path, name, sentencesIn(f))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if all < 12 {
		t.Errorf("%d functions make warnings", all)
	}
}

// unsaid are files whose sentences the window does not show: studies of the command
// line, and programs.
func unsaid(path string) bool {
	return strings.HasPrefix(filepath.ToSlash(path), "../engine/bench/") || strings.Contains(filepath.Base(path), "bench")
}

// warns reports whether a declaration hands out sentences: sets a field of that name, or
// has problems warn.
func warns(d ast.Node) (found bool) {
	named := func(e ast.Expr) bool {
		name := ""
		switch e := e.(type) {
		case *ast.SelectorExpr:
			name = e.Sel.Name
		case *ast.Ident:
			name = e.Name
		}
		return slices.Contains([]string{"Warnings", "Doubts", "Note", "Notes"}, name)
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			found = found || slices.ContainsFunc(n.Lhs, named)
		case *ast.KeyValueExpr:
			found = found || named(n.Key)
		case *ast.CallExpr:
			s, ok := n.Fun.(*ast.SelectorExpr)
			found = found || ok && s.Sel.Name == "warn"
		}
		return !found
	})
	return found
}

func TestSentence(t *testing.T) {
	if got := Sentence("de", "as requested"); got != "wie verlangt" {
		t.Errorf("German: %q", got)
	}
	if got := Sentence("en", "as requested"); got != "as requested" {
		t.Errorf("English: %q", got)
	}
}
