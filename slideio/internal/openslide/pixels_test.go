package openslide

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// slowOverWhite is overWhite by the definition, a channel at a time.
func slowOverWhite(src []byte) []byte {
	var out []byte
	for i := 0; i < len(src); i += 4 {
		p := binary.NativeEndian.Uint32(src[i:])
		a, r, g, b := p>>24, p>>16&255, p>>8&255, p&255
		out = append(out, byte(r+255-a), byte(g+255-a), byte(b+255-a), 255)
	}
	return out
}

// randomARGB makes premultiplied pixels, of which a share is opaque or clear.
func randomARGB(n int) []byte {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	var out []byte
	for range n {
		a := []uint32{0, 255, 255, rng.Uint32N(256)}[rng.IntN(4)]
		p := a<<24 | rng.Uint32N(a+1)<<16 | rng.Uint32N(a+1)<<8 | rng.Uint32N(a+1)
		out = binary.NativeEndian.AppendUint32(out, p)
	}
	return out
}

func TestOverWhite(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 7, 64, 1001} {
		src := randomARGB(n)
		want := slowOverWhite(src)
		got := make([]byte, len(src))
		overWhite(got, src)
		if string(got) != string(want) {
			t.Errorf("%d pixels differ", n)
		}
		overWhite(src, src)
		if string(src) != string(want) {
			t.Errorf("%d pixels in place differ", n)
		}
	}
}

func BenchmarkOverWhite(b *testing.B) {
	src := make([]byte, 4*256*256)
	for i := range src {
		src[i] = 0xff
	}
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		overWhite(src, src)
	}
}
