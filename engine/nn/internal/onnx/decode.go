package onnx

import (
	"errors"
	"fmt"
	"math"

	pw "google.golang.org/protobuf/encoding/protowire"
)

// Limits bound what Decode takes memory for.
type Limits struct {
	Nodes int // nodes, those of subgraphs and functions included
	Items int // messages and list elements of every kind
	Depth int // graphs within graphs; the outermost is 1
}

// Errors of Decode, beside those of the wire format.
var (
	ErrTooMany = errors.New("too many parts")
	ErrTooDeep = errors.New("graphs nested too deep")
	errWire    = errors.New("field of a wrong wire type")
	errNumber  = errors.New("field number too large")
)

// Decode reads a model. As protobuf has it, a message given in several parts is
// their merger, so nothing that a runtime would see is missed. Fields not known
// are skipped. Tensor data aliases b.
func Decode(b []byte, lim Limits) (*Model, error) {
	d := &decoder{nodes: lim.Nodes, items: lim.Items, depth: lim.Depth}
	m := new(Model)
	return m, d.model(m, b)
}

// decoder counts down what is left of the limits.
type decoder struct{ nodes, items, depth int }

// field is one field of a message: u of a varint or fixed one, b of bytes.
type field struct {
	num pw.Number
	typ pw.Type
	u   uint64
	b   []byte
}

