package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"zoomscope/engine/train"
)

// Sizes are how much of a slide is target, tumour for example, by the slide's file
// name without its ending; 0 for none. The unit does not matter.
type Sizes map[string]float64

// Areas are those of the evidence, in square millimetres, discs that overlap counted
// twice.
func (t Truths) Areas() Sizes {
	s := Sizes{}
	for slide, truth := range t {
		area := 0.0
		for _, d := range truth.Evidence {
			r := d.Radius * truth.MPP / 1000
			area += math.Pi * r * r
		}
		s[slide] = area
	}
	return s
}

// ReadSizes reads a CSV file with a column of slides and one of sizes, of which an
// empty field is 0. The error names the file.
func ReadSizes(path, column string) (Sizes, error) {
	rows, err := train.ReadColumns(path, "slide", strings.ToLower(column))
	if err != nil {
		return nil, err
	}
	s := Sizes{}
	for _, row := range rows {
		size := 0.0
		if row[1] != "" {
			if size, err = strconv.ParseFloat(row[1], 64); err != nil || !(size >= 0) || math.IsInf(size, 0) {
				return nil, fmt.Errorf("%s: slide %.200q: %s %.100q is no size", path, row[0], column, row[1])
			}
		}
		name := stem(row[0])
		if _, twice := s[name]; twice {
			return nil, fmt.Errorf("%s: slide %.200q: stands there twice", path, row[0])
		}
		s[name] = size
	}
	return s, nil
}

// call is what a model said of a slide.
type call struct{ slide, label, predicted string }

// Calls are what a model, trained with one or more seeds, said of slides.
type Calls struct {
	Name   string
	runs   [][]call
	trials []trial // of those runs whose folder says it
}

// trial is how a run was trained.
type trial struct {
	Seed   uint64 `json:"seed"`
	Epochs int    `json:"epochs"`
}

var seedEnding = regexp.MustCompile(`-[0-9]+$`)

// LoadCalls reads predictions: of a CSV file that evaluate wrote, of a run, or of
// all runs of a folder, those that differ by the number at the end of their names
// together.
func LoadCalls(path string) ([]Calls, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return one(stem(path), path)
	}
	file := filepath.Join(path, train.PredictionsFile)
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		all, err := one(filepath.Base(path), file)
		if err != nil {
			return nil, err
		}
		all[0].trials, err = readTrial(path)
		return all, err
	}
	files, err := filepath.Glob(filepath.Join(path, "*", train.PredictionsFile))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no run that has ended: %w", path, fs.ErrNotExist)
	}
	groups := map[string]*Calls{}
	for _, file := range files {
		name := seedEnding.ReplaceAllString(filepath.Base(filepath.Dir(file)), "")
		if groups[name] == nil {
			groups[name] = &Calls{Name: name}
		}
		run, err := readCalls(file)
		if err != nil {
			return nil, err
		}
		trials, err := readTrial(filepath.Dir(file))
		if err != nil {
			return nil, err
		}
		groups[name].runs, groups[name].trials = append(groups[name].runs, run), append(groups[name].trials, trials...)
	}
	var all []Calls
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		all = append(all, *groups[name])
	}
	return all, nil
}

func one(name, file string) ([]Calls, error) {
	run, err := readCalls(file)
	return []Calls{{Name: name, runs: [][]call{run}}}, err
}

// readTrial is how the run in a folder was trained; none where it does not say.
func readTrial(dir string) ([]trial, error) {
	path := filepath.Join(dir, train.RunFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var run struct {
		Config *trial `json:"config"`
	}
	if err := json.Unmarshal(text, &run); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if run.Config == nil {
		return nil, nil
	}
	return []trial{*run.Config}, nil
}

func readCalls(file string) ([]call, error) {
	rows, err := train.ReadColumns(file, "slide", "label", "predicted")
	if err != nil {
		return nil, err
	}
	var all []call
	for _, row := range rows {
		all = append(all, call{row[0], row[1], row[2]})
	}
	return all, nil
}

// TargetsRow is how a model does on slides with much and with little target (the
// paper's Table 8), mean and deviation over its seeds; null where there are no such
// slides.
type TargetsRow struct {
	Name  string  `json:"name"`
	Runs  int     `json:"runs"`
	Large Targets `json:"large"`
	Small Targets `json:"small"`
	// Without is the share of slides without target that are called right: the
	// specificity, of two classes.
	Without Spread `json:"without"`
}

// Targets are shares of the slides with a target of some size.
type Targets struct {
	Slides int `json:"slides"`
	// Accuracy is the share of them that are called right, Sensitivity of those that
	// are called a class which slides without target do not have.
	Accuracy    Spread `json:"accuracy"`
	Sensitivity Spread `json:"sensitivity"`
}

// threshold parts large from small targets: the median of the sizes of the slides
// of all predictions that have one. The error is that of a slide without a size.
func (s Sizes) threshold(all []Calls) (float64, error) {
	seen := map[string]bool{}
	var sizes []float64
	for _, c := range all {
		for _, at := range slices.Concat(c.runs...) {
			size, err := s.of(at.slide)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", c.Name, err)
			}
			if size > 0 && !seen[at.slide] {
				sizes = append(sizes, size)
			}
			seen[at.slide] = true
		}
	}
	if len(sizes) == 0 {
		return 0, errors.New("no slide has a target")
	}
	return Median(sizes), nil
}

func (s Sizes) of(slide string) (float64, error) {
	if size, ok := s[slide]; ok {
		return size, nil
	}
	size, ok := s[stem(slide)]
	if !ok {
		return 0, fmt.Errorf("slide %.200q has no size", slide)
	}
	return size, nil
}

