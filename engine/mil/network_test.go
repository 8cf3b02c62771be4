package mil

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/internal/ort"
	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
	"zoomscope/engine/topk"
	"zoomscope/packaging/testenv"
)

// openers are what the network is run on.
var openers = map[string]func(t *testing.T) nn.Opener{
	"interpreter":  func(*testing.T) nn.Opener { return nntest.Interpreter{} },
	"onnx runtime": func(t *testing.T) nn.Opener { return native{t} },
}

// native is ONNX Runtime on the CPU.
type native struct{ t *testing.T }

func (n native) Open(data []byte) (nn.Session, error) {
	r, err := ort.Load(testenv.ORT(n.t))
	if err != nil {
		return nil, err
	}
	return r.Open(data, ort.Options{Threads: 1})
}

// forward runs a model on features; chunk is the rows of one run, 0 for the
// usual number.
func forward(t *testing.T, m *Model, o nn.Opener, s Source, chunk int) *Outcome {
	t.Helper()
	n, err := m.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if chunk > 0 {
		n.chunk = chunk
	}
	out, err := n.Forward(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// randomSource makes features for levels of these numbers of rows.
func randomSource(seed uint64, dim int, rows ...int) matrices {
	r := rand.New(rand.NewPCG(seed, 1))
	var m matrices
	for _, n := range rows {
		x := make([]float32, n*dim)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		m = append(m, nn.F32Tensor(x, n, dim))
	}
	return m
}

// slow is the model in float64, written down from the equations.
type slow struct {
	c Config
	p map[string]*nn.Tensor
}

func (s slow) linear(x []float64, name string) []float64 {
	w, b := s.p[name+".weight"], s.p[name+".bias"]
	y := make([]float64, w.Shape[0])
	for i := range y {
		y[i] = float64(b.F32[i])
		for j := range x {
			y[i] += float64(w.F32[i*len(x)+j]) * x[j]
		}
	}
	return y
}

func relu(x []float64) []float64 {
	for i := range x {
		x[i] = max(x[i], 0)
	}
	return x
}

func (s slow) attention(x [][]float64, name string) []float64 {
	scores := make([]float64, len(x))
	for i, row := range x {
		a := s.linear(row, name+".attention_a.0")
		b := s.linear(row, name+".attention_b.0")
		for j := range a {
			a[j] = math.Tanh(a[j]) / (1 + math.Exp(-b[j]))
		}
		scores[i] = s.linear(a, name+".attention_c")[0]
	}
	return slowSoftmax(scores)
}

func slowSoftmax(x []float64) []float64 {
	sum, out := 0.0, make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Exp(v - slices.Max(x))
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// forward returns attention per level, the selection per level but the last,
// and probabilities.
func (s slow) forward(m matrices) (attention [][]float32, selected [][]int, prob []float32) {
	total := make([]float64, s.c.Sizes.Embedding)
	rows := span(m.Len(0))
	last := len(s.c.Magnifications) - 1
	for level := range s.c.Magnifications {
		name := levelName(level, last+1)
		var x [][]float64
		for _, r := range rows {
			wide := make([]float64, s.c.Encoder.Dim)
			for j := range wide {
				wide[j] = float64(m[level].F32[r*len(wide)+j])
			}
			x = append(x, relu(s.linear(wide, "fc_"+name+"_mag.0")))
		}
		a := s.attention(x, "ga_"+name+"_mag")
		attention = append(attention, narrow(a))
		for i := range x {
			for j, v := range x[i] {
				total[j] += a[i] * v
			}
		}
		if level == last {
			break
		}
		chosen, err := topk.Hard(narrow(s.attention(x, "aux_ga_"+name+"_mag")), s.c.K[level])
		if err != nil {
			panic(err)
		}
		selected = append(selected, chosen)
		ratio := m.Len(level+1) / m.Len(level)
		var next []int
		for _, i := range chosen {
			for b := range ratio {
				next = append(next, rows[i]*ratio+b)
			}
		}
		rows = next
	}
	if s.c.Classifier == MLP {
		hidden := relu(s.linear(total, "classify_head.0"))
		return attention, selected, narrow(slowSoftmax(s.linear(hidden, "classify_head.2")))
	}
	return attention, selected, narrow(slowSoftmax(s.linear(total, "classify_head")))
}

func TestForwardAgainstEquations(t *testing.T) {
	tests := []struct {
		magnifications []float64
		k              []int
		rows           []int
		classifier     string
	}{
		{[]float64{10, 20}, []int{3}, []int{7, 28}, Linear},
		{[]float64{5, 10}, []int{300}, []int{4, 16}, MLP}, // k is clipped
		{[]float64{5, 10, 20}, []int{2, 3}, []int{5, 20, 80}, MLP},
		{[]float64{1.25, 2.5, 10}, []int{1, 2}, []int{1, 4, 64}, Linear},
		{[]float64{1.25, 2.5, 5, 10, 20}, []int{2, 1, 3, 4}, []int{3, 12, 48, 192, 768}, Linear},
	}
	for i, test := range tests {
		t.Run(fmt.Sprintf("%v %s", test.magnifications, test.classifier), func(t *testing.T) {
			c := testConfig(9)
			c.Magnifications, c.K, c.Classifier = test.magnifications, test.k, test.classifier
			m, err := New(c, uint64(i))
			if err != nil {
				t.Fatal(err)
			}
			source := randomSource(uint64(i), 9, test.rows...)
			attention, selected, prob := slow{m.Config(), m.Params()}.forward(source)
			for name, opener := range openers {
				t.Run(name, func(t *testing.T) {
					out := forward(t, m, opener(t), source, 0)
					near(t, "probabilities", out.Probabilities, prob)
					for l := range attention {
						near(t, fmt.Sprint("attention ", l), out.Levels[l].Attention, attention[l])
						if l < len(selected) {
							equal(t, fmt.Sprint("selected ", l), out.Levels[l].Selected, selected[l])
						}
					}
				})
			}
		})
	}
}

// The chunks' softmaxes are put together exactly, wherever they are cut.
func TestChunksMakeNoDifference(t *testing.T) {
	c := testConfig(9)
	m, err := New(c, 3)
	if err != nil {
		t.Fatal(err)
	}
	// A score far above the others in one chunk, so that the weights of chunks
	// are far apart.
	source := randomSource(4, 9, 37, 148)
	for j := range 9 {
		source[0].F32[20*9+j] *= 40
	}
	for name, opener := range openers {
		t.Run(name, func(t *testing.T) {
			whole := forward(t, m, opener(t), source, 0)
			for _, chunk := range []int{1, 2, 5, 36, 37, 38} {
				got := forward(t, m, opener(t), source, chunk)
				for l := range whole.Levels {
					near(t, fmt.Sprint(chunk, " attention"), got.Levels[l].Attention, whole.Levels[l].Attention)
					near(t, fmt.Sprint(chunk, " pooled"), got.Levels[l].Pooled, whole.Levels[l].Pooled)
					equal(t, fmt.Sprint(chunk, " selected"), got.Levels[l].Selected, whole.Levels[l].Selected)
				}
				near(t, fmt.Sprint(chunk, " logits"), got.Logits, whole.Logits)
			}
		})
	}
}

// However the features are handed in, the bits of the result are the same.
func TestAddInAnyPortions(t *testing.T) {
	m, err := New(testConfig(9), 3)
	if err != nil {
		t.Fatal(err)
	}
	n, err := m.Open(nntest.Interpreter{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	n.chunk = 8
	x := randomSource(5, 9, 29)[0].F32
	want, err := n.wholeLevel(context.Background(), 0, x)
	if err != nil {
		t.Fatal(err)
	}
	for _, portion := range []int{1, 3, 8, 13, 29} {
		r := n.StartLevel(0)
		for rows := range slices.Chunk(x, portion*9) {
			if err := r.Add(context.Background(), rows); err != nil {
				t.Fatal(err)
			}
		}
		got, err := r.Finish(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Pooled, want.Pooled) || !slices.Equal(got.Attention, want.Attention) || !slices.Equal(got.ZoomAttention, want.ZoomAttention) {
			t.Errorf("portions of %d give another result", portion)
		}
	}
}

func TestAttentionSumsToOneWithHugeScores(t *testing.T) {
	m, err := New(testConfig(2), 1)
	if err != nil {
		t.Fatal(err)
	}
	m.params["ga_low_mag.attention_c.bias"].F32[0] = 1e4 // exp overflows even float64
	n, err := m.Open(nntest.Interpreter{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	out, err := n.wholeLevel(context.Background(), 0, randomSource(1, 2, 50)[0].F32)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, a := range out.Attention {
		sum += float64(a)
	}
	if math.Abs(sum-1) > 1e-3 { // scores near 1e4 have steps of 1e-3 in float32
		t.Errorf("sum %v", sum)
	}
}

func TestLevelErrors(t *testing.T) {
	m, err := New(testConfig(2), 1)
	if err != nil {
		t.Fatal(err)
	}
	n, err := m.Open(nntest.Interpreter{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	ctx := context.Background()
	if _, err := n.wholeLevel(ctx, 0, nil); err == nil || !strings.Contains(err.Error(), "no patches") {
		t.Errorf("no patches: %v", err)
	}
	bad := []float32{1, 2, float32(math.NaN()), 4}
	for level := range 2 {
		if _, err := n.wholeLevel(ctx, level, bad); !errors.Is(err, ErrNotFinite) {
			t.Errorf("NaN at level %d: %v", level, err)
		}
	}
	if _, err := n.Forward(ctx, randomSource(1, 2, 3, 7)); err == nil || !strings.Contains(err.Error(), "no multiple") {
		t.Errorf("7 children of 3 parents: %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := n.wholeLevel(ended, 0, []float32{1, 2}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Weights that are finite can still lead to numbers that are not.
func TestClassifyOverflows(t *testing.T) {
	m, err := New(testConfig(2), 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.params["classify_head.weight"].F32 {
		m.params["classify_head.weight"].F32[i] = math.MaxFloat32
	}
	n, err := m.Open(nntest.Interpreter{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	pooled := [][]float32{slices.Repeat([]float32{1}, 6), slices.Repeat([]float32{1}, 6)}
	if _, _, err := n.Classify(context.Background(), pooled); !errors.Is(err, ErrNotFinite) {
		t.Errorf("error %v, want one about numbers that are not finite", err)
	}
}

// However wide a model is, one run of it takes some 200 MB.
func TestChunkOfWideModels(t *testing.T) {
	c := testConfig(1024)
	c.Sizes = Sizes{Hidden: 256, Embedding: 512}
	if got := c.chunk(); got != chunkRows {
		t.Errorf("published sizes: %d rows, want %d", got, chunkRows)
	}
	c.Encoder.Dim, c.Sizes = maxDim, Sizes{Hidden: maxWidth, Embedding: maxWidth}
	if got := c.chunk(); got < 1 || got*(maxDim+5*maxWidth)*4 > 200<<20 {
		t.Errorf("widest model: %d rows", got)
	}
}

// failing opens a number of sessions, then fails.
type failing struct {
	nntest.Interpreter
	left   int
	opened []*counted
}

type counted struct {
	nn.Session
	closed int
}

func (c *counted) Close() error { c.closed++; return c.Session.Close() }

func (f *failing) Open(data []byte) (nn.Session, error) {
	if f.left--; f.left < 0 {
		return nil, errors.New("no device")
	}
	s, err := f.Interpreter.Open(data)
	c := &counted{Session: s}
	f.opened = append(f.opened, c)
	return c, err
}

func TestOpenFailsAndCloses(t *testing.T) {
	m, err := New(testConfig(2), 1)
	if err != nil {
		t.Fatal(err)
	}
	for left := range 3 {
		f := &failing{left: left}
		if _, err := m.Open(f); err == nil {
			t.Fatalf("%d sessions: no error", left)
		}
		for i, c := range f.opened {
			if c.closed != 1 {
				t.Errorf("%d sessions: session %d closed %d times", left, i, c.closed)
			}
		}
	}
}

func BenchmarkLevel(b *testing.B) {
	c := testConfig(1024)
	c.Sizes = Sizes{Hidden: 256, Embedding: 512}
	m, err := New(c, 1)
	if err != nil {
		b.Fatal(err)
	}
	r, err := ort.Load(testenv.ORT(b))
	if err != nil {
		b.Fatal(err)
	}
	n, err := m.Open(openerFunc(func(data []byte) (nn.Session, error) { return r.Open(data, ort.Options{}) }))
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	for _, rows := range []int{192, 2048, 1 << 15} {
		x := randomSource(1, 1024, rows)[0].F32
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			for b.Loop() {
				if _, err := n.wholeLevel(context.Background(), 0, x); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "patches/s")
		})
	}
}

type openerFunc func(data []byte) (nn.Session, error)

func (f openerFunc) Open(data []byte) (nn.Session, error) { return f(data) }

// wholeLevel runs a level on features [N, D] that are all at hand.
func (n *Network) wholeLevel(ctx context.Context, level int, features []float32) (*LevelOutput, error) {
	r := n.StartLevel(level)
	if err := r.Add(ctx, features); err != nil {
		return nil, err
	}
	return r.Finish(ctx)
}
