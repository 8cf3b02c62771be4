package settings

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func place(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "folder", "settings.json")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

func TestStoreRemembers(t *testing.T) {
	path := place(t)
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(func(s *Settings) {
		s.Theme, s.Overlay.Opacity = "light", 0.25
		s.AddRecent("/slides/ä.svs")
		s.SetScanner("one", 0.2)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	got := again.Get()
	if got.Theme != "light" || got.Overlay.Opacity != 0.25 || got.Recent[0] != "/slides/ä.svs" || got.Scanners["one"] != 0.2 {
		t.Errorf("%+v", got)
	}
	got.Recent[0], got.Scanners["one"] = "other", 9
	if kept := again.Get(); kept.Recent[0] == "other" || kept.Scanners["one"] == 9 {
		t.Error("Get gives more than a copy")
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// TestStoreGathers: a slider that is dragged for two seconds is a few writes.
func TestStoreGathers(t *testing.T) {
	path := place(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		writes, last := 0, ""
		for i := range 120 {
			if err := s.Update(func(s *Settings) { s.Overlay.Opacity = float64(i) / 120 }); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second / 60)
			synctest.Wait()
			if now := text(t, path); now != last {
				writes, last = writes+1, now
			}
		}
		if writes < 2 || writes > 5 {
			t.Errorf("%d writes", writes)
		}
		time.Sleep(2 * settle)
		synctest.Wait()
		if again, err := Open(path); err != nil || again.Get().Overlay.Opacity != 119.0/120 {
			t.Errorf("the last change was not written: %+v, error %v", again.Get().Overlay, err)
		}
	})
}

func TestStoreOfANewerVersion(t *testing.T) {
	path, newer := place(t), `{"version": 99, "theme": "dark"}`
	write(t, path, newer)
	s, err := Open(path)
	if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), path) {
		t.Fatalf("error %v", err)
	}
	if err := s.Update(func(s *Settings) { s.Theme = "light" }); !errors.Is(err, ErrNewer) {
		t.Errorf("error %v", err)
	}
	if err := s.Close(); err != nil || text(t, path) != newer || s.Get().Theme != "light" {
		t.Errorf("file %s, theme %s, error %v", text(t, path), s.Get().Theme, err)
	}
}

func TestStoreOfDamage(t *testing.T) {
	for name, damaged := range map[string]string{
		"cut off":   `{"version": 1, "the`,
		"empty":     "",
		"too large": `{"version": 1, "theme": "` + strings.Repeat("x", maxFile) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			path := place(t)
			write(t, path, damaged)
			s, err := Open(path)
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Fatalf("error %v", err)
			}
			if text(t, path+".damaged") != damaged || text(t, path) != "" {
				t.Error("it was not put aside")
			}
			if err := s.Update(func(s *Settings) { s.Theme = "dark" }); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil || !strings.Contains(text(t, path), `"dark"`) {
				t.Errorf("file %s, error %v", text(t, path), err)
			}
		})
	}
}

// TestStoreThatCannotBeRead: a folder where the file should be.
func TestStoreThatCannotBeRead(t *testing.T) {
	path := place(t)
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path)
	if err == nil || s.Get().Theme != "system" {
		t.Errorf("%+v, error %v", s.Get(), err)
	}
	if err := s.Update(func(*Settings) {}); err == nil {
		t.Error("a change that is not kept is not told")
	}
}

// TestStoreTellsOfFailedWrites once, and tries again.
func TestStoreTellsOfFailedWrites(t *testing.T) {
	path := place(t)
	write(t, filepath.Dir(path), "") // a file stands where the folder should
	synctest.Test(t, func(t *testing.T) {
		s := &Store{path: path, now: Defaults()}
		dark := func(s *Settings) { s.Theme = "dark" }
		if err := s.Update(dark); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * settle)
		synctest.Wait()
		if err := s.Update(dark); err == nil {
			t.Error("nothing was told")
		}
		if err := s.Update(dark); err != nil {
			t.Errorf("told twice: %v", err)
		}
		if err := os.Remove(filepath.Dir(path)); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil || !strings.Contains(text(t, path), `"dark"`) {
			t.Errorf("file %s, error %v", text(t, path), err)
		}
	})
}

func TestStoreAtOnce(t *testing.T) {
	path := place(t)
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var users sync.WaitGroup
	for range 8 {
		users.Go(func() {
			for range 50 {
				if err := s.Update(func(s *Settings) { s.Threads++ }); err != nil {
					t.Error(err)
				}
				s.Get()
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	users.Wait()
	if again, err := Open(path); err != nil || again.Get().Threads != 400 {
		t.Errorf("%d, error %v", again.Get().Threads, err)
	}
}
