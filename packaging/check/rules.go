package check

import (
	"fmt"
	"go/ast"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// layers go from the top of the house to its bottom; a package may import its own
// layer and those below. The root folder is above them all.
var layers = []string{"ui", "app", "engine", "slideio"}

// leaves import nothing of this module.
var leaves = []string{"assets", "packaging/testenv", "packaging/check"}

// forUI is all that ui may name besides itself.
var forUI = []string{"app", "app/settings", "engine/result", "assets"}

// foreign lists how code that is not Go is called, and foreignHomes where.
var (
	foreign      = []string{"C", "github.com/ebitengine/purego", "github.com/yalue/onnxruntime_go"}
	foreignHomes = []string{"slideio/internal/openslide", "engine/internal/ort"}
)

// sockets are the packages through which a program reaches a network.
var sockets = []string{"net", "net/http", "net/rpc", "net/smtp", "net/textproto", "crypto/tls", "log/syslog", "golang.org/x/net"}

// Directions reports imports against main -> ui -> app -> engine -> slideio, of
// test files too.
func Directions(tree Tree) []Violation {
	return eachImport(tree, func(file File, imported string) string {
		to, inside := folder(imported)
		if !inside {
			return ""
		}
		from, target := level(file.Dir), level(to)
		if from < 0 || target < 0 || from <= target {
			return ""
		}
		return fmt.Sprintf("imports run main -> %s", strings.Join(layers, " -> "))
	})
}

// level is the place of a folder's layer, 0 for the root and -1 for a folder that
// belongs to none.
func level(dir string) int {
	if dir == "" {
		return 0
	}
	i := slices.IndexFunc(layers, func(layer string) bool { return within(dir, layer) })
	if i < 0 {
		return -1
	}
	return i + 1
}

// Window reports what ui names beyond the few packages it may know.
func Window(tree Tree) []Violation {
	return eachImport(tree, func(file File, imported string) string {
		to, inside := folder(imported)
		allowed := within(to, "ui") || slices.Contains(forUI, to) ||
			file.Test && (within(to, "packaging/testenv") || within(to, "app") && testSupport(to))
		if !inside || !within(file.Dir, "ui") || allowed {
			return ""
		}
		return "ui may name only ui and " + strings.Join(forUI, ", ")
	})
}

// Leaves reports what assets and the packages of packaging import of this module,
// who imports assets below app, and who imports packaging outside tests.
func Leaves(tree Tree) []Violation {
	return eachImport(tree, func(file File, imported string) string {
		to, inside := folder(imported)
		switch {
		case !inside:
			return ""
		case matches(file.Dir, leaves) && to != file.Dir && !(file.Test && within(to, "packaging")):
			return display(file.Dir) + " imports nothing of this module"
		case within(to, "packaging") && !within(file.Dir, "packaging") && !file.Test && !testSupport(file.Dir):
			return "packaging serves tests and set-up, not the program"
		case within(to, "assets") && (within(file.Dir, "engine") || within(file.Dir, "slideio")):
			return "assets are handed down as values"
		}
		return ""
	})
}

// testSupport tells whether a folder holds a package for tests alone, such as a
// conformance suite: its name ends in "test".
func testSupport(dir string) bool {
	return strings.HasSuffix(path.Base(dir), "test")
}

// ResultAlone reports what engine/result imports beyond the standard library.
func ResultAlone(tree Tree) []Violation {
	return eachImport(tree, func(file File, imported string) string {
		own, _ := folder(imported)
		if file.Dir != "engine/result" || standard(imported) || file.Test && own == file.Dir {
			return ""
		}
		if file.Test && (own == "packaging/testenv" || strings.HasPrefix(imported, "github.com/google/go-cmp")) {
			return ""
		}
		return "engine/result imports the standard library only"
	})
}

// standard tells whether an import path belongs to the standard library.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".") && first != Module && imported != "C"
}

// Foreign reports calls of foreign code outside its two homes.
func Foreign(tree Tree) []Violation {
	return eachImport(tree, func(file File, imported string) string {
		if !matches(imported, foreign) || matches(file.Dir, foreignHomes) {
			return ""
		}
		return "foreign calls stand in " + strings.Join(foreignHomes, " and ") + " alone"
	})
}

// Sockets reports imports through which the program could reach a network.
func Sockets(tree Tree) []Violation {
	return eachImport(tree, func(file File, imported string) string {
		if !opensSockets(imported) {
			return ""
		}
		return "nothing leaves the machine: no sockets are opened"
	})
}

