package encoder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func add(t *testing.T, s Store, specs ...*Spec) {
	t.Helper()
	for _, spec := range specs {
		if err := s.Add(spec); err != nil {
			t.Fatal(err)
		}
	}
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestStoreFinds(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), "not", "there", "yet")}
	if cards, err := s.List(); len(cards) != 0 || err != nil {
		t.Errorf("a folder that is missing lists %v, %v", cards, err)
	}
	if _, err := s.Find("b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
	a, b := tinySpec(t, "a", 1), tinySpec(t, "b", 2)
	add(t, s, b, a, b)
	cards, err := s.List()
	if err != nil || !slices.Equal(cards, []Card{a.Card(), b.Card()}) {
		t.Errorf("list is %v, %v", cards, err)
	}
	digest := b.Card().SHA256
	for _, ref := range []string{"b", digest, digest[:minDigest], strings.ToUpper(digest[:20])} {
		if got, err := s.Find(ref); err != nil || got.Card() != b.Card() || string(got.ONNX()) != string(b.ONNX()) {
			t.Errorf("%q finds %v", ref, err)
		}
	}
	for _, ref := range []string{"", "c", "B", digest[:minDigest-1], digest + "0", "../" + files(t, s.Dir)[0]} {
		_, err := s.Find(ref)
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v is not fs.ErrNotExist", ref, err)
		}
	}
	_, err = s.Find("c")
	wantError(t, err, `"c"`, s.Dir)
}

func TestStoreNameTaken(t *testing.T) {
	s := Store{t.TempDir()}
	one, two := tinySpec(t, "same", 1), tinySpec(t, "same", 2)
	add(t, s, one, two)
	_, err := s.Find("same")
	wantError(t, err, one.Card().SHA256[:12], two.Card().SHA256[:12])
	if errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is fs.ErrNotExist", err)
	}
	if got, err := s.Find(two.Card().SHA256[:12]); err != nil || got.Card() != two.Card() {
		t.Errorf("by digest: %v", err)
	}
}

// TestStoreCopies: a copy of a file in the folder is the same encoder.
func TestStoreCopies(t *testing.T) {
	s := Store{t.TempDir()}
	spec := tinySpec(t, "one", 1)
	add(t, s, spec)
	if err := spec.Save(filepath.Join(s.Dir, "copy of it.onnx")); err != nil {
		t.Fatal(err)
	}
	if cards, err := s.List(); err != nil || !slices.Equal(cards, []Card{spec.Card()}) {
		t.Errorf("list is %v, %v", cards, err)
	}
	if got, err := s.Find("one"); err != nil || got.Card() != spec.Card() {
		t.Errorf("by name: %v", err)
	}
}

func TestStoreDamaged(t *testing.T) {
	s := Store{t.TempDir()}
	good, bad := tinySpec(t, "good", 1), tinySpec(t, "bad", 2)
	add(t, s, good, bad)
	damaged := filepath.Join(s.Dir, fileName(bad.Card()))
	if err := os.WriteFile(damaged, bad.ONNX()[:200], 0o644); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"empty.onnx": "", "other.onnx": string(colourMeans(t, 1)), "notes.txt": "not looked at"} {
		if err := os.WriteFile(filepath.Join(s.Dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(s.Dir, "folder.onnx"), 0o755); err != nil {
		t.Fatal(err)
	}
	cards, err := s.List()
	if !slices.Equal(cards, []Card{good.Card()}) {
		t.Errorf("list is %v", cards)
	}
	wantError(t, err, damaged, "empty.onnx", "other.onnx", "no card")
	if !errors.Is(err, ErrNotEncoder) || strings.Contains(err.Error(), "notes.txt") || strings.Contains(err.Error(), "folder.onnx") {
		t.Errorf("error %v", err)
	}
	if _, err := s.Find("good"); err != nil {
		t.Errorf("beside damaged files: %v", err)
	}
	_, err = s.Find("bad")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
	wantError(t, err, damaged) // which may have been it
	add(t, s, bad)
	if _, err := s.Find("bad"); err != nil {
		t.Errorf("after it was added again: %v", err)
	}
}

// TestStoreNames: whatever the name, the file lies in the folder and the
// encoder is found.
func TestStoreNames(t *testing.T) {
	for _, name := range []string{
		"../../up", "/absolute", `back\slash`, "..", ".", ".hidden", "a/b/c", "colon:name", "Größe 40×", "日本語", "a b", "NUL", "con.onnx", "*?<>|\"'$(x)", strings.Repeat("w", maxName),
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			s := Store{filepath.Join(parent, "in", "here")}
			spec := tinySpec(t, name, 1)
			add(t, s, spec)
			if got := files(t, parent); !slices.Equal(got, []string{"in"}) {
				t.Errorf("files outside: %q", got)
			}
			got := files(t, s.Dir)
			if len(got) != 1 || strings.HasPrefix(got[0], ".") || strings.ContainsAny(got[0], `/\:*?<>|"' `) {
				t.Errorf("the file is %q", got)
			}
			if found, err := s.Find(name); err != nil || found.Card() != spec.Card() {
				t.Errorf("not found: %v", err)
			}
		})
	}
}

func TestStoreUnwritable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s := Store{path}
	if err := s.Add(tinySpec(t, "a", 1)); err == nil {
		t.Error("added to a file")
	} else {
		wantError(t, err, path)
	}
	if _, err := s.List(); err == nil {
		t.Error("listed a file")
	}
}
