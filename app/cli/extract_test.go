package cli

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/bag"
)

// bags is what extract prints.
type bags struct {
	Bags   []bagInfo `json:"bags"`
	Failed []failure `json:"failed"`
}

func TestExtract(t *testing.T) {
	m, k, out := withRuntime(t), newKit(t), filepath.Join(t.TempDir(), "bags")
	s := m.run(t, k.with("extract", k.slide, "--out", out, "--magnification", "20", "--json")...)
	s.want(t, exitDone, "encoding 10x", "encoding 20x")
	var b bags
	s.document(t, &b)
	if len(b.Bags) != 1 || len(b.Failed) != 0 || b.Bags[0].Reused || len(b.Bags[0].Patches) != 2 || b.Bags[0].Patches[1] != 4*b.Bags[0].Patches[0] {
		t.Fatalf("%+v", b)
	}
	path := filepath.Join(out, "slide.bag.safetensors")
	if b.Bags[0].Bag != path {
		t.Errorf("bag is %s", b.Bags[0].Bag)
	}
	f, err := bag.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.Manifest(); got.Encoder.Name != "mean" || got.Slide.Path != k.slide || f.Len(0) != b.Bags[0].Patches[0] {
		t.Errorf("%+v", got)
	}
	if left := files(t, out); !slices.Equal(left, []string{"slide.bag.safetensors"}) {
		t.Errorf("files %q", left)
	}

	before := read(t, path)
	s = m.run(t, k.with("extract", k.slide, "--out", out, "--magnification", "20", "--json")...)
	s.want(t, exitDone)
	s.document(t, &b)
	if !b.Bags[0].Reused || !bytes.Equal(before, read(t, path)) {
		t.Errorf("done again: %+v", b)
	}
	if s := m.run(t, k.with("extract", k.slide, "--out", out, "--magnification", "20")...); !strings.Contains(s.stdout, "there already") {
		t.Errorf("stdout %q", s.stdout)
	}
}

func TestExtractMagnificationsAndPrecision(t *testing.T) {
	m, k, out := withRuntime(t), newKit(t), t.TempDir()
	s := m.run(t, k.with("extract", k.slide, "--out", out, "--magnification", "20", "--json", "--quiet",
		"--magnifications", "5,10,20", "--tissue", "default", "--float32")...)
	s.want(t, exitDone)
	f, err := bag.Open(filepath.Join(out, "slide.bag.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.Manifest(); !slices.Equal(got.Magnifications, []float64{5, 10, 20}) || got.Tissue.Preset != "default" {
		t.Errorf("%+v", got)
	}
}

func TestExtractResumes(t *testing.T) {
	m, k := withRuntime(t), newKit(t)
	slide := tissuePNG(t, filepath.Join(t.TempDir(), "s.png"), 1600, 1600)
	flags := func(out string) []string {
		return k.with("extract", slide, "--out", out, "--magnification", "20", "--json", "--threads", "1")
	}
	whole := t.TempDir()
	m.run(t, flags(whole)...).want(t, exitDone)

	out := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	m.onStderr = func(text string) {
		if strings.Contains(text, "encoding 20x") {
			cancel()
		}
	}
	s := m.runWith(t, ctx, flags(out)...)
	s.want(t, exitFailed, "zoomscope: stopped")
	if s.stdout != "" {
		t.Errorf("stdout %q", s.stdout)
	}
	if slices.Contains(files(t, out), "s.bag.safetensors") {
		t.Error("there is a bag")
	}

	m.onStderr = nil
	s = m.run(t, flags(out)...)
	s.want(t, exitDone)
	var b bags
	s.document(t, &b)
	if len(b.Bags) != 1 || b.Bags[0].Resumed < b.Bags[0].Patches[0] || b.Bags[0].Reused {
		t.Errorf("%+v", b)
	}
	if !bytes.Equal(read(t, filepath.Join(out, "s.bag.safetensors")), read(t, filepath.Join(whole, "s.bag.safetensors"))) {
		t.Error("another bag than without the interruption")
	}
	if left := files(t, out); !slices.Equal(left, []string{"s.bag.safetensors"}) {
		t.Errorf("files %q", left)
	}
}

func TestExtractRefusesAnotherEncoder(t *testing.T) {
	m, k, out := withRuntime(t), newKit(t), t.TempDir()
	m.run(t, k.with("extract", k.slide, "--out", out, "--magnification", "20", "--quiet")...).want(t, exitDone)
	path := filepath.Join(out, "slide.bag.safetensors")
	before := read(t, path)
	s := m.run(t, "extract", k.slide, "--out", out, "--magnification", "20", "--quiet", "--json", "--device", "cpu", "--encoder", "builtin", "--magnifications", "10,20")
	s.want(t, exitFailed, path, "encoder", "remove it")
	var b bags
	s.document(t, &b)
	if len(b.Bags) != 0 || len(b.Failed) != 1 || !bytes.Equal(before, read(t, path)) {
		t.Errorf("%+v", b)
	}
	write(t, path, before[:len(before)-9])
	m.run(t, k.with("extract", k.slide, "--out", out, "--magnification", "20", "--quiet")...).want(t, exitFailed, path, "run extract again")
}

// A table stands for its slides, and a bad one does not end the others.
func TestExtractList(t *testing.T) {
	m, k, out := withRuntime(t), newKit(t), t.TempDir()
	dir := filepath.Dir(k.slide)
	write(t, filepath.Join(dir, "text.svs"), []byte("not a slide"))
	list := write(t, filepath.Join(dir, "slides.csv"), []byte("slide_id,label\nslide.png,1\ntext.svs,0\nslide.png,1\n"))
	s := m.run(t, k.with("extract", list, "--out", out, "--magnification", "20", "--quiet", "--json")...)
	s.want(t, exitSome, "text.svs", "1 of 2 slides failed")
	var b bags
	s.document(t, &b)
	if len(b.Bags) != 1 || len(b.Failed) != 1 || b.Bags[0].Slide != k.slide {
		t.Errorf("%+v", b)
	}
	bad := write(t, filepath.Join(dir, "bad.csv"), []byte("file,label\na,b\n"))
	m.run(t, k.with("extract", bad, "--out", out)...).want(t, exitFailed, bad, "slide")
	empty := write(t, filepath.Join(dir, "empty.csv"), []byte("slide,label\n"))
	m.run(t, k.with("extract", empty, "--out", out)...).want(t, exitFailed, "no slides")
	m.run(t, k.with("extract", filepath.Join(dir, "none.csv"), "--out", out)...).want(t, exitFailed, "none.csv")
}

func TestExtractUnwritableFolder(t *testing.T) {
	m, k := withRuntime(t), newKit(t)
	s := m.run(t, k.with("extract", k.slide, "--out", k.model, "--magnification", "20")...)
	s.want(t, exitFailed, k.model, "--out")
}
