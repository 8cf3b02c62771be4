package encoder

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/nn"
)

// tensors are weights in memory.
type tensors map[string]*nn.Tensor

func (w tensors) Names() []string { return slices.Sorted(maps.Keys(w)) }

func (w tensors) Tensor(name string) (*nn.Tensor, error) {
	if t := w[name]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("no tensor %q", name)
}

// prefixed are the same weights with a prefix.
func (w tensors) prefixed(prefix string) tensors {
	out := tensors{}
	for name, t := range w {
		out[prefix+name] = t
	}
	return out
}

// foreignFile is that of a network from elsewhere: x float32 [B, 3, side, side]
// to the outputs that build declares.
func foreignFile(t testing.TB, side int, build func(g *nn.Graph, x *nn.Value)) []byte {
	t.Helper()
	g := nn.NewGraph("foreign")
	build(g, g.Input("x", nn.Float32, nn.Symbol("N"), nn.Fixed(3), nn.Fixed(side), nn.Fixed(side)))
	data, err := g.ONNX()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// colourMeans is a foreign network of small pictures: [N, 3], the mean of each
// channel times a factor.
func colourMeans(t testing.TB, factor float32) []byte {
	return foreignFile(t, 8, func(g *nn.Graph, x *nn.Value) {
		w := g.Param("w", nn.F32Tensor([]float32{factor}, 1))
		g.Output("y", g.Mul(g.Reshape(g.GlobalAvgPool(x), 0, -1), w))
	})
}

// tinySpec is an encoder that even the Interpreter runs fast: three values.
func tinySpec(t testing.TB, name string, factor float32) *Spec {
	t.Helper()
	spec, err := ImportONNX(colourMeans(t, factor), Description{Name: name, Licence: "CC0", Fit: Crop})
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// noise is n patches of random pixels.
func noise(n int) []byte {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	b := make([]byte, n*TileBytes)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// encode runs a spec on patches, all in one batch.
func encode(t testing.TB, spec *Spec, o nn.Opener, tiles []byte) []float32 {
	t.Helper()
	n := len(tiles) / TileBytes
	e := open(t, spec, o)
	e.SetBatch(n)
	dst := make([]float32, n*e.Dim())
	if err := e.Encode(t.Context(), tiles, n, dst); err != nil {
		t.Fatal(err)
	}
	return dst
}

// near wants values as they should be, within tolerance of each or of 1.
func near[T float32 | float64](t testing.TB, got []float32, want []T, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d values, want %d", len(got), len(want))
	}
	for i, x := range want {
		if d := math.Abs(float64(got[i]) - float64(x)); !(d <= tolerance*max(1, math.Abs(float64(x)))) {
			t.Fatalf("value %d is %g, want %g", i, got[i], x)
		}
	}
}

// wantError wants an error that holds every part.
func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q does not say %q", err, p)
		}
	}
}

// fake is an Opener whose sessions do what run says.
type fake struct {
	run func(ctx context.Context, in, out *nn.Tensor) error
}

func (f fake) Open([]byte) (nn.Session, error) { return f, nil }

func (f fake) Run(ctx context.Context, in, out []*nn.Tensor) error { return f.run(ctx, in[0], out[0]) }

func (fake) Close() error { return nil }

// pixels is an obvious preparation of one patch, as [3, size, size].
func pixels(tile []byte, d Description) planes {
	p := planes{3, d.Size, d.Size, make([]float64, 3*d.Size*d.Size)}
	for c := range 3 {
		from := c
		if d.Colour == BGR {
			from = 2 - c
		}
		picture := func(y, x int) float64 { return float64(tile[(y*Side+x)*3+from]) }
		for y := range d.Size {
			for x := range d.Size {
				v := 0.0
				if d.Fit == Crop {
					edge := (Side - d.Size) / 2
					v = picture(y+edge, x+edge)
				} else {
					v = smooth(picture, d.Size, y, x)
				}
				p.v[(c*d.Size+y)*d.Size+x] = (v*d.Scale + d.Offset - d.Mean[c]) / d.Std[c]
			}
		}
	}
	return p
}

// smooth is pixel y, x of a picture made smaller: the mean of the pixels about
// its place, weighted by a triangle as wide as two of the new pixels.
func smooth(picture func(y, x int) float64, size, y, x int) float64 {
	scale := float64(Side) / float64(size)
	weight := func(to, from int) float64 {
		return max(0, scale-math.Abs(float64(from)+0.5-(float64(to)+0.5)*scale))
	}
	sum, total := 0.0, 0.0
	for i := max(0, int(float64(y-1)*scale)); i < min(Side, int(float64(y+2)*scale)+1); i++ {
		for j := max(0, int(float64(x-1)*scale)); j < min(Side, int(float64(x+2)*scale)+1); j++ {
			w := weight(y, i) * weight(x, j)
			sum, total = sum+w*picture(i, j), total+w
		}
	}
	return sum / total
}

// planes are channels of a picture.
type planes struct {
	c, h, w int
	v       []float64
}

// at is a pixel; outside the picture there are zeros.
func (p planes) at(c, y, x int) float64 {
	if y < 0 || x < 0 || y >= p.h || x >= p.w {
		return 0
	}
	return p.v[(c*p.h+y)*p.w+x]
}

// each makes planes pixel by pixel.
func each(c, h, w int, f func(c, y, x int) float64) planes {
	p := planes{c, h, w, make([]float64, 0, c*h*w)}
	for c := range c {
		for y := range h {
			for x := range w {
				p.v = append(p.v, f(c, y, x))
			}
		}
	}
	return p
}

// mean is the mean of each channel.
func (p planes) mean() []float64 {
	out := make([]float64, p.c)
	for i, v := range p.v {
		out[i/(p.h*p.w)] += v / float64(p.h*p.w)
	}
	return out
}
