package nn

import (
	"math"
	"slices"
)

func (b *backward) spatialRule(n *Node, dy *Value) bool {
	x := n.Inputs[0]
	switch n.Op {
	case "GlobalAveragePool":
		b.give(x, func() *Value { return b.divideByCount(dy, x, []int{2, 3}) })
	case "AveragePool":
		b.give(x, func() *Value { return b.avgPoolRule(n, dy) })
	case "MaxPool":
		b.give(x, func() *Value { return b.maxPoolRule(n, dy) })
	case "Conv":
		b.give(x, func() *Value { return b.convInputRule(dy, x, b.read(n.Inputs[1]), n.window()) })
		b.give(n.Inputs[1], func() *Value { return b.convWeightRule(n, dy) })
		if len(n.Inputs) > 2 {
			b.give(n.Inputs[2], func() *Value { return b.ReduceSum(dy, false, 0, 2, 3) })
		}
	case "Pad":
		if mode, _ := n.Attr("mode"); mode.Str != "constant" {
			return false
		}
		b.give(x, func() *Value { return b.crop(dy, x, constantInts(n.Inputs[1])) })
	default:
		return false
	}
	return true
}

// window is what a convolution or pooling slides over an image.
type window struct {
	kernel, strides, pads, dilations []int
	groups                           int
}

// window reads the attributes of a node that has them.
func (n *Node) window() window {
	ints := func(name string) []int { a, _ := n.Attr(name); return a.Ints }
	w := window{kernel: ints("kernel_shape"), strides: ints("strides"), pads: ints("pads"), dilations: ints("dilations"), groups: 1}
	if w.dilations == nil {
		w.dilations = []int{1, 1}
	}
	if g, ok := n.Attr("group"); ok {
		w.groups = g.Int
	}
	return w
}

func (w window) attrs() []Attr {
	return []Attr{
		{Name: "strides", Ints: w.strides},
		{Name: "pads", Ints: w.pads},
		{Name: "dilations", Ints: w.dilations},
		{Name: "group", Int: w.groups},
	}
}

// surplus is what the last place of the window leaves over of an axis (0 is the
// height) of n elements.
func (w window) surplus(i, n int) int {
	return (n + w.pads[i] + w.pads[i+2] - w.dilations[i]*(w.kernel[i]-1) - 1) % w.strides[i]
}

// crop takes off the pads, four axes before and after, that x was widened by.
func (b *backward) crop(dy, x *Value, pads []int) *Value {
	less := make([]int, len(pads))
	for i, p := range pads {
		less[i] = -p
	}
	return b.add("Pad", dy.dtype, x.shape, []Attr{{Name: "mode", Str: "constant"}}, dy, b.ints(less...))
}

// convInputRule is the transposed convolution of dy.
func (b *backward) convInputRule(dy, x, w *Value, win window) *Value {
	if c, ok := b.turned(dy, x, w, win); ok {
		return c
	}
	return b.transposedConv(dy, x, x.shape, w, win)
}

// transposedConv gives an image of that shape, whose height and width are x's.
// Where the stride leaves over some of an axis whose size has a name, it is made
// with more at the end, which is cut off.
func (b *backward) transposedConv(dy, x *Value, shape []Dim, w *Value, win window) *Value {
	extra, cut := []int{0, 0}, false
	pads, out := slices.Clone(win.pads), slices.Clone(shape)
	for i := range 2 {
		switch d := shape[2+i]; {
		case win.strides[i] == 1:
		case d.Known():
			extra[i] = win.surplus(i, d.Size)
		default:
			extra[i], pads[2+i], cut = win.strides[i]-1, 0, true
			out[2+i] = Symbol("more than " + d.String())
		}
	}
	win.pads = pads
	attrs := append(win.attrs(), Attr{Name: "output_padding", Ints: extra}, Attr{Name: "kernel_shape", Ints: win.kernel})
	dx := b.add("ConvTranspose", dy.dtype, out, attrs, dy, w)
	if !cut {
		return dx
	}
	ends := b.Slice(b.sizesOf(x), 0, 2, 4)
	return b.add("Slice", dx.dtype, shape, nil, dx, b.ints(0, 0), ends, b.ints(2, 3), b.ints(1, 1))
}

// turned is the same by a convolution with the kernels turned half around, for
// which the runtime has a fast kernel where each channel is by itself.
func (b *backward) turned(dy, x, w *Value, win window) (*Value, bool) {
	each := w.shape[1]
	if win.strides[0] != 1 || win.strides[1] != 1 || each != Fixed(1) || w.shape[0] != Fixed(win.groups) || win.groups == 1 {
		return nil, false
	}
	full := slices.Clone(win.pads)
	for i := range full {
		if full[i] = win.dilations[i%2]*(win.kernel[i%2]-1) - full[i]; full[i] < 0 {
			return nil, false
		}
	}
	for i, k := range win.kernel {
		if k == 1 {
			continue
		}
		backwards := make([]int, k)
		for j := range backwards {
			backwards[j] = k - 1 - j
		}
		w = b.Gather(w, b.ints(backwards...), 2+i)
	}
	win.pads = full
	return b.add("Conv", dy.dtype, x.shape, append(win.attrs(), Attr{Name: "kernel_shape", Ints: win.kernel}), dy, w), true
}

