package mil

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"zoomscope/engine/nn"
	"zoomscope/engine/topk"
)

// chunkRows is how many patches one run of a level's network takes, and
// chunkValues how many values its arrays have at the most: some 200 MB. The
// published sizes need fewer.
const (
	chunkRows   = 1 << 14
	chunkValues = 50 << 20
)

// chunk is the number of rows of one run. For a row there are its features, its
// embedding, and the two branches of an attention before and after activation.
func (c *Config) chunk() int {
	return max(1, min(chunkRows, chunkValues/(c.Encoder.Dim+c.Sizes.Embedding+4*c.Sizes.Hidden)))
}

// Network is a model on a device, ready to run. Its methods may be called from
// several goroutines at once, except Close.
type Network struct {
	config     Config
	levels     []part
	classifier part // the network itself of an exhaustive method
	chunk      int  // rows of one run
	// names of the inputs of an exhaustive method, and whether it gives attention
	inputs  []string
	attends bool
	hosted  bool      // it computes in the machine's memory; said of an exhaustive method
	work    workspace // of Forward of an exhaustive method, kept from slide to slide
}

// Exhaustive says whether the model takes all patches of its magnifications: then
// a slide goes through StartBag, otherwise level by level through StartLevel and
// Classify. Forward does either.
func (n *Network) Exhaustive() bool { return n.config.Exhaustive() }

// part is a network of a magnification, or the classifier.
type part struct {
	nn.Session
	params []*nn.Tensor // inputs after the others; none when the session holds them
}

func (p *part) run(ctx context.Context, inputs []*nn.Tensor, outputs []*nn.Tensor) error {
	return p.Run(ctx, append(inputs, p.params...), outputs)
}

// Open opens the sessions of the model on a device.
func (m *Model) Open(o nn.Opener) (*Network, error) {
	return openNetwork(o, m.Config(), m.params, nil, func(g *nn.Graph) (*nn.Graph, []*nn.Tensor) { return g, nil })
}

// parametric is a graph whose weights are inputs, and those weights.
func parametric(g *nn.Graph) (*nn.Graph, []*nn.Tensor) {
	var params []*nn.Tensor
	for _, p := range g.Params() {
		params = append(params, p.Tensor())
	}
	return nn.Parametric(g), params
}

// openNetwork opens the graphs as prepare leaves them.
func openNetwork(o nn.Opener, c Config, params map[string]*nn.Tensor, standards []Standard, prepare func(*nn.Graph) (*nn.Graph, []*nn.Tensor)) (*Network, error) {
	if m := c.whole(); m != nil {
		return openWhole(o, c, m, params, standards, prepare)
	}
	n := &Network{config: c, chunk: c.chunk()}
	open := func(what string, g *nn.Graph) (part, error) {
		g, params := prepare(g)
		s, err := openGraph(o, g)
		if err != nil {
			return part{}, errors.Join(fmt.Errorf("model %q, %s: %w", c.Name, what, err), n.Close())
		}
		return part{s, params}, nil
	}
	for i := range c.Magnifications {
		p, err := open(fmt.Sprintf("level %d", i), levelGraph(&c, params, standards, i))
		if err != nil {
			return nil, err
		}
		n.levels = append(n.levels, p)
	}
	var err error
	if n.classifier, err = open("classifier", classifierGraph(&c, params)); err != nil {
		return nil, err
	}
	return n, nil
}

func openGraph(o nn.Opener, g *nn.Graph) (nn.Session, error) {
	data, err := g.ONNX()
	if err != nil {
		return nil, err
	}
	return o.Open(data)
}

// Close closes the sessions.
func (n *Network) Close() error {
	var errs []error
	for _, s := range n.levels {
		errs = append(errs, s.Close())
	}
	if n.classifier.Session != nil {
		errs = append(errs, n.classifier.Close())
	}
	return errors.Join(errs...)
}

// LevelOutput is what the model made of the patches of one magnification.
type LevelOutput struct {
	Pooled    []float32 // [E]
	Attention []float32 // [N], sums to 1
	// ZoomAttention [N] sums to 1; Selected are the patches to zoom into, in
	// ascending order. Both are nil at the highest magnification.
	ZoomAttention []float32
	Selected      []int
}

// LevelRun takes in the features of one magnification, a few patches at a time,
// so that they need not all be in memory. It belongs to one goroutine.
type LevelRun struct {
	network *Network
	level   int
	pending []float32 // features not yet run, less than a chunk
	scores  []float32
	zoom    []float32
	pooled  []float64 // weighted mean of the rows that were run
	logSum  float64   // logarithm of the sum of the exponentials of scores
}

// StartLevel begins the run of a magnification, 0 being the lowest.
func (n *Network) StartLevel(level int) *LevelRun {
	if level < 0 || level >= len(n.levels) {
		panic(fmt.Sprintf("mil: level %d of %d", level, len(n.levels)))
	}
	return &LevelRun{
		network: n,
		level:   level,
		pooled:  make([]float64, n.config.Sizes.Embedding),
		logSum:  math.Inf(-1),
	}
}

