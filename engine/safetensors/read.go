package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"zoomscope/engine/internal/filemap"
	"zoomscope/engine/nn"
)

// File is a safetensors file being read. Its methods may be called from several
// goroutines at once, except Close, which ends the life of every view that
// Bytes gave out.
type File struct {
	path   string
	data   []byte // what follows the header
	head   *header
	mapped *filemap.Map // nil for Parse
}

// Open maps the file at path into memory and checks its header. Pages are read
// as tensors are touched. The error names the file.
func Open(path string) (*File, error) {
	mapped, err := filemap.Open(path)
	if err != nil {
		return nil, err
	}
	file, err := Parse(mapped.Data)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), mapped.Close())
	}
	file.path, file.mapped = path, mapped
	return file, nil
}

// Parse reads a file that is in memory. It keeps data, which must not change
// while the File is in use.
func Parse(data []byte) (*File, error) {
	if len(data) < 8 {
		return nil, fmt.Errorf("%d bytes are too few for a safetensors file", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > MaxHeader {
		return nil, fmt.Errorf("header of %d bytes, the limit is %d: not a safetensors file?", n, MaxHeader)
	}
	if n > uint64(len(data)-8) {
		return nil, fmt.Errorf("header of %d bytes in a file of %d: file truncated?", n, len(data))
	}
	body := data[8+n:]
	head, err := parseHeader(data[8:8+n], len(body))
	if err != nil {
		return nil, err
	}
	return &File{data: body, head: head}, nil
}

// Close unmaps the file. Views that Bytes returned must not be used any more.
func (f *File) Close() error {
	f.data = nil
	if f.mapped == nil {
		return nil
	}
	return f.mapped.Close()
}

// Names lists the tensors in alphabetical order.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.head.entries)) }

// Metadata is the file's __metadata__, empty when it has none.
func (f *File) Metadata() map[string]string { return maps.Clone(f.head.meta) }

// Has says whether the file holds the tensor.
func (f *File) Has(name string) bool {
	_, ok := f.head.entries[name]
	return ok
}

// Info is the element type and shape of a tensor; an error when the file has
// no tensor of that name.
func (f *File) Info(name string) (DType, []int, error) {
	e, err := f.entry(name)
	return e.dtype, slices.Clone(e.shape), err
}

// Bytes is the raw little-endian content of a tensor, a view into the file that
// must not be written to and lives until Close.
func (f *File) Bytes(name string) ([]byte, error) {
	e, err := f.entry(name)
	if err != nil {
		return nil, err
	}
	if f.data == nil && e.end > 0 {
		return nil, f.wrap(name, os.ErrClosed)
	}
	return f.data[e.begin:e.end:e.end], nil
}

// Float32 copies a tensor of any floating-point type as float32; F64 is rounded.
func (f *File) Float32(name string) ([]float32, error) {
	e, err := f.entry(name)
	if err != nil {
		return nil, err
	}
	raw, err := f.Bytes(name)
	if err != nil {
		return nil, err
	}
	dst := make([]float32, len(raw)/e.dtype.Size())
	if !DecodeFloat32(dst, e.dtype, raw) {
		return nil, f.wrap(name, fmt.Errorf("%s is not a floating-point type", e.dtype))
	}
	return dst, nil
}

// Tensor copies a tensor: F32, F16 and BF16 as nn.Float32, F64 as nn.Float64,
// the signed integers as nn.Int64, U8 and BOOL as they are.
func (f *File) Tensor(name string) (*nn.Tensor, error) {
	dtype, shape, err := f.Info(name)
	if err != nil {
		return nil, err
	}
	raw, err := f.Bytes(name)
	if err != nil {
		return nil, err
	}
	switch dtype {
	case F64:
		return nn.F64Tensor(decodeF64(raw), shape...), nil
	case I64, I32, I16, I8:
		return nn.I64Tensor(decodeInts(dtype, raw), shape...), nil
	case U8:
		return nn.U8Tensor(slices.Clone(raw), shape...), nil
	case Bool:
		t := nn.U8Tensor(decodeBools(raw), shape...)
		t.Type = nn.Bool
		return t, nil
	}
	values, err := f.Float32(name)
	if err != nil {
		return nil, err
	}
	return nn.F32Tensor(values, shape...), nil
}

func (f *File) entry(name string) (entry, error) {
	e, ok := f.head.entries[name]
	if !ok {
		return e, f.wrap(name, errors.New("no such tensor"))
	}
	return e, nil
}

func (f *File) wrap(name string, err error) error {
	err = fmt.Errorf("tensor %q: %w", name, err)
	if f.path != "" {
		err = fmt.Errorf("%s: %w", f.path, err)
	}
	return err
}
