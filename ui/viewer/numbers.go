package viewer

import (
	"math"
	"strconv"
	"strings"
)

// space keeps a number and its unit together.
const space = "\u00a0"

// short writes v with at most the given places and no zeros at its end.
func (t Texts) short(v float64, places int) string {
	s := strconv.FormatFloat(v, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return strings.Replace(s, ".", t.DecimalSign, 1)
}

// fixed writes v with the given places.
func (t Texts) fixed(v float64, places int) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', places, 64), ".", t.DecimalSign, 1)
}

// scale writes what a device pixel shows: "20x  0.50 µm/px", or the percentage of
// level 0 where the resolution is not known.
func (t Texts) scale(zoom, mpp float64) string {
	if mpp <= 0 {
		return t.short(100*zoom, places(100*zoom, 2)) + space + "%"
	}
	m, um := zoom*micrometre/mpp, mpp/zoom
	digits := 3
	if um < 1 {
		digits = 2
	}
	return t.short(m, places(m, 3)) + "x" + space + space + t.fixed(um, places(um, digits)) + space + "µm/px"
}

// places is how many decimals show v with the given number of digits, at most 4.
func places(v float64, digits int) int {
	if v <= 0 {
		return 0
	}
	return min(max(digits-1-int(math.Floor(math.Log10(v))), 0), 4)
}

// place writes coordinates: "x 12 044  y 8 310".
func place(x, y int) string { return "x" + space + count(x) + space + space + "y" + space + count(y) }

// count writes a whole number with its thousands apart.
func count(v int) string {
	digits := strconv.Itoa(v)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteString(space)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// bar is a scale bar: a length in round units, and how it is written.
type bar struct {
	um   float64
	text string
}

// newBar is the longest bar of 1, 2 or 5 times a power of ten micrometres that is
// not longer than most.
func (t Texts) newBar(most float64) bar {
	if !(most > 0) || math.IsInf(most, 1) {
		return bar{}
	}
	exp := math.Floor(math.Log10(most))
	unit := math.Pow(10, exp)
	um := unit
	for _, n := range []float64{2, 5, 10} {
		if n*unit <= most*(1+1e-9) {
			um = n * unit
		}
	}
	if um >= 1000 {
		return bar{um, t.short(um/1000, 0) + space + "mm"}
	}
	return bar{um, t.short(um, max(-int(exp), 0)) + space + "µm"}
}
