package app

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"zoomscope/packaging/testenv"
	"zoomscope/slideio/drivers"
)

// BenchmarkTile reads each tile of a level once, one after the other, as a window
// does that has not shown them yet; "over" reads a level after the one below it, as
// one does that zooms out. $ZOOMSCOPE_BENCH_SLIDE names one slide to read instead of
// the sample slides.
func BenchmarkTile(b *testing.B) {
	w := New(Config{Drivers: drivers.Default([]string{filepath.Dir(testenv.OpenSlide(b))})})
	slides := []string{os.Getenv("ZOOMSCOPE_BENCH_SLIDE")}
	if slides[0] == "" {
		slides, _ = filepath.Glob(filepath.Join(testenv.Data(b), "slides", "*.*"))
	}
	for _, path := range slides {
		v, err := w.OpenView(b.Context(), path)
		if err != nil {
			b.Logf("%v", err)
			continue
		}
		v.Close()
		for z := range 7 {
			b.Run(fmt.Sprintf("%s/z=%d", filepath.Base(path), z), func(b *testing.B) { benchTiles(b, w, path, z, false) })
			if z > 0 {
				b.Run(fmt.Sprintf("%s/z=%d/over", filepath.Base(path), z), func(b *testing.B) { benchTiles(b, w, path, z, true) })
			}
		}
	}
}

func benchTiles(b *testing.B, w *Workspace, path string, z int, over bool) {
	b.ReportAllocs()
	for left := b.N; left > 0; {
		b.StopTimer()
		v, err := w.OpenView(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		all := allTiles(v.tiles, z)
		if len(all) > 40 {
			all = all[len(all)/2-20:][:40]
		}
		for _, at := range all {
			if over {
				for i := range 4 {
					v.Tile(b.Context(), z-1, 2*at.col+i%2, 2*at.row+i/2) // outside the slide there is none
				}
			}
		}
		b.StartTimer()
		for _, at := range all {
			if left--; left < 0 {
				break
			}
			if _, err := v.Tile(b.Context(), z, at.col, at.row); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		v.Close()
	}
}
