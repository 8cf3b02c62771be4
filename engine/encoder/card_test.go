package encoder

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"zoomscope/engine/nn"
)

// fullCard is a card with everything on it, as long as it may be.
func fullCard() Card {
	return Card{
		Name: "Größe <40x> \"b\"", Dim: 3, Resolution: Resolution{0.25, 0.5},
		Licence: strings.Repeat("<", maxText), Description: "line\nline\t" + strings.Repeat("\x01", maxText-10),
	}
}

// meansGraph is the least encoder there is: the means of the channels.
func meansGraph() *nn.Graph {
	g := nn.NewGraph("means")
	x := channelsFirst(g, g.Cast(tilesInput(g), nn.Float32), NCHW)
	g.Output("features", g.Reshape(g.GlobalAvgPool(x), 0, -1))
	return g
}

func TestSpecRoundTrip(t *testing.T) {
	want := fullCard()
	spec, err := specOf(meansGraph(), want)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "e.onnx")
	if err := spec.Save(path); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(loaded.ONNX(), spec.ONNX()) || loaded.Card() != spec.Card() {
		t.Error("the file loaded is not the one saved")
	}
	got := loaded.Card()
	if len(got.SHA256) != 64 || strings.ToLower(got.SHA256) != got.SHA256 {
		t.Errorf("digest %q", got.SHA256)
	}
	want.SHA256 = got.SHA256
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCardErrors(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Card)
		want   string
	}{
		{"no name", func(c *Card) { c.Name = "" }, "name of 0 bytes"},
		{"long name", func(c *Card) { c.Name = strings.Repeat("x", maxName+1) }, "name of 101 bytes"},
		{"space about the name", func(c *Card) { c.Name = " x" }, "space"},
		{"line in the name", func(c *Card) { c.Name = "a\nb" }, "cannot be shown"},
		{"escape in the name", func(c *Card) { c.Name = "a\x1b[31mb" }, "cannot be shown"},
		{"name turned about", func(c *Card) { c.Name = "a\u202eb" }, "cannot be shown"},
		{"no values", func(c *Card) { c.Dim = 0 }, "dim 0"},
		{"too many values", func(c *Card) { c.Dim = maxDim + 1 }, "dim"},
		{"other number of values", func(c *Card) { c.Dim = 4 }, "float32[B, 4]"},
		{"long licence", func(c *Card) { c.Licence = strings.Repeat("x", maxText+1) }, "licence"},
		{"long description", func(c *Card) { c.Description = strings.Repeat("x", maxText+1) }, "description"},
		{"resolution backwards", func(c *Card) { c.Resolution = Resolution{2, 1} }, "resolution 2 to 1"},
		{"no least resolution", func(c *Card) { c.Resolution = Resolution{0, 1} }, "resolution 0 to 1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := Card{Name: "x", Dim: 3}
			test.change(&c)
			_, err := specOf(meansGraph(), c)
			wantError(t, err, test.want)
			if !errors.Is(err, ErrNotEncoder) {
				t.Errorf("%v is not ErrNotEncoder", err)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	card := Card{Name: "x", Dim: 3}.metadata()
	graph := func(build func(g *nn.Graph), metadata map[string]string) []byte {
		g := nn.NewGraph("g")
		build(g)
		for k, v := range metadata {
			g.SetMetadata(k, v)
		}
		data, err := g.ONNX()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	means := func(g *nn.Graph, x *nn.Value) {
		g.Output("y", g.Reshape(g.GlobalAvgPool(channelsFirst(g, g.Cast(x, nn.Float32), NCHW)), 0, -1))
	}
	with := func(metadata map[string]string) []byte {
		return graph(func(g *nn.Graph) { means(g, tilesInput(g)) }, metadata)
	}
	text := func(s string) map[string]string { return map[string]string{formatKey: format, cardKey: s} }
	good := with(card)
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "ONNX"},
		{"a text", []byte("this is not a network"), "ONNX"},
		{"no metadata", with(nil), "no card"},
		{"newer format", with(map[string]string{formatKey: "zoomscope-encoder/2"}), `"zoomscope-encoder/2"`},
		{"no card", with(text("")), "card"},
		{"card of something more", with(text(`{"name":"x","dim":3,"colour":1}`)), "colour"},
		{"two cards", with(text(`{"name":"x","dim":3}}`)), "card"},
		{"list for a card", with(text(`[]`)), "JSON array"},
		{"text for a number", with(text(`{"name":"x","dim":"3"}`)), `"dim" holds a value of type string`},
		{"float pixels", graph(func(g *nn.Graph) {
			x := g.Input("x", nn.Float32, nn.Symbol("B"), nn.Fixed(Side), nn.Fixed(Side), nn.Fixed(3))
			means(g, x)
		}, card), "float32[B, 256, 256, 3], not uint8"},
		{"batch of one", graph(func(g *nn.Graph) {
			means(g, g.Input("x", nn.Uint8, nn.Fixed(1), nn.Fixed(Side), nn.Fixed(Side), nn.Fixed(3)))
		}, card), "[1, 256, 256, 3]"},
		{"small pixels", graph(func(g *nn.Graph) {
			means(g, g.Input("x", nn.Uint8, nn.Symbol("B"), nn.Fixed(224), nn.Fixed(224), nn.Fixed(3)))
		}, card), "[B, 224, 224, 3]"},
		{"two inputs", graph(func(g *nn.Graph) {
			means(g, tilesInput(g))
			g.Output("z", g.Neg(g.Input("w", nn.Float32)))
		}, card), "2 inputs and 2 outputs"},
		{"cut off", good[:len(good)-20], ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.data)
			wantError(t, err, test.want)
			if !errors.Is(err, ErrNotEncoder) {
				t.Errorf("%v is not ErrNotEncoder", err)
			}
		})
	}
	for n := range len(good) {
		if _, err := Parse(good[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes are an encoder", n, len(good))
		}
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "text.onnx")
	if err := os.WriteFile(path, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, dir, filepath.Join(dir, "none.onnx")} {
		_, err := Load(p)
		wantError(t, err, p)
	}
}