// convWeightRule takes the kernel's elements one by one: the gradient of each is
// the product of dy with what it was laid upon. ONNX Runtime 1.27 is faster at
// these than at one convolution with dy as the kernel, up to twenty times.
func (b *backward) convWeightRule(n *Node, dy *Value) *Value {
	x, w, win := n.Inputs[0], n.Inputs[1], n.window()
	outs, each, h, wd := w.shape[0].Size, w.shape[1].Size, win.kernel[0], win.kernel[1]
	image := b.widened(b.read(x), win.pads)
	if x.shape[0] != Fixed(1) { // channels first
		image, dy = b.Transpose(image, 1, 0, 2, 3), b.Transpose(dy, 1, 0, 2, 3)
	}
	places := Symbol("places of " + shapeText(dy.shape))
	rows := func(v *Value, n int) *Value { // [groups, n, places]
		shape := []Dim{Fixed(win.groups), Fixed(n), places}
		return b.add("Reshape", v.dtype, shape, nil, v, b.ints(win.groups, n, -1))
	}
	dy = rows(dy, outs/win.groups)
	var products []*Value
	for i := range h * wd {
		below := rows(b.laidUpon(image, win, i/wd, i%wd), each)
		products = append(products, b.MatMul(dy, b.Transpose(below, 0, 2, 1)))
	}
	all := b.Reshape(b.Concat(0, products...), h*wd, outs, each)
	return b.Reshape(b.Transpose(all, 1, 2, 0), outs, each, h, wd)
}

// widened is an image with zeros added around it.
func (b *backward) widened(v *Value, pads []int) *Value {
	if slices.Max(pads) == 0 {
		return v
	}
	return b.Pad(v, [4]int(pads), "constant")
}

// laidUpon is what element (i, j) of the kernel meets as the window moves over a
// padded image.
func (b *backward) laidUpon(image *Value, win window, i, j int) *Value {
	var starts, ends, axes, steps []int
	shape := slices.Clone(image.shape)
	for axis, at := range []int{i, j} {
		k, step, dilation := win.kernel[axis], win.strides[axis], win.dilations[axis]
		if k == 1 && step == 1 {
			continue
		}
		end := -(k - 1 - at) * dilation
		if end == 0 {
			end = math.MaxInt
		}
		starts, ends, axes, steps = append(starts, at*dilation), append(ends, end), append(axes, 2+axis), append(steps, step)
		shape[2+axis] = sliced(shape[2+axis], at*dilation, end, step)
	}
	if len(axes) == 0 {
		return image
	}
	return b.add("Slice", image.dtype, shape, nil, image, b.ints(starts...), b.ints(ends...), b.ints(axes...), b.ints(steps...))
}

// avgPoolRule spreads each mean evenly over its window: a transposed convolution
// with a kernel of ones, every channel being an image by itself.
func (b *backward) avgPoolRule(n *Node, dy *Value) *Value {
	x, win := n.Inputs[0], n.window()
	k := win.kernel[0]
	if slices.Max(win.pads) == 0 {
		dy = b.Mul(dy, b.ScalarOf(x.dtype, 1/float64(k*k)))
	} else {
		dy = b.Div(dy, b.covered(n))
	}
	images := Symbol("images of " + shapeText(x.shape[:2]))
	alone := func(v *Value) []Dim { return []Dim{images, Fixed(1), v.shape[2], v.shape[3]} }
	dy = b.add("Reshape", dy.dtype, alone(dy), nil, dy, b.ints(-1, 1, 0, 0))
	ones := NewTensor(x.dtype, 1, 1, k, k)
	for i := range k * k {
		if x.dtype == Float32 {
			ones.F32[i] = 1
		} else {
			ones.F64[i] = 1
		}
	}
	return b.reshapeLike(b.transposedConv(dy, x, alone(x), b.Const(ones), win), x)
}

// covered is the number of elements of the image in each window of a pooling: the
// mean of ones, padding included, times the size of the window.
func (b *backward) covered(n *Node) *Value {
	x, y, k := n.Inputs[0], n.Output, n.window().kernel[0]
	sizes := b.Concat(0, b.ints(1, 1), b.Slice(b.sizesOf(x), 0, 2, 4))
	ones := b.expand(b.ScalarOf(x.dtype, 1), sizes, []Dim{Fixed(1), Fixed(1), x.shape[2], x.shape[3]})
	attrs := slices.DeleteFunc(slices.Clone(n.Attrs), func(a Attr) bool { return a.Name == "count_include_pad" })
	attrs = append(attrs, Attr{Name: "count_include_pad", Int: 1})
	share := b.add("AveragePool", x.dtype, []Dim{Fixed(1), Fixed(1), y.shape[2], y.shape[3]}, attrs, ones)
	return b.Mul(share, b.ScalarOf(x.dtype, float64(k*k)))
}

// maxPoolRule adds dy to zeros at the places of the maxima, which count through
// all elements of x.
func (b *backward) maxPoolRule(n *Node, dy *Value) *Value {
	x := n.Inputs[0]
	node := b.forward.of[n.Output].node
	if len(node.More) == 0 {
		node.more(Int64, n.Output.shape)
	}
	flat := func(v *Value) *Value {
		return b.add("Reshape", v.dtype, []Dim{Symbol("elements of " + shapeText(v.shape))}, nil, v, b.ints(-1))
	}
	zeros := b.expand(b.ScalarOf(x.dtype, 0), b.sizesOf(x), x.shape)
	return b.reshapeLike(b.ScatterAdd(flat(zeros), flat(b.save(node.More[0])), flat(dy), 0), x)
}
