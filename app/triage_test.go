package app

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zoomscope/app/worklist"
	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
	"zoomscope/packaging/testenv"
	"zoomscope/slideio"
	"zoomscope/slideio/drivers"
)

// ward is a workspace with a worklist, a small model, and a folder for slides.
type ward struct {
	*Workspace
	list   *worklist.Store
	model  EngineOptions
	slides string
	times  triageTimes
	open   atomic.Int64 // slides that are open
	opened atomic.Int64 // slides that were ever opened
}

// hasty does not wait for anything.
func hasty() triageTimes {
	return triageTimes{
		rest: 20 * time.Millisecond, old: 0, looks: 50, period: 50 * time.Millisecond, settle: time.Millisecond,
		patience: 50 * time.Millisecond, retry: time.Millisecond,
	}
}

func newWard(t *testing.T) *ward {
	t.Helper()
	dir := t.TempDir()
	d := &ward{slides: filepath.Join(dir, "slides"), times: hasty()}
	d.Workspace = New(Config{Devices: device.New([]string{testenv.ORT(t)}), DataDir: dir})
	d.Drivers = []slideio.Driver{counting{drivers.Raster(0), d}}
	t.Cleanup(func() { d.Close() })
	if err := os.Mkdir(d.slides, 0o755); err != nil {
		t.Fatal(err)
	}
	d.model = smallModel(t, dir, 1)
	d.reopen(t)
	t.Cleanup(func() { d.list.Close() })
	return d
}

// reopen is what a new start of the program does.
func (d *ward) reopen(t *testing.T) {
	t.Helper()
	if d.list != nil {
		d.list.Close()
	}
	list, err := worklist.Open(t.Context(), filepath.Join(d.DataDir, worklist.FileName))
	if err != nil {
		t.Fatal(err)
	}
	d.list = list
}

// counting counts the slides that are open.
type counting struct {
	slideio.Driver
	ward *ward
}

type counted struct {
	slideio.Slide
	ward *ward
}

func (c counting) Open(ctx context.Context, path string) (slideio.Slide, error) {
	s, err := c.Driver.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	c.ward.open.Add(1)
	c.ward.opened.Add(1)
	return counted{s, c.ward}, nil
}

func (c counted) Close() error {
	c.ward.open.Add(-1)
	return c.Slide.Close()
}

// smallModel is an untrained model at 10x and 20x, with an encoder that gives mean
// colours.
func smallModel(t *testing.T, dir string, seed uint64) EngineOptions {
	t.Helper()
	g := nn.NewGraph("mean")
	x := g.Input("pixels", nn.Float32, nn.Symbol("B"), nn.Fixed(3), nn.Fixed(256), nn.Fixed(256))
	g.Output("channels", g.ReduceMean(x, false, 2, 3))
	network, err := g.ONNX()
	if err != nil {
		t.Fatal(err)
	}
	spec, err := encoder.ImportONNX(network, encoder.Description{Name: "mean", Licence: "CC0"})
	if err != nil {
		t.Fatal(err)
	}
	settings, _ := tissue.Preset("crc")
	m, err := mil.New(mil.Config{
		Name: "small", Method: mil.ZoomMIL, Classes: []string{"benign", "malignant"}, Magnifications: []float64{10, 20}, K: []int{1},
		PatchSize: encoder.Side, Encoder: resultCard(spec.Card()), Tissue: settings, Sizes: mil.Sizes{Hidden: 4, Embedding: 8}, Classifier: mil.Linear,
	}, seed)
	if err != nil {
		t.Fatal(err)
	}
	o := EngineOptions{Model: filepath.Join(dir, fmt.Sprintf("model%d.safetensors", seed)), Encoder: filepath.Join(dir, "mean.onnx"), Device: string(device.CPU), Threads: 1}
	if err := errors.Join(m.Save(o.Model), spec.Save(o.Encoder)); err != nil {
		t.Fatal(err)
	}
	return o
}

// draw makes a slide of tissue of some colour, scanned at 20x by its own word.
func (d *ward) draw(t *testing.T, name string, shade uint8) string {
	t.Helper()
	return d.write(t, name, tissuePNG(t, 700, shade, 2_000_000))
}

func (d *ward) write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(d.slides, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
		t.Fatal(err)
	}
	return path
}

