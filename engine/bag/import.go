package bag

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"zoomscope/engine/bag/internal/hdf5"
	"zoomscope/engine/grid"
	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/engine/tissue"
	"zoomscope/slideio"
)

// Layout is how another program lays out its features in HDF5 files.
type Layout string

// The layouts that Import reads. Auto finds out which of the others it is.
const (
	Auto    Layout = "auto"
	ZoomMIL Layout = "zoommil" // all magnifications in a file, as grid indices
	CLAM    Layout = "clam"    // one magnification, corners of patches in level-0 pixels
	TRIDENT Layout = "trident" // the same, and attributes that say more
)

// ParseLayout finds a layout by its name.
func ParseLayout(name string) (Layout, error) { return parseLayout(name) }

func parseLayout(name string) (Layout, error) {
	switch l := Layout(name); l {
	case Auto, ZoomMIL, CLAM, TRIDENT:
		return l, nil
	}
	return "", fmt.Errorf("no layout %.100q; there are auto, zoommil, clam and trident", name)
}

// ImportFile is one file with features of a slide.
type ImportFile struct {
	Path string
	// Magnification of its patches, where the file does not say: 0 leaves it to
	// the file. A value the file contradicts is an error.
	Magnification float64
}

// ImportRequest asks for the bag of one slide, of features that another program
// made.
type ImportRequest struct {
	Files     []ImportFile // several only of one magnification each
	Layout    Layout
	Slide     string // name of the slide
	Encoder   string // name of what made the features, which the files do not tell for sure
	PatchSize int    // pixels, where the files do not say
	Tissue    tissue.Settings
	Type      safetensors.DType // safetensors.F16 or F32
	Path      string            // where the bag will stand
}

// Imported says what Import made, or found made already.
type Imported struct {
	Manifest Manifest
	Patches  []int // per magnification
	Dropped  []int // patches of each that lack a parent or a child, and were left out
	Reused   bool  // the bag was there: nothing was read
	Notes    []string
}

// Import makes a bag of the features that another program put into HDF5 files.
// Features are copied a few rows at a time. A bag of the same files and settings
// that is there already is left as it is; one of anything else is an error.
func Import(ctx context.Context, req ImportRequest, progress func(result.Progress)) (*Imported, error) {
	s, err := openSource(req)
	if err != nil {
		return nil, err
	}
	defer s.close()
	manifest, err := s.manifest(req)
	if err != nil {
		return nil, err
	}
	done := &Imported{Manifest: manifest, Dropped: s.dropped, Notes: s.notes}
	for _, l := range s.levels {
		done.Patches = append(done.Patches, len(l.rows))
	}
	if done.Reused, err = imported(req.Path, &manifest); done.Reused || err != nil {
		return done, err
	}
	return done, s.copy(ctx, req, manifest, result.Throttle(progress))
}

// imported finds a bag of the same input at the place.
func imported(path string, m *Manifest) (bool, error) {
	f, err := Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	if have := f.Manifest(); !have.SameInput(m) {
		return false, fmt.Errorf("%s holds other features, or under another name; remove it or choose another folder", path)
	}
	return true, nil
}

// source is the content of the files, arranged as that of a bag.
type source struct {
	files   []*hdf5.File
	ids     []SourceFile
	layout  Layout
	patch   int // pixels, 0 where the files do not say
	levels  []sourceLevel
	lattice *Lattice
	dropped []int
	notes   []string
}

// sourceLevel is one magnification: the rows of a dataset, in the bag's order.
type sourceLevel struct {
	magnification float64
	features      *hdf5.Dataset
	rows          []int
	cells         []grid.Cell
}

func openSource(req ImportRequest) (*source, error) {
	s := &source{}
	err := s.open(req)
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *source) open(req ImportRequest) error {
	if len(req.Files) == 0 || len(req.Files) > maxLevels {
		return fmt.Errorf("%d files for a slide, must be from 1 to %d", len(req.Files), maxLevels)
	}
	for _, f := range req.Files {
		file, err := hdf5.Open(f.Path)
		if err != nil {
			return err
		}
		s.files = append(s.files, file)
		id, err := slideio.ContentID(f.Path)
		if err != nil {
			return err
		}
		s.ids = append(s.ids, SourceFile{Name: filepath.Base(f.Path), ContentID: id})
	}
	if err := s.detect(req); err != nil {
		return err
	}
	if s.layout == ZoomMIL {
		return s.readZoomMIL(req)
	}
	return s.readCoordinates(req)
}

