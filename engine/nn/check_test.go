package nn

import (
	"errors"
	"strings"
	"testing"

	"zoomscope/engine/nn/internal/onnx"

	pw "google.golang.org/protobuf/encoding/protowire"
)

// model is a small sound model that a case then spoils.
func model() *onnx.Model {
	g := small()
	return &onnx.Model{IRVersion: irVersion, Graph: g.proto(), Opsets: []onnx.Opset{{Version: opset}}}
}

func TestCheckONNX(t *testing.T) {
	good, err := small().ONNX()
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckONNX(good, DefaultLimits()); err != nil {
		t.Errorf("a sound model: %v", err)
	}
	for n := range len(good) - metadataBytes(good) {
		if err := CheckONNX(good[:n], DefaultLimits()); err == nil {
			t.Fatalf("cut at byte %d: accepted", n)
		}
	}
}

// metadataBytes is the length of what may be missing at the end of a model.
func metadataBytes(b []byte) int {
	n := 0
	for len(b) > 0 {
		num, _, size := pw.ConsumeField(b)
		if b = b[size:]; num == 14 {
			n += size
		}
	}
	return n
}

func TestCheckONNXRejects(t *testing.T) {
	cases := []struct {
		name  string
		want  string
		spoil func(m *onnx.Model)
	}{
		{"negative size", "negative", func(m *onnx.Model) { m.Graph.Initializers[0].Dims[0] = -3 }},
		{"absurd shape", "more than", func(m *onnx.Model) { m.Graph.Initializers[0].Dims = []int64{1 << 62, 4} }},
		{"overflowing shape", "more than", func(m *onnx.Model) { m.Graph.Initializers[0].Dims = []int64{1 << 31, 1 << 31, 1 << 31} }},
		{"data too short", "bytes of data", func(m *onnx.Model) { m.Graph.Initializers[0].Raw = make([]byte, 23) }},
		{"element type", "element type", func(m *onnx.Model) { m.Graph.Initializers[0].Type = 99 }},
		{"no outputs", "no outputs", func(m *onnx.Model) { m.Graph.Outputs = nil }},
		{"no opset", "opset", func(m *onnx.Model) { m.Opsets = nil }},
		{"absurd input", "more than", func(m *onnx.Model) { m.Graph.Inputs[0].Shape[0] = onnx.Dim{Value: 1 << 60} }},
		{"precompiled", "precompiled", func(m *onnx.Model) { m.Graph.Nodes[0].Op = "EPContext" }},
		{"no operator", "no operator", func(m *onnx.Model) { m.Graph.Nodes[0].Op = "" }},
		{"bad tensor of an attribute", "bytes of data", func(m *onnx.Model) {
			bad := &onnx.Tensor{Dims: []int64{7}, Type: onnx.Float, Raw: []byte{1}}
			m.Graph.Nodes[0].Attrs = append(m.Graph.Nodes[0].Attrs, &onnx.Attr{Name: "value", Type: onnx.AttrTensor, T: bad})
		}},
		{"bad tensor of a subgraph", "bytes of data", func(m *onnx.Model) {
			inner := &onnx.Graph{Initializers: []*onnx.Tensor{{Dims: []int64{7}, Type: onnx.Float, Raw: []byte{1}}}}
			m.Graph.Nodes[0].Attrs = append(m.Graph.Nodes[0].Attrs, &onnx.Attr{Name: "body", Type: onnx.AttrGraph, G: inner})
		}},
		{"subgraphs too deep", "too deep", func(m *onnx.Model) {
			g := &onnx.Graph{}
			for range 9 {
				g = &onnx.Graph{Nodes: []*onnx.Node{{Op: "If", Attrs: []*onnx.Attr{{Name: "body", Type: onnx.AttrGraph, G: g}}}}}
			}
			m.Graph.Nodes = append(m.Graph.Nodes, g.Nodes...)
		}},
		{"too many nodes", "too many", func(m *onnx.Model) {
			for range 100_001 {
				m.Graph.Nodes = append(m.Graph.Nodes, &onnx.Node{Op: "Neg"})
			}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := model()
			c.spoil(m)
			err := CheckONNX(m.Append(nil), DefaultLimits())
			if !errors.Is(err, ErrBadONNX) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one of %q", err, c.want)
			}
		})
	}
	t.Run("ORT format", func(t *testing.T) {
		if err := CheckONNX([]byte("\x08\x01\x12\x07ORTMabc"), DefaultLimits()); err == nil {
			t.Error("accepted")
		}
	})
	t.Run("too many bytes", func(t *testing.T) {
		lim := DefaultLimits()
		lim.Bytes = 10
		if err := CheckONNX(model().Append(nil), lim); err == nil {
			t.Error("accepted")
		}
	})
}

