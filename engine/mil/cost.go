package mil

import (
	"fmt"

	"zoomscope/engine/nn"
)

// Encodes is how many patches of each magnification must be encoded for a slide
// that has so many: those at the lowest and, of every other, the children of those
// that are zoomed into; all of an exhaustive method. Numbers for another number of
// magnifications than the model has, or that are no multiples of the ones below,
// are the caller's mistake.
func (c *Config) Encodes(patches []int) []int {
	if len(patches) != len(c.Magnifications) {
		panic(fmt.Sprintf("mil: patches %v for %d magnifications", patches, len(c.Magnifications)))
	}
	out := append([]int{}, patches...)
	if c.Exhaustive() {
		return out
	}
	for i, k := range c.K {
		if patches[i] == 0 || patches[i+1]%patches[i] != 0 {
			panic(fmt.Sprintf("mil: %d patches above %d", patches[i+1], patches[i]))
		}
		out[i+1] = min(k, out[i]) * (patches[i+1] / patches[i])
	}
	return out
}

// Work is how many multiply-adds the model takes for the slide that s is, its
// patches being encoded, as nn.MultiplyAdds counts them in the graphs that Forward
// runs.
func (m *Model) Work(s Source) (int64, error) {
	var total int64
	var err error
	if c := m.Config(); c.Exhaustive() {
		total, err = m.workOfAll(&c, s)
	} else {
		total, err = m.workOfZooming(&c, s)
	}
	if err != nil {
		return 0, fmt.Errorf("model %q: %w", m.config.Name, err)
	}
	return total, nil
}

func (m *Model) workOfAll(c *Config, s Source) (int64, error) {
	all, _, err := reading{c, &workspace{}}.bag(s)
	if err != nil {
		return 0, err
	}
	p, err := c.whole().pack(c, all)
	if err != nil {
		return 0, err
	}
	g, _ := wholeGraph(c, c.whole(), m.params, nil)
	var inputs []*nn.Tensor
	for _, in := range g.Inputs() {
		inputs = append(inputs, p.inputs[in.Name()])
	}
	return graphWork(g, inputs...)
}

func (m *Model) workOfZooming(c *Config, s Source) (int64, error) {
	var patches []int
	for i := range c.Magnifications {
		patches = append(patches, s.Len(i))
		if i > 0 && (patches[i-1] == 0 || patches[i]%patches[i-1] != 0) {
			return 0, fmt.Errorf("patches %v are no multiples", patches)
		}
	}
	total, err := graphWork(classifierGraph(c, m.params), shapeOf(len(c.Magnifications), c.Sizes.Embedding))
	for i, n := range c.Encodes(patches) {
		if err != nil {
			return 0, err
		}
		var level int64
		level, err = graphWork(levelGraph(c, m.params, nil, i), shapeOf(n, c.Encoder.Dim))
		total += level
	}
	return total, err
}

// shapeOf stands for a matrix of which only the shape counts.
func shapeOf(rows, columns int) *nn.Tensor {
	return &nn.Tensor{Type: nn.Float32, Shape: []int{rows, columns}}
}

func graphWork(g *nn.Graph, inputs ...*nn.Tensor) (int64, error) {
	data, err := g.ONNX()
	if err != nil {
		return 0, err
	}
	return nn.MultiplyAdds(data, inputs)
}
