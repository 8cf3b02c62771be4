package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"zoomscope/packaging/testenv"
	"zoomscope/slideio/drivers"
	"zoomscope/slideio/synth"
)

// smallSlide writes a synthetic pyramidal slide of 1024 x 1024 pixels at 20x.
func smallSlide(t *testing.T, path string) string {
	t.Helper()
	data, err := drawn()
	if err != nil {
		t.Fatal(err)
	}
	return write(t, path, data)
}

// drawn is that slide's file, drawn once.
var drawn = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "zoomscope")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	p, path := synth.Defaults(), filepath.Join(dir, "s.tiff")
	p.Width, p.Height, p.Hints, p.Evidence, p.Pens = 1024, 1024, 1, 1, 0
	if err := synth.Write(context.Background(), path, p, nil); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func TestInfo(t *testing.T) {
	m := bare(t)
	path := tissuePNG(t, filepath.Join(t.TempDir(), "a.png"), 300, 200)
	s := m.run(t, "info", path)
	s.want(t, exitDone)
	for _, text := range []string{path, "300 x 200", "raster", "--magnification"} {
		if !strings.Contains(s.stdout, text) {
			t.Errorf("stdout %q does not say %q", s.stdout, text)
		}
	}
	var in slideInfo
	s = m.run(t, "info", "--json", path)
	s.document(t, &in)
	if in.Path != path || in.Width != 300 || in.Height != 200 || in.MPP != nil || in.Magnification != 0 || len(in.Levels) != 1 || in.Properties != nil {
		t.Errorf("%+v", in)
	}
	if strings.Contains(s.stdout, "null,\n  \"associated\"") {
		t.Errorf("a list is null: %s", s.stdout)
	}
	m.run(t, "info", "--json", "--properties", path).document(t, &in)
}

func TestInfoOfASlide(t *testing.T) {
	m := bare(t)
	m.drivers = append(m.drivers[:0:0], drivers.OpenSlide(testenv.OpenSlide(t)), drivers.Raster(0))
	path := smallSlide(t, filepath.Join(t.TempDir(), "s.tiff"))
	var in slideInfo
	m.run(t, "info", "--json", path).document(t, &in)
	if in.Driver != "openslide" || in.MPP == nil || in.MPP[0] < 0.49 || in.MPP[0] > 0.51 || in.Magnification < 19.5 || in.Magnification > 20.5 || len(in.Levels) < 2 {
		t.Errorf("%+v", in)
	}
}

func TestInfoOfSeveral(t *testing.T) {
	m, dir := bare(t), t.TempDir()
	good := tissuePNG(t, filepath.Join(dir, "good.png"), 30, 20)
	text := write(t, filepath.Join(dir, "notes.svs"), []byte("not a slide at all"))
	s := m.run(t, "info", "--json", good, text, good)
	s.want(t, exitSome, text)
	var all []slideInfo
	s.document(t, &all)
	if len(all) != 2 {
		t.Errorf("%d documents", len(all))
	}
	m.run(t, "info", text, text).want(t, exitFailed)
	m.run(t, "info", good, good).want(t, exitDone)
}

// What cannot be opened is told apart, named, and never a crash.
func TestInfoRefuses(t *testing.T) {
	m, dir := bare(t), t.TempDir()
	m.drivers = append(m.drivers[:0:0], drivers.OpenSlide(testenv.OpenSlide(t)), drivers.Raster(0))
	whole := read(t, tissuePNG(t, filepath.Join(dir, "whole.png"), 300, 200))
	slide := read(t, smallSlide(t, filepath.Join(dir, "whole.tiff")))
	for name, c := range map[string]struct {
		path string
		says string
	}{
		"missing":           {filepath.Join(dir, "none.svs"), "no such file"},
		"folder":            {dir, "folder"},
		"empty":             {write(t, filepath.Join(dir, "empty.svs"), nil), "empty"},
		"text":              {write(t, filepath.Join(dir, "text.svs"), []byte("hello")), "Formats read"},
		"truncated picture": {write(t, filepath.Join(dir, "cut.png"), whole[:len(whole)/2]), "copy it again"},
		"truncated slide":   {write(t, filepath.Join(dir, "cut.tiff"), slide[:len(slide)/2]), ""},
	} {
		t.Run(name, func(t *testing.T) {
			m.run(t, "info", c.path).want(t, exitFailed, c.path, c.says)
			s := m.run(t, "info", "--json", c.path)
			s.want(t, exitFailed, c.path)
			var none []slideInfo
			s.document(t, &none)
			if len(none) != 0 {
				t.Errorf("%+v", none)
			}
		})
	}
}

func TestInfoWithoutOpenSlide(t *testing.T) {
	m, dir := bare(t), t.TempDir()
	path := smallSlide(t, filepath.Join(dir, "s.svs"))
	m.run(t, "info", path).want(t, exitFailed, path, "ZOOMSCOPE_OPENSLIDE")
	m.run(t, "info", tissuePNG(t, filepath.Join(dir, "a.png"), 30, 20)).want(t, exitDone)
}

func TestInfoOfTheSampleSlides(t *testing.T) {
	folder := filepath.Join(testenv.Data(t), "slides")
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Skipf("no sample slides: %v", err)
	}
	m := bare(t)
	m.drivers = append(m.drivers[:0:0], drivers.OpenSlide(testenv.OpenSlide(t)), drivers.Raster(0))
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		t.Run(e.Name(), func(t *testing.T) {
			path := filepath.Join(folder, e.Name())
			s := m.run(t, "info", "--json", path)
			if !json.Valid([]byte(s.stdout)) {
				t.Errorf("stdout %q", s.stdout)
			}
			if s.status != exitDone {
				s.want(t, exitFailed, path, "damaged")
			}
			data := read(t, path)
			cut := write(t, filepath.Join(t.TempDir(), e.Name()), data[:len(data)/3])
			if s := m.run(t, "info", cut); s.status != exitDone { // some formats do not notice before a tile is read
				s.want(t, exitFailed, cut)
			}
		})
	}
}
