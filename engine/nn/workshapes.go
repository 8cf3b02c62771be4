package nn

import (
	"fmt"
	"math"
	"slices"

	"zoomscope/engine/nn/internal/onnx"
)

// stage is a node whose inputs are known. After the first error, which it keeps,
// its methods return what makes no sense but does no harm.
type stage struct {
	n   *onnx.Node
	in  []sketch
	err error
}

func (s *stage) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrUncounted)
	}
}

// shape is that of an input.
func (s *stage) shape(i int) []int {
	if i >= len(s.in) {
		s.fail("input %d is missing", i)
		return nil
	}
	return s.in[i].shape
}

// rank is shape with at least so many axes.
func (s *stage) rank(i, least int) []int {
	shape := s.shape(i)
	if len(shape) < least {
		s.fail("input %d has shape %v", i, shape)
		return make([]int, least)
	}
	return shape
}

// ints are the elements of an input.
func (s *stage) ints(i int) []int64 {
	if i >= len(s.in) || s.in[i].ints == nil {
		s.fail("input %d is not known before the run", i)
		return nil
	}
	return s.in[i].ints
}

// attr is a whole number, or what it is where it is not given.
func (s *stage) attr(name string, otherwise int64) int {
	if a := s.n.Attr(name); a != nil {
		return int(a.I)
	}
	return int(otherwise)
}

// attrs are whole numbers, as many as wanted; repeated where they are not given.
func (s *stage) attrs(name string, wanted int, otherwise int64) []int64 {
	a := s.n.Attr(name)
	if a == nil || a.Ints == nil {
		return slices.Repeat([]int64{otherwise}, wanted)
	}
	if len(a.Ints) != wanted {
		s.fail("%s has %d values, must be %d", name, len(a.Ints), wanted)
		return make([]int64, wanted)
	}
	return a.Ints
}

// axis turns a possibly negative axis into 0 to rank-1.
func (s *stage) axis(a int64, rank int) int {
	if a < 0 {
		a += int64(rank)
	}
	if a < 0 || a >= int64(rank) {
		s.fail("axis %d of %d", a, rank)
		return 0
	}
	return int(a)
}

// axes are those of an input or, in older files, of an attribute; nil for none.
func (s *stage) axes(input, rank int) []int {
	var given []int64
	if input < len(s.in) && s.n.Inputs[input] != "" {
		given = s.ints(input)
	} else if a := s.n.Attr("axes"); a != nil {
		given = a.Ints
	}
	var out []int
	for _, a := range given {
		out = append(out, s.axis(a, rank))
	}
	slices.Sort(out)
	return out
}

// work is the number of multiply-adds.
func (s *stage) work(out sketch) int64 {
	n := int64(product(out.shape))
	switch s.n.Op {
	case "Conv":
		return n * int64(product(s.in[1].shape[1:]))
	case "ConvTranspose":
		return int64(product(s.in[0].shape)) * int64(product(s.in[1].shape[1:]))
	case "Gemm":
		return n * int64(s.in[0].shape[1-s.attr("transA", 0)&1])
	case "MatMul":
		return n * int64(s.in[0].shape[len(s.in[0].shape)-1])
	}
	return 0
}

// result is what the node makes.
func (s *stage) result() sketch {
	if out, ok := s.numbers(); ok {
		return out
	}
	return sketch{shape: s.resultShape()}
}

func (s *stage) resultShape() []int {
	switch s.n.Op {
	case "Neg", "Abs", "Tanh", "Sigmoid", "Relu", "Exp", "Log", "Sqrt", "Identity", "Clip", "Cast", "Softmax", "LogSoftmax",
		"Sign", "DequantizeLinear", "BatchNormalization", "LayerNormalization", "InstanceNormalization", "Dropout", "Erf", "Gelu",
		"HardSigmoid", "HardSwish", "LeakyRelu", "Elu", "Selu", "Softplus", "PRelu", "Floor", "Ceil", "Round", "Reciprocal",
		"Sin", "Cos", "Not", "ScatterElements":
		return s.shape(0)
	case "Add", "Sub", "Mul", "Div", "Pow", "Greater", "Less", "Equal", "And", "Or", "Min", "Max", "Where":
		return s.broadcast(s.all()...)
	case "MatMul", "Gemm":
		return s.productShape()
	case "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2", "ArgMax", "ArgMin":
		return s.reduced()
	case "Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "Pad":
		return s.spatial()
	}
	return s.arranged()
}

func (s *stage) all() [][]int {
	var all [][]int
	for i := range s.in {
		all = append(all, s.in[i].shape)
	}
	return all
}

