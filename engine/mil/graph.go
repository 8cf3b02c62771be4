package mil

import "zoomscope/engine/nn"

// builder makes the graphs of a model. The pieces below are the one definition
// of the network, whatever it is run for.
type builder struct {
	*nn.Graph
	params map[string]*nn.Tensor
}

// linear applies the layer of that name to x [N, in].
func (b builder) linear(x *nn.Value, name string) *nn.Value {
	weight, bias := name+".weight", name+".bias"
	return b.Linear(x, b.Param(weight, b.params[weight]), b.Param(bias, b.params[bias]))
}

// embed turns features [N, D] of a level into embeddings [N, E].
func (b builder) embed(features *nn.Value, level string) *nn.Value {
	return b.Relu(b.linear(features, "fc_"+level+"_mag.0"))
}

// gatedAttention gives each row of x [N, E] a score [N, 1], before any softmax.
func (b builder) gatedAttention(x *nn.Value, name string) *nn.Value {
	content := b.Tanh(b.linear(x, name+".attention_a.0"))
	gate := b.Sigmoid(b.linear(x, name+".attention_b.0"))
	return b.linear(b.Mul(content, gate), name+".attention_c")
}

// pool is the mean [1, E] of the rows of x [N, E], weighted by the softmax over
// the rows of scores [N, 1].
func (b builder) pool(x, scores *nn.Value) *nn.Value {
	return b.MatMul(b.Transpose(b.Softmax(scores, 0), 1, 0), x)
}

// classify turns the sum of the pooled vectors [1, E] into logits [1, C].
func (b builder) classify(sum *nn.Value, classifier string) *nn.Value {
	if classifier == MLP {
		return b.linear(b.Relu(b.linear(sum, "classify_head.0")), "classify_head.2")
	}
	return b.linear(sum, "classify_head")
}

// levelGraph takes features [N, D] of magnification m and gives pooled [1, E],
// scores [N, 1] and, below the highest magnification, zoom_scores [N, 1].
func (m *Model) levelGraph(level int) *nn.Graph {
	n := len(m.config.Magnifications)
	name := levelName(level, n)
	b := builder{nn.NewGraph("zoommil_" + name), m.params}
	x := b.embed(b.Input("features", nn.Float32, nn.Symbol("N"), nn.Fixed(m.config.Encoder.Dim)), name)
	scores := b.gatedAttention(x, "ga_"+name+"_mag")
	b.Output("pooled", b.pool(x, scores))
	b.Output("scores", scores)
	if level < n-1 {
		b.Output("zoom_scores", b.gatedAttention(x, "aux_ga_"+name+"_mag"))
	}
	return b.Graph
}

// classifierGraph takes pooled [M, E], one row per magnification, and gives
// logits [1, C] and probabilities [1, C].
func (m *Model) classifierGraph() *nn.Graph {
	b := builder{nn.NewGraph("zoommil_classifier"), m.params}
	pooled := b.Input("pooled", nn.Float32, nn.Fixed(len(m.config.Magnifications)), nn.Fixed(m.config.Sizes.Embedding))
	logits := b.classify(b.ReduceSum(pooled, true, 0), m.config.Classifier)
	b.Output("logits", logits)
	b.Output("probabilities", b.Softmax(logits, 1))
	return b.Graph
}
