package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/engine/tissue"
	"zoomscope/engine/zoom"
	"zoomscope/slideio"
)

// ExtractRequest asks for the feature bags of slides, for training.
type ExtractRequest struct {
	Slides         []string
	Out            string // folder that receives <slide>.bag.safetensors
	Engine         EngineOptions
	Magnifications []float64 // those of the model, or 5 10 20, when nil
	Tissue         string    // name of a tissue preset; "" is that of the model
	Magnification  float64   // the slides were scanned at, where the user states it
	Float32        bool      // features in full precision; half is the default
}

// ExtractOutcome is what became of one slide.
type ExtractOutcome struct {
	Slide     string
	Bag       string // path of the file
	Extracted *zoom.Extracted
	Err       error
}

// BagExt is the ending of a bag's file name.
const BagExt = ".bag.safetensors"

// Extract encodes the tissue of slides at every magnification. What an earlier,
// interrupted run left is gone on with; bags that are complete are not made
// again. Errors are as with Analyze.
func (w *Workspace) Extract(ctx context.Context, req ExtractRequest, events func(Event)) ([]ExtractOutcome, error) {
	model, spec, err := w.modelAndEncoder(req.Engine)
	if err != nil {
		return nil, err
	}
	settings, err := tissueSettings(req.Tissue, model.Config().Tissue)
	if err != nil {
		return nil, err
	}
	if err := prepareFolder(req.Out); err != nil {
		return nil, err
	}
	engine, err := w.engine(ctx, nil, spec, req.Engine)
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	template := zoom.ExtractRequest{Magnifications: req.Magnifications, Tissue: settings, Type: safetensors.F16}
	if template.Magnifications == nil {
		template.Magnifications = model.Config().Magnifications
	}
	if req.Float32 {
		template.Type = safetensors.F32
	}
	outcomes := make([]ExtractOutcome, 0, len(req.Slides))
	bags := outputFolders(req.Out, req.Slides)
	for i, path := range req.Slides {
		out := ExtractOutcome{Slide: path, Bag: bags[i] + BagExt}
		one := template
		one.Path = out.Bag
		report := about(Event{Slide: path, Index: i, Count: len(req.Slides)}, events)
		out.Extracted, out.Err = w.extractOne(ctx, engine, path, req.Magnification, one, report)
		if ctx.Err() != nil {
			return outcomes, context.Cause(ctx)
		}
		outcomes = append(outcomes, out)
	}
	return outcomes, nil
}

func (w *Workspace) extractOne(ctx context.Context, e *zoom.Engine, path string, magnification float64, req zoom.ExtractRequest, report func(result.Progress)) (*zoom.Extracted, error) {
	slide, err := w.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer slide.Close()
	req.Slide = slide
	if req.Resolution, err = resolutionOf(slide, magnification); err != nil {
		return nil, err
	}
	if req.ContentID, err = slideio.ContentID(path); err != nil {
		return nil, err
	}
	return e.Extract(ctx, req, report)
}

func tissueSettings(name string, otherwise tissue.Settings) (tissue.Settings, error) {
	if name == "" {
		return otherwise, nil
	}
	s, ok := tissue.Preset(name)
	if !ok {
		return s, fmt.Errorf("no tissue settings %q; there are bright, crc, camelyon16 and default", name)
	}
	return s, nil
}

// SlidesOf expands arguments into slides: a CSV file stands for the slides it
// lists (column slide, or slide_id), relative to its own folder; anything else
// is a slide. A slide named twice is done once.
func SlidesOf(args []string) ([]string, error) {
	var slides []string
	for _, arg := range args {
		if !strings.EqualFold(filepath.Ext(arg), ".csv") {
			slides = append(slides, arg)
			continue
		}
		listed, err := readSlideList(arg)
		if err != nil {
			return nil, err
		}
		slides = append(slides, listed...)
	}
	seen := map[string]bool{}
	slides = slices.DeleteFunc(slides, func(s string) bool {
		twice := seen[s]
		seen[s] = true
		return twice
	})
	if len(slides) == 0 {
		return nil, errors.New("no slides to work on")
	}
	return slides, nil
}
