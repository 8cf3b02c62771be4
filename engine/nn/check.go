package nn

import (
	"errors"
	"fmt"

	"zoomscope/engine/nn/internal/onnx"
)

// Limits bound what CheckONNX accepts.
type Limits struct {
	Bytes    int   // of the whole file
	Nodes    int   // operations, those of subgraphs included
	Items    int   // fields and list elements of every kind
	Depth    int   // graphs within graphs
	Elements int64 // of one tensor
}

// DefaultLimits leave room for encoders of some hundred million weights.
func DefaultLimits() Limits {
	return Limits{Bytes: 1<<31 - 1, Nodes: 100_000, Items: 500_000, Depth: 8, Elements: 1 << 31}
}

// ErrBadONNX is wrapped by the errors of CheckONNX and Describe.
var ErrBadONNX = errors.New("not an acceptable ONNX file")

// CheckONNX reports what is wrong with the bytes of an ONNX file that came from
// outside, before a runtime sees them: it walks every message and accepts
// weights within the file alone, with sizes that agree with their shapes. It
// computes nothing, so a network may still ask for too much memory when it runs.
func CheckONNX(data []byte, lim Limits) error {
	m, err := decode(data, lim)
	if err != nil {
		return err
	}
	if err := checkModel(m, lim); err != nil {
		return fmt.Errorf("%w: %w", ErrBadONNX, err)
	}
	return nil
}

func decode(data []byte, lim Limits) (*onnx.Model, error) {
	if len(data) > lim.Bytes {
		return nil, fmt.Errorf("%w: %d bytes, more than %d", ErrBadONNX, len(data), lim.Bytes)
	}
	// ONNX Runtime has a format of its own, which it tells by this mark.
	if len(data) >= 8 && string(data[4:8]) == "ORTM" {
		return nil, fmt.Errorf("%w: it is in the ORT format", ErrBadONNX)
	}
	m, err := onnx.Decode(data, onnx.Limits{Nodes: lim.Nodes, Items: lim.Items, Depth: lim.Depth})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadONNX, err)
	}
	if m.Graph == nil {
		return nil, fmt.Errorf("%w: there is no graph in it", ErrBadONNX)
	}
	return m, nil
}

func checkModel(m *onnx.Model, lim Limits) error {
	switch {
	case m.Training:
		return errors.New("it holds training graphs")
	case defaultOpset(m) < 1:
		return errors.New("no opset version")
	case len(m.Graph.Outputs) == 0:
		return errors.New("graph has no outputs")
	}
	for _, f := range m.Functions {
		if err := checkGraph(f, lim); err != nil {
			return fmt.Errorf("function %q: %w", f.Name, err)
		}
	}
	return checkGraph(m.Graph, lim)
}

func defaultOpset(m *onnx.Model) int64 {
	for _, o := range m.Opsets {
		if o.Domain == "" || o.Domain == "ai.onnx" {
			return o.Version
		}
	}
	return 0
}

func checkGraph(g *onnx.Graph, lim Limits) error {
	for _, t := range g.Initializers {
		if err := checkTensor(t, lim); err != nil {
			return fmt.Errorf("initializer %q: %w", t.Name, err)
		}
	}
	for i, s := range g.Sparse {
		if err := checkSparse(s, lim); err != nil {
			return fmt.Errorf("sparse initializer %d: %w", i, err)
		}
	}
	for _, vs := range [][]*onnx.ValueInfo{g.Inputs, g.Outputs, g.Values} {
		for _, v := range vs {
			if err := checkValue(v, lim); err != nil {
				return fmt.Errorf("value %q: %w", v.Name, err)
			}
		}
	}
	for i, n := range g.Nodes {
		if err := checkNode(n, lim); err != nil {
			return fmt.Errorf("node %d (%s): %w", i, n.Op, err)
		}
	}
	return nil
}

func checkNode(n *onnx.Node, lim Limits) error {
	if n.Op == "" {
		return errors.New("no operator")
	}
	if n.Op == "EPContext" { // holds or names a compiled binary
		return errors.New("precompiled networks are not accepted")
	}
	for _, a := range n.Attrs {
		if err := checkAttr(a, lim); err != nil {
			return fmt.Errorf("attribute %q: %w", a.Name, err)
		}
	}
	return nil
}

func checkAttr(a *onnx.Attr, lim Limits) error {
	tensors, graphs, sparses := a.Tensors, a.Graphs, a.Sparses
	if a.T != nil {
		tensors = append(tensors, a.T)
	}
	if a.G != nil {
		graphs = append(graphs, a.G)
	}
	if a.Sparse != nil {
		sparses = append(sparses, a.Sparse)
	}
	for _, t := range tensors {
		if err := checkTensor(t, lim); err != nil {
			return err
		}
	}
	for _, s := range sparses {
		if err := checkSparse(s, lim); err != nil {
			return err
		}
	}
	for _, g := range graphs {
		if err := checkGraph(g, lim); err != nil {
			return err
		}
	}
	return nil
}

// checkTensor wants the data within the file, as many as the shape says.
func checkTensor(t *onnx.Tensor, lim Limits) error {
	if t.External {
		return errors.New("data in another file")
	}
	n, err := elements(t.Dims, lim)
	if err != nil {
		return err
	}
	bits := t.Type.Bits()
	if bits == 0 && t.Type != onnx.String {
		return fmt.Errorf("element type %d", t.Type)
	}
	switch {
	case t.HasRaw && t.Typed > 0:
		return errors.New("data in two forms")
	case t.HasRaw && int64(len(t.Raw)) != (n*bits+7)/8:
		return fmt.Errorf("shape %v of %d bits each has %d bytes of data", t.Dims, bits, len(t.Raw))
	case !t.HasRaw && t.Typed != n && t.Typed != packed(t.Type, n):
		return fmt.Errorf("shape %v has %d values", t.Dims, t.Typed)
	}
	return nil
}

// packed is how many numbers hold n elements where that is not n: complex ones
// take two, those of four bits share one.
func packed(t onnx.DataType, n int64) int64 {
	switch {
	case t == 14 || t == 15:
		return 2 * n
	case t.Bits() == 4:
		return (n + 1) / 2
	}
	return n
}

func checkSparse(s *onnx.Sparse, lim Limits) error {
	if s.Values == nil || s.Indices == nil {
		return errors.New("values or indices are missing")
	}
	_, dims := elements(s.Dims, lim)
	return errors.Join(dims, checkTensor(s.Values, lim), checkTensor(s.Indices, lim))
}

func checkValue(v *onnx.ValueInfo, lim Limits) error {
	var known []int64
	for _, d := range v.Shape {
		if d.Value >= 0 {
			known = append(known, d.Value)
		}
	}
	_, err := elements(known, lim)
	return err
}

// elements is the product of dims, within the limit and never overflowing.
func elements(dims []int64, lim Limits) (int64, error) {
	n := int64(1)
	for _, d := range dims {
		switch {
		case d < 0:
			return 0, fmt.Errorf("shape %v has a negative size", dims)
		case d > lim.Elements, d > 0 && n > lim.Elements/d:
			return 0, fmt.Errorf("shape %v has more than %d elements", dims, lim.Elements)
		}
		n *= d
	}
	return n, nil
}
