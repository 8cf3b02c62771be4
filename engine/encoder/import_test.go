package encoder

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	pw "google.golang.org/protobuf/encoding/protowire"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
)

// The element types of ONNX that are not in wire.go.
const (
	elementFloat16 = 10
	elementFloat64 = 11
)

// rawNetwork is an ONNX file written field by field, for what nn.Graph never
// writes.
type rawNetwork struct {
	opset, ir int
	graph     []byte
	opsets    []byte // instead of opset
}

func (r rawNetwork) bytes() []byte {
	b := appendInt(nil, modelIR, uint64(or(r.ir, 8)))
	b = appendMessage(b, modelGraph, r.graph)
	if r.opsets != nil {
		return append(b, r.opsets...)
	}
	return appendMessage(b, modelOpset, appendInt(nil, 2, uint64(or(r.opset, 17))))
}

func rawNode(op, out string, in ...string) []byte {
	var b []byte
	for _, name := range in {
		b = appendString(b, nodeInput, name)
	}
	return appendString(appendString(b, nodeOutput, out), 4, op)
}

// rawValue is a declared array; a negative size is one of any, and no sizes at
// all is no declared shape.
func rawValue(name string, element uint64, sizes ...int) []byte {
	if len(sizes) == 0 {
		return appendMessage(appendString(nil, 1, name), 2, appendMessage(nil, 1, appendInt(nil, 1, element)))
	}
	var shape []axis
	for i, n := range sizes {
		if n < 0 {
			shape = append(shape, axis{name: "n" + strconv.Itoa(i)})
		} else {
			shape = append(shape, axis{size: n})
		}
	}
	return valueInfo(name, element, shape...)
}

// flat is a network that lays out the pixels of 8 x 8 in one row.
func flat(fields ...[]byte) []byte {
	b := appendMessage(nil, graphNode, rawNode("Flatten", "y", "x"))
	return slices.Concat(append([][]byte{b}, fields...)...)
}

func graphField(num pw.Number, payload []byte) []byte { return appendMessage(nil, num, payload) }

var (
	flatInput  = graphField(graphInput, rawValue("x", elementFloat32, -1, 3, 8, 8))
	flatOutput = graphField(graphOutput, rawValue("y", elementFloat32, -1, 192))
)

func rawTensor(name string, dims []int, fields ...[]byte) []byte {
	var b []byte
	for _, d := range dims {
		b = appendInt(b, 1, uint64(d))
	}
	b = appendString(appendInt(b, 2, elementFloat32), tensorName, name)
	return slices.Concat(append([][]byte{b}, fields...)...)
}

