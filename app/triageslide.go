package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"zoomscope/app/export"
	"zoomscope/app/worklist"
	"zoomscope/engine/grid"
	"zoomscope/engine/result"
	"zoomscope/engine/zoom"
	"zoomscope/slideio"
)

// do analyses the first of these jobs while the one after it is opened.
func (t *triage) do(ctx context.Context, jobs []worklist.Job) error {
	j := jobs[0]
	o := t.ahead.take(ctx, t, j)
	if len(jobs) > 1 {
		t.ahead.begin(ctx, t, jobs[1])
	}
	defer o.close()
	if again, err := t.restate(ctx, o); again || err != nil {
		return err
	}
	var begun bool
	if err := t.persist(ctx, func() (err error) { begun, err = t.list.Begin(ctx, j); return err }); err != nil || !begun {
		return err
	}
	t.count(ctx)
	r, err := t.analyse(ctx, o)
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), t.list.Release(context.WithoutCancel(ctx), j))
	}
	return t.end(ctx, j, o, r, err)
}

// count looks how much is left.
func (t *triage) count(ctx context.Context) {
	n, _, err := t.list.Waiting(ctx, t.setup.ID, t.req.Only)
	if err != nil {
		return
	}
	t.mu.Lock()
	t.left = n + 1
	t.mu.Unlock()
}

// end keeps what came of a slide, also where ctx ends meanwhile.
func (t *triage) end(ctx context.Context, j worklist.Job, o *openedSlide, r *result.Result, err error) error {
	whole := context.WithoutCancel(ctx)
	if fatal := (*engineError)(nil); errors.As(err, &fatal) {
		return errors.Join(fatal.err, t.list.Release(whole, j))
	}
	var outcome worklist.Outcome
	if err == nil {
		outcome, err = outcomeOf(r, o.resolution)
	}
	e := TriageEvent{Kind: TriageDone, Slide: o.path, Case: j.Case, Err: err}
	keep := func() error { return t.list.Finish(whole, j, outcome) }
	switch t.faultOf(o, err) {
	case forNow:
		e.Kind = TriagePostponed
		keep = func() error { return t.list.Postpone(whole, j, causeOf(err), t.times.delay(j.Postponed)) }
	case forGood:
		e.Kind = TriageFailed
		keep = func() error { return t.list.Fail(whole, j, causeOf(err)) }
	}
	if kerr := t.persist(ctx, keep); kerr != nil {
		return kerr
	}
	if e.Kind == TriagePostponed {
		if err := t.turnedUp(whole, o); err != nil {
			return err
		}
	}
	t.book(e.Kind)
	t.tell(e)
	if t.trouble >= maxTrouble {
		return fmt.Errorf("%d slides in a row: %w: %w", t.trouble, ErrEngineTrouble, err)
	}
	return nil
}

// causeOf is an error as the worklist keeps it.
func causeOf(err error) worklist.Cause {
	return worklist.Cause{Kind: string(KindOf(err)), Text: err.Error()}
}

// book counts what ended.
func (t *triage) book(k TriageEventKind) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch k {
	case TriageDone:
		t.done++
	case TriageFailed:
		t.failed++
	default:
		return
	}
	t.left = max(t.left-1, 0)
}

// turnedUp has a slide tried at once whose file was found while it was put off for
// want of one.
func (t *triage) turnedUp(ctx context.Context, o *openedSlide) error {
	if !errors.Is(o.err, fs.ErrNotExist) {
		return nil
	}
	if _, err := t.locate(ctx, o.job); err != nil {
		return nil
	}
	return t.list.Wake(ctx, o.job.Case)
}

// maxTrouble is how many slides in a row may fail for a reason not theirs, and how
// often one slide may.
const maxTrouble = 3

// fault is what an error means for a slide.
type fault int

const (
	none    fault = iota
	forNow        // it is tried again
	forGood       // it failed
)

// faultOf judges an error, and counts those that are not the slides'.
func (t *triage) faultOf(o *openedSlide, err error) fault {
	switch {
	case err == nil:
		t.trouble = 0
		return none
	case passing(err) || o.changed():
		return forNow
	case ofSlide(err):
		t.trouble = 0
		return forGood
	}
	t.trouble++
	if o.job.Postponed < maxTrouble-1 {
		return forNow
	}
	return forGood
}

// passing reports whether an error may be gone when the slide is tried again: its
// file is not there, or cannot be read, at the moment.
func passing(err error) bool {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, slideio.ErrGivenUp) {
		return true
	}
	return slices.ContainsFunc(passingErrors(), func(e error) bool { return errors.Is(err, e) })
}

