package encoder

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
)

// batches is a session that notes the sizes it is given; value k of patch i is
// its first byte plus k.
func batches(sizes *[]int) fake {
	return fake{func(_ context.Context, in, out *nn.Tensor) error {
		if err := errors.Join(in.Validate(), out.Validate()); err != nil {
			return err
		}
		*sizes = append(*sizes, in.Shape[0])
		for i := range out.F32 {
			out.F32[i] = float32(int(in.U8[i/3*TileBytes]) + i%3)
		}
		return nil
	}}
}

func TestEncodeBatches(t *testing.T) {
	spec := tinySpec(t, "tiny", 1)
	tests := []struct {
		batch, n int
		want     []int
	}{
		{8, 0, nil}, {8, 1, []int{1}}, {8, 8, []int{8}}, {8, 9, []int{8, 1}}, {3, 8, []int{3, 3, 2}}, {1, 2, []int{1, 1}}, {100, 5, []int{5}},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d by %d", test.n, test.batch), func(t *testing.T) {
			var sizes []int
			e := open(t, spec, batches(&sizes))
			e.SetBatch(test.batch)
			if e.Batch() != test.batch {
				t.Errorf("batch %d, not %d", e.Batch(), test.batch)
			}
			tiles, dst := make([]byte, test.n*TileBytes+5), make([]float32, test.n*3+2)
			for i := range test.n {
				tiles[i*TileBytes] = byte(10 * i)
			}
			if err := e.Encode(t.Context(), tiles, test.n, dst); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(sizes, test.want) {
				t.Errorf("batches of %v, want %v", sizes, test.want)
			}
			for i := range dst {
				want := float32(10*(i/3) + i%3)
				if i >= test.n*3 {
					want = 0 // beyond the patches nothing is written
				}
				if dst[i] != want {
					t.Fatalf("value %d is %g, want %g", i, dst[i], want)
				}
			}
		})
	}
}

func TestEncodePanics(t *testing.T) {
	var sizes []int
	e := open(t, tinySpec(t, "tiny", 1), batches(&sizes))
	tests := map[string]func(){
		"batch of none":      func() { e.SetBatch(0) },
		"fewer than none":    func() { e.Encode(t.Context(), nil, -1, nil) },
		"too few pixels":     func() { e.Encode(t.Context(), make([]byte, TileBytes-1), 1, make([]float32, 3)) },
		"too little room":    func() { e.Encode(t.Context(), make([]byte, TileBytes), 1, make([]float32, 2)) },
		"one patch too many": func() { e.Encode(t.Context(), make([]byte, TileBytes), 2, make([]float32, 6)) },
	}
	for name, f := range tests {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
	if e.Batch() != DefaultBatch || len(sizes) != 0 {
		t.Errorf("batch %d and runs of %v after mistakes", e.Batch(), sizes)
	}
}

func TestEncodeErrors(t *testing.T) {
	spec := tinySpec(t, "tiny", 1)
	t.Run("out of memory", func(t *testing.T) {
		// Two patches of 8 x 8 fit, three do not; the 256 x 8 strip comes first.
		e := open(t, spec, nntest.Interpreter{MaxElements: 2 * 8 * Side * 3})
		tiles, dst := noise(4), make([]float32, 12)
		e.SetBatch(4)
		err := e.Encode(t.Context(), tiles, 4, dst)
		if !errors.Is(err, nn.ErrOutOfMemory) {
			t.Fatalf("%v is not nn.ErrOutOfMemory", err)
		}
		wantError(t, err, "encoder tiny")
		e.SetBatch(2)
		if err := e.Encode(t.Context(), tiles, 4, dst); err != nil {
			t.Errorf("with a smaller batch: %v", err)
		}
	})
	t.Run("cancelled before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := open(t, spec, nntest.Interpreter{}).Encode(ctx, noise(1), 1, make([]float32, 3))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v is not context.Canceled", err)
		}
	})
	t.Run("cancelled between batches", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		runs := 0
		e := open(t, spec, fake{func(ctx context.Context, _, _ *nn.Tensor) error {
			if runs++; runs == 2 {
				cancel()
			}
			return ctx.Err()
		}})
		e.SetBatch(1)
		err := e.Encode(ctx, make([]byte, 5*TileBytes), 5, make([]float32, 15))
		if !errors.Is(err, context.Canceled) || runs != 2 {
			t.Errorf("%v after %d runs, want context.Canceled after 2", err, runs)
		}
	})
	t.Run("closed", func(t *testing.T) {
		e, err := spec.Open(nntest.Interpreter{})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if err := e.Encode(t.Context(), noise(1), 1, make([]float32, 3)); !errors.Is(err, nn.ErrClosed) {
			t.Errorf("%v is not nn.ErrClosed", err)
		}
	})
}

