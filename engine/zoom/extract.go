package zoom

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"

	"zoomscope/engine/bag"
	"zoomscope/engine/grid"
	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/engine/tissue"
	"zoomscope/slideio"
)

// ExtractRequest is a slide all of whose tissue is to be encoded.
type ExtractRequest struct {
	Slide          slideio.Slide
	Resolution     slideio.Resolution // its own, or what the user stated
	ContentID      string             // slideio.ContentID of its file
	Magnifications []float64          // ascending by whole factors
	Tissue         tissue.Settings
	Type           safetensors.DType // of the features: safetensors.F16 or F32
	Path           string            // where the bag will stand
	Warn           func([]string)    // as that of Request; a bag does not keep them
}

// Extracted says what Extract made, or found made already.
type Extracted struct {
	Manifest bag.Manifest
	Patches  []int // per magnification
	Resumed  int   // patches that an interrupted run had left
	Reused   bool  // the bag was complete: nothing was encoded

	// Warnings are those of the slide and its patches. Of a bag that was complete
	// they are without tissue that is in no patch, which a bag does not tell of.
	Warnings []string
}

// Complete describes a bag that was made before, without a look at its slide: the
// warnings are without what is in doubt of its resolution, too.
func Complete(f *bag.File) *Extracted {
	m := f.Manifest()
	done := &Extracted{Manifest: m, Reused: true}
	for i := range m.Magnifications {
		done.Patches = append(done.Patches, f.Len(i))
	}
	b := m.Slide.Bounds
	g, err := grid.New(grid.Geometry{
		Bounds: image.Rect(int(b.X), int(b.Y), int(b.X+b.Width), int(b.Y+b.Height)), MPPX: m.Slide.MPP[0], MPPY: m.Slide.MPP[1],
	}, m.Magnifications, m.PatchSize)
	if err == nil { // else nothing is known of where its patches lie
		done.Warnings = warningsOfBag(slideio.Resolution{}, g, &m)
	}
	return done
}

// foundInBag is what a bag tells of the tissue: not whether there was any where no
// patch held enough.
func foundInBag(m *bag.Manifest) tissueFound {
	return tissueFound{everyPatch: m.AllPatches, coverage: grid.Coverage{Threshold: m.Tissue.Threshold}}
}

// warningsOfBag are those that are known of a slide whose patches are in a bag.
func warningsOfBag(r slideio.Resolution, g *grid.Grid, m *bag.Manifest) []string {
	return warningsOf(r, g, foundInBag(m))
}

// Extract encodes every patch of the tissue at every magnification into a bag.
// A bag of the same slide, settings and encoder that is there already is left as
// it is; one that was interrupted is gone on with.
func (e *Engine) Extract(ctx context.Context, req ExtractRequest, progress func(result.Progress)) (*Extracted, error) {
	g, err := gridOf(Request{Slide: req.Slide, Resolution: req.Resolution}, req.Magnifications, e.Encoder.Side)
	if err != nil {
		return nil, err
	}
	manifest := e.manifest(req)
	if done, err := reuse(req.Path, &manifest); done != nil || err != nil {
		if done != nil {
			done.Warnings = warningsOfBag(req.Resolution, g, &done.Manifest)
		}
		return done, err
	}
	report := result.Throttle(progress)
	report(result.Progress{Stage: "finding tissue", Total: 1})
	mask, err := tissue.OfSlide(ctx, req.Slide, g, req.Tissue)
	if err != nil {
		return nil, err
	}
	report(result.Progress{Stage: "finding tissue", Done: 1, Total: 1})
	cells, found := lowest(g, mask, req.Tissue.Threshold)
	manifest.AllPatches = found.everyPatch
	warnings := warningsOf(req.Resolution, g, found)
	warn(req.Warn, warnings)
	x := extraction{Engine: e, slide: req.Slide, grid: g, cells: descend(g, cells), report: report}
	if x.out, err = bag.Create(req.Path, manifest, x.cells, req.Type); err != nil {
		return nil, err
	}
	defer x.out.Close()
	done, err := x.run(ctx, manifest)
	if err != nil {
		return nil, err
	}
	done.Warnings = warnings
	return done, nil
}

// manifest is what the bag says of itself, but for what the tissue shows.
func (e *Engine) manifest(req ExtractRequest) bag.Manifest {
	return bag.Manifest{
		Slide: describeSlide(req.Slide.Info(), req.Resolution), ContentID: req.ContentID,
		Magnifications: req.Magnifications, PatchSize: e.Encoder.Side, Encoder: e.Encoder.Card, Tissue: req.Tissue,
	}
}

// reuse finds a finished bag of the same input. A bag of something else at the
// place is an error: it is not ours to overwrite.
func reuse(path string, m *bag.Manifest) (*Extracted, error) {
	f, err := bag.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if have := f.Manifest(); !have.SameInput(m) {
		return nil, fmt.Errorf("%s holds features of another slide, encoder, resolution or setting; remove it or choose another folder", path)
	}
	return Complete(f), nil
}

// descend gives the cells of every level below the lowest ones.
func descend(g *grid.Grid, lowest []grid.Cell) [][]grid.Cell {
	cells := [][]grid.Cell{lowest}
	for i := range g.Levels() - 1 {
		cells = append(cells, g.Children(i, cells[i]))
	}
	return cells
}

// extraction is a bag being made.
type extraction struct {
	*Engine
	slide  slideio.Slide
	grid   *grid.Grid
	cells  [][]grid.Cell
	out    *bag.Writer
	report func(result.Progress)
}

func (x *extraction) run(ctx context.Context, m bag.Manifest) (*Extracted, error) {
	done := &Extracted{Manifest: m}
	for i, cells := range x.cells {
		skip := x.out.Done(i)
		done.Resumed += skip
		done.Patches = append(done.Patches, len(cells))
		if err := x.level(ctx, i, cells, skip); err != nil {
			return nil, err
		}
	}
	return done, x.out.Commit()
}

// level encodes the cells of a level from the first that is missing.
func (x *extraction) level(ctx context.Context, level int, cells []grid.Cell, skip int) error {
	stage := fmt.Sprintf("encoding %gx", x.grid.Level(level).Magnification)
	x.report(result.Progress{Stage: stage, Done: skip, Total: len(cells)})
	rest := cells[skip:]
	return x.Encode(ctx, len(rest), func(ctx context.Context, i int, dst *image.RGBA) error {
		return slideio.ReadArea(ctx, x.slide, dst, x.grid.Rect(level, rest[i]))
	}, func(first, n int, features []float32) error {
		if err := x.out.Append(level, features); err != nil {
			return err
		}
		x.report(result.Progress{Stage: stage, Done: skip + first + n, Total: len(cells)})
		return nil
	})
}
