package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"zoomscope/engine/nn"
	"zoomscope/engine/safetensors"
)

// elementTypes are the storages of torch by the type of their elements, and the
// names of element types, which stand in some checkpoints as plain values.
var elementTypes = map[class]safetensors.DType{
	"torch.DoubleStorage":   safetensors.F64,
	"torch.FloatStorage":    safetensors.F32,
	"torch.HalfStorage":     safetensors.F16,
	"torch.BFloat16Storage": safetensors.BF16,
	"torch.LongStorage":     safetensors.I64,
	"torch.IntStorage":      safetensors.I32,
	"torch.ShortStorage":    safetensors.I16,
	"torch.CharStorage":     safetensors.I8,
	"torch.ByteStorage":     safetensors.U8,
	"torch.BoolStorage":     safetensors.Bool,
	"torch.float64":         "", "torch.float32": "", "torch.float16": "", "torch.bfloat16": "",
	"torch.int64": "", "torch.int32": "", "torch.int16": "", "torch.int8": "", "torch.uint8": "", "torch.bool": "",
}

// storage is a flat array of the file, known by its key.
type storage struct {
	key   string
	dtype safetensors.DType
	len   int // elements
}

// tensor is a view of a storage; offset and strides count elements.
type tensor struct {
	storage       storage
	offset        int
	shape, stride []int
}

// torch builds what the pickles of PyTorch ask for, and keeps the storages they
// name.
type torch struct{ storages map[string]storage }

func (b torch) persistent(id any) (any, error) {
	t, ok := id.(tuple)
	if !ok || len(t) < 5 || t[0] != "storage" {
		return nil, errors.New("persistent id of something else than a storage")
	}
	c, _ := t[1].(class)
	key, ok := t[2].(string)
	n, ok2 := t[4].(int64)
	dtype := elementTypes[c]
	if dtype == "" || !ok || !ok2 || n < 0 || n > math.MaxInt/8 {
		return nil, fmt.Errorf("storage %.100q is not well formed", key)
	}
	if len(t) > 5 && t[5] != nil {
		return nil, fmt.Errorf("storage %.100q is a view of another, which is not supported; save the file again with a newer PyTorch", key)
	}
	s := storage{key, dtype, int(n)}
	if known, ok := b.storages[key]; ok && known != s {
		return nil, fmt.Errorf("storage %.100q is described twice, differently", key)
	}
	b.storages[key] = s
	return s, nil
}

func (torch) call(c class, args tuple) (any, error) {
	switch c {
	case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2":
		return rebuildTensor(args)
	case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
		if len(args) > 0 {
			if t, ok := args[0].(tensor); ok {
				return t, nil
			}
		}
		return nil, errors.New("parameter of something else than a tensor")
	case "torch.Size", "torch.device":
		return inert{}, nil
	}
	return nil, fmt.Errorf("%s cannot be called", c)
}

func rebuildTensor(args tuple) (any, error) {
	if len(args) < 4 {
		return nil, errors.New("tensor with too few arguments")
	}
	s, ok := args[0].(storage)
	offset, ok2 := args[1].(int64)
	if !ok || !ok2 {
		return nil, errors.New("tensor without a storage")
	}
	shape, err := sizes(args[2])
	if err != nil {
		return nil, fmt.Errorf("tensor's shape: %w", err)
	}
	stride, err := sizes(args[3])
	if err != nil {
		return nil, fmt.Errorf("tensor's strides: %w", err)
	}
	t := tensor{s, int(offset), shape, stride}
	return t, t.check()
}

// sizes reads a tuple of whole numbers, none negative.
func sizes(v any) ([]int, error) {
	t, ok := v.(tuple)
	if !ok || len(t) > maxRank {
		return nil, fmt.Errorf("not a tuple of at most %d numbers", maxRank)
	}
	out := make([]int, len(t))
	for i, v := range t {
		n, ok := v.(int64)
		if !ok || n < 0 || n > math.MaxInt/8 {
			return nil, notSize(v)
		}
		out[i] = int(n)
	}
	return out, nil
}

