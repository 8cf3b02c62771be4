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

// Slices that make up a weight have their gradients put end to end: nothing as large
// as the weight is added up for each.
func TestBackwardOfSlices(t *testing.T) {
	g := NewGraph("parts")
	x, w := g.Input("x", Float32, Symbol("N"), Fixed(4)), g.Param("w", NewTensor(Float32, 9, 4))
	for i, at := range []int{6, 0, 3, 3} {
		g.Output(fmt.Sprint("y", i), g.Linear(x, g.Slice(w, 0, at, at+3), nil))
	}
	d, err := Differentiate(g)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range d.Backward.Nodes() {
		whole := slices.Equal(n.Output.shape, w.shape)
		if n.Op == "Pad" || whole && n.Op != "Concat" && n.Op != "Identity" {
			t.Errorf("a node %s of %v", n.Op, n.Output)
		}
	}
}
