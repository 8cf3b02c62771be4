package worklist

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenTwice(t *testing.T) {
	s := fresh(t)
	_, err := Open(t.Context(), s.Path())
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "process ") {
		t.Errorf("a second program: %v", err)
	}
	ok(t, s.Close())
	reopen(t, s.Path())
}

func TestSettings(t *testing.T) {
	s := fresh(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
		var is string
		ok(t, s.write.QueryRow("PRAGMA "+pragma).Scan(&is))
		if is != want {
			t.Errorf("%s is %s, want %s", pragma, is, want)
		}
	}
	if _, err := s.read.Exec("DELETE FROM cases"); err == nil {
		t.Error("a connection for reading wrote")
	}
}

// What is not a worklist is left alone.
func TestOpenForeign(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.db")
	db := got(connect(other, 1))(t)
	got(db.Exec("CREATE TABLE cases (mine TEXT)"))(t)
	ok(t, db.Close())
	slide := filepath.Join(dir, "slide.svs")
	ok(t, os.WriteFile(slide, bytes.Repeat([]byte("II*\x00"), 100), 0o600))
	short := filepath.Join(dir, "short")
	ok(t, os.WriteFile(short, []byte("hello"), 0o600))
	for _, path := range []string{other, slide, short} {
		before := got(os.ReadFile(path))(t)
		if _, err := Open(t.Context(), path); !errors.Is(err, ErrNotWorklist) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
		if after := got(os.ReadFile(path))(t); path != other && !bytes.Equal(before, after) {
			t.Errorf("%s was changed", path)
		}
	}
}

func TestDamagedIsSetAside(t *testing.T) {
	s, u := stocked(t, 40)
	finish(t, s, u, outcome(u, 0.2, 0.3, 0.5))
	ok(t, s.Close())
	path := s.Path()
	data := got(os.ReadFile(path))(t)
	for i := 3 * 4096; i < len(data)-4096; i++ {
		data[i] ^= 0x5a
	}
	ok(t, os.WriteFile(path, data, 0o600))

	_, err := Open(t.Context(), path)
	var damage *DamagedError
	if !errors.As(err, &damage) || damage.MovedTo == "" || !strings.Contains(err.Error(), damage.MovedTo) {
		t.Fatalf("%v", err)
	}
	if aside := got(os.ReadFile(damage.MovedTo))(t); !bytes.Equal(aside, data) {
		t.Error("the file set aside is not what was there")
	}
	next := reopen(t, path)
	if n := got(next.Count(t.Context(), Query{}))(t); n.Total != 0 {
		t.Errorf("%d cases in a new worklist", n.Total)
	}
	ok(t, next.Check(t.Context()))
}

func TestMigration(t *testing.T) {
	s, u := stocked(t, 3)
	finish(t, s, u, outcome(u, 0.2, 0.3, 0.5))
	path := s.Path()
	ok(t, s.Close())
	layout2 := append(migrations[:len(migrations):len(migrations)], "ALTER TABLE cases ADD COLUMN colour TEXT NOT NULL DEFAULT 'pink'")

	t.Run("that fails", func(t *testing.T) {
		broken := append(layout2[:len(layout2):len(layout2)], "CREATE TABLE cases (twice TEXT)")
		if _, err := open(t.Context(), path, broken); err == nil || errors.As(err, new(*DamagedError)) {
			t.Fatalf("%v", err)
		}
		for _, backup := range backups(t, path) {
			ok(t, os.Remove(backup))
		}
		same := reopen(t, path)
		if n := got(same.Count(t.Context(), Query{Setup: u}))(t); n.States[Done] != 1 || n.Total != 3 {
			t.Errorf("after a migration that failed: %+v", n)
		}
		ok(t, same.Close())
	})
	t.Run("with a backup", func(t *testing.T) {
		next, err := open(t.Context(), path, layout2)
		ok(t, err)
		var colour string
		ok(t, next.read.QueryRow("SELECT colour FROM cases LIMIT 1").Scan(&colour))
		ok(t, next.Close())
		all := backups(t, path)
		if len(all) != 1 || colour != "pink" {
			t.Fatalf("backups %q, colour %q", all, colour)
		}
		old := reopen(t, all[0])
		if n := got(old.Count(t.Context(), Query{Setup: u}))(t); n.States[Done] != 1 || n.Total != 3 {
			t.Errorf("the backup holds %+v", n)
		}
	})
	t.Run("newer than the program", func(t *testing.T) {
		if _, err := Open(t.Context(), path); !errors.Is(err, ErrNewer) {
			t.Errorf("%v", err)
		}
	})
}

func backups(t *testing.T, path string) []string {
	t.Helper()
	return got(filepath.Glob(globQuote(path) + ".v*.backup"))(t)
}

func TestFullDisk(t *testing.T) {
	s, u := stocked(t, 5)
	j := begin(t, s, u)
	var pages int
	ok(t, s.write.QueryRow("PRAGMA page_count").Scan(&pages))
	var limit int
	ok(t, s.write.QueryRow("PRAGMA max_page_count = 1").Scan(&limit)) // SQLite makes it what there is
	o := outcome(u, 0.5, 0.25, 0.25)
	o.Device = strings.Repeat("x", 200_000)
	if err := s.Finish(t.Context(), j, o); !errors.Is(err, ErrFull) {
		t.Fatalf("%v (%d pages, limit %d)", err, pages, limit)
	}
	c := got(s.Get(t.Context(), Query{Setup: u}, j.Case))(t)[0]
	if c.State != Running || c.Opinion != nil {
		t.Errorf("half of it was kept: %+v", c)
	}
	got(s.write.Exec("PRAGMA max_page_count = 1000000"))(t)
	ok(t, s.Finish(t.Context(), j, o))
}

func TestSubscribe(t *testing.T) {
	s, u := stocked(t, 2)
	var heard []Change
	cancel := s.Subscribe(func(c Change) {
		// What changed can be read by then.
		if c.What == RunsChanged && got(s.Get(t.Context(), Query{Setup: u}, c.Cases...))(t)[0].State == Queued {
			t.Error("told before it was so")
		}
		heard = append(heard, c)
	})
	j := finish(t, s, u, outcome(u, 1, 0, 0))
	got(s.Judge(t.Context(), u, j.Case, Verdict{Opinion: Agree}))(t)
	cancel()
	finish(t, s, u, outcome(u, 1, 0, 0))
	if len(heard) != 3 || heard[0].What != RunsChanged || heard[2].What != VerdictsChanged || heard[2].Cases[0] != j.Case {
		t.Errorf("heard %+v", heard)
	}
	wrong := errors.New("wrong")
	s.Subscribe(func(Change) { t.Error("told of what was not done") })
	if err := s.change(t.Context(), Change{}, func(*sql.Tx) error { return wrong }); !errors.Is(err, wrong) {
		t.Error(err)
	}
}

func TestCancelled(t *testing.T) {
	s, u := stocked(t, 2)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Enqueue(ctx, u.ID, "", false); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	ok(t, s.Check(t.Context()))
}
