package encoder

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"zoomscope/engine/nn"
)

// The opset and IR version that the joined parts are written for. Older files
// list weights as inputs too, which newer ones need not.
const (
	minOpset  = 7
	writtenIR = 8
)

// ImportONNX makes an encoder of an ONNX file of another shape: pixels are
// prepared before the network and its output is pooled after it, as the
// description says, all in one file. The network itself is carried over
// unchanged. What cannot be an encoder by this description is an error; whether
// the result runs is for Spec.Probe to find out.
func ImportONNX(data []byte, d Description) (*Spec, error) {
	if err := nn.CheckONNX(data, nn.DefaultLimits()); err != nil {
		return nil, err
	}
	info, err := nn.Describe(data)
	if err != nil {
		return nil, err
	}
	f, err := newForeign(data, info, d)
	if err != nil {
		return nil, err
	}
	joined, err := f.join()
	if err != nil {
		return nil, err
	}
	return Parse(joined)
}

// foreign is a network to be joined with what makes it an encoder.
type foreign struct {
	data    []byte
	ir      int
	in, out nn.Port
	d       Description // complete
	prefix  string      // of names that the file does not hold
}

func newForeign(data []byte, info nn.Info, d Description) (*foreign, error) {
	if info.Opset < minOpset {
		return nil, fmt.Errorf("network is of opset %d; %d or newer is needed", info.Opset, minOpset)
	}
	if n := len(info.Inputs); n != 1 {
		return nil, fmt.Errorf("network has %d inputs; an encoder has one", n)
	}
	in, err := choose("input", info.Inputs, d.Input)
	if err != nil {
		return nil, err
	}
	out, err := choose("output", info.Outputs, d.Output)
	if err != nil {
		return nil, err
	}
	d.Size = or(d.Size, heightOf(in, or(d.Layout, NCHW)))
	if d, err = d.complete(); err != nil {
		return nil, err
	}
	if err := checkInput(in, d); err != nil {
		return nil, err
	}
	out, err = checkOutput(out, &d)
	if err != nil {
		return nil, err
	}
	return &foreign{data: data, ir: max(info.IRVersion, writtenIR), in: in, out: out, d: d, prefix: freshPrefix(data)}, nil
}

// choose finds a port by name, or the only one.
func choose(what string, ports []nn.Port, name string) (nn.Port, error) {
	var names []string
	for _, p := range ports {
		if p.Name == name || name == "" && len(ports) == 1 {
			return p, nil
		}
		names = append(names, p.Name)
	}
	if name == "" {
		return nn.Port{}, fmt.Errorf("network has the %ss %q; the description must name one", what, names)
	}
	return nn.Port{}, fmt.Errorf("network has no %s %q, but %q", what, name, names)
}

// heightOf is the height that the input declares, 0 if none.
func heightOf(in nn.Port, l Layout) int {
	at := 2
	if l == NHWC {
		at = 1
	}
	if len(in.Shape) != 4 {
		return 0
	}
	return in.Shape[at].Size
}

// checkInput compares what the network declares with what it will be given.
func checkInput(in nn.Port, d Description) error {
	if in.Type != nn.Float32 && in.Type != nn.Uint8 {
		return fmt.Errorf("input is %v; networks of float32 or uint8 alone can be encoders", in)
	}
	want, element := []nn.Dim{nn.Symbol("B"), nn.Fixed(3), nn.Fixed(d.Size), nn.Fixed(d.Size)}, nn.Float32
	if d.Layout == NHWC {
		want[1], want[3] = want[3], want[1]
	}
	if d.Type == Uint8 {
		element = nn.Uint8
	}
	fits := in.Type == element && (!in.Ranked || len(in.Shape) == len(want))
	for i, a := range in.Shape {
		fits = fits && (i == 0 || !a.Known() || a == want[i])
	}
	if !fits {
		given := nn.Port{Name: in.Name, TypeName: element.String(), Ranked: true, Shape: want}
		return fmt.Errorf("input is %v, but the description gives it %v, B being any size", in, given)
	}
	return nil
}

// checkOutput gives the output a shape that gather can pool, and fills in
// d.Dim.
func checkOutput(out nn.Port, d *Description) (nn.Port, error) {
	if out.Type != nn.Float32 {
		return out, fmt.Errorf("output is %v, not float32", out)
	}
	if !out.Ranked {
		out.Shape = []nn.Dim{nn.Symbol("B"), nn.Symbol("D")}
	}
	at, ok := map[int]int{2: 1, 3: 2, 4: 1}[len(out.Shape)]
	pooled := len(out.Shape) == 2 && d.Pool != Mean && d.Pool != First ||
		len(out.Shape) == 3 && d.Pool != None || len(out.Shape) == 4 && (d.Pool == Auto || d.Pool == Mean)
	if !ok || !pooled {
		return out, fmt.Errorf("output is %v, which pool %q does not make [B, D] of", out, d.Pool)
	}
	dim := out.Shape[at]
	switch {
	case !dim.Known() && d.Dim == 0:
		return out, fmt.Errorf("output is %v; the description must say its dim", out)
	case dim.Known() && d.Dim != 0 && dim.Size != d.Dim:
		return out, fmt.Errorf("output is %v, but the description's dim is %d", out, d.Dim)
	case dim.Known():
		d.Dim = dim.Size
	}
	out.Shape = slices.Clone(out.Shape)
	for i := range out.Shape {
		out.Shape[i] = nn.Symbol("axis" + strconv.Itoa(i))
	}
	out.Shape[at] = nn.Fixed(d.Dim)
	return out, nil
}

