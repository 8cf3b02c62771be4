package nn

import (
	"math"
	"slices"
	"testing"
)

// The sizes that operators name, worked out from numbers, are those that they
// give when they are given the numbers.
func TestCompile(t *testing.T) {
	build := func(n, m, h Dim) map[string]*Value {
		g := NewGraph("sizes")
		x := g.Input("x", Float32, n, Fixed(6))
		y := g.Input("y", Float32, m, Fixed(6))
		image := g.Input("image", Float32, n, Fixed(1), h, h)
		pooled := g.MaxPool(image, 3, 2, 1)
		w := g.Param("w", NewTensor(Float32, 2, 1, 3, 2))
		both := g.Concat(0, x, y, x)
		return map[string]*Value{
			"product":              g.Reshape(x, -1),
			"product of names":     g.Reshape(image, -1),
			"product of windows":   g.Reshape(pooled, -1),
			"half":                 g.Reshape(x, -1, 12),
			"half of a product":    g.Reshape(g.Reshape(pooled, -1), -1, 2),
			"twice a half":         g.Reshape(g.Reshape(x, -1, 12), -1, 4),
			"by a product":         g.Reshape(g.Transpose(image, 2, 0, 1, 3), 0, -1),
			"sum":                  both,
			"sum and number":       g.Concat(0, x, g.Const(NewTensor(Float32, 3, 6)), y),
			"part of a sum":        g.Slice(both, 0, 1, -2),
			"part of a part":       g.SliceStep(g.Slice(both, 0, 1, -2), 0, 2, math.MaxInt, 3),
			"part of a product":    g.Slice(g.Reshape(x, -1), 0, -7, 100),
			"window":               g.Conv(image, w, nil, ConvOptions{}),
			"window with stride":   g.Conv(image, w, nil, ConvOptions{Stride: 2, Pads: [4]int{1, 0, 1, 2}}),
			"window of a window":   g.AvgPool(pooled, 2, 2, 0),
			"border":               g.Pad(pooled, [4]int{1, 2, 3, 4}, "constant"),
			"quotient of products": g.Reshape(g.Reshape(image, -1), 3, -1),
		}
	}
	named := build(Symbol("N"), Symbol("rows-of M"), Symbol("H"))
	for _, sizes := range [][]int{{4, 3, 12}, {2, 5, 9}, {6, 2, 10}} {
		known := build(Fixed(sizes[0]), Fixed(sizes[1]), Fixed(sizes[2]))
		for name, v := range named {
			t.Run(name, func(t *testing.T) {
				want := known[name].shape
				got := make([]Dim, len(v.shape))
				for i, d := range v.shape {
					s, ok := compile(d, []string{"N", "rows-of M", "H"})
					if !ok {
						t.Fatalf("cannot read %q", d)
					}
					got[i] = Fixed(s(sizes))
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s is %s, want %s", shapeText(v.shape), shapeText(got), shapeText(want))
				}
			})
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, name := range []string{"?", "K", "N+", "(N", "N)", "2*", "N[1:2]", "N[1:2:0]", "N[a:b:c]", "N N", "stretches of N"} {
		if _, ok := compile(Dim{Name: name}, []string{"N"}); ok {
			t.Errorf("%q: accepted", name)
		}
	}
}