func (s *source) close() {
	for _, f := range s.files {
		f.Close() // was read only
	}
}

// detect finds the layout of the files, which must be one.
func (s *source) detect(req ImportRequest) error {
	for i, f := range s.files {
		l, err := layoutOf(f)
		if err != nil {
			return fmt.Errorf("%s: %w", req.Files[i].Path, err)
		}
		if req.Layout != Auto && l != req.Layout && (l == ZoomMIL || req.Layout == ZoomMIL) {
			return fmt.Errorf("%s: is laid out as %s, not %s", req.Files[i].Path, l, req.Layout)
		}
		if i > 0 && l != s.layout && (l == ZoomMIL || s.layout == ZoomMIL) {
			return fmt.Errorf("%s: is laid out as %s, the file before as %s", req.Files[i].Path, l, s.layout)
		}
		s.layout = l
	}
	if req.Layout != Auto {
		s.layout = req.Layout
	}
	return nil
}

// layoutOf tells layouts apart by the names of their datasets, CLAM's from
// TRIDENT's by an attribute.
func layoutOf(f *hdf5.File) (Layout, error) {
	names := f.Names()
	for _, n := range names {
		if _, ok := levelName(n); ok {
			return ZoomMIL, nil
		}
	}
	switch {
	case f.Has("coords") && f.Has("features"):
		c, err := f.Dataset("coords")
		if err != nil {
			return "", err
		}
		if _, ok := c.Attributes["target_magnification"]; ok {
			return TRIDENT, nil
		}
		return CLAM, nil
	case f.Has("coords"):
		return "", errors.New("has coordinates but no features; the features are in a file of another folder (h5_files, or features_ and the encoder's name)")
	}
	return "", fmt.Errorf("is in none of the layouts that are known: it holds %.200q", names)
}

// manifest says what the bag will be of.
func (s *source) manifest(req ImportRequest) (Manifest, error) {
	m := Manifest{
		Slide:     result.Slide{Path: req.Slide},
		PatchSize: s.patch,
		Encoder:   result.Encoder{Name: req.Encoder, Dim: s.levels[0].features.Columns},
		Tissue:    req.Tissue,
		Source:    &Source{Layout: string(s.layout), Files: s.ids, Lattice: s.lattice},
	}
	if m.PatchSize == 0 {
		m.PatchSize = req.PatchSize
	}
	for i, l := range s.levels {
		m.Magnifications = append(m.Magnifications, l.magnification)
		if l.features.Columns != m.Encoder.Dim {
			return m, fmt.Errorf("%s: features of %d values at %gx, of %d at %gx",
				req.Files[0].Path, m.Encoder.Dim, s.levels[0].magnification, l.features.Columns, s.levels[i].magnification)
		}
	}
	if req.Encoder == "" {
		return m, errors.New("name the encoder that made the features")
	}
	return m, m.Validate()
}

// copyBytes is how much is copied at once, as float32.
const copyBytes = 4 << 20

func (s *source) copy(ctx context.Context, req ImportRequest, m Manifest, report func(result.Progress)) error {
	var cells [][]grid.Cell
	total := 0
	for _, l := range s.levels {
		cells = append(cells, l.cells)
		total += len(l.rows)
	}
	w, err := Create(req.Path, m, cells, req.Type)
	if err != nil {
		return err
	}
	defer w.Close()
	done, dim := 0, m.Encoder.Dim
	buffer := make([]float32, max(1, copyBytes/4/dim)*dim)
	for i, l := range s.levels {
		done += w.Done(i)
		for rest := l.rows[w.Done(i):]; len(rest) > 0; {
			if err := ctx.Err(); err != nil {
				return err
			}
			some := rest[:min(len(rest), len(buffer)/dim)]
			rest = rest[len(some):]
			values := buffer[:len(some)*dim]
			if err := l.features.Floats(values, some); err != nil {
				return fmt.Errorf("%s: %w", s.ids[min(i, len(s.ids)-1)].Name, err)
			}
			if err := w.Append(i, values); err != nil {
				return err
			}
			done += len(some)
			report(result.Progress{Stage: "importing", Done: done, Total: total})
		}
	}
	return w.Commit()
}