// ofSlide reports whether an error comes of the slide's own file.
func ofSlide(err error) bool {
	region, path := (*slideio.RegionError)(nil), (*fs.PathError)(nil)
	for _, own := range []error{slideio.ErrUnsupported, slideio.ErrCorrupt, slideio.ErrTooLarge,
		ErrResolutionUnknown, grid.ErrNoResolution} {
		if errors.Is(err, own) {
			return true
		}
	}
	return errors.As(err, &region) || errors.As(err, &path)
}

// openedSlide is a slide ready to be analysed, or why it is not.
type openedSlide struct {
	job        worklist.Job
	path       string
	file       slideFile // as it was when it was opened
	slide      slideio.Slide
	resolution slideio.Resolution
	err        error
}

func (o *openedSlide) close() {
	if o.slide != nil {
		o.slide.Close()
	}
}

// changed reports whether the file is not what it was when it was opened.
func (o *openedSlide) changed() bool {
	if o.slide == nil {
		return false
	}
	now, err := lookAt(o.path)
	return err != nil || !now.same(o.file)
}

// open finds the file of a job, opens it, and keeps a small picture of it where the
// worklist has none.
func (t *triage) open(ctx context.Context, j worklist.Job) *openedSlide {
	o := &openedSlide{job: j}
	o.file, o.err = t.locate(ctx, j)
	if o.path = o.file.path; o.err != nil {
		return o
	}
	if o.slide, o.err = t.w.Open(ctx, o.path); o.err != nil {
		return o
	}
	o.resolution, o.err = t.resolutionOf(o) // a slide of none has a picture too
	if has, err := t.list.HasPicture(ctx, j.Case); err != nil || has {
		return o
	}
	if p, err := pictureOf(ctx, o.slide); err == nil { // else the analysis will tell
		err = t.list.SetPicture(ctx, j.Case, p)
		if err != nil && ctx.Err() == nil {
			t.problem(err) // the slide is worth more than its picture
		}
	}
	return o
}

// resolutionOf is the resolution to analyse a slide at: what is stated of it, else the
// file's own, which what is stated of its folder may disagree with.
func (t *triage) resolutionOf(o *openedSlide) (slideio.Resolution, error) {
	if o.job.Stated > 0 || !t.inFolders(o.path) {
		return resolutionOf(o.slide, o.job.Stated)
	}
	return resolution(o.slide, t.stated(), true)
}

// locate finds a file that has the content of a job, in the folder that is worked on
// rather than elsewhere.
func (t *triage) locate(ctx context.Context, j worklist.Job) (slideFile, error) {
	places, err := t.list.PlacesOf(ctx, j.Case)
	if err != nil {
		return slideFile{}, err
	}
	paths := slices.SortedFunc(maps.Keys(places), func(a, b string) int {
		return strings.Compare(t.distance(a)+a, t.distance(b)+b)
	})
	err = fmt.Errorf("%s: no file of this content: %w", j.Content, fs.ErrNotExist)
	for i, path := range paths {
		f, lerr := t.isStill(path, places[path])
		if lerr == nil {
			return f, nil
		}
		if i == 0 {
			err = lerr
		}
	}
	return slideFile{path: firstOf(paths)}, err
}

func firstOf(paths []string) string {
	if len(paths) == 0 {
		return ""
	}
	return paths[0]
}

// distance sorts paths outside the folder that is worked on behind the others.
func (t *triage) distance(path string) string {
	if t.req.Only == "" || liesIn(t.req.Only, path) {
		return "0"
	}
	return "1"
}

// isStill makes sure that a file has the content that it had when it was seen.
func (t *triage) isStill(path string, p worklist.Place) (slideFile, error) {
	f, err := lookAt(path)
	if err != nil || p.Same(f.size, f.modified) {
		return f, err
	}
	id, err := slideio.ContentID(path)
	if err == nil && id != p.Content {
		err = fmt.Errorf("%s: has changed since it was seen: %w", path, fs.ErrNotExist)
	}
	return f, err
}

