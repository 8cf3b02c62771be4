package app

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"zoomscope/app/worklist"
	"zoomscope/slideio"
)

const (
	statedBeside = "0.25 µm per pixel was stated, PNG pHYs gives 0.5"
	ownTaken     = "0.25 µm per pixel was stated, but PNG pHYs gives 0.5, which is taken"
)

// sized is a slide of which nothing but its resolution is known.
type sized struct {
	slideio.Slide
	info slideio.Info
}

func (s sized) Info() *slideio.Info { return &s.info }

func TestResolutionAmong(t *testing.T) {
	own := slideio.Resolution{X: 0.5, Y: 0.5, Source: "PNG pHYs", Doubts: []string{"an own one"}}
	for name, c := range map[string]struct {
		own    slideio.Resolution
		stated float64
		slides int
		x      float64 // 0 is unknown
		doubts []string
	}{
		"nothing stated":           {own, 0, 1, 0.5, own.Doubts},
		"nothing known":            {slideio.Resolution{}, 0, 1, 0, nil},
		"stated of one":            {own, 40, 1, 0.25, []string{statedBeside}},
		"stated the same":          {own, 20.5, 1, 10 / 20.5, nil},
		"stated of several":        {own, 40, 2, 0.5, []string{"an own one", ownTaken}},
		"several, stated as it is": {own, 20, 2, 0.5, own.Doubts},
		"several, it does not say": {slideio.Resolution{}, 40, 2, 0.25, nil},
		"one that does not say":    {slideio.Resolution{}, 40, 1, 0.25, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := resolutionAmong(sized{info: slideio.Info{Path: "a.png", Resolution: c.own}}, c.stated, c.slides)
			if errors.Is(err, ErrResolutionUnknown) != (c.x == 0) || r.X != c.x || !slices.Equal(r.Doubts, c.doubts) {
				t.Errorf("%+v, error %v", r, err)
			}
		})
	}
	if len(own.Doubts) != 1 {
		t.Errorf("the slide's own became %q", own.Doubts)
	}
}

// TestStatedMagnificationOfBatch analyses slides by a stated magnification, one alone
// and several, of which one says its own.
func TestStatedMagnificationOfBatch(t *testing.T) {
	d := newWard(t)
	known, unknown := d.draw(t, "known.png", 1), d.write(t, "unknown.png", tissuePNG(t, 700, 2, 0))
	for name, c := range map[string]struct {
		slides []string
		mpp    []float64
		doubt  string // of the first
	}{
		"one alone": {[]string{known}, []float64{0.25}, statedBeside},
		"several":   {[]string{known, unknown}, []float64{0.5, 0.25}, ownTaken},
	} {
		t.Run(name, func(t *testing.T) {
			outcomes, err := d.Analyze(t.Context(), AnalyzeRequest{Slides: c.slides, Engine: d.model, Magnification: 40}, nil)
			if err != nil {
				t.Fatal(err)
			}
			warned := map[string][]string{}
			extracted, err := d.Extract(t.Context(), ExtractRequest{
				Slides: c.slides, Out: t.TempDir(), Engine: d.model, Magnification: 40,
				Warn: func(slide string, warnings []string) { warned[slide] = warnings },
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i, o := range outcomes {
				if o.Err != nil || extracted[i].Err != nil {
					t.Fatal(o.Err, extracted[i].Err)
				}
				if o.Result.Slide.MPP[0] != c.mpp[i] || extracted[i].Extracted.Manifest.Slide.MPP[0] != c.mpp[i] {
					t.Errorf("%s is taken for %v, its bag for %v", o.Slide, o.Result.Slide.MPP, extracted[i].Extracted.Manifest.Slide.MPP)
				}
				if got := slices.Contains(o.Result.Warnings, c.doubt); got != (i == 0) || got != slices.Contains(warned[o.Slide], c.doubt) {
					t.Errorf("%s: %q, its bag %q", o.Slide, o.Result.Warnings, warned[o.Slide])
				}
			}
		})
	}
}

// TestStatedBagInBatch asks, in one folder, for the bag of a slide that was extracted
// alone, as one of several and alone again: it is kept where the slide would be taken
// for the same resolution.
func TestStatedBagInBatch(t *testing.T) {
	d := newWard(t)
	known, unknown := d.draw(t, "known.png", 1), d.write(t, "unknown.png", tissuePNG(t, 700, 2, 0))
	for name, c := range map[string]struct {
		first string
		kept  bool // by several
	}{
		"its file says otherwise": {known, false},
		"its file does not say":   {unknown, true},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			extract := func(slides ...string) ExtractOutcome {
				t.Helper()
				all, err := d.Extract(t.Context(), ExtractRequest{Slides: slides, Out: out, Engine: d.model, Magnification: 40}, nil)
				if err != nil {
					t.Fatal(err)
				}
				return all[slices.Index(slides, c.first)]
			}
			if o := extract(c.first); o.Err != nil || o.Extracted.Manifest.Slide.MPP[0] != 0.25 {
				t.Fatalf("alone: %+v", o)
			}
			several := extract(known, unknown)
			switch {
			case c.kept && (several.Err != nil || !several.Extracted.Reused):
				t.Errorf("of several: %+v", several)
			case !c.kept && (several.Err == nil || !strings.Contains(several.Err.Error(), "resolution")):
				t.Errorf("of several: %+v, want an error for its resolution", several)
			}
			if o := extract(c.first); o.Err != nil || !o.Extracted.Reused {
				t.Errorf("alone again: %+v", o)
			}
		})
	}
}

