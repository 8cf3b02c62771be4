package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"zoomscope/engine/result"
	"zoomscope/engine/train"
	"zoomscope/slideio"
	"zoomscope/slideio/atomicfile"
)

// DatasetRequest asks for labelled slides to be looked at before they are trained
// on.
type DatasetRequest struct {
	Table  string // CSV file of slides and labels; or
	Folder string // a folder each of whose subfolders is a class
	Images bool   // plain pictures in the folder count as slides

	Splits train.SplitOptions // how training is going to divide them
	// Magnification that slides were scanned at whose files do not say, where the user
	// states it; 0 leaves it to the files.
	Magnification float64
}

// DatasetFile is the name of the table that a folder of classes is written to.
const DatasetFile = "slides.csv"

// DatasetInfo is what is known of labelled slides before their features are made.
type DatasetInfo struct {
	Table    string // CSV file; of folders, the one that WriteDataset makes
	Written  bool   // the table is there
	Slides   []DatasetSlide
	Classes  []DatasetClass
	Patients int // that are named
	Problems []DatasetProblem

	text []byte // of the table, where it was made of folders
}

// DatasetSlide is one line of a dataset.
type DatasetSlide struct {
	Name    string // as training calls it; "" of a line that is the same slide as another
	Path    string
	Label   string
	Patient string // "" where it is not known
	Split   train.Split
	Err     error   // why the slide cannot be read
	MPP     float64 // micrometres per pixel; 0 unknown
}

// DatasetClass counts the slides of a class, each slide once.
type DatasetClass struct {
	Name             string
	Train, Val, Test int
	Rest             int // in no split
}

// Slides are those of the class in all.
func (c DatasetClass) Slides() int { return c.Train + c.Val + c.Test + c.Rest }

// DatasetTrouble sorts problems of a dataset.
type DatasetTrouble string

// The troubles there are.
const (
	DatasetMissing       DatasetTrouble = "missing"       // files that are not there
	DatasetUnreadable    DatasetTrouble = "unreadable"    // files that are no slides, or damaged
	DatasetNoResolution  DatasetTrouble = "no-resolution" // slides that do not say how large a pixel is
	DatasetDuplicate     DatasetTrouble = "duplicate"     // the same content twice, which counts once
	DatasetContradiction DatasetTrouble = "contradiction" // the same content with two labels, patients or splits
	DatasetPatients      DatasetTrouble = "patients"      // patients in two splits
	DatasetDivision      DatasetTrouble = "division"      // it cannot be divided for training
	DatasetNoPatients    DatasetTrouble = "no-patients"   // slides of one patient can get into two splits unseen
	DatasetFewSlides     DatasetTrouble = "few-slides"    // classes with too few slides to judge by
	DatasetLoose         DatasetTrouble = "loose"         // slides in the folder itself, of no class
	DatasetNote          DatasetTrouble = "note"          // anything else, in words
)

// FewestSlides is how many slides of a class make its figures worth a look.
const FewestSlides = 10

// DatasetProblem is something that is wrong, or doubtful, with a dataset.
type DatasetProblem struct {
	Trouble DatasetTrouble
	Names   []string // of what it concerns: slides, patients or classes
	Detail  string   // a sentence, in English; "" for nothing to add
}

// Grave says that training would stop at it, or be worth nothing.
func (p DatasetProblem) Grave() bool {
	switch p.Trouble {
	case DatasetMissing, DatasetUnreadable, DatasetNoResolution, DatasetContradiction, DatasetPatients, DatasetDivision:
		return true
	}
	return false
}

// Usable says that training has nothing grave to stop at.
func (d *DatasetInfo) Usable() bool {
	return !slices.ContainsFunc(d.Problems, DatasetProblem.Grave)
}

// ErrNoClasses: a folder has no subfolders with slides in them.
var ErrNoClasses = errors.New("no subfolders with slides in them")

// InspectDataset looks at every slide that a table names, or that lies in a folder
// of classes: whether it can be read, how large its pixels are, what it is. Nothing
// is written. The dataset is divided as training would divide it; what stops that
// is a problem of the dataset, no error. progress may be nil.
func (w *Workspace) InspectDataset(ctx context.Context, req DatasetRequest, progress func(result.Progress)) (*DatasetInfo, error) {
	d := &DatasetInfo{Table: req.Table}
	rows, err := d.read(&req)
	if err != nil {
		return nil, err
	}
	contents, err := w.lookAtSlides(ctx, d, rows, req.Magnification, progress)
	if err != nil {
		return nil, err
	}
	d.outline(rows, contents, req.Splits)
	return d, nil
}

