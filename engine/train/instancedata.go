package train

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
)

// InstanceEncoder is what a model says its features are of when they came from a
// table of instances: nothing can make them of a slide.
const InstanceEncoder = "features of a table"

// maxHeader bounds the header that IsInstances looks at, in bytes.
const maxHeader = 4 << 20

// IsInstances reports whether a file is a table of instances, for ReadInstances,
// and none of slides: by its columns. What cannot be read is none.
func IsInstances(path string) bool {
	f, err := openTable(path)
	if err != nil {
		return false
	}
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, maxHeader)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	s, err := openSheet(strings.NewReader(line))
	if err != nil {
		return false
	}
	has := func(name string) bool { return slices.Contains(s.header, name) }
	return has("bag") && has("label") && !has("slide") && !has("slide_id")
}

// loadInstances is Load of a table that holds the features itself. Its bags have
// one magnification, which says nothing: the one that is wanted, or 1.
func loadInstances(table, bags string, o LoadOptions) (*Dataset, error) {
	if bags != "" {
		return nil, fmt.Errorf("%s: the table holds the features of its bags: it goes without a folder of bags", table)
	}
	if len(o.Magnifications) > 1 {
		return nil, fmt.Errorf("%s: magnifications %v: a table of instances has one at most", table, o.Magnifications)
	}
	in, err := ReadInstances(table)
	if err != nil {
		return nil, err
	}
	d := &Dataset{Path: table, Magnifications: slices.Clone(o.Magnifications), PatchSize: 256, Encoder: result.Encoder{Name: InstanceEncoder, Dim: in.Dim}}
	if d.Magnifications == nil {
		d.Magnifications = []float64{1}
	}
	d.TissueMagnification = d.Magnifications[0]
	d.Tissue, _ = tissue.Preset("default") // which there is
	for i := range in.Bags {
		b := &in.Bags[i]
		d.Samples = append(d.Samples, Sample{
			Name: b.Name, Slide: b.Name, Label: b.Label, Patient: b.Patient, Split: b.Split, listed: b.Split,
			ContentID: b.digest(), Patches: []int{b.Len(0)},
			instances: b, lowest: d.TissueMagnification, line: b.line,
		})
	}
	if err := d.classify(o.Classes); err != nil {
		return nil, fmt.Errorf("%s: %w", table, err)
	}
	slices.SortFunc(d.Samples, func(a, b Sample) int { return strings.Compare(a.Name, b.Name) })
	d.loading = len(d.Warnings)
	return d, nil
}

// digest tells the features of a bag from others, by SHA-256.
func (b *InstanceBag) digest() string {
	h := sha256.New()
	for _, v := range b.Values {
		var bits [4]byte
		binary.LittleEndian.PutUint32(bits[:], math.Float32bits(v))
		h.Write(bits[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