func TestForeignErrors(t *testing.T) {
	one := appendMessage(nil, 9, []byte{0, 0, 128, 63})
	external := slices.Concat(appendMessage(nil, 13, appendString(appendString(nil, 1, "location"), 2, "/etc/passwd")), appendInt(nil, 14, 1))
	network := func(fields ...[]byte) []byte { return rawNetwork{graph: flat(fields...)}.bytes() }
	tests := []struct {
		name string
		data []byte
		d    Description
		want string
	}{
		{"float16", network(graphField(graphInput, rawValue("x", elementFloat16, -1, 3, 8, 8)), flatOutput), Description{}, "input is x float16[n0, 3, 8, 8]; networks of float32 or uint8 alone"},
		{"float64", network(graphField(graphInput, rawValue("x", elementFloat64, -1, 3, 8, 8)), flatOutput), Description{}, "input is x float64[n0, 3, 8, 8]; networks of float32 or uint8 alone"},
		{"float16 out", network(flatInput, graphField(graphOutput, rawValue("y", elementFloat16, -1, 192))), Description{}, "output is y float16[n0, 192], not float32"},
		{"text in", network(graphField(graphInput, rawValue("x", 8, -1)), flatOutput), Description{}, "string"},
		{"external data", network(flatInput, flatOutput, graphField(graphInitializer, rawTensor("w", []int{1}, external))), Description{}, `"w": data in another file`},
		{"weights cut off", network(flatInput, flatOutput, graphField(graphInitializer, rawTensor("w", []int{2}, one))), Description{}, `"w"`},
		{"no inputs", network(flatOutput), Description{}, "network has 0 inputs"},
		{"two inputs", network(flatInput, graphField(graphInput, rawValue("mask", elementFloat32, -1)), flatOutput), Description{Input: "x"}, "network has 2 inputs; an encoder has one"},
		{"no outputs", network(flatInput), Description{}, "no outputs"},
		{"old operators", rawNetwork{opset: 6, graph: flat(flatInput, flatOutput)}.bytes(), Description{}, "opset 6; 7 or newer"},
		{"no opset", rawNetwork{opsets: []byte{}, graph: flat(flatInput, flatOutput)}.bytes(), Description{}, "opset"},
		{"five axes", network(graphField(graphInput, rawValue("x", elementFloat32, -1, 3, 8, 8, 8)), flatOutput), Description{}, "input is x float32[n0, 3, 8, 8, 8], but the description gives it x float32[B, 3, 256, 256]"},
		{"grey", network(graphField(graphInput, rawValue("x", elementFloat32, -1, 1, 8, 8)), flatOutput), Description{}, "x float32[B, 3, 8, 8], B being any size"},
		{"not square", network(graphField(graphInput, rawValue("x", elementFloat32, -1, 3, 8, 12)), flatOutput), Description{}, "x float32[B, 3, 8, 8], B being any size"},
		{"too large", network(graphField(graphInput, rawValue("x", elementFloat32, -1, 3, 4096, 4096)), flatOutput), Description{}, "size 4096"},
		{"width not told", network(flatInput, graphField(graphOutput, rawValue("y", elementFloat32, -1, -1))), Description{}, "must say its dim"},
		{"output not told", network(flatInput, graphField(graphOutput, rawValue("y", elementFloat32))), Description{}, "must say its dim"},
		{"output of one axis", network(flatInput, graphField(graphOutput, rawValue("y", elementFloat32, 192))), Description{}, `pool "auto"`},
		{"output of no values", network(flatInput, graphField(graphOutput, rawValue("y", elementFloat32, -1, 0))), Description{}, "dim 0"},
		{"first token of a picture", network(flatInput, graphField(graphOutput, rawValue("y", elementFloat32, -1, 3, 8, 8))), Description{Pool: First}, `pool "first"`},
		{"tokens as they are", network(flatInput, graphField(graphOutput, rawValue("y", elementFloat32, -1, 8, 24))), Description{Pool: None}, `pool "none"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.d.Name = "x"
			_, err := ImportONNX(test.data, test.d)
			wantError(t, err, test.want)
		})
	}
}

// TestForeignOld takes a network as it was written in 2018: weights are inputs
// too, and nothing says the batch or the output's size.
func TestForeignOld(t *testing.T) {
	weight := appendMessage(nil, 9, []byte{0, 0, 0, 64}) // 2
	graph := slices.Concat(
		graphField(graphNode, rawNode("GlobalAveragePool", "p", "x")),
		graphField(graphNode, rawNode("Flatten", "f", "p")),
		graphField(graphNode, rawNode("Mul", "y", "f", "w")),
		graphField(graphInitializer, rawTensor("w", []int{1}, weight)),
		graphField(graphInput, rawValue("w", elementFloat32, 1)),
		graphField(graphInput, rawValue("x", elementFloat32)),
		graphField(graphOutput, rawValue("y", elementFloat32)),
		graphField(graphValue, rawValue("p", elementFloat32, 1, 3, 1, 1))) // a batch of one
	data := rawNetwork{opset: 7, ir: 3, graph: graph}.bytes()
	spec, err := ImportONNX(data, Description{Name: "old", Size: 8, Fit: Crop, Dim: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := spec.Probe(t.Context(), openCPU(t, 1)); err != nil {
		t.Error(err)
	}
	tiles := noise(2)
	near(t, encode(t, spec, openCPU(t, 1), tiles), channelMeans(tiles, 8, 2.0/255), 1e-5)
}

// channelMeans are the means of the middle size x size pixels of each patch's
// channels, times a factor.
func channelMeans(tiles []byte, size int, factor float64) []float64 {
	var means []float64
	d := Description{Size: size, Fit: Crop, Scale: factor, Mean: &[3]float64{}, Std: &[3]float64{1, 1, 1}}
	for tile := range slices.Chunk(tiles, TileBytes) {
		means = append(means, pixels(tile, d).mean()...)
	}
	return means
}

// TestForeignNames joins networks whose names are those that the parts around
// them would have, and reads an encoder in again as a network from elsewhere.
func TestForeignNames(t *testing.T) {
	tiles := noise(2)
	o := openCPU(t, 1)
	want := channelMeans(tiles, 8, 1.0/255)
	for _, names := range [][]string{
		{"tiles", "pixels", "features"},
		{"zoomscope0/tiles", "zoomscope0/pixels", "zoomscope0/backfeatures"},
		{"zoomscope1/tiles", "zoomscope0/const0", "zoomscope2/"},
		{"x y", "é", "/"},
	} {
		for _, picture := range []bool{false, true} {
			g := nn.NewGraph(names[0])
			x := g.Input(names[0], nn.Float32, nn.Symbol("N"), nn.Fixed(3), nn.Fixed(8), nn.Fixed(8))
			y := g.Mul(x, g.Param(names[1], nn.F32Tensor([]float32{1}, 1)))
			if !picture {
				y = g.Reshape(g.GlobalAvgPool(y), 0, -1)
			}
			g.Output(names[2], y)
			data, err := g.ONNX()
			if err != nil {
				t.Fatal(err)
			}
			spec, err := ImportONNX(data, Description{Name: "names", Fit: Crop})
			if err != nil {
				t.Fatal(err)
			}
			near(t, encode(t, spec, o, tiles), want, 1e-5)
			again, err := ImportONNX(spec.ONNX(), Description{Name: "again", Layout: NHWC, Type: Uint8})
			if err != nil {
				t.Fatal(err)
			}
			if c := again.Card(); c.Name != "again" || c.Dim != 3 {
				t.Errorf("card %+v", c)
			}
			near(t, encode(t, again, o, tiles), want, 1e-5)
		}
	}
}

// TestForeignOutputs has one network with outputs of every rank, of which the
// description names one.
func TestForeignOutputs(t *testing.T) {
	o := openCPU(t, 1)
	data := foreignFile(t, 8, func(g *nn.Graph, x *nn.Value) {
		g.Output("picture", x)
		g.Output("tokens", g.Transpose(g.Reshape(x, 0, 3, 64), 0, 2, 1))
		g.Output("rows", g.Reshape(g.GlobalAvgPool(x), 0, -1))
	})
	tiles := noise(3)
	means := channelMeans(tiles, 8, 1.0/255)
	var first []float64
	for tile := range slices.Chunk(tiles, TileBytes) {
		at := (124*Side + 124) * 3
		for c := range 3 {
			first = append(first, float64(tile[at+c])/255)
		}
	}
	tests := []struct {
		output string
		pool   Pool
		want   []float64
	}{
		{"picture", "", means}, {"picture", Mean, means},
		{"tokens", "", first}, {"tokens", First, first}, {"tokens", Mean, means},
		{"rows", "", means}, {"rows", None, means},
	}
	for _, test := range tests {
		t.Run(test.output+" "+string(test.pool), func(t *testing.T) {
			spec, err := ImportONNX(data, Description{Name: "x", Fit: Crop, Output: test.output, Pool: test.pool})
			if err != nil {
				t.Fatal(err)
			}
			near(t, encode(t, spec, o, tiles), test.want, 1e-5)
			near(t, encode(t, spec, nntest.Interpreter{}, tiles), test.want, 1e-5)
		})
	}
	_, err := ImportONNX(data, Description{Name: "x"})
	wantError(t, err, `"picture" "tokens" "rows"`, "must name one")
}

// TestForeignUntouched: what a newer writer put into the file goes through.
func TestForeignUntouched(t *testing.T) {
	extra := appendString(nil, 4000, "of a later version")
	node := append(rawNode("Flatten", "y", "x"), extra...)
	graph := slices.Concat(graphField(graphNode, node), flatInput, flatOutput, extra)
	opsets := slices.Concat(
		appendMessage(nil, modelOpset, appendString(appendInt(nil, 2, 1), 1, "com.example")),
		appendMessage(nil, modelOpset, appendInt(nil, 2, 13)))
	spec, err := ImportONNX(rawNetwork{ir: 10, graph: graph, opsets: opsets}.bytes(), Description{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(spec.ONNX(), extra); n != 2 {
		t.Errorf("of 2 fields that are not known %d are left", n)
	}
	if !bytes.Contains(spec.ONNX(), opsets) {
		t.Error("the operator sets are not as they were")
	}
	if info, err := nn.Describe(spec.ONNX()); err != nil || info.IRVersion != 10 || info.Opset != 13 {
		t.Errorf("%+v, %v", info, err)
	}
}

// TestImportCutOff: no beginning of a file passes for the file, and the error
// names it.
func TestImportCutOff(t *testing.T) {
	data := colourMeans(t, 1)
	d := Description{Name: "x", Fit: Crop}
	for n := range len(data) {
		if _, err := ImportONNX(data[:n], d); err == nil {
			t.Fatalf("the first %d of %d bytes are a network", n, len(data))
		}
	}
	path := filepath.Join(t.TempDir(), "cut.onnx")
	if err := os.WriteFile(path, data[:len(data)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Import(path, d)
	wantError(t, err, path)
}

// TestImportOtherFiles: what is no network is told by what it is.
func TestImportOtherFiles(t *testing.T) {
	dir := t.TempDir()
	tests := []struct{ name, data, want string }{
		{"empty", "", "not an acceptable ONNX file"},
		{"text", "dear reader", "not an acceptable ONNX file"},
		{"picture", "\xff\xd8\xff\xe0\x00\x10JFIF", "not an acceptable ONNX file"},
		{"zip", "PK\x03\x04 and so on", "zip archive"},
		{"pickle", "\x80\x02}.", "neither a PyTorch nor a safetensors file"},
		{"safetensors", "\x02\x00\x00\x00\x00\x00\x00\x00{}", "no tensors"},
		{"other weights", "\x3b\x00\x00\x00\x00\x00\x00\x00" + `{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}     ` + "\x00\x00\x80\x3f", "not those of a residual network"},
		{"tar", strings.Repeat("a", 257) + "ustar" + strings.Repeat("\x00", 300), "tar format"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(dir, test.name)
			if err := os.WriteFile(path, []byte(test.data), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := Import(path, Description{Name: "x"})
			wantError(t, err, path, test.want)
		})
	}
	for _, path := range []string{dir, filepath.Join(dir, "none")} {
		_, err := Import(path, Description{Name: "x"})
		wantError(t, err, path)
	}
}

// FuzzImportONNX: whatever the file, what is imported is an encoder, and joining
// leaves it one that the strict reader takes.
func FuzzImportONNX(f *testing.F) {
	weight := appendMessage(nil, 9, []byte{0, 0, 128, 63})
	f.Add(colourMeans(f, 1), "", "", 0)
	f.Add(foreignFile(f, 8, func(g *nn.Graph, x *nn.Value) { g.Output("y", x); g.Output("z", g.Reshape(x, 0, 3, 64)) }), "z", "mean", 64)
	f.Add(rawNetwork{opset: 7, ir: 3, graph: flat(flatInput, flatOutput, graphField(graphInitializer, rawTensor("w", []int{1}, weight)))}.bytes(), "y", "none", 192)
	f.Add(rawNetwork{graph: flat(graphField(graphInput, rawValue("x", elementUint8, -1, 8, 8, 3)), graphField(graphOutput, rawValue("y", elementFloat32)))}.bytes(), "", "auto", 7)
	f.Fuzz(func(t *testing.T, data []byte, output, pool string, dim int) {
		for _, d := range []Description{{Fit: Crop}, {Layout: NHWC, Type: Uint8}} {
			d.Name, d.Output, d.Pool, d.Dim = "fuzz", output, Pool(pool), dim
			spec, err := ImportONNX(data, d)
			if err != nil {
				continue
			}
			if again, err := Parse(spec.ONNX()); err != nil || again.Card() != spec.Card() {
				t.Fatalf("read again: %v", err)
			}
			if c := spec.Card(); c.Name != "fuzz" || dim != 0 && c.Dim != dim {
				t.Errorf("card %+v for a dim of %d", c, dim)
			}
		}
	})
}
