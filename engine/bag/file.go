package bag

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"zoomscope/engine/grid"
	"zoomscope/engine/internal/filemap"
	"zoomscope/engine/safetensors"
)

// File is a bag on disk, mapped into memory: features are converted as they are
// asked for. Close ends it.
type File struct {
	path     string
	manifest Manifest
	levels   []mapped
	size     int64
	mapped   *filemap.Map
}

// mapped is one magnification.
type mapped struct {
	cells    []grid.Cell
	dtype    safetensors.DType
	features []byte
}

// Open opens a bag and checks its layout; features are not looked at. The error
// names the file and, where it is called as a bag, says what to do about it.
func Open(path string) (*File, error) {
	m, err := filemap.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := Parse(m.Data)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w%s", path, err, remedy(path)), m.Close())
	}
	f.path, f.mapped = path, m
	return f, nil
}

// Parse reads a bag that is in memory and keeps data, which must not change
// while the File is in use.
func Parse(data []byte) (*File, error) {
	s, err := safetensors.Parse(data)
	if err != nil {
		return nil, err
	}
	meta := s.Metadata()
	format := meta["format"]
	if format != Format && format != formatImported {
		return nil, fmt.Errorf("format is %.100q, expected %q or %q: not a bag of this version", format, Format, formatImported)
	}
	m, err := parseManifest(meta["manifest"])
	if err != nil {
		return nil, err
	}
	if format != m.format() {
		return nil, fmt.Errorf("format is %q, but the manifest is of %q", format, m.format())
	}
	f := &File{manifest: m, size: int64(len(data))}
	var cells [][]grid.Cell
	for _, magnification := range m.Magnifications {
		l, err := readLevel(s, magnification, m.Encoder.Dim)
		if err != nil {
			return nil, err
		}
		f.levels = append(f.levels, l)
		cells = append(cells, l.cells)
	}
	if n := len(s.Names()); n != 2*len(f.levels) {
		return nil, fmt.Errorf("%d tensors for %d magnifications", n, len(f.levels))
	}
	return f, m.checkCells(cells)
}

func readLevel(s *safetensors.File, magnification float64, dim int) (mapped, error) {
	var l mapped
	dtype, shape, err := s.Info(gridName(magnification))
	if err != nil {
		return l, err
	}
	if dtype != safetensors.I32 || len(shape) != 2 || shape[1] != 2 {
		return l, fmt.Errorf("%s is %s %v, expected I32 [N, 2]", gridName(magnification), dtype, shape)
	}
	n := shape[0]
	l.dtype, shape, err = s.Info(featuresName(magnification))
	if err != nil {
		return l, err
	}
	if l.dtype != safetensors.F16 && l.dtype != safetensors.F32 || !slices.Equal(shape, []int{n, dim}) {
		return l, fmt.Errorf("%s is %s %v, expected F16 or F32 [%d, %d]", featuresName(magnification), l.dtype, shape, n, dim)
	}
	if l.features, err = s.Bytes(featuresName(magnification)); err != nil {
		return l, err
	}
	raw, err := s.Bytes(gridName(magnification))
	if err != nil {
		return l, err
	}
	l.cells = make([]grid.Cell, n)
	for i := range l.cells {
		l.cells[i].Column = int(int32(binary.LittleEndian.Uint32(raw[8*i:])))
		l.cells[i].Row = int(int32(binary.LittleEndian.Uint32(raw[8*i+4:])))
	}
	return l, nil
}

// Close unmaps the file.
func (f *File) Close() error {
	for i := range f.levels {
		f.levels[i].features = nil
	}
	if f.mapped == nil {
		return nil
	}
	return f.mapped.Close()
}

// Size is the length of the file in bytes, or of the data it was parsed from.
func (f *File) Size() int64 { return f.size }

// Type is how features are kept: F16 or F32. A file may mix them; it is that of
// the lowest magnification.
func (f *File) Type() safetensors.DType { return f.levels[0].dtype }

// Manifest implements Reader.
func (f *File) Manifest() Manifest { return f.manifest.clone() }

// Len implements Reader.
func (f *File) Len(level int) int { return len(f.levels[level].cells) }

// Cells implements Reader.
func (f *File) Cells(level int) []grid.Cell { return f.levels[level].cells }

// Features implements Reader.
func (f *File) Features(dst []float32, level int, rows []int) error {
	l, dim := f.levels[level], f.manifest.Encoder.Dim
	if l.features == nil {
		return fmt.Errorf("%s: bag is closed", f.path)
	}
	if err := checkRows(rows, len(l.cells), len(dst), dim); err != nil {
		return fmt.Errorf("%s: %gx: %w", f.path, f.manifest.Magnifications[level], err)
	}
	size := dim * l.dtype.Size()
	for i, row := range rows {
		safetensors.DecodeFloat32(dst[i*dim:(i+1)*dim], l.dtype, l.features[row*size:(row+1)*size])
	}
	return nil
}

// Load copies the bag into memory, as float32.
func (f *File) Load() (*Bag, error) {
	b := &Bag{manifest: f.Manifest()}
	for i, l := range f.levels {
		if l.features == nil {
			return nil, fmt.Errorf("%s: bag is closed", f.path)
		}
		features := make([]float32, len(l.cells)*f.manifest.Encoder.Dim)
		safetensors.DecodeFloat32(features, l.dtype, l.features)
		b.levels = append(b.levels, Level{Cells: f.Cells(i), Features: features})
	}
	return b, nil
}
