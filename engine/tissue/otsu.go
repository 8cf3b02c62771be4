package tissue

// otsuLevels returns the threshold of an 8-bit histogram that maximises the
// variance between the two classes, the first such on a tie; values above it
// are the upper class. It is 0 for a picture of one value.
//
// Sums are taken in the reference's order, since thresholds on either side of a
// gap in the histogram differ by rounding alone. That includes its skipping of
// thresholds that leave one class practically empty.
func otsuLevels(hist *[256]int) int {
	const empty = 1.1920928955078125e-07 // float32's epsilon
	total, mu := 0, 0.0
	for i, n := range hist {
		total += n
		mu += float64(i) * float64(n)
	}
	scale := 1 / float64(total)
	mu *= scale
	var q1, mu1, best float64
	threshold := 0
	for i, n := range hist {
		p := float64(n) * scale
		mu1 *= q1
		q1 += p
		q2 := 1 - q1
		if min(q1, q2) < empty || max(q1, q2) > 1-empty {
			continue
		}
		mu1 = (mu1 + float64(float64(i)*p)) / q1
		mu2 := (mu - float64(q1*mu1)) / q2
		if v := q1 * q2 * (mu1 - mu2) * (mu1 - mu2); v > best {
			best, threshold = v, i
		}
	}
	return threshold
}

// bins are 256 equal intervals from the smallest to the largest value.
type bins struct {
	edges [257]float64
	scale float64 // bins per unit of value
}

func newBins(lo, hi float64) *bins {
	b := &bins{scale: 256 / (hi - lo)}
	step := (hi - lo) / 256
	for i := range b.edges {
		b.edges[i] = float64(float64(i)*step) + lo
	}
	b.edges[256] = hi
	return b
}

// of returns the bin of a value from edges[0] to edges[256]; bin i holds
// edges[i] <= v < edges[i+1], the last one its upper edge too.
func (b *bins) of(v float64) int {
	i := min(int((v-b.edges[0])*b.scale), 255)
	if v < b.edges[i] {
		return i - 1
	}
	if v >= b.edges[i+1] && i < 255 {
		return i + 1
	}
	return i
}

func (b *bins) centre(i int) float64 { return (b.edges[i] + b.edges[i+1]) / 2 }

// otsu returns the centre of the bin that best divides the counted values, the
// first such on a tie.
func (b *bins) otsu(counts *[256]int) float64 {
	var above, sumAbove [257]float64 // of the bins from i on
	for i := 255; i >= 0; i-- {
		above[i] = above[i+1] + float64(counts[i])
		sumAbove[i] = sumAbove[i+1] + float64(float64(counts[i])*b.centre(i))
	}
	var below, sumBelow, best float64
	at := 0
	for i := range 255 {
		below += float64(counts[i])
		sumBelow += float64(float64(counts[i]) * b.centre(i))
		d := sumBelow/below - sumAbove[i+1]/above[i+1]
		if v := below * above[i+1] * (d * d); i == 0 || v > best {
			best, at = v, i
		}
	}
	return b.centre(at)
}
