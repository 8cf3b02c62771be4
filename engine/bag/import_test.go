package bag

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"zoomscope/engine/grid"
	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/engine/tissue"
)

const (
	clamFile    = "testdata/clam/slide_1.h5"
	trident10   = "testdata/trident/10x_256px_0px_overlap/features_uni_v1/slide_2.h5"
	trident20   = "testdata/trident/20x_256px_0px_overlap/features_uni_v1/slide_2.h5"
	zoomMILFile = "testdata/zoommil/slide_3.h5"
)

// importRequest asks for a bag of files, at magnifications that they do not say.
func importRequest(t testing.TB, magnification float64, files ...string) ImportRequest {
	settings, _ := tissue.Preset("default")
	req := ImportRequest{
		Layout: Auto, Slide: "slide", Encoder: "uni_v1", PatchSize: 256, Tissue: settings, Type: safetensors.F16,
		Path: filepath.Join(t.TempDir(), "slide.bag.safetensors"),
	}
	for _, f := range files {
		req.Files = append(req.Files, ImportFile{f, magnification})
	}
	return req
}

// imports makes a bag and opens it.
func imports(t *testing.T, req ImportRequest) (*Imported, *File) {
	t.Helper()
	done, err := Import(t.Context(), req, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(req.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if diff := cmp.Diff(done.Manifest, f.Manifest()); diff != "" {
		t.Error(diff)
	}
	return done, f
}

// wantRow checks that a patch has the features that stand in a row of the file.
func wantRow(t *testing.T, f *File, level, patch, row int) {
	t.Helper()
	var got, want [8]float32
	if err := f.Features(got[:], level, []int{patch}); err != nil {
		t.Fatal(err)
	}
	for j := range want {
		want[j] = float32((row*8+j)%97) / 8
	}
	if got != want {
		t.Errorf("level %d, patch %d: %v, want row %d, %v", level, patch, got, row, want)
	}
}

func TestImportZoomMIL(t *testing.T) {
	done, f := imports(t, importRequest(t, 0, zoomMILFile))
	m := f.Manifest()
	if m.Source.Layout != "zoommil" || m.Source.Lattice != nil || m.OnSlide() || m.Encoder != (result.Encoder{Name: "uni_v1", Dim: 8}) {
		t.Errorf("manifest %+v", m)
	}
	if !slices.Equal(m.Magnifications, []float64{1.25, 2.5, 5}) || !slices.Equal(done.Patches, []int{3, 12, 48}) || !slices.Equal(done.Dropped, []int{0, 0, 0}) {
		t.Errorf("magnifications %v, %+v", m.Magnifications, done)
	}
	if len(done.Notes) != 1 || !strings.Contains(done.Notes[0], "nothing can be drawn") {
		t.Errorf("notes %q", done.Notes)
	}
	if want := []grid.Cell{{Column: 2, Row: 0}, {Column: 0, Row: 1}, {Column: 1, Row: 3}}; !slices.Equal(f.Cells(0), want) {
		t.Errorf("cells %v, want %v", f.Cells(0), want)
	}
	// Where the file has a patch: its children are (0,0), (1,0), (0,1), (1,1) by
	// row and column, ours (0,0), (0,1), (1,0), (1,1).
	swap := []int{0, 2, 1, 3}
	for p := range 3 {
		wantRow(t, f, 0, p, p)
		for c := range 4 {
			wantRow(t, f, 1, 4*p+c, 4*p+swap[c])
			for g := range 4 {
				wantRow(t, f, 2, 16*p+4*c+g, 16*p+4*swap[c]+swap[g])
			}
		}
	}
}

func TestImportCLAM(t *testing.T) {
	done, f := imports(t, importRequest(t, 20, clamFile))
	m := f.Manifest()
	if m.Source.Layout != "clam" || m.Source.Lattice != nil || !slices.Equal(m.Magnifications, []float64{20}) || m.PatchSize != 256 {
		t.Errorf("manifest %+v", m)
	}
	if !slices.Equal(done.Patches, []int{62}) || len(done.Notes) != 1 || !strings.Contains(done.Notes[0], "several grids") {
		t.Errorf("%+v", done)
	}
	for i := range 62 {
		wantRow(t, f, 0, i, i)
	}
	cells := f.Cells(0)
	if cells[0] != (grid.Cell{}) || cells[8] != (grid.Cell{Column: 1, Row: 1}) || cells[42] != (grid.Cell{Column: 16, Row: 0}) {
		t.Errorf("cells %v", cells)
	}
	if _, err := Import(t.Context(), importRequest(t, 0, clamFile), nil); err == nil || !strings.Contains(err.Error(), "--magnification") {
		t.Errorf("without a magnification: %v", err)
	}
}

func TestImportTRIDENTAlone(t *testing.T) {
	for file, want := range map[string]struct {
		magnification float64
		patches       int
		lattice       Lattice
	}{
		trident10: {10, 8, Lattice{2048, 0, 1024}},
		trident20: {20, 29, Lattice{512, 0, 512}},
	} {
		done, f := imports(t, importRequest(t, 0, file))
		m := f.Manifest()
		if m.Source.Layout != "trident" || !slices.Equal(m.Magnifications, []float64{want.magnification}) || !slices.Equal(done.Patches, []int{want.patches}) {
			t.Errorf("%+v", done)
		}
		if m.Source.Lattice == nil || *m.Source.Lattice != want.lattice || len(done.Notes) != 0 {
			t.Errorf("lattice %v, want %v; notes %q", m.Source.Lattice, want.lattice, done.Notes)
		}
		for i := range want.patches {
			wantRow(t, f, 0, i, i)
		}
	}
}

// Whatever the order of the files, the patches that have all they need nest.
func TestImportTRIDENTJoined(t *testing.T) {
	for _, files := range [][]string{{trident10, trident20}, {trident20, trident10}} {
		done, f := imports(t, importRequest(t, 0, files...))
		if !slices.Equal(done.Patches, []int{5, 20}) || !slices.Equal(done.Dropped, []int{3, 9}) || len(done.Notes) != 2 {
			t.Errorf("%+v", done)
		}
		if m := f.Manifest(); !slices.Equal(m.Magnifications, []float64{10, 20}) || *m.Source.Lattice != (Lattice{2048, 0, 1024}) {
			t.Errorf("manifest %+v", m)
		}
		// make.py left out children of the patches 0, 3 and 5.
		for i, row := range []int{1, 2, 4, 6, 7} {
			wantRow(t, f, 0, i, row)
		}
		// The 20x file is sorted by x, then y: patch 1 at x = 3072 has the rows after
		// the single stranger at 512 and the four of patch 4 and three of patch 0.
		wantRow(t, f, 1, 0, 8)
		wantRow(t, f, 1, 2, 9)
	}
}

func TestImportReuses(t *testing.T) {
	req := importRequest(t, 0, trident10)
	if done, _ := imports(t, req); done.Reused {
		t.Error("there was none")
	}
	before, err := os.Stat(req.Path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Import(t.Context(), req, nil)
	if err != nil || !again.Reused {
		t.Errorf("%+v, %v", again, err)
	}
	if after, err := os.Stat(req.Path); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Error("it was written again")
	}
	req.Encoder = "virchow"
	if _, err := Import(t.Context(), req, nil); err == nil || !strings.Contains(err.Error(), req.Path) {
		t.Errorf("under another name: %v", err)
	}
}

func TestImportStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req := importRequest(t, 0, zoomMILFile)
	if _, err := Import(ctx, req, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(req.Path); err == nil {
		t.Error("there is a bag")
	}
	imports(t, req) // goes on
}

func TestImportRefuses(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text.h5")
	if err := os.WriteFile(text, []byte("no"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		req  ImportRequest
		edit func(*ImportRequest)
		says string
	}{
		"no file":              {importRequest(t, 0), nil, "0 files"},
		"no HDF5":              {importRequest(t, 0, text), nil, text},
		"missing":              {importRequest(t, 0, text+"5"), nil, text + "5"},
		"other tables":         {importRequest(t, 0, "testdata/v108.h5"), nil, "in none of the layouts"},
		"another layout":       {importRequest(t, 0, zoomMILFile), func(r *ImportRequest) { r.Layout = CLAM }, "laid out as zoommil"},
		"zoommil and more":     {importRequest(t, 0, zoomMILFile, zoomMILFile), nil, "cannot be joined"},
		"zoommil, stated":      {importRequest(t, 5, zoomMILFile), nil, "states its magnifications itself"},
		"trident, contradicts": {importRequest(t, 40, trident10), nil, "says 10x, not 40x"},
		"twice":                {importRequest(t, 0, trident10, trident10), nil, "whole factor"},
		"two slides":           {importRequest(t, 10, clamFile, clamFile), nil, "whole factor"},
		"no encoder":           {importRequest(t, 0, trident10), func(r *ImportRequest) { r.Encoder = "" }, "name the encoder"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.edit != nil {
				c.edit(&c.req)
			}
			if _, err := Import(t.Context(), c.req, nil); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v", err)
			}
			if _, err := os.Stat(c.req.Path); err == nil {
				t.Error("there is a bag")
			}
		})
	}
}

func TestChildrenOf(t *testing.T) {
	good := []int64{3, 4, 0, 0, 3, 4, 1, 0, 3, 4, 0, 1, 3, 4, 1, 1}
	if got, err := childrenOf([]int64{3, 4}, places{good, 4}, 0, 2); err != nil || !slices.Equal(got, []int{0, 2, 1, 3}) {
		t.Errorf("%v, %v", got, err)
	}
	for name, at := range map[string]int{"another parent": 4, "twice": 6, "outside": 7} {
		bad := slices.Clone(good)
		bad[at] = map[string]int64{"another parent": 5, "twice": 0, "outside": 2}[name]
		if _, err := childrenOf([]int64{3, 4}, places{bad, 4}, 0, 2); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestUsualStep(t *testing.T) {
	for name, c := range map[string]struct {
		corners []corner
		want    int64
	}{
		"one":            {[]corner{{5, 5}}, 1},
		"row":            {[]corner{{0, 0}, {300, 0}, {900, 0}, {1200, 0}}, 300},
		"column":         {[]corner{{7, 224}, {7, 0}, {7, 448}}, 224},
		"two with gap":   {[]corner{{0, 0}, {512, 0}, {0, 512}, {1024, 512}, {512, 512}, {9999, 0}}, 512},
		"nothing shared": {[]corner{{0, 1}, {3, 4}}, 1},
	} {
		if got := usualStep(c.corners); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestSourceInManifest(t *testing.T) {
	m := testManifest()
	m.Source = &Source{Layout: "clam", Files: []SourceFile{{"a.h5", "1"}}, Lattice: &Lattice{1, 2, 3}}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Source){
		"layout": func(s *Source) { s.Layout = "auto" },
		"files":  func(s *Source) { s.Files = nil },
		"step":   func(s *Source) { s.Lattice = &Lattice{} },
	} {
		bad := m.clone()
		change(bad.Source)
		if bad.Validate() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	other := m.clone()
	other.Source.Files[0].ContentID = "2"
	local := testManifest()
	if m.SameInput(&other) || m.SameInput(&local) || !m.SameInput(&m) {
		t.Error("sources are not told apart")
	}
}

// FuzzImport imports damaged files: nothing may panic, and what is made opens.
func FuzzImport(f *testing.F) {
	for _, name := range []string{clamFile, trident10, trident20, zoomMILFile} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		req := importRequest(t, 0, filepath.Join(dir, "fuzz.h5"))
		if err := os.WriteFile(req.Files[0].Path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Import(t.Context(), req, nil); err != nil {
			return
		}
		b, err := Open(req.Path)
		if err != nil {
			t.Fatal(err)
		}
		b.Close()
	})
}
