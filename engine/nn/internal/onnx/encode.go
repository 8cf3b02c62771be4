package onnx

import (
	"math"

	pw "google.golang.org/protobuf/encoding/protowire"
)

// Append appends the wire form of m to b. Equal models give equal bytes.
func (m *Model) Append(b []byte) []byte {
	b = appendInt(b, 1, m.IRVersion)
	b = appendString(b, 2, m.Producer)
	if m.Graph != nil {
		b = appendMessage(b, 7, m.Graph.append(nil))
	}
	for _, o := range m.Opsets {
		e := appendString(nil, 1, o.Domain)
		b = appendMessage(b, 8, appendInt(e, 2, o.Version))
	}
	for _, p := range m.Metadata {
		e := appendString(nil, 1, p.Key)
		b = appendMessage(b, 14, appendString(e, 2, p.Value))
	}
	return b
}

func (g *Graph) append(b []byte) []byte {
	for _, n := range g.Nodes {
		b = appendMessage(b, 1, n.append(nil))
	}
	b = appendString(b, 2, g.Name)
	for _, t := range g.Initializers {
		b = pw.AppendTag(b, 5, pw.BytesType)
		head := t.head()
		b = pw.AppendVarint(b, uint64(len(head)+pw.SizeTag(9)+pw.SizeBytes(len(t.Raw))))
		b = append(b, head...)
		b = appendMessage(b, 9, t.Raw)
	}
	for _, v := range g.Inputs {
		b = appendMessage(b, 11, v.append(nil))
	}
	for _, v := range g.Outputs {
		b = appendMessage(b, 12, v.append(nil))
	}
	return b
}

func (n *Node) append(b []byte) []byte {
	for _, s := range n.Inputs {
		b = appendString(b, 1, s) // an empty one keeps its place
	}
	for _, s := range n.Outputs {
		b = appendString(b, 2, s)
	}
	b = appendString(b, 3, n.Name)
	b = appendString(b, 4, n.Op)
	for _, a := range n.Attrs {
		b = appendMessage(b, 5, a.append(nil))
	}
	if n.Domain != "" {
		b = appendString(b, 7, n.Domain)
	}
	return b
}

func (a *Attr) append(b []byte) []byte {
	b = appendString(b, 1, a.Name)
	switch a.Type {
	case AttrFloat:
		b = pw.AppendTag(b, 2, pw.Fixed32Type)
		b = pw.AppendFixed32(b, math.Float32bits(a.F))
	case AttrInt:
		b = appendInt(b, 3, a.I)
	case AttrString:
		b = appendMessage(b, 4, a.S)
	case AttrInts:
		for _, i := range a.Ints {
			b = appendInt(b, 8, i)
		}
	case AttrTensor:
		b = appendMessage(b, 5, appendMessage(a.T.head(), 9, a.T.Raw))
	case AttrGraph:
		b = appendMessage(b, 6, a.G.append(nil))
	}
	return appendInt(b, 20, int64(a.Type))
}

// head is everything of a tensor but its data.
func (t *Tensor) head() []byte {
	var b []byte
	for _, d := range t.Dims {
		b = appendInt(b, 1, d)
	}
	b = appendInt(b, 2, int64(t.Type))
	return appendString(b, 8, t.Name)
}

func (v *ValueInfo) append(b []byte) []byte {
	var shape []byte
	for _, d := range v.Shape {
		var e []byte
		if d.Param != "" {
			e = appendString(e, 2, d.Param)
		} else {
			e = appendInt(e, 1, d.Value)
		}
		shape = appendMessage(shape, 1, e)
	}
	tensor := appendMessage(appendInt(nil, 1, int64(v.Type)), 2, shape)
	b = appendString(b, 1, v.Name)
	return appendMessage(b, 2, appendMessage(nil, 1, tensor))
}

func appendInt(b []byte, field pw.Number, x int64) []byte {
	return pw.AppendVarint(pw.AppendTag(b, field, pw.VarintType), uint64(x))
}

func appendString(b []byte, field pw.Number, s string) []byte {
	return pw.AppendString(pw.AppendTag(b, field, pw.BytesType), s)
}

func appendMessage(b []byte, field pw.Number, msg []byte) []byte {
	return pw.AppendBytes(pw.AppendTag(b, field, pw.BytesType), msg)
}
