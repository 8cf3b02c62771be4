package worklist

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOnce(t *testing.T) {
	s, u := stocked(t, 3)
	j := finish(t, s, u, outcome(u, 0.2, 0.3, 0.5))
	for name, again := range map[string]func() error{
		"finish":   func() error { return s.Finish(t.Context(), j, outcome(u, 1, 0, 0)) },
		"fail":     func() error { return s.Fail(t.Context(), j, Cause{Text: "why"}) },
		"postpone": func() error { return s.Postpone(t.Context(), j, Cause{Text: "why"}, 0) },
		"release":  func() error { return s.Release(t.Context(), j) },
	} {
		if err := again(); !errors.Is(err, ErrNotRunning) {
			t.Errorf("%s what is done: %v", name, err)
		}
	}
	if taken, err := s.Begin(t.Context(), j); taken || err != nil {
		t.Errorf("begun again: %v, %v", taken, err)
	}
	if n := got(s.Enqueue(t.Context(), u.ID, "", true))(t); n != 0 {
		t.Errorf("%d queued again", n)
	}
	if doc := got(s.Document(t.Context(), j.Run))(t); string(doc) != `{"p":0.2}` {
		t.Errorf("document %s", doc)
	}
	if states := history(t, s, j.Run); !slices.Equal(states, []State{Queued, Running, Done}) {
		t.Errorf("history %v", states)
	}
}

func history(t *testing.T, s *Store, run int64) []State {
	t.Helper()
	var all []State
	for _, step := range got(s.History(t.Context(), run))(t) {
		all = append(all, step.State)
	}
	return all
}

func TestModelVersions(t *testing.T) {
	s, u := stocked(t, 2)
	j := finish(t, s, u, outcome(u, 0.2, 0.3, 0.5))
	next := threeClasses
	next.ModelSHA256 = "cc"
	next = got(s.Use(t.Context(), next))(t)
	renamed := threeClasses
	renamed.Model = "another name"
	if same := got(s.Use(t.Context(), renamed))(t); same.ID != u.ID || next.ID == u.ID {
		t.Errorf("setups %d, %d, renamed %d", u.ID, next.ID, same.ID)
	}
	if n := got(s.Enqueue(t.Context(), next.ID, "", false))(t); n != 2 {
		t.Errorf("%d queued for a new model", n)
	}
	finish(t, s, next, outcome(u, 1, 0, 0))
	old := got(s.Get(t.Context(), Query{Setup: u}, j.Case))(t)[0]
	if old.Opinion == nil || old.Opinion.Label != "high" {
		t.Errorf("the old result is gone: %+v", old)
	}
	all := got(s.Setups(t.Context()))(t)
	if len(all) != 2 || !slices.ContainsFunc(all, func(x Setup) bool { return x.Model == "another name" && slices.Equal(x.Classes, u.Classes) }) {
		t.Errorf("setups %+v", all)
	}
}

// A stated magnification is another run; the first one's result comes back with it.
func TestStatedMagnification(t *testing.T) {
	s, u := stocked(t, 1)
	j := finish(t, s, u, outcome(u, 0.2, 0.3, 0.5))
	ok(t, s.StateMagnification(t.Context(), 20, j.Case))
	state := func() State { return got(s.Get(t.Context(), Query{Setup: u}, j.Case))(t)[0].State }
	if state() != Unqueued {
		t.Errorf("state %q", state())
	}
	got(s.Enqueue(t.Context(), u.ID, "", false))(t)
	if again := finish(t, s, u, outcome(u, 1, 0, 0)); again.Stated != 20 || again.Run == j.Run {
		t.Errorf("%+v", again)
	}
	ok(t, s.StateMagnificationUnder(t.Context(), 0, "/slides"))
	if c := got(s.Get(t.Context(), Query{Setup: u}, j.Case))(t)[0]; c.Run != j.Run || c.Opinion.Label != "high" {
		t.Errorf("%+v", c)
	}
}

func TestQueueOrder(t *testing.T) {
	s, u := stocked(t, 5)
	next := func() []string {
		var all []string
		for _, j := range got(s.Next(t.Context(), u.ID, "", 10))(t) {
			all = append(all, j.Content[len("content "):])
		}
		return all
	}
	jobs := got(s.Next(t.Context(), u.ID, "", 10))(t)
	ok(t, s.SetPriority(t.Context(), 2, jobs[3].Case))
	if want := []string{"3", "0", "1", "2", "4"}; !slices.Equal(next(), want) {
		t.Errorf("order %v, want %v", next(), want)
	}
	inFolder := got(s.Next(t.Context(), u.ID, "/slides/1", 10))(t)
	if len(inFolder) != 2 {
		t.Errorf("%+v in the folder", inFolder)
	}
	begin(t, s, u) // of content 3
	begin(t, s, u) // of content 0
	path := s.Path()
	ok(t, s.Close())
	s = reopen(t, path)
	if want := []string{"3", "1", "2", "4", "0"}; !slices.Equal(next(), want) {
		t.Errorf("order after an interruption %v, want %v", next(), want)
	}
	c := got(s.Get(t.Context(), Query{Setup: u}, jobs[0].Case))(t)[0]
	if c.State != Queued || c.Interrupted != 1 || c.Tries != 1 || c.Reason == "" {
		t.Errorf("interrupted: %+v", c)
	}
}

