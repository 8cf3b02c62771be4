// Package check holds the rules of the house as functions over the source tree, and
// the tests that apply them to this repository: which package may import which,
// where foreign code is called, what the program never imports. A test that fails
// names the file, the chain of imports and the reason.
package check

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Module is the module path; the import path of a folder is Module + "/" + folder.
const Module = "zoomscope"

// File is one parsed Go file.
type File struct {
	Path    string   // from the repository root, with slashes
	Dir     string   // its folder; "" is the root
	Test    bool     // whether it is a _test.go file
	Imports []string // import paths, as written
	Syntax  *ast.File
}

// Tree is the Go source of a repository, files in order of path.
type Tree []File

// Violation is one place that breaks a rule.
type Violation struct {
	Where  string // a file or folder, from the repository root
	What   string // what stands there; for imports, the chain that leads to it
	Reason string // why it must not
}

// String gives the violation in one line.
func (v Violation) String() string {
	return fmt.Sprintf("%s: %s: %s", v.Where, v.What, v.Reason)
}

// Parse reads every Go file under fsys but for hidden folders, testdata, and what
// is built or fetched (bin, out, third_party).
func Parse(fsys fs.FS) (Tree, error) {
	var tree Tree
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return skipFolder(name)
		case path.Ext(name) != ".go":
			return nil
		}
		file, err := parse(fsys, name)
		tree = append(tree, file)
		return err
	})
	slices.SortFunc(tree, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return tree, err
}

func skipFolder(name string) error {
	base := path.Base(name)
	switch {
	case name == ".":
		return nil
	case strings.HasPrefix(base, "."), base == "testdata", name == "bin", name == "out", name == "third_party":
		return fs.SkipDir
	}
	return nil
}

func parse(fsys fs.FS, name string) (File, error) {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return File{}, err
	}
	syntax, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return File{}, err
	}
	file := File{Path: name, Dir: path.Dir(name), Test: strings.HasSuffix(name, "_test.go"), Syntax: syntax}
	if file.Dir == "." {
		file.Dir = ""
	}
	for _, spec := range syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return File{}, fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		file.Imports = append(file.Imports, imported)
	}
	return file, nil
}

// folder gives the folder of an import path inside this module.
func folder(imported string) (dir string, inside bool) {
	if imported == Module {
		return "", true
	}
	return strings.CutPrefix(imported, Module+"/")
}

// within tells whether dir is parent or stands below it.
func within(dir, parent string) bool {
	return dir == parent || strings.HasPrefix(dir, parent+"/")
}

// matches tells whether an import path is one of the list or stands below one.
func matches(imported string, list []string) bool {
	return slices.ContainsFunc(list, func(entry string) bool { return within(imported, entry) })
}

// chain gives the shortest way by which the program comes to import what a file of
// dir imports, as "main -> app -> engine/zoom -> net"; where main does not reach
// dir, the chain starts at dir.
func (t Tree) chain(dir, imported string) string {
	ways := map[string][]string{"": {"main"}}
	queue := []string{""}
	for len(queue) > 0 && ways[dir] == nil {
		from := queue[0]
		queue = queue[1:]
		for _, to := range t.importsOf(from) {
			if ways[to] == nil {
				ways[to] = append(slices.Clone(ways[from]), to)
				queue = append(queue, to)
			}
		}
	}
	way := ways[dir]
	if way == nil {
		way = []string{display(dir)}
	}
	if to, inside := folder(imported); inside {
		imported = display(to)
	}
	return strings.Join(append(slices.Clone(way), imported), " -> ")
}

// importsOf lists the folders of this module that the program's files in dir import.
func (t Tree) importsOf(dir string) []string {
	var dirs []string
	for _, file := range t {
		if file.Dir != dir || file.Test {
			continue
		}
		for _, imported := range file.Imports {
			if to, inside := folder(imported); inside {
				dirs = append(dirs, to)
			}
		}
	}
	return dirs
}

func display(dir string) string {
	return cmp.Or(dir, "main")
}
