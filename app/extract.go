package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"zoomscope/engine/bag"
	"zoomscope/engine/encoder"
	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/engine/tissue"
	"zoomscope/engine/train"
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
	Magnification  float64   // as that of AnalyzeRequest
	Float32        bool      // features in full precision; half is the default

	// Warn, where not nil, is told what warnings there are of a slide and its patches
	// before the first is encoded, by the goroutine that tells of events; slides whose
	// bags are complete have none.
	Warn func(slide string, warnings []string)

	// Device, where not nil, is told where it runs, before the first slide is worked
	// on, and where the device was changed for want of memory.
	Device func(result.Device)
}

// ExtractOutcome is what became of one slide.
type ExtractOutcome struct {
	Slide     string
	Bag       string // path of the file
	Extracted *zoom.Extracted
	Err       error
}

// BagExt is the ending of a bag's file name.
const BagExt = train.BagExt

// Extract encodes the tissue of slides at every magnification. What an earlier,
// interrupted run left is gone on with; bags that are complete are not made
// again, and their slides not opened. A bag is named after its slide, with part of
// the slide's content id where another slide has that name. Errors are as with
// Analyze.
func (w *Workspace) Extract(ctx context.Context, req ExtractRequest, events func(Event)) ([]ExtractOutcome, error) {
	x, spec, err := w.newExtracting(&req)
	if err != nil {
		return nil, err
	}
	if err := prepareFolder(req.Out); err != nil {
		return nil, err
	}
	if err := x.survey(ctx); err != nil {
		return nil, err
	}
	if x.left() == 0 {
		return x.outcomes, nil
	}
	engine, err := w.engine(ctx, nil, spec, req.Engine)
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	defer tellDevice(req.Device, engine)()
	return x.run(ctx, engine, events)
}

// Extracted finds out for which slides of a request Extract has nothing left to do:
// those are Extracted, and Reused. It opens no slide and writes nothing. The outcome
// of a slide that is still to be done, or must be opened to tell, has neither features
// nor an error.
func (w *Workspace) Extracted(ctx context.Context, req ExtractRequest) ([]ExtractOutcome, error) {
	x, _, err := w.newExtracting(&req)
	if err != nil {
		return nil, err
	}
	if err := x.survey(ctx); err != nil {
		return nil, err
	}
	return x.outcomes, nil
}

// newExtracting finds out what is to be made, and by which encoder.
func (w *Workspace) newExtracting(req *ExtractRequest) (*extracting, *encoder.Spec, error) {
	model, spec, err := w.modelAndEncoder(req.Engine)
	if err != nil {
		return nil, nil, err
	}
	settings, err := tissueSettings(req.Tissue, model.Config().Tissue)
	if err != nil {
		return nil, nil, err
	}
	x := &extracting{w: w, req: req, encoder: encoderKind(spec)}
	x.template = zoom.ExtractRequest{Magnifications: req.Magnifications, Tissue: settings, Type: featureType(req.Float32)}
	if x.template.Magnifications == nil {
		x.template.Magnifications = model.Config().Magnifications
	}
	return x, spec, nil
}

// extracting is the extraction of several slides.
type extracting struct {
	w        *Workspace
	req      *ExtractRequest
	encoder  zoom.EncoderKind
	template zoom.ExtractRequest
	ids      []string // content of each slide
	outcomes []ExtractOutcome
}

// surveyors is how many slides are looked at at once: it is disks and networks
// that are waited for.
const surveyors = 8

