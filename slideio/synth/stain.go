package synth

// stain is how a slide's dyes absorb: optical density per unit of dye for red,
// green and blue.
type stain struct {
	hematoxylin, eosin [3]float64
	background         [3]int // of the empty slide
}

// Dye amounts are indices 0 to 255 of these fractions of a unit.
const (
	eosinStep       = 1.6 / 255
	hematoxylinStep = 2.6 / 255
)

// newStain draws a slide's dyes: near the directions that unmixing finds in
// hospital slides, each laboratory a little different.
func newStain(d *dice, variation float64) stain {
	jitter := func(v [3]float64) [3]float64 {
		strength := 1 + float64(d.real(-0.22, 0.22)*variation)
		for i := range v {
			shifted := v[i] + float64(d.real(-0.05, 0.05)*variation)
			v[i] = float64(max(0.02, shifted) * strength)
		}
		return v
	}
	s := stain{
		hematoxylin: jitter([3]float64{0.64, 0.72, 0.27}),
		eosin:       jitter([3]float64{0.14, 0.80, 0.46}),
	}
	for i, v := range [3]int{243, 242, 244} {
		s.background[i] = v + int(float64(d.real(-3, 3)*variation))
	}
	return s
}

// light is how much of each colour passes, of [0, full].
type light [3]int32

const full = 1 << 15

// passing tabulates the light that passes an amount of dye, averaged over the
// deviations from it, in indices, that are too fine for the picture's pixels.
func passing(density [3]float64, step float64, deviations []int) *[256]light {
	var out [256]light
	for i := range out {
		for c := range 3 {
			sum := 0.0
			for _, d := range deviations {
				sum += expNeg(float64(density[c] * float64(float64(clamp(i+d, 0, 255))*step)))
			}
			out[i][c] = int32(float64(sum/float64(len(deviations))*full) + 0.5)
		}
	}
	return &out
}
