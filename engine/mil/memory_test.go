package mil

import (
	"testing"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
)

// card is a device with memory of its own.
type card struct{ nn.Opener }

func (card) OnProcessor() bool { return false }

// A step needs more than an answer, which needs more than nothing; a device with
// memory of its own needs none of the machine's.
func TestLeastMemory(t *testing.T) {
	eachMethod(t, func(t *testing.T, c Config) {
		s := newFamily(c, 1, 4)
		patches := 0
		for level := range c.Magnifications {
			patches += s.Len(level)
		}
		features := 4 * int64(patches*c.Encoder.Dim)
		for _, test := range []struct {
			name   string
			opener nn.Opener
			needs  bool
		}{{"processor", nntest.Interpreter{}, true}, {"card", card{nntest.Interpreter{}}, false}} {
			tr := newBagTrainer(t, c, test.opener, TrainOptions{Dropout: -1})
			answer, step := tr.LeastMemory(s), tr.LeastStepMemory(s)
			if !test.needs && (answer != 0 || step != 0) {
				t.Errorf("%s: %d bytes for an answer, %d for a step", test.name, answer, step)
			}
			if test.needs && (answer <= features || step < features) {
				t.Errorf("%s: %d bytes for an answer, %d for a step, %d of features", test.name, answer, step, features)
			}
		}
	})
}

// The bounds lie below what processes were measured to hold, and not far below for
// the method that needs most.
func TestLeastStepMemoryPublished(t *testing.T) {
	const mib = 1 << 20
	for method, measured := range map[string]struct{ patches, peak int64 }{ // of a process, MiB
		MaxMIL: {12000, 189}, MeanMIL: {12000, 266}, SparseConvMIL: {12000, 259}, ABMIL: {12000, 274}, CLAMSB: {12000, 410},
		TransMIL: {12000, 1407}, MSMIL: {15750, 891}, DSMIL: {12000, 140},
	} {
		c := Config{Method: method, Sizes: Published(method).Sizes}
		c.Encoder.Dim = 1024
		need := c.LeastStepMemory([]Layer{{Len: int(measured.patches)}})
		if share := float64(need) / float64(measured.peak*mib); share > 0.8 || share < 0.25 || method == TransMIL && share < 0.45 {
			t.Errorf("%s: %d MiB of %d", method, need/mib, measured.peak)
		}
	}
}

// Features that a source has in memory are not needed once more.
func TestLeastMemoryInPlace(t *testing.T) {
	c := methodConfigs()["abmil"]
	tr := newBagTrainer(t, c, nntest.Interpreter{}, TrainOptions{Dropout: -1})
	s := randomSource(1, c.Encoder.Dim, 7)
	features := 4 * int64(7*c.Encoder.Dim)
	if copied, there := tr.LeastMemory(s), tr.LeastMemory(inMemory{s}); copied-there != features {
		t.Errorf("an answer: %d bytes, %d of features in memory", copied, there)
	}
	if copied, there := tr.LeastStepMemory(s), tr.LeastStepMemory(inMemory{s}); copied-there != features {
		t.Errorf("a step: %d bytes, %d of features in memory", copied, there)
	}
	z, err := New(testConfig(6), 3)
	if err != nil {
		t.Fatal(err)
	}
	n, err := z.Open(nntest.Interpreter{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if need := n.LeastMemory(randomSource(1, 6, 5, 20)); need != 0 {
		t.Errorf("%s: %d bytes", ZoomMIL, need)
	}
}
