package bag

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"zoomscope/engine/grid"
	"zoomscope/engine/internal/strictjson"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
)

// Format is what a bag's metadata says it is; formatImported is what one says
// whose manifest has a Source, which programs that know only Format refuse.
const (
	Format         = "zoomscope-bag/1"
	formatImported = "zoomscope-bag/2"
)

// Manifest says what the features of a bag are of.
type Manifest struct {
	Slide          result.Slide    `json:"slide"`
	ContentID      string          `json:"content_id"`     // of the slide file, wherever it lies
	Magnifications []float64       `json:"magnifications"` // ascending by whole factors
	PatchSize      int             `json:"patch_size"`     // pixels
	Encoder        result.Encoder  `json:"encoder"`
	Tissue         tissue.Settings `json:"tissue"`
	// AllPatches: no patch passed as tissue, so all of them count.
	AllPatches bool `json:"all_patches,omitempty"`
	// Source is where the features of another program come from; nil for those
	// that were made here. Slide then has little but a name, ContentID is "", and
	// Tissue says what a model that is trained on them will use.
	Source *Source `json:"source,omitempty"`
}

// Source says where imported features come from.
type Source struct {
	Layout string       `json:"layout"` // zoommil, clam or trident
	Files  []SourceFile `json:"files"`
	// Lattice places the lowest magnification on the slide. Where it is nil, cells
	// tell how patches lie to each other, but not where on the slide: nobody may
	// draw them over it.
	Lattice *Lattice `json:"lattice,omitempty"`
}

// SourceFile is a file that features were imported from.
type SourceFile struct {
	Name      string `json:"name"` // without folder
	ContentID string `json:"content_id"`
}

// Lattice is a grid in level-0 pixels: the patch in cell (c, r) of the lowest
// magnification has its upper left corner at (X + c*Step, Y + r*Step).
type Lattice struct {
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
	Step float64 `json:"step"`
}

// OnSlide says whether the places of the patches on the slide are known as those
// of package grid: not so for what was imported.
func (m *Manifest) OnSlide() bool { return m.Source == nil }

// format is what a bag of this manifest says it is.
func (m *Manifest) format() string {
	if m.Source != nil {
		return formatImported
	}
	return Format
}

// Limits of what Validate accepts.
const (
	maxLevels   = 8
	maxManifest = 1 << 20 // bytes of JSON
	maxText     = 1 << 12 // bytes of a name
	maxDim      = 1 << 16
	maxPatch    = 1 << 13
	maxCell     = 1<<31 - 1 // columns, rows and patches
)

// Validate reports the first thing that makes no sense.
func (m *Manifest) Validate() error {
	if n := len(m.Magnifications); n > maxLevels {
		return fmt.Errorf("%d magnifications, the limit is %d", n, maxLevels)
	}
	if _, err := grid.Ratios(m.Magnifications); err != nil {
		return err
	}
	if m.PatchSize < 1 || m.PatchSize > maxPatch {
		return fmt.Errorf("patch size is %d, must be from 1 to %d", m.PatchSize, maxPatch)
	}
	if m.Encoder.Dim < 1 || m.Encoder.Dim > maxDim {
		return fmt.Errorf("encoder gives %d values per patch, must be from 1 to %d", m.Encoder.Dim, maxDim)
	}
	if id, err := hex.DecodeString(m.Encoder.SHA256); err != nil || len(id) != 0 && len(id) != 32 {
		return fmt.Errorf("encoder sha256 %.100q is none", m.Encoder.SHA256)
	}
	for _, text := range []string{m.Slide.Path, m.Slide.Vendor, m.ContentID, m.Encoder.Name} {
		if len(text) > maxText {
			return fmt.Errorf("text of %d bytes, the limit is %d", len(text), maxText)
		}
	}
	if m.Source != nil {
		if err := m.Source.validate(); err != nil {
			return err
		}
	}
	if m.Slide.MPP[0] < 0 || m.Slide.MPP[1] < 0 {
		return fmt.Errorf("resolution %v is negative", m.Slide.MPP)
	}
	return m.Tissue.Validate()
}

