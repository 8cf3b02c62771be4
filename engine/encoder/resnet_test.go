package encoder

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
	"zoomscope/engine/safetensors"
)

// layout is what differs between residual networks.
type layout struct {
	three  bool // convolutions in a block, not two
	width  int  // channels of the stem
	blocks []int
	groups int // of the middle convolution of three
}

// weights are random, with the names and shapes of torchvision: all four
// stages, a classifier and the counters of batch normalisation.
func (l layout) weights() tensors {
	m := weightMaker{tensors{}, rand.New(rand.NewPCG(3, uint64(l.width)))}
	m.convolution("conv1", "bn1", l.width, 3, 7)
	in := l.width
	for stage, blocks := range l.blocks {
		inner := l.width << stage
		out := inner
		if l.three {
			out = 4 * inner
		}
		for block := range blocks {
			name := fmt.Sprintf("layer%d.%d.", stage+1, block)
			if l.three {
				m.convolution(name+"conv1", name+"bn1", inner, in, 1)
				m.convolution(name+"conv2", name+"bn2", inner, inner/l.groups, 3)
				m.convolution(name+"conv3", name+"bn3", out, inner, 1)
			} else {
				m.convolution(name+"conv1", name+"bn1", out, in, 3)
				m.convolution(name+"conv2", name+"bn2", out, out, 3)
			}
			if block == 0 && (stage > 0 || in != out) {
				m.convolution(name+"downsample.0", name+"downsample.1", out, in, 1)
			}
			in = out
		}
	}
	m.w["fc.weight"], m.w["fc.bias"] = nn.NewTensor(nn.Float32, 5, in), nn.NewTensor(nn.Float32, 5)
	return m.w
}

type weightMaker struct {
	w   tensors
	rng *rand.Rand
}

func (m weightMaker) convolution(conv, norm string, out, in, k int) {
	deviation := math.Sqrt(2 / float64(in*k*k))
	m.random(conv+".weight", func() float64 { return m.rng.NormFloat64() * deviation }, out, in, k, k)
	m.random(norm+".weight", func() float64 { return 0.5 + m.rng.Float64() }, out)
	m.random(norm+".bias", func() float64 { return 0.3 * m.rng.NormFloat64() }, out)
	m.random(norm+".running_mean", func() float64 { return 0.3 * m.rng.NormFloat64() }, out)
	m.random(norm+".running_var", func() float64 { return 0.5 + 1.5*m.rng.Float64() }, out)
	m.w[norm+".num_batches_tracked"] = nn.I64Tensor([]int64{100})
}

func (m weightMaker) random(name string, f func() float64, shape ...int) {
	t := nn.NewTensor(nn.Float32, shape...)
	for i := range t.F32 {
		t.F32[i] = float32(f())
	}
	m.w[name] = t
}

// twin computes a residual network as a textbook has it.
func (l layout) twin(w tensors, x planes, stages int) []float64 {
	x = w.relu(w.norm("bn1", w.conv("conv1", x, 2, 1)))
	x = each(x.c, (x.h+1)/2, (x.w+1)/2, func(c, y, z int) float64 { // all are positive, so that the zeros outside never win
		top := 0.0
		for i := range 9 {
			top = max(top, x.at(c, 2*y-1+i/3, 2*z-1+i%3))
		}
		return top
	})
	for stage := range stages {
		for block := range l.blocks[stage] {
			stride := 1
			if stage > 0 && block == 0 {
				stride = 2
			}
			x = l.twinBlock(w, x, fmt.Sprintf("layer%d.%d.", stage+1, block), stride)
		}
	}
	return x.mean()
}