// read gives the lines of the table, or those made of folders.
func (d *DatasetInfo) read(req *DatasetRequest) ([]train.Row, error) {
	if req.Folder == "" {
		d.Written = true
		return train.ReadTable(req.Table)
	}
	d.Table = filepath.Join(req.Folder, DatasetFile)
	if err := d.fromFolders(req.Folder, req.Images); err != nil {
		return nil, err
	}
	there, err := os.ReadFile(d.Table)
	d.Written = err == nil && bytes.Equal(there, d.text)
	rows, err := train.ParseTable(bytes.NewReader(d.text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", req.Folder, err)
	}
	return rows, nil
}

// add takes note of a problem that concerns something.
func (d *DatasetInfo) add(t DatasetTrouble, names []string, detail string) {
	if len(names) > 0 {
		d.Problems = append(d.Problems, DatasetProblem{t, names, detail})
	}
}

// lookAtSlides opens every slide, several at once, and returns what each is.
func (w *Workspace) lookAtSlides(ctx context.Context, d *DatasetInfo, rows []train.Row, magnification float64, progress func(result.Progress)) ([]string, error) {
	contents := make([]string, len(rows))
	d.Slides = make([]DatasetSlide, len(rows))
	report := result.Throttle(progress)
	var mu sync.Mutex
	done := 0
	looked := func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		report(result.Progress{Stage: "looking at slides", Done: done, Total: len(rows)})
	}
	group, looking := errgroup.WithContext(ctx)
	group.SetLimit(surveyors)
	for i, row := range rows {
		group.Go(func() error {
			s := &d.Slides[i]
			*s = DatasetSlide{Path: train.Locate(d.Table, row.Slide), Label: row.Label, Patient: row.Patient}
			contents[i], s.Err = slideio.ContentID(s.Path)
			if s.Err == nil {
				s.MPP, s.Err = w.pixelSize(looking, s.Path, magnification, len(rows))
			}
			looked()
			return looking.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, errors.Join(context.Cause(ctx), err)
	}
	return contents, nil
}

// pixelSize is that of a slide, one of so many, in micrometres, 0 where it is not
// known.
func (w *Workspace) pixelSize(ctx context.Context, path string, magnification float64, slides int) (float64, error) {
	s, err := w.Open(ctx, path)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	r, err := resolutionAmong(s, magnification, slides)
	if errors.Is(err, ErrResolutionUnknown) {
		return 0, nil
	}
	return (r.X + r.Y) / 2, err
}

// outline divides the slides, counts them and finds what is wrong with them.
func (d *DatasetInfo) outline(rows []train.Row, contents []string, splits train.SplitOptions) {
	d.slideProblems()
	data, contradictions := train.Outline(d.Table, rows, contents)
	d.add(DatasetDuplicate, twins(rows, contents), "")
	if contradictions != nil {
		d.add(DatasetContradiction, clashes(rows, contents), contradictions.Error())
	}
	torn := tornPatients(rows)
	err := data.Divide(splits)
	switch {
	case err == nil:
	case len(torn) > 0 && splits.File == "" && splits.Folds == 0 && splits.Fractions == [3]float64{}:
		d.add(DatasetPatients, torn, err.Error())
	default:
		d.Problems = append(d.Problems, DatasetProblem{DatasetDivision, nil, err.Error()})
	}
	for _, warning := range data.Warnings {
		d.Problems = append(d.Problems, DatasetProblem{DatasetNote, nil, warning})
	}
	d.count(data, rows)
}

// slideProblems sorts the slides that cannot be trained on.
func (d *DatasetInfo) slideProblems() {
	var missing, unreadable, unknown []string
	detail := ""
	for _, s := range d.Slides {
		switch {
		case errors.Is(s.Err, fs.ErrNotExist):
			missing = append(missing, s.Path)
		case s.Err != nil:
			unreadable = append(unreadable, s.Path)
			detail = cmp.Or(detail, s.Err.Error())
		case s.MPP == 0:
			unknown = append(unknown, s.Path)
		}
	}
	d.add(DatasetMissing, missing, "")
	d.add(DatasetUnreadable, unreadable, detail)
	d.add(DatasetNoResolution, unknown, "")
}

// count fills in what the division came to.
func (d *DatasetInfo) count(data *train.Dataset, rows []train.Row) {
	at := map[string]*train.Sample{}
	d.Classes = make([]DatasetClass, len(data.Classes))
	patients := map[string]bool{}
	for i, name := range data.Classes {
		d.Classes[i].Name = name
	}
	for i := range data.Samples {
		s := &data.Samples[i]
		at[s.Slide] = s
		d.Classes[s.Class].add(s.Split)
		if s.Patient != "" {
			patients[s.Patient] = true
		}
	}
	for i, row := range rows {
		if s := at[row.Slide]; s != nil {
			d.Slides[i].Name, d.Slides[i].Split = s.Name, s.Split
			delete(at, row.Slide) // a line said twice counts once
		}
	}
	d.Patients = len(patients)
	if d.Patients == 0 {
		d.Problems = append(d.Problems, DatasetProblem{Trouble: DatasetNoPatients})
	}
	var few []string
	for _, c := range d.Classes {
		if c.Slides() < FewestSlides {
			few = append(few, c.Name)
		}
	}
	d.add(DatasetFewSlides, few, "")
}

func (c *DatasetClass) add(split train.Split) {
	switch split {
	case train.Training:
		c.Train++
	case train.Validation:
		c.Val++
	case train.Test:
		c.Test++
	default:
		c.Rest++
	}
}

// WriteDataset writes the table that was made of folders, as slides.csv beside
// them, and returns its path. Of a dataset that has its table already it is that
// one. A file of that name that holds something else is left alone: the error wraps
// fs.ErrExist.
func (w *Workspace) WriteDataset(d *DatasetInfo) (string, error) {
	if d.Written {
		return d.Table, nil
	}
	if exists(d.Table) {
		return "", fmt.Errorf("%s: %w and holds something else: rename it, or choose it as the dataset", d.Table, fs.ErrExist)
	}
	if err := atomicfile.WriteBytes(d.Table, d.text); err != nil {
		return "", fmt.Errorf("%s: %w", d.Table, err)
	}
	d.Written = true
	return d.Table, nil
}

// DatasetPaths are the slides of a dataset that can be read, each content once.
func (d *DatasetInfo) DatasetPaths() []string {
	var paths []string
	for _, s := range d.Slides {
		if s.Err == nil && s.Name != "" && !slices.Contains(paths, s.Path) {
			paths = append(paths, s.Path)
		}
	}
	return paths
}

// BagsBeside is where the features of a dataset are kept unless the user says
// otherwise: a folder beside the table for each encoder.
func BagsBeside(table, encoder string) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '-'
		}
		return r
	}, encoder)
	return filepath.Join(filepath.Dir(table), "features", clean)
}