// Add takes in the features of the next patches, rows of D values, and keeps
// nothing of them. A length that is no multiple of D is the caller's mistake.
func (r *LevelRun) Add(ctx context.Context, features []float32) error {
	dim := r.network.config.Encoder.Dim
	if len(features)%dim != 0 {
		panic(fmt.Sprintf("mil: %d values are no rows of %d", len(features), dim))
	}
	chunk := r.network.chunk * dim
	for len(features) > 0 {
		if len(r.pending) == 0 && len(features) >= chunk {
			if err := r.run(ctx, features[:chunk]); err != nil {
				return err
			}
			features = features[chunk:]
			continue
		}
		n := min(chunk-len(r.pending), len(features))
		r.pending = append(r.pending, features[:n]...)
		features = features[n:]
		if len(r.pending) == chunk {
			if err := r.flush(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *LevelRun) flush(ctx context.Context) error {
	err := r.run(ctx, r.pending)
	r.pending = r.pending[:0]
	return err
}

// run takes one chunk through the network and joins it to what was there.
func (r *LevelRun) run(ctx context.Context, features []float32) error {
	dim := r.network.config.Encoder.Dim
	outputs := make([]*nn.Tensor, 3)
	if !r.network.config.zooms(r.level) {
		outputs = outputs[:2]
	}
	input := nn.F32Tensor(features, len(features)/dim, dim)
	if err := r.network.levels[r.level].run(ctx, []*nn.Tensor{input}, outputs); err != nil {
		return fmt.Errorf("model %q at %gx: %w", r.network.config.Name, r.magnification(), err)
	}
	r.scores = append(r.scores, outputs[1].F32...)
	if len(outputs) == 3 {
		r.zoom = append(r.zoom, outputs[2].F32...)
	}
	r.join(outputs[0].F32, logSumExp(outputs[1].F32))
	return nil
}

// join adds the pooled vector of a chunk whose scores have that log-sum-exp.
func (r *LevelRun) join(pooled []float32, logSum float64) {
	high, low := max(r.logSum, logSum), min(r.logSum, logSum)
	total := high + math.Log1p(math.Exp(low-high))
	old, added := math.Exp(r.logSum-total), math.Exp(logSum-total)
	for i, v := range pooled {
		r.pooled[i] = old*r.pooled[i] + added*float64(v)
	}
	r.logSum = total
}

// Finish runs what is left and gives the result. A level without patches is an
// error, and so are features that led to anything but finite numbers.
func (r *LevelRun) Finish(ctx context.Context) (*LevelOutput, error) {
	if len(r.pending) > 0 {
		if err := r.flush(ctx); err != nil {
			return nil, err
		}
	}
	if len(r.scores) == 0 {
		return nil, fmt.Errorf("model %q at %gx: no patches", r.network.config.Name, r.magnification())
	}
	out := &LevelOutput{
		Pooled:    make([]float32, len(r.pooled)),
		Attention: softmax(r.scores, r.logSum),
	}
	finite := 0.0 // NaN as soon as anything is not finite
	for i, v := range r.pooled {
		out.Pooled[i] = float32(v)
		finite += v * 0
	}
	if finite += r.logSum * 0; finite != 0 {
		return nil, r.notFinite()
	}
	if r.highest() {
		return out, nil
	}
	return out, r.choose(out)
}

// choose fills in what is zoomed into, and by which attention.
func (r *LevelRun) choose(out *LevelOutput) (err error) {
	c := &r.network.config
	k := c.K[r.level]
	switch {
	case c.selection(r.level) == Random:
		out.ZoomAttention = slices.Repeat([]float32{1 / float32(len(r.scores))}, len(r.scores))
		out.Selected = topk.Random(len(r.scores), k, c.Training.Seed+uint64(r.level))
		return nil
	case c.zooms(r.level):
		sum := logSumExp(r.zoom)
		if sum-sum != 0 {
			return r.notFinite()
		}
		out.ZoomAttention = softmax(r.zoom, sum)
	default:
		out.ZoomAttention = slices.Clone(out.Attention)
	}
	out.Selected, err = topk.Hard(out.ZoomAttention, k)
	return err
}

func (r *LevelRun) notFinite() error {
	return fmt.Errorf("model %q at %gx: attention: %w; are the features?", r.network.config.Name, r.magnification(), ErrNotFinite)
}

func (r *LevelRun) highest() bool { return r.level == len(r.network.levels)-1 }

func (r *LevelRun) magnification() float64 { return r.network.config.Magnifications[r.level] }

// Classify makes logits and probabilities, in the order of the classes, of the
// pooled vectors of all magnifications, lowest first. Weights that lead to
// anything but finite numbers are an error.
func (n *Network) Classify(ctx context.Context, pooled [][]float32) (logits, probabilities []float32, err error) {
	if len(pooled) != len(n.levels) {
		panic(fmt.Sprintf("mil: %d pooled vectors for %d magnifications", len(pooled), len(n.levels)))
	}
	var all []float32
	for _, p := range pooled {
		all = append(all, p...)
	}
	outputs := make([]*nn.Tensor, 2)
	input := nn.F32Tensor(all, len(pooled), n.config.Sizes.Embedding)
	if err := n.classifier.run(ctx, []*nn.Tensor{input}, outputs); err != nil {
		return nil, nil, fmt.Errorf("model %q, classifier: %w", n.config.Name, err)
	}
	logits, probabilities = outputs[0].F32, outputs[1].F32
	for _, v := range slices.Concat(logits, probabilities) {
		if v-v != 0 {
			return nil, nil, fmt.Errorf("model %q, classifier: answer %v: %w; are the weights sound?", n.config.Name, v, ErrNotFinite)
		}
	}
	return logits, probabilities, nil
}

// softmax is exp(scores - logSum), the logarithm of the sum of the exponentials
// being known.
func softmax(scores []float32, logSum float64) []float32 {
	out := make([]float32, len(scores))
	for i, s := range scores {
		out[i] = float32(math.Exp(float64(s) - logSum))
	}
	return out
}

// logSumExp is the logarithm of the sum of the exponentials of scores, exact
// also where they would overflow.
func logSumExp(scores []float32) float64 {
	highest := math.Inf(-1)
	for _, s := range scores {
		highest = max(highest, float64(s)) // max of NaN is NaN
	}
	sum := 0.0
	for _, s := range scores {
		sum += math.Exp(float64(s) - highest)
	}
	return highest + math.Log(sum)
}
