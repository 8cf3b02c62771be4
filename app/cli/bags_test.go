package cli

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"zoomscope/app"
	"zoomscope/engine/bag"
)

// The files that engine/bag/testdata/make.py writes.
const (
	clamH5    = "../../engine/bag/testdata/clam/slide_1.h5"
	trident10 = "../../engine/bag/testdata/trident/10x_256px_0px_overlap/features_uni_v1/slide_2.h5"
	trident20 = "../../engine/bag/testdata/trident/20x_256px_0px_overlap/features_uni_v1/slide_2.h5"
	zoomMILH5 = "../../engine/bag/testdata/zoommil/slide_3.h5"
)

// importDocument is what bags import prints.
type importDocument struct {
	Bags   []importedInfo `json:"bags"`
	Failed []failure      `json:"failed"`
}

func TestBagsImport(t *testing.T) {
	m, out := bare(t), filepath.Join(t.TempDir(), "bags")
	args := []string{"bags", "import", trident20, zoomMILH5, trident10, clamH5, "--encoder", "uni_v1", "--out", out, "--json"}
	s := m.run(t, args...)
	s.want(t, exitSome, "importing", clamH5, "--magnification", "1 of 3 slides failed")
	var d importDocument
	s.document(t, &d)
	if len(d.Bags) != 2 || len(d.Failed) != 1 || d.Failed[0].Slide != clamH5 {
		t.Fatalf("%+v", d)
	}
	joined := d.Bags[0]
	if joined.Layout != "trident" || !slices.Equal(joined.Magnifications, []float64{10, 20}) || !slices.Equal(joined.Patches, []int{5, 20}) || !slices.Equal(joined.Dropped, []int{3, 9}) || joined.Reused {
		t.Errorf("%+v", joined)
	}
	if got := files(t, out); !slices.Equal(got, []string{"slide_2.bag.safetensors", "slide_3.bag.safetensors"}) {
		t.Errorf("files %q", got)
	}
	s = m.run(t, args...)
	s.document(t, &d)
	if !d.Bags[0].Reused || !d.Bags[1].Reused {
		t.Errorf("made again: %+v", d)
	}
	s = m.run(t, "bags", "import", clamH5, "--encoder", "uni_v1", "--out", out, "--magnification", "20", "--float32", "--quiet")
	s.want(t, exitDone)
	if !strings.Contains(s.stdout, "62 patches of 8 values") || !strings.Contains(s.stdout, "note: The patches lie on several grids") || s.stderr != "" {
		t.Errorf("%+v", s)
	}
	f, err := bag.Open(filepath.Join(out, "slide_1.bag.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Type() != "F32" || f.Manifest().Tissue.Preset != "default" {
		t.Errorf("%v, %+v", f.Type(), f.Manifest())
	}
}

func TestBagsImportOneMagnificationEach(t *testing.T) {
	out := t.TempDir()
	s := bare(t).run(t, "bags", "import", trident10, trident20, "--encoder", "e", "--out", out, "--magnification", "10,20", "--json")
	s.want(t, exitDone)
	s = bare(t).run(t, "bags", "import", trident10, trident20, "--encoder", "e", "--out", out, "--magnification", "20,10", "--json")
	s.want(t, exitFailed, "the file says 10x, not 20x")
}

func TestBagsInspect(t *testing.T) {
	m, out := bare(t), t.TempDir()
	m.run(t, "bags", "import", zoomMILH5, "--encoder", "r50", "--out", out, "--quiet").want(t, exitDone)
	path := filepath.Join(out, "slide_3.bag.safetensors")
	s := m.run(t, "bags", "inspect", path)
	s.want(t, exitDone)
	for _, want := range []string{path, "F16", "r50", "slide_3.h5", "1.25x", "48 patches of 8 values", "places on the slide are not known"} {
		if !strings.Contains(s.stdout, want) {
			t.Errorf("stdout %q lacks %q", s.stdout, want)
		}
	}
	bad := write(t, filepath.Join(out, "bad"), []byte("no bag"))
	s = m.run(t, "bags", "inspect", path, bad, "--json")
	s.want(t, exitSome, bad)
	var d struct {
		Bags   []app.BagInfo `json:"bags"`
		Failed []bagFailure  `json:"failed"`
	}
	s.document(t, &d)
	if len(d.Bags) != 1 || len(d.Failed) != 1 || d.Failed[0].Bag != bad {
		t.Fatalf("%+v", d)
	}
	if b := d.Bags[0]; b.Bytes != int64(len(read(t, path))) || b.Type != "F16" || !slices.Equal(b.Patches, []int{3, 12, 48}) || b.Manifest.Source.Layout != "zoommil" {
		t.Errorf("%+v", b)
	}
}

// Files of one name, one for each magnification, are told apart.
func TestBagsInspectOneName(t *testing.T) {
	m, out := bare(t), t.TempDir()
	m.run(t, "bags", "import", trident20, trident10, "--encoder", "uni_v1", "--out", out, "--quiet").want(t, exitDone)
	s := m.run(t, "bags", "inspect", filepath.Join(out, "slide_2.bag.safetensors"))
	s.want(t, exitDone)
	found := regexp.MustCompile(`slide_2\.h5  (\d+x)  content ([0-9a-f]{16})\n`).FindAllStringSubmatch(s.stdout, -1)
	if len(found) != 2 || found[0][1] != "10x" || found[1][1] != "20x" || found[0][2] == found[1][2] {
		t.Errorf("%q in %q", found, s.stdout)
	}
}

func TestBagsUsage(t *testing.T) {
	m, out := bare(t), t.TempDir()
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nothing to import":      {[]string{"import"}, "see zoomscope bags import --help"},
		"no folder":              {[]string{"import", clamH5, "--encoder", "e"}, "--out"},
		"no encoder":             {[]string{"import", clamH5, "--out", out}, "--encoder"},
		"no such layout":         {[]string{"import", clamH5, "--out", out, "--encoder", "e", "--layout", "zarr"}, "zarr"},
		"no such tissue":         {[]string{"import", clamH5, "--out", out, "--encoder", "e", "--tissue", "cheese"}, "cheese"},
		"strange magnification":  {[]string{"import", clamH5, "--out", out, "--encoder", "e", "--magnification", "-5"}, "-5"},
		"too few magnifications": {[]string{"import", clamH5, clamH5, clamH5, "--out", out, "--encoder", "e", "--magnification", "5,10"}, "2 values for 3 files"},
		"no patch":               {[]string{"import", clamH5, "--out", out, "--encoder", "e", "--patch-size", "0"}, "--patch-size"},
		"nothing to inspect":     {[]string{"inspect"}, "see zoomscope bags inspect --help"},
	} {
		t.Run(name, func(t *testing.T) {
			m.run(t, append([]string{"bags"}, c.args...)...).want(t, exitUsage, c.says)
		})
	}
	if left := files(t, out); len(left) > 0 {
		t.Errorf("wrong usage wrote %q", left)
	}
}

// A bag with features that are not finite is shown, and said to be of no use, as one
// that was cut off is.
func TestBagsInspectDamaged(t *testing.T) {
	m, dir := bare(t), t.TempDir()
	path := filepath.Join(dir, "s00.bag.safetensors")
	saveRandomBag(t, path, "s00", 1, 0)
	sound := read(t, path)
	spoilt := slices.Clone(sound)
	copy(spoilt[len(spoilt)-8-4:], []byte{0, 0, 0xc0, 0x7f}) // the last feature at 5x, before the grid of one patch
	write(t, path, spoilt)
	advice := "remove " + path + " and run extract again"
	s := m.run(t, "bags", "inspect", path)
	s.want(t, exitFailed, "feature 7 of patch 0 at 5x is NaN", advice)
	if !strings.Contains(s.stdout, "1 patches of 8 values") {
		t.Errorf("stdout %q does not show the bag", s.stdout)
	}
	write(t, path, sound[:len(sound)-100])
	m.run(t, "bags", "inspect", path).want(t, exitFailed, "truncated?", advice)
}
