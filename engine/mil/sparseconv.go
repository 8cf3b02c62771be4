package mil

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"zoomscope/engine/grid"
	"zoomscope/engine/nn"
)

// sparseConvMIL lays the patches out on a map and runs two convolutions over the
// places that hold any (Lerousseau et al., COMPAY 2021). The random turns,
// shifts and scales of that map are left out.
type sparseConvMIL struct{ single }

func (sparseConvMIL) check(c *Config) error {
	return errors.Join(
		c.Options.check(Options{Cell: c.Options.Cell}), c.linearOnly(),
		widths("embedding", true, c.Sizes.Embedding), widths("hidden", true, c.Sizes.Hidden), widths("middle", true, c.Sizes.Middle))
}

// kernel is the number of places that a convolution looks at: 3 x 3.
const kernel = 9

func (sparseConvMIL) weights(c *Config) []weight {
	e := c.Sizes
	conv := func(name string, in, out int) []weight {
		return []weight{
			{name + ".weight", []int{kernel, 1, in, out}, normal(math.Sqrt(2 / float64(kernel*in)))},
			{name + ".bias", []int{out}, nil},
		}
	}
	all := append(conv("sparse_cnn.0", c.Encoder.Dim, e.Embedding), conv("sparse_cnn.2", e.Embedding, e.Middle)...)
	all = append(all, usual("wsi_embedding_classifier.0", e.Hidden, e.Middle)...)
	return append(all, usual("wsi_embedding_classifier.2", len(c.Classes), e.Hidden)...)
}

// standard leaves out the means: a place without patches counts as zeros, which a
// layer could not tell from the mean otherwise.
func (sparseConvMIL) standard(c *Config, s []Standard) Standard {
	return Standard{make([]float32, c.Encoder.Dim), s[0].Scale}
}

func (sparseConvMIL) readers(c *Config, s Standard) []reader {
	return []reader{{"sparse_cnn.0.weight", "sparse_cnn.0.bias", s, c.Sizes.Embedding}}
}

func (m sparseConvMIL) answer(b builder, c *Config) answer {
	e := c.Sizes
	neighbours := b.Input("neighbours", nn.Int64, nn.Symbol("N"), nn.Fixed(kernel))
	x := b.features(c.Encoder.Dim)
	x = b.Relu(m.convolution(b, x, neighbours, "sparse_cnn.0", c.Encoder.Dim, e.Embedding))
	x = b.Relu(m.convolution(b, x, neighbours, "sparse_cnn.2", e.Embedding, e.Middle))
	z := b.drop(b.ReduceMean(x, true, 0), "embedding")
	return b.crossEntropy(answer{
		logits: b.linear(b.Relu(b.linear(z, "wsi_embedding_classifier.0")), "wsi_embedding_classifier.2"),
	})
}

// convolution of x [N, in] gives [N, out]: each row times the weights of all
// places of the kernel, then for each row the sum of what its neighbours have for
// it. neighbours [N, 9] are rows of the former, 9 for each of x and one of zeros
// behind them.
func (sparseConvMIL) convolution(b builder, x, neighbours *nn.Value, name string, in, out int) *nn.Value {
	w := b.Reshape(b.param(name+".weight"), kernel, in, out)
	w = b.Reshape(b.Transpose(w, 1, 0, 2), in, kernel*out)
	parts := b.Reshape(b.MatMul(x, w), -1, out)
	parts = b.Concat(0, parts, b.Const(nn.NewTensor(nn.Float32, 1, out)))
	sum := b.ReduceSum(b.Gather(parts, neighbours, 0), false, 1)
	return b.Add(sum, b.param(name+".bias"))
}

// pack averages the patches of each place of the map, and finds the neighbours of
// each place.
func (m sparseConvMIL) pack(c *Config, s *bag) (*pack, error) {
	if s.layers[0].Cells == nil {
		return nil, fmt.Errorf("%s needs to know where patches are: their features say nothing of it", c.Method)
	}
	places, of := m.places(s.layers[0].Cells, max(c.Options.Cell, 1))
	n := len(places)
	return &pack{
		inputs: map[string]*nn.Tensor{
			"features":   nn.F32Tensor(means(s.features, s.dim, of, n), n, s.dim),
			"neighbours": nn.I64Tensor(neighboursOf(places), n, kernel),
		},
		sizes: map[string]int{"N": n},
	}, nil
}

// places are the different ones that cells of some size hold, in order, and for
// each cell which it is in.
func (sparseConvMIL) places(cells []grid.Cell, size int) (places []grid.Cell, of []int) {
	lowest := cells[0]
	for _, c := range cells {
		lowest.Column, lowest.Row = min(lowest.Column, c.Column/size), min(lowest.Row, c.Row/size)
	}
	in := make([]grid.Cell, len(cells))
	for i, c := range cells {
		in[i] = grid.Cell{Column: c.Column/size - lowest.Column, Row: c.Row/size - lowest.Row}
	}
	compare := func(a, b grid.Cell) int { return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Column, b.Column)) }
	places = slices.Clone(in)
	slices.SortFunc(places, compare)
	places = slices.Compact(places)
	of = make([]int, len(in))
	for i, c := range in {
		of[i], _ = slices.BinarySearchFunc(places, c, compare)
	}
	return places, of
}

// means are those of the rows of x that belong to each of n places.
func means(x []float32, dim int, of []int, n int) []float32 {
	if len(of) == n && slices.IsSorted(of) {
		return x // one each, in order
	}
	sums, count := make([]float64, n*dim), make([]float64, n)
	for i, place := range of {
		count[place]++
		for j, v := range x[i*dim : (i+1)*dim] {
			sums[place*dim+j] += float64(v)
		}
	}
	out := make([]float32, len(sums))
	for i, v := range sums {
		out[i] = float32(v / count[i/dim])
	}
	return out
}

// neighboursOf are, for each place p and each of the 9 around it, the row that
// the place there has for it: 9 q + o, or the row behind all where there is none.
func neighboursOf(places []grid.Cell) []int64 {
	at := make(map[grid.Cell]int, len(places))
	for i, p := range places {
		at[p] = i
	}
	out := make([]int64, 0, kernel*len(places))
	for _, p := range places {
		for o := range kernel {
			q, ok := at[grid.Cell{Column: p.Column + o/3 - 1, Row: p.Row + o%3 - 1}]
			if !ok {
				q, o = len(places), 0
			}
			out = append(out, int64(kernel*q+o))
		}
	}
	return out
}
