package check

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"zoomscope/packaging/testenv"
)

// rules are the rules over Go source, by name.
var rules = map[string]func(Tree) []Violation{
	"directions":       Directions,
	"window":           Window,
	"leaves":           Leaves,
	"result":           ResultAlone,
	"foreign calls":    Foreign,
	"sockets":          Sockets,
	"init":             InitFunctions,
	"hops":             Hops,
	"package comments": PackageComments,
}

func TestRepository(t *testing.T) {
	repository := os.DirFS(testenv.Root())
	tree, err := Parse(repository)
	if err != nil {
		t.Fatal(err)
	}
	if len(tree) == 0 {
		t.Fatal("no Go files found")
	}
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		t.Run(name, func(t *testing.T) { report(t, rules[name](tree)) })
	}
	t.Run("top level", func(t *testing.T) {
		found, err := TopLevel(repository)
		if err != nil {
			t.Fatal(err)
		}
		report(t, found)
	})
}

// TestProgram asks the go command what is linked into the program.
func TestProgram(t *testing.T) {
	root := testenv.Root()
	if _, err := os.Stat(filepath.Join(root, "main.go")); errors.Is(err, fs.ErrNotExist) {
		t.Skip("main.go is not there: no program to look into")
	}
	list := exec.Command("go", "list", "-deps", "-f", `{{.ImportPath}}:{{range .Imports}} {{.}}{{end}}`, ".")
	list.Dir = root
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	linked, err := ParseLinked(string(out))
	if err != nil {
		t.Fatal(err)
	}
	if linked[Module] == nil {
		t.Fatalf("go list names no package %s", Module)
	}
	report(t, LinkedSockets(linked))
}

// TestHeadless wants nothing of a window linked into a build for servers.
func TestHeadless(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "-tags", "headless", ".")
	list.Dir = testenv.Root()
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq(string(out)) {
		for _, window := range []string{"fyne.io", "github.com/go-gl", "github.com/sqweek/dialog", Module + "/ui/shell"} {
			if within(name, window) {
				t.Errorf("%s is linked into a headless build", name)
			}
		}
	}
}

// TestLicences wants every module that is linked into the program named, with its
// licence, in THIRD_PARTY.md.
func TestLicences(t *testing.T) {
	root := testenv.Root()
	page, err := os.ReadFile(filepath.Join(root, "packaging", "THIRD_PARTY.md"))
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("go", "list", "-e", "-deps", "-f", `{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}`, ".")
	list.Dir = root
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	for _, module := range slices.Compact(modules) {
		if !strings.Contains(string(page), "| "+module+" |") {
			t.Errorf("packaging/THIRD_PARTY.md: %s is linked and not named", module)
		}
	}
}

