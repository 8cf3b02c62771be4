package cli

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// What is read is never written over, by whatever name.
func TestOutputIsInput(t *testing.T) {
	m, s, a := withRuntime(t), newStudy(t), newArchive(t, 1)
	run := filepath.Join(t.TempDir(), "run")
	m.run(t, s.train(run, "--quiet")...).want(t, exitDone)
	model := filepath.Join(run, "model.safetensors")
	bag := filepath.Join(s.bags, "s03.bag.safetensors")
	slide := filepath.Join(a.dir, "0", "slide0.png")
	evaluate := func(out string) []string {
		return []string{"evaluate", run, s.table, "--bags", s.bags, "--device", "cpu", "--out", out}
	}
	m.run(t, a.triage("--quiet")...).want(t, exitDone)
	sizes := write(t, filepath.Join(t.TempDir(), "targets.csv"), []byte("slide,size\ns00,1\n"))
	table := write(t, filepath.Join(t.TempDir(), "ablation.csv"), []byte("slide,label\na,b\n"))
	bags := write(t, filepath.Join(t.TempDir(), "bags.csv"), []byte("bag,label,f\na,0,1\n"))
	for name, c := range map[string]struct {
		args []string
		kept string // what would be lost
	}{
		"evaluate over its table":       {evaluate(s.table), s.table},
		"evaluate over the model":       {evaluate(model), model},
		"evaluate over a run's file":    {evaluate(filepath.Join(run, "predictions.csv")), filepath.Join(run, "predictions.csv")},
		"evaluate over a bag":           {evaluate(bag), bag},
		"triage over its worklist":      {a.triage("--csv", a.db), a.db},
		"triage over a slide":           {a.triage("--csv", slide), slide},
		"triage over the model":         {a.triage("--csv", a.model), a.model},
		"encoders run over a picture":   {[]string{"encoders", "run", a.encoder, slide, "--out", slide, "--device", "cpu"}, slide},
		"encoders run over the encoder": {[]string{"encoders", "run", a.encoder, slide, "--out", a.encoder, "--device", "cpu"}, a.encoder},
		"bench targets over its sizes":  {[]string{"bench", "targets", run, "--sizes", sizes, "--out", filepath.Dir(sizes)}, sizes},
		"bench ablation over its table": {[]string{"bench", "ablation", table, "--bags", s.bags, "--out", filepath.Dir(table), "--device", "cpu"}, table},
		"bench bags over its table":     {[]string{"bench", "bags", bags, "--out", filepath.Dir(bags), "--device", "cpu"}, bags},
	} {
		t.Run(name, func(t *testing.T) {
			before := read(t, c.kept)
			said := m.run(t, c.args...)
			said.want(t, exitUsage, c.kept+": nothing can be written there")
			if !bytes.Equal(before, read(t, c.kept)) {
				t.Error("written over")
			}
		})
	}
}

// Where predictions go is looked at before the work, and its folder made.
func TestEvaluateOut(t *testing.T) {
	m, s := withRuntime(t), newStudy(t)
	run := filepath.Join(t.TempDir(), "run")
	m.run(t, s.train(run, "--quiet")...).want(t, exitDone)
	out := filepath.Join(t.TempDir(), "new", "folder", "p.csv")
	m.run(t, "evaluate", run, s.table, "--bags", s.bags, "--device", "cpu", "--quiet", "--out", out).want(t, exitDone)
	if rows := bytes.Count(read(t, out), []byte("\n")); rows != 21 {
		t.Errorf("%d lines", rows)
	}
	said := m.run(t, "evaluate", run, s.table, "--bags", s.bags, "--device", "cpu", "--out", s.bags)
	said.want(t, exitUsage, s.bags, "is a folder")
	if strings.Contains(said.stderr, "slides: ") {
		t.Errorf("found late: %q", said.stderr)
	}
}
