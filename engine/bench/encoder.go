package bench

import (
	"context"
	"errors"
	"fmt"
	"math"

	"zoomscope/engine/encoder"
	"zoomscope/engine/nn"
	"zoomscope/engine/zoom"
)

// Budgets of an encoder's throughput.
const (
	budgetOfBare = 0.9 // of ONNX Runtime called bare
	budgetOfPeer = 2.0 // times the peer
)

// EncoderCase is an encoder to be measured on one number of threads.
type EncoderCase struct {
	Spec    *encoder.Spec
	Threads int
	Batch   int
	Device  nn.Opener
	Engine  *zoom.Engine // with the same encoder, on the same device and threads
	Peer    *Peer        // nil for none; with the same weights, tiles and threads
}

// EncoderTimes is what came out.
type EncoderTimes struct {
	Encoder  string  `json:"encoder"`
	Threads  int     `json:"threads"`
	Batch    int     `json:"batch"`
	Patches  int     `json:"patches"` // encoded by each in each round
	Rounds   int     `json:"rounds"`
	Bare     float64 `json:"bare"`     // patches a second by ONNX Runtime alone
	Pipeline float64 `json:"pipeline"` // through this program's own pipeline
	Peer     float64 `json:"peer,omitempty"`
	PeerName string  `json:"peer_name,omitempty"`
	// PeerDifference is the largest difference between the peer's features of a
	// tile and ours, over the largest feature.
	PeerDifference float64 `json:"peer_difference,omitempty"`

	// OfBare and OverPeer are the pipeline's throughput over theirs.
	OfBare   Quotient  `json:"of_bare"`
	OverPeer Quotient  `json:"over_peer,omitzero"`
	Verdicts []Verdict `json:"verdicts"`
}

// Encoder measures how many of the tiles a second an encoder encodes: bare,
// through the pipeline, and by the peer. Each encodes all tiles in each round.
func Encoder(ctx context.Context, c EncoderCase, tiles []byte, rounds int, begin func(done, total int)) (_ *EncoderTimes, err error) {
	bare, err := OpenBare(c.Device, c.Spec, c.Batch, tiles)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bare.Close()) }()
	n := len(tiles) / encoder.TileBytes
	contenders := []Contender{
		{"bare", func(ctx context.Context) (Spent, error) { return bare.Run(ctx, n) }},
		{"pipeline", encodeAll(c.Engine, tiles)},
	}
	if c.Peer != nil {
		contenders = append(contenders, Contender{"peer", func(ctx context.Context) (Spent, error) { return c.Peer.Run(ctx, n) }})
	}
	times, err := Alternate(ctx, rounds, contenders, begin)
	if err != nil {
		return nil, err
	}
	out := &EncoderTimes{Encoder: c.Spec.Card().Name, Threads: c.Threads, Batch: c.Batch, Patches: n, Rounds: rounds}
	out.Bare, out.Pipeline = float64(n)/times[0].Seconds(), float64(n)/times[1].Seconds()
	out.OfBare = Ratio(times[0], times[1])
	out.verdict("bare", out.OfBare, budgetOfBare)
	if c.Peer != nil {
		features, err := bare.first(ctx)
		if err != nil {
			return nil, err
		}
		out.Peer, out.PeerName = float64(n)/times[2].Seconds(), c.Peer.Name
		out.PeerDifference = difference(features, c.Peer.Features)
		out.OverPeer = Ratio(times[2], times[1])
		out.verdict(c.Peer.Name, out.OverPeer, budgetOfPeer)
	}
	return out, nil
}

func (t *EncoderTimes) verdict(against string, ratio Quotient, budget float64) {
	what := fmt.Sprintf("%s on %d threads, pipeline / %s", t.Encoder, t.Threads, against)
	t.Verdicts = append(t.Verdicts, AtLeast(what, ratio.Wall, budget))
}

// encodeAll encodes tiles through the pipeline of an engine.
func encodeAll(e *zoom.Engine, tiles []byte) func(ctx context.Context) (Spent, error) {
	read, n := readerOf(tiles), len(tiles)/encoder.TileBytes
	return func(ctx context.Context) (Spent, error) {
		return measure(func() error {
			return e.Encode(ctx, n, read, func(int, int, []float32) error { return nil })
		})
	}
}

// difference is the largest difference of two vectors over the largest value of
// a; infinite where their lengths differ.
func difference(a, b []float32) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	var most, largest float64
	for i := range a {
		most = max(most, math.Abs(float64(a[i])-float64(b[i])))
		largest = max(largest, math.Abs(float64(a[i])))
	}
	return most / largest
}
