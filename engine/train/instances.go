package train

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"zoomscope/engine/mil"
)

// maxInstance is the most features that an instance of a table has.
const maxInstance = 1 << 16

// InstanceBag is a bag whose instances have their features in a table. It is a
// mil.Source of one level.
type InstanceBag struct {
	Name   string
	Label  string
	Class  int       // place of the label among the classes
	Values []float32 // features [N, D]
	Dim    int
	line   int // of its first instance
}

// Len implements mil.Source.
func (b *InstanceBag) Len(int) int { return len(b.Values) / b.Dim }

// Dense are the features of all instances, for training that need not copy them.
func (b *InstanceBag) Dense(int) []float32 { return b.Values }

// Features implements mil.Source.
func (b *InstanceBag) Features(dst []float32, _ int, rows []int) error {
	if len(dst) != len(rows)*b.Dim {
		return fmt.Errorf("room for %d values, %d instances have %d", len(dst), len(rows), len(rows)*b.Dim)
	}
	for i, row := range rows {
		if row < 0 || row >= b.Len(0) {
			return fmt.Errorf("instance %d of %d", row, b.Len(0))
		}
		copy(dst[i*b.Dim:(i+1)*b.Dim], b.Values[row*b.Dim:])
	}
	return nil
}

// Instances are bags of instances whose features are given, as the classical
// datasets of multiple instance learning are: there are no slides.
type Instances struct {
	Classes []string // in the order of the logits
	Dim     int      // features of an instance
	Bags    []InstanceBag
}

// ReadInstances reads a CSV file, which may be packed by gzip, with the columns bag
// and label, all others being features: numbers. A line is an instance; those of
// one bag need not stand together, but have one label. The error names the file
// and the line.
func ReadInstances(path string) (*Instances, error) {
	f, err := openTable(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d, err := ParseInstances(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}

// tableFile is a file as it is read, unpacked where it is packed.
type tableFile struct {
	io.Reader
	io.Closer
}

// openTable opens a file that may be packed by gzip. The error names it.
func openTable(path string) (*tableFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReader(f)
	if head, err := in.Peek(2); err != nil || head[0] != 0x1f || head[1] != 0x8b {
		return &tableFile{in, f}, nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return &tableFile{z, f}, nil
}

// ParseInstances is ReadInstances of an open file that is not packed.
func ParseInstances(r io.Reader) (*Instances, error) {
	t, err := openSheet(r)
	if err != nil {
		return nil, err
	}
	columns, err := t.find(column{names: []string{"bag"}, needed: true}, column{names: []string{"label"}, needed: true})
	if err != nil {
		return nil, err
	}
	d := &Instances{Dim: len(t.header) - len(columns)}
	if d.Dim < 1 || d.Dim > maxInstance {
		return nil, fmt.Errorf("line 1: %d columns of features, must be from 1 to %d", d.Dim, maxInstance)
	}
	at := map[string]int{}
	if err := t.each(func(line int, cell func(int) string) error { return d.add(at, columns, line, cell) }); err != nil {
		return nil, err
	}
	if len(d.Bags) == 0 {
		return nil, errors.New("lists no instances: expected a line for each below the header")
	}
	d.classify()
	return d, nil
}

// add takes in the instance of a line; at is where each bag stands.
func (d *Instances) add(at map[string]int, columns []int, line int, cell func(int) string) error {
	name, label := cell(columns[0]), cell(columns[1])
	if err := errors.Join(checkCell("bag", name, maxCell), checkCell("label", label, maxLabel)); err != nil {
		return err
	}
	i, known := at[name]
	if !known {
		i = len(d.Bags)
		at[name] = i
		d.Bags = append(d.Bags, InstanceBag{Name: name, Label: label, Dim: d.Dim, line: line})
	}
	b := &d.Bags[i]
	if b.Label != label {
		return fmt.Errorf("bag %s is labelled %q here and %q before", name, label, b.Label)
	}
	for c := range d.Dim + len(columns) {
		if slices.Contains(columns, c) {
			continue
		}
		v, err := strconv.ParseFloat(cell(c), 32)
		if err != nil || v-v != 0 {
			return fmt.Errorf("field %d, %.50q, is no number", c+1, cell(c))
		}
		b.Values = append(b.Values, float32(v))
	}
	return nil
}

func (d *Instances) classify() {
	var labels []string
	for _, b := range d.Bags {
		labels = append(labels, b.Label)
	}
	d.Classes = classesOf(labels)
	for i := range d.Bags {
		d.Bags[i].Class = slices.Index(d.Classes, d.Bags[i].Label)
	}
}

// Standard is the mean and deviation of the features of some bags, each counting
// as much as any other, for mil.TrainOptions. Values that are practically constant
// keep their scale.
func (d *Instances) Standard(bags []int) (mil.Standard, error) {
	m := newMoments(d.Dim)
	for _, i := range bags {
		if err := m.add(&d.Bags[i], 0, 1); err != nil {
			return mil.Standard{}, fmt.Errorf("bag %s: %w", d.Bags[i].Name, err)
		}
	}
	return m.standard(), nil
}
