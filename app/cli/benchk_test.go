package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/engine/bench"
)

// Runs with several K, again from their folder, and their test slides by targets.
func TestBenchK(t *testing.T) {
	m, s, out := withRuntime(t), newStudy(t), filepath.Join(t.TempDir(), "k")
	line := []string{"bench", "k", s.table, "--bags", s.bags, "--out", out, "--k", "2,1", "--seeds", "2", "--epochs", "2",
		"--embedding", "8", "--hidden", "4", "--lr", "0.01", "--device", "cpu", "--threads", "1"}
	said := m.run(t, line...)
	said.want(t, exitDone, "K = 2, seed 2")
	for _, text := range []string{"command: zoomscope bench k " + s.table, "seeds 1, 2; 2 epochs", "device: cpu, one core", "weighted F1", "patches read"} {
		if !strings.Contains(said.stdout, text) {
			t.Errorf("stdout does not say %q: %s", text, said.stdout)
		}
	}
	if text, err := os.ReadFile(filepath.Join(out, "k.txt")); err != nil || string(text) != said.stdout {
		t.Errorf("k.txt is %s, error %v", text, err)
	}
	if rows := readTable(t, filepath.Join(out, "k.csv")); len(rows) != 3 || rows[1][0] != "1" || rows[2][0] != "2" {
		t.Errorf("k.csv is %q", rows)
	}
	decodePicture(t, filepath.Join(out, "k.png"))

	var study bench.KStudy
	m.run(t, append(line, "--json")...).document(t, &study)
	// The four slides of the test split have 2 to 4 patches at 5x, four children each.
	for i, r := range study.Rows {
		low := r.Exhaustive / 21
		if want := low + float64(8*(i+1)); r.K != i+1 || r.Read != want || low < 2 || low > 4 || r.EncoderWork != 0 || !(r.HeadWork > 0) {
			t.Errorf("%+v, want %g patches", r, want)
		}
	}

	sizes := filepath.Join(t.TempDir(), "sizes.csv")
	text := "slide,area\n"
	for i := range 20 {
		name := "s" + string(rune('0'+i/10)) + string(rune('0'+i%10))
		text += name + ".svs," + []string{"0", name[1:]}[i%2] + "\n"
	}
	write(t, sizes, []byte(text))
	var report bench.TargetsStudy
	targets := filepath.Join(t.TempDir(), "made", "targets")
	m.run(t, "bench", "targets", out, "--sizes", sizes, "--column", "area", "--out", targets, "--json").document(t, &report)
	if fmt.Sprint(report.Seeds, report.Epochs) != "[1 2] 2" || report.Machine.Cores < 1 || !strings.HasPrefix(report.Command, "zoomscope bench targets "+out) {
		t.Errorf("%+v", report.Conditions)
	}
	if len(report.Rows) != 2 || report.Rows[0].Name != "K1" || report.Rows[1].Runs != 2 || report.Rows[0].Large.Slides+report.Rows[0].Small.Slides != 2 {
		t.Errorf("%+v", report)
	}
	if rows := readTable(t, filepath.Join(targets, "targets.csv")); len(rows) != 3 {
		t.Errorf("%q", rows)
	}
	decodePicture(t, filepath.Join(targets, "targets.png"))
	m.run(t, "bench", "targets", out, "--sizes", sizes, "--column", "weight").want(t, exitFailed, "no column named weight")
	m.run(t, "bench", "targets", out, "--sizes", sizes, "--column", "area", "--threshold", "3").want(t, exitDone)
	said = m.run(t, "bench", "targets", out, "--sizes", sizes, "--column", "area", "--out", targets)
	if text, err := os.ReadFile(filepath.Join(targets, "targets.txt")); err != nil || string(text) != said.stdout || !strings.Contains(said.stdout, "seeds 1, 2; 2 epochs\n") {
		t.Errorf("targets.txt is %s, stdout %s, error %v", text, said.stdout, err)
	}
}