// survey finds out what each slide is, where its bag belongs, and whether it is
// there, without opening the slide.
func (x *extracting) survey(ctx context.Context) error {
	slides := x.req.Slides
	x.ids, x.outcomes = make([]string, len(slides)), make([]ExtractOutcome, len(slides))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(surveyors)
	for i, path := range slides {
		group.Go(func() error {
			x.outcomes[i].Slide = path
			x.ids[i], x.outcomes[i].Err = slideio.ContentID(path)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	names := bagNames(x.req.Out, slides, x.ids)
	for i := range slides {
		group.Go(func() error {
			if o := &x.outcomes[i]; o.Err == nil {
				o.Bag = names[i]
				o.Extracted, o.Err = x.there(names[i], x.ids[i])
			}
			return nil
		})
	}
	return group.Wait()
}

// left counts the slides that are still to be worked on.
func (x *extracting) left() int {
	n := 0
	for i := range x.outcomes {
		if x.todo(i) {
			n++
		}
	}
	return n
}

func (x *extracting) todo(i int) bool {
	return x.outcomes[i].Err == nil && x.outcomes[i].Extracted == nil
}

// there finds the finished bag of a slide. One of other settings is an error that
// says which; nil means that there is none, or that the slide must be opened to
// tell.
func (x *extracting) there(path, id string) (*zoom.Extracted, error) {
	f, err := bag.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m := f.Manifest()
	if why := x.unlike(m, id, f.Type()); why != "" {
		return nil, fmt.Errorf("%s holds %s; remove it or choose another folder", path, why)
	}
	if !x.asStated(m) {
		return nil, nil
	}
	return zoom.Complete(f), nil
}

// asStated reports whether a bag is, for sure, at the resolution that Extract would
// take the slide for. One at a stated resolution is not among several slides: what is
// stated of those counts only where the file does not say.
func (x *extracting) asStated(m bag.Manifest) bool {
	stated, says := slideio.Stated(x.req.Magnification), x.req.Magnification > 0
	if m.Slide.MPPSource != stated.Source {
		return !says || len(x.req.Slides) > 1
	}
	return says && len(x.req.Slides) == 1 && m.Slide.MPP == [2]float64{stated.X, stated.Y}
}

// unlike says what a bag holds instead of what is asked for, "" for the same.
func (x *extracting) unlike(m bag.Manifest, id string, d safetensors.DType) string {
	switch card := x.encoder.Card; {
	case !m.OnSlide():
		return "features that were imported from another program"
	case m.ContentID != id:
		return "features of another slide"
	case m.Encoder != card:
		return fmt.Sprintf("features of this slide by the encoder %s (%.12s), not %s (%.12s)", m.Encoder.Name, m.Encoder.SHA256, card.Name, card.SHA256)
	case !slices.Equal(m.Magnifications, x.template.Magnifications):
		return fmt.Sprintf("features of this slide at magnifications %v, not %v", m.Magnifications, x.template.Magnifications)
	case m.PatchSize != x.encoder.Side:
		return fmt.Sprintf("features of this slide of patches of %d pixels, not %d", m.PatchSize, x.encoder.Side)
	case m.Tissue != x.template.Tissue:
		return fmt.Sprintf("features of this slide with other tissue settings (%s), not %s", tissueName(m.Tissue), tissueName(x.template.Tissue))
	case d == safetensors.F16 && x.template.Type == safetensors.F32:
		return "features of this slide in half precision, not in full"
	}
	return ""
}

// tissueName tells settings apart for people: presets share a name with those
// that differ in the threshold alone.
func tissueName(s tissue.Settings) string {
	return fmt.Sprintf("%s, threshold %g", cmp.Or(s.Preset, "settings of its own"), s.Threshold)
}

// run works on the slides that are left, in their order.
func (x *extracting) run(ctx context.Context, engine *zoom.Engine, events func(Event)) ([]ExtractOutcome, error) {
	pace := newPace(x.template.Magnifications, x.outcomes, x.left())
	for i := range x.outcomes {
		if !x.todo(i) {
			continue
		}
		out := &x.outcomes[i]
		one := x.template
		one.Path, one.ContentID, one.Warn = out.Bag, x.ids[i], warnOf(x.req.Warn, out.Slide)
		report := about(Event{Slide: out.Slide, Index: i, Count: len(x.outcomes), Pace: pace}, events)
		out.Extracted, out.Err = x.extractOne(ctx, engine, out.Slide, one, func(p result.Progress) {
			pace.update(p)
			report(p)
		})
		if ctx.Err() != nil {
			// Slides found done by the survey count, those not begun do not.
			out.Extracted, out.Err = nil, nil
			return slices.DeleteFunc(x.outcomes, func(o ExtractOutcome) bool { return o.Err == nil && o.Extracted == nil }), context.Cause(ctx)
		}
		pace.next()
	}
	return x.outcomes, nil
}

// bagNames gives each slide the path of its bag: a bag of its content that is
// there under any of its names; else one named after it; else, where that name is
// another's, in the folder or among the slides, one with part of its content id.
// Slides of the same content and name share a bag.
func bagNames(out string, slides, ids []string) []string {
	key := strings.ToLower // many file systems do not tell case apart
	owners := map[string]string{}
	for i, s := range slides {
		if owner, taken := owners[key(stem(s))]; taken && owner != ids[i] {
			owners[key(stem(s))] = "several"
		} else {
			owners[key(stem(s))] = ids[i]
		}
	}
	paths := make([]string, len(slides))
	for i, s := range slides {
		own := stem(s) + "-" + ids[i][:min(8, len(ids[i]))]
		plain := filepath.Join(out, stem(s)+BagExt)
		paths[i] = filepath.Join(out, own+BagExt)
		holder, found := contentOf(plain)
		if holder == ids[i] || !found && owners[key(stem(s))] == ids[i] && !exists(paths[i]) {
			paths[i] = plain
		} else if found && holder == "" {
			paths[i] = plain // and that is an error, which says why
		}
	}
	return paths
}

// contentOf is the content id of a bag, "" of one that cannot be read or was
// imported.
func contentOf(path string) (id string, found bool) {
	f, err := bag.Open(path)
	if err != nil {
		return "", !errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	return f.Manifest().ContentID, true
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func (x *extracting) extractOne(ctx context.Context, e *zoom.Engine, path string, req zoom.ExtractRequest, report func(result.Progress)) (*zoom.Extracted, error) {
	slide, err := x.w.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer slide.Close()
	req.Slide = slide
	if req.Resolution, err = resolutionAmong(slide, x.req.Magnification, len(x.req.Slides)); err != nil {
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
		listed, err := train.ReadSlides(arg)
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
