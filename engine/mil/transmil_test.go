package mil

import (
	"fmt"
	"math"
	"testing"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
)

// slowly takes a slide behind all rows of zeros that there are, with all landmarks.
func (m transMIL) slowly(c *Config, patches int) front {
	k, n := m.landmarks(c), m.room(patches)+1
	return front{rows: (n+k-1)/k*k - n, marks: k, row: 1, mark: 1}
}

// runBehind gives logits, loss and gradients of a slide behind these rows of zeros.
func (t *BagTrainer) runBehind(tb testing.TB, f front, s Source) (logits, loss []float32, grads []*nn.Tensor) {
	tb.Helper()
	all, _, err := reading{&t.config, &t.work}.bag(s)
	if err != nil {
		tb.Fatal(err)
	}
	p := transMIL{}.packBehind(f, &t.config, all)
	p.inputs["label"] = nn.I64Tensor([]int64{1}, 1)
	var inputs []*nn.Tensor
	for _, in := range t.inputs {
		inputs = append(inputs, p.inputs[in.Name()])
	}
	outputs, tape, err := t.trained.Forward(tb.Context(), inputs, t.gradient.params)
	if err != nil {
		tb.Fatal(err)
	}
	grads = make([]*nn.Tensor, len(t.gradient.params))
	if err := t.trained.Backward(tb.Context(), tape, []*nn.Tensor{nil, nn.F32Tensor([]float32{1}, 1)}, grads); err != nil {
		tb.Fatal(err)
	}
	return outputs[0].F32, outputs[1].F32, grads
}

// Landmarks that are the same are computed once, and come out as if each had been.
func TestTransMILSameLandmarks(t *testing.T) {
	for _, embedding := range []int{8, 19, 24} {
		c := methodConfigs()["transmil"]
		c.Sizes.Embedding = embedding
		tr := newBagTrainer(t, c, nntest.Interpreter{}, TrainOptions{Dropout: -1})
		for _, patches := range []int{1, 2, 3, 4, 7, 9, 16, 20} {
			t.Run(fmt.Sprintf("%d of %d landmarks", patches, embedding/2), func(t *testing.T) {
				s := randomSource(uint64(patches), c.Encoder.Dim, patches)
				all, one := transMIL{}.slowly(&c, patches), transMIL{}.front(&c, patches)
				if one.rows+one.row != all.rows+1 || one.marks+one.mark != all.marks+1 {
					t.Errorf("%+v stands for %+v", one, all)
				}
				wantLogits, wantLoss, want := tr.runBehind(t, all, s)
				gotLogits, gotLoss, got := tr.runBehind(t, one, s)
				near(t, "logits", gotLogits, wantLogits)
				near(t, "loss", gotLoss, wantLoss)
				for i, g := range got {
					nearSlope(t, tr.gradient.names[i], g.F32, want[i].F32)
				}
			})
		}
	}
}

// nearSlope asks of gradients what the golden vectors recommend for 32 bits.
func nearSlope(t *testing.T, name string, got, want []float32) {
	t.Helper()
	largest := 0.0
	for _, g := range want {
		largest = max(largest, math.Abs(float64(g)))
	}
	for j, g := range got {
		if d := math.Abs(float64(g) - float64(want[j])); !(d <= 1e-6+1e-4*largest) {
			t.Errorf("gradient of %s: value %d is %v, want %v", name, j, g, want[j])
			return
		}
	}
}

// At the published sizes the landmarks of a small slide are nearly all the same: it
// must not cost what a large one does.
func TestTransMILFewPatches(t *testing.T) {
	c := testConfig(64)
	c.Method, c.Magnifications, c.K = TransMIL, []float64{10}, nil
	c.Sizes, c.Classifier = Published(TransMIL).Sizes, Published(TransMIL).Classifier
	m, err := New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	for patches, most := range map[int]int64{5: 100e6, 250: 4e9} {
		work, err := m.Work(randomSource(1, 64, patches))
		if err != nil {
			t.Fatal(err)
		}
		if work > most {
			t.Errorf("%d patches: %d multiply-adds, more than %d", patches, work, most)
		}
	}
}

// A graph takes longer to open the more nodes it has: that of the gradients must not
// have a few for each place of a convolution that has one place to go to.
func TestTransMILGraphIsSmall(t *testing.T) {
	c := methodConfigs()["transmil"]
	m, err := New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	d, err := nn.Differentiate(lossOfBag(&c, m.params, TrainOptions{Dropout: 0.1}))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(d.Backward.Nodes()); n > 4000 {
		t.Errorf("%d nodes", n)
	}
}