func TestResolutionRange(t *testing.T) {
	tests := []struct {
		r    Resolution
		text string
		yes  []float64
		no   []float64
	}{
		{Resolution{}, "any", []float64{0.1, 10}, nil},
		{Resolution{0.5, 0.5}, "0.5 µm per pixel", []float64{0.5, 0.4770, 0.5249}, []float64{0.475, 0.53, math.NaN()}},
		{Resolution{0.25, 1}, "0.25 to 1 µm per pixel", []float64{0.25, 0.6, 1.04}, []float64{0.23, 1.06}},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			if test.r.String() != test.text || test.r.Any() != (test.text == "any") {
				t.Errorf("%v, any %t", test.r, test.r.Any())
			}
			for _, mpp := range test.yes {
				if !test.r.Holds(mpp) {
					t.Errorf("%g is not held", mpp)
				}
			}
			for _, mpp := range test.no {
				if test.r.Holds(mpp) {
					t.Errorf("%g is held", mpp)
				}
			}
		})
	}
}

func TestParseDescription(t *testing.T) {
	full := `{"name":"n","licence":"l","description":"d","resolution":{"min":0.25,"max":0.5},"layout":"nhwc","type":"float32",
		"size":224,"fit":"crop","colour":"bgr","scale":0.007843137,"offset":-1,"mean":[1,2,3],"std":[4,5,6],
		"input":"x","output":"y","pool":"mean","dim":512,"prefix":"p.","stages":4}`
	d, err := ParseDescription([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	want := Description{Name: "n", Licence: "l", Description: "d", Resolution: Resolution{0.25, 0.5}, Layout: NHWC, Type: Float32,
		Size: 224, Fit: Crop, Colour: BGR, Scale: 0.007843137, Offset: -1, Mean: &[3]float64{1, 2, 3}, Std: &[3]float64{4, 5, 6},
		Input: "x", Output: "y", Pool: Mean, Dim: 512, Prefix: "p.", Stages: 4}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(full), &fields); err != nil || len(fields) != 19 {
		t.Errorf("%d fields, %v: is every one in this test?", len(fields), err)
	}
	if d, err := ParseDescription([]byte(`{"name":"n"}`)); err != nil || d != (Description{Name: "n"}) {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestDescriptionErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "", "EOF"},
		{"null", "null", "name"},
		{"list", "[]", "JSON array, not an object"},
		{"cut off", `{"name":"n"`, "EOF"},
		{"more behind", `{"name":"n"}{}`, "follows"},
		{"brace behind", `{"name":"n"}}`, "follows"},
		{"unknown field", `{"name":"n","color":"rgb"}`, `"color"`},
		{"no name", `{}`, "name"},
		{"wrong type", `{"name":"n","size":"big"}`, `"size" holds a value of type string`},
		{"wrong type within", `{"name":"n","resolution":{"min":"x"}}`, `"resolution.min"`},
		{"layout", `{"name":"n","layout":"chw"}`, `layout "chw" is not one of`},
		{"type", `{"name":"n","type":"float16"}`, `type "float16"`},
		{"fit", `{"name":"n","fit":"stretch"}`, `fit "stretch"`},
		{"colour", `{"name":"n","colour":"hsv"}`, `colour "hsv"`},
		{"pool", `{"name":"n","pool":"max"}`, `pool "max"`},
		{"size", `{"name":"n","size":4}`, "size 4"},
		{"negative size", `{"name":"n","size":-224}`, "size -224"},
		{"dim", `{"name":"n","dim":-1}`, "dim -1"},
		{"stages", `{"name":"n","stages":5}`, "stages 5"},
		{"crop larger", `{"name":"n","fit":"crop","size":300}`, "cropped to 300"},
		{"crop odd", `{"name":"n","fit":"crop","size":225}`, "no middle"},
		{"std of nothing", `{"name":"n","std":[1,0,1]}`, "std 0"},
		{"two means", `{"name":"n","mean":[1,2]}`, "mean holds 2 values, not 3"},
		{"four deviations", `{"name":"n","std":[1,1,1,1]}`, "std holds 4 values, not 3"},
		{"mean of a number", `{"name":"n","mean":0.5}`, `"mean"`},
		{"huge scale", `{"name":"n","scale":1e300}`, "scale"},
		{"negative scale", `{"name":"n","scale":-1}`, "scale -1"},
		{"normalised bytes", `{"name":"n","type":"uint8","mean":[1,1,1]}`, "uint8"},
		{"scaled bytes", `{"name":"n","type":"uint8","scale":1}`, "uint8"},
		{"resolution", `{"name":"n","resolution":{"min":1}}`, "resolution 1 to 0"},
		{"too long", `{"name":"n","input":"` + strings.Repeat("x", maxJSON) + `"}`, "bytes of JSON"},
		{"long input", `{"name":"n","input":"` + strings.Repeat("x", maxText+1) + `"}`, "input is over"},
	}
	dir := t.TempDir()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseDescription([]byte(test.text))
			wantError(t, err, "encoder description", test.want)
			path := filepath.Join(dir, test.name+".json")
			if err := os.WriteFile(path, []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err = LoadDescription(path)
			wantError(t, err, path, test.want)
		})
	}
}

