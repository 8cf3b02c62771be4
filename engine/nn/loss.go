package nn

// CrossEntropy is the mean over the rows of logits [N, C] of -log softmax at the
// row's label, int64 [N]: shape [1]. C is a number. A row whose label is not
// within 0..C-1 counts as 0.
func (g *Graph) CrossEntropy(logits, label *Value) *Value {
	g.floats("CrossEntropy", logits)
	g.own("CrossEntropy", label)
	if len(logits.shape) != 2 || !logits.shape[1].Known() || label.dtype != Int64 || shapeText(label.shape) != shapeText(logits.shape[:1]) {
		g.fail("CrossEntropy", "logits are %v, label is %v", logits, label)
	}
	classes := make([]int, logits.shape[1].Size)
	for i := range classes {
		classes[i] = i
	}
	single := logits.shape[0] == Fixed(1)
	if !single {
		label = g.Unsqueeze(label, 1)
	}
	weights := g.Where(g.Equal(label, g.ints(classes...)), g.ScalarOf(logits.dtype, -1), g.ScalarOf(logits.dtype, 0))
	rows := g.ReduceSum(g.Mul(weights, g.LogSoftmax(logits, 1)), false, 1)
	if single {
		return rows
	}
	return g.ReduceMean(rows, true)
}
