package nn

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// axis turns a possibly negative axis into 0..rank-1.
func (g *Graph) axis(op string, a *Value, axis int) int {
	n := axis
	if n < 0 {
		n += len(a.shape)
	}
	if n < 0 || n >= len(a.shape) {
		g.fail(op, "axis %d of %v", axis, a)
	}
	return n
}

// axes is axis for several, ascending, each at most once; none means all.
func (g *Graph) axes(op string, a *Value, axes []int) []int {
	out := []int{}
	for _, x := range axes {
		out = append(out, g.axis(op, a, x))
	}
	if len(axes) == 0 {
		for i := range a.shape {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	if len(slices.Compact(slices.Clone(out))) != len(out) {
		g.fail(op, "axes %v of %v repeat", axes, a)
	}
	return out
}

// broadcast is the shape of an element-wise operation by the numpy rule. A
// named size meets a number other than 1: the number is the result, and the
// name must be 1 or it when the network runs.
func (g *Graph) broadcast(op string, what string, as, bs []Dim) []Dim {
	out := make([]Dim, max(len(as), len(bs)))
	for i := range out {
		a, b := fromRight(as, len(out)-1-i), fromRight(bs, len(out)-1-i)
		switch {
		case a == b, b == Fixed(1):
			out[i] = a
		case a == Fixed(1), !a.Known() && b.Known():
			out[i] = b
		case a.Known() && !b.Known():
			out[i] = a
		default:
			g.fail(op, "%s do not broadcast: %s is not %s", what, a, b)
		}
	}
	return out
}

// fromRight is the size of the axis i places before the last, 1 beyond the first.
func fromRight(shape []Dim, i int) Dim {
	if i >= len(shape) {
		return Fixed(1)
	}
	return shape[len(shape)-1-i]
}

// windows counts the places of a window of k elements (dilated) that moves by
// stride over an axis d padded by pad in all.
func windows(d Dim, k, stride, dilation, pad int) Dim {
	room := pad - (dilation*(k-1) + 1)
	if d.Known() {
		return Fixed((d.Size+room)/stride + 1)
	}
	if stride == 1 {
		return plus(d, room+1)
	}
	return Symbol(fmt.Sprintf("(%s%+d)/%d+1", d, room, stride))
}

// plus is d + n.
func plus(d Dim, n int) Dim {
	switch {
	case d.Known():
		return Fixed(d.Size + n)
	case n == 0:
		return d
	}
	return Symbol(fmt.Sprintf("(%s%+d)", d, n))
}

// sum is the size of axes put end to end.
func sum(ds []Dim) Dim {
	n, names := 0, []string{}
	for _, d := range ds {
		n += d.Size
		if !d.Known() {
			names = append(names, d.Name)
		}
	}
	switch {
	case len(names) == 0:
		return Fixed(n)
	case len(names) == 1:
		return plus(Symbol(names[0]), n)
	case n > 0:
		names = append(names, strconv.Itoa(n))
	}
	return Symbol("(" + strings.Join(names, "+") + ")")
}

// quotient is the product of a over the product of b; false when it is known
// not to be whole.
func quotient(a, b []Dim) (Dim, bool) {
	na, sa := factors(a)
	nb, sb := factors(b)
	for _, s := range sb {
		i := slices.Index(sa, s)
		if i < 0 {
			return Symbol(fmt.Sprintf("%s/%s", productName(na, sa), enclosed(productName(nb, sb)))), true
		}
		sa = slices.Delete(sa, i, i+1)
	}
	switch {
	case nb == 0:
		return Dim{}, false
	case na%nb == 0 && len(sa) == 0:
		return Fixed(na / nb), true
	case na%nb == 0:
		return Symbol(productName(na/nb, sa)), true
	}
	return Symbol(fmt.Sprintf("%s/%d", productName(na, sa), nb)), len(sa) > 0
}

// factors splits a product into its number and its names, sorted; names that
// productName made are split too.
func factors(ds []Dim) (int, []string) {
	n, names := 1, []string{}
	for _, d := range ds {
		parts := []string{d.String()}
		if !strings.ContainsAny(d.Name, "()[]/") {
			parts = strings.Split(parts[0], "*")
		}
		for _, p := range parts {
			if size, err := strconv.Atoi(p); err == nil {
				n *= size
			} else {
				names = append(names, p)
			}
		}
	}
	slices.Sort(names)
	return n, names
}

func productName(n int, names []string) string {
	if n != 1 || len(names) == 0 {
		names = append([]string{strconv.Itoa(n)}, names...)
	}
	if len(names) > 1 {
		names = slices.Clone(names)
		for i, s := range names {
			names[i] = enclosed(s)
		}
	}
	return strings.Join(names, "*")
}

// enclosed puts a name that is more than one word in parentheses, for use within
// another.
func enclosed(name string) string {
	if strings.ContainsAny(name, "*/+-[") && !(strings.HasPrefix(name, "(") && strings.Index(name, ")") == len(name)-1) {
		return "(" + name + ")"
	}
	return name
}

// sliced is the size of d[start:end:step].
func sliced(d Dim, start, end, step int) Dim {
	if !d.Known() {
		if start == 0 && end == math.MaxInt && step == 1 {
			return d
		}
		return Symbol(fmt.Sprintf("%s[%d:%d:%d]", enclosed(d.Name), start, end, step))
	}
	start, end = place(start, d.Size), place(end, d.Size)
	return Fixed((max(0, end-start) + step - 1) / step)
}

// place is an index within 0..n; negative ones count from the end.
func place(i, n int) int {
	if i < 0 {
		i += n
	}
	return min(max(i, 0), n)
}
