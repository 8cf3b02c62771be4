package worklist

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// fresh is an empty worklist in a folder of its own.
func fresh(t testing.TB) *Store {
	t.Helper()
	return reopen(t, filepath.Join(t.TempDir(), "a folder", "work #1?.db"))
}

func reopen(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// ok ends the test on an error.
func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// got gives a value or ends the test.
func got[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

var someTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// sighting is a file whose content goes by a word.
func sighting(path, content string) Sighting {
	return Sighting{Path: filepath.FromSlash(path), Content: content, Size: int64(len(content)), Modified: someTime}
}

var threeClasses = Setup{Model: "m", ModelSHA256: "aa", Encoder: "e", EncoderSHA256: "bb", K: []int{4}, Magnifications: []float64{5, 10}, Classes: []string{"normal", "low", "high"}, Trained: true}

// finish does the next run in the queue.
func finish(t testing.TB, s *Store, u Setup, o Outcome) Job {
	t.Helper()
	j := begin(t, s, u)
	ok(t, s.Finish(t.Context(), j, o))
	return j
}

func begin(t testing.TB, s *Store, u Setup) Job {
	t.Helper()
	jobs := got(s.Next(t.Context(), u.ID, "", 1))(t)
	if len(jobs) == 0 {
		t.Fatal("nothing is queued")
	}
	if !got(s.Begin(t.Context(), jobs[0]))(t) {
		t.Fatal("the run was not queued")
	}
	return jobs[0]
}

// outcome is one of three classes.
func outcome(u Setup, p ...float64) Outcome {
	best := 0
	for i := range p {
		if p[i] > p[best] {
			best = i
		}
	}
	return Outcome{Label: u.Classes[best], Probabilities: p, Document: []byte(fmt.Sprintf(`{"p":%v}`, p[0])), Spots: []Spot{{X: 0.5, Y: 0.25, Width: 0.1, Height: 0.1, Attention: 0.7}}}
}

// stocked is a worklist with n queued cases, called s000.svs and so on.
func stocked(t testing.TB, n int) (*Store, Setup) {
	t.Helper()
	s := fresh(t)
	var seen []Sighting
	for i := range n {
		seen = append(seen, sighting(fmt.Sprintf("/slides/%d/s%03d.svs", i%3, i), fmt.Sprintf("content %d", i)))
	}
	got(s.See(t.Context(), seen))(t)
	u := got(s.Use(t.Context(), threeClasses))(t)
	got(s.Enqueue(t.Context(), u.ID, "", false))(t)
	return s, u
}

func names(cases []Case) []string {
	var all []string
	for _, c := range cases {
		all = append(all, c.Name)
	}
	return all
}
