package mil

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"zoomscope/engine/nn"
)

// wholeGraph is the network of an exhaustive method in evaluation: it gives
// logits [1, outputs], classes and probabilities [1, C], and attention [N, 1 or
// outputs] where there is one.
func wholeGraph(c *Config, m whole, params map[string]*nn.Tensor, standards []Standard) (g *nn.Graph, attends bool) {
	b := builder{Graph: nn.NewGraph(c.Method), params: params, standards: c.standards(standards)}
	a := m.answer(b, c)
	b.Output("logits", a.logits)
	b.Output("classes", a.classes)
	b.Output("probabilities", b.Softmax(a.classes, 1))
	if a.attention != nil {
		b.Output("attention", a.attention())
	}
	return b.Graph, a.attention != nil
}

func openWhole(o nn.Opener, c Config, m whole, params map[string]*nn.Tensor, standards []Standard, prepare func(*nn.Graph) (*nn.Graph, []*nn.Tensor)) (*Network, error) {
	g, attends := wholeGraph(&c, m, params, standards)
	n := &Network{config: c, attends: attends, hosted: hosted(o)}
	for _, in := range g.Inputs() {
		n.inputs = append(n.inputs, in.Name())
	}
	g, weights := prepare(g)
	s, err := openGraph(o, g)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", c.Name, err)
	}
	n.classifier = part{s, weights}
	return n, nil
}

// BagRun takes in the features of all patches of a slide, for an exhaustive
// method, and keeps them. It belongs to one goroutine.
type BagRun struct {
	network *Network
	bag     bag
}

// StartBag begins a slide whose patches are these, lowest magnification first. The
// answer follows from their order, and not from how many are handed in at once;
// RowByRow gives an order. A network that is not exhaustive, or another number of layers than it has
// magnifications, is the caller's mistake.
func (n *Network) StartBag(layers []Layer) *BagRun {
	m := n.config.whole()
	if m == nil || len(layers) != len(n.config.Magnifications) {
		panic(fmt.Sprintf("mil: %d layers for %d magnifications of %s", len(layers), len(n.config.Magnifications), n.config.Method))
	}
	r := &BagRun{network: n, bag: bag{layers: layers, dim: n.config.Encoder.Dim}}
	r.bag.features = make([]float32, 0, m.room(r.bag.rows())*r.bag.dim)
	return r
}

// Add takes in the features of the next patches, rows of D values: those of the
// lowest magnification first, then those of the next. More than there are
// patches, or a length that is no multiple of D, is the caller's mistake.
func (r *BagRun) Add(features []float32) {
	if len(features)%r.bag.dim != 0 || len(r.bag.features)+len(features) > r.bag.rows()*r.bag.dim {
		panic(fmt.Sprintf("mil: %d values after %d of %d patches of %d", len(features), len(r.bag.features), r.bag.rows(), r.bag.dim))
	}
	r.bag.features = append(r.bag.features, features...)
}

// On is the same slide on another network of the same model.
func (r *BagRun) On(n *Network) *BagRun { return &BagRun{n, r.bag} }

// Finish runs the model. It may be called again. Patches whose features were not
// handed in are the caller's mistake; an answer that is not finite is an error.
func (r *BagRun) Finish(ctx context.Context) (*Outcome, error) {
	if len(r.bag.features) != r.bag.rows()*r.bag.dim {
		panic(fmt.Sprintf("mil: %d values of %d patches of %d", len(r.bag.features), r.bag.rows(), r.bag.dim))
	}
	return r.network.runWhole(ctx, &r.bag)
}

// runWhole runs an exhaustive method on a slide.
func (n *Network) runWhole(ctx context.Context, s *bag) (*Outcome, error) {
	outputs, err := n.compute(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", n.config.Name, err)
	}
	var raw []float32
	if n.attends {
		raw = column(outputs[3], argMax(outputs[0].F32))
	}
	out := &Outcome{Logits: outputs[1].F32, Probabilities: outputs[2].F32}
	spread := n.config.whole().spread(&n.config, s, raw)
	for i, l := range s.layers {
		level := LevelOutput{}
		if spread != nil {
			level.Attention = spread[i]
		}
		out.Levels = append(out.Levels, level)
		out.Rows = append(out.Rows, span(l.Len))
	}
	return out, nil
}

// compute gives the outputs of the network of an exhaustive method, which are
// finite.
func (n *Network) compute(ctx context.Context, s *bag) ([]*nn.Tensor, error) {
	for i, l := range s.layers {
		if l.Len == 0 {
			return nil, fmt.Errorf("no patches at %gx", n.config.Magnifications[i])
		}
	}
	p, err := n.config.whole().pack(&n.config, s)
	if err != nil {
		return nil, err
	}
	var inputs []*nn.Tensor
	for _, name := range n.inputs {
		inputs = append(inputs, p.inputs[name])
	}
	outputs := make([]*nn.Tensor, 3, 4)
	if n.attends {
		outputs = append(outputs, nil)
	}
	if err := n.classifier.run(ctx, inputs, outputs); err != nil {
		return nil, err
	}
	for _, x := range outputs[:3] {
		for _, v := range x.F32 {
			if v-v != 0 {
				return nil, fmt.Errorf("answer %v: %w; are the features, and the weights?", v, ErrNotFinite)
			}
		}
	}
	return outputs, nil
}

// column is one of x [N, C].
func column(x *nn.Tensor, i int) []float32 {
	c := x.Shape[1]
	out := make([]float32, x.Shape[0])
	for row := range out {
		out[row] = x.F32[row*c+min(i, c-1)]
	}
	return out
}

func argMax(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// forwardWhole is Forward of an exhaustive method.
func (n *Network) forwardWhole(ctx context.Context, s Source) (*Outcome, error) {
	defer n.work.reset()
	read := reading{&n.config, &n.work}
	all, rows, err := read.bag(s)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", n.config.Name, err)
	}
	out, err := n.runWhole(ctx, all)
	if err != nil {
		return nil, err
	}
	out.inOrderOf(rows)
	return out, nil
}

// inOrderOf puts the attention into the order of the source, of which rows were
// taken.
func (o *Outcome) inOrderOf(rows [][]int) {
	for i, l := range o.Levels {
		if l.Attention == nil {
			continue
		}
		a := make([]float32, len(l.Attention))
		for j, row := range rows[i] {
			a[row] = l.Attention[j]
		}
		o.Levels[i].Attention = a
	}
}

// reading takes slides out of sources, into memory of a workspace.
type reading struct {
	config *Config
	work   *workspace
}

// bag is all patches of a source, and the rows of it that they are.
func (r reading) bag(s Source) (*bag, [][]int, error) {
	c := r.config
	layers, rows, err := layersOf(s, c.Magnifications, c.Method == DSMIL)
	if err != nil {
		return nil, nil, err
	}
	all := &bag{layers: layers, dim: c.Encoder.Dim, work: r.work}
	if d, ok := s.(dense); ok && len(layers) == 1 && slices.IsSorted(rows[0]) {
		all.features = slices.Clip(d.Dense(0)) // which nothing may be written behind
		return all, rows, nil
	}
	room := r.work.take(c.whole().room(all.rows()) * all.dim)
	all.features = room[:all.rows()*all.dim]
	var errs []error
	for i := range layers {
		errs = append(errs, readFeatures(s, all.level(i), i, rows[i]))
	}
	return all, rows, errors.Join(errs...)
}
