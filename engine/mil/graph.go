package mil

import "zoomscope/engine/nn"

// builder makes the graphs of a model. The pieces below are the one definition
// of the network, whatever it is run for.
type builder struct {
	*nn.Graph
	params map[string]*nn.Tensor
	// dropout is the share of activations that training leaves out, 0 for none.
	// Each place takes its mask, uint8 [N, width], from an input of its own.
	dropout float64
	// standards are what features are brought to first, per level; nil for none.
	standards []Standard
}

// drop is x [N, width] with activations left out.
func (b builder) drop(x *nn.Value, place string) *nn.Value {
	if b.dropout == 0 {
		return x
	}
	return b.Dropout(x, b.Input(maskName+place, nn.Uint8, x.Shape()...), b.dropout)
}

// maskName is put before the places of dropout in the names of inputs.
const maskName = "mask/"

// mask is one for dropBy of rows [N, width]; nil where nothing is left out.
func (b builder) mask(width int, place string) *nn.Value {
	if b.dropout == 0 {
		return nil
	}
	return b.Input(maskName+place, nn.Uint8, nn.Symbol("N"), nn.Fixed(width))
}

// dropBy is drop with a mask that is there.
func (b builder) dropBy(x, mask *nn.Value) *nn.Value {
	if mask == nil {
		return x
	}
	return b.Dropout(x, mask, b.dropout)
}

// param is the weight of that name, the same one however often it is asked for.
func (b builder) param(name string) *nn.Value {
	for _, p := range b.Params() {
		if p.Name() == name {
			return p
		}
	}
	return b.Param(name, b.params[name])
}

// linear applies the layer of that name to x [N, in].
func (b builder) linear(x *nn.Value, name string) *nn.Value {
	return b.Linear(x, b.param(name+".weight"), b.param(name+".bias"))
}

// embed turns features [N, D] of a level into embeddings [N, E].
func (b builder) embed(features *nn.Value, level string) *nn.Value {
	name := "fc_" + level + "_mag"
	return b.drop(b.Relu(b.linear(features, name+".0")), name)
}

// gatedAttention gives each row of x [N, E] a score [N, 1], before any softmax.
func (b builder) gatedAttention(x *nn.Value, name string) *nn.Value {
	content := b.drop(b.Tanh(b.linear(x, name+".attention_a.0")), name+".attention_a")
	gate := b.drop(b.Sigmoid(b.linear(x, name+".attention_b.0")), name+".attention_b")
	return b.linear(b.Mul(content, gate), name+".attention_c")
}

// classify turns the fused vector [1, F] into logits [1, C].
func (b builder) classify(fused *nn.Value, classifier string) *nn.Value {
	if classifier == MLP {
		return b.linear(b.Relu(b.linear(fused, "classify_head.0")), "classify_head.2")
	}
	return b.linear(fused, "classify_head")
}

// pool is the mean [1, E] of the rows of x [N, E], weighted by attention [N, 1].
func (b builder) pool(x, attention *nn.Value) *nn.Value {
	return b.MatMul(b.Transpose(attention, 1, 0), x)
}

// level is what the network makes of one magnification.
type level struct {
	pooled     *nn.Value // [1, E]
	scores     *nn.Value // [N, 1], before the softmax
	attention  *nn.Value // [N, 1]
	zoomScores *nn.Value // [N, 1], nil where there is no second attention
}

// standard is features [N, D] of a level as its weights take them.
func (b builder) standard(features *nn.Value, level int) *nn.Value {
	if b.standards == nil {
		return features
	}
	s := b.standards[level]
	d := len(s.Mean)
	return b.Mul(b.Sub(features, b.Const(nn.F32Tensor(s.Mean, 1, d))), b.Const(nn.F32Tensor(s.Scale, 1, d)))
}

// level puts together the network of a magnification. It declares the input
// features [N, D].
func (b builder) level(c *Config, i int) level {
	n := len(c.Magnifications)
	name := levelName(i, n)
	x := b.embed(b.standard(b.Input("features", nn.Float32, nn.Symbol("N"), nn.Fixed(c.Encoder.Dim)), i), name)
	l := level{scores: b.gatedAttention(x, "ga_"+name+"_mag")}
	l.attention = b.Softmax(l.scores, 0)
	l.pooled = b.pool(x, l.attention)
	if c.zooms(i) {
		l.zoomScores = b.gatedAttention(x, "aux_ga_"+name+"_mag")
	}
	return l
}

// levelGraph takes features [N, D] of a magnification and gives pooled [1, E],
// scores [N, 1] and, where there is an attention to zoom by, zoom_scores [N, 1].
func levelGraph(c *Config, params map[string]*nn.Tensor, standards []Standard, i int) *nn.Graph {
	b := builder{Graph: nn.NewGraph("zoommil_" + levelName(i, len(c.Magnifications))), params: params, standards: standards}
	l := b.level(c, i)
	b.Output("pooled", l.pooled)
	b.Output("scores", l.scores)
	if l.zoomScores != nil {
		b.Output("zoom_scores", l.zoomScores)
	}
	return b.Graph
}

// trainingGraph takes features [N, D] and the dropout's masks, and gives pooled
// [1, E] and attention [N, 1], and where there is another attention to zoom by,
// zoom_attention [N, 1].
func trainingGraph(c *Config, params map[string]*nn.Tensor, o TrainOptions, i int) *nn.Graph {
	b := builder{nn.NewGraph("zoommil_" + levelName(i, len(c.Magnifications))), params, o.Dropout, o.Standards}
	l := b.level(c, i)
	b.Output("pooled", l.pooled)
	b.Output("attention", l.attention)
	if l.zoomScores != nil {
		b.Output("zoom_attention", b.Softmax(l.zoomScores, 0))
	}
	return b.Graph
}

// fuse makes one vector [1, F] of pooled [M, E].
func (b builder) fuse(pooled *nn.Value, c *Config) *nn.Value {
	m := len(c.Magnifications)
	switch c.Fusion {
	case Concat:
		return b.Reshape(pooled, 1, c.fused())
	case Highest:
		return b.Slice(pooled, 0, m-1, m)
	}
	return b.ReduceSum(pooled, true, 0)
}

// classifierGraph takes pooled [M, E], one row per magnification, and gives
// logits [1, C] and probabilities [1, C].
func classifierGraph(c *Config, params map[string]*nn.Tensor) *nn.Graph {
	b, logits := classifier(c, params)
	b.Output("logits", logits)
	b.Output("probabilities", b.Softmax(logits, 1))
	return b.Graph
}

// lossGraph takes pooled [M, E] and the label, int64 [1], and gives logits [1, C]
// and the cross entropy, loss.
func lossGraph(c *Config, params map[string]*nn.Tensor) *nn.Graph {
	b, logits := classifier(c, params)
	b.Output("logits", logits)
	b.Output("loss", b.CrossEntropy(logits, b.Input("label", nn.Int64, nn.Fixed(1))))
	return b.Graph
}

func classifier(c *Config, params map[string]*nn.Tensor) (builder, *nn.Value) {
	b := builder{Graph: nn.NewGraph("zoommil_classifier"), params: params}
	pooled := b.Input("pooled", nn.Float32, nn.Fixed(len(c.Magnifications)), nn.Fixed(c.Sizes.Embedding))
	return b, b.classify(b.fuse(pooled, c), c.Classifier)
}
