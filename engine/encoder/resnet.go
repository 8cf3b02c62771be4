package encoder

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"zoomscope/engine/nn"
)

// Weights are the named tensors of a trained network. A checkpoint file is one.
type Weights interface {
	Names() []string
	Tensor(name string) (*nn.Tensor, error)
}

// batchNormEps is what torchvision and timm add to a variance.
const batchNormEps = 1e-5

// The stages of a residual network halve the picture, and a checkpoint has so
// many blocks in each. No published one has more.
const maxBlocks = 64

// ImportResNet makes an encoder of a residual network as torchvision and timm
// name its weights (conv1, bn1, layer1.0.conv1, ...), with or without a prefix
// such as "module.", "model." or "encoder.". Whether blocks have two or three
// convolutions, how many there are and how wide follows from the weights, so
// that ResNet-18 to 152 and the wide ones all do; the ones with another stem
// (ResNet-D) or squeeze-and-excitation are refused.
//
// The network is cut after d.Stages stages and averaged over its places: after
// three, a ResNet-50 gives 1024 values. Batch normalisation is folded into the
// convolutions. If the description gives neither Mean nor Std, ImageNet's are
// taken. Layout, Type, Input, Output and Pool have no meaning here.
func ImportResNet(w Weights, d Description) (*Spec, error) {
	if d.Mean == nil && d.Std == nil {
		mean, std := ImageNet()
		if d.Colour == BGR {
			mean[0], mean[2], std[0], std[2] = mean[2], mean[0], std[2], std[0]
		}
		d.Mean, d.Std = &mean, &std
	}
	d.Layout, d.Type, d.Pool = NCHW, Float32, Auto
	d, err := d.complete()
	if err != nil {
		return nil, err
	}
	r, err := newResnet(w)
	if err != nil {
		return nil, err
	}
	x := prepare(r.g, tilesInput(r.g), d)
	x = r.body(x, d.Stages)
	if r.err != nil {
		return nil, r.err
	}
	dim := x.Shape()[1].Size
	if d.Dim != 0 && d.Dim != dim {
		return nil, fmt.Errorf("network gives %d values, but the description's dim is %d", dim, d.Dim)
	}
	r.g.Output("features", gather(r.g, x, Auto))
	return specOf(r.g, d.card(dim))
}

// specOf writes a graph with its card.
func specOf(g *nn.Graph, c Card) (*Spec, error) {
	for key, value := range c.metadata() {
		g.SetMetadata(key, value)
	}
	data, err := g.ONNX()
	if err != nil {
		return nil, err
	}
	return Parse(data)
}

// resnet builds the graph. After the first error, which it keeps, its methods
// do nothing of use.
type resnet struct {
	g      *nn.Graph
	w      Weights
	prefix string
	names  map[string]bool
	err    error
}

func newResnet(w Weights) (*resnet, error) {
	r := &resnet{g: nn.NewGraph("resnet"), w: w, names: map[string]bool{}}
	found := false
	for _, name := range w.Names() {
		r.names[name] = true
		if p, ok := strings.CutSuffix(name, "layer1.0.conv1.weight"); ok && !found {
			r.prefix, found = p, true
		}
	}
	if !found {
		return nil, fmt.Errorf("weights are not those of a residual network: no tensor layer1.0.conv1.weight")
	}
	if !r.has("conv1.weight") {
		return nil, fmt.Errorf("weights have no tensor %sconv1.weight: a residual network with another stem is not supported", r.prefix)
	}
	if r.has("layer1.0.se.fc1.weight") {
		return nil, fmt.Errorf("weights are of a network with squeeze-and-excitation, which is not supported")
	}
	return r, nil
}

func (r *resnet) has(name string) bool { return r.names[r.prefix+name] }

// body is the stem and the first stages.
func (r *resnet) body(x *nn.Value, stages int) *nn.Value {
	x = r.g.Relu(r.convolution(x, "conv1", "bn1", 2))
	x = r.g.MaxPool(x, 3, 2, 1)
	for stage := 1; stage <= stages && r.err == nil; stage++ {
		for block := 0; block < maxBlocks; block++ {
			name := fmt.Sprintf("layer%d.%d.", stage, block)
			if !r.has(name + "conv1.weight") {
				if block == 0 {
					r.fail("weights have no tensor %s%sconv1.weight", r.prefix, name)
				}
				break
			}
			stride := 1
			if stage > 1 && block == 0 {
				stride = 2
			}
			x = r.block(x, name, stride)
		}
	}
	return x
}

