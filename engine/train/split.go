package train

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Split is the part of a dataset that a sample belongs to.
type Split uint8

// The parts. Unassigned samples take no part.
const (
	Unassigned Split = iota
	Training
	Validation
	Test
)

var splitNames = [...]string{"none", "train", "val", "test"}

// String implements fmt.Stringer.
func (s Split) String() string { return splitNames[s] }

// ParseSplit reads a split's name, of which there are several in use.
func ParseSplit(name string) (Split, error) {
	switch strings.ToLower(name) {
	case "train", "training":
		return Training, nil
	case "val", "valid", "validation", "dev":
		return Validation, nil
	case "test", "testing":
		return Test, nil
	case "":
		return Unassigned, errors.New("no split: give every slide train, val or test, or remove the column")
	}
	return Unassigned, fmt.Errorf("split %.100q: must be train, val or test", name)
}

// SplitOptions say how a dataset is divided. Everything zero means: as the
// table's column split says, else at random by the default fractions.
type SplitOptions struct {
	// Fractions of training, validation and test; zeros for 0.6, 0.2, 0.2. They
	// divide at random even where the table has a column split.
	Fractions [3]float64
	// Folds of which Fold, counted from 0, is the test split; validation is taken
	// from the rest, by its share in Fractions without the test.
	Folds, Fold int
	// File holds columns train, val and test of slides, as CLAM's splits_0.csv.
	File string
	Seed uint64
}

var defaultFractions = [3]float64{0.6, 0.2, 0.2}

// Divide assigns every sample its split: all slides of a patient to the same one,
// and each class by the same fractions as far as its patients allow. It depends
// on names, labels and patients, not on the order of lines. A patient in two given
// splits, and a class without training slides, are errors; what else is odd is
// added to the warnings.
func (d *Dataset) Divide(o SplitOptions) error {
	d.Warnings = d.Warnings[:d.loading:d.loading]
	if err := d.divide(o); err != nil {
		return err
	}
	if err := d.checkSplits(); err != nil {
		return err
	}
	d.warnSplits()
	return nil
}

func (d *Dataset) divide(o SplitOptions) error {
	random := o.Folds != 0 || o.Fractions != [3]float64{}
	if o.File != "" && random {
		return errors.New("splits from a file cannot be combined with folds or fractions")
	}
	if err := o.check(); err != nil {
		return err
	}
	switch {
	case o.File != "":
		return d.assignFile(o.File)
	case d.given() && !random:
		for i := range d.Samples {
			d.Samples[i].Split = d.Samples[i].listed
		}
		return d.checkPatients(d.Path)
	case o.Folds != 0:
		d.deal(o.byFolds())
	default:
		d.deal(o.byFractions())
	}
	return nil
}

// given says whether the table has a column split.
func (d *Dataset) given() bool {
	return slices.ContainsFunc(d.Samples, func(s Sample) bool { return s.listed != Unassigned })
}

func (o *SplitOptions) check() error {
	if o.Fractions == [3]float64{} {
		o.Fractions = defaultFractions
	}
	sum := 0.0
	for _, f := range o.Fractions {
		if !(f >= 0 && f <= 1) {
			return fmt.Errorf("fractions %v: each must be from 0 to 1", o.Fractions)
		}
		sum += f
	}
	if sum < 0.999 || sum > 1.001 || o.Fractions[0] == 0 || o.Fractions[1] == 0 {
		return fmt.Errorf("fractions %v: must add up to 1, with some for training and for validation", o.Fractions)
	}
	if o.Folds != 0 && (o.Folds < 2 || o.Folds > 1000 || o.Fold < 0 || o.Fold >= o.Folds) {
		return fmt.Errorf("fold %d of %d: folds must be from 2 to 1000, and the fold from 0 to one less", o.Fold, o.Folds)
	}
	return nil
}

// group is the slides of one patient.
type group struct {
	name    string
	class   int
	samples []*Sample
}