func (l layout) twinBlock(w tensors, x planes, name string, stride int) planes {
	var y planes
	if l.three {
		y = w.relu(w.norm(name+"bn1", w.conv(name+"conv1", x, 1, 1)))
		y = w.relu(w.norm(name+"bn2", w.conv(name+"conv2", y, stride, l.groups)))
		y = w.norm(name+"bn3", w.conv(name+"conv3", y, 1, 1))
	} else {
		y = w.relu(w.norm(name+"bn1", w.conv(name+"conv1", x, stride, 1)))
		y = w.norm(name+"bn2", w.conv(name+"conv2", y, 1, 1))
	}
	if w[name+"downsample.0.weight"] != nil {
		x = w.norm(name+"downsample.1", w.conv(name+"downsample.0", x, stride, 1))
	}
	return w.relu(each(y.c, y.h, y.w, func(c, i, j int) float64 { return y.at(c, i, j) + x.at(c, i, j) }))
}

func (w tensors) conv(name string, x planes, stride, groups int) planes {
	t := w[name+".weight"]
	out, in, k := t.Shape[0], t.Shape[1], t.Shape[2]
	return each(out, (x.h+stride-1)/stride, (x.w+stride-1)/stride, func(c, y, z int) float64 {
		sum, first := 0.0, c/(out/groups)*in
		for d := range in {
			for i := range k {
				for j := range k {
					sum += float64(t.F32[((c*in+d)*k+i)*k+j]) * x.at(first+d, y*stride+i-k/2, z*stride+j-k/2)
				}
			}
		}
		return sum
	})
}

func (w tensors) norm(name string, x planes) planes {
	of := func(part string, c int) float64 { return float64(w[name+"."+part].F32[c]) }
	return each(x.c, x.h, x.w, func(c, y, z int) float64 {
		return (x.at(c, y, z)-of("running_mean", c))/math.Sqrt(of("running_var", c)+1e-5)*of("weight", c) + of("bias", c)
	})
}

func (tensors) relu(x planes) planes {
	return each(x.c, x.h, x.w, func(c, y, z int) float64 { return max(0, x.at(c, y, z)) })
}

var (
	bottleneck = layout{three: true, width: 4, blocks: []int{2, 1, 2, 1}, groups: 1}
	basic      = layout{width: 4, blocks: []int{1, 2, 1, 1}}
	grouped    = layout{three: true, width: 4, blocks: []int{1, 1, 1, 1}, groups: 2}
)

// Features are float32 through some thirty layers.
const resnetTolerance = 1e-4

func TestResNet(t *testing.T) {
	mean, std := [3]float64{0.3, 0.5, 0.7}, [3]float64{0.2, 0.25, 0.4}
	tests := []struct {
		name string
		l    layout
		d    Description
		dim  int
	}{
		{"three convolutions", bottleneck, Description{Size: 32, Fit: Crop}, 64},
		{"two convolutions", basic, Description{Size: 32, Fit: Crop}, 16},
		{"groups", grouped, Description{Size: 32, Fit: Crop}, 64},
		{"odd size", bottleneck, Description{Size: 38, Fit: Crop}, 64},
		{"one stage", bottleneck, Description{Size: 32, Fit: Crop, Stages: 1}, 16},
		{"four stages", bottleneck, Description{Size: 32, Fit: Crop, Stages: 4, Dim: 128}, 128},
		{"blue first", bottleneck, Description{Size: 16, Fit: Crop, Colour: BGR}, 64},
		{"own normalisation", bottleneck, Description{Size: 16, Fit: Crop, Mean: &mean, Std: &std, Scale: 1.0 / 127.5, Offset: -1}, 64},
		{"own normalisation, blue first", bottleneck, Description{Size: 16, Fit: Crop, Mean: &mean, Std: &std, Colour: BGR}, 64},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.d.Name = "net"
			spec, err := ImportResNet(test.l.weights(), test.d)
			if err != nil {
				t.Fatal(err)
			}
			if c := spec.Card(); c.Dim != test.dim || c.Name != "net" {
				t.Errorf("card %+v, want %d values", c, test.dim)
			}
			tile := noise(1)
			near(t, encode(t, spec, nntest.Interpreter{}, tile), test.l.twin(test.l.weights(), pixels(tile, photographs(test.d)), or(test.d.Stages, 3)), resnetTolerance)
		})
	}
}