// broadcast is the numpy rule.
func (s *stage) broadcast(shapes ...[]int) []int {
	var out []int
	for _, shape := range shapes {
		for len(out) < len(shape) {
			out = slices.Insert(out, 0, 1)
		}
		for i, n := range shape {
			at := &out[len(out)-len(shape)+i]
			switch {
			case *at == 1:
				*at = n
			case n != 1 && n != *at:
				s.fail("%v do not broadcast", shapes)
			}
		}
	}
	return out
}

func (s *stage) productShape() []int {
	a, b := s.rank(0, 2), s.rank(1, 2)
	if s.n.Op == "Gemm" {
		ta, tb := s.attr("transA", 0)&1, s.attr("transB", 0)&1
		if a[1-ta] != b[tb] {
			s.fail("%v by %v", a, b)
		}
		return []int{a[ta], b[1-tb]}
	}
	n, m := len(a), len(b)
	if a[n-1] != b[m-2] {
		s.fail("%v by %v", a, b)
	}
	return append(s.broadcast(a[:n-2], b[:m-2]), a[n-2], b[m-1])
}

func (s *stage) reduced() []int {
	a := s.shape(0)
	var axes []int
	if s.n.Op == "ArgMax" || s.n.Op == "ArgMin" {
		axes = []int{s.axis(int64(s.attr("axis", 0)), len(a))}
	} else if axes = s.axes(1, len(a)); len(axes) == 0 {
		if s.attr("noop_with_empty_axes", 0) == 1 {
			return a
		}
		for i := range a {
			axes = append(axes, i)
		}
	}
	var out []int
	for i, n := range a {
		switch {
		case !slices.Contains(axes, i):
			out = append(out, n)
		case s.attr("keepdims", 1) == 1:
			out = append(out, 1)
		}
	}
	return out
}

func (s *stage) spatial() []int {
	x := s.rank(0, 3)
	dims := len(x) - 2
	switch s.n.Op {
	case "GlobalAveragePool", "GlobalMaxPool":
		return append(slices.Clone(x[:2]), slices.Repeat([]int{1}, dims)...)
	case "Pad":
		return s.padded(x)
	case "Conv", "ConvTranspose":
		w := s.rank(1, len(x))
		out, groups := w[0], max(s.attr("group", 1), 1)
		if s.n.Op == "ConvTranspose" {
			out = w[1] * groups
		} else if len(w) != len(x) || x[1] != w[1]*groups {
			s.fail("%v by %v in %d groups", x, w, groups)
			return x
		}
		return append([]int{x[0], out}, s.windows(x[2:], w[2:])...)
	}
	return append(slices.Clone(x[:2]), s.windows(x[2:], s.kernel(dims))...)
}

func (s *stage) kernel(dims int) []int {
	var out []int
	for _, k := range s.attrs("kernel_shape", dims, 1) {
		out = append(out, int(k))
	}
	return out
}

func (s *stage) padded(x []int) []int {
	pads, out := s.ints(1), slices.Clone(x)
	if len(pads) != 2*len(x) || len(s.in) > 3 {
		s.fail("%d pads of %v", len(pads), x)
		return x
	}
	for i := range out {
		out[i] += int(pads[i] + pads[len(x)+i])
	}
	return out
}

// windows counts the places of a kernel along each axis.
func (s *stage) windows(size, kernel []int) []int {
	dims := len(size)
	stride, dilation, pads := s.attrs("strides", dims, 1), s.attrs("dilations", dims, 1), s.attrs("pads", 2*dims, 0)
	extra := s.attrs("output_padding", dims, 0)
	if a := s.n.Attr("auto_pad"); a != nil && string(a.S) != "NOTSET" && string(a.S) != "VALID" {
		s.fail("padding %.20q", a.S)
	}
	out := make([]int, dims)
	for i := range out {
		step, reach := int(stride[i]), int(dilation[i])*(kernel[i]-1)+1
		pad := int(pads[i] + pads[dims+i])
		room := size[i] + pad - reach
		switch {
		case step < 1 || room < 0:
			s.fail("a window of %d by steps of %d over %d", reach, step, size[i])
		case s.n.Op == "ConvTranspose":
			out[i] = (size[i]-1)*step + reach - pad + int(extra[i])
		case s.attr("ceil_mode", 0) == 1:
			out[i] = (room+step-1)/step + 1
		default:
			out[i] = room/step + 1
		}
	}
	return out
}

