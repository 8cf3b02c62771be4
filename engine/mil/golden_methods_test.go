package mil

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"zoomscope/engine/grid"
	"zoomscope/engine/nn"
)

// number is a whole number of the metadata, 0 where there is none.
func (v *vectors) number(key string) int {
	v.Helper()
	text := v.f.Metadata()[key]
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		v.Fatalf("metadata %s: %v", key, err)
	}
	return n
}

// goldenMethod compares a method that is not ZoomMIL.
func goldenMethod(v *vectors) {
	model, err := Assemble(v.config(), v.weights())
	if err != nil {
		v.Fatal(err)
	}
	source := v.source()
	for name, opener := range openers {
		v.Run(name, func(t *testing.T) {
			v := &vectors{t, v.f}
			v.compareEvaluation(model, opener(t), source)
			v.compareTraining(model, opener(t), source)
		})
	}
}

// config is the model of the file.
func (v *vectors) config() Config {
	meta := v.f.Metadata()
	c := testConfig(v.number("in_dim"))
	c.Method, c.K, c.Classes, c.Magnifications = meta["method"], nil, nil, []float64{10}
	for i := range v.number("classes") {
		c.Classes = append(c.Classes, fmt.Sprint("class ", i))
	}
	c.Sizes = Sizes{Embedding: v.number("embed_dim"), Hidden: v.number("attention_dim")}
	o := &c.Options
	switch c.Method {
	case MaxMIL:
		if meta["pooling"] == "max_feature" {
			o.Pooling = Feature
		}
	case ABMIL:
		c.Classifier, o.Ungated = meta["head"], meta["gated"] == "0"
	case CLAMSB:
		o.Instances, o.Subtyping, o.Ungated = v.number("k_sample"), meta["subtyping"] == "1", meta["gate"] == "0"
		if meta["instance_loss"] != "ce" {
			o.InstanceLoss = SmoothSVM
		}
	case DSMIL:
		c.Sizes = Sizes{Hidden: v.number("query_dim")}
		o.Values, o.LinearQuery = meta["passing_v"] == "1", meta["nonlinear"] == "0"
		if v.tensor("param/i_classifier.fc.0.bias").Len() == 1 {
			c.Classifier = Sigmoid
		}
		if strings.HasPrefix(meta["case"], "ce_") {
			o.Loss = CrossEntropy
		}
	case MSMIL:
		c.Sizes.Middle, c.Magnifications = v.number("hidden_dim"), nil
		for i := range v.number("scales") {
			c.Magnifications = append(c.Magnifications, float64(int(1)<<i))
		}
	case TransMIL:
		c.Sizes = Sizes{Embedding: v.number("dim")}
		o.FirstRows = meta["nystrom"] == "0.0.9"
	case SparseConvMIL:
		c.Sizes = Sizes{Embedding: v.number("conv1"), Middle: v.number("conv2"), Hidden: v.number("inner")}
	}
	return c
}

// weights are the file's, but for what is no weight.
func (v *vectors) weights() map[string]*nn.Tensor {
	weights := map[string]*nn.Tensor{}
	for _, name := range (params{v}).Names() {
		if t := v.tensor("param/" + name); t.Type == nn.Float32 {
			weights[name] = t
		}
	}
	return weights
}

// onMap is a slide of one magnification whose patches have places.
type onMap struct {
	matrices
	cells []grid.Cell
}

func (m onMap) Cells(int) []grid.Cell { return m.cells }

func (v *vectors) source() Source {
	if v.f.Has("x") {
		m := matrices{v.tensor("x")}
		if !v.f.Has("eval/locations") {
			return m
		}
		var cells []grid.Cell
		for at := range slices.Chunk(v.ints("eval/locations"), 2) {
			cells = append(cells, grid.Cell{Column: at[0], Row: at[1]})
		}
		return onMap{m, cells}
	}
	var m matrices
	for i := range v.number("scales") {
		m = append(m, v.tensor(fmt.Sprint("x/", i)))
	}
	return m
}

// compareEvaluation runs the network as it is, and compares what the authors'
// code gave before anything is made of it for people.
func (v *vectors) compareEvaluation(model *Model, o nn.Opener, source Source) {
	n, err := model.Open(o)
	if err != nil {
		v.Fatal(err)
	}
	defer n.Close()
	c := model.Config()
	all := v.bag(&c, source)
	outputs, err := n.compute(v.Context(), all)
	if err != nil {
		v.Fatal(err)
	}
	near(v.T, "logits", outputs[0].F32, v.tensor("eval/logits").F32)
	near(v.T, "prob", v.probabilities(c, outputs[0].F32), v.tensor("eval/prob").F32)
	if n.attends {
		v.compareAttention(&c, all, outputs[3])
	}
	v.compareOutcome(n, source, outputs)
}

