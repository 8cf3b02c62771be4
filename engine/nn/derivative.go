package nn

import (
	"errors"
	"fmt"
	"slices"
)

// Derivative is a network taken apart for training. Between its two graphs the
// caller may do what no graph does.
type Derivative struct {
	// Forward has the inputs of the network, then its params in their order, as
	// inputs. Its outputs are the network's, then the activations that Backward
	// reads, whose names are Saved.
	Forward *Graph
	// Backward has one input "grad/<name>" per output of the network that is of
	// floats, in their order and of the same shape, then whatever it reads of
	// Forward's inputs and outputs, under their names there. Its outputs are
	// "grad/<name>" of each value that was asked for, in that order.
	Backward *Graph
	saved    []string
}

// Saved are the names of the outputs of Forward after the network's own.
func (d *Derivative) Saved() []string { return slices.Clone(d.saved) }

// Differentiate takes a network apart for training. wrt are the params and inputs
// of g whose gradient is wanted, all params when none is named; one that no
// output depends on has a gradient of zeros. That a gradient would have to flow
// through an operator without a rule, or through integers, is an error that names
// the operator; so is a wrt that is no param or input of floats.
func Differentiate(g *Graph, wrt ...*Value) (*Derivative, error) {
	if len(wrt) == 0 {
		wrt = g.Params()
	}
	b := newBackward(g)
	if err := b.want(wrt); err != nil {
		return nil, fmt.Errorf("nn: differentiate %s: %w", g.name, err)
	}
	b.seed()
	for _, n := range slices.Backward(g.nodes) {
		if err := b.through(n); err != nil {
			return nil, fmt.Errorf("nn: differentiate %s: %s (%s): %w", g.name, n.Output.name, n.Op, err)
		}
	}
	for _, v := range wrt {
		b.Output("grad/"+v.name, b.total(v, false))
	}
	if err := errors.Join(slices.Concat(b.forward.errs, b.errs)...); err != nil {
		return nil, fmt.Errorf("nn: differentiate %s: %w", g.name, err)
	}
	b.endsFirst()
	return &Derivative{Forward: b.forward.Graph, Backward: b.Graph, saved: b.saved}, nil
}

// endsFirst puts the nodes that nothing reads last, and of them the one that was
// made first behind all others. ONNX Runtime goes from the last node without
// readers to what that needs, then to the next: so it finishes the gradients of
// layers near the loss before it goes on to those behind, and need not keep all
// that the former are made of.
func (g *Graph) endsFirst() {
	read := map[*Node]bool{}
	for _, n := range g.nodes {
		for _, v := range n.Inputs {
			if v != nil && v.node != nil {
				read[v.node] = true
			}
		}
	}
	ends := slices.DeleteFunc(slices.Clone(g.nodes), func(n *Node) bool { return read[n] })
	g.nodes = slices.DeleteFunc(g.nodes, func(n *Node) bool { return !read[n] })
	slices.Reverse(ends)
	g.nodes = append(g.nodes, ends...)
}

// backward builds the backward graph, which it embeds, of g.
type backward struct {
	*Graph
	g       *Graph
	forward *replica
	held    map[*Value]*Value   // the values of g that the backward graph has
	shapes  map[*Value]*Value   // their sizes, where they were asked for
	parts   map[*Value][]*Value // what adds up to the gradient of a value of g
	cuts    map[*Value][]cut    // and the gradients of its slices, which do besides
	ones    map[Dim]*Value      // vectors of as many
	needs   map[*Value]bool     // the values of g that wrt has an influence on
	saved   []string
	blocked *Value // no gradient can flow to it, though one would have to
}

func newBackward(g *Graph) *backward {
	return &backward{
		Graph:   NewGraph(g.name + "_backward"),
		g:       g,
		forward: newReplica(g, g.name+"_forward"),
		held:    map[*Value]*Value{},
		shapes:  map[*Value]*Value{},
		parts:   map[*Value][]*Value{},
		cuts:    map[*Value][]cut{},
		ones:    map[Dim]*Value{},
		needs:   map[*Value]bool{},
	}
}

// want notes what a gradient has to be found of, and what depends on it.
func (b *backward) want(wrt []*Value) error {
	if !slices.ContainsFunc(b.g.outputs, (*Value).float) {
		return errors.New("no output is of floats")
	}
	for _, v := range wrt {
		switch {
		case v == nil || v.graph != b.g || v.kind != KindInput && v.kind != KindParam:
			return fmt.Errorf("%v is no input or param", v)
		case !v.float():
			return fmt.Errorf("%v has no gradient", v)
		}
		b.needs[v] = true
	}
	for _, n := range b.g.nodes {
		if !slices.Contains(chooses, n.Op) && slices.ContainsFunc(n.Inputs, func(v *Value) bool { return b.needs[v] }) {
			b.needs[n.Output] = true
		}
	}
	return nil
}

// chooses are the operators whose results are constant but for jumps.
var chooses = []string{"Greater", "Equal", "Sign", "Shape", "ArgMax", "TopK"}

func (v *Value) float() bool { return v.dtype == Float32 || v.dtype == Float64 }

