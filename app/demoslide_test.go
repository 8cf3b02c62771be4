package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"zoomscope/engine/result"
)

func TestDemoSlide(t *testing.T) {
	w := New(Config{DataDir: t.TempDir()})
	t.Run("one that is begun leaves nothing", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		path, err := w.DemoSlide(ctx, func(p result.Progress) {
			if p.Done > 0 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || path != "" {
			t.Errorf("%q, error %v", path, err)
		}
		left, err := os.ReadDir(filepath.Join(w.DataDir, "demo"))
		if err != nil || len(left) != 0 {
			t.Errorf("%v, error %v", left, err)
		}
	})
	t.Run("one that is there is taken", func(t *testing.T) {
		path := filepath.Join(w.DataDir, "demo", demoSlide(0).Name+".tiff")
		if err := os.WriteFile(path, []byte("drawn"), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := w.DemoSlide(t.Context(), func(p result.Progress) { t.Errorf("drew: %v", p) })
		if err != nil || got != path {
			t.Errorf("%q, error %v", got, err)
		}
	})
}
