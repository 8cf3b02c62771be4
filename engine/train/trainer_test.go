package train

import (
	"testing"

	"zoomscope/engine/internal/ort"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/packaging/testenv"
)

var _ Learner = (*mil.Trainer)(nil)

// runtime opens networks with ONNX Runtime on one thread.
type runtime struct{ *ort.Runtime }

func (r runtime) Open(data []byte) (nn.Session, error) {
	return r.Runtime.Open(data, ort.Options{Threads: 1})
}

// ZoomMIL itself, broken off and resumed, ends with the same bytes; and the model
// file answers as the learner did.
func TestZoomMIL(t *testing.T) {
	loaded, err := ort.Load(testenv.ORT(t))
	if err != nil {
		t.Fatal(err)
	}
	device := runtime{loaded}
	d := load(t, cohort(t, t.TempDir(), 15))
	c := testConfig(d)
	c.Epochs, c.LearningRate = 3, 0.01
	work := func(dir string, hook func(string)) *Summary {
		m, err := mil.New(c.Model, c.Seed)
		if err != nil {
			t.Fatal(err)
		}
		l, err := m.NewTrainer(device, mil.TrainOptions{Samples: 10})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s, err := Run(t.Context(), c, d, l, Options{Dir: dir, Resume: true, hook: hook})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	whole := t.TempDir()
	points := 0
	s := work(whole, func(string) { points++ })
	want := contents(t, whole)
	for _, n := range []int{3, points / 2, points - 5} {
		dir := t.TempDir()
		func() {
			defer func() {
				if r := recover(); r != "broken" {
					t.Errorf("not broken off at %d of %d: %v", n, points, r)
				}
			}()
			left := n
			work(dir, func(string) {
				if left--; left < 0 {
					panic("broken")
				}
			})
		}()
		work(dir, nil)
		sameContents(t, contents(t, dir), want)
	}
	sameAnswers(t, device, whole, d, s)
}

func sameAnswers(t *testing.T, device nn.Opener, dir string, d *Dataset, s *Summary) {
	t.Helper()
	m, err := mil.Load(dir + "/" + ModelFile)
	if err != nil {
		t.Fatal(err)
	}
	n, err := m.Open(device)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	got, _, err := Evaluate(t.Context(), Network{n}, d, d.In(Test), EvaluateOptions{Resamples: -1})
	if err != nil {
		t.Fatal(err)
	}
	if diff := got.Loss - s.Test.Loss; diff > 1e-5 || diff < -1e-5 {
		t.Errorf("loss of the model file %v, of the learner %v", got.Loss, s.Test.Loss)
	}
}
