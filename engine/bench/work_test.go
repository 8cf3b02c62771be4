package bench

import (
	"testing"

	"zoomscope/engine/encoder"
)

// torchvision's ResNet-50 up to its third stage, layer by layer: 7 x 7 to 64
// channels at half the side, then blocks of 1 x 1, 3 x 3 and 1 x 1 at a quarter,
// an eighth and a sixteenth of it, the stride in the middle one.
func resnetWork(side int) int64 {
	total, at := side/2*side/2*64*3*49, side/4
	in := 64
	for stage, blocks := range []int{3, 4, 6} {
		middle := 64 << stage
		out := 4 * middle
		for block := range blocks {
			before := at * at
			if stage > 0 && block == 0 {
				at /= 2
			}
			after := at * at
			total += before*in*middle + after*9*middle*middle + after*middle*out
			if block == 0 {
				total += after * in * out
			}
			in = out
		}
	}
	return int64(total)
}

func TestEncoderWork(t *testing.T) {
	spec, err := encoder.ImportResNet(ResNet50(1), encoder.Description{Name: "random"})
	if err != nil {
		t.Fatal(err)
	}
	n, err := EncoderWork(spec)
	if err != nil {
		t.Fatal(err)
	}
	if want := resnetWork(encoder.Side); n != want {
		t.Errorf("%d multiply-adds for a patch, want %d", n, want)
	}
	if n < 4.27e9 || n > 4.29e9 {
		t.Errorf("%.3g multiply-adds for a patch, want the 4.28e9 of such a network", float64(n))
	}
	builtin, err := encoder.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	b, err := EncoderWork(builtin)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("built-in encoder: %d multiply-adds for a patch", b)
	if b <= 0 || b >= n {
		t.Errorf("%d multiply-adds for a patch of the built-in encoder, the residual network takes %d", b, n)
	}
}
