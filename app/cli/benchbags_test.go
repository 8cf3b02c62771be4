package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/engine/train"
)

// The classical benchmarks run on a table of instances.
func TestBenchBags(t *testing.T) {
	m := withRuntime(t)
	text := "bag,label,f1\n"
	for i := range 8 {
		text += fmt.Sprintf("b%d,%d,%d\nb%d,%d,0\n", i, i%2, 3*(i%2), i, i%2)
	}
	path := filepath.Join(t.TempDir(), "easy.csv")
	write(t, path, []byte(text))
	line := []string{"bench", "bags", path, "--folds", "2", "--repetitions", "1", "--epochs", "2", "--device", "cpu", "--threads", "1"}
	said := m.run(t, line...)
	said.want(t, exitDone)
	for _, text := range []string{"easy", "gated attention", "2 folds, 1 repetitions", "device: cpu ("} {
		if !strings.Contains(said.stdout, text) {
			t.Errorf("stdout does not say %q: %s", text, said.stdout)
		}
	}
	var rows []struct {
		Method    string
		Bags      int
		Published *struct{}
		Spread    *float64 `json:"repetitions_sd"`
	}
	m.run(t, append(line, "--json")...).document(t, &rows)
	if len(rows) != 2 || rows[0].Bags != 8 || rows[0].Published != nil || rows[0].Spread != nil {
		t.Errorf("%+v", rows)
	}
	m.run(t, append(line, "--folds", "1")...).want(t, exitUsage, "--folds")
	m.run(t, "bench", "bags", path+".gz").want(t, exitFailed, path)
}

// One that runs on another device than the one asked for says why; bags.csv is of
// all that is in the folder, which one process works in at a time.
func TestBenchBagsFolder(t *testing.T) {
	m := withRuntime(t)
	dir, out := t.TempDir(), t.TempDir()
	text := "bag,label,f1\n"
	for i := range 8 {
		text += fmt.Sprintf("b%d,%d,%d\n", i, i%2, 3*(i%2))
	}
	line := func(name, device string) []string {
		path := filepath.Join(dir, name+".csv")
		write(t, path, []byte(text))
		return []string{"bench", "bags", path, "--folds", "2", "--repetitions", "2", "--epochs", "1", "--gated", "--device", device, "--threads", "1", "--out", out}
	}
	m.run(t, line("one", "cpu")...).want(t, exitDone)
	said := m.run(t, line("two", "coreml")...)
	said.want(t, exitDone, "note: ran on cpu instead of coreml: ")
	if !strings.Contains(said.stdout, "device: cpu (") || !strings.Contains(said.stdout, "note: ran on cpu instead of coreml: ") {
		t.Errorf("stdout: %s", said.stdout)
	}
	table, err := os.ReadFile(filepath.Join(out, "bags.csv"))
	if lines := strings.Split(string(table), "\n"); err != nil || len(lines) != 4 ||
		!strings.HasPrefix(lines[1], "one,gated attention,8,8,1,") || !strings.HasPrefix(lines[2], "two,gated attention,8,8,1,") {
		t.Errorf("%s, error %v", table, err)
	}
	lock, err := train.LockFolder(out)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	m.run(t, line("two", "cpu")...).want(t, exitFailed, out, train.ErrBusy.Error())
}