// TestTriageStatesWhatIsNotSaid states a magnification of a folder: slides that say
// their own keep it, and are not analysed again for it.
func TestTriageStatesWhatIsNotSaid(t *testing.T) {
	d := newWard(t)
	d.draw(t, "old.png", 1)
	d.write(t, "none.png", tissuePNG(t, 700, 2, 0))
	d.run(t, d.request())
	d.want(t, map[string]worklist.State{"old.png": worklist.Done, "none.png": worklist.Failed})
	d.draw(t, "new.png", 3)
	d.write(t, "later.png", tissuePNG(t, 700, 4, 0))
	req, m := d.request(), 40.0
	req.Magnification = &m
	if r := d.run(t, req); r.Done != 3 || r.Failed != 0 {
		t.Errorf("%+v", r)
	}
	for name, c := range d.want(t, map[string]worklist.State{"old.png": worklist.Done, "none.png": worklist.Done, "new.png": worklist.Done, "later.png": worklist.Done}) {
		warnings, err := d.list.Warnings(t.Context(), c.Run)
		if err != nil {
			t.Fatal(err)
		}
		r, err := TriageResult(t.Context(), d.list, c)
		if err != nil {
			t.Fatal(err)
		}
		says := name == "old.png" || name == "new.png"
		if (c.Stated == 0) != says || (r.Slide.MPP[0] == 0.5) != says || slices.Contains(warnings, ownTaken) != (name == "new.png") {
			t.Errorf("%s: stated %g, taken for %v, warnings %q", name, c.Stated, r.Slide.MPP, warnings)
		}
	}
	if r := d.run(t, req); r.Done+r.Failed != 0 {
		t.Errorf("again: %+v", r)
	}
	m = 0
	if r := d.run(t, req); r.Done != 0 || r.Failed != 1 { // later.png, which never failed for want of it
		t.Errorf("forgotten: %+v", r)
	}
}

// What is stated of one case goes before its file, and is a doubt.
func TestTriageStatedOfCase(t *testing.T) {
	d := newWard(t)
	d.draw(t, "a.png", 1)
	d.run(t, d.request())
	if err := d.list.StateMagnification(t.Context(), 40, d.cases(t)["a.png"].ID); err != nil {
		t.Fatal(err)
	}
	d.run(t, d.request())
	c := d.cases(t)["a.png"]
	if warnings, err := d.list.Warnings(t.Context(), c.Run); err != nil || !slices.Contains(warnings, statedBeside) {
		t.Errorf("%q, %v", warnings, err)
	}
}

// TestTriageKeepsWhatIsStatedOfCase states a magnification of a folder in which another
// one was stated of single slides: those keep it until it is forgotten.
func TestTriageKeepsWhatIsStatedOfCase(t *testing.T) {
	d := newWard(t)
	d.draw(t, "wrong.png", 1)
	d.write(t, "none.png", tissuePNG(t, 700, 2, 0))
	d.run(t, d.request())
	cases := d.cases(t)
	if err := d.list.StateMagnification(t.Context(), 40, cases["wrong.png"].ID, cases["none.png"].ID); err != nil {
		t.Fatal(err)
	}
	d.write(t, "new.png", tissuePNG(t, 700, 3, 0))
	for _, c := range []struct {
		name     string
		folder   float64
		done     int
		failed   int
		stated   map[string]float64
		problems int
	}{
		{"a magnification", 20, 3, 0, map[string]float64{"wrong.png": 40, "none.png": 40, "new.png": 20}, 1},
		{"that again", 20, 0, 0, map[string]float64{"wrong.png": 40, "none.png": 40, "new.png": 20}, 1},
		{"that of the cases", 40, 0, 0, map[string]float64{"wrong.png": 40, "none.png": 40, "new.png": 20}, 1},
		{"none", 0, 0, 1, map[string]float64{"wrong.png": 0, "none.png": 0, "new.png": 0}, 0},
		{"one after none", 10, 2, 0, map[string]float64{"wrong.png": 0, "none.png": 10, "new.png": 10}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := d.request()
			req.Magnification = &c.folder
			problems := 0
			r, err := d.triage(t.Context(), d.list, req, func(e TriageEvent) {
				if e.Kind == TriageProblem {
					problems++
				}
			}, d.times)
			if err != nil || r.Done != c.done || r.Failed != c.failed || problems != c.problems {
				t.Errorf("%+v, %d problems, error %v", r, problems, err)
			}
			for name, k := range d.cases(t) {
				if k.Stated != c.stated[name] {
					t.Errorf("%s: stated %g, want %g", name, k.Stated, c.stated[name])
				}
				if k.State != worklist.Done || k.Stated == 0 {
					continue
				}
				if r, err := TriageResult(t.Context(), d.list, k); err != nil || r.Slide.MPP[0] != 10/k.Stated {
					t.Errorf("%s: taken for %v, error %v", name, r, err)
				}
			}
		})
	}
}