// TestArchitecturePage wants every package named in docs/architecture.md, but for
// internal ones, which are their parents' own business.
func TestArchitecturePage(t *testing.T) {
	root := testenv.Root()
	page, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := Parse(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{"packaging/check": true, "packaging/testenv": true}
	for _, file := range tree {
		if file.Dir != "" && !seen[file.Dir] && !strings.Contains(file.Dir, "/internal/") && !strings.Contains(string(page), file.Dir) {
			t.Errorf("docs/architecture.md: package %s is not named", file.Dir)
		}
		seen[file.Dir] = true
	}
}

func report(t *testing.T, found []Violation) {
	t.Helper()
	for _, violation := range found {
		t.Error(violation)
	}
}

// TestRules gives each rule small trees that keep it (want is empty) or break it.
// A tree is a map of file to the import paths in it.
func TestRules(t *testing.T) {
	type imports map[string]string
	tests := []struct {
		name, rule string
		files      imports
		want       string
	}{
		{"downwards", "directions", imports{
			"main.go": "zoomscope/ui/shell zoomscope/engine/zoom", "ui/shell/a.go": "zoomscope/app", "app/a.go": "zoomscope/engine/zoom",
			"engine/zoom/a.go": "zoomscope/slideio zoomscope/engine/mil", "slideio/a.go": "os",
		}, ""},
		{"slides know the engine", "directions", imports{
			"main.go": "zoomscope/app", "app/a.go": "zoomscope/slideio", "slideio/a.go": "zoomscope/engine/grid",
		}, "slideio/a.go: main -> app -> slideio -> engine/grid: imports run main -> ui -> app -> engine -> slideio"},
		{"engine knows the app", "directions", imports{"engine/zoom/a.go": "zoomscope/app/cli"},
			"engine/zoom/a.go: engine/zoom -> app/cli: imports run main -> ui -> app -> engine -> slideio"},
		{"app knows the window", "directions", imports{"app/a.go": "zoomscope/ui/shell"},
			"app/a.go: app -> ui/shell: imports run main -> ui -> app -> engine -> slideio"},
		{"a test knows what is above", "directions", imports{"engine/zoom/a_test.go": "zoomscope/app"},
			"engine/zoom/a_test.go: engine/zoom -> app: imports run main -> ui -> app -> engine -> slideio"},
		{"everyone knows main", "directions", imports{"engine/a.go": "zoomscope"},
			"engine/a.go: engine -> main: imports run main -> ui -> app -> engine -> slideio"},
		{"a name that only starts alike", "directions", imports{"slideio/a.go": "zoomscope/uist"}, ""},

		{"window within bounds", "window", imports{
			"ui/shell/a.go":      "zoomscope/app zoomscope/app/settings zoomscope/engine/result zoomscope/assets zoomscope/ui/widgets fyne.io/fyne/v2",
			"ui/shell/a_test.go": "zoomscope/packaging/testenv", "app/a.go": "zoomscope/engine/zoom",
		}, ""},
		{"window knows the engine", "window", imports{"ui/panels/a.go": "zoomscope/engine/zoom"},
			"ui/panels/a.go: ui/panels -> engine/zoom: ui may name only ui and app, app/settings, engine/result, assets"},
		{"window knows the command line", "window", imports{"ui/panels/a.go": "zoomscope/app/cli"},
			"ui/panels/a.go: ui/panels -> app/cli: ui may name only ui and app, app/settings, engine/result, assets"},

		{"leaves alone", "leaves", imports{
			"assets/a.go": "embed", "packaging/testenv/a.go": "testing", "engine/a_test.go": "zoomscope/packaging/testenv",
			"slideio/slidetest/a.go": "zoomscope/packaging/testenv", "app/export/a.go": "zoomscope/assets",
			"packaging/check/a_test.go": "zoomscope/packaging/testenv",
		}, ""},
		{"assets import", "leaves", imports{"assets/a.go": "zoomscope/engine/result"},
			"assets/a.go: assets -> engine/result: assets imports nothing of this module"},
		{"test support in the program", "leaves", imports{"main.go": "zoomscope/engine/mil", "engine/mil/a.go": "zoomscope/packaging/testenv"},
			"engine/mil/a.go: main -> engine/mil -> packaging/testenv: packaging serves tests and set-up, not the program"},
		{"engine takes assets", "leaves", imports{"engine/mil/a.go": "zoomscope/assets"},
			"engine/mil/a.go: engine/mil -> assets: assets are handed down as values"},

		{"result alone", "result", imports{"engine/result/a.go": "encoding/json time", "engine/result/a_test.go": "github.com/google/go-cmp/cmp"}, ""},
		{"result with a module", "result", imports{"engine/result/a.go": "github.com/google/uuid"},
			"engine/result/a.go: engine/result -> github.com/google/uuid: engine/result imports the standard library only"},
		{"result with the house", "result", imports{"engine/result/a.go": "zoomscope/slideio"},
			"engine/result/a.go: engine/result -> slideio: engine/result imports the standard library only"},

		{"foreign calls at home", "foreign calls", imports{
			"slideio/internal/openslide/a.go": "github.com/ebitengine/purego", "engine/internal/ort/a.go": "github.com/yalue/onnxruntime_go C",
		}, ""},
		{"cgo abroad", "foreign calls", imports{"slideio/a.go": "C"},
			"slideio/a.go: slideio -> C: foreign calls stand in slideio/internal/openslide and engine/internal/ort alone"},
		{"purego abroad", "foreign calls", imports{"app/a_test.go": "github.com/ebitengine/purego/objc"},
			"app/a_test.go: app -> github.com/ebitengine/purego/objc: foreign calls stand in slideio/internal/openslide and engine/internal/ort alone"},
		{"runtime abroad", "foreign calls", imports{"main.go": "zoomscope/engine/device", "engine/device/a.go": "github.com/yalue/onnxruntime_go"},
			"engine/device/a.go: main -> engine/device -> github.com/yalue/onnxruntime_go: foreign calls stand in slideio/internal/openslide and engine/internal/ort alone"},

		{"no sockets", "sockets", imports{"app/a.go": "net/url net/netip"}, ""},
		{"web", "sockets", imports{"main.go": "zoomscope/app", "app/a.go": "net/http"},
			"app/a.go: main -> app -> net/http: nothing leaves the machine: no sockets are opened"},
		{"web, below", "sockets", imports{"app/a.go": "net/http/httputil"},
			"app/a.go: app -> net/http/httputil: nothing leaves the machine: no sockets are opened"},
		{"bare sockets", "sockets", imports{"app/a.go": "net"},
			"app/a.go: app -> net: nothing leaves the machine: no sockets are opened"},
	}
	for _, test := range tests {
		t.Run(test.rule+"/"+test.name, func(t *testing.T) {
			source := fstest.MapFS{}
			for name, list := range test.files {
				text := "package p\n"
				for _, imported := range strings.Fields(list) {
					text += "import _ \"" + imported + "\"\n"
				}
				source[name] = &fstest.MapFile{Data: []byte(text)}
			}
			checkRule(t, test.rule, source, test.want)
		})
	}
}

// TestRulesOnSource does the same with whole files.
func TestRulesOnSource(t *testing.T) {
	tests := []struct {
		name, rule string
		files      map[string]string
		want       string
	}{
		{"no init", "init", map[string]string{
			"a/a.go": "package a\ntype T int\nfunc (T) init() {}\nfunc initial() {}\n", "a/a_test.go": "package a\nfunc init() {}\n",
		}, ""},
		{"init", "init", map[string]string{"a/a.go": "package a\nfunc init() {}\n"},
			"a/a.go: func init: no work is done in init: main passes values in"},
		{"skipped folders", "init", map[string]string{
			"third_party/a.go": "package a\nfunc init() {}\n", ".x/a.go": "not Go", "a/testdata/a.go": "not Go",
		}, ""},

		{"hops at home", "hops", map[string]string{
			"ui/shell/a.go":       "package shell\nimport \"fyne.io/fyne/v2\"\nfunc f() { fyne.Do(f) }\n",
			"ui/panels/a_test.go": "package panels\nimport \"fyne.io/fyne/v2\"\nfunc f() { fyne.Do(f) }\n",
			"ui/panels/a.go":      "package panels\nimport \"fyne.io/fyne/v2\"\nvar x = fyne.Size{}\n",
		}, ""},
		{"a panel that hops", "hops", map[string]string{
			"ui/panels/a.go": "package panels\nimport \"fyne.io/fyne/v2\"\nfunc f() { fyne.DoAndWait(f) }\n",
		}, "ui/panels/a.go: fyne.DoAndWait: work is handed to the thread that draws in ui/shell and ui/viewer alone"},

		{"one comment", "package comments", map[string]string{
			"a/a.go": "// Package a is one.\npackage a\n", "a/b.go": "// A note.\n\npackage a\n", "a/a_test.go": "// Package a_test too.\npackage a_test\n",
			"main.go": "// Zoomscope is a program.\npackage main\n",
		}, ""},
		{"no comment", "package comments", map[string]string{"a/a.go": "package a\n"},
			"a: no package comment: a package is one idea, with one package comment"},
		{"two comments", "package comments", map[string]string{
			"a/a.go": "// Package a is one.\npackage a\n", "a/b.go": "// Package a is two.\npackage a\n",
		}, "a: package comments in a.go and b.go: a package is one idea, with one package comment"},
		{"a comment of another name", "package comments", map[string]string{"a/a.go": "// Package b is one.\npackage a\n"},
			`a: the package comment in a.go does not start with "Package a ": a package is one idea, with one package comment`},
		{"main without comment", "package comments", map[string]string{"main.go": "package main\n"},
			"main: no package comment: a package is one idea, with one package comment"},
	}
	for _, test := range tests {
		t.Run(test.rule+"/"+test.name, func(t *testing.T) {
			source := fstest.MapFS{}
			for name, text := range test.files {
				source[name] = &fstest.MapFile{Data: []byte(text)}
			}
			checkRule(t, test.rule, source, test.want)
		})
	}
}

func checkRule(t *testing.T, rule string, source fs.FS, want string) {
	t.Helper()
	tree, err := Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	if got := join(rules[rule](tree)); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func join(found []Violation) string {
	var lines []string
	for _, violation := range found {
		lines = append(lines, violation.String())
	}
	return strings.Join(lines, "\n")
}

func TestTopLevel(t *testing.T) {
	tests := []struct {
		name string
		file string
		want string
	}{
		{"allowed", "engine/a.go", ""},
		{"made", "bin/zoomscope", ""},
		{"profile", "cpu.prof", ""},
		{"a folder too many", "cmd/zoomscope/main.go", "cmd"},
		{"a file too many", "notes.txt", "notes.txt"},
		{"a file named as a folder", "engine", "engine"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found, err := TopLevel(fstest.MapFS{"main.go": &fstest.MapFile{}, test.file: &fstest.MapFile{}})
			if err != nil {
				t.Fatal(err)
			}
			var got string
			for _, violation := range found {
				got += violation.Where
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestLinkedSockets(t *testing.T) {
	tests := []struct{ name, list, want string }{
		{"standard library", "zoomscope: os\nos: net\nnet/http: net", ""},
		{"reviewed", "zoomscope: github.com/spf13/pflag\ngithub.com/spf13/pflag: net", ""},
		{"ours", "zoomscope: zoomscope/app\nzoomscope/app: net",
			"zoomscope/app: zoomscope -> zoomscope/app -> net: nothing leaves the machine: a module that could open sockets is reviewed first"},
		{"a module's", "zoomscope: example.com/a os\nexample.com/a: example.com/b\nexample.com/b: net/http",
			"example.com/b: zoomscope -> example.com/a -> example.com/b -> net/http: nothing leaves the machine: a module that could open sockets is reviewed first"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			linked, err := ParseLinked(test.list)
			if err != nil {
				t.Fatal(err)
			}
			if got := join(LinkedSockets(linked)); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	if _, err := Parse(fstest.MapFS{"a/a.go": &fstest.MapFile{Data: []byte("not Go")}}); err == nil {
		t.Error("Parse: no error for a file that is not Go")
	}
	if _, err := ParseLinked("no colon"); err == nil {
		t.Error("ParseLinked: no error for a line without a colon")
	}
}
