package worklist

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// onList are the names of the cases on the list, in its order.
func onList(t *testing.T, s *Store, u Setup) []string {
	t.Helper()
	return names(got(s.List(t.Context(), Query{Setup: u}))(t))
}

func TestRemoveFolder(t *testing.T) {
	s := fresh(t)
	path := filepath.FromSlash
	for _, f := range []string{"/a", "/a/kept/", "/b", "/ab"} {
		ok(t, s.AddFolder(t.Context(), Folder{Path: path(f), Watch: f == "/b"}))
	}
	got(s.See(t.Context(), []Sighting{
		sighting("/a/1.svs", "one"), sighting("/a/deep/2.svs", "two"), sighting("/a/kept/3.svs", "three"),
		sighting("/b/4.svs", "four"), sighting("/a/twin.svs", "four"), sighting("/ab/5.svs", "five"),
		sighting("/elsewhere/6.svs", "six"), sighting("/a/6.svs", "six"),
	}))(t)
	u := got(s.Use(t.Context(), threeClasses))(t)
	got(s.Enqueue(t.Context(), u.ID, "", false))(t)
	one := got(s.List(t.Context(), Query{Setup: u, Filter: Filter{Text: "1.svs"}}))(t)[0].ID
	got(s.Judge(t.Context(), u, one, Verdict{Reader: "me", Class: "low", Note: "a note"}))(t)

	ok(t, s.RemoveFolder(t.Context(), path("/a")))
	if all := onList(t, s, u); !slices.Equal(all, []string{"3.svs", "4.svs", "5.svs", "6.svs"}) && !slices.Equal(all, []string{"3.svs", "5.svs", "6.svs", "twin.svs"}) {
		t.Errorf("on the list: %q", all)
	}
	if n, _, err := s.Waiting(t.Context(), u.ID, ""); n != 4 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
	if n := got(s.Enqueue(t.Context(), u.ID, "", true))(t); n != 0 {
		t.Errorf("%d queued that are off the list", n)
	}
	if n := got(s.Count(t.Context(), Query{Setup: u}))(t); n.Total != 4 || n.States[Queued] != 4 {
		t.Errorf("%+v", n)
	}
	folders := got(s.Folders(t.Context()))(t)
	if len(folders) != 3 || folders[0].Path != path("/a/kept/") || !folders[2].Watch {
		t.Errorf("%+v", folders)
	}

	for name, again := range map[string]func() error{
		"added again":       func() error { return s.AddFolder(t.Context(), Folder{Path: path("/a")}) },
		"looked at by name": func() error { return s.PutBack(t.Context(), path("/a")) },
		"seen in another folder": func() error {
			_, err := s.See(t.Context(), []Sighting{sighting("/b/moved 1.svs", "one"), sighting("/b/moved 2.svs", "two")})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			ok(t, s.RemoveFolder(t.Context(), path("/a")))
			got(s.write.Exec("DELETE FROM places WHERE path LIKE '%moved%'"))(t)
			got(s.write.Exec("UPDATE cases SET off = 1 WHERE content IN ('one', 'two')"))(t)
			if n := len(onList(t, s, u)); n != 4 {
				t.Fatalf("%d before", n)
			}
			ok(t, again())
			if n := len(onList(t, s, u)); n != 6 {
				t.Errorf("%d on the list", n)
			}
			v := got(s.Get(t.Context(), Query{Setup: u, Reader: "me"}, one))(t)[0].Verdict
			if v == nil || v.Class != "low" || v.Note != "a note" {
				t.Errorf("verdict %+v", v)
			}
		})
	}
}

func TestFailuresOfAKind(t *testing.T) {
	s, u := stocked(t, 6)
	for i := range 6 {
		j := begin(t, s, u)
		ok(t, s.Fail(t.Context(), j, Cause{Kind: []string{"size", "damage"}[i%2], Text: "why"}))
	}
	q := Query{Setup: u, Filter: Filter{Kind: "size", Folder: filepath.FromSlash("/slides/0")}}
	all := got(s.List(t.Context(), q))(t)
	if len(all) != 1 || all[0].Kind != "size" || all[0].State != Failed {
		t.Fatalf("%+v", all)
	}
	ok(t, s.Retry(t.Context(), u.ID, all[0].ID))
	c := got(s.Get(t.Context(), q, all[0].ID))(t)[0]
	if c.State != Queued || c.Reason != "" || c.Kind != "" {
		t.Errorf("after a retry: %+v", c)
	}
	j := begin(t, s, u)
	ok(t, s.Postpone(t.Context(), j, Cause{Kind: "missing", Text: "gone"}, 0))
	if c := got(s.Get(t.Context(), q, j.Case))(t)[0]; c.Kind != "missing" || c.Reason != "gone" {
		t.Errorf("%+v", c)
	}
}

