package bench

import (
	"context"
	"fmt"

	"zoomscope/engine/encoder"
	"zoomscope/engine/nn"
)

// Bare is an encoder's network without anything around it: a session that is run
// in a tight loop on arrays made once.
type Bare struct {
	session  nn.Session
	batch    int
	dim      int
	tiles    []byte
	features []float32
}

// OpenBare opens the network on a device, to encode the tiles given, of which
// there must be a batch at least.
func OpenBare(o nn.Opener, spec *encoder.Spec, batch int, tiles []byte) (*Bare, error) {
	if batch < 1 || len(tiles) < batch*encoder.TileBytes {
		return nil, fmt.Errorf("batch of %d out of %d bytes of tiles", batch, len(tiles))
	}
	session, err := o.Open(spec.ONNX())
	if err != nil {
		return nil, fmt.Errorf("encoder %s: %w", spec.Card().Name, err)
	}
	dim := spec.Card().Dim
	return &Bare{session, batch, dim, tiles, make([]float32, batch*dim)}, nil
}

// Run encodes n patches, the tiles over and over.
func (b *Bare) Run(ctx context.Context, n int) (Spent, error) {
	whole := len(b.tiles) / (b.batch * encoder.TileBytes) // batches that the tiles fill
	return measure(func() error {
		for i := 0; i*b.batch < n; i++ {
			if err := b.encode(ctx, i%whole*b.batch, min(b.batch, n-i*b.batch)); err != nil {
				return err
			}
		}
		return nil
	})
}

// encode encodes n tiles from the first one on.
func (b *Bare) encode(ctx context.Context, first, n int) error {
	pixels := b.tiles[first*encoder.TileBytes : (first+n)*encoder.TileBytes]
	in := nn.U8Tensor(pixels, n, encoder.Side, encoder.Side, 3)
	out := nn.F32Tensor(b.features[:n*b.dim], n, b.dim)
	return b.session.Run(ctx, []*nn.Tensor{in}, []*nn.Tensor{out})
}

// first is the features of the first tile.
func (b *Bare) first(ctx context.Context) ([]float32, error) {
	err := b.encode(ctx, 0, 1)
	return b.features[:b.dim], err
}

// Close frees the network.
func (b *Bare) Close() error { return b.session.Close() }