func FuzzDescription(f *testing.F) {
	f.Add([]byte(`{"name":"n","licence":"l","resolution":{"min":0.25,"max":0.5},"layout":"nhwc","size":224,"fit":"crop","mean":[1,2,3],"std":[4,5,6]}`))
	f.Add([]byte(`{"name":"n","type":"uint8","colour":"bgr","pool":"first","dim":7,"stages":4,"prefix":"<"}`))
	f.Add([]byte(`{"name":"n"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := ParseDescription(data)
		if err != nil {
			return
		}
		text, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseDescription(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(d, again); diff != "" {
			t.Error(diff)
		}
		g := nn.NewGraph("pixels")
		full, err := d.complete()
		if err != nil {
			t.Fatal(err)
		}
		x := prepare(g, tilesInput(g), full)
		if at := map[Layout]int{NCHW: 1, NHWC: 3}[full.Layout]; x.Shape()[at] != nn.Fixed(3) || x.Shape()[2] != nn.Fixed(full.Size) {
			t.Errorf("%+v prepares %v", d, x)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(tinySpec(f, "tiny", 1).ONNX())
	spec, err := specOf(meansGraph(), Card{Name: "x", Dim: 3, Resolution: Resolution{1, 2}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(spec.ONNX())
	f.Add(colourMeans(f, 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		spec, err := Parse(data)
		if err != nil {
			if !errors.Is(err, ErrNotEncoder) {
				t.Errorf("%v is not ErrNotEncoder", err)
			}
			return
		}
		c := spec.Card()
		if err := c.check(); err != nil {
			t.Errorf("card %+v: %v", c, err)
		}
		if again, err := Parse(spec.ONNX()); err != nil || again.Card() != c {
			t.Errorf("read again: %v", err)
		}
	})
}
