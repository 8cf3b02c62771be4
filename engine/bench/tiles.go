package bench

import (
	"context"
	"image"
	"math/rand/v2"

	"zoomscope/engine/encoder"
)

// Tiles are n patches of noise, one behind the other, each of
// encoder.TileBytes: rows of R, G, B. Equal seeds give equal patches.
func Tiles(n int, seed uint64) []byte {
	random := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24)})
	tiles := make([]byte, n*encoder.TileBytes)
	random.Read(tiles) // never fails
	return tiles
}

// readerOf gives patches as pictures, as a slide does: patch i is number i modulo
// the number of tiles.
func readerOf(tiles []byte) func(ctx context.Context, i int, dst *image.RGBA) error {
	pictures := make([][]byte, len(tiles)/encoder.TileBytes)
	for i := range pictures {
		pictures[i] = opaque(tiles[i*encoder.TileBytes : (i+1)*encoder.TileBytes])
	}
	return func(_ context.Context, i int, dst *image.RGBA) error {
		copy(dst.Pix, pictures[i%len(pictures)])
		return nil
	}
}

// opaque turns R, G, B into R, G, B, 255.
func opaque(rgb []byte) []byte {
	rgba := make([]byte, 0, len(rgb)/3*4)
	for i := 0; i+2 < len(rgb); i += 3 {
		rgba = append(rgba, rgb[i], rgb[i+1], rgb[i+2], 255)
	}
	return rgba
}
