package encoder

import (
	"fmt"
	"maps"
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

// ImportResNet makes an encoder of a residual network as torchvision and timm
// name its weights (conv1, bn1, layer1.0.conv1, ...), with or without a prefix
// such as "module.", "model." or "encoder."; where several networks lie in one
// checkpoint, d.Prefix says which. Whether blocks have two or three
// convolutions, how many there are and how wide follows from the weights, so
// that ResNet-18 to 152, the wide ones and ResNeXt all do. Those with another
// stem (ResNet-D, the ones for small pictures), squeeze-and-excitation or
// anything else in these stages that is not known here are refused.
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
	r, err := newResnet(w, d.Prefix)
	if err != nil {
		return nil, err
	}
	x := prepare(r.g, tilesInput(r.g), d)
	x = r.body(x, d.Stages)
	r.checkUsed(d.Stages)
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
	used   map[string]bool
	err    error
}

func newResnet(w Weights, prefix string) (*resnet, error) {
	r := &resnet{g: nn.NewGraph("resnet"), w: w, names: map[string]bool{}, used: map[string]bool{}}
	for _, name := range w.Names() {
		r.names[name] = true
	}
	var err error
	if r.prefix, err = choosePrefix(w.Names(), prefix); err != nil {
		return nil, err
	}
	if !r.has("conv1.weight") {
		return nil, fmt.Errorf("weights have no tensor %sconv1.weight: a residual network with another stem is not supported", r.prefix)
	}
	return r, nil
}

// firstBlock is in every residual network, and so tells its prefix.
const firstBlock = "layer1.0.conv1.weight"

// choosePrefix finds what stands before a network's names: what is wanted if
// that is not "", else nothing, else the only prefix there is.
func choosePrefix(names []string, wanted string) (string, error) {
	var found []string
	for _, name := range names {
		if p, ok := strings.CutSuffix(name, firstBlock); ok {
			found = append(found, p)
		}
	}
	switch {
	case slices.Contains(found, wanted):
		return wanted, nil
	case wanted != "" || len(found) == 0:
		return "", fmt.Errorf("weights are not those of a residual network: no tensor %s%s", wanted, firstBlock)
	case len(found) > 1:
		return "", fmt.Errorf("weights hold the residual networks %q; the description's prefix must name one", found)
	}
	return found[0], nil
}

// checkUsed wants every weight of the stem and the stages to have been read: one
// left over belongs to a network that computes something else.
func (r *resnet) checkUsed(stages int) {
	parts := []string{"conv1.", "bn1."}
	for stage := 1; stage <= stages; stage++ {
		parts = append(parts, fmt.Sprintf("layer%d.", stage))
	}
	for _, full := range slices.Sorted(maps.Keys(r.names)) {
		name, ok := strings.CutPrefix(full, r.prefix)
		if !ok || r.used[name] || strings.HasSuffix(name, ".num_batches_tracked") {
			continue
		}
		if slices.ContainsFunc(parts, func(p string) bool { return strings.HasPrefix(name, p) }) {
			r.fail("tensor %s has no place in a residual network as torchvision builds it", full)
		}
	}
}

func (r *resnet) has(name string) bool { return r.names[r.prefix+name] }

// body is the stem and the first stages.
func (r *resnet) body(x *nn.Value, stages int) *nn.Value {
	x = r.g.Relu(r.convolution(x, "conv1", "bn1", 7, 2, false))
	x = r.g.MaxPool(x, 3, 2, 1)
	for stage := 1; stage <= stages && r.err == nil; stage++ {
		for block := 0; r.err == nil; block++ {
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
// one has the stride and may be in groups.
func (r *resnet) block(x *nn.Value, name string, stride int) *nn.Value {
	y := x
	if r.has(name + "conv3.weight") {
		y = r.g.Relu(r.convolution(y, name+"conv1", name+"bn1", 1, 1, false))
		y = r.g.Relu(r.convolution(y, name+"conv2", name+"bn2", 3, stride, true))
		y = r.convolution(y, name+"conv3", name+"bn3", 1, 1, false)
	} else {
		y = r.g.Relu(r.convolution(y, name+"conv1", name+"bn1", 3, stride, false))
		y = r.convolution(y, name+"conv2", name+"bn2", 3, 1, false)
	}
	if r.has(name + "downsample.0.weight") {
		x = r.convolution(x, name+"downsample.0", name+"downsample.1", 1, stride, false)
	}
	if r.err == nil && !slices.Equal(x.Shape(), y.Shape()) {
		r.fail("block %s%s: %v cannot be added to %v", r.prefix, name, y, x)
	}
	if r.err != nil {
		return x
	}
	return r.g.Relu(r.g.Add(y, x))
}

// convolution is a convolution by kernel x kernel pixels with the batch
// normalisation after it folded in. Its padding keeps the size, stride aside.
// Where groups may be, an input whose channels are several times the weight's is
// convolved in so many.
func (r *resnet) convolution(x *nn.Value, conv, norm string, kernel, stride int, grouped bool) *nn.Value {
	w := r.tensor(conv + ".weight")
	if r.err != nil {
		return x
	}
	in := x.Shape()[1].Size
	if !fitsConvolution(w.Shape, in, kernel, grouped) {
		r.fail("tensor %s%s.weight has shape %v, not [n %d %d %d]", r.prefix, conv, w.Shape, in, kernel, kernel)
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
	pad := kernel / 2
	return r.g.Conv(x, r.g.Param(conv+".weight", nn.F32Tensor(folded, w.Shape...)),
		r.g.Param(conv+".bias", nn.F32Tensor(shift, len(shift))),
		nn.ConvOptions{Stride: stride, Pads: [4]int{pad, pad, pad, pad}, Groups: in / w.Shape[1]})
}

// fitsConvolution reports whether a weight of this shape takes an input of so many
// channels.
func fitsConvolution(shape []int, channels, kernel int, grouped bool) bool {
	if len(shape) != 4 || min(shape[0], shape[1]) < 1 || shape[2] != kernel || shape[3] != kernel || channels%shape[1] != 0 {
		return false
	}
	groups := channels / shape[1]
	return groups == 1 || grouped && groups > 0 && shape[0]%groups == 0
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
		if v := float64(variance[c]); !(v >= 0) || math.IsInf(v, 1) {
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
	r.used[name] = true
	t, err := r.w.Tensor(r.prefix + name)
	switch {
	case err != nil:
		r.fail("tensor %s%s: %w", r.prefix, name, err)
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
