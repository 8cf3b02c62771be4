package nn

import "slices"

// numbers is the result of a node that computes integers from which shapes may
// follow; false for one that does not, or of integers that are not known.
func (s *stage) numbers() (sketch, bool) {
	switch s.n.Op {
	case "Constant":
		if a := s.n.Attr("value"); a != nil && a.T != nil {
			return sketchOf(a.T), true
		}
	case "Shape":
		return s.sizes()
	case "Range":
		return s.counted()
	}
	for i, in := range s.in {
		if in.ints == nil && s.n.Inputs[i] != "" {
			return sketch{}, false
		}
	}
	if len(s.in) == 0 {
		return sketch{}, false
	}
	ints, ok := s.computed()
	if !ok {
		return sketch{}, false
	}
	out := sketch{s.resultShape(), ints}
	return out, s.err == nil && len(ints) == product(out.shape)
}

// sizes are those of an array's axes.
func (s *stage) sizes() (sketch, bool) {
	out := []int64{}
	for _, n := range s.shape(0) {
		out = append(out, int64(n))
	}
	start, end := place(s.attr("start", 0), len(out)), len(out)
	if s.n.Attr("end") != nil {
		end = place(s.attr("end", 0), len(out))
	}
	out = out[start:max(start, end)]
	return sketch{[]int{len(out)}, out}, true
}

// counted are the numbers of a Range.
func (s *stage) counted() (sketch, bool) {
	if len(s.in) != 3 {
		return sketch{}, false
	}
	from, to, by := s.ints(0), s.ints(1), s.ints(2)
	if s.err != nil || len(from) != 1 || len(to) != 1 || len(by) != 1 || by[0] == 0 ||
		(float64(to[0])-float64(from[0]))/float64(by[0]) > mostInts {
		s.fail("numbers that are not known")
		return sketch{}, true
	}
	out := []int64{}
	for x := from[0]; by[0] > 0 && x < to[0] || by[0] < 0 && x > to[0]; x += by[0] {
		out = append(out, x)
	}
	return sketch{[]int{len(out)}, out}, true
}

// computed are the integers that come out, all inputs being known.
func (s *stage) computed() ([]int64, bool) {
	a := s.in[0].ints
	switch s.n.Op {
	case "Identity", "Cast", "Reshape", "Unsqueeze", "Squeeze":
		return a, true
	case "Concat":
		var all []int64
		for _, in := range s.in {
			if len(in.shape) != 1 {
				return nil, false
			}
			all = append(all, in.ints...)
		}
		return all, true
	case "Gather":
		return s.picked(a)
	case "Slice":
		return s.part(a)
	case "Add", "Sub", "Mul", "Div":
		return s.arithmetic(a)
	}
	return nil, false
}

func (s *stage) picked(a []int64) ([]int64, bool) {
	if len(s.in) != 2 || len(s.in[0].shape) != 1 {
		return nil, false
	}
	out := []int64{}
	for _, i := range s.in[1].ints {
		if i < 0 {
			i += int64(len(a))
		}
		if i < 0 || i >= int64(len(a)) {
			s.fail("element %d of %d", i, len(a))
			return nil, false
		}
		out = append(out, a[i])
	}
	return out, true
}

func (s *stage) part(a []int64) ([]int64, bool) {
	if len(s.in) < 3 || len(s.in[0].shape) != 1 {
		return nil, false
	}
	starts, ends, _, steps := s.bounds(1)
	if len(starts) != 1 || steps[0] != 1 {
		return nil, false
	}
	from, to := place(clampInt(starts[0]), len(a)), place(clampInt(ends[0]), len(a))
	return slices.Clone(a[from:max(from, to)]), true
}

// arithmetic is of two vectors as long as each other, or one of which is one number.
func (s *stage) arithmetic(a []int64) ([]int64, bool) {
	if len(s.in) != 2 {
		return nil, false
	}
	b := s.in[1].ints
	n := max(len(a), len(b))
	if len(a) == 0 || len(b) == 0 || n%len(a) != 0 || n%len(b) != 0 {
		return nil, false
	}
	out := make([]int64, n)
	for i := range out {
		x, y := a[i%len(a)], b[i%len(b)]
		switch {
		case s.n.Op == "Add":
			out[i] = x + y
		case s.n.Op == "Sub":
			out[i] = x - y
		case s.n.Op == "Mul":
			out[i] = x * y
		case y == 0:
			return nil, false
		default:
			out[i] = x / y
		}
	}
	return out, true
}
