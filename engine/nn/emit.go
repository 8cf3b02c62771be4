package nn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"zoomscope/engine/nn/internal/onnx"
)

// The versions that are written: what ONNX Runtime of 2022 and later reads.
const (
	opset     = 17
	irVersion = 8
	producer  = "zoomscope"
)

// ONNX is the network as an ONNX file: opset 17, weights within. Equal graphs
// give equal bytes. Names used twice or left empty, and a graph without
// outputs, are the errors.
func (g *Graph) ONNX() ([]byte, error) {
	if len(g.outputs) == 0 {
		return nil, errors.Join(append(g.errs, fmt.Errorf("nn: graph %s has no outputs", g.name))...)
	}
	if len(g.errs) > 0 {
		return nil, errors.Join(g.errs...)
	}
	m := &onnx.Model{IRVersion: irVersion, Producer: producer, Graph: g.proto(), Opsets: []onnx.Opset{{Version: opset}}}
	for _, k := range slices.Sorted(maps.Keys(g.metadata)) {
		m.Metadata = append(m.Metadata, onnx.Entry{Key: k, Value: g.metadata[k]})
	}
	return m.Append(nil), nil
}

func (g *Graph) proto() *onnx.Graph {
	p := &onnx.Graph{Name: g.name}
	for _, n := range g.nodes {
		p.Nodes = append(p.Nodes, n.proto())
	}
	for _, v := range slices.Concat(g.params, g.consts) {
		p.Initializers = append(p.Initializers, tensorProto(v.name, v.tensor))
	}
	for _, v := range g.inputs {
		p.Inputs = append(p.Inputs, v.proto())
	}
	for _, v := range g.outputs {
		p.Outputs = append(p.Outputs, v.proto())
	}
	return p
}

func (n *Node) proto() *onnx.Node {
	p := &onnx.Node{Name: n.Output.name, Op: n.Op, Outputs: []string{n.Output.name}}
	for _, v := range n.More {
		p.Outputs = append(p.Outputs, v.name)
	}
	for _, in := range n.Inputs {
		if in == nil {
			p.Inputs = append(p.Inputs, "")
			continue
		}
		p.Inputs = append(p.Inputs, in.name)
	}
	for _, a := range n.Attrs {
		p.Attrs = append(p.Attrs, a.proto())
	}
	return p
}

func (a Attr) proto() *onnx.Attr {
	switch {
	case a.Ints != nil:
		ints := make([]int64, len(a.Ints))
		for i, x := range a.Ints {
			ints[i] = int64(x)
		}
		return &onnx.Attr{Name: a.Name, Type: onnx.AttrInts, Ints: ints}
	case a.Str != "":
		return &onnx.Attr{Name: a.Name, Type: onnx.AttrString, S: []byte(a.Str)}
	}
	return &onnx.Attr{Name: a.Name, Type: onnx.AttrInt, I: int64(a.Int)}
}

func (v *Value) proto() *onnx.ValueInfo {
	p := &onnx.ValueInfo{Name: v.name, Tensor: true, Type: dataType(v.dtype), HasShape: true}
	for _, d := range v.shape {
		p.Shape = append(p.Shape, onnx.Dim{Value: int64(d.Size), Param: d.Name})
	}
	return p
}

// tensorProto is t as an initializer; elements are little endian in ONNX.
func tensorProto(name string, t *Tensor) *onnx.Tensor {
	p := &onnx.Tensor{Name: name, Type: dataType(t.Type), HasRaw: true}
	for _, d := range t.Shape {
		p.Dims = append(p.Dims, int64(d))
	}
	p.Raw = make([]byte, 0, t.Len()*t.Type.Size())
	for _, x := range t.F32 {
		p.Raw = binary.LittleEndian.AppendUint32(p.Raw, math.Float32bits(x))
	}
	for _, x := range t.F64 {
		p.Raw = binary.LittleEndian.AppendUint64(p.Raw, math.Float64bits(x))
	}
	for _, x := range t.I64 {
		p.Raw = binary.LittleEndian.AppendUint64(p.Raw, uint64(x))
	}
	p.Raw = append(p.Raw, t.U8...)
	return p
}

// dataType is the ONNX number of an element type.
func dataType(t DType) onnx.DataType {
	switch t {
	case Float32:
		return onnx.Float
	case Float64:
		return onnx.Double
	case Int64:
		return onnx.Int64
	case Uint8:
		return onnx.Uint8
	case Bool:
		return onnx.Bool
	}
	return 0
}