// tissuePNG is a picture of so many pixels a metre, 0 for one that does not say.
func tissuePNG(t *testing.T, side int, shade uint8, density uint32) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			c := color.RGBA{255, 255, 255, 255}
			if shade > 0 && x > side/10 && y > side/10 {
				c = color.RGBA{150 + shade, uint8(70 + y/32%5*10), 170 - shade, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if density == 0 {
		return b.Bytes()
	}
	chunk := append([]byte("pHYs"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, density), density)...)
	chunk = append(chunk, 1)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk))
	chunk = append([]byte{0, 0, 0, 9}, chunk...)
	return slices.Concat(b.Bytes()[:33], chunk, b.Bytes()[33:]) // after the header
}

// request is for all pictures of the ward.
func (d *ward) request() TriageRequest {
	return TriageRequest{Folders: []worklist.Folder{{Path: d.slides, Images: true}}, Only: d.slides, Engine: d.model}
}

// run triages the ward's slides.
func (d *ward) run(t *testing.T, req TriageRequest) *TriageReport {
	t.Helper()
	r, err := d.triage(t.Context(), d.list, req, nil, d.times)
	if err != nil {
		t.Fatal(err)
	}
	if n := d.open.Load(); n != 0 {
		t.Errorf("%d slides were left open", n)
	}
	return r
}

// cases are those of the ward's model, by name.
func (d *ward) cases(t *testing.T) map[string]worklist.Case {
	t.Helper()
	setup, err := d.TriageSetup(d.model)
	if err == nil {
		setup, err = d.list.Use(t.Context(), setup)
	}
	if err != nil {
		t.Fatal(err)
	}
	all, err := d.list.List(t.Context(), worklist.Query{Setup: setup})
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]worklist.Case{}
	for _, c := range all {
		cases[c.Name] = c
	}
	if len(cases) != len(all) {
		t.Errorf("names twice in %+v", all)
	}
	return cases
}

func (d *ward) want(t *testing.T, states map[string]worklist.State) map[string]worklist.Case {
	t.Helper()
	cases := d.cases(t)
	for name, c := range cases {
		if c.State != states[name] {
			t.Errorf("%s is %q (%s), want %q", name, c.State, c.Reason, states[name])
		}
	}
	if len(cases) != len(states) {
		t.Errorf("%d cases, want %d", len(cases), len(states))
	}
	return cases
}

