package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/packaging/testenv"
	"zoomscope/slideio"
	"zoomscope/slideio/drivers"
)

func TestKindOf(t *testing.T) {
	wrapped := func(errs ...error) error {
		return &slideio.RegionError{Path: "s.svs", Err: fmt.Errorf("s.svs: %w", errors.Join(errs...))}
	}
	for _, c := range []struct {
		name string
		err  error
		want ErrorKind
	}{
		{"no error", nil, ErrorOther},
		{"some error", errors.New("some"), ErrorOther},
		{"no slide", wrapped(slideio.ErrUnsupported), ErrorUnsupported},
		{"no encoder file", wrapped(encoder.ErrNotEncoder), ErrorUnsupported},
		{"damaged", wrapped(slideio.ErrCorrupt, slideio.ErrGivenUp), ErrorDamaged},
		{"missing", wrapped(&fs.PathError{Op: "open", Path: "s.svs", Err: syscall.ENOENT}), ErrorMissing},
		{"gone while open", wrapped(slideio.ErrGivenUp, fs.ErrNotExist), ErrorMissing},
		{"may not be read", wrapped(&fs.PathError{Op: "open", Path: "s.svs", Err: syscall.EACCES}), ErrorNoPermission},
		{"too large", wrapped(slideio.ErrTooLarge), ErrorTooLarge},
		{"no OpenSlide", wrapped(slideio.ErrUnsupported, slideio.ErrNoLibrary), ErrorNoLibrary},
		{"no ONNX Runtime", wrapped(device.ErrNoRuntime), ErrorNoRuntime},
		{"no resolution", wrapped(ErrResolutionUnknown), ErrorResolutionUnknown},
		{"no resolution for a grid", wrapped(grid.ErrNoResolution), ErrorResolutionUnknown},
		{"no model", wrapped(ErrNoModel), ErrorNoModel},
		{"no encoder", wrapped(ErrNoEncoder, fs.ErrNotExist), ErrorNoEncoder},
		{"another encoder", wrapped(mil.ErrEncoder), ErrorOtherEncoder},
		{"device out of memory", wrapped(device.ErrOutOfMemory), ErrorOutOfMemory},
		{"too many patches", wrapped(mil.ErrMemory), ErrorTooManyPatches},
		{"no file can be made", &WriteError{"/proc/x", &fs.PathError{Op: "mkdir", Path: "/proc/x", Err: syscall.ENOENT}}, ErrorCannotWrite},
		{"may not be written", &WriteError{"/x", &fs.PathError{Op: "open", Path: "/x/.1", Err: syscall.EACCES}}, ErrorCannotWrite},
		{"disk full while written", &WriteError{"/x", &fs.PathError{Op: "write", Path: "/x/.1", Err: diskFullErrors()[0]}}, ErrorDiskFull},
		{"another slide", wrapped(ErrOtherSlide), ErrorOtherSlide},
		{"given up", wrapped(slideio.ErrGivenUp), ErrorDamaged},
		{"closed by the user", wrapped(slideio.ErrClosed), ErrorCancelled},
		{"what cannot be exported", wrapped(ErrExport), ErrorOther},
		{"cancelled", wrapped(context.Canceled), ErrorCancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := KindOf(c.err); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestKindOfDrives asks for what a system says of a drive that cannot be written to.
func TestKindOfDrives(t *testing.T) {
	for want, all := range map[ErrorKind][]error{ErrorDiskFull: diskFullErrors(), ErrorReadOnly: readOnlyErrors()} {
		for _, err := range all {
			if got := KindOf(&fs.PathError{Op: "write", Path: "x", Err: err}); got != want || len(all) == 0 {
				t.Errorf("%v is %s, want %s", err, got, want)
			}
		}
	}
}

// TestKindOfFiles opens what a user may open by mistake.
func TestKindOfFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	without := New(Config{Drivers: []slideio.Driver{drivers.OpenSlide(filepath.Join(dir, "no.so")), drivers.Raster(0)}})
	for path, want := range map[string]ErrorKind{
		filepath.Join(dir, "none.svs"):       ErrorMissing,
		dir:                                  ErrorUnsupported,
		file("empty.tiff", ""):               ErrorDamaged,
		file("text.png", "this is no image"): ErrorNoLibrary, // which might have read it
		file("slide.svs", "II*\x00"):         ErrorNoLibrary,
	} {
		if _, err := without.OpenView(t.Context(), path); KindOf(err) != want {
			t.Errorf("%s without the library: %s, want %s (%v)", filepath.Base(path), KindOf(err), want, err)
		}
	}
	with := New(Config{Drivers: []slideio.Driver{drivers.OpenSlide(testenv.OpenSlide(t)), drivers.Raster(0)}})
	if _, err := with.OpenView(t.Context(), filepath.Join(dir, "slide.svs")); KindOf(err) != ErrorDamaged {
		t.Errorf("a slide that is cut off: %s (%v)", KindOf(err), err)
	}
	if _, err := with.OpenView(t.Context(), filepath.Join(dir, "text.png")); KindOf(err) != ErrorUnsupported {
		t.Errorf("a picture that is none: %s (%v)", KindOf(err), err)
	}
}
