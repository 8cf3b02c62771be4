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
	Name    string
	Label   string
	Patient string    // "" where the table does not say
	Split   Split     // Unassigned where it has no such column
	Class   int       // place of the label among the classes
	Values  []float32 // features [N, D]
	Dim     int
	line    int // of its first instance
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
// and label, and optionally patient and split, as ReadTable has them; all others are
// features: numbers. A line is an instance; those of one bag need not stand together,
// but have one label, patient and split. The error names the file and the line.
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
	columns, err := t.find(
		column{names: []string{"bag"}, needed: true},
		column{names: []string{"label"}, needed: true},
		column{names: []string{"patient", "case_id"}},
		column{names: []string{"split"}})
	if err != nil {
		return nil, err
	}
	p := instanceParser{Instances: &Instances{}, columns: columns, at: map[string]int{}}
	for c, name := range t.header {
		if !slices.Contains(columns, c) {
			p.features, p.names = append(p.features, c), append(p.names, name)
		}
	}
	if p.Dim = len(p.features); p.Dim < 1 || p.Dim > maxInstance {
		return nil, fmt.Errorf("line 1: %d columns of features, must be from 1 to %d", p.Dim, maxInstance)
	}
	if err := t.each(p.add); err != nil {
		return nil, err
	}
	if len(p.Bags) == 0 {
		return nil, errors.New("lists no instances: expected a line for each below the header")
	}
	p.classify()
	return p.Instances, nil
}

// instanceParser is a table of instances while it is read.
type instanceParser struct {
	*Instances
	columns  []int          // of bag, label, patient and split; -1 for one that is not there
	features []int          // the other columns
	names    []string       // of those
	at       map[string]int // where each bag stands
}

// add takes in the instance of a line.
func (p *instanceParser) add(line int, cell func(int) string) error {
	b, err := p.bag(line, cell)
	if err != nil {
		return err
	}
	for i, c := range p.features {
		v, err := strconv.ParseFloat(cell(c), 32)
		if err != nil || v-v != 0 {
			return fmt.Errorf("column %.50q: %.50q is no number, as features are: all columns but bag, label, patient and split", p.names[i], cell(c))
		}
		b.Values = append(b.Values, float32(v))
	}
	return nil
}

// bag is that of a line, which must not contradict those before.
func (p *instanceParser) bag(line int, cell func(int) string) (*InstanceBag, error) {
	row := Row{Label: cell(p.columns[1]), Patient: cell(p.columns[2])}
	name := cell(p.columns[0])
	if err := errors.Join(checkCell("bag", name, maxCell), checkCell("label", row.Label, maxLabel)); err != nil {
		return nil, err
	}
	if row.Patient != "" {
		if err := checkCell("patient", row.Patient, maxCell); err != nil {
			return nil, err
		}
	}
	if p.columns[3] >= 0 {
		var err error
		if row.Split, err = ParseSplit(cell(p.columns[3])); err != nil {
			return nil, fmt.Errorf("bag %s: %w", name, err)
		}
	}
	i, known := p.at[name]
	if !known {
		i, p.at[name] = len(p.Bags), len(p.Bags)
		p.Bags = append(p.Bags, InstanceBag{Name: name, Label: row.Label, Patient: row.Patient, Split: row.Split, Dim: p.Dim, line: line})
	}
	return &p.Bags[i], p.Bags[i].agrees(row)
}

// agrees says whether a line of the bag says of it what its first one does.
func (b *InstanceBag) agrees(row Row) error {
	switch {
	case row.Label != b.Label:
		return fmt.Errorf("bag %s is labelled %q here and %q in line %d", b.Name, row.Label, b.Label, b.line)
	case row.Patient != b.Patient:
		return fmt.Errorf("bag %s is of patient %q here and of %q in line %d", b.Name, row.Patient, b.Patient, b.line)
	case row.Split != b.Split:
		return fmt.Errorf("bag %s is in split %s here and in %s in line %d", b.Name, row.Split, b.Split, b.line)
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