func TestTriage(t *testing.T) {
	d := newWard(t)
	d.draw(t, "a.png", 1)
	d.draw(t, "sub/b.png", 20)
	d.write(t, "bad.png", []byte("not a picture"))
	d.write(t, "unknown.png", tissuePNG(t, 700, 40, 0))
	d.write(t, "notes.txt", []byte("not a slide"))
	states := map[string]worklist.State{"a.png": worklist.Done, "b.png": worklist.Done, "bad.png": worklist.Failed, "unknown.png": worklist.Failed}
	if r := d.run(t, d.request()); r.Done != 2 || r.Failed != 2 || len(r.Problems) != 0 {
		t.Errorf("%+v", r)
	}
	cases := d.want(t, states)
	if c := cases["unknown.png"]; !strings.Contains(c.Reason, ErrResolutionUnknown.Error()) {
		t.Errorf("unknown.png: %s", c.Reason)
	}

	t.Run("what is kept", func(t *testing.T) {
		c := cases["a.png"]
		r, err := TriageResult(t.Context(), d.list, c)
		if err != nil {
			t.Fatal(err)
		}
		alone, err := d.Analyze(t.Context(), AnalyzeRequest{Slides: []string{c.Path}, Engine: d.model}, nil)
		if err != nil || alone[0].Err != nil {
			t.Fatal(err, alone)
		}
		if !slices.Equal(r.Prediction.Probabilities, alone[0].Result.Prediction.Probabilities) || !slices.Equal(c.Opinion.Probabilities, r.Prediction.Probabilities) ||
			c.Opinion.Label != r.Prediction.Label || c.Encoded != r.Counts.Encoded || r.Slide.Path != c.Path {
			t.Errorf("%+v of %+v", c.Opinion, r.Prediction)
		}
		pictures, err := d.list.Pictures(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		small, err := jpeg.Decode(bytes.NewReader(pictures[c.ID].Data))
		if err != nil || small.Bounds().Dx() != pictureSide || pictures[c.ID].Height != pictureSide {
			t.Errorf("picture of %v, %v", small.Bounds(), err)
		}
		if len(c.Opinion.Spots) == 0 {
			t.Error("no spots")
		}
		for _, s := range c.Opinion.Spots {
			if s.X < 0 || s.X >= 1 || s.Y < 0 || s.Y >= 1 || s.Width <= 0 || s.Attention <= 0 {
				t.Errorf("spot %+v", s)
			}
		}
	})
	t.Run("again", func(t *testing.T) {
		d.reopen(t)
		before := d.opened.Load()
		if r := d.run(t, d.request()); r.Done != 0 || r.Failed != 0 || d.opened.Load() != before {
			t.Errorf("%+v, %d slides opened", r, d.opened.Load()-before)
		}
		d.want(t, states)
	})
	t.Run("failed again", func(t *testing.T) {
		req := d.request()
		req.RetryFailed = true
		if r := d.run(t, req); r.Done != 0 || r.Failed != 2 {
			t.Errorf("%+v", r)
		}
		if c := d.want(t, states)["bad.png"]; c.Tries != 2 {
			t.Errorf("%d tries", c.Tries)
		}
	})
	t.Run("stated magnification", func(t *testing.T) {
		req, m := d.request(), 20.0
		req.Magnification = &m
		if r := d.run(t, req); r.Done != 1 || r.Failed != 0 { // the one that failed for want of it
			t.Errorf("%+v", r)
		}
		states["unknown.png"] = worklist.Done
		d.want(t, states)
		if r := d.run(t, d.request()); r.Done+r.Failed != 0 {
			t.Errorf("it was not remembered: %+v", r)
		}
	})
	t.Run("another model", func(t *testing.T) {
		d.model = smallModel(t, d.DataDir, 2)
		if r := d.run(t, d.request()); r.Done != 3 || r.Failed != 1 {
			t.Errorf("%+v", r)
		}
	})
}

func TestTriageMoves(t *testing.T) {
	d := newWard(t)
	a := d.draw(t, "a.png", 1)
	d.draw(t, "b.png", 20)
	d.run(t, d.request())
	done := func(names ...string) map[string]worklist.Case {
		t.Helper()
		states := map[string]worklist.State{}
		for _, n := range names {
			states[n] = worklist.Done
		}
		return d.want(t, states)
	}
	first := done("a.png", "b.png")["a.png"]

	moved := filepath.Join(d.slides, "sub", "c.png")
	if err := errors.Join(os.Mkdir(filepath.Dir(moved), 0o755), os.Rename(a, moved)); err != nil {
		t.Fatal(err)
	}
	if r := d.run(t, d.request()); r.Done != 0 {
		t.Errorf("analysed again after a move: %+v", r)
	}
	if c := done("b.png", "c.png")["c.png"]; c.ID != first.ID || c.Path != moved || c.Places != 1 {
		t.Errorf("after a move: %+v", c)
	}
	d.draw(t, "copy.png", 1)
	if r := d.run(t, d.request()); r.Done != 0 {
		t.Errorf("a copy was analysed: %+v", r)
	}
	if c := done("b.png", "copy.png")["copy.png"]; c.ID != first.ID || c.Places != 2 {
		t.Errorf("after a copy: %+v", c)
	}
	d.draw(t, "copy.png", 60) // overwritten by another slide
	if r := d.run(t, d.request()); r.Done != 1 {
		t.Errorf("after overwriting: %+v", r)
	}
	if c := done("b.png", "c.png", "copy.png")["copy.png"]; c.ID == first.ID {
		t.Error("another content kept the results of the old one")
	}
	if err := os.Remove(moved); err != nil {
		t.Fatal(err)
	}
	d.run(t, d.request())
	if c := done("b.png", "c.png", "copy.png")["c.png"]; !c.Missing || c.Opinion == nil {
		t.Errorf("after removing: %+v", c)
	}
}

func TestTriageOutOfReach(t *testing.T) {
	d := newWard(t)
	d.draw(t, "a.png", 1)
	d.run(t, d.request())
	d.draw(t, "b.png", 20)
	if _, err := d.list.See(t.Context(), []worklist.Sighting{{Path: filepath.Join(d.slides, "b.png"), Content: mustID(t, filepath.Join(d.slides, "b.png"))}}); err != nil {
		t.Fatal(err)
	}
	away := d.slides + " away"
	if err := os.Rename(d.slides, away); err != nil {
		t.Fatal(err)
	}
	r := d.run(t, d.request())
	if r.Done+r.Failed != 0 || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Error(), "out of reach") {
		t.Errorf("%+v", r)
	}
	if err := os.Rename(away, d.slides); err != nil {
		t.Fatal(err)
	}
	if r := d.run(t, d.request()); r.Done != 1 || len(r.Problems) != 0 {
		t.Errorf("once it is back: %+v", r)
	}
	d.want(t, map[string]worklist.State{"a.png": worklist.Done, "b.png": worklist.Done})

	unknown := d.request()
	unknown.Folders[0].Path = filepath.Join(d.slides, "none")
	if _, err := d.triage(t.Context(), d.list, unknown, nil, d.times); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that never was: %v", err)
	}
}