func (v *vectors) bag(c *Config, source Source) *bag {
	all, _, err := reading{c, &workspace{}}.bag(source)
	if err != nil {
		v.Fatal(err)
	}
	return all
}

// probabilities are what the authors make of the logits.
func (v *vectors) probabilities(c Config, logits []float32) []float32 {
	if c.Method == ABMIL && c.Classifier == Sigmoid {
		return logits // which are the probability
	}
	if c.Classifier != Sigmoid && (c.Method != DSMIL || c.Options.Loss == CrossEntropy) {
		wide := make([]float64, len(logits))
		for i, x := range logits {
			wide[i] = float64(x)
		}
		return narrow(slowSoftmax(wide))
	}
	out := make([]float32, len(logits))
	for i, x := range logits {
		out[i] = float32(1 / (1 + math.Exp(-float64(x))))
	}
	return out
}

// compareAttention takes the file's attention, of all rows, and of TransMIL the
// class token's, to that of the network.
func (v *vectors) compareAttention(c *Config, s *bag, got *nn.Tensor) {
	switch c.Method {
	case TransMIL:
		want := v.tensor("eval/attention") // [heads, n, n]
		n, row, f := want.Shape[1], v.number("left_pad"), transMIL{}.front(c, s.rows())
		if got := f.rows + f.row - 1; got != row {
			v.Errorf("%d rows of padding, want %d", got, row)
		}
		if c.Options.FirstRows {
			row = 0
		}
		mean := make([]float64, n)
		for h := range heads {
			for i := range n {
				mean[i] += float64(want.F32[(h*n+row)*n+i]) / heads
			}
		}
		for _, more := range mean[1:f.row] { // which the first row stands for
			mean[0] += more
		}
		near(v.T, "attention", got.F32, narrow(slices.Delete(mean, 1, f.row)))
	case MaxMIL:
		want := make([]float32, got.Len())
		want[v.ints("eval/instance")[0]] = 1
		near(v.T, "instance", got.F32, want)
	default:
		near(v.T, "attention", got.F32, v.tensor("eval/attention").F32)
	}
}

// compareOutcome checks what is made of the answer: probabilities that add up to
// 1, in the order of the logits, and attention that does on each magnification; of
// msmil on all together.
func (v *vectors) compareOutcome(n *Network, source Source, outputs []*nn.Tensor) {
	out, err := n.Forward(v.Context(), source)
	if err != nil {
		v.Fatal(err)
	}
	near(v.T, "classes", out.Logits, outputs[1].F32)
	sum := 0.0
	for _, p := range out.Probabilities {
		sum += float64(p)
	}
	if len(out.Probabilities) != len(n.config.Classes) || math.Abs(sum-1) > 1e-6 {
		v.Errorf("probabilities %v", out.Probabilities)
	}
	sum = 0
	for i, l := range out.Levels {
		if n.config.Method != MSMIL {
			sum = 0
		}
		for _, a := range l.Attention {
			sum += float64(a)
		}
		if n.config.Method == MSMIL && i < len(out.Levels)-1 {
			continue
		}
		if n.attends != (l.Attention != nil) || n.attends && (len(l.Attention) != source.Len(i) || math.Abs(sum-1) > 1e-5) {
			v.Errorf("attention %v of level %d", l.Attention, i)
		}
	}
}

// compareTraining compares loss and gradients, dropout off.
func (v *vectors) compareTraining(model *Model, o nn.Opener, source Source) {
	t, err := model.NewBagTrainer(o, TrainOptions{Dropout: -1})
	if err != nil {
		v.Fatal(err)
	}
	defer t.Close()
	logits, loss, err := t.slopes(v.Context(), source, v.ints("label")[0], 1)
	if err != nil {
		v.Fatal(err)
	}
	near(v.T, "train logits", logits, v.tensor("train/logits").F32)
	near(v.T, "train loss", []float32{float32(loss)}, v.tensor("train/loss").F32)
	var idle []string
	if err := json.Unmarshal([]byte(v.f.Metadata()["params_without_grad"]), &idle); err != nil {
		v.Fatal(err)
	}
	if len(t.gradient.names) != len(t.params) {
		v.Errorf("%d gradients for %d weights", len(t.gradient.names), len(t.params))
	}
	for i, name := range t.gradient.names {
		got := t.gradient.grads[i].F32
		want := make([]float32, len(got))
		if !slices.Contains(idle, name) {
			want = v.tensor("grad/" + name).F32
		}
		nearSlope(v.T, name, got, want)
	}
}
