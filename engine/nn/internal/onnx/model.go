// Package onnx holds the part of the ONNX model format that this program
// writes, checks and describes: plain structs, and their protobuf wire form.
// Field numbers are those of onnx.proto, IR version 8.
package onnx

// Model is a ModelProto.
type Model struct {
	IRVersion int64
	Producer  string
	Graph     *Graph
	Opsets    []Opset
	Metadata  []Entry
	Functions []*Graph // bodies of local functions: Nodes alone
	Training  bool     // whether there are training graphs, which are not kept
}

// Opset is an OperatorSetIdProto; the empty Domain is ONNX's own.
type Opset struct {
	Domain  string
	Version int64
}

// Entry is a StringStringEntryProto.
type Entry struct{ Key, Value string }

// Graph is a GraphProto.
type Graph struct {
	Name         string
	Nodes        []*Node
	Initializers []*Tensor
	Inputs       []*ValueInfo
	Outputs      []*ValueInfo
	Values       []*ValueInfo // shapes of values between
	Sparse       []*Sparse    // sparse initializers
}

// Node is a NodeProto. An empty name in Inputs is an input left out.
type Node struct {
	Name, Op, Domain string
	Inputs, Outputs  []string
	Attrs            []*Attr
}

// Attr finds an attribute by name; nil when there is none.
func (n *Node) Attr(name string) *Attr {
	for _, a := range n.Attrs {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// AttrType says which field of an Attr holds its value.
type AttrType int32

// The attribute types that are written here.
const (
	AttrFloat  AttrType = 1
	AttrInt    AttrType = 2
	AttrString AttrType = 3
	AttrTensor AttrType = 4
	AttrGraph  AttrType = 5
	AttrInts   AttrType = 7
)

// Attr is an AttributeProto.
type Attr struct {
	Name    string
	Type    AttrType
	F       float32
	I       int64
	S       []byte
	Ints    []int64
	T       *Tensor
	G       *Graph
	Sparse  *Sparse
	Tensors []*Tensor
	Graphs  []*Graph
	Sparses []*Sparse
}

// DataType is TensorProto.DataType.
type DataType int32

// The element types that have a meaning here. Others are carried by number.
const (
	Float   DataType = 1
	Uint8   DataType = 2
	Int8    DataType = 3
	Uint16  DataType = 4
	Int16   DataType = 5
	Int32   DataType = 6
	Int64   DataType = 7
	String  DataType = 8
	Bool    DataType = 9
	Float16 DataType = 10
	Double  DataType = 11
	Uint32  DataType = 12
	Uint64  DataType = 13
)

// bits of one element; types of less than a byte are packed.
var bits = [...]int64{
	Float: 32, Uint8: 8, Int8: 8, Uint16: 16, Int16: 16, Int32: 32, Int64: 64, Bool: 8,
	Float16: 16, Double: 64, Uint32: 32, Uint64: 64, 14: 64, 15: 128, // complex
	16: 16, 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, // bfloat16, float8 (4), uint4, int4, float4
}

// Bits is the size of one element; 0 for strings and for types not known.
func (t DataType) Bits() int64 {
	if t < 0 || int(t) >= len(bits) {
		return 0
	}
	return bits[t]
}

// Tensor is a TensorProto. Raw aliases the bytes it was decoded from.
type Tensor struct {
	Name     string
	Dims     []int64
	Type     DataType
	Raw      []byte
	HasRaw   bool
	Typed    int64 // values in the typed data fields: counted, not kept
	External bool  // data_location EXTERNAL, or an external_data entry
}

// Sparse is a SparseTensorProto.
type Sparse struct {
	Values, Indices *Tensor
	Dims            []int64
}

// ValueInfo is a ValueInfoProto. Tensor is false for sequences, maps and
// values without a type; HasShape is false where the rank is not known.
type ValueInfo struct {
	Name     string
	Tensor   bool
	Type     DataType
	HasShape bool
	Shape    []Dim
}

// Dim is one Dimension: Param names it, or Value is its size, or neither is
// known (Value -1).
type Dim struct {
	Value int64
	Param string
}
