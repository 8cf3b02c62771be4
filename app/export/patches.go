package export

import (
	"context"
	"encoding/csv"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"zoomscope/engine/result"
	"zoomscope/slideio/atomicfile"
)

// patchPixels is the side of a patch's picture: patches are 256 pixels at their
// own magnification.
const patchPixels = 256

// PatchOptions say which patches are written; the zero value is the usual way.
type PatchOptions struct {
	Top      int // how many where none was zoomed into; 0 for DefaultTop
	Progress func(result.Progress)
}

func (o PatchOptions) top() int {
	if o.Top == 0 {
		return DefaultTop
	}
	return max(o.Top, 0)
}

// WritePatches writes the patches that stand out at every magnification into
// dir, at their own magnification: DIR/10x/rank-03_x12044_y8310.png with place
// and rank, a contact sheet DIR/contact-10x.png that shows them together, and
// DIR/index.csv. The folder is made when missing; patches that an earlier
// analysis left there are replaced once all new ones are written. The overview is
// for the contact sheets' small maps. It returns the paths written.
func WritePatches(ctx context.Context, dir string, reader AreaReader, r *result.Result, ov *Overview, o PatchOptions) ([]string, error) {
	w := &patchWriter{reader: reader, r: r, options: o}
	for i, level := range r.Levels {
		for _, pick := range Picks(level, o.top()) {
			w.shots = append(w.shots, shot{level: i, pick: pick, patch: level.Patches[pick.Index]})
		}
	}
	at, err := stage(dir)
	if err != nil {
		return nil, err
	}
	defer at.drop()
	w.dir = at.part
	for _, step := range []func() error{
		w.folders,
		func() error { return w.readAll(ctx) },
		func() error { return w.sheets(ctx, ov) },
		func() error { return w.index(ctx) },
	} {
		if err := step(); err != nil {
			return nil, at.naming(err)
		}
	}
	return at.install(w.written, patchesLeft...)
}

// shot is one patch that becomes a picture.
type shot struct {
	level int
	pick  Pick
	patch result.Patch
	small *image.RGBA // for the contact sheet
}

// file is the picture's path within the folder, with forward slashes.
func (s *shot) file(mag float64) string {
	return fmt.Sprintf("%s/rank-%02d_x%.0f_y%.0f.png", magName(mag), s.pick.Rank, s.patch.X, s.patch.Y)
}

type patchWriter struct {
	dir     string
	reader  AreaReader
	r       *result.Result
	options PatchOptions
	shots   []shot
	written []string

	mu   sync.Mutex
	done int
}

// folders makes those of the magnifications.
func (w *patchWriter) folders() error {
	for _, s := range w.shots {
		if err := os.MkdirAll(filepath.Dir(w.path(&s)), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// sheets writes the contact sheets.
func (w *patchWriter) sheets(ctx context.Context, ov *Overview) error {
	for i := range w.r.Levels {
		if err := w.sheet(ctx, i, ov); err != nil {
			return err
		}
	}
	return nil
}

// index writes what is in the folder.
func (w *patchWriter) index(ctx context.Context) error {
	path := filepath.Join(w.dir, "index.csv")
	if err := save(ctx, path, func(out io.Writer) error { return writeIndex(out, w.r, w.shots) }); err != nil {
		return err
	}
	w.written = append(w.written, path)
	return nil
}

// patchFolder is the one among what Everything writes.
const patchFolder = "patches"

// patchesLeft are the files that an earlier WritePatches may have left.
var patchesLeft = []string{"*x/rank-*_x*_y*.png", "contact-*x.png", "index.csv"}

// readAll reads every patch and writes its picture, several at once.
func (w *patchWriter) readAll(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	w.progress(0)
	for i := range w.shots {
		group.Go(func() error {
			if err := w.one(ctx, &w.shots[i]); err != nil {
				return err
			}
			w.progress(1)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i := range w.shots {
		w.written = append(w.written, w.path(&w.shots[i]))
	}
	return nil
}

func (w *patchWriter) path(s *shot) string {
	return filepath.Join(w.dir, filepath.FromSlash(s.file(w.r.Levels[s.level].Magnification)))
}

func (w *patchWriter) one(ctx context.Context, s *shot) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	img, err := readPatch(ctx, w.reader, s.patch)
	if err != nil {
		return err
	}
	s.small = img
	return save(ctx, w.path(s), func(out io.Writer) error { return WritePNG(out, img) })
}

func (w *patchWriter) progress(step int) {
	if w.options.Progress == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done += step
	w.options.Progress(result.Progress{Stage: "pictures of patches", Done: w.done, Total: len(w.shots)})
}

// readPatch reads a patch at its own magnification.
func readPatch(ctx context.Context, reader AreaReader, p result.Patch) (*image.RGBA, error) {
	img := image.NewRGBA(image.Rect(0, 0, patchPixels, patchPixels))
	area := result.Rect{X: p.X, Y: p.Y, Width: p.Size, Height: p.Height}
	if err := reader.ReadArea(ctx, img, area); err != nil {
		return nil, fmt.Errorf("patch at x %.0f, y %.0f: %w", p.X, p.Y, err)
	}
	return img, nil
}

// sheet writes the contact sheet of a level, if it has pictures.
func (w *patchWriter) sheet(ctx context.Context, level int, ov *Overview) error {
	var shots []shot
	for _, s := range w.shots {
		if s.level == level {
			shots = append(shots, s)
		}
	}
	if len(shots) == 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	img, err := drawContact(w.r, level, shots, ov)
	if err != nil {
		return err
	}
	path := filepath.Join(w.dir, "contact-"+magName(w.r.Levels[level].Magnification)+".png")
	w.written = append(w.written, path)
	return save(ctx, path, func(out io.Writer) error { return WritePNG(out, img) })
}

// writeIndex writes one row per picture.
func writeIndex(w io.Writer, r *result.Result, shots []shot) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	out.Write([]string{"magnification", "rank", "attention", "zoom_attention", "x", "y", "width", "height", "file"})
	for i := range shots {
		s := &shots[i]
		p, mag := s.patch, r.Levels[s.level].Magnification
		out.Write([]string{
			number(mag), strconv.Itoa(s.pick.Rank), number(p.Attention), number(p.ZoomAttention),
			number(p.X), number(p.Y), number(p.Size), number(p.Height), s.file(mag),
		})
	}
	out.Flush()
	return out.Error()
}

// save writes a file whole or not at all; errors name it. When ctx ends before
// the file is written, the error is ctx's.
func save(ctx context.Context, path string, write func(io.Writer) error) error {
	err := atomicfile.Write(path, func(out io.Writer) error { return write(untilDone{ctx, out}) })
	if err == nil || strings.Contains(err.Error(), path) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// untilDone is a writer that fails once ctx has ended, so that encoding a large
// picture ends with it.
type untilDone struct {
	ctx context.Context
	io.Writer
}

func (w untilDone) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.Writer.Write(p)
}

// cellSide is the side of a picture on a sheet of n.
func cellSide(n int) int {
	switch {
	case n <= 24:
		return patchPixels
	case n <= 100:
		return 192
	}
	return 160
}

// columnsFor makes a sheet of n cells a little wider than high.
func columnsFor(n int) int { return int(math.Ceil(math.Sqrt(1.3 * float64(n)))) }
