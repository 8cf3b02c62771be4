package nn

import (
	"fmt"
	"slices"
	"testing"
)

// Gradients of layers near the loss come last, and every node behind what it reads.
func TestBackwardEndsFirst(t *testing.T) {
	g := NewGraph("chain")
	x := g.Input("x", Float32, Fixed(2), Fixed(3))
	for i := range 3 {
		x = g.Tanh(g.Gemm(x, g.Param(fmt.Sprint("w", i), NewTensor(Float32, 3, 3)), nil, false, true))
	}
	g.Output("y", x)
	d, err := Differentiate(g)
	if err != nil {
		t.Fatal(err)
	}
	at := map[*Node]int{}
	for i, n := range d.Backward.nodes {
		for _, v := range n.Inputs {
			if v != nil && v.node != nil {
				if _, made := at[v.node]; !made {
					t.Errorf("node %d, %s, stands before what it reads", i, n.Op)
				}
			}
		}
		at[n] = i
	}
	var places []int
	for _, v := range d.Backward.outputs { // of w0, w1, w2
		places = append(places, at[v.node])
	}
	if n := len(at); !slices.Equal(places, []int{n - 3, n - 2, n - 1}) {
		t.Errorf("the gradients are nodes %v of %d", places, n)
	}
}
