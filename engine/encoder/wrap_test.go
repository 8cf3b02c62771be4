package encoder

import (
	"bytes"
	"encoding/json"
	"image"
	_ "image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "golang.org/x/image/bmp"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
	"zoomscope/packaging/testenv"
)

// foreignShape says what foreignNetwork is to be like.
type foreignShape struct {
	layout Layout
	uint8  bool
	side   int  // 0: not declared
	places bool // output [B, 3, h, w]
	tokens bool // output [B, h, 3*w]
	batch  int  // 0: any
}

// foreignNetwork is a network with another input than an encoder's: pixels times
// (1, 2, 3) by channel, and the mean over places if nothing else is asked for.
// Values between have names that collide with those of joined parts.
func foreignNetwork(t testing.TB, s foreignShape) []byte {
	t.Helper()
	g := nn.NewGraph("foreign")
	side, batch, element := nn.Fixed(s.side), nn.Symbol("N"), nn.Float32
	if s.side == 0 {
		side = nn.Symbol("S")
	}
	if s.batch > 0 {
		batch = nn.Fixed(s.batch)
	}
	if s.uint8 {
		element = nn.Uint8
	}
	shape := []nn.Dim{batch, nn.Fixed(3), side, side}
	if s.layout == NHWC {
		shape = []nn.Dim{batch, side, side, nn.Fixed(3)}
	}
	x := g.Cast(g.Input("tiles", element, shape...), nn.Float32)
	if s.layout == NHWC {
		x = g.Transpose(x, 0, 3, 1, 2)
	}
	x = g.Mul(x, g.Const(nn.F32Tensor([]float32{1, 2, 3}, 1, 3, 1, 1)))
	switch {
	case s.tokens:
		x = g.Reshape(g.Transpose(x, 0, 2, 1, 3), 0, 0, 3*s.side)
	case !s.places:
		x = g.Reshape(g.GlobalAvgPool(x), 0, 3)
	}
	g.Output("features", x)
	data, err := g.ONNX()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// slope is a patch whose channels are x, y and 128.
func slope() []byte {
	tile := make([]byte, TileBytes)
	for i := range Side * Side {
		tile[i*3], tile[i*3+1], tile[i*3+2] = byte(i%Side), byte(i/Side), 128
	}
	return tile
}

func encodeOne(t *testing.T, spec *Spec, tile []byte) []float32 {
	t.Helper()
	e := open(t, spec, nntest.Interpreter{})
	got := make([]float32, e.Dim())
	if err := e.Encode(t.Context(), tile, 1, got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestImportONNX(t *testing.T) {
	mean, std := [3]float64{0.25, 0.5, 0.75}, [3]float64{0.5, 0.25, 0.125}
	half := 127.5 / 255
	normal := []float64{(half - 0.25) / 0.5, 2 * (half - 0.5) / 0.25, 3 * (128.0/255 - 0.75) / 0.125}
	for _, c := range []struct {
		name    string
		network foreignShape
		d       Description
		want    []float64
	}{
		{"as torchvision", foreignShape{layout: NCHW, side: 64}, Description{Mean: &mean, Std: &std}, normal},
		{"cropped", foreignShape{layout: NCHW, side: 64}, Description{Mean: &mean, Std: &std, Fit: Crop}, normal},
		{"whole", foreignShape{layout: NCHW}, Description{Mean: &mean, Std: &std}, normal},
		{"larger", foreignShape{layout: NCHW, side: 320}, Description{Mean: &mean, Std: &std}, normal},
		{"as keras", foreignShape{layout: NHWC, side: 32}, Description{Layout: NHWC, Scale: 1 / 127.5, Offset: -1}, []float64{0, 0, 3 * (128/127.5 - 1)}},
		{"blue first", foreignShape{layout: NCHW, side: 64}, Description{Colour: BGR, Scale: 1}, []float64{128, 2 * 127.5, 3 * 127.5}},
		{"bytes", foreignShape{layout: NHWC, uint8: true}, Description{Layout: NHWC, Type: Uint8}, []float64{127.5, 255, 384}},
		{"fewer bytes", foreignShape{layout: NCHW, uint8: true, side: 128}, Description{Type: Uint8}, []float64{128, 256, 384}}, // rounded up
		{"middle bytes", foreignShape{layout: NCHW, uint8: true, side: 128}, Description{Type: Uint8, Fit: Crop}, []float64{127.5, 255, 384}},
		{"places", foreignShape{layout: NCHW, side: 16, places: true}, Description{Scale: 1}, []float64{127.5, 255, 384}},
		{"first row", foreignShape{layout: NCHW, side: 1 << 3, tokens: true}, Description{Scale: 1, Dim: 24}, nil},
		{"mean row", foreignShape{layout: NCHW, side: 1 << 3, tokens: true}, Description{Scale: 1, Pool: Mean}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.d.Name, c.d.Licence, c.d.Resolution = "foreign", "none", Resolution{0.5, 0.5}
			spec, err := ImportONNX(foreignNetwork(t, c.network), c.d)
			if err != nil {
				t.Fatal(err)
			}
			if card := spec.Card(); card.Name != "foreign" || card.Licence != "none" || card.Resolution != c.d.Resolution {
				t.Errorf("card is %+v", card)
			}
			if c.want == nil {
				c.want = rowsOf(slope(), c.d.Pool)
			}
			got := encodeOne(t, spec, slope())
			for i, w := range c.want {
				if math.Abs(float64(got[i])-w) > 1e-3*max(1, math.Abs(w)) {
					t.Errorf("value %d is %g, not %g", i, got[i], w)
				}
			}
		})
	}
}

// rowsOf is the slope resized to 8 x 8, channels times 1, 2, 3: its first row,
// or the mean of its rows, channel after channel.
func rowsOf(tile []byte, p Pool) []float64 {
	m := bilinear(Side, 8)
	var want []float64
	for c := range 3 {
		for x := range 8 {
			sum := 0.0
			for y := range 8 {
				if y > 0 && p != Mean {
					break
				}
				for i := range Side * Side {
					sum += m[y*Side+i/Side] * m[x*Side+i%Side] * float64(tile[i*3+c]) * float64(c+1)
				}
			}
			if p == Mean {
				sum /= 8
			}
			want = append(want, sum)
		}
	}
	return want
}

// TestImportONNXBatch: a network that was written down for a batch of one takes
// any.
func TestImportONNXBatch(t *testing.T) {
	spec, err := ImportONNX(foreignNetwork(t, foreignShape{layout: NCHW, side: 32, places: true, batch: 1}), Description{Name: "one"})
	if err != nil {
		t.Fatal(err)
	}
	if err := spec.Probe(t.Context(), nntest.Interpreter{}); err != nil {
		t.Error(err)
	}
}

func TestImportONNXErrors(t *testing.T) {
	plain := foreignNetwork(t, foreignShape{layout: NCHW, side: 64})
	two := func() []byte {
		g := nn.NewGraph("two")
		x := g.Input("x", nn.Float32, nn.Symbol("B"), nn.Fixed(3), nn.Fixed(64), nn.Fixed(64))
		g.Output("a", g.Reshape(g.GlobalAvgPool(x), 0, 3))
		g.Output("b", g.GlobalAvgPool(x))
		data, err := g.ONNX()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}()
	for _, c := range []struct {
		name, want string
		data       []byte
		d          Description
	}{
		{"no network", "not an acceptable ONNX file", []byte("no"), Description{Name: "x"}},
		{"no name", "name", plain, Description{}},
		{"other layout", "input is", plain, Description{Name: "x", Layout: NHWC, Size: 64}},
		{"other size", "input is", plain, Description{Name: "x", Size: 32}},
		{"other type", "input is", plain, Description{Name: "x", Type: Uint8}},
		{"other input", `no input "image"`, plain, Description{Name: "x", Input: "image"}},
		{"other output", `no output "logits"`, plain, Description{Name: "x", Output: "logits"}},
		{"which output", "must name one", two, Description{Name: "x"}},
		{"other dim", "dim is 4", plain, Description{Name: "x", Dim: 4}},
		{"nothing to pool", "pool", plain, Description{Name: "x", Pool: Mean}},
		{"must be pooled", "pool", two, Description{Name: "x", Output: "b", Pool: None}},
		{"no middle", "no middle", plain, Description{Name: "x", Size: 63, Fit: Crop}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ImportONNX(c.data, c.d)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
	if spec, err := ImportONNX(two, Description{Name: "x", Output: "b"}); err != nil || spec.Card().Dim != 3 {
		t.Errorf("the named output is %v", err)
	}
}

// TestGoldenEncoders wraps real networks and compares them with what PyTorch
// computed. Pictures of 224 pixels stand in the middle of a patch, from which
// the wrapper crops them again.
func TestGoldenEncoders(t *testing.T) {
	data := testenv.Data(t)
	o := openCPU(t, 2)
	text, err := os.ReadFile(filepath.Join(data, "encoders", "golden.json"))
	if err != nil {
		t.Skip(err)
	}
	var golden struct {
		Cat, Tile string
		Values    map[string][][]float64
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	mean, std := ImageNet()
	for key, outputs := range golden.Values {
		t.Run(key, func(t *testing.T) {
			file, picture, _ := strings.Cut(key, ".")
			d := Description{Name: file, Fit: Crop, Mean: &mean, Std: &std}
			if strings.HasPrefix(file, "mobilenet") {
				d = Description{Name: file, Fit: Crop, Scale: 1 / 127.5, Offset: -1}
			}
			if len(outputs) > 1 {
				d.Output = "features"
			}
			spec, err := Import(filepath.Join(data, "encoders", file+".onnx"), d)
			if err != nil {
				t.Fatal(err)
			}
			if err := spec.Probe(t.Context(), o); err != nil {
				t.Error(err)
			}
			e := open(t, spec, o)
			tile := placed(t, filepath.Join(data, map[string]string{"cat": golden.Cat, "tile": golden.Tile}[picture]))
			got := make([]float32, e.Dim())
			if err := e.Encode(t.Context(), tile, 1, got); err != nil {
				t.Fatal(err)
			}
			// Five digits are given. Go's JPEG decoder differs by a grey level or
			// two from the one the vectors were made with.
			tolerance := map[string]float64{"cat": 2e-5, "tile": 0.06}[picture]
			for i, want := range outputs[0] {
				if math.Abs(float64(got[i])-want) > tolerance*max(1, math.Abs(want)) {
					t.Errorf("value %d is %g, not %g", i, got[i], want)
				}
			}
		})
	}
}

// placed is a patch with a picture in its middle.
func placed(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skip(err)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	tile := make([]byte, TileBytes)
	b := img.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			r, g, bl, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			at := (((Side-b.Dy())/2+y)*Side + (Side-b.Dx())/2 + x) * 3
			tile[at], tile[at+1], tile[at+2] = byte(r>>8), byte(g>>8), byte(bl>>8)
		}
	}
	return tile
}

// TestBilinear: the matrix equals interpolation between two pixels where the
// picture grows, and keeps flat pictures and centres of mass where it shrinks.
func TestBilinear(t *testing.T) {
	for _, c := range []struct{ from, to int }{{256, 256}, {256, 224}, {256, 96}, {224, 256}, {5, 9}, {3, 1}} {
		m := bilinear(c.from, c.to)
		for i := range c.to {
			sum, centre := 0.0, 0.0
			for k, w := range m[i*c.from : (i+1)*c.from] {
				sum += w
				centre += w * (float64(k) + 0.5)
			}
			want := (float64(i) + 0.5) * float64(c.from) / float64(c.to)
			reach := max(1, float64(c.from)/float64(c.to))
			inside := want >= reach && want <= float64(c.from)-reach
			if math.Abs(sum-1) > 1e-12 || inside && math.Abs(centre-want) > 0.1 {
				t.Errorf("%d to %d, pixel %d: weights add up to %g about %g, not %g", c.from, c.to, i, sum, centre, want)
			}
		}
	}
	if got := bilinear(2, 4); got[2] != 0.75 || got[3] != 0.25 {
		t.Errorf("the second of four from two is %v", got[2:4])
	}
}

func FuzzWrap(f *testing.F) {
	f.Add(foreignNetwork(f, foreignShape{layout: NCHW, side: 8}), []byte(`{"name":"x"}`))
	f.Add(foreignNetwork(f, foreignShape{layout: NHWC, side: 8, uint8: true, places: true}), []byte(`{"name":"x","layout":"nhwc","type":"uint8","fit":"crop"}`))
	f.Add(foreignNetwork(f, foreignShape{layout: NCHW, tokens: true, side: 4}), []byte(`{"name":"x","pool":"mean","dim":12}`))
	f.Fuzz(func(t *testing.T, network, description []byte) {
		d, err := ParseDescription(description)
		if err != nil {
			return
		}
		spec, err := ImportONNX(network, d)
		if err != nil {
			return
		}
		if again, err := Parse(spec.ONNX()); err != nil || again.Card() != spec.Card() {
			t.Errorf("what was joined does not parse: %v", err)
		}
	})
}
