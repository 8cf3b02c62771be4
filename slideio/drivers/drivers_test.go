package drivers

import (
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zoomscope/packaging/testenv"
	"zoomscope/slideio"
)

func picture(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWithoutLibrary(t *testing.T) {
	none := OpenSlide("/no/such/library.so")
	all := []slideio.Driver{none, Raster(0)}
	if _, _, err := none.Status(); !errors.Is(err, slideio.ErrNoLibrary) {
		t.Errorf("status: %v", err)
	}
	dir := t.TempDir()
	for name, want := range map[string]error{"a.svs": slideio.ErrNoLibrary, "a.DCM": slideio.ErrNoLibrary, "a.dat": slideio.ErrNoLibrary} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("something"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := slideio.Open(t.Context(), path, all...)
		if !errors.Is(err, want) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), LibraryVariable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := slideio.Open(t.Context(), picture(t), all...)
	if err != nil {
		t.Fatalf("a plain picture: %v", err)
	}
	if s.Info().Driver != "raster" {
		t.Errorf("driver %q", s.Info().Driver)
	}
	s.Close()
}

func TestDefault(t *testing.T) {
	lib := testenv.OpenSlide(t)
	t.Setenv(LibraryVariable, lib)
	all := Default(nil)
	version, path, err := all[0].(*OpenSlideDriver).Status()
	if err != nil || version == "" || path != lib {
		t.Fatalf("version %q of %q: %v", version, path, err)
	}
	slides := filepath.Join(testenv.Data(t), "slides")
	truncated := filepath.Join(t.TempDir(), "truncated.svs")
	data, err := os.ReadFile(filepath.Join(slides, "CMU-1-Small-Region.svs"))
	if err != nil {
		t.Skip(err)
	}
	if err := os.WriteFile(truncated, data[:len(data)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, driver string
		want         error
	}{
		{filepath.Join(slides, "CMU-1-Small-Region.svs"), "openslide", nil},
		{filepath.Join(slides, "tiny", "boxes.tiff"), "openslide", nil}, // not the raster driver's
		{filepath.Join(slides, "tiny", "unopenable.tiff"), "", slideio.ErrUnsupported},
		{picture(t), "raster", nil},
		{truncated, "", slideio.ErrCorrupt},
	} {
		t.Run(filepath.Base(c.path), func(t *testing.T) {
			s, err := slideio.Open(t.Context(), c.path, all...)
			if !errors.Is(err, c.want) {
				t.Fatalf("error %v, want %v", err, c.want)
			}
			if err != nil {
				t.Log(err)
				return
			}
			defer s.Close()
			if s.Info().Driver != c.driver {
				t.Errorf("driver %q", s.Info().Driver)
			}
		})
	}
}

func TestLibraryCandidates(t *testing.T) {
	t.Setenv(LibraryVariable, "/chosen/lib.so")
	dir, empty := t.TempDir(), t.TempDir()
	names := libraryNames("linux")
	if err := os.WriteFile(filepath.Join(dir, names[0]), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for goos, part := range map[string]string{"linux": ".so", "darwin": ".dylib", "windows": ".dll"} {
		for _, n := range libraryNames(goos) {
			if !strings.Contains(n, part) {
				t.Errorf("%s: %s", goos, n)
			}
		}
	}
	got := LibraryCandidates([]string{empty, dir})
	if got[0] != "/chosen/lib.so" || !slices.Contains(got, filepath.Join(dir, names[0])) || slices.Contains(got, filepath.Join(empty, names[0])) {
		t.Errorf("candidates %q", got)
	}
	if last := got[len(got)-1]; filepath.Base(last) != last {
		t.Errorf("the system's own search comes last, not %q", last)
	}
}