// opensSockets tells whether a package can open a connection. Below net, only the
// listed packages can: net/url and net/netip just compute, and so does
// golang.org/x/net/html.
func opensSockets(imported string) bool {
	return slices.Contains(sockets, imported) || strings.HasPrefix(imported, "net/http/") ||
		strings.HasPrefix(imported, "net/rpc/") ||
		strings.HasPrefix(imported, "golang.org/x/net/") && !within(imported, "golang.org/x/net/html")
}

// InitFunctions reports init functions outside tests.
func InitFunctions(tree Tree) []Violation {
	var found []Violation
	for _, file := range tree {
		if file.Test {
			continue
		}
		for _, decl := range file.Syntax.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if ok && fn.Recv == nil && fn.Name.Name == "init" {
				found = append(found, Violation{file.Path, "func init", "no work is done in init: main passes values in"})
			}
		}
	}
	return found
}

// hops are the calls that hand work to the thread that draws, and hopHomes where
// they stand.
var (
	hops     = []string{"Do", "DoAndWait"}
	hopHomes = []string{"ui/shell", "ui/viewer"}
)

// Hops reports what reaches for the thread that draws outside its homes: a panel is
// called on that thread, and does not wait in its queue.
func Hops(tree Tree) []Violation {
	var found []Violation
	for _, file := range tree {
		if file.Test || slices.Contains(hopHomes, file.Dir) || !slices.Contains(file.Imports, "fyne.io/fyne/v2") {
			continue
		}
		ast.Inspect(file.Syntax, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if from, ok := call.X.(*ast.Ident); ok && from.Name == "fyne" && slices.Contains(hops, call.Sel.Name) {
				found = append(found, Violation{file.Path, "fyne." + call.Sel.Name, "work is handed to the thread that draws in " +
					strings.Join(hopHomes, " and ") + " alone"})
			}
			return true
		})
	}
	return found
}

// PackageComments reports packages that have no package comment, more than one, or
// one that does not start with "Package" and the name.
func PackageComments(tree Tree) []Violation {
	packages := map[string][]File{}
	for _, file := range tree {
		if name := file.Syntax.Name.Name; !strings.HasSuffix(name, "_test") {
			packages[file.Dir] = append(packages[file.Dir], file)
		}
	}
	var found []Violation
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		if what := commentFault(packages[dir]); what != "" {
			found = append(found, Violation{display(dir), what, "a package is one idea, with one package comment"})
		}
	}
	return found
}

func commentFault(files []File) string {
	var documented []File
	for _, file := range files {
		if file.Syntax.Doc != nil {
			documented = append(documented, file)
		}
	}
	switch len(documented) {
	case 0:
		return "no package comment"
	case 1:
		name := documented[0].Syntax.Name.Name
		if want := "Package " + name + " "; name != "main" && !strings.HasPrefix(documented[0].Syntax.Doc.Text(), want) {
			return fmt.Sprintf("the package comment in %s does not start with %q", path.Base(documented[0].Path), want)
		}
		return ""
	}
	var names []string
	for _, file := range documented {
		names = append(names, path.Base(file.Path))
	}
	return "package comments in " + strings.Join(names, " and ")
}

// top is what may stand at the top of the repository.
var (
	topFolders = []string{"app", "ui", "engine", "slideio", "assets", "packaging", "docs", ".ci"}
	topFiles   = []string{"main.go", "main_test.go", "go.mod", "go.sum", "FyneApp.toml", "README.md", "LICENSE", "Makefile",
		".gitignore", ".gitattributes", ".editorconfig"}
	topMade = []string{".git", "bin", "out", "third_party"}
)

// TopLevel reports what stands at the top of the repository and does not belong
// there. What .gitignore names may stand there too.
func TopLevel(fsys fs.FS) ([]Violation, error) {
	entries, err := fs.ReadDir(fsys, ".")
	var found []Violation
	for _, entry := range entries {
		name, allowed := entry.Name(), topFiles
		if entry.IsDir() {
			allowed = topFolders
		}
		if !slices.Contains(allowed, name) && !slices.Contains(topMade, name) && path.Ext(name) != ".prof" {
			found = append(found, Violation{name, "stands at the top of the repository", "the top level is fixed: " +
				strings.Join(slices.Concat(topFolders, topFiles), " ")})
		}
	}
	return found, err
}

// eachImport applies a rule to every import of every file; the rule answers with
// the reason why an import must not stand there, or "".
func eachImport(tree Tree, rule func(file File, imported string) string) []Violation {
	var found []Violation
	for _, file := range tree {
		for _, imported := range file.Imports {
			if reason := rule(file, imported); reason != "" {
				found = append(found, Violation{file.Path, tree.chain(file.Dir, imported), reason})
			}
		}
	}
	return found
}