// arranged is of operators that move elements.
func (s *stage) arranged() []int {
	switch s.n.Op {
	case "Reshape":
		return s.reshaped()
	case "Flatten":
		return s.flattened()
	case "Transpose":
		return s.transposed()
	case "Concat":
		return s.joined()
	case "Slice":
		return s.sliced()
	case "Gather":
		a := s.rank(0, 1)
		axis := s.axis(int64(s.attr("axis", 0)), len(a))
		return slices.Concat(a[:axis], s.shape(1), a[axis+1:])
	case "Unsqueeze":
		return s.unsqueezed()
	case "Squeeze":
		return s.squeezed()
	case "Expand":
		return s.broadcast(s.shape(0), sizesOf(s.ints(1)))
	case "ConstantOfShape":
		return sizesOf(s.ints(0))
	case "TopK":
		out := slices.Clone(s.rank(0, 1))
		if k := s.ints(1); len(k) == 1 {
			out[s.axis(int64(s.attr("axis", -1)), len(out))] = int(k[0])
		}
		return out
	}
	s.fail("operator is not known here")
	return nil
}

func sizesOf(ints []int64) []int {
	out := make([]int, len(ints))
	for i, n := range ints {
		out[i] = int(n)
	}
	return out
}

func (s *stage) reshaped() []int {
	a, out, open := s.shape(0), sizesOf(s.ints(1)), -1
	rest := 1
	for i, n := range out {
		switch {
		case n == 0 && i < len(a) && s.attr("allowzero", 0) == 0:
			out[i] = a[i]
		case n == -1 && open < 0:
			open = i
			continue
		}
		rest *= out[i]
	}
	if open >= 0 && rest > 0 {
		out[open] = product(a) / rest
	}
	if product(out) != product(a) {
		s.fail("%v to %v", a, out)
	}
	return out
}

func (s *stage) flattened() []int {
	a := s.shape(0)
	axis := s.attr("axis", 1)
	if axis < 0 {
		axis += len(a)
	}
	if axis < 0 || axis > len(a) {
		s.fail("axis %d of %v", axis, a)
		return a
	}
	return []int{product(a[:axis]), product(a[axis:])}
}

func (s *stage) transposed() []int {
	a := s.shape(0)
	perm := s.n.Attr("perm")
	out := slices.Clone(a)
	if perm == nil {
		slices.Reverse(out)
		return out
	}
	if len(perm.Ints) != len(a) {
		s.fail("%v of %v", perm.Ints, a)
		return a
	}
	for i, p := range perm.Ints {
		out[i] = a[s.axis(p, len(a))]
	}
	return out
}

func (s *stage) joined() []int {
	out := slices.Clone(s.rank(0, 1))
	axis := s.axis(int64(s.attr("axis", 0)), len(out))
	for i := 1; i < len(s.in); i++ {
		a := s.shape(i)
		if len(a) != len(out) {
			s.fail("%v and %v", out, a)
			return out
		}
		out[axis] += a[axis]
	}
	return out
}

// bounds are the starts, ends, axes and steps of a Slice.
func (s *stage) bounds(rank int) (starts, ends []int64, axes []int, steps []int64) {
	starts, ends = s.ints(1), s.ints(2)
	for i := range starts {
		axes, steps = append(axes, i), append(steps, 1)
	}
	if len(s.in) > 3 && s.n.Inputs[3] != "" {
		axes = nil
		for _, a := range s.ints(3) {
			axes = append(axes, s.axis(a, rank))
		}
	}
	if len(s.in) > 4 {
		steps = s.ints(4)
	}
	if len(ends) != len(starts) || len(axes) != len(starts) || len(steps) != len(starts) || len(starts) > rank {
		s.fail("bounds of different number")
		return nil, nil, nil, nil
	}
	return starts, ends, axes, steps
}

func (s *stage) sliced() []int {
	out := slices.Clone(s.shape(0))
	starts, ends, axes, steps := s.bounds(len(out))
	for i, axis := range axes {
		if steps[i] < 1 {
			s.fail("step %d", steps[i])
			return out
		}
		out[axis] = sliced(Fixed(out[axis]), clampInt(starts[i]), clampInt(ends[i]), clampInt(steps[i])).Size
	}
	return out
}

// clampInt keeps a bound that means "to the end" from wrapping around.
func clampInt(x int64) int { return int(min(max(x, math.MinInt32), math.MaxInt32)) }

func (s *stage) unsqueezed() []int {
	out := slices.Clone(s.shape(0))
	count := 0
	if len(s.in) > 1 {
		count = len(s.ints(1))
	} else if a := s.n.Attr("axes"); a != nil {
		count = len(a.Ints)
	}
	for _, axis := range s.axes(1, len(out)+count) {
		if axis > len(out) {
			s.fail("axis %d of %v", axis, out)
			return out
		}
		out = slices.Insert(out, axis, 1)
	}
	return out
}

func (s *stage) squeezed() []int {
	a := s.shape(0)
	axes := s.axes(1, len(a))
	given := len(s.in) > 1 || s.n.Attr("axes") != nil
	var out []int
	for i, n := range a {
		if given && !slices.Contains(axes, i) || !given && n != 1 {
			out = append(out, n)
		}
	}
	return out
}
