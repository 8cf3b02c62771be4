package app

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"zoomscope/engine/device"
	"zoomscope/engine/result"
	"zoomscope/packaging/testenv"
	"zoomscope/slideio"
	"zoomscope/slideio/synth"
)

// tissueView is a small synthetic slide in a workspace that can analyse it.
func tissueView(t *testing.T, mpp float64) (*Workspace, *View) {
	t.Helper()
	w := New(Config{Devices: device.New([]string{testenv.ORT(t)}), DataDir: t.TempDir()})
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	p := synth.Defaults()
	p.Width, p.Height, p.Seed, p.Pens, p.MPP = 1280, 1024, 3, 0, mpp
	return w, viewOf(t, w, func(path string) slideio.Slide {
		p.Name = path
		s, err := synth.New(p)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

var onCPU = EngineOptions{Device: string(device.CPU)}

// TestAnalyzeView gives what Analyze gives, tells its progress, and keeps its engine
// for the next analysis of the kind.
func TestAnalyzeView(t *testing.T) {
	w, v := tissueView(t, 0.5)
	var told []Progress
	got, err := w.AnalyzeView(t.Context(), v, onCPU, func(p Progress) { told = append(told, p) })
	if err != nil {
		t.Fatal(err)
	}
	kept := w.kept.engine
	outcomes, err := w.Analyze(t.Context(), AnalyzeRequest{Slides: []string{v.About().Path}, Engine: onCPU}, nil)
	if err != nil || outcomes[0].Err != nil {
		t.Fatal(err, outcomes)
	}
	want := outcomes[0].Result
	got.Seconds, want.Seconds = result.Seconds{}, result.Seconds{}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got.Prediction, want.Prediction)
	}
	if told[0].Stage != StageOpening || told[len(told)-1].Fraction != 1 {
		t.Errorf("progress from %+v to %+v", told[0], told[len(told)-1])
	}
	w.Quiet(time.Hour)
	again, err := w.AnalyzeView(t.Context(), v, onCPU, nil)
	if err != nil || !reflect.DeepEqual(again.Levels, want.Levels) || w.kept.engine != kept {
		t.Errorf("the second time: error %v, engine kept: %v", err, w.kept.engine == kept)
	}
	other := onCPU
	other.Threads = 1
	if _, err := w.AnalyzeView(t.Context(), v, other, nil); err != nil || w.kept.engine == kept {
		t.Errorf("with other options: error %v, engine kept: %v", err, w.kept.engine == kept)
	}
	if err := w.Close(); err != nil || w.kept.engine != nil {
		t.Errorf("closing: %v", err)
	}
}

func TestAnalyzeViewNeedsAResolution(t *testing.T) {
	w, v := tissueView(t, 0.5)
	v.slide.Info().Resolution = slideio.Resolution{}
	if _, err := w.AnalyzeView(t.Context(), v, onCPU, nil); KindOf(err) != ErrorResolutionUnknown {
		t.Errorf("error %v", err)
	}
	v.StateMagnification(20)
	r, err := w.AnalyzeView(t.Context(), v, onCPU, nil)
	if err != nil || r.Slide.MPP != [2]float64{0.5, 0.5} || r.Slide.MPPSource != "stated by the user" {
		t.Errorf("error %v, slide %+v", err, r)
	}
}

// TestAnalyzeViewEnds within a second of being cancelled, with the cause, also while
// it waits for another analysis or for the user.
func TestAnalyzeViewEnds(t *testing.T) {
	w, v := tissueView(t, 0.25)
	stop := errors.New("stop")
	for _, after := range []time.Duration{0, 30 * time.Millisecond, 300 * time.Millisecond} {
		ctx, cancel := context.WithCancelCause(t.Context())
		w.Quiet(time.Hour)
		ended := make(chan error)
		for range 2 {
			go func() {
				_, err := w.AnalyzeView(ctx, v, onCPU, nil)
				ended <- err
			}()
		}
		time.Sleep(after)
		cancel(stop)
		cancelled := time.Now()
		for range 2 {
			if err := <-ended; err != nil && !errors.Is(err, stop) {
				t.Errorf("after %v: %v", after, err)
			}
		}
		// On a busy machine a second is soon gone; what waits for the analysis before, or
		// for quiet, would take minutes.
		if took := time.Since(cancelled); took > 20*time.Second {
			t.Errorf("after %v it took %v to end", after, took)
		}
	}
	if _, err := w.AnalyzeView(t.Context(), v, onCPU, nil); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestAnalyzeViewWaits says nothing while another analysis runs.
func TestAnalyzeViewWaits(t *testing.T) {
	w, v := tissueView(t, 0.5)
	if err := w.kept.lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := w.AnalyzeView(ctx, v, onCPU, func(p Progress) { t.Errorf("told while it waits: %+v", p) })
	w.kept.unlock()
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	var told []Progress
	if _, err := w.AnalyzeView(t.Context(), v, onCPU, func(p Progress) { told = append(told, p) }); err != nil || told[0].Stage != StageOpening {
		t.Errorf("when its turn has come: error %v, told %+v", err, told)
	}
}

func TestAnalyzeViewWithoutRuntime(t *testing.T) {
	w := New(Config{Devices: device.New([]string{"/no/such/library.so"}), DataDir: t.TempDir()})
	v := viewOf(t, w, func(string) slideio.Slide { return speckled(600, 500) })
	v.StateMagnification(20)
	if _, err := w.AnalyzeView(t.Context(), v, onCPU, nil); KindOf(err) != ErrorNoRuntime {
		t.Errorf("error %v", err)
	}
	if _, err := w.AnalyzeView(t.Context(), v, EngineOptions{Model: "none"}, nil); KindOf(err) != ErrorNoModel {
		t.Errorf("error %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}