// freshPrefix is a prefix that no name in the file can have.
func freshPrefix(data []byte) string {
	for i := 0; ; i++ {
		if p := "zoomscope" + strconv.Itoa(i) + "/"; !bytes.Contains(data, []byte(p)) {
			return p
		}
	}
}

// piece is nodes and initializers to be joined to a graph.
type piece struct{ nodes, initializers []byte }

// join writes the encoder's file.
func (f *foreign) join() ([]byte, error) {
	model, err := message(f.data)
	if err != nil {
		return nil, err
	}
	graph, err := message(merged(model, modelGraph))
	if err != nil {
		return nil, err
	}
	front, err := f.front()
	if err != nil {
		return nil, err
	}
	back, features, err := f.back()
	if err != nil {
		return nil, err
	}
	// Everything of the old graph but its name, inputs, outputs and the shapes
	// between, which may hold a batch of one.
	var rest []byte
	for _, x := range graph {
		switch x.num {
		case graphNode, graphName, graphDoc, graphInput, graphOutput, graphValue:
		default:
			rest = append(rest, x.raw...)
		}
	}
	out := copyFields(front.nodes, graph, graphNode)
	out = append(out, back.nodes...)
	out = appendString(out, graphName, "encoder")
	out = append(out, front.initializers...)
	out = append(out, back.initializers...)
	out = append(out, rest...)
	out = appendMessage(out, graphInput, valueInfo(f.prefix+"tiles", elementUint8, axis{name: "B"}, axis{size: Side}, axis{size: Side}, axis{size: 3}))
	out = appendMessage(out, graphOutput, valueInfo(features, elementFloat32, axis{name: "B"}, axis{size: f.d.Dim}))
	return f.model(model, out), nil
}

// model wraps the graph, with the operator sets and functions of the old one.
func (f *foreign) model(old []field, graph []byte) []byte {
	b := appendInt(nil, modelIR, uint64(f.ir))
	b = appendString(b, modelProducer, "zoomscope")
	b = appendMessage(b, modelGraph, graph)
	b = copyFields(b, old, modelOpset, modelFunction)
	entries := f.d.card(f.d.Dim).metadata()
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		b = appendMessage(b, modelMetadata, appendString(appendString(nil, 1, key), 2, entries[key]))
	}
	return b
}

// front is what prepares the pixels; its result has the name of the network's
// input, which nothing else makes now.
func (f *foreign) front() (piece, error) {
	g := nn.NewGraph("front")
	g.Output("pixels", prepare(g, tilesInput(g), f.d))
	return f.piece(g, func(name string) string {
		if name == "pixels" {
			return f.in.Name
		}
		return f.prefix + name
	})
}

// back is what pools the network's output, and the name of the result.
func (f *foreign) back() (piece, string, error) {
	if len(f.out.Shape) == 2 {
		return piece{}, f.out.Name, nil
	}
	g := nn.NewGraph("back")
	g.Output("features", gather(g, g.Input("out", nn.Float32, f.out.Shape...), f.d.Pool))
	p, err := f.piece(g, func(name string) string {
		if name == "out" {
			return f.out.Name
		}
		return f.prefix + "back" + name
	})
	return p, f.prefix + "back" + "features", err
}

// piece is a graph's nodes and initializers, its values renamed.
func (f *foreign) piece(g *nn.Graph, rename func(string) string) (piece, error) {
	data, err := g.ONNX()
	if err != nil {
		return piece{}, err
	}
	model, err := message(data)
	if err != nil {
		return piece{}, err
	}
	graph, err := message(merged(model, modelGraph))
	if err != nil {
		return piece{}, err
	}
	var p piece
	for _, x := range graph {
		switch x.num {
		case graphNode:
			node, err := renamed(x.payload, rename, nodeInput, nodeOutput, nodeName)
			if err != nil {
				return piece{}, err
			}
			p.nodes = appendMessage(p.nodes, graphNode, node)
		case graphInitializer:
			tensor, err := renamed(x.payload, rename, tensorName)
			if err != nil {
				return piece{}, err
			}
			p.initializers = appendMessage(p.initializers, graphInitializer, tensor)
		}
	}
	return p, nil
}