func mustID(t *testing.T, path string) string {
	t.Helper()
	id, err := slideio.ContentID(path)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// A file that goes away before its turn waits, and is done when it is back.
func TestTriageVanished(t *testing.T) {
	d := newWard(t)
	data := tissuePNG(t, 700, 20, 2_000_000)
	path := d.write(t, "a.png", data)
	if _, err := d.list.See(t.Context(), []worklist.Sighting{{Path: path, Content: mustID(t, path), Size: int64(len(data))}}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	d.draw(t, "b.png", 1)
	if r := d.run(t, d.request()); r.Done != 1 || r.Failed != 0 {
		t.Errorf("%+v", r)
	}
	if c := d.want(t, map[string]worklist.State{"a.png": worklist.Queued, "b.png": worklist.Done})["a.png"]; c.Postponed == 0 || c.Reason == "" || !c.Missing {
		t.Errorf("%+v", c)
	}
	d.write(t, "elsewhere/c.png", data)
	if r := d.run(t, d.request()); r.Done != 1 {
		t.Errorf("%+v", r)
	}
	d.want(t, map[string]worklist.State{"c.png": worklist.Done, "b.png": worklist.Done})
}

// Watched folders: what comes is done once it rests, until triage is cancelled.
func TestTriageWatch(t *testing.T) {
	for name, period := range map[string]time.Duration{"told by the system": time.Hour, "looking now and then": 30 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			d := newWard(t)
			d.times.period, d.times.old, d.times.rest = period, time.Hour, 600*time.Millisecond
			d.draw(t, "a.png", 1)
			req := d.request()
			req.Folders[0].Watch = true
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done, idle := make(chan string, 10), make(chan bool, 100)
			ended := make(chan error, 1)
			go func() {
				_, err := d.triage(ctx, d.list, req, func(e TriageEvent) {
					switch e.Kind {
					case TriageDone:
						done <- filepath.Base(e.Slide)
					case TriageIdle:
						idle <- true
					case TriageFailed, TriageProblem, TriagePostponed:
						t.Errorf("%+v", e)
					}
				}, d.times)
				ended <- err
			}()
			if first := <-done; first != "a.png" {
				t.Errorf("%s is done", first)
			}
			<-idle
			data := tissuePNG(t, 700, 30, 2_000_000)
			for i := range 8 { // a slow copy
				d.write(t, "new/b.png", data[:len(data)*(i+1)/8])
				time.Sleep(30 * time.Millisecond)
			}
			select {
			case name := <-done:
				if name != "b.png" {
					t.Errorf("%s is done", name)
				}
			case <-time.After(20 * time.Second):
				t.Error("the new slide was not noticed")
			}
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v", err)
			}
			if c := d.want(t, map[string]worklist.State{"a.png": worklist.Done, "b.png": worklist.Done})["b.png"]; c.Tries != 1 {
				t.Errorf("%d tries", c.Tries)
			}
		})
	}
}

// A watched folder that was out of reach and is back is no problem any more.
func TestTriageWatchedFolderComesBack(t *testing.T) {
	d := newWard(t)
	d.times.period = 20 * time.Millisecond
	d.draw(t, "a.png", 1)
	req := d.request()
	req.Folders[0].Watch = true
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	away := d.slides + " away"
	gone, back := false, false // of the goroutine of events
	r, err := d.triage(ctx, d.list, req, func(e TriageEvent) {
		switch {
		case e.Kind == TriageDone:
			gone = true
			if err := os.Rename(d.slides, away); err != nil {
				t.Error(err)
				cancel()
			}
		case e.Kind == TriageProblem && gone && !back: // others may come before
			back = true
			if err := os.Rename(away, d.slides); err != nil {
				t.Error(err)
				cancel()
			}
		case e.Kind == TriageLooking && back:
			cancel()
		}
	}, d.times)
	if !back || !errors.Is(err, context.Canceled) || r == nil || r.Done != 1 || len(r.Problems) != 0 {
		t.Errorf("went away %t, came back %t, %+v, %v", gone, back, r, err)
	}
}

