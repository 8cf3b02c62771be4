package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zoomscope/engine/bag"
	"zoomscope/engine/grid"
	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/engine/tissue"
	"zoomscope/engine/zoom"
	"zoomscope/slideio"
)

// Ids of contents.
var (
	idA = strings.Repeat("aa", 32)
	idB = strings.Repeat("bb", 32)
)

func bagManifest(id string) bag.Manifest {
	settings, _ := tissue.Preset("crc")
	return bag.Manifest{
		Slide: result.Slide{Path: "s.svs", MPP: [2]float64{0.5, 0.5}, MPPSource: "tiff", Bounds: result.Rect{Width: 1024, Height: 1024}}, ContentID: id, Magnifications: []float64{5, 10},
		PatchSize: 256, Encoder: result.Encoder{Name: "mean", Dim: 1}, Tissue: settings,
	}
}

// saveBag writes a bag of one patch at 5x and its four at 10x.
func saveBag(t *testing.T, path string, m bag.Manifest) string {
	t.Helper()
	b, err := bag.New(m, []bag.Level{
		{Cells: []grid.Cell{{}}, Features: []float32{1}},
		{Cells: []grid.Cell{{}, {Column: 1}, {Row: 1}, {Column: 1, Row: 1}}, Features: []float32{1, 2, 3, 4}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Save(path, safetensors.F16); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBagNames(t *testing.T) {
	for name, c := range map[string]struct {
		there             map[string]string // content, by the bag's name
		slides, ids, want []string
	}{
		"after the slide":              {nil, []string{"a/one.svs", "b/two.svs"}, []string{idA, idB}, []string{"one", "two"}},
		"two of one name":              {nil, []string{"a/one.svs", "b/one.svs"}, []string{idA, idB}, []string{"one-aaaaaaaa", "one-bbbbbbbb"}},
		"apart by case alone":          {nil, []string{"a/One.svs", "b/one.tiff"}, []string{idA, idB}, []string{"One-aaaaaaaa", "one-bbbbbbbb"}},
		"the same slide twice":         {nil, []string{"a/one.svs", "b/one.svs"}, []string{idA, idA}, []string{"one", "one"}},
		"the name is another's":        {map[string]string{"one": idB}, []string{"a/one.svs"}, []string{idA}, []string{"one-aaaaaaaa"}},
		"the name is its own":          {map[string]string{"one": idA}, []string{"a/one.svs", "b/one.svs"}, []string{idA, idB}, []string{"one", "one-bbbbbbbb"}},
		"begun beside another's":       {map[string]string{"one-aaaaaaaa": idA}, []string{"a/one.svs"}, []string{idA}, []string{"one-aaaaaaaa"}},
		"three, of which two the same": {nil, []string{"a/o.svs", "b/o.svs", "c/o.svs"}, []string{idA, idB, idA}, []string{"o-aaaaaaaa", "o-bbbbbbbb", "o-aaaaaaaa"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for bag, id := range c.there {
				saveBag(t, filepath.Join(dir, bag+BagExt), bagManifest(id))
			}
			for i := range c.want {
				c.want[i] = filepath.Join(dir, c.want[i]+BagExt)
			}
			if got := bagNames(dir, c.slides, c.ids); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	dir := t.TempDir()
	damaged := filepath.Join(dir, "one"+BagExt)
	if err := os.WriteFile(damaged, []byte("no"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := bagNames(dir, []string{"one.svs"}, []string{idA}); got[0] != damaged {
		t.Errorf("beside a damaged bag: %q", got)
	}
}

func TestThere(t *testing.T) {
	settings := bagManifest(idA).Tissue
	for name, c := range map[string]struct {
		change func(*extracting, *bag.Manifest)
		says   string // of the error; "" for none
		opens  bool   // the slide must be opened
	}{
		"the same":        {func(*extracting, *bag.Manifest) {}, "", false},
		"another slide":   {func(_ *extracting, m *bag.Manifest) { m.ContentID = idB }, "another slide", false},
		"another encoder": {func(_ *extracting, m *bag.Manifest) { m.Encoder.Name = "other" }, "by the encoder other", false},
		"other tissue":    {func(x *extracting, _ *bag.Manifest) { x.template.Tissue.Threshold = 0.9 }, "threshold 0.9", false},
		"other levels":    {func(x *extracting, _ *bag.Manifest) { x.template.Magnifications = []float64{5, 20} }, "[5 10], not [5 20]", false},
		"full precision":  {func(x *extracting, _ *bag.Manifest) { x.template.Type = safetensors.F32 }, "half precision", false},
		"imported": {func(_ *extracting, m *bag.Manifest) {
			m.Source = &bag.Source{Layout: "clam", Files: []bag.SourceFile{{}}}
		}, "imported", false},
		"stated, but was not": {func(x *extracting, _ *bag.Manifest) { x.req.Magnification = 20 }, "", true},
		"was stated":          {func(_ *extracting, m *bag.Manifest) { m.Slide.MPPSource = slideio.Stated(20).Source }, "", true},
		"stated as before": {func(x *extracting, m *bag.Manifest) {
			x.req.Magnification, m.Slide.MPPSource = 20, slideio.Stated(20).Source
		}, "", false},
		"stated as before, of several": {func(x *extracting, m *bag.Manifest) {
			x.req.Slides = append(x.req.Slides, "other.png")
			x.req.Magnification, m.Slide.MPPSource = 20, slideio.Stated(20).Source
		}, "", true},
		"stated of several, but was not": {func(x *extracting, _ *bag.Manifest) {
			x.req.Slides = append(x.req.Slides, "other.png")
			x.req.Magnification = 20
		}, "", false},
		"stated otherwise": {func(x *extracting, m *bag.Manifest) {
			x.req.Magnification, m.Slide.MPPSource = 40, slideio.Stated(20).Source
		}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			x := &extracting{
				req: &ExtractRequest{Slides: []string{"s.png"}}, encoder: zoom.EncoderKind{Card: result.Encoder{Name: "mean", Dim: 1}, Side: 256},
				template: zoom.ExtractRequest{Magnifications: []float64{5, 10}, Tissue: settings, Type: safetensors.F16},
			}
			m := bagManifest(idA)
			c.change(x, &m)
			path := saveBag(t, filepath.Join(t.TempDir(), "s"), m)
			done, err := x.there(path, idA)
			switch {
			case c.says != "":
				if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "remove it") {
					t.Errorf("error %v", err)
				}
			case err != nil || (done == nil) != c.opens:
				t.Errorf("%+v, %v", done, err)
			case done != nil && (!done.Reused || !slices.Equal(done.Patches, []int{1, 4})):
				t.Errorf("%+v", done)
			}
		})
	}
}

func TestPace(t *testing.T) {
	finished := []ExtractOutcome{{Extracted: &zoom.Extracted{Patches: []int{10, 40}}}, {}, {}, {}}
	clock := time.Unix(0, 0)
	p := newPace([]float64{5, 10}, finished, 3)
	p.now = func() time.Time { return clock }
	at := func(seconds int, stage string, done, total int) {
		clock = time.Unix(int64(seconds), 0)
		p.update(result.Progress{Stage: stage, Done: done, Total: total})
	}
	check := func(want PaceNow) {
		t.Helper()
		if got := p.Now(); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	check(PaceNow{Total: 150})
	at(0, "finding tissue", 0, 1)
	check(PaceNow{Total: 150})
	at(0, "encoding 5x", 6, 20) // 6 were there
	check(PaceNow{Done: 6, Total: 100 + 2*75})
	at(7, "encoding 5x", 20, 20)
	check(PaceNow{Done: 20, Total: 250, PerSecond: 2, Left: 115 * time.Second})
	at(7, "encoding 10x", 0, 80)
	at(27, "encoding 10x", 40, 80)
	check(PaceNow{Done: 60, Total: 250, PerSecond: 2, Left: 95 * time.Second})
	at(47, "encoding 10x", 80, 80)
	p.next()
	check(PaceNow{Done: 100, Total: 250, PerSecond: 2, Left: 75 * time.Second})
	p.next() // one that failed
	at(47, "encoding 5x", 0, 10)
	check(PaceNow{Done: 100, Total: 150, PerSecond: 2, Left: 25 * time.Second})
	at(52, "encoding 5x", 10, 10)
	at(72, "encoding 10x", 0, 40)
	at(72, "encoding 10x", 40, 40)
	p.next()
	if got := p.Now(); got.Done != 150 || got.Total != 150 || got.Left != 0 {
		t.Errorf("at the end %+v", got)
	}
}