// groups are the patients by name. A patient with several labels goes by the most
// frequent, of equals the first.
func (d *Dataset) groups() []group {
	at := map[string]int{}
	var groups []group
	for i := range d.Samples {
		s := &d.Samples[i]
		name := "slide " + s.Name
		if s.Patient != "" {
			name = "patient " + s.Patient
		}
		g, ok := at[name]
		if !ok {
			g = len(groups)
			at[name] = g
			groups = append(groups, group{name: name})
		}
		groups[g].samples = append(groups[g].samples, s)
	}
	slices.SortFunc(groups, func(a, b group) int { return cmp.Compare(a.name, b.name) })
	var mixed problems
	for i := range groups {
		count := make([]int, len(d.Classes))
		for _, s := range groups[i].samples {
			count[s.Class]++
		}
		most := slices.Max(count)
		groups[i].class = slices.Index(count, most)
		if most < len(groups[i].samples) {
			mixed.add("%s counts as %q", groups[i].name, d.Classes[groups[i].class])
		}
	}
	d.Warnings = mixed.warn(d.Warnings, "Patients with slides of several labels, divided by the most frequent")
	return groups
}

// deal hands the groups of each class to how, in the order of the classes.
func (d *Dataset) deal(how func(class string, groups []group)) {
	byClass := make([][]group, len(d.Classes))
	for _, g := range d.groups() {
		byClass[g.class] = append(byClass[g.class], g)
	}
	for class, groups := range byClass {
		how(d.Classes[class], groups)
	}
}

// shuffled puts groups in an order drawn from the keys, larger ones first: those
// that come last even out what is uneven.
func shuffled(groups []group, class string, keys ...uint64) []group {
	dice := generator(append(keys, domainSplit, hashText(class))...)
	groups = slices.Clone(groups)
	dice.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	slices.SortStableFunc(groups, func(a, b group) int { return len(b.samples) - len(a.samples) })
	return groups
}

// byFractions divides the groups of each class.
func (o SplitOptions) byFractions() func(class string, groups []group) {
	return func(class string, groups []group) {
		apportion(shuffled(groups, class, o.Seed), o.Fractions)
	}
}

// apportion gives each group to the split that lacks most of its share. With
// groups enough, no split stays empty.
func apportion(groups []group, fractions [3]float64) {
	total := 0
	for _, g := range groups {
		total += len(g.samples)
	}
	var have [3]int
	for i, g := range groups {
		best, most := 0, 0.0
		for s, f := range fractions {
			lack := f*float64(total) - float64(have[s])
			// The last groups go to splits that would else have none.
			if have[s] == 0 && f > 0 && len(groups)-i <= empty(have, fractions) {
				lack += float64(total)
			}
			if lack > most {
				best, most = s, lack
			}
		}
		have[best] += len(g.samples)
		for _, s := range g.samples {
			s.Split = Training + Split(best)
		}
	}
}

// empty counts the splits that should have something and have nothing.
func empty(have [3]int, fractions [3]float64) int {
	n := 0
	for s, f := range fractions {
		if f > 0 && have[s] == 0 {
			n++
		}
	}
	return n
}

// byFolds makes one fold the test split and divides the others.
func (o SplitOptions) byFolds() func(class string, groups []group) {
	sum := o.Fractions[0] + o.Fractions[1]
	rest := [3]float64{o.Fractions[0] / sum, o.Fractions[1] / sum, 0}
	all := make([]int, o.Folds) // samples in each fold, of the classes so far
	return func(class string, groups []group) {
		have := make([]int, o.Folds)
		var others []group
		for _, g := range shuffled(groups, class, o.Seed) {
			fold := leastFull(have, all)
			have[fold] += len(g.samples)
			if fold != o.Fold {
				others = append(others, g)
				continue
			}
			for _, s := range g.samples {
				s.Split = Test
			}
		}
		for i, n := range have {
			all[i] += n
		}
		apportion(shuffled(others, class, o.Seed, uint64(o.Fold)), rest)
	}
}

// leastFull is the fold with the fewest samples of the class, of equals the one
// with the fewest of all classes before.
func leastFull(have, all []int) int {
	best := 0
	for i := range have {
		if cmp.Or(cmp.Compare(have[i], have[best]), cmp.Compare(all[i], all[best])) < 0 {
			best = i
		}
	}
	return best
}

// checkPatients makes sure that given splits keep patients together.
func (d *Dataset) checkPatients(source string) error {
	var torn problems
	for _, g := range d.groups() {
		var seen *Sample
		for _, s := range g.samples {
			if s.Split == Unassigned {
				continue
			}
			if seen != nil && s.Split != seen.Split {
				torn.add("%s (%s in %s, %s in %s)", g.name, seen.Name, seen.Split, s.Name, s.Split)
				break
			}
			seen = s
		}
	}
	if err := torn.err("patients in two splits, which would make the test worthless", "put all slides of a patient in one"); err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	return nil
}