// notSize does not write out what a file made: tuples of tuples can be far
// longer than the file.
func notSize(v any) error {
	if n, ok := v.(int64); ok {
		return fmt.Errorf("%d is not a size", n)
	}
	return fmt.Errorf("a %T is not a size", v)
}

// check makes sure that the tensor lies inside its storage and has no more
// elements than it: an expanded view could ask for any amount of memory.
func (t tensor) check() error {
	if len(t.shape) != len(t.stride) {
		return fmt.Errorf("tensor of shape %v with strides %v", t.shape, t.stride)
	}
	if t.offset < 0 || t.offset > t.storage.len {
		return fmt.Errorf("tensor at element %d of a storage of %d", t.offset, t.storage.len)
	}
	if slices.Contains(t.shape, 0) {
		return nil
	}
	n, last := 1, t.offset
	for i, size := range t.shape {
		if n > t.storage.len/size {
			return fmt.Errorf("tensor of shape %v in a storage of %d elements", t.shape, t.storage.len)
		}
		n *= size
		if size > 1 && t.stride[i] > (t.storage.len-last)/(size-1) {
			return fmt.Errorf("tensor of shape %v and strides %v reaches beyond a storage of %d elements", t.shape, t.stride, t.storage.len)
		}
		last += (size - 1) * t.stride[i]
	}
	if last >= t.storage.len {
		return fmt.Errorf("tensor of shape %v and strides %v reaches beyond a storage of %d elements", t.shape, t.stride, t.storage.len)
	}
	return nil
}

// len is the number of elements of a tensor that passed check.
func (t tensor) len() int {
	if slices.Contains(t.shape, 0) {
		return 0
	}
	n := 1
	for _, size := range t.shape {
		n *= size
	}
	return n
}

// decode copies the tensor out of the bytes of its storage.
func (t tensor) decode(raw []byte) *nn.Tensor {
	d := t.storage.dtype
	flat := t.gather(raw, d.Size())
	switch d {
	case safetensors.I64, safetensors.I32, safetensors.I16, safetensors.I8:
		values := make([]int64, t.len())
		for i := range values {
			values[i] = decodeInt(d, flat[i*d.Size():])
		}
		return nn.I64Tensor(values, t.shape...)
	case safetensors.U8, safetensors.Bool:
		out := nn.U8Tensor(flat, t.shape...)
		if d == safetensors.Bool {
			out.Type = nn.Bool
			for i, v := range flat {
				flat[i] = min(v, 1)
			}
		}
		return out
	}
	values := make([]float32, t.len())
	safetensors.DecodeFloat32(values, d, flat)
	return nn.F32Tensor(values, t.shape...)
}

func decodeInt(d safetensors.DType, raw []byte) int64 {
	switch d {
	case safetensors.I64:
		return int64(binary.LittleEndian.Uint64(raw))
	case safetensors.I32:
		return int64(int32(binary.LittleEndian.Uint32(raw)))
	case safetensors.I16:
		return int64(int16(binary.LittleEndian.Uint16(raw)))
	}
	return int64(int8(raw[0]))
}

// gather copies the elements, of size bytes each, in row-major order.
func (t tensor) gather(raw []byte, size int) []byte {
	n := t.len()
	if n == 0 { // raw may be nil
		return nil
	}
	out := make([]byte, 0, n*size)
	if t.contiguous() {
		return append(out, raw[t.offset*size:(t.offset+n)*size]...)
	}
	at := make([]int, len(t.shape)) // the element, counted like an odometer
	for range n {
		place := t.offset
		for i, k := range at {
			place += k * t.stride[i]
		}
		out = append(out, raw[place*size:(place+1)*size]...)
		for i := len(at) - 1; i >= 0; i-- {
			if at[i]++; at[i] < t.shape[i] {
				break
			}
			at[i] = 0
		}
	}
	return out
}

func (t tensor) contiguous() bool {
	want := 1
	for i := len(t.shape) - 1; i >= 0; i-- {
		if t.shape[i] != 1 && t.stride[i] != want {
			return false
		}
		want *= t.shape[i]
	}
	return true
}