// Cancelling keeps the queue, and nothing is done twice.
func TestTriageCancelled(t *testing.T) {
	d := newWard(t)
	for i := range 6 {
		d.draw(t, fmt.Sprintf("s%d.png", i), uint8(10*i+1))
	}
	seen := map[int64]int{}
	for round := 0; ; round++ {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := d.triage(ctx, d.list, d.request(), func(e TriageEvent) {
			if e.Kind == TriageDone {
				seen[e.Case]++
			}
			if e.Kind == TriageProgress && e.Progress.Stage != "finding tissue" && e.Ended == 2 {
				cancel()
			}
		}, d.times)
		cancel()
		if n := d.open.Load(); n != 0 {
			t.Errorf("%d slides were left open", n)
		}
		if err == nil {
			if round == 0 {
				t.Error("was not cancelled")
			}
			break
		}
		for name, c := range d.cases(t) {
			if c.State == worklist.Running || c.State == worklist.Failed {
				t.Errorf("%s is %s", name, c.State)
			}
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d of 6 were done", len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("case %d was done %d times", id, n)
		}
	}
}

func TestTriageWithoutRuntime(t *testing.T) {
	d := newWard(t)
	d.draw(t, "a.png", 1)
	d.Devices = device.New([]string{filepath.Join(t.TempDir(), "none.so")})
	_, err := d.triage(t.Context(), d.list, d.request(), nil, d.times)
	if !errors.Is(err, device.ErrNoRuntime) {
		t.Fatalf("%v", err)
	}
	if c := d.want(t, map[string]worklist.State{"a.png": worklist.Queued})["a.png"]; c.Reason != "" {
		t.Errorf("%+v", c)
	}
}

// A model that is written over meanwhile must not answer in the name of the old one.
func TestTriageModelChanges(t *testing.T) {
	d := newWard(t)
	d.draw(t, "a.png", 1)
	d.draw(t, "b.png", 30)
	other, err := os.ReadFile(smallModel(t, t.TempDir(), 5).Model)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.triage(t.Context(), d.list, d.request(), func(e TriageEvent) {
		if e.Kind == TriageDone {
			if err := os.WriteFile(d.model.Model, other, 0o644); err != nil {
				t.Error(err)
			}
		}
	}, d.times)
	if !errors.Is(err, errModelChanged) {
		t.Errorf("%v", err)
	}
}

// Slides that fail one after the other for a reason not theirs end the triage, and
// stay in the queue.
func TestEngineTrouble(t *testing.T) {
	d := newWard(t)
	tr := &triage{w: d.Workspace, list: d.list, times: d.times, said: map[string]bool{}}
	strange := errors.New("the device is lost")
	setup, err := d.list.Use(t.Context(), worklist.Setup{Model: "m", Classes: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	var seen []worklist.Sighting
	for i := range 3 {
		seen = append(seen, worklist.Sighting{Path: fmt.Sprintf("/s%d", i), Content: fmt.Sprint(i)})
	}
	if _, err := d.list.See(t.Context(), seen); err != nil {
		t.Fatal(err)
	}
	if _, err := d.list.Enqueue(t.Context(), setup.ID, "", false); err != nil {
		t.Fatal(err)
	}
	jobs, err := d.list.Next(t.Context(), setup.ID, "", 3)
	if err != nil || len(jobs) != 3 {
		t.Fatal(err, jobs)
	}
	for i, j := range jobs {
		if taken, err := d.list.Begin(t.Context(), j); !taken || err != nil {
			t.Fatal(err)
		}
		err := tr.end(t.Context(), j, &openedSlide{job: j}, nil, strange)
		if last := i == 2; errors.Is(err, ErrEngineTrouble) != last || last && !errors.Is(err, strange) || !last && err != nil {
			t.Errorf("slide %d: %v", i, err)
		}
	}
	if n, _, err := d.list.Waiting(t.Context(), setup.ID, ""); n != 3 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
}

func TestFaults(t *testing.T) {
	region := &slideio.RegionError{Err: slideio.ErrCorrupt}
	for name, c := range map[string]struct {
		err  error
		want fault
	}{
		"none":          {nil, none},
		"corrupt":       {fmt.Errorf("x: %w", slideio.ErrCorrupt), forGood},
		"unsupported":   {slideio.ErrUnsupported, forGood},
		"a region":      {region, forGood},
		"no resolution": {ErrResolutionUnknown, forGood},
		"not readable":  {&fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}, forGood},
		"gone":          {&fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}, forNow},
		"bad drive":     {fmt.Errorf("read: %w", passingErrors()[0]), forNow},
		"given up":      {slideio.ErrGivenUp, forNow},
		"strange":       {errors.New("strange"), forNow},
	} {
		tr := &triage{}
		if is := tr.faultOf(&openedSlide{}, c.err); is != c.want {
			t.Errorf("%s: %v, want %v", name, is, c.want)
		}
		if (tr.trouble > 0) != (name == "strange") {
			t.Errorf("%s: trouble %d", name, tr.trouble)
		}
	}
	often := &triage{}
	if is := often.faultOf(&openedSlide{job: worklist.Job{Postponed: maxTrouble - 1}}, errors.New("strange")); is != forGood {
		t.Errorf("the third time: %v", is)
	}
	gone := &openedSlide{slide: counted{}, path: filepath.Join(t.TempDir(), "gone")}
	if is := often.faultOf(gone, region); is != forNow {
		t.Errorf("a file that is gone: %v", is)
	}
}

