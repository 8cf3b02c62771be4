package cli

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"
	"time"

	"zoomscope/app/worklist"
	"zoomscope/packaging/testenv"
)

// The program is killed at random moments while it triages a folder, as often as
// ZOOMSCOPE_KILLS says, and started again: every slide is done exactly once, none is
// lost, the worklist is whole, and the ranking is that of a run that was left alone.
// ZOOMSCOPE_TRIAGE names a folder of slides to take, with the model that comes with
// the program.
func TestTriageSurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	kills := 3
	if n, err := strconv.Atoi(os.Getenv("ZOOMSCOPE_KILLS")); err == nil {
		kills = n
	}
	runtime, program := testenv.ORT(t), build(t)
	var command func(db string) []string
	if folder := os.Getenv("ZOOMSCOPE_TRIAGE"); folder != "" {
		command = func(db string) []string { return []string{"triage", folder, "--db", db, "--json", "--device", "cpu"} }
	} else {
		a := newArchive(t, 40)
		write(t, filepath.Join(a.dir, "bad.png"), []byte("cut off"))
		command = func(db string) []string { a.db = db; return a.triage("--json") }
	}
	start := func(db string) *exec.Cmd {
		c := exec.Command(program, command(db)...)
		c.Env = append(os.Environ(), "ZOOMSCOPE_ORT="+runtime)
		return c
	}
	dir := t.TempDir()
	whole, broken := filepath.Join(dir, "whole.db"), filepath.Join(dir, "broken.db")
	begun := time.Now()
	want := triaged(t, start(whole))
	takes := time.Since(begun)

	dice := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0)) // any moment will do
	for range kills {
		c := start(broken)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		after := time.Duration(dice.Float64() * float64(takes) * 1.5 / float64(kills))
		time.Sleep(after)
		if err := c.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		err := c.Wait()
		t.Logf("killed after %v of %v (%v): %v", after.Round(time.Millisecond), takes.Round(time.Millisecond), err, standing(t, broken))
	}
	is := triaged(t, start(broken))
	if len(is) != len(want) {
		t.Fatalf("%d slides, want %d", len(is), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(is[i], want[i]) {
			t.Errorf("rank %d is %+v, want %+v", i+1, is[i], want[i])
		}
	}
	interrupted := endedOnce(t, broken, len(want))
	t.Logf("%d slides, each ended once; %d were interrupted", len(is), interrupted)
}

// triaged is what a run that ends says of the slides, without what differs between
// runs.
func triaged(t *testing.T, c *exec.Cmd) []caseJSON {
	t.Helper()
	text, err := c.Output()
	exit := (*exec.ExitError)(nil)
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == exitSome) {
		t.Fatalf("%v: %s", err, text)
	}
	var cases []caseJSON
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%v: %s", err, text)
	}
	for i := range cases {
		cases[i].Seconds, cases[i].Tries = 0, 0
	}
	return cases
}

// standing opens a worklist, which checks it, and counts its slides by state.
func standing(t *testing.T, db string) map[worklist.State]int {
	t.Helper()
	list, u := opened(t, db)
	defer list.Close()
	n, err := list.Count(t.Context(), worklist.Query{Setup: u})
	if err != nil {
		t.Fatal(err)
	}
	return n.States
}

func opened(t *testing.T, db string) (*worklist.Store, worklist.Setup) {
	t.Helper()
	list, err := worklist.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	setups, err := list.Setups(t.Context())
	if err != nil || len(setups) > 1 {
		t.Fatal(err, setups)
	}
	if len(setups) == 0 { // killed before it began
		return list, worklist.Setup{}
	}
	return list, setups[0]
}

// endedOnce wants every slide to have come to an end once, and returns how many were
// interrupted.
func endedOnce(t *testing.T, db string, slides int) (interrupted int) {
	t.Helper()
	list, u := opened(t, db)
	defer list.Close()
	cases, err := list.List(t.Context(), worklist.Query{Setup: u})
	if err != nil || len(cases) != slides {
		t.Fatalf("%d slides on the worklist, want %d; %v", len(cases), slides, err)
	}
	for _, c := range cases {
		history, err := list.History(t.Context(), c.Run)
		if err != nil {
			t.Fatal(err)
		}
		ends := 0
		for _, step := range history {
			if step.State == worklist.Done || step.State == worklist.Failed {
				ends++
			}
		}
		if ends != 1 || c.State != worklist.Done && c.State != worklist.Failed {
			t.Errorf("%s: ended %d times, is %s; history %+v", c.Name, ends, c.State, history)
		}
		if c.State == worklist.Done {
			if _, err := list.Document(t.Context(), c.Run); err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
		}
		if c.Interrupted > 0 {
			interrupted++
		}
	}
	return interrupted
}
