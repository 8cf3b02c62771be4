package nn

import (
	"fmt"
	"slices"
)

// Graph is a network being built: inputs, weights, and nodes in the order they
// were added, which is an order they can run in. It is not safe for concurrent
// use. Shapes and element types that do not fit panic with a ShapeError.
type Graph struct {
	name     string
	inputs   []*Value
	params   []*Value
	consts   []*Value
	nodes    []*Node
	outputs  []*Value
	metadata map[string]string
	named    map[string]bool
	again    map[*Value]bool // see Recompute
	errs     []error
}

// Node is one operation. Op is the name of the ONNX operator, opset 17; an
// input left out is nil. Whatever ONNX has as an input (axes, shapes, bounds)
// is a constant among Inputs, the rest is in Attrs. More are further results, in
// ONNX's order: the places of the maxima that MaxPool found, where they are asked
// for.
type Node struct {
	Op     string
	Inputs []*Value
	Output *Value
	More   []*Value
	Attrs  []Attr
}

// Attr is one attribute of a Node. Exactly one of the values is in use: Ints if
// it is not nil, Str if it is not empty, else Int.
type Attr struct {
	Name string
	Int  int
	Ints []int
	Str  string
}

// Attr finds an attribute by name.
func (n *Node) Attr(name string) (Attr, bool) {
	i := slices.IndexFunc(n.Attrs, func(a Attr) bool { return a.Name == name })
	if i < 0 {
		return Attr{}, false
	}
	return n.Attrs[i], true
}

// NewGraph makes an empty graph.
func NewGraph(name string) *Graph {
	return &Graph{name: name, metadata: map[string]string{}, named: map[string]bool{}, again: map[*Value]bool{}}
}

// Name is the graph's name.
func (g *Graph) Name() string { return g.name }

// Inputs are the inputs in the order they were declared.
func (g *Graph) Inputs() []*Value { return slices.Clone(g.inputs) }

// Params are the weights in the order they were declared.
func (g *Graph) Params() []*Value { return slices.Clone(g.params) }

// Nodes are the operations in an order they can run in.
func (g *Graph) Nodes() []*Node { return slices.Clone(g.nodes) }

// Outputs are the outputs in the order they were declared.
func (g *Graph) Outputs() []*Value { return slices.Clone(g.outputs) }

// Input declares an array that is given at each run.
func (g *Graph) Input(name string, t DType, shape ...Dim) *Value {
	if t.Size() == 0 {
		g.fail("Input", "%s has element type %v", name, t)
	}
	for _, d := range shape {
		if d.Known() && d.Size < 0 {
			g.fail("Input", "%s has shape %s", name, shapeText(shape))
		}
	}
	v := &Value{graph: g, kind: KindInput, name: g.claim(name), dtype: t, shape: slices.Clone(shape)}
	g.inputs = append(g.inputs, v)
	return v
}

// Param declares a weight. The graph keeps t and writes its elements when the
// ONNX bytes are made.
func (g *Graph) Param(name string, t *Tensor) *Value {
	v := g.stored(KindParam, g.claim(name), t)
	g.params = append(g.params, v)
	return v
}

// Const adds a constant, named by the graph. The graph keeps t.
func (g *Graph) Const(t *Tensor) *Value {
	v := g.stored(KindConst, fmt.Sprintf("/const/%d", len(g.consts)), t)
	g.consts = append(g.consts, v)
	return v
}

// Scalar is a float32 constant of shape [].
func (g *Graph) Scalar(x float64) *Value { return g.ScalarOf(Float32, x) }

// ScalarOf is Scalar with another element type; Int64 and Uint8 round towards 0.
func (g *Graph) ScalarOf(t DType, x float64) *Value {
	switch t {
	case Float32:
		return g.Const(F32Tensor([]float32{float32(x)}))
	case Float64:
		return g.Const(F64Tensor([]float64{x}))
	case Int64:
		return g.Const(I64Tensor([]int64{int64(x)}))
	case Uint8:
		return g.Const(U8Tensor([]uint8{uint8(x)}))
	}
	panic(ShapeError{g.name, "Scalar", "element type " + t.String()})
}

func (g *Graph) stored(kind Kind, name string, t *Tensor) *Value {
	if err := t.Validate(); err != nil {
		g.fail("Param", "%s: %v", name, err)
	}
	shape := make([]Dim, len(t.Shape))
	for i, n := range t.Shape {
		shape[i] = Fixed(n)
	}
	return &Value{graph: g, kind: kind, name: name, dtype: t.Type, shape: shape, tensor: t}
}

// Output declares v an output called name.
func (g *Graph) Output(name string, v *Value) {
	g.own("Output", v)
	if v.kind != KindResult || slices.Contains(g.outputs, v) {
		v = g.Identity(v)
	}
	v.name = g.claim(name)
	g.outputs = append(g.outputs, v)
}

// Recompute says that where gradients need v, they compute it again of its operands
// rather than keep it: memory for time. Where these are results too, they are kept
// unless they are to be recomputed as well. It returns v.
func (g *Graph) Recompute(v *Value) *Value {
	g.own("Recompute", v)
	g.again[v] = true
	return v
}

// SetMetadata sets an entry of the file's metadata.
func (g *Graph) SetMetadata(key, value string) { g.metadata[key] = value }

// claim notes a name the caller chose; one that is taken is an error that ONNX
// returns, since names often come from a file.
func (g *Graph) claim(name string) string {
	switch {
	case name == "":
		g.errs = append(g.errs, fmt.Errorf("nn: graph %s: a value without a name", g.name))
	case g.named[name]:
		g.errs = append(g.errs, fmt.Errorf("nn: graph %s: two values are named %q", g.name, name))
	}
	g.named[name] = true
	return name
}

// add appends a node and returns its result.
func (g *Graph) add(op string, t DType, shape []Dim, attrs []Attr, inputs ...*Value) *Value {
	for _, in := range inputs {
		if in != nil {
			g.own(op, in)
		}
	}
	n := &Node{Op: op, Inputs: inputs, Attrs: attrs}
	n.Output = &Value{graph: g, kind: KindResult, name: fmt.Sprintf("/%d/%s", len(g.nodes), op), dtype: t, shape: shape, node: n}
	g.nodes = append(g.nodes, n)
	return n.Output
}

func (g *Graph) own(op string, v *Value) {
	if v == nil {
		g.fail(op, "operand is nil")
	}
	if v.graph != g {
		g.fail(op, "%v belongs to graph %s", v, v.graph.name)
	}
}

func (g *Graph) fail(op, format string, args ...any) {
	panic(ShapeError{g.name, op, fmt.Sprintf(format, args...)})
}

// ints is a constant int64 vector, which ONNX wants for axes and shapes.
func (g *Graph) ints(xs ...int) *Value {
	data := make([]int64, len(xs))
	for i, x := range xs {
		data[i] = int64(x)
	}
	return g.Const(I64Tensor(data, len(data)))
}