// External data are refused wherever a tensor can stand, and also when the
// graph is given in two parts, which protobuf merges.
func TestCheckONNXRejectsExternalData(t *testing.T) {
	location := pw.AppendTag(pw.AppendString(pw.AppendTag(nil, 1, pw.BytesType), "location"), 2, pw.BytesType)
	location = pw.AppendString(location, "/etc/passwd")
	tensors := map[string][]byte{
		"entry":    pw.AppendBytes(pw.AppendTag(nil, 13, pw.BytesType), location),
		"location": pw.AppendVarint(pw.AppendTag(nil, 14, pw.VarintType), 1),
	}
	sound := model().Append(nil)
	for name, tensor := range tensors {
		attr := pw.AppendBytes(pw.AppendTag(nil, 5, pw.BytesType), tensor)
		node := pw.AppendString(pw.AppendTag(nil, 4, pw.BytesType), "Constant")
		node = pw.AppendBytes(pw.AppendTag(node, 5, pw.BytesType), attr)
		places := map[string][]byte{
			"initializer": pw.AppendBytes(pw.AppendTag(nil, 5, pw.BytesType), tensor),
			"attribute":   pw.AppendBytes(pw.AppendTag(nil, 1, pw.BytesType), node),
		}
		for place, graph := range places {
			t.Run(name+" in "+place, func(t *testing.T) {
				extra := pw.AppendBytes(pw.AppendTag(nil, 7, pw.BytesType), graph)
				for _, data := range [][]byte{append(extra, sound...), append(sound[:len(sound):len(sound)], extra...)} {
					if err := CheckONNX(data, DefaultLimits()); err == nil || !strings.Contains(err.Error(), "another file") {
						t.Errorf("error %v", err)
					}
				}
			})
		}
		t.Run(name+" in function", func(t *testing.T) {
			function := pw.AppendBytes(pw.AppendTag(nil, 7, pw.BytesType), node)
			data := pw.AppendBytes(pw.AppendTag(sound[:len(sound):len(sound)], 25, pw.BytesType), function)
			if err := CheckONNX(data, DefaultLimits()); err == nil || !strings.Contains(err.Error(), "another file") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// Some readers keep only 32 bits of a field's number and type: a field whose
// number is too large by 2^29 would be a graph to them.
func TestCheckONNXRejectsLargeFieldNumbers(t *testing.T) {
	extra := pw.AppendVarint(nil, 1<<32|pw.EncodeTag(7, pw.BytesType))
	extra = pw.AppendBytes(extra, []byte("\x2a\x02\x70\x01")) // an initializer elsewhere
	if err := CheckONNX(append(extra, model().Append(nil)...), DefaultLimits()); !errors.Is(err, ErrBadONNX) {
		t.Errorf("error %v", err)
	}
}

func TestDescribe(t *testing.T) {
	data, err := small().ONNX()
	if err != nil {
		t.Fatal(err)
	}
	info, err := Describe(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Inputs) != 1 || info.Inputs[0].String() != "x float32[N, 2]" {
		t.Errorf("inputs %v", info.Inputs)
	}
	if len(info.Outputs) != 1 || info.Outputs[0].String() != "y float32[N, 3]" {
		t.Errorf("outputs %v", info.Outputs)
	}
	if info.Metadata["a"] != "1" || info.Metadata["b"] != "2" || info.Opset != 17 || info.IRVersion != 8 || info.Producer != "zoomscope" {
		t.Errorf("info %+v", info)
	}
}

func TestDescribeForeign(t *testing.T) {
	m := model()
	m.Graph.Inputs = append(m.Graph.Inputs,
		&onnx.ValueInfo{Name: "w", Type: onnx.Float, Shape: []onnx.Dim{{Value: 3}}}, // a weight listed as input
		&onnx.ValueInfo{Name: "half", Type: onnx.Float16})
	info, err := Describe(m.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Inputs) != 2 || info.Inputs[1].TypeName != "float16" || info.Inputs[1].Type != 0 {
		t.Errorf("inputs %+v", info.Inputs)
	}
}

func seeds(f *testing.F) {
	good, err := small().ONNX()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	m := model()
	m.Graph.Nodes[0].Attrs = append(m.Graph.Nodes[0].Attrs,
		&onnx.Attr{Name: "t", Type: onnx.AttrTensor, T: &onnx.Tensor{Dims: []int64{1}, Type: onnx.Bool, Raw: []byte{1}}},
		&onnx.Attr{Name: "g", Type: onnx.AttrGraph, G: &onnx.Graph{Name: "inner"}})
	f.Add(m.Append(nil))
	f.Add([]byte{})
}

func FuzzCheckONNX(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := CheckONNX(data, DefaultLimits()); err != nil && !errors.Is(err, ErrBadONNX) {
			t.Errorf("error %v is not ErrBadONNX", err)
		}
	})
}

func FuzzDescribe(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := Describe(data)
		if err != nil && !errors.Is(err, ErrBadONNX) {
			t.Errorf("error %v is not ErrBadONNX", err)
		}
		for _, p := range info.Inputs {
			for _, d := range p.Shape {
				if d.Known() && d.Size < 0 {
					t.Errorf("input %v", p)
				}
			}
		}
	})
}
