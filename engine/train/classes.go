package train

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// classesOf are the distinct labels in their order: by value where all are
// numbers, else naturally, so that grade 2 comes before grade 10.
func classesOf(labels []string) []string {
	classes := slices.Clone(labels)
	slices.Sort(classes)
	classes = slices.Compact(classes)
	if !slices.ContainsFunc(classes, func(s string) bool { return !isNumber(s) }) {
		slices.SortStableFunc(classes, func(a, b string) int { return cmp.Compare(number(a), number(b)) })
		return classes
	}
	slices.SortStableFunc(classes, natural)
	return classes
}

func isNumber(s string) bool { return !math.IsNaN(number(s)) && !math.IsInf(number(s), 0) }

// number is the value of s, NaN where it has none.
func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// natural compares texts piece by piece, runs of digits as numbers and the rest
// byte by byte.
func natural(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x == 0 || y == 0 {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		if c := compareDigits(a[:x], b[:y]); c != 0 {
			return c
		}
		a, b = a[x:], b[y:]
	}
	return cmp.Compare(len(a), len(b))
}

// digits is the number of digits that s begins with.
func digits(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}

// compareDigits compares whole numbers of any length.
func compareDigits(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