// Runs all variants, again from their folder, and on a device that is not there.
func TestBenchAblation(t *testing.T) {
	m, s, out := withRuntime(t), newStudy(t), filepath.Join(t.TempDir(), "ablation")
	line := []string{"bench", "ablation", s.table, "--bags", s.bags, "--out", out, "--k", "1", "--seeds", "1", "--epochs", "1",
		"--embedding", "8", "--hidden", "4", "--dropout", "0", "--threads", "1", "--device"}
	said := m.run(t, append(line, "coreml")...)
	said.want(t, exitDone, "note: ran on cpu instead of coreml: ", "concatenation")
	for _, text := range []string{"command: zoomscope bench ablation " + s.table, "seeds 1; 1 epochs", "device: cpu, one core\nnote: ran on cpu instead of coreml: ",
		"random at high magnification"} {
		if !strings.Contains(said.stdout, text) {
			t.Errorf("stdout does not say %q: %s", text, said.stdout)
		}
	}
	if text, err := os.ReadFile(filepath.Join(out, "ablation.txt")); err != nil || string(text) != said.stdout {
		t.Errorf("ablation.txt is %s, error %v", text, err)
	}
	if rows := readTable(t, filepath.Join(out, "ablation.csv")); len(rows) != 10 {
		t.Errorf("%q", rows)
	}
	decodePicture(t, filepath.Join(out, "ablation.png"))
	if run, err := os.ReadFile(filepath.Join(out, "ZoomMIL-1", "run.json")); err != nil || !strings.Contains(string(run), `"dropout": -1`) {
		t.Errorf("no dropout is another one in %s, error %v", run, err)
	}

	var study bench.AblationStudy
	m.run(t, append(line, "cpu", "--only", "random K", "--json")...).document(t, &study)
	if len(study.Rows) != 1 || study.Rows[0].Variant != "random K" || study.Device.Used != "cpu" || len(study.Seeds) != 1 {
		t.Errorf("%+v", study)
	}
}

func TestBenchRefuses(t *testing.T) {
	m := bare(t)
	for name, c := range map[string]struct {
		line []string
		says string
	}{
		"k without bags":        {[]string{"k", "t.csv", "--out", "o"}, "--bags"},
		"k of 0":                {[]string{"k", "t.csv", "--bags", "b", "--out", "o", "--k", "0"}, "--k 0"},
		"k twice":               {[]string{"k", "t.csv", "--bags", "b", "--out", "o", "--k", "2,2"}, "--k 2"},
		"k without noise":       {[]string{"k", "t.csv", "--bags", "b", "--out", "o", "--sigma", "0"}, "--sigma"},
		"k of all left out":     {[]string{"k", "t.csv", "--bags", "b", "--out", "o", "--dropout", "1"}, "--dropout"},
		"ablation without bags": {[]string{"ablation", "t.csv", "--out", "o"}, "bench ablation: say where the bags are"},
		"ablation of k 0":       {[]string{"ablation", "t.csv", "--bags", "b", "--out", "o", "--k", "4,0"}, "--k"},
		"ablation below 0":      {[]string{"ablation", "t.csv", "--bags", "b", "--out", "o", "--dropout", "-0.1"}, "--dropout"},
		"ablation of no noise":  {[]string{"ablation", "t.csv", "--bags", "b", "--out", "o", "--sigma", "-1"}, "--sigma"},
		"ablation of no rate":   {[]string{"ablation", "t.csv", "--bags", "b", "--out", "o", "--lr", "0"}, "--lr"},
		"k without seeds":       {[]string{"k", "t.csv", "--bags", "b", "--out", "o", "--seeds", "0"}, "--seeds"},
		"targets without sizes": {[]string{"targets", "runs"}, "--sizes"},
		"targets of both":       {[]string{"targets", "runs", "--sizes", "s.csv", "--truth", "t"}, "--sizes"},
		"targets below 0":       {[]string{"targets", "runs", "--sizes", "s.csv", "--threshold", "-1"}, "--threshold"},
		"steps of no method":    {[]string{"step", "--methods", "--only", "resnet"}, "transmil"},
		"steps of no rounds":    {[]string{"step", "--methods", "--rounds", "0"}, "--rounds"},
		"steps without end":     {[]string{"step", "--methods", "--patches", "9000000000000000000"}, "--patches"},
		"only of what":          {[]string{"step", "--only", "maxmil"}, "--only goes with --methods"},
		"patches of what":       {[]string{"step", "--patches", "99"}, "--patches goes with --methods"},
		"threads of what":       {[]string{"step", "--threads", "1"}, "--threads goes with --methods"},
		"torch for nothing":     {[]string{"step", "--torch", "python3"}, "--torch goes with --methods"},
		"no public code":        {[]string{"step", "--peer-script", "time.py"}, "--peer-script goes with"},
		"step with a slide":     {[]string{"step", "a.svs"}, "arguments given"},
	} {
		t.Run(name, func(t *testing.T) {
			m.run(t, append([]string{"bench"}, c.line...)...).want(t, exitUsage, c.says)
		})
	}
	m.run(t, "bench", "step", "--methods", "--torch", "/nonexist").want(t, exitFailed, "--torch /nonexist is no program")
	m.run(t, "bench", "step", "--methods", "--torch", "sh", "--torch-script", "/nonexist.py").want(t, exitFailed, "--torch-script: stat /nonexist.py")
	for _, flags := range [][]string{{"--sigma", "0"}, {"--sigma", "-1"}, {"--samples", "0"}, {"--dropout", "-0.1"}} {
		m.run(t, append([]string{"train", "t.csv", "--bags", "b", "--out", "o"}, flags...)...).want(t, exitUsage, flags[0])
	}
}
