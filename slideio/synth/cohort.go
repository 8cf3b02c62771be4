package synth

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"zoomscope/slideio/atomicfile"
	"zoomscope/slideio/tiff"
)

// Case is one slide of a cohort.
type Case struct {
	ID      string // file name without extension
	Patient string
	Split   string // "train", "val" or "test"
	Params  Params
}

// Cohort returns n labelled slides: classes in turn, every patient with one or
// two slides of the same class, patients split about 60:20:20 within each
// class. Size, stain, pen marks, and the number of hints vary from slide to slide
// and do not depend on the class. base gives what does not vary, and the mean size.
func Cohort(n int, seed uint64, base Params) []Case {
	d := dice(mix(seed ^ 0xc0807))
	var cases []Case
	var open [len(Classes)]string // patient who has another slide
	var patients [len(Classes)]int
	for i := range n {
		label := i % len(Classes)
		patient := open[label]
		open[label] = ""
		if patient == "" {
			patient = fmt.Sprintf("p%03d", sum(patients[:])+1)
			patients[label]++
			if d.upto(3) == 0 {
				open[label] = patient
			}
		}
		cases = append(cases, Case{
			ID: fmt.Sprintf("s%04d", i+1), Patient: patient,
			Split:  splits[(patients[label]-1)%len(splits)],
			Params: vary(&d, base, label),
		})
		cases[i].Params.Name = cases[i].ID
	}
	return cases
}

// splits are dealt out to the patients of a class in turn.
var splits = [...]string{"train", "val", "train", "test", "train"}

// vary draws one slide's parameters.
func vary(d *dice, p Params, label int) Params {
	side := func(mean int) int { return max(1, mean*d.between(75, 125)/100/tileSize) * tileSize }
	p.Width, p.Height = side(p.Width), side(p.Height)
	p.Label, p.Seed = label, d.next()
	p.Tissue = min(1, float64(p.Tissue*d.real(0.8, 1.25)))
	p.Hints = d.between(3, 5)
	p.Evidence = d.between(1, 2)
	p.Pens = 0
	if d.upto(6) == 0 {
		p.Pens = d.between(1, 2)
	}
	return p
}

func sum(vs []int) int {
	n := 0
	for _, v := range vs {
		n += v
	}
	return n
}

// maskDownsample is the size of a truth mask's pixels in level-0 pixels.
const maskDownsample = 16

// tableName is the name of a cohort's table.
const tableName = "slides.csv"

// CohortFiles are the paths of all that WriteCohort writes, the table first.
func CohortFiles(dir string, cases []Case) []string {
	files := []string{filepath.Join(dir, tableName)}
	for _, c := range cases {
		files = append(files, slidePath(dir, c))
	}
	for _, c := range cases {
		files = append(files, TruthFiles(truthBase(dir, c))...)
	}
	return files
}

func slidePath(dir string, c Case) string { return filepath.Join(dir, c.ID+".tiff") }
func truthBase(dir string, c Case) string { return filepath.Join(dir, "truth", c.ID) }

// WriteCohort writes the slides to dir/ID.tiff, what is known of each to
// dir/truth/ID.json, its evidence mask (one pixel for 16 x 16) to
// dir/truth/ID.png, and when all stand the table dir/slides.csv with the columns
// slide,label,patient,split; slide is the file's name. Folders are made.
// progress, where not nil, is told how many tiles of all slides are done.
func WriteCohort(ctx context.Context, dir string, cases []Case, progress func(done, total int)) error {
	if err := os.MkdirAll(filepath.Join(dir, "truth"), 0o755); err != nil {
		return err
	}
	total, before := 0, 0
	for _, c := range cases {
		total += tiles(c.Params.Width, c.Params.Height)
	}
	for _, c := range cases {
		var each func(int, int)
		if progress != nil {
			each = func(done, _ int) { progress(before+done, total) }
		}
		if err := writeCase(ctx, dir, c, each); err != nil {
			return err
		}
		before += tiles(c.Params.Width, c.Params.Height)
	}
	return atomicfile.Write(filepath.Join(dir, tableName), func(w io.Writer) error { return writeTable(w, cases) })
}

func tiles(width, height int) int {
	n := 0
	for _, size := range tiff.LevelSizes(width, height, 4, tileSize) {
		n += ((size.X + tileSize - 1) / tileSize) * ((size.Y + tileSize - 1) / tileSize)
	}
	return n
}

func writeCase(ctx context.Context, dir string, c Case, progress func(done, total int)) error {
	if err := Write(ctx, slidePath(dir, c), c.Params, progress); err != nil {
		return err
	}
	s, err := New(c.Params)
	if err != nil {
		return err
	}
	return s.Truth().Save(truthBase(dir, c))
}

// TruthFiles are the paths that Save writes.
func TruthFiles(base string) []string { return []string{base + ".json", base + ".png"} }

// Save writes the truth to base.json and its mask to base.png.
func (t *Truth) Save(base string) error {
	text, err := t.JSON()
	if err != nil {
		return fmt.Errorf("%s.json: %w", base, err)
	}
	mask, err := t.MaskPNG(maskDownsample)
	if err != nil {
		return fmt.Errorf("%s.png: %w", base, err)
	}
	if err := atomicfile.WriteBytes(base+".json", text); err != nil {
		return err
	}
	return atomicfile.WriteBytes(base+".png", mask)
}

func writeTable(w io.Writer, cases []Case) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"slide", "label", "patient", "split"}}
	for _, c := range cases {
		rows = append(rows, []string{c.ID + ".tiff", Classes[c.Params.Label], c.Patient, c.Split})
	}
	return out.WriteAll(rows)
}
