package onnx

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	pw "google.golang.org/protobuf/encoding/protowire"
)

func example() *Model {
	tensor := &Tensor{Name: "w", Dims: []int64{2, 1}, Type: Float, Raw: []byte{1, 2, 3, 4, 5, 6, 7, 8}, HasRaw: true}
	value := &ValueInfo{Name: "x", Tensor: true, Type: Uint8, HasShape: true, Shape: []Dim{{Value: -1, Param: "N"}, {Value: 3}}}
	node := &Node{Name: "n", Op: "Op", Domain: "d", Inputs: []string{"x", "", "w"}, Outputs: []string{"y"}, Attrs: []*Attr{
		{Name: "f", Type: AttrFloat, F: -0.5},
		{Name: "i", Type: AttrInt, I: -3},
		{Name: "s", Type: AttrString, S: []byte("edge")},
		{Name: "l", Type: AttrInts, Ints: []int64{0, -1, 1 << 40}},
		{Name: "t", Type: AttrTensor, T: &Tensor{Dims: []int64{1}, Type: Bool, Raw: []byte{1}, HasRaw: true}},
		{Name: "g", Type: AttrGraph, G: &Graph{Name: "inner"}},
	}}
	return &Model{
		IRVersion: 8, Producer: "p", Opsets: []Opset{{"", 17}, {"d", 1}}, Metadata: []Entry{{"k", "v"}},
		Graph: &Graph{Name: "g", Nodes: []*Node{node}, Initializers: []*Tensor{tensor}, Inputs: []*ValueInfo{value}, Outputs: []*ValueInfo{value}},
	}
}

var roomy = Limits{Nodes: 100, Items: 1000, Depth: 3}

func TestRoundTrip(t *testing.T) {
	got, err := Decode(example().Append(nil), roomy)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(example(), got); d != "" {
		t.Error(d)
	}
}

func TestLimits(t *testing.T) {
	data := example().Append(nil)
	for want, lim := range map[error]Limits{
		ErrTooMany: {Nodes: 0, Items: 1000, Depth: 3},
		ErrTooDeep: {Nodes: 100, Items: 1000, Depth: 1},
	} {
		if _, err := Decode(data, lim); !errors.Is(err, want) {
			t.Errorf("limits %+v: error %v", lim, err)
		}
	}
	if _, err := Decode(data, Limits{Nodes: 100, Items: 20, Depth: 3}); !errors.Is(err, ErrTooMany) {
		t.Errorf("items: error %v", err)
	}
}

// Every way of writing values is counted: packed and one by one.
func TestTypedValues(t *testing.T) {
	varints := pw.AppendVarint(pw.AppendVarint(nil, 300), 1)
	cases := map[string]struct {
		data []byte
		want int64
	}{
		"floats packed":   {pw.AppendBytes(pw.AppendTag(nil, 4, pw.BytesType), make([]byte, 12)), 3},
		"floats":          {pw.AppendFixed32(pw.AppendTag(nil, 4, pw.Fixed32Type), 0), 1},
		"doubles packed":  {pw.AppendBytes(pw.AppendTag(nil, 10, pw.BytesType), make([]byte, 16)), 2},
		"integers packed": {pw.AppendBytes(pw.AppendTag(nil, 7, pw.BytesType), varints), 2},
		"integers":        {pw.AppendVarint(pw.AppendTag(nil, 5, pw.VarintType), 300), 1},
		"broken floats":   {pw.AppendBytes(pw.AppendTag(nil, 4, pw.BytesType), make([]byte, 13)), -1},
		"broken integers": {pw.AppendBytes(pw.AppendTag(nil, 7, pw.BytesType), []byte{0x80}), -1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d, x := &decoder{items: 100}, new(Tensor)
			err := d.tensor(x, c.data)
			if (err != nil) != (c.want < 0) || err == nil && x.Typed != c.want {
				t.Errorf("%d values, error %v", x.Typed, err)
			}
		})
	}
}
