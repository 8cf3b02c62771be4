package encoder

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"zoomscope/engine/nn"
)

// DefaultBatch is the number of patches given to the device at once. On a CPU
// more gain nothing and cost memory.
const DefaultBatch = 8

// Encoder is an encoder that is open on a device. Its methods may be called from
// several goroutines; calls of Encode wait for each other.
type Encoder struct {
	card    Card
	session nn.Session

	mu      sync.Mutex
	batch   int
	tiles   nn.Tensor
	rows    nn.Tensor
	inputs  []*nn.Tensor
	outputs []*nn.Tensor
}

// Open makes the encoder ready on a device.
func (s *Spec) Open(o nn.Opener) (*Encoder, error) {
	session, err := o.Open(s.onnx)
	if err != nil {
		return nil, fmt.Errorf("encoder %s: %w", s.card.Name, err)
	}
	e := &Encoder{
		card:    s.card,
		session: session,
		batch:   DefaultBatch,
		tiles:   nn.Tensor{Type: nn.Uint8, Shape: []int{0, Side, Side, 3}},
		rows:    nn.Tensor{Type: nn.Float32, Shape: []int{0, s.card.Dim}},
	}
	e.inputs, e.outputs = []*nn.Tensor{&e.tiles}, []*nn.Tensor{&e.rows}
	return e, nil
}

// Card says which encoder it is.
func (e *Encoder) Card() Card { return e.card }

// Dim is the number of values per patch.
func (e *Encoder) Dim() int { return e.card.Dim }

// Batch is the number of patches given to the device at once.
func (e *Encoder) Batch() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.batch
}

// SetBatch changes Batch, from the next call of Encode on. Less than 1 panics.
func (e *Encoder) SetBatch(n int) {
	if n < 1 {
		panic(fmt.Sprintf("encoder: batch of %d", n))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.batch = n
}

// Encode computes the features of n patches. Patch i is tiles[i*TileBytes:], in
// rows of R, G, B; its features become dst[i*Dim:]. Neither slice is kept, and
// neither is copied. A slice too short panics. The work is done in batches of
// Batch, the last one smaller. A device without memory enough for one is an
// error that wraps nn.ErrOutOfMemory, and a smaller batch may do. After an error
// the content of dst is undefined.
func (e *Encoder) Encode(ctx context.Context, tiles []byte, n int, dst []float32) error {
	if n < 0 || len(tiles) < n*TileBytes || len(dst) < n*e.card.Dim {
		panic(fmt.Sprintf("encoder: %d patches of %d bytes into %d values", n, len(tiles), len(dst)))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	defer e.release()
	for first := 0; first < n; first += e.batch {
		end := min(first+e.batch, n)
		e.tiles.Shape[0], e.tiles.U8 = end-first, tiles[first*TileBytes:end*TileBytes]
		e.rows.Shape[0], e.rows.F32 = end-first, dst[first*e.card.Dim:end*e.card.Dim]
		if err := e.session.Run(ctx, e.inputs, e.outputs); err != nil {
			return fmt.Errorf("encoder %s: %w", e.card.Name, err)
		}
	}
	return nil
}

func (e *Encoder) release() { e.tiles.U8, e.rows.F32 = nil, nil }

// Close frees the network. A call of Encode under way is waited for.
func (e *Encoder) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.session.Close()
}

// probeSeed makes the tiles of Probe.
const probeSeed = 0x5eed

// Probe runs the encoder on made-up patches and reports what no reading of the
// file can show: a network that does not run here, that gives other sizes than
// its card says or values that are not finite, that takes no notice of its
// input, or whose features of a patch depend on the batch it is in.
func (s *Spec) Probe(ctx context.Context, o nn.Opener) error {
	e, err := s.Open(o)
	if err != nil {
		return err
	}
	return errors.Join(e.probe(ctx), e.Close())
}

func (e *Encoder) probe(ctx context.Context) error {
	const n = 3
	d := e.card.Dim
	tiles := probeTiles(n)
	together, alone := make([]float32, n*d), make([]float32, n*d)
	if err := e.Encode(ctx, tiles, n, together); err != nil {
		return err
	}
	e.SetBatch(1)
	if err := e.Encode(ctx, tiles, n, alone); err != nil {
		return err
	}
	if err := checkProbe(together, alone, d); err != nil {
		return fmt.Errorf("encoder %s: %w", e.card.Name, err)
	}
	return nil
}

func checkProbe(together, alone []float32, d int) error {
	same := true
	for i, x := range together {
		y := alone[i]
		switch tolerance := 1e-3 * (1 + math.Abs(float64(x))); {
		case math.IsNaN(float64(x)) || math.IsInf(float64(x), 0):
			return fmt.Errorf("feature %d of a patch is %g", i%d, x)
		case !(math.Abs(float64(x)-float64(y)) <= tolerance):
			return fmt.Errorf("feature %d of a patch is %g alone and %g in a batch", i%d, y, x)
		}
		same = same && x == together[i%d]
	}
	if same {
		return errors.New("features of different patches are the same")
	}
	return nil
}

// probeTiles are patches of noise about different means.
func probeTiles(n int) []byte {
	rng := rand.New(rand.NewPCG(probeSeed, 0))
	tiles := make([]byte, n*TileBytes)
	for i := range tiles {
		tiles[i] = byte(64*(i/TileBytes%3) + rng.IntN(128))
	}
	return tiles
}
