package train

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"zoomscope/engine/bag"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
)

// Sample is a labelled slide and its bag, or a labelled bag of instances.
type Sample struct {
	Name      string   // short, one of its own within the dataset
	Slide     string   // as the table has it
	Aliases   []string // other names of the same slide in the table
	Patient   string   // "" where it is not known: the slide stands for itself
	Label     string
	Class     int // place of the label among the classes
	Split     Split
	Bag       string       // path of the file; "" where the table holds the features
	ContentID string       // of the slide, or of the features in the table; "" where the bag does not know it
	Patches   []int        // at each magnification of the dataset
	lowest    float64      // magnification of the bag, where its tissue was looked for
	instances *InstanceBag // the features themselves, in place of a bag's file; nil for slides
	line      int
	listed    Split // what the table says
}

// Dataset is what a table and a folder of bags make together.
type Dataset struct {
	Path           string   // of the table
	Classes        []string // in the order of the logits
	Samples        []Sample // ordered by name
	Magnifications []float64
	PatchSize      int
	Encoder        result.Encoder
	Tissue         tissue.Settings
	// TissueMagnification is the lowest of the bags, whatever magnifications are
	// taken of them: their patches are those within patches of tissue there.
	TissueMagnification float64
	Warnings            []string // sentences for the reader
	loading             int      // of the warnings are from Load, the rest from Divide
}

// LoadOptions narrow what a dataset may hold.
type LoadOptions struct {
	// Magnifications that are needed; nil for those that all bags have.
	Magnifications []float64
	// Classes that labels must be among, in their order; nil for those there are.
	Classes []string
}

// Load reads the table of a dataset, finds the bag of each slide in a folder, and
// makes sure that they belong together: one encoder, the same magnifications, no
// slide under two names with two labels, of two patients or in two splits. Slides
// without a bag, or with several, are listed in one error. A slide named twice
// counts once, with a warning, and is of the patient that either line names.
//
// A table of instances, as ReadInstances reads, holds the features itself: bags is
// to be "" then, and each of its bags is a sample of one magnification.
func Load(ctx context.Context, table, bags string, o LoadOptions) (*Dataset, error) {
	if IsInstances(table) {
		return loadInstances(table, bags, o)
	}
	rows, err := ReadTable(table)
	if err != nil {
		return nil, err
	}
	d := &Dataset{Path: table}
	for _, row := range rows {
		d.Samples = append(d.Samples, Sample{
			Slide: row.Slide, Label: row.Label, Patient: row.Patient, Split: row.Split, listed: row.Split, line: row.Line,
		})
	}
	slices.SortStableFunc(d.Samples, func(a, b Sample) int {
		return cmp.Or(cmp.Compare(stem(a.Slide), stem(b.Slide)), cmp.Compare(a.Slide, b.Slide))
	})
	for _, step := range []func() error{
		func() error { return d.classify(o.Classes) },
		func() error { return d.findBags(bags) },
		func() error { return d.inspect(ctx, o.Magnifications) },
		d.merge,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("%s: %w", table, err)
		}
	}
	d.name()
	d.loading = len(d.Warnings)
	return d, nil
}

// classify makes classes of the labels.
func (d *Dataset) classify(classes []string) error {
	if classes == nil {
		var labels []string
		for _, s := range d.Samples {
			labels = append(labels, s.Label)
		}
		classes = classesOf(labels)
	}
	d.Classes = slices.Clone(classes)
	var unknown problems
	for i := range d.Samples {
		s := &d.Samples[i]
		if s.Class = slices.Index(classes, s.Label); s.Class < 0 {
			unknown.add("%s (line %d) is %q", s.Slide, s.line, s.Label)
		}
	}
	d.warnAlike()
	return unknown.err(fmt.Sprintf("slides with a label that is none of the classes %.500q", classes), "")
}

// warnAlike points out labels that are likely meant to be the same.
func (d *Dataset) warnAlike() {
	for i, a := range d.Classes {
		for _, b := range d.Classes[:i] {
			if strings.EqualFold(a, b) || isNumber(a) && number(a) == number(b) {
				d.Warnings = append(d.Warnings, fmt.Sprintf("Labels %q and %q are taken as different classes.", b, a))
			}
		}
	}
}

// findBags sets the bag of every sample.
func (d *Dataset) findBags(dir string) error {
	folder, err := openBagFolder(dir)
	if err != nil {
		return fmt.Errorf("folder of bags: %w", err)
	}
	var missing problems
	owner := map[string]*Sample{}
	for i := range d.Samples {
		s := &d.Samples[i]
		path, err := folder.find(s.Slide, locate(d.Path, s.Slide))
		if err != nil {
			missing.add("%v (line %d)", err, s.line)
			continue
		}
		s.Bag = path
		if o := owner[path]; o != nil && !alias(o.Slide, s.Slide) {
			missing.add("%s (line %d) has none: %s is that of %s (line %d)", s.Slide, s.line, filepath.Base(path), o.Slide, o.line)
		} else {
			owner[path] = s
		}
	}
	return missing.err("slides without a bag, or a single one, in "+dir, "make them with extract")
}

// alias says whether two names can be of one file: they differ in nothing but
// that one lacks the ending.
func alias(a, b string) bool {
	if strings.TrimSuffix(a, base(a)) != strings.TrimSuffix(b, base(b)) {
		return false
	}
	return base(a) == base(b) || base(a) == stem(b) || stem(a) == base(b)
}

