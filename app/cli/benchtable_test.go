package cli

import (
	"encoding/csv"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"zoomscope/engine/bench"
)

// The table trains and tests, and the frontier goes on from its folder.
func TestBenchTable(t *testing.T) {
	m, s, out := withRuntime(t), newStudy(t), filepath.Join(t.TempDir(), "table")
	line := []string{"bench", "table", s.table, "--bags", s.bags, "--out", out, "--config", "crc", "--only", "MeanMIL", "--only", "ZoomMIL",
		"--seeds", "2", "--epochs", "2", "--k", "2", "--embedding", "8", "--hidden", "4", "--lr", "0.01", "--device", "cpu", "--threads", "1"}
	said := m.run(t, line...)
	said.want(t, exitDone, "table: epochs of all runs 0 of 8 (MeanMIL, seed 1)", "costs")
	for _, text := range []string{
		"command: zoomscope bench table " + s.table, "--k 2", "12 to train", "seeds 1, 2; 2 epochs", "learning rate 0.01", "K = [2]",
		"217 patches at 5x, 868 patches at 10x, 3472 patches at 20x", "one core", "MeanMIL", "5>10>20x", "10.0x", " +- ",
	} {
		if !strings.Contains(said.stdout, text) {
			t.Errorf("stdout does not say %q: %s", text, said.stdout)
		}
	}
	c, err := bench.ReadComparison(filepath.Join(out, "table.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Rows) != 2 || c.Rows[0].Cost.Patches != 3472 || c.Rows[1].Cost.Patches != 345 || fmt.Sprint(c.Rows[1].TrainedK) != "[2 2]" || c.Rows[0].Test == nil {
		t.Errorf("%+v", c.Rows)
	}
	if text, err := os.ReadFile(filepath.Join(out, "table.txt")); err != nil || string(text) != said.stdout {
		t.Errorf("table.txt is %s, error %v", text, err)
	}
	if rows := readTable(t, filepath.Join(out, "confusion-meanmil-20x.csv")); len(rows) != 3 {
		t.Errorf("%q", rows)
	}
	for _, name := range []string{"table.png", "confusion-meanmil-20x.png", "confusion-zoommil-5-10-20x.png"} {
		decodePicture(t, filepath.Join(out, name))
	}

	said = m.run(t, "bench", "frontier", out, "--out", out, "--device", "cpu", "--threads", "1")
	said.want(t, exitDone, "costs")
	if !strings.Contains(said.stdout, "one core") || !strings.Contains(said.stdout, "megapixels an hour") {
		t.Errorf("stdout %s", said.stdout)
	}
	if rows := readTable(t, filepath.Join(out, "frontier.csv")); len(rows) != 3 || rows[2][0] != "ZoomMIL" {
		t.Errorf("%q", rows)
	}
	decodePicture(t, filepath.Join(out, "frontier.png"))

	// What was not asked for the same way is not mixed with what is there.
	m.run(t, replaced(line, "0.01", "0.02")...).want(t, exitFailed, "MeanMIL, seed 1", "learning_rate")
}

// The command in the head of a table can be given again.
func TestCommandLine(t *testing.T) {
	var got string
	c := &cobra.Command{Use: "table", RunE: func(cmd *cobra.Command, args []string) error {
		got = commandLine(cmd, args)
		return nil
	}}
	c.Flags().IntSlice("k", nil, "")
	c.Flags().StringArray("only", nil, "")
	c.Flags().Bool("full-gradient", false, "")
	c.Flags().Bool("quiet", true, "")
	c.Flags().Float64("lr", 0, "")
	c.Flags().Float64Slice("magnifications", nil, "")
	args := []string{"a.csv", "--magnifications", "2.5,10", "--full-gradient", "--k", "3,4", "--lr", "0.001", "--only", "ZoomMIL, whole gradient", "--only", "DSMIL", "--quiet=false"}
	c.SetArgs(args)
	if err := c.Execute(); err != nil {
		t.Fatal(err)
	}
	want := `table a.csv --full-gradient --k 3,4 --lr 0.001 --magnifications 2.5,10 --only "ZoomMIL, whole gradient" --only "DSMIL" --quiet=false`
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func readTable(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func decodePicture(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if img, err := png.Decode(f); err != nil || img.Bounds().Dx() < 300 {
		t.Errorf("%s: error %v", path, err)
	}
}

func TestBenchTableUsage(t *testing.T) {
	m, s := bare(t), newStudy(t)
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no bags":                {[]string{s.table, "--out", "o"}, "--bags"},
		"no folder":              {[]string{s.table, "--bags", s.bags}, "--out"},
		"bags alone":             {[]string{"--bags", s.bags}, "CSV"},
		"training without a CSV": {[]string{"--k", "4"}, "--k is of training"},
		"no such configuration":  {[]string{"--config", "lung"}, "camelyon16"},
		"no seeds":               {[]string{"--seeds", "0"}, "--seeds"},
		"a rate below 0":         {[]string{"--lr", "-1"}, "--lr"},
		"a width below 0":        {[]string{"--hidden", "-1"}, "--hidden"},
		"a device there is none": {[]string{"--device", "abacus"}, "--device"},
	} {
		t.Run(name, func(t *testing.T) {
			m.run(t, append([]string{"bench", "table"}, c.args...)...).want(t, exitUsage, c.says)
		})
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"a method there is none":     {[]string{"--only", "ZoomMIL2"}, "ZoomMIL-Eff"},
		"a magnification it has not": {[]string{"--at", "40"}, "40x"},
		"other ratios":               {[]string{"--magnifications", "5,10,40"}, "ratios"},
	} {
		t.Run(name, func(t *testing.T) {
			m.run(t, append([]string{"bench", "table"}, c.args...)...).want(t, exitFailed, c.says)
		})
	}
	m.run(t, "bench", "frontier", t.TempDir()).want(t, exitFailed, "table.json")
}
