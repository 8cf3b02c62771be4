package nn

import (
	"fmt"

	"zoomscope/engine/nn/internal/onnx"
)

// Info is what an ONNX file says of itself.
type Info struct {
	Producer  string
	IRVersion int
	Opset     int // of ONNX's own operators
	Inputs    []Port
	Outputs   []Port
	Metadata  map[string]string
}

// Port is an input or output of a network. Type is 0 for element types that
// Tensor has not; TypeName has every type's name. An axis of which the file
// says nothing is the Dim named "?"; Ranked is false where it does not even say
// how many axes there are.
type Port struct {
	Name     string
	Type     DType
	TypeName string
	Ranked   bool
	Shape    []Dim
}

func (p Port) String() string {
	if !p.Ranked {
		return p.Name + " " + p.TypeName
	}
	return p.Name + " " + p.TypeName + shapeText(p.Shape)
}

// Describe reads the inputs, outputs and metadata of an ONNX file. The inputs
// are those a run must give: weights that old files also list as inputs are
// left out. It does not check the weights; CheckONNX does.
func Describe(data []byte) (Info, error) {
	m, err := decode(data, DefaultLimits())
	if err != nil {
		return Info{}, err
	}
	info := Info{
		Producer:  m.Producer,
		IRVersion: int(m.IRVersion),
		Opset:     int(defaultOpset(m)),
		Metadata:  map[string]string{},
	}
	for _, e := range m.Metadata {
		info.Metadata[e.Key] = e.Value
	}
	weights := map[string]bool{}
	for _, t := range m.Graph.Initializers {
		weights[t.Name] = true
	}
	for _, v := range m.Graph.Inputs {
		if !weights[v.Name] {
			info.Inputs = append(info.Inputs, port(v))
		}
	}
	for _, v := range m.Graph.Outputs {
		info.Outputs = append(info.Outputs, port(v))
	}
	return info, nil
}

func port(v *onnx.ValueInfo) Port {
	p := Port{Name: v.Name, Type: fromDataType(v.Type), TypeName: typeName(v), Ranked: v.HasShape}
	for _, d := range v.Shape {
		switch {
		case d.Param != "":
			p.Shape = append(p.Shape, Symbol(d.Param))
		case d.Value >= 0:
			p.Shape = append(p.Shape, Fixed(int(d.Value)))
		default:
			p.Shape = append(p.Shape, Symbol("?"))
		}
	}
	return p
}

func typeName(v *onnx.ValueInfo) string {
	if !v.Tensor {
		return "not a tensor"
	}
	if t := fromDataType(v.Type); t != 0 {
		return t.String()
	}
	switch v.Type {
	case onnx.Int8:
		return "int8"
	case onnx.Uint16:
		return "uint16"
	case onnx.Int16:
		return "int16"
	case onnx.Int32:
		return "int32"
	case onnx.Uint32:
		return "uint32"
	case onnx.Uint64:
		return "uint64"
	case onnx.Float16:
		return "float16"
	case onnx.String:
		return "string"
	}
	return fmt.Sprintf("element type %d", v.Type)
}

// fromDataType is the element type of an ONNX number; 0 where Tensor has none.
func fromDataType(t onnx.DataType) DType {
	for _, d := range []DType{Float32, Float64, Int64, Uint8, Bool} {
		if dataType(d) == t {
			return d
		}
	}
	return 0
}