// seed declares the gradients of the outputs.
func (b *backward) seed() {
	for _, v := range b.g.outputs {
		if v.float() {
			in := b.Input("grad/"+v.name, v.dtype, v.shape...)
			b.give(v, func() *Value { return in })
		}
	}
}

// through takes the gradient of a node's result to its operands.
func (b *backward) through(n *Node) error {
	if !b.needs[n.Output] || len(b.parts[n.Output])+len(b.cuts[n.Output]) == 0 {
		return nil
	}
	known := b.rule(n, b.total(n.Output, b.elementwise(n)))
	switch {
	case !known:
		return errors.New("the operator has no gradient")
	case b.blocked != nil:
		return fmt.Errorf("%v has no gradient", b.blocked)
	}
	return nil
}

// give adds a part to the gradient of v, if one is wanted. The part broadcasts to
// the shape of v.
func (b *backward) give(v *Value, part func() *Value) {
	switch {
	case v == nil || !b.needs[v]:
	case !v.float():
		b.blocked = v
	default:
		b.parts[v] = append(b.parts[v], part())
	}
}

// total is the gradient of v. Unless broadcasting will do, it is of v's shape.
func (b *backward) total(v *Value, broadcasting bool) *Value {
	parts := slices.Concat(b.parts[v], b.joined(v))
	if len(parts) == 0 {
		return b.expand(b.ScalarOf(v.dtype, 0), b.sizesOf(v), v.shape)
	}
	sum := parts[0]
	for _, p := range parts[1:] {
		sum = b.Add(sum, p)
	}
	if broadcasting || slices.Equal(sum.shape, v.shape) {
		return sum
	}
	return b.expand(sum, b.sizesOf(v), v.shape)
}

// elementwise tells of a node whose rule takes a gradient that has still to be
// broadcast: what it hands on broadcasts as well as that.
func (b *backward) elementwise(n *Node) bool {
	switch n.Op {
	case "Add", "Sub", "Mul", "Div", "Neg", "Abs", "Tanh", "Sigmoid", "Relu", "Exp", "Log", "Sqrt", "Identity", "Cast", "Clip":
		return !slices.ContainsFunc(n.Inputs, func(v *Value) bool {
			return b.needs[v] && !slices.Equal(v.shape, n.Output.shape)
		})
	}
	return false
}

// read is a value of g in the backward graph: computed anew where that is next to
// nothing or asked for, else handed over by the forward graph.
func (b *backward) read(v *Value) *Value {
	if h, ok := b.held[v]; ok {
		return h
	}
	var h *Value
	switch {
	case v.kind == KindConst:
		h = b.Const(v.tensor)
	case v.kind != KindResult:
		h = b.Input(v.name, v.dtype, v.shape...)
	case b.cheap(v), b.g.again[v] && len(v.node.More) == 0:
		inputs := make([]*Value, len(v.node.Inputs))
		for i, in := range v.node.Inputs {
			if in != nil {
				inputs[i] = b.read(in)
			}
		}
		h = b.add(v.node.Op, v.dtype, v.shape, v.node.Attrs, inputs...)
	default:
		h = b.save(b.forward.of[v])
	}
	b.held[v] = h
	return h
}

// cheap tells of a value that is only another view of inputs, params and
// constants, or a conversion of what is smaller.
func (b *backward) cheap(v *Value) bool {
	if v.kind != KindResult {
		return true
	}
	switch v.node.Op {
	case "Identity", "Reshape", "Unsqueeze", "Squeeze", "Cast", "DequantizeLinear", "Shape":
		return v.node.Output == v && !slices.Contains(b.g.outputs, v) && !slices.ContainsFunc(v.node.Inputs, func(in *Value) bool { return !b.cheap(in) })
	}
	return false
}

// save makes v, of the forward graph, an output there and an input here.
func (b *backward) save(v *Value) *Value {
	if !slices.Contains(b.forward.outputs, v) {
		b.forward.Output(fmt.Sprintf("/saved/%d", len(b.saved)), v)
		b.saved = append(b.saved, v.name)
	}
	return b.Input(v.name, v.dtype, v.shape...)
}

// sizesOf is the shape of a value of g, int64 [rank].
func (b *backward) sizesOf(v *Value) *Value {
	if known, ok := fixed(v.shape); ok {
		return b.ints(known...)
	}
	if s, ok := b.shapes[v]; ok {
		return s
	}
	s := b.alike(v.shape)
	if s == nil {
		if b.cheap(v) {
			s = b.Shape(b.read(v))
		} else {
			s = b.save(b.forward.Shape(b.forward.of[v]))
		}
	}
	b.shapes[v] = s
	return s
}

// alike is the shape of what the backward graph is given anyway, if that is it.
func (b *backward) alike(shape []Dim) *Value {
	for _, in := range b.inputs {
		if slices.Equal(in.shape, shape) {
			return b.Shape(in)
		}
	}
	return nil
}

// sizeOf is the size of one axis of a value of g, int64 [1].
func (b *backward) sizeOf(v *Value, axis int) *Value {
	if d := v.shape[axis]; d.Known() {
		return b.ints(d.Size)
	}
	return b.Gather(b.sizesOf(v), b.ints(axis), 0)
}