// inspect opens every bag, makes sure that it has the magnifications wanted, and
// compares it with the first; where none are wanted in particular, all must have
// the same.
func (d *Dataset) inspect(ctx context.Context, wanted []float64) error {
	var first bag.Manifest
	var lacking, odd, tissues problems
	for i := range d.Samples {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s := &d.Samples[i]
		m, err := s.measure(wanted)
		if err != nil {
			return err
		}
		if i == 0 {
			first = m
		}
		switch {
		case s.Patches == nil:
			lacking.add("%s has %v", filepath.Base(s.Bag), m.Magnifications)
		case m.Encoder != first.Encoder || m.PatchSize != first.PatchSize || !slices.Equal(m.Magnifications, first.Magnifications):
			odd.add("%s has %s", filepath.Base(s.Bag), describe(&m))
		case m.Tissue != first.Tissue || s.lowest != d.Samples[0].lowest:
			tissues.add("%s", s.Slide)
		}
	}
	if err := lacking.err(fmt.Sprintf("bags that lack one of the magnifications %v needed", wanted), "extract them again"); err != nil {
		return err
	}
	like := fmt.Sprintf("bags not made as %s, which has %s", filepath.Base(d.Samples[0].Bag), describe(&first))
	if err := odd.err(like, "extract them again"); err != nil {
		return err
	}
	d.Warnings = tissues.warn(d.Warnings, "Slides whose tissue was found with other settings than that of the first")
	d.Magnifications, d.PatchSize, d.Encoder, d.Tissue = first.Magnifications, first.PatchSize, first.Encoder, first.Tissue
	d.TissueMagnification = d.Samples[0].lowest
	return nil
}

// measure reads what is to be known of a sample's bag. The manifest has the
// magnifications wanted, all of them for nil; when the bag lacks one, those that
// it has, and Patches stays nil.
func (s *Sample) measure(wanted []float64) (bag.Manifest, error) {
	f, err := bag.Open(s.Bag)
	if err != nil {
		return bag.Manifest{}, err
	}
	defer f.Close()
	m := f.Manifest()
	s.ContentID, s.lowest = m.ContentID, m.Magnifications[0]
	if wanted == nil {
		wanted = m.Magnifications
	}
	v, err := bag.Select(f, wanted)
	if err != nil {
		return m, nil
	}
	for level := range wanted {
		s.Patches = append(s.Patches, v.Len(level))
	}
	return v.Manifest(), nil
}

func describe(m *bag.Manifest) string {
	return fmt.Sprintf("encoder %s %.12s of %d values, magnifications %v, patches of %d pixels",
		m.Encoder.Name, m.Encoder.SHA256, m.Encoder.Dim, m.Magnifications, m.PatchSize)
}

// merge makes one sample of those that are the same slide.
func (d *Dataset) merge() error {
	var kept []Sample
	var wrong, twice problems
	at := map[string]int{}
	for _, s := range d.Samples {
		key := cmp.Or(s.ContentID, "file "+s.Bag)
		i, again := at[key]
		if !again {
			at[key] = len(kept)
			kept = append(kept, s)
			continue
		}
		k := &kept[i]
		pair := fmt.Sprintf("%s (line %d) is %s (line %d)", s.Slide, s.line, k.Slide, k.line)
		switch {
		case s.Label != k.Label:
			wrong.add("%s, labelled %q and %q", pair, s.Label, k.Label)
		case s.Split != k.Split:
			wrong.add("%s, in splits %s and %s", pair, s.Split, k.Split)
		case s.Patient != k.Patient && s.Patient != "" && k.Patient != "":
			wrong.add("%s, of patients %q and %q", pair, s.Patient, k.Patient)
		default:
			twice.add("%s", pair)
		}
		k.Patient = cmp.Or(k.Patient, s.Patient)
		k.Aliases = append(k.Aliases, s.Slide)
	}
	d.Warnings = twice.warn(d.Warnings, "Slides that are in the table twice and count once")
	d.Samples = kept
	return wrong.err("lines that contradict another one on the same slide", "correct or remove one of them")
}

// name gives the samples names: the file's without ending where no other has it,
// else the whole file name, else what the table says.
func (d *Dataset) name() {
	count := map[string]int{}
	for _, s := range d.Samples {
		count[stem(s.Slide)]++
		if base(s.Slide) != stem(s.Slide) {
			count[base(s.Slide)]++
		}
	}
	for i := range d.Samples {
		s := &d.Samples[i]
		switch {
		case count[stem(s.Slide)] == 1:
			s.Name = stem(s.Slide)
		case count[base(s.Slide)] == 1:
			s.Name = base(s.Slide)
		default:
			s.Name = s.Slide
		}
	}
	slices.SortFunc(d.Samples, func(a, b Sample) int { return cmp.Compare(a.Name, b.Name) })
}

// In are the samples of a split, in order.
func (d *Dataset) In(split Split) []Sample {
	var in []Sample
	for _, s := range d.Samples {
		if s.Split == split {
			in = append(in, s)
		}
	}
	return in
}

// Fill returns c with what the dataset decides: classes, magnifications, patch
// size, encoder and tissue settings, and for a method that takes all patches where
// tissue was looked for.
func (d *Dataset) Fill(c mil.Config) mil.Config {
	if c.Exhaustive() && d.TissueMagnification < d.Magnifications[0] {
		c.TissueMagnification = d.TissueMagnification
	}
	c.Classes = slices.Clone(d.Classes)
	c.Magnifications = slices.Clone(d.Magnifications)
	c.PatchSize, c.Encoder, c.Tissue = d.PatchSize, d.Encoder, d.Tissue
	return c
}
