package train

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/engine/mil"
)

// hungry is a learner that needs so many bytes for each patch.
type hungry struct {
	*softmax
	answer, step int64
}

func forEach(s mil.Source, each int64) int64 { return each * int64(s.Len(0)) }

func (h hungry) LeastMemory(s mil.Source) int64     { return forEach(s, h.answer) }
func (h hungry) LeastStepMemory(s mil.Source) int64 { return forEach(s, h.step) }

func freeBytes(n int64) func() (int64, bool) { return func() (int64, bool) { return n, true } }

// A slide that does not fit into memory is refused before anything is written, by the
// largest there is.
func TestRunNeedsMemory(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 18)) // of 3, 4, 5, 6 patches in turn
	c := testConfig(d)
	for name, test := range map[string]struct {
		answer, step, free int64
		says               string
	}{
		"enough":                     {10, 1000, 6000, ""},
		"too little for a step":      {10, 1000, 5999, "for which a step of training needs 6e-06 GB or more, and 6e-06 GB are free"},
		"too little for validation":  {2000, 0, 5999, "for which an answer needs "},
		"a learner without a bound":  {0, 0, 0, ""},
		"a step may need its memory": {1000, 1000, 6000, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			_, err := Run(t.Context(), c, d, hungry{newSoftmax(t, c.Model), test.answer, test.step}, Options{Dir: dir, free: freeBytes(test.free)})
			if test.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !errors.Is(err, mil.ErrMemory) || !strings.Contains(err.Error(), test.says) || !strings.HasPrefix(err.Error(), "slide s") ||
				!strings.Contains(err.Error(), " patches (") {
				t.Errorf("error %v", err)
			}
			if _, err := os.Stat(filepath.Join(dir, RunFile)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a run was begun, error %v", err)
			}
		})
	}
}

// What is not known, and a run that has ended, are not refused; ending a run takes no
// steps.
func TestRunNeedsNoMemory(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 18))
	c := testConfig(d)
	dir := t.TempDir()
	unknown := func() (int64, bool) { return 0, false }
	o := Options{Dir: dir, Resume: true, free: unknown}
	o.Epoch = func(e Epoch) {
		if e.Epoch == 2 {
			panic("stopped")
		}
	}
	func() {
		defer func() { recover() }()
		Run(t.Context(), c, d, hungry{newSoftmax(t, c.Model), 1, 1000}, o)
	}()
	o.Epoch, o.free = nil, freeBytes(100)
	if _, err := Run(t.Context(), c, d, hungry{newSoftmax(t, c.Model), 1, 1000}, o); !errors.Is(err, mil.ErrMemory) {
		t.Fatalf("error %v", err)
	}
	if s, err := Finish(t.Context(), c, d, hungry{newSoftmax(t, c.Model), 1, 1000}, o); err != nil || s.Epochs != 2 {
		t.Fatalf("%+v, error %v", s, err)
	}
	o.free = freeBytes(0)
	if s, err := Run(t.Context(), c, d, hungry{newSoftmax(t, c.Model), 1, 1000}, o); err != nil || s.Ended != Finished {
		t.Errorf("%+v, error %v", s, err)
	}
}

func TestEvaluateNeedsMemory(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 8))
	p := hungry{newSoftmax(t, testConfig(d).Model), 1e9, 0}
	if _, _, err := Evaluate(t.Context(), p, d, d.Samples, EvaluateOptions{free: freeBytes(6e9 - 1)}); !errors.Is(err, mil.ErrMemory) ||
		!strings.Contains(err.Error(), "an answer needs 6 GB or more") || !strings.Contains(err.Error(), mil.ZoomMIL+" does not take all") {
		t.Errorf("error %v", err)
	}
	if p.steps != 0 {
		t.Errorf("%d steps", p.steps)
	}
	if _, _, err := Evaluate(t.Context(), p, d, d.Samples, EvaluateOptions{free: freeBytes(6e9)}); err != nil {
		t.Error(err)
	}
	if _, _, err := Evaluate(t.Context(), p, d, nil, EvaluateOptions{free: freeBytes(0), Resamples: -1}); err != nil {
		t.Error(err)
	}
}
