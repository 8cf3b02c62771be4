package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"zoomscope/engine/bench"
	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/result"
	"zoomscope/engine/zoom"
	"zoomscope/slideio"
	"zoomscope/slideio/synth"
)

// BenchRequest asks for a measurement of speed, on the processor.
type BenchRequest struct {
	Folder  string   // keeps the slides drawn for it, so that they are drawn once
	Rounds  int      // each contender runs so often
	Threads int      // 0 is one for each processor
	Slides  []string // analysed besides the synthetic one
	// Torch is a command that runs packaging/bench/torch_resnet50.py, to be
	// compared with; nil for none.
	Torch []string
}

// Patches of the encoder's measurement, and how many are encoded at once.
const (
	benchPatches = 48
	benchBatch   = encoder.DefaultBatch
)

// BenchEncoder measures encoders, the built-in one and a ResNet-50 with random
// weights, on all processors and on one: bare, through the pipeline, and by the
// peer. progress may be nil.
func (w *Workspace) BenchEncoder(ctx context.Context, req BenchRequest, progress func(result.Progress)) ([]*bench.EncoderTimes, error) {
	b := benchmark{Workspace: w, req: req, progress: progress}
	specs, weights, err := benchEncoders(w)
	if err != nil {
		return nil, err
	}
	tiles := bench.Tiles(benchPatches, 1)
	peer, err := b.preparePeer(weights, tiles)
	if err != nil {
		return nil, err
	}
	defer peer.remove()
	var all []*bench.EncoderTimes
	for _, spec := range specs {
		for _, threads := range b.threads() {
			command := peer.command
			if spec.Card().Name != benchResNet {
				command = nil
			}
			t, err := b.encoder(ctx, spec, threads, command, tiles)
			if err != nil {
				return nil, err
			}
			all = append(all, t)
		}
	}
	return all, nil
}

// benchResNet is the name of the encoder with random weights.
const benchResNet = "resnet50-layer3"

// benchEncoders are the encoders that are measured, and the weights of the last.
func benchEncoders(w *Workspace) ([]*encoder.Spec, bench.Weights, error) {
	builtin, err := w.Encoder(BuiltinEncoder)
	if err != nil {
		return nil, nil, err
	}
	weights := bench.ResNet50(1)
	resnet, err := encoder.ImportResNet(weights, encoder.Description{Name: benchResNet})
	return []*encoder.Spec{builtin, resnet}, weights, err
}

// benchmark is one measurement.
type benchmark struct {
	*Workspace
	req      BenchRequest
	progress func(result.Progress)
}

// said tells of the rounds of a stage.
func (b *benchmark) said(stage string) func(done, total int) {
	return func(done, total int) {
		if b.progress != nil {
			b.progress(result.Progress{Stage: stage, Done: done, Total: total})
		}
	}
}

func (b *benchmark) allThreads() int {
	if b.req.Threads > 0 {
		return b.req.Threads
	}
	return runtime.NumCPU()
}

// threads are the numbers of threads to measure.
func (b *benchmark) threads() []int {
	return slices.Compact([]int{b.allThreads(), 1})
}

// place is the processor with so many threads.
func (b *benchmark) place(ctx context.Context, o device.Options, batch int) (zoom.Place, error) {
	d, story, err := b.Devices.Choose(ctx, device.CPU, o)
	if err != nil {
		return zoom.Place{}, err
	}
	return zoom.Place{Opener: d, Device: story, Batch: batch}, nil
}

func (b *benchmark) encoder(ctx context.Context, spec *encoder.Spec, threads int, peer []string, tiles []byte) (_ *bench.EncoderTimes, err error) {
	place, err := b.place(ctx, device.Options{Threads: threads}, benchBatch)
	if err != nil {
		return nil, err
	}
	engine, err := zoom.NewEngine(ctx, zoom.Options{Encoder: encoderKind(spec), Place: place, Readers: readers(threads)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	c := bench.EncoderCase{Spec: spec, Threads: threads, Batch: benchBatch, Device: place.Opener, Engine: engine}
	if peer != nil {
		each := fmt.Sprint(threads)
		if c.Peer, err = bench.StartPeer(ctx, peer, "OMP_NUM_THREADS="+each, "OPENBLAS_NUM_THREADS="+each); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, c.Peer.Close()) }()
	}
	return bench.Encoder(ctx, c, tiles, b.req.Rounds, b.said(fmt.Sprintf("%s, %d threads", spec.Card().Name, threads)))
}