// photographs is a description with ImageNet's normalisation unless it has its
// own.
func photographs(d Description) Description {
	d.Scale = or(d.Scale, 1.0/255)
	if d.Mean == nil {
		d.Mean, d.Std = &[3]float64{0.485, 0.456, 0.406}, &[3]float64{0.229, 0.224, 0.225}
		if d.Colour == BGR {
			d.Mean, d.Std = &[3]float64{0.406, 0.456, 0.485}, &[3]float64{0.225, 0.224, 0.229}
		}
	}
	return d
}

func TestResNetOnRuntime(t *testing.T) {
	o := openCPU(t, 1)
	tiles := noise(2)
	for _, d := range []Description{{Size: 72, Fit: Crop}, {Size: 45}} {
		d.Name = "net"
		spec, err := ImportResNet(bottleneck.weights(), d)
		if err != nil {
			t.Fatal(err)
		}
		var want []float64
		for i := range 2 {
			want = append(want, bottleneck.twin(bottleneck.weights(), pixels(tiles[i*TileBytes:], photographs(d)), 3)...)
		}
		near(t, encode(t, spec, o, tiles), want, resnetTolerance)
		if err := spec.Probe(t.Context(), o); err != nil {
			t.Error(err)
		}
	}
}

func TestResNetPrefix(t *testing.T) {
	d := Description{Name: "net", Size: 32, Fit: Crop}
	plain, err := ImportResNet(bottleneck.weights(), d)
	if err != nil {
		t.Fatal(err)
	}
	two := bottleneck.weights().prefixed("encoder_q.")
	other := layout{three: true, width: 8, blocks: []int{1, 1, 1, 1}, groups: 1}.weights()
	maps.Copy(two, other.prefixed("encoder_k."))
	withBare := bottleneck.weights()
	maps.Copy(withBare, other.prefixed("ema."))
	tests := []struct {
		name, prefix string
		w            tensors
	}{
		{"module", "", bottleneck.weights().prefixed("module.")},
		{"deep", "", bottleneck.weights().prefixed("model.encoder.backbone.")},
		{"named", "model.", bottleneck.weights().prefixed("model.")},
		{"one of two", "encoder_q.", two},
		{"bare beside another", "", withBare},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := d
			d.Prefix = test.prefix
			spec, err := ImportResNet(test.w, d)
			if err != nil {
				t.Fatal(err)
			}
			if spec.Card() != plain.Card() {
				t.Errorf("card %+v is not %+v: the prefix should leave no trace", spec.Card(), plain.Card())
			}
		})
	}
	_, err = ImportResNet(two, d)
	wantError(t, err, `"encoder_k." "encoder_q."`, "prefix")
	d.Prefix = "encoder."
	_, err = ImportResNet(two, d)
	wantError(t, err, "encoder.layer1.0.conv1.weight")
}