// analyse runs the model on an opened slide. The engine stays open for the next one.
func (t *triage) analyse(ctx context.Context, o *openedSlide) (r *result.Result, err error) {
	if o.err != nil {
		return nil, o.err
	}
	open := false
	err = t.w.use(ctx, t.req.Engine, func() {}, func(e *zoom.Engine) error {
		if e.Model.SHA256() != t.setup.ModelSHA256 || e.Encoder.Card.SHA256 != t.setup.EncoderSHA256 {
			return errModelChanged
		}
		open = true
		t.runs(e.Place.Device)
		defer func() { t.runs(e.Place.Device) }() // which may have moved for want of memory
		whole := newEstimate(func(p Progress) {
			t.tell(TriageEvent{Kind: TriageProgress, Slide: o.path, Case: o.job.Case, Progress: p.Progress, Fraction: p.Fraction})
		})
		whole.expect(e.Model.Config().Magnifications, e.Model.Config().K)
		r, err = e.Analyze(ctx, zoom.Request{Slide: o.slide, Resolution: o.resolution, Seed: t.req.Engine.Seed, Gate: t.w.quiet.gate()}, whole.report)
		return err
	})
	if err != nil && !open {
		return nil, &engineError{err}
	}
	return r, err
}

// engineError: there is nothing to analyse slides with.
type engineError struct{ err error }

func (e *engineError) Error() string { return e.err.Error() }
func (e *engineError) Unwrap() error { return e.err }

// errModelChanged: a result would be kept under the wrong model.
var errModelChanged = errors.New("the model's file was changed since triage began: begin again")

// pictureSide is the longer side of the small picture of a slide, in pixels.
const pictureSide = 192

// pictureOf draws what of a slide was scanned, small.
func pictureOf(ctx context.Context, s slideio.Slide) (worklist.Picture, error) {
	area := slideio.RectOf(s.Info().Bounds)
	w, h := pictureSide, pictureSide
	if area.W > area.H {
		h = max(int(pictureSide*area.H/area.W), 1)
	} else {
		w = max(int(pictureSide*area.W/area.H), 1)
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	if err := slideio.ReadArea(ctx, s, img, area); err != nil {
		return worklist.Picture{}, err
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 82})
	return worklist.Picture{Width: w, Height: h, Data: b.Bytes()}, err
}

// topSpots is how many places a small picture is marked with.
const topSpots = 6

// outcomeOf is a result as the worklist keeps it; the resolution is the one that the
// slide was taken for.
func outcomeOf(r *result.Result, resolution slideio.Resolution) (worklist.Outcome, error) {
	o := worklist.Outcome{
		Label: r.Prediction.Label, Probabilities: r.Prediction.Probabilities, Warnings: slideWarnings(r, resolution),
		Encoded: r.Counts.Encoded, Exhaustive: r.Counts.Exhaustive, Seconds: r.Seconds.Total,
		Device: r.Device.Used, Spots: spotsOf(r),
	}
	var document bytes.Buffer
	err := export.WriteJSON(&document, r)
	o.Document = document.Bytes()
	return o, err
}

// slideWarnings are the warnings that are the slide's own, of its tissue and its
// resolution, not the model's or the device's. That its patches leave out tissue comes
// of the model's settings, which leave out some of most small slides.
func slideWarnings(r *result.Result, resolution slideio.Resolution) []string {
	begins := func(text string) func(string) bool {
		return func(start string) bool { return strings.HasPrefix(text, start) }
	}
	var own []string
	for _, text := range r.Warnings {
		if slices.Contains(resolution.Doubts, text) || slices.ContainsFunc(ownWarnings(), begins(text)) {
			own = append(own, text)
		}
	}
	return own
}

// ownWarnings are the beginnings of warnings of a slide's tissue and resolution.
func ownWarnings() []string {
	return []string{"No tissue was found", "No patch holds ", "The slide was scanned at "}
}

// spotsOf are the places of most attention at the highest magnification, most first.
func spotsOf(r *result.Result) []worklist.Spot {
	if len(r.Levels) == 0 {
		return nil
	}
	area := export.Area(r.Slide)
	level := r.Levels[len(r.Levels)-1]
	var spots []worklist.Spot
	for _, pick := range export.Picks(level, topSpots) {
		p := level.Patches[pick.Index]
		spots = append(spots, worklist.Spot{
			X: (p.X - area.X) / area.Width, Y: (p.Y - area.Y) / area.Height,
			Width: p.Size / area.Width, Height: p.Height / area.Height, Attention: p.Attention,
		})
	}
	return spots
}

// TriageResult is the result of a run of a case that is done, with the path at which
// the slide lies now.
func TriageResult(ctx context.Context, list *worklist.Store, c worklist.Case) (*result.Result, error) {
	data, err := list.Document(ctx, c.Run)
	if err != nil {
		return nil, err
	}
	r, err := export.ReadJSON(bytes.NewReader(data))
	if err == nil && c.Path != "" {
		r.Slide.Path = c.Path
	}
	return r, err
}