func (s *Source) validate() error {
	if _, err := parseLayout(s.Layout); err != nil || s.Layout == string(Auto) {
		return fmt.Errorf("source has layout %.100q", s.Layout)
	}
	if n := len(s.Files); n == 0 || n > maxLevels {
		return fmt.Errorf("source has %d files, must be from 1 to %d", n, maxLevels)
	}
	for _, f := range s.Files {
		if len(f.Name) > maxText || len(f.ContentID) > maxText {
			return fmt.Errorf("text of %d bytes, the limit is %d", max(len(f.Name), len(f.ContentID)), maxText)
		}
	}
	if l := s.Lattice; l != nil && !(l.Step > 0 && l.Step < maxCell && math.Abs(l.X) < maxCell && math.Abs(l.Y) < maxCell) {
		return fmt.Errorf("source has a lattice of step %v at %v, %v", l.Step, l.X, l.Y)
	}
	return nil
}

// same compares sources by the content of their files.
func (s *Source) same(o *Source) bool {
	if s == nil || o == nil {
		return s == o
	}
	return s.Layout == o.Layout && slices.EqualFunc(s.Files, o.Files, func(a, b SourceFile) bool { return a.ContentID == b.ContentID })
}

// SameInput says whether a bag made for o would hold the same features: same
// slide content, resolution, grid, encoder and tissue settings. Where the slide
// file lies does not matter.
func (m *Manifest) SameInput(o *Manifest) bool {
	return m.ContentID == o.ContentID &&
		m.Slide.MPP == o.Slide.MPP &&
		m.Slide.Bounds == o.Slide.Bounds &&
		slices.Equal(m.Magnifications, o.Magnifications) &&
		m.PatchSize == o.PatchSize &&
		m.Encoder == o.Encoder &&
		m.Tissue == o.Tissue &&
		m.Source.same(o.Source)
}

func (m Manifest) clone() Manifest {
	m.Magnifications = slices.Clone(m.Magnifications)
	if m.Source != nil {
		s := *m.Source
		s.Files = slices.Clone(s.Files)
		m.Source = &s
	}
	return m
}

// parseManifest reads the JSON of a bag. Fields that are not known are errors.
func parseManifest(text string) (Manifest, error) {
	var m Manifest
	if err := strictjson.Decode([]byte(text), maxManifest, &m); err != nil {
		return m, fmt.Errorf("manifest: %w", err)
	}
	if err := m.Validate(); err != nil {
		return m, fmt.Errorf("manifest: %w", err)
	}
	return m, nil
}

// featuresName and gridName are the tensors of a magnification.
func featuresName(magnification float64) string { return prefix(magnification) + "features" }
func gridName(magnification float64) string     { return prefix(magnification) + "grid" }

func prefix(magnification float64) string {
	return strconv.FormatFloat(magnification, 'f', -1, 64) + "x/"
}

// checkCells makes sure that the patches of each magnification are the children
// of those below, in order.
func (m *Manifest) checkCells(cells [][]grid.Cell) error {
	ratios, err := grid.Ratios(m.Magnifications)
	if err != nil {
		return err
	}
	if len(cells) != len(ratios) {
		return fmt.Errorf("grids of %d levels for %d magnifications", len(cells), len(ratios))
	}
	if len(cells[0]) == 0 {
		return errors.New("no patches")
	}
	for i, c := range cells[0] {
		if c.Column < 0 || c.Row < 0 || c.Column > maxCell || c.Row > maxCell {
			return fmt.Errorf("patch %d at %gx is at column %d, row %d", i, m.Magnifications[0], c.Column, c.Row)
		}
	}
	for l := 1; l < len(cells); l++ {
		if err := checkChildren(cells[l-1], cells[l], ratios[l]); err != nil {
			return fmt.Errorf("%gx: %w", m.Magnifications[l], err)
		}
	}
	return nil
}

func checkChildren(parents, children []grid.Cell, f int) error {
	if len(children) != len(parents)*f*f || len(children) > maxCell {
		return fmt.Errorf("%d patches, expected %d for each of %d below", len(children), f*f, len(parents))
	}
	for i, c := range children {
		p, at := parents[i/(f*f)], i%(f*f)
		want := grid.Cell{Column: p.Column*f + at%f, Row: p.Row*f + at/f}
		if c != want || c.Column > maxCell || c.Row > maxCell {
			return fmt.Errorf("patch %d is at column %d, row %d, expected %d, %d", i, c.Column, c.Row, want.Column, want.Row)
		}
	}
	return nil
}