func TestEncodeCancelRuntime(t *testing.T) {
	e := openBuiltin(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	started := time.Now()
	time.AfterFunc(50*time.Millisecond, cancel)
	const n = 200 // seconds of work
	err := e.Encode(ctx, make([]byte, n*TileBytes), n, make([]float32, n*e.Dim()))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not context.Canceled", err)
	}
	if d := time.Since(started); d > 2*time.Second {
		t.Errorf("ended %v after the start", d)
	}
}

// TestEncodeConcurrently has callers share an encoder while its batch changes.
func TestEncodeConcurrently(t *testing.T) {
	o := openCPU(t, 1)
	spec := tinySpec(t, "tiny", 2)
	tiles := noise(7)
	want := encode(t, spec, nntest.Interpreter{}, tiles)
	e := open(t, spec, o)
	var group sync.WaitGroup
	for caller := range 4 {
		group.Go(func() {
			for round := range 10 {
				e.SetBatch(1 + (caller+round)%5)
				n := 1 + (caller*3+round)%7
				dst := make([]float32, n*3)
				if err := e.Encode(t.Context(), tiles, n, dst); err != nil {
					t.Error(err)
				}
				for i, x := range dst {
					if math.Abs(float64(x-want[i])) > 1e-5 {
						t.Errorf("value %d is %g, want %g", i, x, want[i])
					}
				}
			}
		})
	}
	group.Wait()
}

// TestBatchDoesNotMatter: the features of a patch are the same, but for the
// order of float32 sums, whatever batch it is in.
func TestBatchDoesNotMatter(t *testing.T) {
	o := openCPU(t, 2)
	resnet, err := ImportResNet(bottleneck.weights(), Description{Name: "net", Size: 64})
	if err != nil {
		t.Fatal(err)
	}
	tiles := noise(5)
	e := open(t, resnet, o)
	var want []float32
	for _, batch := range []int{5, 4, 3, 2, 1} {
		e.SetBatch(batch)
		got := make([]float32, 5*e.Dim())
		if err := e.Encode(t.Context(), tiles, 5, got); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		near(t, got, want, 1e-5)
	}
}

// TestEncodeKeepsNothing: a caller's slices are free after the call, and a loop
// of calls allocates nothing.
func TestEncodeKeepsNothing(t *testing.T) {
	e := open(t, tinySpec(t, "tiny", 1), fake{func(context.Context, *nn.Tensor, *nn.Tensor) error { return nil }})
	tiles, dst, ctx := noise(3), make([]float32, 9), t.Context()
	allocations := testing.AllocsPerRun(10, func() {
		if err := e.Encode(ctx, tiles, 3, dst); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 || e.tiles.U8 != nil || e.rows.F32 != nil {
		t.Errorf("%g allocations a call, and kept %d bytes and %d values", allocations, len(e.tiles.U8), len(e.rows.F32))
	}
}

func TestProbe(t *testing.T) {
	spec := tinySpec(t, "tiny", 1)
	if err := spec.Probe(t.Context(), nntest.Interpreter{}); err != nil {
		t.Errorf("a good encoder: %v", err)
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	tests := []struct {
		name string
		f    func(batch, patch int, sum float32) float32
		want string
	}{
		{"blind", func(_, _ int, _ float32) float32 { return 4 }, "are the same"},
		{"not a number", func(_, i int, sum float32) float32 { return []float32{sum, nan}[i%2] }, "NaN"},
		{"not a number alone", func(n, _ int, sum float32) float32 { return []float32{0, nan, 0, sum}[n] }, "NaN alone"},
		{"infinite", func(_, _ int, _ float32) float32 { return inf }, "Inf"},
		{"batch matters", func(n, _ int, sum float32) float32 { return sum * float32(n) }, "in a batch"},
		{"place matters", func(_, i int, sum float32) float32 { return sum + float32(i) }, "in a batch"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := spec.Probe(t.Context(), fake{func(_ context.Context, in, out *nn.Tensor) error {
				for i := range out.F32 {
					sum := float32(0)
					for _, b := range in.U8[i/3*TileBytes : (i/3+1)*TileBytes] {
						sum += float32(b) / TileBytes
					}
					out.F32[i] = test.f(in.Shape[0], i/3, sum)
				}
				return nil
			}})
			wantError(t, err, "encoder tiny: feature", test.want)
		})
	}
	refused := errors.New("refused")
	err := spec.Probe(t.Context(), fake{func(context.Context, *nn.Tensor, *nn.Tensor) error { return refused }})
	if !errors.Is(err, refused) || err.Error() != "encoder tiny: refused" {
		t.Errorf("%v, not that the run was refused", err)
	}
}
