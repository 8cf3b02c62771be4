package nn

import (
	"context"
	"errors"
	"fmt"
)

// DType is the element type of a Tensor.
type DType uint8

// The element types that networks here use.
const (
	Float32 DType = iota + 1
	Float64
	Int64
	Uint8
	Bool
)

// Tensor is a dense row-major array. Exactly one of the data slices is in use,
// the one Type names; its length is the product of Shape (1 for a scalar).
type Tensor struct {
	Type  DType
	Shape []int
	F32   []float32
	F64   []float64
	I64   []int64
	U8    []uint8 // Uint8, and Bool as 0 and 1
}

// F32Tensor wraps data, which it does not copy. A length that is not the
// product of shape is the caller's mistake and panics.
func F32Tensor(data []float32, shape ...int) *Tensor {
	mustFit(len(data), shape)
	return &Tensor{Type: Float32, Shape: shape, F32: data}
}

// F64Tensor is F32Tensor for float64.
func F64Tensor(data []float64, shape ...int) *Tensor {
	mustFit(len(data), shape)
	return &Tensor{Type: Float64, Shape: shape, F64: data}
}

// I64Tensor is F32Tensor for int64.
func I64Tensor(data []int64, shape ...int) *Tensor {
	mustFit(len(data), shape)
	return &Tensor{Type: Int64, Shape: shape, I64: data}
}

// U8Tensor is F32Tensor for uint8.
func U8Tensor(data []uint8, shape ...int) *Tensor {
	mustFit(len(data), shape)
	return &Tensor{Type: Uint8, Shape: shape, U8: data}
}

// Len is the number of elements, the product of Shape.
func (t *Tensor) Len() int { return product(t.Shape) }

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func mustFit(n int, shape []int) {
	if n != product(shape) {
		panic(fmt.Sprintf("nn: %d elements do not fit shape %v", n, shape))
	}
}

// A Session is a network on a device, ready to run. Run may be called from
// several goroutines at once. Inputs and outputs are in the order the graph
// declares them. An element of outputs that is nil is allocated and set; one
// that is given must have the right type and shape and receives the values, so
// that a caller in a loop allocates nothing. When ctx ends, the run is
// terminated within a second and the error is ctx's.
type Session interface {
	Run(ctx context.Context, inputs, outputs []*Tensor) error
	Close() error
}

// An Opener turns the ONNX bytes of a network into a Session. Devices are
// Openers; so is a fake in a test.
type Opener interface {
	Open(onnx []byte) (Session, error)
}

// BoolTensor is F32Tensor for Bool, whose elements are 0 and 1.
func BoolTensor(data []uint8, shape ...int) *Tensor {
	mustFit(len(data), shape)
	return &Tensor{Type: Bool, Shape: shape, U8: data}
}

// NewTensor is a tensor of zeros.
func NewTensor(t DType, shape ...int) *Tensor {
	x := &Tensor{Type: t, Shape: shape}
	n := product(shape)
	switch t {
	case Float32:
		x.F32 = make([]float32, n)
	case Float64:
		x.F64 = make([]float64, n)
	case Int64:
		x.I64 = make([]int64, n)
	case Uint8, Bool:
		x.U8 = make([]uint8, n)
	default:
		panic(fmt.Sprintf("nn: new tensor of %v", t))
	}
	return x
}

// Validate reports a shape with a negative size, an element type not known, or
// data whose length is not the product of the shape.
func (t *Tensor) Validate() error {
	if t == nil {
		return fmt.Errorf("tensor is nil")
	}
	for _, d := range t.Shape {
		if d < 0 {
			return fmt.Errorf("tensor shape %v has a negative size", t.Shape)
		}
	}
	var n int
	switch t.Type {
	case Float32:
		n = len(t.F32)
	case Float64:
		n = len(t.F64)
	case Int64:
		n = len(t.I64)
	case Uint8, Bool:
		n = len(t.U8)
	default:
		return fmt.Errorf("tensor has element type %v", t.Type)
	}
	if n != product(t.Shape) {
		return fmt.Errorf("tensor %v%v has %d elements", t.Type, t.Shape, n)
	}
	return nil
}

// Errors of a Session.
var (
	// ErrOutOfMemory is wrapped by the error of a Run for which the device has
	// not memory enough: a smaller batch, or another device, may do.
	ErrOutOfMemory = errors.New("out of memory")
	// ErrClosed is wrapped by the error of a Run after Close.
	ErrClosed = errors.New("session is closed")
)
