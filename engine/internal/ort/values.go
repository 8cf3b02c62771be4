package ort

import (
	"fmt"
	"reflect"
	"runtime"
	"unsafe"

	"zoomscope/engine/nn"

	binding "github.com/yalue/onnxruntime_go"
)

// values are the library's arrays in one run. Those made of tensors refer to
// the memory of their slices, which the library keeps a pointer to between
// calls: hence the pinning.
type values struct {
	pinner runtime.Pinner
	owned  []binding.Value
}

func (v *values) release() {
	for _, x := range v.owned {
		x.Destroy()
	}
	v.pinner.Unpin()
}

// wrap gives a value for each tensor; nil stays nil, for the library to make.
func (v *values) wrap(tensors []*nn.Tensor) ([]binding.Value, error) {
	list := make([]binding.Value, len(tensors))
	for i, t := range tensors {
		if t == nil {
			continue
		}
		x, err := v.value(t)
		if err != nil {
			return nil, err
		}
		list[i], v.owned = x, append(v.owned, x)
	}
	return list, nil
}

func (v *values) value(t *nn.Tensor) (binding.Value, error) {
	switch t.Type {
	case nn.Float32:
		return wrapSlice(v, t.F32, t.Shape)
	case nn.Float64:
		return wrapSlice(v, t.F64, t.Shape)
	case nn.Int64:
		return wrapSlice(v, t.I64, t.Shape)
	case nn.Uint8:
		return wrapSlice(v, t.U8, t.Shape)
	case nn.Bool:
		return wrapSlice(v, asBool(t.U8), t.Shape)
	}
	return nil, fmt.Errorf("element type %v", t.Type)
}

func wrapSlice[T binding.TensorData](v *values, data []T, shape []int) (binding.Value, error) {
	if len(shape) == 0 {
		return binding.NewScalar(data[0]) // a copy: the binding has no other way
	}
	if len(data) > 0 {
		v.pinner.Pin(&data[0])
	}
	dims := make(binding.Shape, len(shape))
	for i, n := range shape {
		dims[i] = int64(n)
	}
	return binding.NewTensor(dims, data)
}

// asBool is the same memory as bool; only 0 and 1 may be in it.
func asBool(u []uint8) []bool {
	return unsafe.Slice((*bool)(unsafe.Pointer(unsafe.SliceData(u))), len(u))
}

func asBytes(b []bool) []uint8 {
	return unsafe.Slice((*uint8)(unsafe.Pointer(unsafe.SliceData(b))), len(b))
}

// own takes charge of the arrays that the library made, where made is nil. A run
// that failed may have made some of them; the one it failed at is a nil pointer
// within the interface.
func (v *values) own(out []binding.Value, made []*nn.Tensor) {
	for i, x := range out {
		if made[i] == nil && x != nil && !reflect.ValueOf(x).IsNil() {
			v.owned = append(v.owned, x)
		}
	}
}

// deliver sets the outputs that were nil, and the elements of scalars. made are
// the tensors the run was given, nil where the library made the array.
func deliver(out []binding.Value, made, outputs []*nn.Tensor) error {
	for i, x := range out {
		switch {
		case made[i] == nil:
			t, err := tensor(x)
			if err != nil {
				return err
			}
			outputs[i] = t
		case len(made[i].Shape) == 0:
			if err := readScalar(made[i], x); err != nil {
				return err
			}
			outputs[i] = made[i]
		}
	}
	return nil
}

// tensor takes over the Go memory of an array that the binding made.
func tensor(x binding.Value) (*nn.Tensor, error) {
	var shape []int
	for _, n := range x.GetShape() {
		shape = append(shape, int(n))
	}
	switch x := x.(type) {
	case *binding.Tensor[float32]:
		return nn.F32Tensor(x.GetData(), shape...), nil
	case *binding.Tensor[float64]:
		return nn.F64Tensor(x.GetData(), shape...), nil
	case *binding.Tensor[int64]:
		return nn.I64Tensor(x.GetData(), shape...), nil
	case *binding.Tensor[uint8]:
		return nn.U8Tensor(x.GetData(), shape...), nil
	case *binding.Tensor[bool]:
		return nn.BoolTensor(asBytes(x.GetData()), shape...), nil
	}
	return nil, fmt.Errorf("onnx session: output of type %T", x)
}

func readScalar(t *nn.Tensor, x binding.Value) error {
	switch x := x.(type) {
	case *binding.Scalar[float32]:
		t.F32[0] = x.GetData()
	case *binding.Scalar[float64]:
		t.F64[0] = x.GetData()
	case *binding.Scalar[int64]:
		t.I64[0] = x.GetData()
	case *binding.Scalar[uint8]:
		t.U8[0] = x.GetData()
	case *binding.Scalar[bool]:
		t.U8[0] = asBytes([]bool{x.GetData()})[0]
	default:
		return fmt.Errorf("onnx session: output of type %T", x)
	}
	return nil
}