func TestResNetErrors(t *testing.T) {
	set := func(name string, shape ...int) func(tensors) {
		return func(w tensors) { w[name] = nn.NewTensor(nn.Float32, shape...) }
	}
	remove := func(name string) func(tensors) { return func(w tensors) { delete(w, name) } }
	variance := func(v float64) func(tensors) {
		return func(w tensors) { w["layer2.0.bn1.running_var"].F32[1] = float32(v) }
	}
	tests := []struct {
		name   string
		change func(tensors)
		want   string
	}{
		{"nothing", func(w tensors) { clear(w) }, "layer1.0.conv1.weight"},
		{"no stem", remove("conv1.weight"), "m.conv1.weight"},
		{"no weight", remove("layer2.0.conv2.weight"), "m.layer2.0.conv2.weight"},
		{"no last weight of a block", remove("layer2.0.conv3.weight"), "m.layer2.0.conv"},
		{"no statistics", remove("layer3.1.bn2.running_var"), "m.layer3.1.bn2.running_var"},
		{"no downsampling", remove("layer2.0.downsample.0.weight"), "m.layer2.0."},
		{"no stage", func(w tensors) { dropStage(w, "layer3.") }, "m.layer3.0.conv1.weight"},
		{"a block between", remove("layer1.0.conv1.weight"), "layer1.0.conv1.weight"},
		{"a gap between blocks", func(w tensors) { rename(w, "layer3.1.", "layer3.2.") }, "m.layer3.2.bn1.bias"},
		{"bias of a convolution", set("layer1.0.conv2.bias", 4), "m.layer1.0.conv2.bias"},
		{"bias of the stem", set("conv1.bias", 4), "m.conv1.bias"},
		{"squeeze and excitation", set("layer1.0.se.fc1.weight", 1, 16, 1, 1), "m.layer1.0.se.fc1.weight"},
		{"efficient attention", set("layer2.0.se.conv.weight", 1, 1, 3), "m.layer2.0.se.conv.weight"},
		{"small stem", set("conv1.weight", 4, 3, 3, 3), "m.conv1.weight has shape [4 3 3 3], not [n 3 7 7]"},
		{"grey stem", set("conv1.weight", 4, 1, 7, 7), "m.conv1.weight"},
		{"wrong channels", set("layer1.0.conv1.weight", 4, 8, 1, 1), "m.layer1.0.conv1.weight has shape [4 8 1 1], not [n 4 1 1]"},
		{"groups in the last", set("layer1.0.conv3.weight", 16, 2, 1, 1), "m.layer1.0.conv3.weight"},
		{"groups that do not divide", set("layer1.0.conv2.weight", 5, 2, 3, 3), "m.layer1.0.conv2.weight"},
		{"more channels than there are", set("layer1.0.conv2.weight", 4, 8, 3, 3), "m.layer1.0.conv2.weight"},
		{"wrong rank", set("layer1.0.conv2.weight", 4, 36), "m.layer1.0.conv2.weight"},
		{"no channels", set("layer1.0.conv2.weight", 0, 4, 3, 3), "m.layer1.0.conv2.weight"},
		{"statistics of another size", set("bn1.running_mean", 5), "m.bn1.running_mean has shape [5], not [4]"},
		{"sum of other sizes", set("layer1.0.downsample.0.weight", 8, 4, 1, 1), "m.layer1.0."},
		{"negative variance", variance(-1), "m.layer2.0.bn1.running_var holds -1"},
		{"variance not a number", variance(math.NaN()), "m.layer2.0.bn1.running_var holds NaN"},
		{"integers", func(w tensors) { w["bn1.bias"] = nn.NewTensor(nn.Int64, 4) }, "m.bn1.bias is of int64"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := bottleneck.weights()
			test.change(w)
			_, err := ImportResNet(w.prefixed("m."), Description{Name: "net"})
			wantError(t, err, test.want)
		})
	}
	_, err := ImportResNet(bottleneck.weights(), Description{Name: "net", Dim: 1024})
	wantError(t, err, "64", "1024")
}

func dropStage(w tensors, prefix string) {
	maps.DeleteFunc(w, func(name string, _ *nn.Tensor) bool { return len(name) > len(prefix) && name[:len(prefix)] == prefix })
}

func rename(w tensors, from, to string) {
	for name, t := range maps.Clone(w) {
		if len(name) > len(from) && name[:len(from)] == from {
			w[to+name[len(from):]] = t
			delete(w, name)
		}
	}
}

// TestResNetFile reads weights from a file, and errors name it.
func TestResNetFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.safetensors")
	write := func(w tensors) {
		raw := map[string]safetensors.Raw{}
		for name, x := range w {
			raw[name] = safetensors.FromTensor(x)
		}
		if err := safetensors.WriteFile(path, raw, nil); err != nil {
			t.Fatal(err)
		}
	}
	d := Description{Name: "net", Size: 32, Fit: Crop}
	write(bottleneck.weights())
	got, err := Import(path, d)
	if err != nil {
		t.Fatal(err)
	}
	want, err := ImportResNet(bottleneck.weights(), d)
	if err != nil {
		t.Fatal(err)
	}
	if got.Card() != want.Card() {
		t.Errorf("card %+v of the file, %+v of its weights", got.Card(), want.Card())
	}
	w := bottleneck.weights()
	delete(w, "layer2.0.bn1.bias")
	write(w)
	_, err = Import(path, d)
	wantError(t, err, path, "layer2.0.bn1.bias")
}
