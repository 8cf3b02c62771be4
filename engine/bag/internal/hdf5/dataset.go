package hdf5

import (
	"fmt"
	"math"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Dataset is a table of numbers. It belongs to one goroutine.
type Dataset struct {
	file       *File
	name       string
	Type       Type
	Rows       int
	Columns    int // 1 for a table of one dimension
	Attributes map[string]any

	filters []filter
	whole   *block // where all of it stands; nil for chunks
	compact []byte // or all of it
	grid    chunkGrid
	cache   *lru.Cache[int, []byte]
}

// cacheBytes bounds the decoded chunks that are kept.
const cacheBytes = 64 << 20

// maxValues bounds a table: far beyond any slide's features.
const maxValues = 1 << 36

// Dataset reads what a dataset of the root group is, and where its data lies.
func (f *File) Dataset(name string) (*Dataset, error) {
	d, err := f.dataset(name)
	if err != nil {
		return nil, fmt.Errorf("dataset %.100q: %w", name, err)
	}
	return d, nil
}

func (f *File) dataset(name string) (*Dataset, error) {
	at, ok := f.datasets[name]
	if !ok {
		return nil, fmt.Errorf("is not there; there are %.200q", f.Names())
	}
	messages, err := f.header(at)
	if err != nil {
		return nil, err
	}
	d := &Dataset{file: f, name: name, Attributes: map[string]any{}}
	var dims []int
	var layout []byte
	for _, m := range messages {
		if m.shared && (m.kind == msgDatatype || m.kind == msgDataspace || m.kind == msgFilters) {
			return nil, fmt.Errorf("a shared description: %w", ErrUnsupported)
		}
		switch m.kind {
		case msgDatatype:
			d.Type, err = parseType(m.data)
		case msgDataspace:
			dims, err = parseSpace(m.data)
		case msgLayout:
			layout = m.data
		case msgFilters:
			d.filters, err = parseFilters(m.data)
		case msgAttribute:
			err = d.addAttribute(m)
		case msgAttrInfo:
			err = attributesInside(m.data)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := d.setShape(dims); err != nil {
		return nil, err
	}
	return d, d.locate(dims, layout)
}

func (d *Dataset) addAttribute(m message) error {
	if m.shared {
		return nil
	}
	name, value, err := d.file.attribute(m.data)
	if err == nil && value != nil {
		d.Attributes[name] = value
	}
	return err
}

// attributesInside refuses attributes that are kept outside the header.
func attributesInside(data []byte) error {
	c := cursor{b: data}
	c.u8()
	if c.u8()&1 != 0 {
		c.take(2)
	}
	if heap := c.u64(); heap != undefined && !c.short {
		return fmt.Errorf("attributes in a heap: %w", ErrUnsupported)
	}
	return c.err("attribute information")
}

func (d *Dataset) setShape(dims []int) error {
	if d.Type.class != classInteger && d.Type.class != classFloat || d.Type.Size == 0 {
		return fmt.Errorf("holds no numbers: %w", ErrUnsupported)
	}
	if len(dims) != 1 && len(dims) != 2 {
		return fmt.Errorf("has %d dimensions, must be a table: %w", len(dims), ErrUnsupported)
	}
	d.Rows, d.Columns = dims[0], 1
	if len(dims) == 2 {
		d.Columns = dims[1]
	}
	if d.Columns == 0 || int64(d.Rows)*int64(d.Columns) > maxValues || d.rowSize() > maxChunk {
		return fmt.Errorf("%w: table of %v", errDamaged, dims)
	}
	return nil
}

func (d *Dataset) rowSize() int { return d.Columns * d.Type.Size }

// locate reads the layout message.
func (d *Dataset) locate(dims []int, layout []byte) error {
	c := cursor{b: layout}
	version, class := c.u8(), c.u8()
	if layout == nil || version < 3 || version > 4 || version == 4 && class == 2 {
		return fmt.Errorf("layout of version %d: %w", version, ErrUnsupported)
	}
	all := uint64(d.Rows) * uint64(d.rowSize())
	switch class {
	case 0:
		d.compact = c.take(c.u16())
		return d.plain(all, uint64(len(d.compact)), &c)
	case 1:
		d.whole = &block{c.u64(), c.u64()}
		if all > 0 && (d.whole.at > d.file.size || all > d.file.size-d.whole.at) {
			return fmt.Errorf("%w: %d bytes at %d of %d", errDamaged, all, d.whole.at, d.file.size)
		}
		return d.plain(all, d.whole.size, &c)
	case 2:
		return d.locateChunks(dims, &c)
	}
	return fmt.Errorf("layout of class %d: %w", class, ErrUnsupported)
}

// plain checks a table that is in one piece.
func (d *Dataset) plain(want, have uint64, c *cursor) error {
	if err := c.err("a layout"); err != nil {
		return err
	}
	if want != have {
		return fmt.Errorf("%w: %d bytes for a table of %d", errDamaged, have, want)
	}
	return nil
}

// Floats writes the rows named, in their order, to dst, which has room for
// len(rows) * Columns values. Numbers of any type are converted.
func (d *Dataset) Floats(dst []float32, rows []int) error {
	if len(dst) != len(rows)*d.Columns {
		panic(fmt.Sprintf("hdf5: room for %d values, %d rows of %d", len(dst), len(rows), d.Columns))
	}
	return d.each(rows, func(i int, raw []byte) {
		d.Type.floats(dst[i*d.Columns:(i+1)*d.Columns], raw)
	})
}

// Integers returns a whole table of integers, or of floats that are whole, row
// by row. A table of more than limit values is an error.
func (d *Dataset) Integers(limit int) ([]int64, error) {
	n := d.Rows * d.Columns
	if n > limit {
		return nil, fmt.Errorf("dataset %.100q: %d values, the limit is %d", d.name, n, limit)
	}
	rows := make([]int, d.Rows)
	for i := range rows {
		rows[i] = i
	}
	out, whole := make([]int64, n), true
	err := d.each(rows, func(i int, raw []byte) {
		for j := range d.Columns {
			at := raw[j*d.Type.Size:]
			if d.Type.class == classInteger {
				out[i*d.Columns+j] = d.Type.integer(at)
				continue
			}
			v := d.Type.float(at)
			whole = whole && v == math.Trunc(v) && math.Abs(v) < 1<<53
			out[i*d.Columns+j] = int64(v)
		}
	})
	if err == nil && !whole {
		err = fmt.Errorf("dataset %.100q: values are not whole numbers", d.name)
	}
	return out, err
}

// each hands the bytes of the rows to use, which must not keep them.
func (d *Dataset) each(rows []int, use func(i int, raw []byte)) error {
	for i, row := range rows {
		if row < 0 || row >= d.Rows {
			return fmt.Errorf("dataset %.100q: row %d of %d", d.name, row, d.Rows)
		}
		raw, err := d.row(row)
		if err != nil {
			return fmt.Errorf("dataset %.100q: row %d: %w", d.name, row, err)
		}
		use(i, raw)
	}
	return nil
}

func (d *Dataset) row(row int) ([]byte, error) {
	size := d.rowSize()
	switch {
	case d.compact != nil:
		return d.compact[row*size:][:size], nil
	case d.whole != nil:
		return d.file.read(d.whole.at+uint64(row)*uint64(size), uint64(size))
	}
	return d.chunkedRow(row)
}