// checkSplits makes sure that there is something to learn from, every class among
// it, and something to choose the best model by.
func (d *Dataset) checkSplits() error {
	if len(d.Classes) < 2 {
		return fmt.Errorf("%s: all slides have the label %q: at least two labels are needed to learn from", d.Path, d.Classes)
	}
	var absent problems
	for class, n := range d.count(Training) {
		if n == 0 {
			absent.add("%q", d.Classes[class])
		}
	}
	if err := absent.err("classes without a slide to train on", "add slides, or divide otherwise"); err != nil {
		return fmt.Errorf("%s: %w", d.Path, err)
	}
	if len(d.In(Validation)) == 0 {
		return fmt.Errorf("%s: no slide for validation, by which the best model is chosen: add slides, or divide otherwise", d.Path)
	}
	return nil
}

// count is the number of samples of each class in a split.
func (d *Dataset) count(split Split) []int {
	n := make([]int, len(d.Classes))
	for _, s := range d.In(split) {
		n[s.Class]++
	}
	return n
}

// warnSplits points out what cannot be judged.
func (d *Dataset) warnSplits() {
	d.warnAbsent("validation", d.count(Validation), "it has no say in which model is the best")
	if len(d.In(Test)) == 0 {
		d.Warnings = append(d.Warnings, "There is no test split: nothing will be known of how the model does on new slides.")
		return
	}
	d.warnAbsent("test", d.count(Test), "its figures, and those that need all classes, stay empty")
}

func (d *Dataset) warnAbsent(split string, count []int, so string) {
	for class, n := range count {
		if n == 0 {
			d.Warnings = append(d.Warnings, fmt.Sprintf("The %s split has no slide of class %q: %s.", split, d.Classes[class], so))
		}
	}
}

// ParseSplits reads a table with columns train, val and test of slides, such as
// CLAM's splits_0.csv; further columns are passed over. A slide that stands twice
// is an error.
func ParseSplits(r io.Reader) (map[string]Split, error) {
	t, err := openSheet(r)
	if err != nil {
		return nil, err
	}
	columns, err := t.find(
		column{names: []string{"train"}, needed: true},
		column{names: []string{"val"}, needed: true},
		column{names: []string{"test"}, needed: true})
	if err != nil {
		return nil, err
	}
	splits := map[string]Split{}
	err = t.each(func(_ int, cell func(int) string) error {
		for i, c := range columns {
			name := cell(c)
			if name == "" {
				continue
			}
			if strings.EqualFold(name, "true") || strings.EqualFold(name, "false") {
				return errors.New("is the table of true and false: give the one that lists slides, splits_0.csv")
			}
			if err := checkCell("slide", name, maxCell); err != nil {
				return err
			}
			if there, ok := splits[name]; ok {
				return fmt.Errorf("slide %s is in %s already", name, there)
			}
			splits[name] = Training + Split(i)
		}
		return nil
	})
	return splits, err
}

// assignFile divides as a file of splits says. Samples it does not name take no
// part; slides that are no samples are an error.
func (d *Dataset) assignFile(path string) error {
	splits, err := readFile(path, ParseSplits)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	var twice, left, unknown problems
	for i := range d.Samples {
		s := &d.Samples[i]
		s.Split = Unassigned
		for _, name := range s.names() {
			split, ok := splits[name]
			if !ok {
				continue
			}
			if s.Split != Unassigned && split != s.Split {
				twice.add("%s is in %s and %s", s.Name, s.Split, split)
			}
			s.Split, used[name] = split, true
		}
		if s.Split == Unassigned {
			left.add("%s", s.Name)
		}
	}
	for name := range splits {
		if !used[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	if err := errors.Join(twice.err("slides in two splits", ""), unknown.err("slides that are not in the dataset", "")); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	d.Warnings = left.warn(d.Warnings, "Slides in no split, which take no part")
	return d.checkPatients(path)
}

// names are what a file of splits may call a sample. Numbers may have been
// written as fractions, as some programs do with columns that have gaps.
func (s *Sample) names() []string {
	var names []string
	for _, slide := range append([]string{s.Slide}, s.Aliases...) {
		names = append(names, slide, base(slide), stem(slide), stem(slide)+".0")
	}
	slices.Sort(names)
	return slices.Compact(names)
}