// peerFiles are the files that the peer reads.
type peerFiles struct {
	folder  string
	command []string // nil for no peer
}

func (p peerFiles) remove() {
	if p.folder != "" {
		os.RemoveAll(p.folder)
	}
}

// preparePeer writes weights and tiles where the peer can read them.
func (b *benchmark) preparePeer(weights bench.Weights, tiles []byte) (peerFiles, error) {
	if b.req.Torch == nil {
		return peerFiles{}, nil
	}
	folder, err := os.MkdirTemp("", "zoomscope-bench-")
	if err != nil {
		return peerFiles{}, err
	}
	p := peerFiles{folder: folder}
	weightsPath, tilesPath := filepath.Join(folder, "resnet50.safetensors"), filepath.Join(folder, "tiles.rgb")
	if err := errors.Join(weights.Save(weightsPath), os.WriteFile(tilesPath, tiles, 0o600)); err != nil {
		p.remove()
		return peerFiles{}, err
	}
	p.command = append(slices.Clone(b.req.Torch), weightsPath, tilesPath, fmt.Sprint(benchBatch))
	return p, nil
}

// BenchAnalysis measures the analysis of slides by the untrained model over each
// of the encoders that BenchEncoder measures. progress may be nil.
func (w *Workspace) BenchAnalysis(ctx context.Context, req BenchRequest, progress func(result.Progress)) ([]*bench.AnalysisTimes, error) {
	b := benchmark{Workspace: w, req: req, progress: progress}
	slides, err := b.slides(ctx)
	if err != nil {
		return nil, err
	}
	specs, _, err := benchEncoders(w)
	if err != nil {
		return nil, err
	}
	var all []*bench.AnalysisTimes
	for _, path := range slides {
		for _, spec := range specs {
			t, err := b.analysis(ctx, path, spec)
			if err != nil {
				return nil, err
			}
			all = append(all, t)
		}
	}
	return all, nil
}

// slides are the synthetic slide, drawn when it is missing, and those asked for.
func (b *benchmark) slides(ctx context.Context) ([]string, error) {
	p := synth.Defaults()
	p.Name, p.Width, p.Height, p.Seed, p.Label, p.Hints = "bench-12k", 12_288, 12_288, 1, 1, 8
	path := filepath.Join(b.req.Folder, p.Name+".tiff")
	err := missing(path, func() error { return synth.Write(ctx, path, p, b.said("drawing "+p.Name)) })
	return append([]string{path}, b.req.Slides...), err
}

// missing makes a file, and the folder it stands in, when it is not there.
func missing(path string, create func() error) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return create()
}

func (b *benchmark) analysis(ctx context.Context, path string, spec *encoder.Spec) (_ *bench.AnalysisTimes, err error) {
	place, err := b.place(ctx, device.Options{Threads: b.req.Threads}, benchBatch)
	if err != nil {
		return nil, err
	}
	engine, err := b.analyser(ctx, spec, place, readers(b.req.Threads))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	c := bench.AnalysisCase{Slide: b.opened(path), Spec: spec, Device: place.Opener, Engine: engine, Batch: benchBatch}
	return bench.Analysis(ctx, c, b.req.Rounds, b.said(filepath.Base(path)+", "+spec.Card().Name))
}

// BenchSettings measures the analysis of a slide, the first of the request or
// else the synthetic one, by the built-in encoder and by a ResNet-50 under other
// settings than the program's own. progress may be nil.
func (w *Workspace) BenchSettings(ctx context.Context, req BenchRequest, progress func(result.Progress)) ([]*bench.SettingTimes, error) {
	b := benchmark{Workspace: w, req: req, progress: progress}
	slides, err := b.slides(ctx)
	if err != nil {
		return nil, err
	}
	specs, _, err := benchEncoders(w)
	if err != nil {
		return nil, err
	}
	var all []*bench.SettingTimes
	for _, spec := range specs {
		times, err := b.settings(ctx, slides[len(slides)-1], spec)
		if err != nil {
			return nil, err
		}
		all = append(all, times...)
	}
	return all, nil
}

