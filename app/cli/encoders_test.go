package cli

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"zoomscope/app"
	"zoomscope/engine/safetensors"
)

func TestEncoders(t *testing.T) {
	m, k := withRuntime(t), newKit(t)
	var list []encoderInfo
	s := m.run(t, "encoders", "list", "--json")
	s.want(t, exitDone)
	s.document(t, &list)
	if len(list) != 1 || list[0].Dim < 1 || len(list[0].SHA256) != 64 {
		t.Fatalf("%+v", list)
	}
	builtin := list[0]

	var one encoderInfo
	s = m.run(t, "encoders", "import", k.encoder, "--json")
	s.want(t, exitDone)
	s.document(t, &one)
	if one.Name != "mean" || one.Dim != 3 || one.Licence != "CC0" {
		t.Errorf("%+v", one)
	}
	s = m.run(t, "encoders", "list")
	s.want(t, exitDone)
	for _, text := range []string{builtin.Name, builtin.SHA256, "mean", one.SHA256, "3 per patch"} {
		if !strings.Contains(s.stdout, text) {
			t.Errorf("stdout %q does not say %q", s.stdout, text)
		}
	}
}

// list are the encoders of a machine.
func list(t *testing.T, m *machine) (all []encoderInfo) {
	t.Helper()
	m.run(t, "encoders", "list", "--json").document(t, &all)
	return all
}

func TestEncodersImportDescribed(t *testing.T) {
	m, dir := withRuntime(t), t.TempDir()
	network := write(t, filepath.Join(dir, "network.onnx"), foreignNetwork(t, 2))
	m.run(t, "encoders", "import", network).want(t, exitFailed, network, "--description")
	m.run(t, "encoders", "import", newKit(t).encoder, "--name", "mine").want(t, exitFailed, "keeps its name")
	good := write(t, filepath.Join(dir, "good.json"), []byte(`{"name": "double", "licence": "MIT", "resolution": {"min": 0.5, "max": 1}}`))
	var one encoderInfo
	s := m.run(t, "encoders", "import", network, "--description", good, "--json")
	s.want(t, exitDone)
	s.document(t, &one)
	if one.Name != "double" || one.Dim != 3 || one.Resolution.Max != 1 {
		t.Errorf("%+v", one)
	}
	m.run(t, "encoders", "import", network, "--description", good, "--name", "other", "--json").document(t, &one)
	if one.Name != "other" {
		t.Errorf("%+v", one)
	}
	for _, name := range []string{"builtin", list(t, m)[0].Name, "-v", "a\nb", "a\x1b[31m", ".hidden", "x.onnx"} {
		m.run(t, "encoders", "import", network, "--description", good, "--name="+name).want(t, exitFailed, strconv.Quote(name))
	}
	if n := len(list(t, m)); n != 3 {
		t.Errorf("%d encoders", n)
	}
	for name, text := range map[string]string{
		"no JSON": "{", "a field not known": `{"name": "x", "colour_space": "rgb"}`, "an output not there": `{"name": "x", "output": "nothing"}`,
		"a size not there": `{"name": "x", "size": 224}`, "no name": `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			bad := write(t, filepath.Join(t.TempDir(), "bad.json"), []byte(text))
			if s := m.run(t, "encoders", "import", network, "--description", bad); s.status != exitFailed || !strings.Contains(s.stderr, "bad.json") && !strings.Contains(s.stderr, network) {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestEncodersDamaged(t *testing.T) {
	m, k := bare(t), newKit(t)
	whole := read(t, k.encoder)
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"empty": nil, "text": []byte("not a network"), "cut off": whole[:len(whole)/2], "of another program": foreignNetwork(t, 1),
		"bytes at random": bytes.Repeat([]byte{0xff, 0x93, 0x0a}, 100),
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, filepath.Join(dir, name, "e.onnx"), data)
			m.run(t, "encoders", "import", path).want(t, exitFailed, path)
			m.run(t, "analyze", k.slide, "--out", t.TempDir(), "--magnification", "20", "--encoder", path).want(t, exitFailed, path)
		})
	}
	for _, name := range []string{"weights.pth", "weights.safetensors"} {
		path := write(t, filepath.Join(dir, name), []byte("no weights"))
		m.run(t, "encoders", "import", path).want(t, exitFailed, path)
	}
	if left := files(t, m.data); len(left) > 0 {
		t.Errorf("installed %q", left)
	}
}

// flatPNG is a picture of one colour.
func flatPNG(t *testing.T, path string, w, h int, c color.RGBA) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := 0; i < len(img.Pix); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = c.R, c.G, c.B, c.A
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return write(t, path, b.Bytes())
}

func TestEncodersRun(t *testing.T) {
	m, k, dir := withRuntime(t), newKit(t), t.TempDir()
	colours := []color.RGBA{{255, 0, 0, 255}, {0, 51, 0, 255}, {0, 0, 102, 255}, {255, 255, 255, 255}}
	sizes := []int{256, 256, 100, 300} // others are resized
	args := []string{"encoders", "run", k.encoder}
	for round := range 3 { // more than one batch
		for i, c := range colours {
			args = append(args, flatPNG(t, filepath.Join(dir, string(rune('a'+round))+string(rune('a'+i))+".png"), sizes[i], sizes[i], c))
		}
	}
	out := filepath.Join(dir, "f.safetensors")
	s := m.run(t, append(args, "--out", out, "--json", "--device", "cpu")...)
	s.want(t, exitDone)
	var done app.Encoded
	s.document(t, &done)
	if done.Images != 12 || done.Encoder.Name != "mean" || done.Device.Used != "cpu" || done.Out != out {
		t.Errorf("%+v", done)
	}
	f, err := safetensors.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.Float32("features")
	if err != nil || len(rows) != 36 {
		t.Fatalf("%d values, error %v", len(rows), err)
	}
	for i := range 12 {
		c := colours[i%4]
		for j, want := range []uint8{c.R, c.G, c.B} {
			if got := rows[3*i+j]; math.Abs(float64(got)-float64(want)/255) > 1e-3 { // float32 sums of 65536 values
				t.Errorf("picture %d, channel %d: %v, want %v", i, j, got, float64(want)/255)
			}
		}
	}
}

func TestEncodersRunRefuses(t *testing.T) {
	m, k, dir := withRuntime(t), newKit(t), t.TempDir()
	good := flatPNG(t, filepath.Join(dir, "a.png"), 256, 256, color.RGBA{9, 9, 9, 255})
	bad := write(t, filepath.Join(dir, "b.png"), read(t, good)[:100])
	out := filepath.Join(dir, "f.safetensors")
	m.run(t, "encoders", "run", k.encoder, good, bad, "--out", out).want(t, exitFailed, bad)
	m.run(t, "encoders", "run", k.encoder, good, filepath.Join(dir, "none.png"), "--out", out).want(t, exitFailed, "none.png")
	m.run(t, "encoders", "run", "no such", good, "--out", out).want(t, exitFailed, "no such")
	m.run(t, "encoders", "run", k.encoder, good, "--out", filepath.Join(good, "f")).want(t, exitFailed, good)
	huge := flatPNG(t, filepath.Join(dir, "huge.png"), 5000, 20, color.RGBA{9, 9, 9, 255})
	m.run(t, "encoders", "run", k.encoder, huge, "--out", out).want(t, exitFailed, huge, "too many for one patch")
	for _, name := range files(t, dir) {
		if !strings.HasSuffix(name, ".png") {
			t.Errorf("left %s", name)
		}
	}
}
