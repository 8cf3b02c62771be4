package logfile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func open(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestLogGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "log.txt")
	for _, line := range []string{"one\n", "two\n"} {
		f := open(t, path)
		if _, err := f.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := Tail(path, 100); err != nil || text != "one\ntwo\n" {
		t.Errorf("%q, error %v", text, err)
	}
	f := open(t, path)
	f.Close()
	if _, err := f.Write([]byte("x")); err == nil {
		t.Error("written to after Close")
	}
}

// TestLogIsBounded writes more than two logs hold, from several goroutines: the last
// lines are all there, in two files of bounded size.
func TestLogIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.txt")
	f := open(t, path)
	const writers, lines, length = 4, 80, 20_000
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range lines {
				line := fmt.Sprintf("%d %d %s\n", w, i, strings.Repeat("x", length))
				if n, err := f.Write([]byte(line)); err != nil || n != len(line) {
					t.Errorf("%d bytes, error %v", n, err)
				}
			}
		})
	}
	all.Wait()
	for w := range writers { // in turn, so that none of these is long ago
		if _, err := fmt.Fprintf(f, "%d ends\n", w); err != nil {
			t.Error(err)
		}
	}
	var both []byte
	for _, p := range []string{path + ".old", path} {
		text, err := os.ReadFile(p)
		if err != nil || len(text) > maxSize {
			t.Errorf("%s: %d bytes, error %v", p, len(text), err)
		}
		both = append(both, text...)
	}
	for w := range writers {
		if last := fmt.Sprintf("\n%d ends\n", w); !bytes.Contains(both, []byte(last)) {
			t.Errorf("%q is lost", last)
		}
	}
}

func TestLogThatCannotBe(t *testing.T) {
	if f, err := Open(t.TempDir()); err == nil {
		f.Close()
		t.Error("a folder is a log")
	}
}

func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.txt")
	if err := os.WriteFile(path, []byte("first\nsecond\nthird\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int64]string{100: "first\nsecond\nthird\n", 19: "first\nsecond\nthird\n", 15: "second\nthird\n", 7: "third\n", 3: ""} {
		if got, err := Tail(path, n); err != nil || got != want {
			t.Errorf("%d bytes: %q, error %v", n, got, err)
		}
	}
	if _, err := Tail(path+"none", 5); err == nil {
		t.Error("a tail of nothing")
	}
}
