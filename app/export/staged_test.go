package export

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zoomscope/engine/result"
)

// contents are the files below a folder with what they hold.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[strings.TrimPrefix(path, dir)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestEverythingClearsWhatWasAbandoned finds the new files of runs that were killed,
// long ago and just now.
func TestEverythingClearsWhatWasAbandoned(t *testing.T) {
	r, reader := small(t)
	dir := t.TempDir()
	long, now := filepath.Join(dir, ".zoomscope-new-1"), filepath.Join(dir, ".zoomscope-new-2")
	for _, part := range []string{long, now} {
		if err := os.MkdirAll(filepath.Join(part, "patches"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * abandoned)
	if err := os.Chtimes(long, old, old); err != nil {
		t.Fatal(err)
	}
	if _, err := Everything(t.Context(), dir, r, reader, quick(), nil); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, stagePattern))
	if err != nil || !slices.Equal(left, []string{now}) {
		t.Errorf("%q is left, error %v", left, err)
	}
}

// TestInstall replaces older files; where one cannot be, all stay as they were.
func TestInstall(t *testing.T) {
	begin := func(t *testing.T) (*staged, []string) {
		t.Helper()
		dir := t.TempDir()
		put(t, filepath.Join(dir, ResultFile), "old result")
		put(t, filepath.Join(dir, "attention-5x.png"), "old picture")
		put(t, filepath.Join(dir, "a.csv"), "old table")
		put(t, filepath.Join(dir, "mine.txt"), "the user's")
		s, err := stage(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.drop)
		written := []string{filepath.Join(s.part, "sub", "b.csv"), filepath.Join(s.part, "a.csv"), filepath.Join(s.part, ResultFile)}
		for _, path := range written {
			put(t, path, "new")
		}
		return s, written
	}
	patterns := []string{ResultFile, "attention-*x.png"}
	t.Run("all", func(t *testing.T) {
		s, written := begin(t)
		there, err := s.install(written, patterns...)
		s.drop()
		got := contents(t, s.dir)
		if err != nil || len(there) != 3 || there[2] != filepath.Join(s.dir, ResultFile) || len(got) != 4 ||
			got["/a.csv"] != "new" || got["/sub/b.csv"] != "new" || got["/"+ResultFile] != "new" || got["/mine.txt"] != "the user's" {
			t.Errorf("%q, %q, error %v", there, got, err)
		}
	})
	stays := func(t *testing.T, s *staged, written []string, name string) {
		t.Helper()
		_, err := s.install(written, patterns...)
		s.drop()
		got := contents(t, s.dir)
		if err == nil || !strings.Contains(err.Error(), filepath.Join(s.dir, name)) || strings.Contains(err.Error(), s.part) {
			t.Errorf("error %v does not name %s", err, name)
		}
		if got["/"+ResultFile] != "old result" || got["/attention-5x.png"] != "old picture" || got["/mine.txt"] != "the user's" {
			t.Errorf("left is %q", got)
		}
	}
	t.Run("a folder in the way", func(t *testing.T) {
		s, written := begin(t)
		if err := os.Remove(filepath.Join(s.dir, "a.csv")); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(s.dir, "a.csv", "x"), "the user's")
		stays(t, s, written, "a.csv")
	})
	t.Run("one that cannot be moved", func(t *testing.T) {
		s, written := begin(t)
		if err := os.Remove(written[1]); err != nil {
			t.Fatal(err)
		}
		stays(t, s, written, "a.csv")
		if got := contents(t, s.dir)["/a.csv"]; got != "old table" {
			t.Errorf("a.csv holds %q", got)
		}
	})
}

// TestPatchesBrokenOff ends the writing of patches: those that were there stay, and a
// folder that was not is not left empty.
func TestPatchesBrokenOff(t *testing.T) {
	r, reader := small(t)
	ov, err := ReadOverview(t.Context(), reader, r.Slide, 100)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "patches")
	broken := func() {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		_, err := WritePatches(ctx, dir, reader, r, ov, PatchOptions{Top: 2, Progress: func(result.Progress) { cancel() }})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	}
	broken()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty folder is left: %v", err)
	}
	files, err := WritePatches(t.Context(), dir, reader, r, ov, PatchOptions{Top: 2})
	if err != nil {
		t.Fatal(err)
	}
	broken()
	if n := tree(t, dir); n != len(files) || n == 0 {
		t.Errorf("%d of %d files are left", n, len(files))
	}
}
