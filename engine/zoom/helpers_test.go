package zoom

import (
	"context"
	"fmt"
	"image/color"
	"strings"
	"testing"

	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
	"zoomscope/slideio"
	"zoomscope/slideio/synth"
)

// side is the patch size of these tests: small, so that plain Go is fast enough.
const side = 16

// meanColour is an encoder whose features are a patch's mean red, green and
// blue, from 0 to 1.
func meanColour() EncoderKind {
	return EncoderKind{
		Card: result.Encoder{Name: "mean colour", SHA256: strings.Repeat("c0", 32), Dim: 3},
		Side: side,
		Open: func(o nn.Opener) (Encoder, error) {
			g := nn.NewGraph("mean")
			tiles := g.Input("tiles", nn.Uint8, nn.Symbol("B"), nn.Fixed(side), nn.Fixed(side), nn.Fixed(3))
			g.Output("features", g.Mul(g.ReduceMean(g.Cast(tiles, nn.Float32), false, 1, 2), g.Scalar(1.0/255)))
			data, err := g.ONNX()
			if err != nil {
				return nil, err
			}
			s, err := o.Open(data)
			return &colourEncoder{session: s}, err
		},
	}
}

type colourEncoder struct {
	session nn.Session
	batch   int
}

func (e *colourEncoder) SetBatch(n int) { e.batch = n }
func (e *colourEncoder) Close() error   { return e.session.Close() }

func (e *colourEncoder) Encode(ctx context.Context, tiles []byte, n int, dst []float32) error {
	for first := 0; first < n; first += e.batch {
		m := min(e.batch, n-first)
		in := nn.U8Tensor(tiles[first*side*side*3:(first+m)*side*side*3], m, side, side, 3)
		out := nn.F32Tensor(dst[first*3:(first+m)*3], m, 3)
		if err := e.session.Run(ctx, []*nn.Tensor{in}, []*nn.Tensor{out}); err != nil {
			return err
		}
	}
	return nil
}

// redModel attends, at every magnification, to how much redder than green a
// patch is.
func redModel(t testing.TB, magnifications []float64, k ...int) *mil.Model {
	t.Helper()
	c := mil.Config{
		Name: "red", Method: mil.ZoomMIL, Classes: []string{"plain", "red"},
		Magnifications: magnifications, K: k, PatchSize: side, Encoder: meanColour().Card,
		Tissue: tissue.Settings{Sigma: 1, Kernel: 1, Downsampling: 1, MinSize: 4, Background: 228, ThresholdingSteps: 1, DilationSteps: 1, Threshold: 0.5},
		Sizes:  mil.Sizes{Hidden: 1, Embedding: 2}, Classifier: mil.Linear, Training: mil.Training{Trained: true},
	}
	drawn, err := mil.New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	params := map[string]*nn.Tensor{}
	for name, p := range drawn.Params() {
		params[name] = nn.F32Tensor(redWeight(name, p.Len()), p.Shape...)
	}
	m, err := mil.Assemble(c, params)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// redWeight gives the weights of which X = (redness, 1), scores are
// 8 tanh(redness), and the classes' logits are (M, 20 sum of redness).
func redWeight(name string, n int) []float32 {
	w := make([]float32, n)
	switch {
	case strings.HasPrefix(name, "fc_") && strings.HasSuffix(name, ".weight"):
		w[0], w[1] = 1, -1
	case strings.HasPrefix(name, "fc_"):
		w[1] = 1
	case strings.HasSuffix(name, "attention_a.0.weight"):
		w[0] = 1
	case strings.HasSuffix(name, "attention_b.0.bias"):
		w[0] = 20 // opens the gate
	case strings.HasSuffix(name, "attention_c.weight"):
		w[0] = 8
	case name == "classify_head.weight":
		w[1], w[2] = 1, 20
	}
	return w
}

// mosaic is a slide of squares of 32 level-0 pixels whose redness is drawn from
// their place, tissue within the area given and white elsewhere.
func mosaic(shape synth.Shape, tissue slideio.Rect) *synth.Exact {
	s := shape
	if s.Downsamples == nil {
		s.Downsamples = []float64{1, 4, 16}
	}
	return synth.NewExact("mosaic.svs", s, func(level, x, y int) color.RGBA {
		d := s.Downsamples[level]
		px, py := (float64(x)+0.5)*d, (float64(y)+0.5)*d
		if !tissue.Contains(px, py) {
			return color.RGBA{255, 255, 255, 255}
		}
		return color.RGBA{uint8(100 + redness(int(px)/32, int(py)/32)), 60, 140, 255}
	})
}

func redness(column, row int) int {
	h := uint32(column)*2654435761 ^ uint32(row)*2246822519
	h ^= h >> 15
	h *= 2654435761
	return int(h>>16) % 120
}

// cpu is the place where these tests run.
func cpu() Place {
	return Place{Opener: nntest.Interpreter{}, Batch: 4, Device: result.Device{Requested: "cpu", Used: "cpu", Name: "interpreter", Reason: "as requested"}}
}

func newEngine(t testing.TB, o Options) *Engine {
	t.Helper()
	if o.Place.Opener == nil {
		o.Place = cpu()
	}
	if o.Encoder.Open == nil {
		o.Encoder = meanColour()
	}
	e, err := NewEngine(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

func analyze(t testing.TB, e *Engine, s slideio.Slide) *result.Result {
	t.Helper()
	r, err := e.Analyze(t.Context(), Request{Slide: s, Resolution: s.Info().Resolution, Seed: 7}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// short is a device with memory for so many patches at once, and for networks
// other than the encoder only while heads is set. It counts what is open.
type short struct {
	patches int
	heads   bool
	open    *int
}

func (d short) Open(data []byte) (nn.Session, error) {
	s, err := nntest.Interpreter{}.Open(data)
	if err != nil {
		return nil, err
	}
	*d.open++
	return &shortSession{s, d}, nil
}

type shortSession struct {
	nn.Session
	device short
}

func (s *shortSession) Close() error { *s.device.open--; return s.Session.Close() }

func (s *shortSession) Run(ctx context.Context, inputs, outputs []*nn.Tensor) error {
	tiles := inputs[0].Type == nn.Uint8
	if n := inputs[0].Shape[0]; tiles && n > s.device.patches || !tiles && !s.device.heads {
		return fmt.Errorf("device webgpu: %d x %v: %w", n, inputs[0].Shape, nn.ErrOutOfMemory)
	}
	return s.Session.Run(ctx, inputs, outputs)
}
