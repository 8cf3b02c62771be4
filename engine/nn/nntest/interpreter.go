// Package nntest helps to test what runs networks: an Interpreter that needs no
// native library, and suites that every nn.Session passes.
package nntest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/internal/onnx"
)

// Interpreter is an nn.Opener that computes in plain Go: slow, and obvious. It
// knows the operators that nn.Graph emits, computes in float64 and rounds every
// result to its element type; int64 are exact up to 2^53. It is the twin to
// which fast sessions are compared, and stands in for them in other packages'
// tests.
type Interpreter struct {
	// MaxElements, if not 0, is the size of array beyond which a run ends with
	// nn.ErrOutOfMemory.
	MaxElements int
}

// Open implements nn.Opener. An operator that is not known is an error.
func (p Interpreter) Open(data []byte) (nn.Session, error) {
	if err := nn.CheckONNX(data, nn.DefaultLimits()); err != nil {
		return nil, err
	}
	info, err := nn.Describe(data)
	if err != nil {
		return nil, err
	}
	m, err := onnx.Decode(data, onnx.Limits{Nodes: 1 << 20, Items: 1 << 30, Depth: 1})
	if err != nil {
		return nil, err
	}
	s := &session{max: p.MaxElements, inputs: info.Inputs, outputs: info.Outputs, nodes: m.Graph.Nodes, weights: map[string]*array{}}
	for _, t := range m.Graph.Initializers {
		if s.weights[t.Name], err = weight(t); err != nil {
			return nil, err
		}
	}
	for _, n := range s.nodes {
		if !slices.Contains(known, n.Op) {
			return nil, fmt.Errorf("interpreter: operator %s is not known", n.Op)
		}
	}
	return s, nil
}

type session struct {
	max             int
	inputs, outputs []nn.Port
	nodes           []*onnx.Node
	weights         map[string]*array

	mu     sync.RWMutex
	closed bool
}

func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

func (s *session) Run(ctx context.Context, inputs, outputs []*nn.Tensor) (err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return fmt.Errorf("interpreter: %w", nn.ErrClosed)
	}
	if err := errors.Join(nn.MatchInputs(s.inputs, inputs), nn.MatchOutputs(s.outputs, outputs)); err != nil {
		return fmt.Errorf("interpreter: %w", err)
	}
	values := map[string]*array{}
	for i, p := range s.inputs {
		values[p.Name] = fromTensor(inputs[i])
	}
	for _, n := range s.nodes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.step(n, values); err != nil {
			return fmt.Errorf("interpreter: node %s: %w", n.Name, err)
		}
	}
	for i, p := range s.outputs {
		if err := values[p.Name].deliver(&outputs[i]); err != nil {
			return fmt.Errorf("interpreter: output %v: %w", p, err)
		}
	}
	return nil
}

// step computes one node. Operators panic with a runError when the arrays of
// this run do not fit.
func (s *session) step(n *onnx.Node, values map[string]*array) (err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(runError)
			if !ok {
				panic(r)
			}
			err = e
		}
	}()
	var in []*array
	for _, name := range n.Inputs {
		a := values[name]
		if a == nil {
			a = s.weights[name]
		}
		in = append(in, a)
	}
	out := compute(n, in)
	if s.max > 0 && len(out.v) > s.max {
		return fmt.Errorf("%d elements: %w", len(out.v), nn.ErrOutOfMemory)
	}
	out.round()
	values[n.Outputs[0]] = out
	if len(n.Outputs) > 1 {
		values[n.Outputs[1]] = second(n, in)
	}
	return nil
}

type runError string

func (e runError) Error() string { return string(e) }

// array is a tensor of any element type, held as float64.
type array struct {
	typ   nn.DType
	shape []int
	v     []float64
}

func newArray(t nn.DType, shape ...int) *array {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return &array{t, shape, make([]float64, n)}
}

// round takes the elements to the precision of the element type.
func (a *array) round() {
	if a.typ != nn.Float32 {
		return
	}
	for i, x := range a.v {
		a.v[i] = float64(float32(x))
	}
}

