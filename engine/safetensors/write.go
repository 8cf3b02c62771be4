package safetensors

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"

	"zoomscope/engine/nn"
	"zoomscope/slideio/atomicfile"
)

// Raw is a tensor to be written: little-endian, row-major.
type Raw struct {
	DType DType
	Shape []int
	Data  []byte

	values []float32 // in place of Data: converted as they are written
}

// FromTensor converts a tensor, keeping its type. Elements of float32 are
// converted only when they are written, and must not change before.
func FromTensor(t *nn.Tensor) Raw {
	raw := Raw{Shape: slices.Clone(t.Shape)}
	switch t.Type {
	case nn.Float32:
		raw.DType, raw.values = F32, t.F32
	case nn.Float64:
		raw.DType = F64
		for _, v := range t.F64 {
			raw.Data = le.AppendUint64(raw.Data, math.Float64bits(v))
		}
	case nn.Int64:
		raw.DType = I64
		for _, v := range t.I64 {
			raw.Data = le.AppendUint64(raw.Data, uint64(v))
		}
	case nn.Uint8:
		raw.DType, raw.Data = U8, slices.Clone(t.U8)
	case nn.Bool:
		raw.DType, raw.Data = Bool, slices.Clone(t.U8)
	default:
		panic(fmt.Sprintf("safetensors: tensor of type %d", t.Type))
	}
	return raw
}

// FromFloat32 stores values as d, one of the floating-point types.
func FromFloat32(values []float32, d DType, shape ...int) Raw {
	data := AppendFloat32(make([]byte, 0, len(values)*d.Size()), d, values)
	return Raw{DType: d, Shape: slices.Clone(shape), Data: data}
}

// FromInt32 stores values as I32.
func FromInt32(values []int32, shape ...int) Raw {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = le.AppendUint32(data, uint32(v))
	}
	return Raw{DType: I32, Shape: slices.Clone(shape), Data: data}
}

// Spec announces a tensor, for Plan.
type Spec struct {
	Name  string
	DType DType
	Shape []int
}

// Layout is where everything of a file stands, known before its data is.
type Layout struct {
	Header []byte         // the first bytes of the file, with their length in front
	Offset map[string]int // first byte of each tensor, counted from the start of the file
	Order  []string       // the tensors as they follow each other
	Size   int            // bytes of the whole file
}

// Plan lays out a file. The result depends on the names, types, shapes and
// metadata alone: wider element types come first, so that every tensor is
// aligned, then names in alphabetical order; the data starts at a multiple of 8.
func Plan(specs []Spec, meta map[string]string) (*Layout, error) {
	specs = slices.Clone(specs)
	slices.SortFunc(specs, func(a, b Spec) int {
		return cmp.Or(b.DType.Size()-a.DType.Size(), cmp.Compare(a.Name, b.Name))
	})
	var text bytes.Buffer
	if err := writeMeta(&text, meta); err != nil {
		return nil, err
	}
	l := &Layout{Offset: map[string]int{}}
	at := 0
	for _, s := range specs {
		n, err := checkSpec(s, l.Offset)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", s.Name, err)
		}
		if at > maxInt-n-MaxHeader-8 {
			return nil, fmt.Errorf("tensor %q: file too large", s.Name)
		}
		if text.Len() > 1 {
			text.WriteByte(',')
		}
		writeEntry(&text, s, at, at+n)
		l.Offset[s.Name] = at
		l.Order = append(l.Order, s.Name)
		at += n
	}
	text.WriteByte('}')
	for text.Len()%8 != 0 {
		text.WriteByte(' ')
	}
	if text.Len() > MaxHeader {
		return nil, fmt.Errorf("header of %d bytes, the limit is %d", text.Len(), MaxHeader)
	}
	l.Header = append(le.AppendUint64(nil, uint64(text.Len())), text.Bytes()...)
	for name := range l.Offset {
		l.Offset[name] += len(l.Header)
	}
	l.Size = len(l.Header) + at
	return l, nil
}

func checkSpec(s Spec, taken map[string]int) (int, error) {
	if _, ok := taken[s.Name]; ok {
		return 0, errors.New("stands twice")
	}
	if len(s.Name) > MaxName || !utf8.ValidString(s.Name) || s.Name == "__metadata__" {
		return 0, errors.New("name cannot be written")
	}
	return byteLen(s.DType, s.Shape)
}

func writeMeta(text *bytes.Buffer, meta map[string]string) error {
	text.WriteByte('{')
	if len(meta) == 0 {
		return nil
	}
	for k, v := range meta {
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			return fmt.Errorf("metadata %q is not UTF-8", k)
		}
	}
	// json.Marshal writes the keys of a map in order.
	m, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	fmt.Fprintf(text, `"__metadata__":%s`, m)
	return nil
}

func writeEntry(text *bytes.Buffer, s Spec, begin, end int) {
	name, _ := json.Marshal(s.Name)
	shape, _ := json.Marshal(append([]int{}, s.Shape...)) // never null
	fmt.Fprintf(text, `%s:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, name, s.DType, shape, begin, end)
}

// Write writes a whole file. Equal content gives equal bytes. A tensor whose
// data has not the length its shape asks for is an error.
func Write(w io.Writer, tensors map[string]Raw, meta map[string]string) error {
	specs := make([]Spec, 0, len(tensors))
	for name, t := range tensors {
		specs = append(specs, Spec{name, t.DType, t.Shape})
	}
	layout, err := Plan(specs, meta)
	if err != nil {
		return err
	}
	for name, t := range tensors {
		if n, _ := byteLen(t.DType, t.Shape); n != t.len() {
			return fmt.Errorf("tensor %q: %d bytes for %s %v", name, t.len(), t.DType, t.Shape)
		}
	}
	if _, err := w.Write(layout.Header); err != nil {
		return err
	}
	for _, name := range layout.Order {
		if err := tensors[name].write(w); err != nil {
			return err
		}
	}
	return nil
}

// len is the number of bytes.
func (r Raw) len() int { return len(r.Data) + r.DType.Size()*len(r.values) }

func (r Raw) write(w io.Writer) error {
	const piece = 1 << 14 // values
	var buffer []byte
	for values := range slices.Chunk(r.values, piece) {
		buffer = AppendFloat32(buffer[:0], r.DType, values)
		if _, err := w.Write(buffer); err != nil {
			return err
		}
	}
	_, err := w.Write(r.Data)
	return err
}

// WriteFile is Write to a file that appears whole or not at all.
func WriteFile(path string, tensors map[string]Raw, meta map[string]string) error {
	err := atomicfile.Write(path, func(w io.Writer) error { return Write(w, tensors, meta) })
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
