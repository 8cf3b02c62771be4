package nn

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Dim is the size of one axis: a number, or a name for a size known only when
// the network runs. Equal names are equal sizes. Operators make names of their
// own where a size follows from a named one, such as "2*N".
type Dim struct {
	Size int
	Name string
}

// Fixed is an axis of n elements.
func Fixed(n int) Dim { return Dim{Size: n} }

// Symbol is an axis whose size is known at run time.
func Symbol(name string) Dim { return Dim{Name: name} }

// Known reports whether the size is a number.
func (d Dim) Known() bool { return d.Name == "" }

func (d Dim) String() string {
	if d.Known() {
		return strconv.Itoa(d.Size)
	}
	return d.Name
}

// ShapeError is what a mistaken use of an operator panics with: shapes or
// element types that do not go together are errors of the program, not of data.
type ShapeError struct {
	Graph  string
	Op     string
	Detail string
}

func (e ShapeError) Error() string {
	return fmt.Sprintf("nn: graph %s: %s: %s", e.Graph, e.Op, e.Detail)
}

// Kind says where a Value comes from.
type Kind uint8

// The kinds of Value.
const (
	KindInput  Kind = iota + 1 // given at each run
	KindParam                  // a weight
	KindConst                  // a constant of the graph
	KindResult                 // computed by a Node
)

// Value is one array in a graph. It is immutable once made.
type Value struct {
	graph  *Graph
	kind   Kind
	name   string
	dtype  DType
	shape  []Dim
	tensor *Tensor
	node   *Node
}

// Kind says where the value comes from.
func (v *Value) Kind() Kind { return v.kind }

// Name is the value's name in the ONNX file.
func (v *Value) Name() string { return v.name }

// DType is the element type.
func (v *Value) DType() DType { return v.dtype }

// Shape is the symbolic shape; the caller may keep and change it.
func (v *Value) Shape() []Dim { return slices.Clone(v.shape) }

// Rank is the number of axes.
func (v *Value) Rank() int { return len(v.shape) }

// Tensor holds the elements of a parameter or constant; nil for others.
func (v *Value) Tensor() *Tensor { return v.tensor }

// Node is what computes the value; nil for inputs, parameters and constants.
func (v *Value) Node() *Node { return v.node }

// Graph is the graph the value belongs to.
func (v *Value) Graph() *Graph { return v.graph }

func (v *Value) String() string { return fmt.Sprintf("%s %v%s", v.name, v.dtype, shapeText(v.shape)) }

func shapeText(shape []Dim) string {
	parts := make([]string, len(shape))
	for i, d := range shape {
		parts[i] = d.String()
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func (t DType) String() string {
	switch t {
	case Float32:
		return "float32"
	case Float64:
		return "float64"
	case Int64:
		return "int64"
	case Uint8:
		return "uint8"
	case Bool:
		return "bool"
	}
	return "dtype(" + strconv.Itoa(int(t)) + ")"
}

// Size is the number of bytes of one element; 0 for a type not known.
func (t DType) Size() int {
	switch t {
	case Float64, Int64:
		return 8
	case Float32:
		return 4
	case Uint8, Bool:
		return 1
	}
	return 0
}
