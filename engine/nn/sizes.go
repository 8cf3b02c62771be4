package nn

import (
	"strconv"
	"strings"
)

// size computes the size of an axis from the sizes that have plain names.
type size func(named []int) int

// compile reads the name that operators gave to a size that follows from others,
// those called names: sums, products, quotients (rounded down) and slices of
// them. False for a name that no operator makes.
func compile(d Dim, names []string) (size, bool) {
	if d.Known() {
		return func([]int) int { return d.Size }, true
	}
	p := sizeParser{rest: d.Name, names: names}
	s := p.sum()
	return s, !p.bad && p.rest == ""
}

// sizeParser takes the name apart from the left; bad says that it could not.
type sizeParser struct {
	rest  string
	names []string
	bad   bool
}

// skip takes s off the front, if it is there.
func (p *sizeParser) skip(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

func (p *sizeParser) sum() size {
	a := p.product()
	for !p.bad {
		l := a
		switch {
		case p.skip("+"):
			r := p.product()
			a = func(n []int) int { return l(n) + r(n) }
		case p.skip("-"):
			r := p.product()
			a = func(n []int) int { return l(n) - r(n) }
		default:
			return a
		}
	}
	return a
}

func (p *sizeParser) product() size {
	a := p.sliced()
	for !p.bad {
		l := a
		switch {
		case p.skip("*"):
			r := p.sliced()
			a = func(n []int) int { return l(n) * r(n) }
		case p.skip("/"):
			r := p.sliced()
			a = func(n []int) int { return floorDiv(l(n), r(n)) }
		default:
			return a
		}
	}
	return a
}

// floorDiv is a / b rounded down, and 0 where b is 0.
func floorDiv(a, b int) int {
	if b == 0 {
		return 0
	}
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func (p *sizeParser) sliced() size {
	a := p.word()
	for !p.bad && p.skip("[") {
		l, start := a, p.number(":")
		end := p.number(":")
		step := p.number("]")
		if step < 1 {
			p.bad = true
			return a
		}
		a = func(n []int) int { return sliced(Fixed(max(l(n), 0)), start, end, step).Size }
	}
	return a
}

// number takes a number and what stands after it.
func (p *sizeParser) number(after string) int {
	text, rest, ok := strings.Cut(p.rest, after)
	n, err := strconv.Atoi(text)
	p.rest, p.bad = rest, p.bad || !ok || err != nil
	return n
}

// word is the longest of the names that fits, a number, or a sum in parentheses.
func (p *sizeParser) word() size {
	best := -1
	for i, name := range p.names {
		if strings.HasPrefix(p.rest, name) && (best < 0 || len(name) > len(p.names[best])) {
			best = i
		}
	}
	if best >= 0 {
		p.rest = p.rest[len(p.names[best]):]
		return func(n []int) int { return n[best] }
	}
	if p.skip("(") {
		a := p.sum()
		p.bad = p.bad || !p.skip(")")
		return a
	}
	digits := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789"))
	x, err := strconv.Atoi(p.rest[:digits])
	p.rest, p.bad = p.rest[digits:], p.bad || err != nil
	return func([]int) int { return x }
}
