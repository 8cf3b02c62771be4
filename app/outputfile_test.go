package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/engine/train"
)

// outputFolder has files a and b, a symbolic and a hard link to a, a folder and a link
// to that.
func outputFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	steps := []error{
		os.WriteFile(at("a"), []byte("a"), 0o644), os.WriteFile(at("b"), []byte("b"), 0o644),
		os.Mkdir(at("folder"), 0o755), os.Link(at("a"), at("hard")),
	}
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"soft": "a", "folderlink": "folder"} {
		if err := os.Symlink(at(to), at(name)); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	return dir
}

func TestCheckOutput(t *testing.T) {
	dir := outputFolder(t)
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for name, c := range map[string]struct {
		out    string
		inputs []string
		names  string // what the error names besides; "" for no error
	}{
		"none":                      {"", []string{at("a"), ""}, ""},
		"another":                   {at("b"), []string{at("a"), ""}, ""},
		"new":                       {at("new"), []string{at("a")}, ""},
		"in a new folder":           {at("new/c"), []string{at("a")}, ""},
		"itself":                    {at("a"), []string{at("b"), at("a")}, at("a")},
		"by another name":           {dir + "/folder/../a", []string{at("a")}, at("a")},
		"by a symbolic link":        {at("soft"), []string{at("a")}, at("a")},
		"a link that is read":       {at("a"), []string{at("soft")}, at("soft")},
		"by a hard link":            {at("hard"), []string{at("a")}, at("a")},
		"both still to be made":     {dir + "/folder/new", []string{at("folder/new")}, at("folder/new")},
		"to be made, behind a link": {at("folderlink/new"), []string{at("folder/new")}, at("folder/new")},
		"a folder":                  {at("folder"), nil, "folder"},
	} {
		t.Run(name, func(t *testing.T) {
			err := CheckOutput(c.out, c.inputs...)
			if c.names == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, ErrOutput) || !strings.HasPrefix(err.Error(), c.out+": ") || !strings.Contains(err.Error(), c.names) {
				t.Errorf("%v does not name %s and %s", err, c.out, c.names)
			}
		})
	}
}

func TestPrepareOutput(t *testing.T) {
	dir := outputFolder(t)
	out := filepath.Join(dir, "new", "deep", "out.csv")
	if err := PrepareOutput(out, filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(filepath.Dir(out)); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
	if err := PrepareOutput(filepath.Join(dir, "a", "out.csv")); err == nil {
		t.Error("a file for a folder")
	}
	if err := PrepareOutput(""); err != nil {
		t.Error(err)
	}
}

func TestPrepareTriageOutput(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	w := New(Config{DataDir: data})
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"w.db", "s.tiff", "old.csv", "p.png", "m.mrxs", "m/Slidedat.ini", "m.safetensors", "data/encoders/e.onnx"} {
		path := at(name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("x"), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(at("s.tiff"), at("link.csv")); err != nil {
		t.Skip(err)
	}
	for name, fine := range map[string]bool{
		"": true, "new.csv": true, "old.csv": true, "new/list.csv": true, "new.tiff": true,
		"w.db": false, "w.db-wal": false, "s.tiff": false, "p.png": false, "link.csv": false, "m/Slidedat.ini": false,
		"m.safetensors": false, "data/encoders/e.onnx": false, "data": false,
	} {
		t.Run(name, func(t *testing.T) {
			out := name
			if out != "" {
				out = at(name)
			}
			err := w.PrepareTriageOutput(out, at("w.db"), EngineOptions{Model: at("m.safetensors")})
			if fine != (err == nil) || !fine && !errors.Is(err, ErrOutput) {
				t.Error(err)
			}
		})
	}
}

func TestRunFiles(t *testing.T) {
	dir := t.TempDir()
	if files := runFiles(dir); files != nil {
		t.Errorf("%q of no run", files)
	}
	if err := os.WriteFile(filepath.Join(dir, train.RunFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := CheckOutput(filepath.Join(dir, "model.safetensors"), runFiles(dir)...); !errors.Is(err, ErrOutput) {
		t.Error(err)
	}
}