// each calls f for every field of a message.
func (d *decoder) each(b []byte, f func(field) error) error {
	for len(b) > 0 {
		num, typ, n := pw.ConsumeTag(b)
		if n < 0 {
			return pw.ParseError(n)
		}
		// A runtime that keeps 32 bits of a tag would see another field here.
		if num > pw.MaxValidNumber {
			return errNumber
		}
		if d.items--; d.items < 0 {
			return ErrTooMany
		}
		x := field{num: num, typ: typ}
		b = b[n:]
		switch typ {
		case pw.VarintType:
			x.u, n = pw.ConsumeVarint(b)
		case pw.Fixed32Type:
			var u uint32
			u, n = pw.ConsumeFixed32(b)
			x.u = uint64(u)
		case pw.Fixed64Type:
			x.u, n = pw.ConsumeFixed64(b)
		case pw.BytesType:
			x.b, n = pw.ConsumeBytes(b)
		default:
			n = pw.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return pw.ParseError(n)
		}
		b = b[n:]
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

// part decodes a message that appears once, merging if it comes again.
func part[T any](p **T, x field, decode func(*T, []byte) error) error {
	if x.typ != pw.BytesType {
		return errWire
	}
	if *p == nil {
		*p = new(T)
	}
	return decode(*p, x.b)
}

// item decodes an element of a list of messages.
func item[T any](list *[]*T, x field, decode func(*T, []byte) error) error {
	var e *T
	err := part(&e, x, decode)
	*list = append(*list, e)
	if err != nil {
		return fmt.Errorf("part %d: %w", len(*list)-1, err)
	}
	return nil
}

func text(s *string, x field) error {
	if x.typ != pw.BytesType {
		return errWire
	}
	*s = string(x.b)
	return nil
}

func number(i *int64, x field) error {
	if x.typ != pw.VarintType {
		return errWire
	}
	*i = int64(x.u)
	return nil
}

// numbers appends to a list of integers, packed or not.
func (d *decoder) numbers(list *[]int64, x field) error {
	if x.typ == pw.VarintType {
		*list = append(*list, int64(x.u))
		return nil
	}
	if x.typ != pw.BytesType {
		return errWire
	}
	for b := x.b; len(b) > 0; {
		u, n := pw.ConsumeVarint(b)
		if n < 0 {
			return pw.ParseError(n)
		}
		if d.items--; d.items < 0 {
			return ErrTooMany
		}
		*list, b = append(*list, int64(u)), b[n:]
	}
	return nil
}

func (d *decoder) model(m *Model, b []byte) error {
	return d.each(b, func(x field) (err error) {
		switch x.num {
		case 1:
			return number(&m.IRVersion, x)
		case 2:
			return text(&m.Producer, x)
		case 7:
			return within("graph", part(&m.Graph, x, d.graph))
		case 8:
			o := new(Opset)
			err = part(&o, x, d.opset)
			m.Opsets = append(m.Opsets, *o)
		case 14:
			e := new(Entry)
			err = part(&e, x, d.entry)
			m.Metadata = append(m.Metadata, *e)
		case 20:
			m.Training = true
		case 25:
			return within("function", item(&m.Functions, x, d.function))
		}
		return err
	})
}

func within(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (d *decoder) opset(o *Opset, b []byte) error {
	return d.each(b, func(x field) error {
		switch x.num {
		case 1:
			return text(&o.Domain, x)
		case 2:
			return number(&o.Version, x)
		}
		return nil
	})
}

func (d *decoder) entry(e *Entry, b []byte) error {
	return d.each(b, func(x field) error {
		switch x.num {
		case 1:
			return text(&e.Key, x)
		case 2:
			return text(&e.Value, x)
		}
		return nil
	})
}

func (d *decoder) graph(g *Graph, b []byte) error {
	if d.depth--; d.depth < 0 {
		return ErrTooDeep
	}
	defer func() { d.depth++ }()
	return d.each(b, func(x field) error {
		switch x.num {
		case 1:
			return within("node", item(&g.Nodes, x, d.node))
		case 2:
			return text(&g.Name, x)
		case 5:
			return within("initializer", item(&g.Initializers, x, d.tensor))
		case 11:
			return within("input", item(&g.Inputs, x, d.value))
		case 12:
			return within("output", item(&g.Outputs, x, d.value))
		case 13:
			return within("value", item(&g.Values, x, d.value))
		case 15:
			return within("sparse initializer", item(&g.Sparse, x, d.sparse))
		}
		return nil
	})
}

// function reads a FunctionProto as a graph without inputs; the defaults of its
// attributes become those of a node.
func (d *decoder) function(g *Graph, b []byte) error {
	defaults := &Node{Op: "defaults"}
	g.Nodes = append(g.Nodes, defaults)
	return d.each(b, func(x field) error {
		switch x.num {
		case 1:
			return text(&g.Name, x)
		case 7:
			return within("node", item(&g.Nodes, x, d.node))
		case 11:
			return within("attribute", item(&defaults.Attrs, x, d.attr))
		case 12:
			return within("value", item(&g.Values, x, d.value))
		}
		return nil
	})
}

func (d *decoder) node(n *Node, b []byte) error {
	if d.nodes--; d.nodes < 0 {
		return ErrTooMany
	}
	return d.each(b, func(x field) error {
		switch x.num {
		case 1, 2:
			list := &n.Inputs
			if x.num == 2 {
				list = &n.Outputs
			}
			*list = append(*list, "")
			return text(&(*list)[len(*list)-1], x)
		case 3:
			return text(&n.Name, x)
		case 4:
			return text(&n.Op, x)
		case 5:
			return within("attribute", item(&n.Attrs, x, d.attr))
		case 7:
			return text(&n.Domain, x)
		}
		return nil
	})
}

func (d *decoder) attr(a *Attr, b []byte) error {
	return d.each(b, func(x field) error {
		switch x.num {
		case 1:
			return text(&a.Name, x)
		case 2:
			if x.typ != pw.Fixed32Type {
				return errWire
			}
			a.F = math.Float32frombits(uint32(x.u))
		case 3:
			return number(&a.I, x)
		case 4:
			if x.typ != pw.BytesType {
				return errWire
			}
			a.S = x.b
		case 5:
			return within("tensor", part(&a.T, x, d.tensor))
		case 6:
			return within("graph", part(&a.G, x, d.graph))
		case 8:
			return d.numbers(&a.Ints, x)
		case 10:
			return within("tensor", item(&a.Tensors, x, d.tensor))
		case 11:
			return within("graph", item(&a.Graphs, x, d.graph))
		case 20:
			a.Type = AttrType(x.u)
		case 22:
			return within("sparse tensor", part(&a.Sparse, x, d.sparse))
		case 23:
			return within("sparse tensor", item(&a.Sparses, x, d.sparse))
		}
		return nil
	})
}

func (d *decoder) sparse(s *Sparse, b []byte) error {
	return d.each(b, func(x field) error {
		switch x.num {
		case 1:
			return within("values", part(&s.Values, x, d.tensor))
		case 2:
			return within("indices", part(&s.Indices, x, d.tensor))
		case 3:
			return d.numbers(&s.Dims, x)
		}
		return nil
	})
}

func (d *decoder) tensor(t *Tensor, b []byte) error {
	return d.each(b, func(x field) error {
		switch x.num {
		case 1:
			return d.numbers(&t.Dims, x)
		case 2:
			t.Type = DataType(x.u)
		case 4, 10:
			return t.count(x, int64(map[pw.Number]int{4: 4, 10: 8}[x.num]))
		case 5, 7, 11:
			return t.countVarints(x)
		case 6:
			t.Typed++
		case 8:
			return text(&t.Name, x)
		case 9:
			if x.typ != pw.BytesType {
				return errWire
			}
			t.Raw, t.HasRaw = x.b, true
		case 13:
			t.External = true
		case 14:
			t.External = t.External || x.u != 0
		}
		return nil
	})
}

// count adds the values of a field of fixed size, packed or not.
func (t *Tensor) count(x field, size int64) error {
	if x.typ != pw.BytesType {
		t.Typed++
		return nil
	}
	if int64(len(x.b))%size != 0 {
		return errWire
	}
	t.Typed += int64(len(x.b)) / size
	return nil
}

// countVarints adds the values of an integer field, packed or not: a packed one
// has as many as it has bytes without the continuation bit.
func (t *Tensor) countVarints(x field) error {
	if x.typ == pw.VarintType {
		t.Typed++
		return nil
	}
	for _, c := range x.b {
		if c < 0x80 {
			t.Typed++
		}
	}
	if n := len(x.b); x.typ != pw.BytesType || n > 0 && x.b[n-1] >= 0x80 {
		return errWire
	}
	return nil
}

func (d *decoder) value(v *ValueInfo, b []byte) error {
	return d.each(b, func(x field) error {
		switch x.num {
		case 1:
			return text(&v.Name, x)
		case 2:
			return within("type", part(&v, x, d.valueType))
		}
		return nil
	})
}

func (d *decoder) valueType(v *ValueInfo, b []byte) error {
	return d.each(b, func(x field) error {
		if x.num != 1 {
			return nil // sequences, maps and optional values are named alone
		}
		v.Tensor = true
		return part(&v, x, d.tensorType)
	})
}

func (d *decoder) tensorType(v *ValueInfo, b []byte) error {
	return d.each(b, func(x field) error {
		switch x.num {
		case 1:
			v.Type = DataType(x.u)
		case 2:
			v.HasShape = true
			return within("shape", part(&v, x, d.shape))
		}
		return nil
	})
}

func (d *decoder) shape(v *ValueInfo, b []byte) error {
	return d.each(b, func(x field) error {
		if x.num != 1 {
			return nil
		}
		v.Shape = append(v.Shape, Dim{Value: -1})
		dim := &v.Shape[len(v.Shape)-1]
		return part(&dim, x, d.dim)
	})
}

func (d *decoder) dim(m *Dim, b []byte) error {
	return d.each(b, func(x field) error {
		switch x.num {
		case 1:
			m.Param = ""
			if err := number(&m.Value, x); err != nil {
				return err
			}
			if m.Value < 0 {
				return fmt.Errorf("negative size %d", m.Value)
			}
		case 2:
			m.Value = -1
			return text(&m.Param, x)
		}
		return nil
	})
}
