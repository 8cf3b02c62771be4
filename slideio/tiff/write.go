package tiff

import (
	"context"
	"fmt"
	"image"
	"io"

	"golang.org/x/sync/errgroup"

	"zoomscope/slideio/atomicfile"
)

// Tile is one tile of a file that is being written.
type Tile struct {
	// Key names the content: tiles of equal non-empty Key look the same, and
	// only the first of them is drawn. "" names nothing.
	Key string

	// Draw fills dst, whose Rect is (0, 0)-(TileSize, TileSize) and which is
	// white beforehand. Tiles at the right and lower edge are to be filled
	// whole. Several Draws run at once; dst must not be kept.
	Draw func(ctx context.Context, dst *image.RGBA) error
}

// TileFunc describes the tile in a column and row of a level. It is called from
// one goroutine at a time, for each tile once: level by level, the finest first,
// row by row. All Draws of a level have returned before the tiles of the next
// are asked for.
type TileFunc func(level, col, row int) (Tile, error)

// address is one tile's place in the pyramid.
type address struct{ level, col, row int }

// Write writes the file at path. It stands there when Write returns nil, and
// otherwise what stood there before is untouched. Errors name the file; one that
// wraps ErrSpec means that no such file is possible; when ctx ends the error is
// ctx's.
func Write(ctx context.Context, path string, spec Spec, tiles TileFunc) error {
	return toFile(path, func(w io.WriteSeeker) error { return WriteTo(ctx, w, spec, tiles) })
}

// toFile runs write on a file that appears at path when all went well.
func toFile(path string, write func(io.WriteSeeker) error) error {
	f, err := atomicfile.Create(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer f.Abort()
	if err := write(f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := f.Commit(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// WriteTo is Write onto w, which must stand at its start; its errors name no file.
func WriteTo(ctx context.Context, w io.WriteSeeker, spec Spec, tiles TileFunc) error {
	spec, err := spec.resolve()
	if err != nil {
		return err
	}
	f, err := newFile(w, spec)
	if err != nil {
		return err
	}
	run := &writing{file: f, tiles: tiles, keyed: map[string]place{}, total: spec.tiles()}
	for level := range spec.Levels {
		if err := run.level(ctx, level); err != nil {
			return err
		}
	}
	return f.finish()
}

// writing is the state of WriteTo.
type writing struct {
	*file
	tiles       TileFunc
	keyed       map[string]place // of the levels that are done
	done, total int
}

// batch is how many tiles are asked for before the first of them must be
// written: enough to keep all workers busy, few enough to bound memory.
const batch = 1024

// level writes the tiles of one level, a batch at a time.
func (w *writing) level(ctx context.Context, level int) error {
	g := w.spec.grid(level)
	for from := 0; from < g.X*g.Y; from += batch {
		var at []address
		for i := from; i < min(from+batch, g.X*g.Y); i++ {
			at = append(at, address{level, i % g.X, i / g.X})
		}
		if err := w.batch(ctx, at); err != nil {
			return err
		}
	}
	return nil
}

// batch writes the tiles at these addresses: it draws and encodes those that no
// earlier tile equals and enters the places of all.
func (w *writing) batch(ctx context.Context, at []address) error {
	keys := make([]string, len(at))
	var jobs []job
	fresh := map[string]bool{}
	for i, a := range at {
		if err := ctx.Err(); err != nil {
			return err
		}
		t, err := w.tiles(a.level, a.col, a.row)
		if err != nil {
			return a.wrap(err)
		}
		keys[i] = t.Key
		if _, known := w.keyed[t.Key]; known || fresh[t.Key] {
			continue
		}
		if t.Key != "" {
			fresh[t.Key] = true
		}
		jobs = append(jobs, job{address: a, tile: t})
	}
	store := func(j job, data []byte) error {
		p, err := w.store(data)
		if err != nil {
			return err
		}
		if j.tile.Key != "" {
			w.keyed[j.tile.Key] = p
		}
		w.set(j.address, p)
		w.progress(1)
		return nil
	}
	if err := pipeline(ctx, w.spec.Encoding, jobs, store); err != nil {
		return err
	}
	repeated := len(at) - len(jobs)
	for i, a := range at {
		if keys[i] != "" {
			w.set(a, w.keyed[keys[i]])
		}
	}
	w.progress(repeated)
	return nil
}

func (w *writing) progress(n int) {
	w.done += n
	if w.spec.Progress != nil && n > 0 {
		w.spec.Progress(w.done, w.total)
	}
}

func (a address) wrap(err error) error {
	return fmt.Errorf("level %d, column %d, row %d: %w", a.level, a.col, a.row, err)
}

// job is a tile to be drawn and encoded.
type job struct {
	address
	tile Tile
}

// pipeline draws and encodes the jobs on several goroutines and hands their
// bytes to store, from one goroutine and in the order of the jobs.
func pipeline(ctx context.Context, enc Encoding, jobs []job, store func(job, []byte) error) error {
	return inOrder(ctx, enc.Workers, len(jobs), func() func(context.Context, int) ([]byte, error) {
		e := &encoder{enc: enc}
		dst := newTile(enc.TileSize)
		return func(ctx context.Context, i int) ([]byte, error) {
			fillWhite(dst)
			err := jobs[i].tile.Draw(ctx, dst)
			if err != nil {
				return nil, jobs[i].wrap(err)
			}
			return e.encode(dst)
		}
	}, func(i int, data []byte) error { return store(jobs[i], data) })
}

func newTile(side int) *image.RGBA { return image.NewRGBA(image.Rect(0, 0, side, side)) }

// inOrder computes n values on as many goroutines as there are workers, each with its
// own function from start, and hands the values to take in ascending order from
// one goroutine. At most 2*workers values wait. It returns after all have ended.
func inOrder[T any](ctx context.Context, workers, n int, start func() func(context.Context, int) (T, error), take func(int, T) error) error {
	type slot struct {
		index int
		value chan T
	}
	g, ctx := errgroup.WithContext(ctx)
	todo := make(chan slot)
	ordered := make(chan slot, 2*workers)
	g.Go(func() error {
		defer close(todo)
		defer close(ordered)
		for i := range n {
			s := slot{i, make(chan T, 1)}
			for _, c := range []chan slot{ordered, todo} {
				select {
				case c <- s:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		return nil
	})
	for range min(workers, n) {
		g.Go(func() error {
			compute := start()
			for s := range todo {
				v, err := compute(ctx, s.index)
				if err != nil {
					return err
				}
				s.value <- v
			}
			return nil
		})
	}
	g.Go(func() error {
		for s := range ordered {
			select {
			case v := <-s.value:
				if err := take(s.index, v); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return g.Wait()
}