func TestPostpone(t *testing.T) {
	s, u := stocked(t, 1)
	clock := someTime
	s.now = func() time.Time { return clock }
	j := begin(t, s, u)
	ok(t, s.Postpone(t.Context(), j, Cause{Text: "the folder is out of reach"}, time.Minute))
	n, wait, err := s.Waiting(t.Context(), u.ID, "")
	if n != 1 || wait != time.Minute || err != nil || len(got(s.Next(t.Context(), u.ID, "", 1))(t)) != 0 {
		t.Errorf("%d wait for %v, %v", n, wait, err)
	}
	for name, at := range map[string]time.Time{"after the wait": clock.Add(time.Minute), "the clock was set back": clock.AddDate(-1, 0, 0)} {
		s.now = func() time.Time { return at }
		jobs := got(s.Next(t.Context(), u.ID, "", 1))(t)
		if _, wait, _ := s.Waiting(t.Context(), u.ID, ""); len(jobs) != 1 || jobs[0].Postponed != 1 || wait != 0 {
			t.Errorf("%s: %+v, wait %v", name, jobs, wait)
		}
	}
	s.now = func() time.Time { return clock }
	path := s.Path()
	ok(t, s.Close())
	s = reopen(t, path)
	s.now = func() time.Time { return clock }
	if jobs := got(s.Next(t.Context(), u.ID, "", 1))(t); len(jobs) != 1 {
		t.Error("a new start does not try at once")
	}
}

func TestFailAndRetry(t *testing.T) {
	s, u := stocked(t, 2)
	j := begin(t, s, u)
	ok(t, s.Fail(t.Context(), j, Cause{Text: "cut off"}))
	c := got(s.Get(t.Context(), Query{Setup: u}, j.Case))(t)[0]
	if c.State != Failed || c.Reason != "cut off" {
		t.Errorf("%+v", c)
	}
	if n := got(s.Enqueue(t.Context(), u.ID, "", false))(t); n != 0 {
		t.Errorf("%d queued unasked", n)
	}
	if n := got(s.Enqueue(t.Context(), u.ID, "/elsewhere", true))(t); n != 0 {
		t.Errorf("%d queued of another folder", n)
	}
	if n := got(s.Enqueue(t.Context(), u.ID, "/slides", true))(t); n != 1 {
		t.Errorf("%d queued again", n)
	}
	finish(t, s, u, outcome(u, 0, 0, 1))
	if states := history(t, s, j.Run); !slices.Equal(states, []State{Queued, Running, Failed, Queued, Running, Done}) {
		t.Errorf("history %v", states)
	}
}

func TestMarginAndEntropy(t *testing.T) {
	for _, c := range []struct {
		p               []float64
		margin, entropy float64
	}{
		{nil, 1, 0}, {[]float64{1}, 1, 0}, {[]float64{1, 0, 0}, 1, 0}, {[]float64{0.5, 0.5}, 0, 1},
		{[]float64{0.25, 0.25, 0.25, 0.25}, 0, 1}, {[]float64{0.5, 0, 0.5, 0}, 0, 0.5}, {[]float64{0.125, 0.75, 0.125}, 0.625, 0.6695},
	} {
		if m := Margin(c.p); m != c.margin {
			t.Errorf("margin of %v is %v", c.p, m)
		}
		if e := Entropy(c.p); !cmp.Equal(e, c.entropy, cmp.Comparer(func(a, b float64) bool { return a-b < 1e-4 && b-a < 1e-4 })) {
			t.Errorf("entropy of %v is %v", c.p, e)
		}
	}
}

func TestPictures(t *testing.T) {
	s, u := stocked(t, 2)
	all := got(s.List(t.Context(), Query{Setup: u}))(t)
	p := Picture{Width: 3, Height: 2, Data: []byte("jpeg")}
	ok(t, s.SetPicture(t.Context(), all[1].ID, p))
	found := got(s.Pictures(t.Context(), all[0].ID, all[1].ID))(t)
	if diff := cmp.Diff(map[int64]Picture{all[1].ID: p}, found); diff != "" {
		t.Error(diff)
	}
	if has := got(s.HasPicture(t.Context(), all[0].ID))(t); has {
		t.Error("a picture from nowhere")
	}
}

func TestRetryOneCase(t *testing.T) {
	s, u := stocked(t, 2)
	first, second := begin(t, s, u), begin(t, s, u)
	ok(t, s.Fail(t.Context(), first, Cause{Text: "why"}))
	ok(t, s.Fail(t.Context(), second, Cause{Text: "why"}))
	ok(t, s.Retry(t.Context(), u.ID, first.Case))
	ok(t, s.Retry(t.Context(), u.ID+1, second.Case))
	jobs := got(s.Next(t.Context(), u.ID, "", 9))(t)
	if len(jobs) != 1 || jobs[0].Case != first.Case {
		t.Errorf("queued again: %+v", jobs)
	}
}
