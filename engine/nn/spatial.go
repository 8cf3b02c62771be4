package nn

import "slices"

// Operators over images [batch, channels, height, width]. ONNX Runtime has Conv,
// AvgPool and GlobalAvgPool for float32 alone on the CPU.

// ConvOptions are the settings of a convolution. 0 means 1 for Stride, Dilation
// and Groups. Pads are zeros added at the top, left, bottom and right.
type ConvOptions struct {
	Stride   int
	Pads     [4]int
	Dilation int
	Groups   int
}

// Conv correlates x [n, in, h, w] with w [out, in/groups, kh, kw] and adds
// b [out], which may be nil.
func (g *Graph) Conv(x, w, b *Value, c ConvOptions) *Value {
	stride, dilation, groups := max(c.Stride, 1), max(c.Dilation, 1), max(c.Groups, 1)
	g.floats("Conv", x, w)
	if len(x.shape) != 4 || len(w.shape) != 4 || slices.ContainsFunc(w.shape, named) {
		g.fail("Conv", "x is %v, w is %v", x, w)
	}
	if x.shape[1] != Fixed(w.shape[1].Size*groups) || w.shape[0].Size%groups != 0 {
		g.fail("Conv", "x is %v, w is %v, %d groups", x, w, groups)
	}
	inputs := []*Value{x, w}
	if b != nil {
		g.floats("Conv", x, b)
		if !slices.Equal(b.shape, w.shape[:1]) {
			g.fail("Conv", "w is %v, b is %v", w, b)
		}
		inputs = append(inputs, b)
	}
	kh, kw := w.shape[2].Size, w.shape[3].Size
	shape := []Dim{x.shape[0], w.shape[0],
		g.window("Conv", x, 2, kh, stride, dilation, c.Pads[0], c.Pads[2]),
		g.window("Conv", x, 3, kw, stride, dilation, c.Pads[1], c.Pads[3])}
	return g.add("Conv", x.dtype, shape, []Attr{
		{Name: "kernel_shape", Ints: []int{kh, kw}},
		{Name: "strides", Ints: []int{stride, stride}},
		{Name: "pads", Ints: slices.Clone(c.Pads[:])},
		{Name: "dilations", Ints: []int{dilation, dilation}},
		{Name: "group", Int: groups},
	}, inputs...)
}

// MaxPool is the largest element of each kernel x kernel window. Pad is added on
// all four sides and never wins.
func (g *Graph) MaxPool(x *Value, kernel, stride, pad int) *Value {
	return g.pool("MaxPool", x, kernel, stride, pad, nil)
}

// AvgPool is the mean of each kernel x kernel window. Padding, added on all four
// sides, does not count.
func (g *Graph) AvgPool(x *Value, kernel, stride, pad int) *Value {
	return g.pool("AveragePool", x, kernel, stride, pad, []Attr{{Name: "count_include_pad", Int: 0}})
}

func (g *Graph) pool(op string, x *Value, kernel, stride, pad int, attrs []Attr) *Value {
	g.floats(op, x)
	if len(x.shape) != 4 || kernel < 1 || stride < 1 || pad < 0 || pad >= kernel {
		g.fail(op, "%v, kernel %d, stride %d, pad %d", x, kernel, stride, pad)
	}
	shape := []Dim{x.shape[0], x.shape[1],
		g.window(op, x, 2, kernel, stride, 1, pad, pad),
		g.window(op, x, 3, kernel, stride, 1, pad, pad)}
	return g.add(op, x.dtype, shape, append(attrs,
		Attr{Name: "kernel_shape", Ints: []int{kernel, kernel}},
		Attr{Name: "strides", Ints: []int{stride, stride}},
		Attr{Name: "pads", Ints: []int{pad, pad, pad, pad}},
	), x)
}

// GlobalAvgPool is the mean over height and width, which stay with size 1.
func (g *Graph) GlobalAvgPool(x *Value) *Value {
	g.floats("GlobalAveragePool", x)
	if len(x.shape) != 4 {
		g.fail("GlobalAveragePool", "%v", x)
	}
	return g.add("GlobalAveragePool", x.dtype, []Dim{x.shape[0], x.shape[1], Fixed(1), Fixed(1)}, nil, x)
}

// Pad widens height and width by pads (top, left, bottom, right), filled in one
// of the modes "constant" (zeros), "reflect" (mirrored without repeating the
// border) and "edge" (the border repeated).
func (g *Graph) Pad(x *Value, pads [4]int, mode string) *Value {
	g.own("Pad", x)
	if len(x.shape) != 4 || slices.Min(pads[:]) < 0 || !slices.Contains([]string{"constant", "reflect", "edge"}, mode) {
		g.fail("Pad", "%v by %v in mode %q", x, pads, mode)
	}
	for i, p := range pads {
		if d := x.shape[2+i%2]; mode == "reflect" && d.Known() && p >= d.Size {
			g.fail("Pad", "%v mirrored by %v", x, pads)
		}
	}
	shape := []Dim{x.shape[0], x.shape[1], plus(x.shape[2], pads[0]+pads[2]), plus(x.shape[3], pads[1]+pads[3])}
	all := g.ints(0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3])
	return g.add("Pad", x.dtype, shape, []Attr{{Name: "mode", Str: mode}}, x, all)
}

// window is windows for an axis of x, which the window must fit.
func (g *Graph) window(op string, x *Value, axis, k, stride, dilation, before, after int) Dim {
	d := x.shape[axis]
	if k < 1 || before < 0 || after < 0 || d.Known() && d.Size+before+after < dilation*(k-1)+1 {
		g.fail(op, "a window of %d, dilation %d, does not fit axis %d of %v padded by %d and %d", k, dilation, axis, x, before, after)
	}
	return windows(d, k, stride, dilation, before+after)
}

func named(d Dim) bool { return !d.Known() }