func weight(t *onnx.Tensor) (*array, error) {
	if !t.HasRaw {
		return nil, fmt.Errorf("interpreter: weight %q is not raw", t.Name)
	}
	shape := make([]int, len(t.Dims))
	for i, d := range t.Dims {
		shape[i] = int(d)
	}
	types := map[onnx.DataType]nn.DType{onnx.Float: nn.Float32, onnx.Double: nn.Float64,
		onnx.Int64: nn.Int64, onnx.Uint8: nn.Uint8, onnx.Bool: nn.Bool}
	a := newArray(types[t.Type], shape...)
	le := binary.LittleEndian
	for i := range a.v {
		switch a.typ {
		case nn.Float32:
			a.v[i] = float64(math.Float32frombits(le.Uint32(t.Raw[4*i:])))
		case nn.Float64:
			a.v[i] = math.Float64frombits(le.Uint64(t.Raw[8*i:]))
		case nn.Int64:
			a.v[i] = float64(int64(le.Uint64(t.Raw[8*i:])))
		case nn.Uint8, nn.Bool:
			a.v[i] = float64(t.Raw[i])
		default:
			return nil, fmt.Errorf("interpreter: weight %q has element type %d", t.Name, t.Type)
		}
	}
	return a, nil
}

func fromTensor(t *nn.Tensor) *array {
	a := newArray(t.Type, slices.Clone(t.Shape)...)
	for i := range a.v {
		switch t.Type {
		case nn.Float32:
			a.v[i] = float64(t.F32[i])
		case nn.Float64:
			a.v[i] = t.F64[i]
		case nn.Int64:
			a.v[i] = float64(t.I64[i])
		default:
			a.v[i] = float64(t.U8[i])
		}
	}
	return a
}

// deliver copies the elements to *dst, which is made if it is nil.
func (a *array) deliver(dst **nn.Tensor) error {
	t := *dst
	if t == nil {
		t = nn.NewTensor(a.typ, slices.Clone(a.shape)...)
		*dst = t
	}
	if !slices.Equal(t.Shape, a.shape) {
		return fmt.Errorf("shape is %v, got room for %v", a.shape, t.Shape)
	}
	for i, x := range a.v {
		switch t.Type {
		case nn.Float32:
			t.F32[i] = float32(x)
		case nn.Float64:
			t.F64[i] = x
		case nn.Int64:
			t.I64[i] = toInt(x)
		default:
			t.U8[i] = uint8(x)
		}
	}
	return nil
}

// toInt is x rounded towards 0, within the range of int64.
func toInt(x float64) int64 {
	switch {
	case x >= math.MaxInt64:
		return math.MaxInt64
	case x <= math.MinInt64:
		return math.MinInt64
	}
	return int64(x)
}

// ints are the elements as integers, for axes and shapes.
func (a *array) ints() []int {
	list := make([]int, len(a.v))
	for i, x := range a.v {
		list[i] = int(toInt(x))
	}
	return list
}

// at is the element at idx, by the broadcasting rule: axes are counted from the
// last, and one of size 1 has the same element everywhere.
func (a *array) at(idx ...int) float64 { return a.v[a.offset(idx)] }

func (a *array) offset(idx []int) int {
	o := 0
	for k, n := range a.shape {
		i := idx[len(idx)-len(a.shape)+k]
		if n == 1 {
			i = 0
		}
		o = o*n + i
	}
	return o
}

// fill sets every element of a from its index, and gives a.
func (a *array) fill(f func(idx []int) float64) *array {
	idx := make([]int, len(a.shape))
	for o := range a.v {
		rest := o
		for k := len(idx) - 1; k >= 0; k-- {
			idx[k], rest = rest%a.shape[k], rest/a.shape[k]
		}
		a.v[o] = f(idx)
	}
	return a
}

// broadcast is the shape of an element-wise operation.
func broadcast(a, b []int) []int {
	out := make([]int, max(len(a), len(b)))
	for i := range out {
		x, y := 1, 1
		if i < len(a) {
			x = a[len(a)-1-i]
		}
		if i < len(b) {
			y = b[len(b)-1-i]
		}
		if x != y && x != 1 && y != 1 {
			panic(runError(fmt.Sprintf("shapes %v and %v do not broadcast", a, b)))
		}
		if x == 1 {
			x = y
		}
		out[len(out)-1-i] = x
	}
	return out
}
