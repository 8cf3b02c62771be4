package cli

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"zoomscope/packaging/testenv"
)

// The program itself is killed at random moments, as often as ZOOMSCOPE_KILLS
// says, and resumed: the model is that of a run that was left alone.
func TestTrainSurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	kills := 3
	if n, err := strconv.Atoi(os.Getenv("ZOOMSCOPE_KILLS")); err == nil {
		kills = n
	}
	runtime, s := testenv.ORT(t), newStudy(t)
	program := build(t)
	start := func(out string) *exec.Cmd {
		c := exec.Command(program, s.train(out, "--resume", "--quiet", "--epochs", strconv.Itoa(8*kills))...)
		c.Env = append(os.Environ(), "ZOOMSCOPE_ORT="+runtime)
		return c
	}
	whole, broken := filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "run")
	begun := time.Now()
	if text, err := start(whole).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	takes := time.Since(begun)

	dice := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0)) // any moment will do
	for range kills {
		c := start(broken)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		after := time.Duration(dice.Float64() * float64(takes) * 2 / float64(kills))
		time.Sleep(after)
		if err := c.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		err := c.Wait()
		t.Logf("killed after %v of %v (%v); there are %q", after.Round(time.Millisecond), takes.Round(time.Millisecond), err, entries(broken))
	}
	if text, err := start(broken).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, name := range []string{"model.safetensors", "checkpoint.safetensors", "metrics.csv", "predictions.csv", "evaluation.json",
		"figures/loss.png", "figures/metrics.png", "figures/confusion.png"} {
		if !bytes.Equal(read(t, filepath.Join(whole, name)), read(t, filepath.Join(broken, name))) {
			t.Errorf("%s is another than that of a run left alone", name)
		}
	}
}

func entries(dir string) []string {
	var names []string
	list, _ := os.ReadDir(dir)
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// build makes the program.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "zoomscope.exe") // as Windows wants it
	c := exec.Command("go", "build", "-o", path, "zoomscope")
	c.Dir = testenv.Root()
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return path
}