func TestNotesWithoutVerdicts(t *testing.T) {
	s, u := stocked(t, 2)
	j := finish(t, s, u, outcome(u, 0, 1, 0))
	q := Query{Setup: u, Reader: "me"}
	at := func(q Query) Case { return got(s.Get(t.Context(), q, j.Case))(t)[0] }
	ok(t, s.SetNote(t.Context(), "me", j.Case, "first"))
	ok(t, s.SetNote(t.Context(), "me", j.Case, "look again"))
	ok(t, s.SetNote(t.Context(), "you", j.Case, "mine"))
	if c := at(q); c.Note != "look again" || c.Verdict != nil {
		t.Errorf("%+v", c)
	}
	if n := got(s.Count(t.Context(), q))(t); n.Read != 0 || n.Total != 2 {
		t.Errorf("a note is no verdict: %+v", n)
	}
	path := s.Path()
	ok(t, s.Close())
	s = reopen(t, path)
	if c := at(q); c.Note != "look again" {
		t.Errorf("after a new start: %q", c.Note)
	}
	got(s.Judge(t.Context(), u, j.Case, Verdict{Reader: "me", Opinion: Agree, Note: "with the verdict"}))(t)
	if c := at(q); c.Note != "" || c.Verdict.Note != "with the verdict" {
		t.Errorf("%+v", c)
	}
	ok(t, s.SetNote(t.Context(), "me", j.Case, "after the verdict"))
	if c := at(q); c.Note != "" || c.Verdict.Note != "after the verdict" || c.Verdict.Opinion != Agree {
		t.Errorf("%+v", c)
	}
	if all := got(s.Verdicts(t.Context(), j.Case))(t); len(all) != 1 {
		t.Errorf("a note is another verdict: %+v", all)
	}
	ok(t, s.Withdraw(t.Context(), "me", j.Case))
	ok(t, s.Withdraw(t.Context(), "me", j.Case))
	if c := at(q); c.Note != "after the verdict" || c.Verdict != nil {
		t.Errorf("withdrawn: %+v", c)
	}
	ok(t, s.SetNote(t.Context(), "me", j.Case, ""))
	other := q
	other.Reader = "you"
	if c, o := at(q), at(other); c.Note != "" || o.Note != "mine" {
		t.Errorf("%q, the other's %q", c.Note, o.Note)
	}
	if err := s.SetNote(t.Context(), "me", 9999, "on no case"); err == nil {
		t.Error("a note on no case")
	}
}

// TestFirstLayout opens a file of the first layout: nothing is lost.
func TestFirstLayout(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	db := got(connect(path, 1))(t)
	for _, line := range []string{
		migrations[0], fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = 1", applicationID),
		"INSERT INTO cases (id, content, name, added) VALUES (7, 'c', 'old.svs', 1)",
		"INSERT INTO places (path, case_id, size, modified) VALUES ('/old/old.svs', 7, 1, 1)",
		"INSERT INTO setups (id, key, description, used) VALUES (3, 'k', '{}', 1)",
		"INSERT INTO runs (case_id, setup_id, stated, state, reason, changed) VALUES (7, 3, 0, 'failed', 'why', 1)",
		"INSERT INTO verdicts (case_id, setup_id, reader, opinion, class, note, blinded, time) VALUES (7, 3, 'me', 'unsure', '', 'n', 0, 1)",
	} {
		got(db.Exec(line))(t)
	}
	ok(t, db.Close())
	s := reopen(t, path)
	c := got(s.List(t.Context(), Query{Setup: Setup{ID: 3}, Reader: "me"}))(t)
	if len(c) != 1 || c[0].State != Failed || c[0].Reason != "why" || c[0].Kind != "" || c[0].Verdict.Note != "n" {
		t.Errorf("%+v", c)
	}
	if n := len(backups(t, path)); n != 1 {
		t.Errorf("%d backups", n)
	}
	ok(t, s.Check(t.Context()))
}

// TestFill holds what is filled in at once against what is kept one by one.
func TestFill(t *testing.T) {
	usual, u := stocked(t, 4)
	filled := fresh(t)
	same := got(filled.Use(t.Context(), threeClasses))(t)
	probabilities := [][]float64{{0.2, 0.3, 0.5}, {1, 0, 0}, {0, 0.6, 0.4}, {0.3, 0.4, 0.3}}
	of := func(i int) Outcome {
		o := outcome(u, probabilities[i]...)
		o.Warnings = []string{"one", "two"}[:i%3]
		return o
	}
	for i := range 4 {
		finish(t, usual, u, of(i))
		c := got(usual.List(t.Context(), Query{Setup: u, Filter: Filter{Text: fmt.Sprintf("s%03d", i)}}))(t)[0]
		ok(t, usual.SetPicture(t.Context(), c.ID, Picture{Width: 2, Height: 1, Data: []byte{1}}))
	}
	ok(t, filled.Fill(t.Context(), same.ID, 4, func(i int) Filling {
		return Filling{
			Sighting: sighting(fmt.Sprintf("/slides/%d/s%03d.svs", i%3, i), fmt.Sprintf("content %d", i)),
			Outcome:  of(i), Picture: Picture{Width: 2, Height: 1, Data: []byte{1}},
		}
	}))
	list := func(s *Store, q Query) []Case {
		all := got(s.List(t.Context(), q))(t)
		for i := range all {
			all[i].Added, all[i].Changed = time.Time{}, time.Time{}
		}
		return all
	}
	for _, by := range []Sort{{}, {By: ByUncertainty}, {By: ByProbability, Class: "low"}, {By: ByWarnings}} {
		if d := cmp.Diff(list(usual, Query{Setup: u, Sort: by}), list(filled, Query{Setup: same, Sort: by})); d != "" {
			t.Errorf("%v: %s", by, d)
		}
	}
	run := list(filled, Query{Setup: same})[2].Run
	if doc := got(filled.Document(t.Context(), run))(t); string(doc) != `{"p":0}` {
		t.Errorf("document %s", doc)
	}
	if warnings := got(filled.Warnings(t.Context(), run))(t); len(warnings) != 2 {
		t.Errorf("warnings %q", warnings)
	}
	ok(t, filled.Check(t.Context()))
}