// settings compares what the program does with one change at a time.
func (b *benchmark) settings(ctx context.Context, slide string, spec *encoder.Spec) (_ []*bench.SettingTimes, err error) {
	own := readers(b.req.Threads)
	var settings []bench.Setting
	defer func() {
		for _, s := range settings {
			err = errors.Join(err, s.Engine.Close())
		}
	}()
	for _, s := range []struct {
		name           string
		spin           bool
		readers, batch int
	}{
		{"as it is", false, own, benchBatch},
		{"threads that spin", true, own, benchBatch},
		{"one reader", false, 1, benchBatch},
		{"a reader more", false, own + 1, benchBatch},
		{"batches of 4", false, own, 4},
		{"batches of 16", false, own, 16},
	} {
		place, err := b.place(ctx, device.Options{Threads: b.req.Threads, Spin: s.spin}, s.batch)
		if err != nil {
			return nil, err
		}
		engine, err := b.analyser(ctx, spec, place, s.readers)
		if err != nil {
			return nil, err
		}
		settings = append(settings, bench.Setting{Name: spec.Card().Name + ", " + s.name, Engine: engine})
	}
	return bench.Settings(ctx, b.opened(slide), settings, b.req.Rounds, b.said(filepath.Base(slide)+", "+spec.Card().Name))
}

// analyser is an engine with the untrained model.
func (b *benchmark) analyser(ctx context.Context, spec *encoder.Spec, place zoom.Place, readers int) (*zoom.Engine, error) {
	model, err := UntrainedModel(resultCard(spec.Card()), 0)
	if err != nil {
		return nil, err
	}
	return zoom.NewEngine(ctx, zoom.Options{Model: model, Encoder: encoderKind(spec), Place: place, Readers: readers})
}

// opened opens a slide each time it is called.
func (b *benchmark) opened(path string) bench.Opened {
	return func(ctx context.Context) (slideio.Slide, slideio.Resolution, error) {
		slide, err := b.Open(ctx, path)
		if err != nil {
			return nil, slideio.Resolution{}, err
		}
		resolution, err := resolutionOf(slide, 0)
		if err != nil {
			return nil, resolution, errors.Join(err, slide.Close())
		}
		return slide, resolution, nil
	}
}

// BenchMemory measures the peak memory of this program while it analyses a slide
// of 100 000 x 100 000 pixels, once with each of the encoders that BenchEncoder
// measures. progress may be nil.
func (w *Workspace) BenchMemory(ctx context.Context, req BenchRequest, progress func(result.Progress)) ([]*bench.MemoryUse, error) {
	b := benchmark{Workspace: w, req: req, progress: progress}
	slide := filepath.Join(req.Folder, "huge", "huge.tiff")
	err := missing(slide, func() error {
		_, err := w.Synthesize(ctx, SynthRequest{Out: filepath.Dir(slide), Huge: true}, progress)
		return err
	})
	if err != nil {
		return nil, err
	}
	out, err := os.MkdirTemp(req.Folder, "analysis-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(out)
	specs, _, err := benchEncoders(w)
	if err != nil {
		return nil, err
	}
	var all []*bench.MemoryUse
	for i, spec := range specs {
		b.said("analysing "+filepath.Base(slide))(i, len(specs))
		m, err := b.memory(ctx, slide, spec, out)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// memory runs this program in a process of its own.
func (b *benchmark) memory(ctx context.Context, slide string, spec *encoder.Spec, out string) (*bench.MemoryUse, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(out, spec.Card().Name+".onnx")
	if err := spec.Save(file); err != nil {
		return nil, err
	}
	command := []string{program, "analyze", slide, "--encoder", file, "--out", out, "--device", string(device.CPU), "--quiet"}
	return bench.Memory(ctx, command, slide, spec.Card().Name)
}
