package app

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"zoomscope/engine/bag"
	"zoomscope/engine/safetensors"
	"zoomscope/engine/tissue"
)

// ImportBagsRequest asks for bags of the features that another program put into
// HDF5 files.
type ImportBagsRequest struct {
	Files  []string // files of the same name belong to one slide
	Layout bag.Layout
	// Encoder names what made the features.
	Encoder string
	// Magnifications are those of the files' patches, where the files do not say:
	// none, one for all files, or one for each.
	Magnifications []float64
	PatchSize      int    // pixels, where the files do not say
	Tissue         string // preset that models trained on the bags will use; "" is default
	Out            string // folder that receives <slide>.bag.safetensors
	Float32        bool   // features in full precision; half is the default
}

// ImportOutcome is what became of the files of one slide.
type ImportOutcome struct {
	Files    []string
	Bag      string // path of the file
	Imported *bag.Imported
	Err      error
}

// ImportBags imports slide after slide. One that fails does not end the others:
// its outcome has the error. The error returned is for what concerns them all.
func (w *Workspace) ImportBags(ctx context.Context, req ImportBagsRequest, events func(Event)) ([]ImportOutcome, error) {
	settings, err := tissueSettings(cmp.Or(req.Tissue, "default"), tissue.Settings{})
	if err != nil {
		return nil, err
	}
	slides, err := importSlides(req.Files, req.Magnifications)
	if err != nil {
		return nil, err
	}
	if err := prepareFolder(req.Out); err != nil {
		return nil, err
	}
	template := bag.ImportRequest{Layout: req.Layout, Encoder: req.Encoder, PatchSize: req.PatchSize, Tissue: settings, Type: featureType(req.Float32)}
	var outcomes []ImportOutcome
	for i, s := range slides {
		one := template
		one.Slide, one.Files, one.Path = s.name, s.files, filepath.Join(req.Out, s.name+BagExt)
		out := ImportOutcome{Bag: one.Path}
		for _, f := range s.files {
			out.Files = append(out.Files, f.Path)
		}
		report := about(Event{Slide: out.Files[0], Index: i, Count: len(slides)}, events)
		out.Imported, out.Err = bag.Import(ctx, one, report)
		if ctx.Err() != nil {
			return outcomes, context.Cause(ctx)
		}
		outcomes = append(outcomes, out)
	}
	return outcomes, nil
}

func featureType(full bool) safetensors.DType {
	if full {
		return safetensors.F32
	}
	return safetensors.F16
}

// importSlide is the files of one slide.
type importSlide struct {
	name  string
	files []bag.ImportFile
}

// importSlides puts files of one name together, in the order of their first.
func importSlides(paths []string, magnifications []float64) ([]importSlide, error) {
	if n := len(magnifications); n > 1 && n != len(paths) {
		return nil, fmt.Errorf("%d magnifications for %d files: give one for all of them, or one for each", n, len(paths))
	}
	var slides []importSlide
	at := map[string]int{}
	for i, path := range paths {
		file := bag.ImportFile{Path: path}
		switch len(magnifications) {
		case 0:
		case 1:
			file.Magnification = magnifications[0]
		default:
			file.Magnification = magnifications[i]
		}
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		key := strings.ToLower(name) // many file systems do not tell case apart
		if _, ok := at[key]; !ok {
			at[key] = len(slides)
			slides = append(slides, importSlide{name: name})
		}
		s := &slides[at[key]]
		s.files = append(s.files, file)
	}
	return slides, nil
}

// BagInfo is what a bag says of itself.
type BagInfo struct {
	Path     string       `json:"path"`
	Bytes    int64        `json:"bytes"`
	Type     string       `json:"type"` // of the features: F16 or F32
	Patches  []int        `json:"patches"`
	Manifest bag.Manifest `json:"manifest"`
}

// InspectBag reads what a bag says of itself, and checks its layout and all of its
// features, which takes as long as reading the file. For a feature that is not finite
// the error comes with the rest; it names the file and says what to do. opened, if not
// nil, is told of the bag before its features are looked at.
func (w *Workspace) InspectBag(ctx context.Context, path string, opened func(*BagInfo)) (*BagInfo, error) {
	f, err := bag.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info := &BagInfo{Path: path, Bytes: f.Size(), Type: string(f.Type()), Manifest: f.Manifest()}
	for i := range info.Manifest.Magnifications {
		info.Patches = append(info.Patches, f.Len(i))
	}
	if opened != nil {
		opened(info)
	}
	return info, f.CheckFinite(ctx)
}