// block is one residual block: two convolutions, or three of which the middle
// one has the stride.
func (r *resnet) block(x *nn.Value, name string, stride int) *nn.Value {
	y := x
	if r.has(name + "conv3.weight") {
		y = r.g.Relu(r.convolution(y, name+"conv1", name+"bn1", 1))
		y = r.g.Relu(r.convolution(y, name+"conv2", name+"bn2", stride))
		y = r.convolution(y, name+"conv3", name+"bn3", 1)
	} else {
		y = r.g.Relu(r.convolution(y, name+"conv1", name+"bn1", stride))
		y = r.convolution(y, name+"conv2", name+"bn2", 1)
	}
	if r.has(name + "downsample.0.weight") {
		x = r.convolution(x, name+"downsample.0", name+"downsample.1", stride)
	}
	if r.err == nil && !slices.Equal(x.Shape(), y.Shape()) {
		r.fail("block %s%s: %v cannot be added to %v", r.prefix, name, y, x)
	}
	if r.err != nil {
		return x
	}
	return r.g.Relu(r.g.Add(y, x))
}

// convolution is a convolution with the batch normalisation after it folded in.
// Its padding keeps the size, stride aside. An input whose channels are several
// times the weight's is convolved in groups.
func (r *resnet) convolution(x *nn.Value, conv, norm string, stride int) *nn.Value {
	w := r.tensor(conv + ".weight")
	if r.err != nil {
		return x
	}
	in := x.Shape()[1].Size
	if len(w.Shape) != 4 || w.Len() == 0 || w.Shape[2] != w.Shape[3] || w.Shape[2]%2 == 0 || in%w.Shape[1] != 0 || w.Shape[0]%(in/w.Shape[1]) != 0 {
		r.fail("tensor %s%s.weight has shape %v, for an input of %d channels", r.prefix, conv, w.Shape, in)
		return x
	}
	scale, shift := r.norm(norm, w.Shape[0])
	if r.err != nil {
		return x
	}
	folded := make([]float32, w.Len())
	per := w.Len() / w.Shape[0]
	for i, v := range w.F32 {
		folded[i] = float32(float64(v) * scale[i/per])
	}
	pad := w.Shape[2] / 2
	return r.g.Conv(x, r.g.Param(conv+".weight", nn.F32Tensor(folded, w.Shape...)),
		r.g.Param(conv+".bias", nn.F32Tensor(shift, len(shift))),
		nn.ConvOptions{Stride: stride, Pads: [4]int{pad, pad, pad, pad}, Groups: in / w.Shape[1]})
}

// norm is batch normalisation as a factor and a summand for each channel.
func (r *resnet) norm(name string, channels int) (scale []float64, shift []float32) {
	part := func(s string) []float32 {
		t := r.tensor(name + s)
		if r.err == nil && t.Len() != channels {
			r.fail("tensor %s%s%s has shape %v, not [%d]", r.prefix, name, s, t.Shape, channels)
		}
		if r.err != nil {
			return make([]float32, channels)
		}
		return t.F32
	}
	gamma, beta, mean, variance := part(".weight"), part(".bias"), part(".running_mean"), part(".running_var")
	scale, shift = make([]float64, channels), make([]float32, channels)
	for c := range channels {
		if variance[c] < 0 {
			r.fail("tensor %s%s.running_var holds %g", r.prefix, name, variance[c])
		}
		scale[c] = float64(gamma[c]) / math.Sqrt(float64(variance[c])+batchNormEps)
		shift[c] = float32(float64(beta[c]) - float64(mean[c])*scale[c])
	}
	return scale, shift
}

// tensor reads a float32 tensor.
func (r *resnet) tensor(name string) *nn.Tensor {
	if r.err != nil {
		return nil
	}
	if !r.has(name) {
		r.fail("weights have no tensor %s%s", r.prefix, name)
		return nil
	}
	t, err := r.w.Tensor(r.prefix + name)
	switch {
	case err != nil:
		r.err = err
	case t.Type != nn.Float32:
		r.fail("tensor %s%s is of %v, not float32", r.prefix, name, t.Type)
	}
	return t
}

func (r *resnet) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}