// TargetsStudy is the comparison, and how it was made.
type TargetsStudy struct {
	Conditions
	Threshold float64      `json:"threshold"` // from which on a target is large
	Rows      []TargetsRow `json:"rows"`
}

// Study compares all models: targets of the threshold or above are large, where it is
// 0 those of the median or above. Of how the study is made, machine, seeds and epochs
// are filled in, the latter two as far as the runs say.
func (s Sizes) Study(all []Calls, threshold float64, made Conditions) (*TargetsStudy, error) {
	study := &TargetsStudy{Conditions: made, Threshold: threshold}
	study.Machine = ThisMachine()
	study.Seeds, study.Epochs = trained(all)
	var err error
	if threshold == 0 {
		if study.Threshold, err = s.threshold(all); err != nil {
			return nil, err
		}
	}
	study.Rows, err = s.rows(all, study.Threshold)
	return study, err
}

// trained are the seeds of all runs, and their epochs where all have the same; nil
// and 0 where a run does not say.
func trained(all []Calls) (seeds []uint64, epochs int) {
	var trials []trial
	for _, c := range all {
		if len(c.trials) < len(c.runs) {
			return nil, 0
		}
		trials = append(trials, c.trials...)
	}
	for i, t := range trials {
		seeds = append(seeds, t.Seed)
		if i == 0 {
			epochs = t.Epochs
		} else if t.Epochs != epochs {
			epochs = 0
		}
	}
	slices.Sort(seeds)
	return slices.Compact(seeds), epochs
}

// Head says where and how the study was made, a sentence a line.
func (s *TargetsStudy) Head() []string {
	return append(s.Conditions.Head(), fmt.Sprintf("a target is large from %.4g on", s.Threshold))
}

// rows measures all models. Targets of the threshold or above are large.
func (s Sizes) rows(all []Calls, threshold float64) ([]TargetsRow, error) {
	var rows []TargetsRow
	for _, c := range all {
		row, err := s.row(c, threshold)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// tally counts the slides of one kind in one run.
type tally struct{ slides, right, found int }

func (s Sizes) row(c Calls, threshold float64) (TargetsRow, error) {
	shares := map[string][][2]float64{} // right and found, of each run
	row := TargetsRow{Name: c.Name, Runs: len(c.runs)}
	for _, run := range c.runs {
		kinds, err := s.count(run, threshold)
		if err != nil {
			return row, err
		}
		for _, kind := range []string{"large", "small", "without"} {
			n := kinds[kind]
			found := math.NaN() // where nothing says which classes have no target
			if kinds["without"].slides > 0 {
				found = share(n.found, n.slides)
			}
			shares[kind] = append(shares[kind], [2]float64{share(n.right, n.slides), found})
		}
		row.Large.Slides, row.Small.Slides = kinds["large"].slides, kinds["small"].slides
	}
	pick := func(kind string, i int) Spread {
		var all []float64
		for _, pair := range shares[kind] {
			all = append(all, pair[i])
		}
		return spread(all)
	}
	row.Large.Accuracy, row.Large.Sensitivity = pick("large", 0), pick("large", 1)
	row.Small.Accuracy, row.Small.Sensitivity = pick("small", 0), pick("small", 1)
	row.Without = pick("without", 0)
	return row, nil
}

// count sorts the slides of a run by their target.
func (s Sizes) count(run []call, threshold float64) (map[string]tally, error) {
	none := map[string]bool{} // labels of slides without target
	for _, c := range run {
		size, err := s.of(c.slide)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			none[c.label] = true
		}
	}
	kinds := map[string]tally{}
	for _, c := range run {
		kind := "small"
		switch size, _ := s.of(c.slide); {
		case size == 0:
			kind = "without"
		case size >= threshold:
			kind = "large"
		}
		n := kinds[kind]
		n.slides++
		n.right += flag(c.predicted == c.label)
		n.found += flag(!none[c.predicted])
		kinds[kind] = n
	}
	return kinds, nil
}

func share(n, of int) float64 {
	if of == 0 {
		return math.NaN()
	}
	return float64(n) / float64(of)
}

// Table shows the models.
func (s *TargetsStudy) Table() Table {
	t := Table{Head: []string{"model", "runs", "large: slides", "accuracy", "sensitivity", "small: slides", "accuracy", "sensitivity", "no target: accuracy"}}
	for _, r := range s.Rows {
		t.add(r.Name, fmt.Sprint(r.Runs), fmt.Sprint(r.Large.Slides), r.Large.Accuracy.text(), r.Large.Sensitivity.text(),
			fmt.Sprint(r.Small.Slides), r.Small.Accuracy.text(), r.Small.Sensitivity.text(), r.Without.text())
	}
	return t
}

// Print writes how the comparison was made, and the table.
func (s *TargetsStudy) Print(w io.Writer) error { return printStudy(w, s.Head(), s.Table()) }

// WriteCSV writes the rows, all digits kept.
func (s *TargetsStudy) WriteCSV(w io.Writer) error {
	var rows [][]string
	for _, r := range s.Rows {
		rows = append(rows, slices.Concat([]string{r.Name, fmt.Sprint(r.Runs)}, r.Large.record(), r.Small.record(), exactly(r.Without)))
	}
	return writeRecords(w, []string{"model", "runs", "large_slides", "large_accuracy", "large_accuracy_sd", "large_sensitivity", "large_sensitivity_sd",
		"small_slides", "small_accuracy", "small_accuracy_sd", "small_sensitivity", "small_sensitivity_sd", "without_accuracy", "without_accuracy_sd"}, rows)
}

func (t Targets) record() []string {
	return append([]string{fmt.Sprint(t.Slides)}, exactly(t.Accuracy, t.Sensitivity)...)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