func TestPersist(t *testing.T) {
	tr := &triage{times: hasty(), said: map[string]bool{}}
	full := fmt.Errorf("x: %w", worklist.ErrFull)
	n := 0
	if err := tr.persist(t.Context(), func() error {
		if n++; n < 3 {
			return full
		}
		return nil
	}); err != nil || n != 3 || len(tr.said) != 1 {
		t.Errorf("%v after %d tries, problems %v", err, n, tr.said)
	}
	if err := tr.persist(t.Context(), func() error { return full }); !errors.Is(err, worklist.ErrFull) {
		t.Errorf("a disk that stays full: %v", err)
	}
	tr.req.Folders = []worklist.Folder{{Watch: true}}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := tr.persist(ctx, func() error { n++; return full }); !errors.Is(err, context.DeadlineExceeded) || n < 6 {
		t.Errorf("watching: %v after %d tries", err, n)
	}
}

// The warnings that count are the slide's: these are what the engine says of a slide
// without tissue that was scanned too low.
func TestSlideWarnings(t *testing.T) {
	d := newWard(t)
	d.write(t, "blank.png", tissuePNG(t, 300, 0, 500_000)) // 5x
	d.draw(t, "good.png", 30)
	d.run(t, d.request())
	cases := d.want(t, map[string]worklist.State{"blank.png": worklist.Done, "good.png": worklist.Done})
	texts, err := d.list.Warnings(t.Context(), cases["blank.png"].Run)
	if err != nil || len(texts) != 2 || !strings.HasPrefix(texts[0], "The slide was scanned at 5x") || !strings.HasPrefix(texts[1], "No tissue") {
		t.Errorf("%q, %v", texts, err)
	}
	if n := cases["good.png"].Warnings; n != 0 {
		t.Errorf("%d warnings of a good slide by an untrained model", n)
	}
	thin := "No patch holds the 10 % tissue that the tissue settings ask for, so that every patch of the slide was read."
	doubted := slideWarnings(&result.Result{Warnings: []string{"the model is bad", grid.Coverage{LeftOut: 0.3, Threshold: 0.5}.Warning(), thin, "two sources disagree"}}, slideio.Resolution{Doubts: []string{"two sources disagree"}})
	if !slices.Equal(doubted, []string{thin, "two sources disagree"}) {
		t.Errorf("%q", doubted)
	}
}

// The files of a DICOM series are one slide.
func TestTriageSeries(t *testing.T) {
	d := newWard(t)
	data := filepath.Join(testenv.Data(t), "slides", "tiny")
	d.Drivers = []slideio.Driver{drivers.OpenSlide(testenv.OpenSlide(t)), drivers.Raster(0)}
	for _, name := range []string{"boxes_0.dcm", "boxes_1.dcm"} {
		content, err := os.ReadFile(filepath.Join(data, name))
		if err != nil {
			t.Skip(err)
		}
		d.write(t, "series/"+name, content)
	}
	d.write(t, "series/broken.dcm", []byte("no DICOM"))
	d.run(t, d.request())
	d.want(t, map[string]worklist.State{"boxes_0.dcm": worklist.Done, "broken.dcm": worklist.Failed})
	if r := d.run(t, d.request()); r.Done+r.Failed != 0 {
		t.Errorf("again: %+v", r)
	}
}

func TestTriageOneAtATime(t *testing.T) {
	d := newWard(t)
	give, err := d.list.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.triage(t.Context(), d.list, d.request(), nil, d.times); !errors.Is(err, worklist.ErrBusy) {
		t.Errorf("%v", err)
	}
	give()
	d.run(t, d.request())
}
