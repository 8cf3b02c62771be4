package bag

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/engine/tissue"
)

var (
	_ Reader = (*Bag)(nil)
	_ Reader = (*File)(nil)
	_ Reader = (*View)(nil)
	// What a model is run on.
	_ mil.Source = Reader(nil)
)

// testManifest is of a slide at 2.5x, 5x and 20x, features of 3 values.
func testManifest() Manifest {
	settings, _ := tissue.Preset("crc")
	return Manifest{
		Slide: result.Slide{
			Path: "/slides/a.svs", Vendor: "aperio", Width: 5000, Height: 4000,
			MPP: [2]float64{0.25, 0.2522}, MPPSource: "openslide.mpp-x",
			Bounds: result.Rect{X: 10, Y: 20, Width: 4000, Height: 3000},
		},
		ContentID:      "abc",
		Magnifications: []float64{2.5, 5, 20},
		PatchSize:      256,
		Encoder:        result.Encoder{Name: "scatter", SHA256: strings.Repeat("0f", 32), Dim: 3},
		Tissue:         settings,
	}
}

// testCells are the patches of two places and their descendants.
func testCells() [][]grid.Cell {
	lowest := []grid.Cell{{Column: 1, Row: 0}, {Column: 0, Row: 2}}
	cells := [][]grid.Cell{lowest}
	for _, f := range []int{2, 4} {
		var children []grid.Cell
		for _, p := range cells[len(cells)-1] {
			for row := range f {
				for column := range f {
					children = append(children, grid.Cell{Column: p.Column*f + column, Row: p.Row*f + row})
				}
			}
		}
		cells = append(cells, children)
	}
	return cells
}

// feature is value j of a patch, exact as a half.
func feature(level, row, j int) float32 { return float32(level*500+row*3+j) / 2 }

func testBag(t testing.TB) *Bag {
	t.Helper()
	var levels []Level
	for level, cells := range testCells() {
		l := Level{Cells: cells}
		for row := range cells {
			for j := range 3 {
				l.Features = append(l.Features, feature(level, row, j))
			}
		}
		levels = append(levels, l)
	}
	b, err := New(testManifest(), levels)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compare(t *testing.T, got, want Reader) {
	t.Helper()
	if diff := cmp.Diff(want.Manifest(), got.Manifest()); diff != "" {
		t.Error(diff)
	}
	for level := range want.Manifest().Magnifications {
		if diff := cmp.Diff(want.Cells(level), got.Cells(level)); diff != "" {
			t.Error(diff)
		}
		if got.Len(level) != want.Len(level) {
			t.Fatalf("level %d has %d patches, want %d", level, got.Len(level), want.Len(level))
		}
		rows := []int{want.Len(level) - 1, 0, 1, 0}
		a, b := make([]float32, 12), make([]float32, 12)
		if err := errors.Join(got.Features(a, level, rows), want.Features(b, level, rows)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a, b) {
			t.Errorf("level %d: features %v, want %v", level, a, b)
		}
	}
}

func TestSaveAndOpen(t *testing.T) {
	for _, d := range []safetensors.DType{safetensors.F16, safetensors.F32} {
		t.Run(string(d), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.safetensors")
			want := testBag(t)
			if err := want.Save(path, d); err != nil {
				t.Fatal(err)
			}
			f, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, f, want)
			loaded, err := f.Load()
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			compare(t, loaded, want)
			if err := f.Features(make([]float32, 3), 0, []int{0}); err == nil {
				t.Error("features after Close")
			}
			if left, _ := os.ReadDir(dir); len(left) != 1 {
				t.Errorf("%d files in the folder, want the bag alone", len(left))
			}
		})
	}
}

func TestSelect(t *testing.T) {
	b := testBag(t)
	v, err := Select(b, []float64{2.5, 20})
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Manifest().Magnifications; !slices.Equal(got, []float64{2.5, 20}) {
		t.Errorf("magnifications %v", got)
	}
	if v.Len(1) != 128 || v.Cells(1)[5] != b.Cells(2)[5] {
		t.Error("level 1 is not that of 20x")
	}
	var x [3]float32
	if err := v.Features(x[:], 1, []int{7}); err != nil || x[0] != feature(2, 7, 0) {
		t.Errorf("features %v, %v", x, err)
	}
	// The 64 descendants of a patch stand together.
	for i, c := range v.Cells(1) {
		if parent := v.Cells(0)[i/64]; (grid.Cell{Column: c.Column / 8, Row: c.Row / 8}) != parent {
			t.Errorf("patch %d at %v is not below %v", i, c, parent)
		}
	}
	if _, err := Select(b, []float64{2.5, 10}); err == nil || !strings.Contains(err.Error(), "10x") {
		t.Errorf("a magnification that is not there: %v", err)
	}
	if _, err := Select(b, []float64{20, 5}); err == nil {
		t.Error("magnifications descend")
	}
}

func TestRowsOutside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.safetensors")
	b := testBag(t)
	if err := b.Save(path, safetensors.F16); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, r := range []Reader{b, f} {
		for _, row := range []int{-1, 2} {
			if err := r.Features(make([]float32, 3), 0, []int{row}); err == nil {
				t.Errorf("%T: patch %d of 2", r, row)
			}
		}
		if err := r.Features(make([]float32, 2), 0, []int{0}); err == nil {
			t.Errorf("%T: too little room", r)
		}
	}
}

// rows are the features of some patches of a level.
func rows(b *Bag, level, first, n int) []float32 {
	return b.levels[level].Features[first*3 : (first+n)*3]
}

func TestResume(t *testing.T) {
	for _, d := range []safetensors.DType{safetensors.F16, safetensors.F32} {
		t.Run(string(d), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.safetensors")
			b := testBag(t)
			create := func() *Writer {
				w, err := Create(path, testManifest(), testCells(), d)
				if err != nil {
					t.Fatal(err)
				}
				return w
			}
			w := create()
			appendRows(t, w, 0, rows(b, 0, 0, 2))
			appendRows(t, w, 1, rows(b, 1, 0, 3))
			appendRows(t, w, 2, rows(b, 2, 0, 100))
			appendRows(t, w, 1, rows(b, 1, 3, 2))
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(path); err == nil {
				t.Fatal("the bag stands before Commit")
			}
			w = create()
			if got := []int{w.Done(0), w.Done(1), w.Done(2)}; !slices.Equal(got, []int{2, 5, 100}) {
				t.Fatalf("done %v after Close", got)
			}
			if err := w.Commit(); err == nil || !strings.Contains(err.Error(), "5 of 8") {
				t.Fatalf("Commit of a part: %v", err)
			}
			w = create()
			appendRows(t, w, 1, rows(b, 1, 5, 3))
			appendRows(t, w, 2, rows(b, 2, 100, 28))
			if err := w.Commit(); err != nil {
				t.Fatal(err)
			}
			f, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			compare(t, f, b)
			// Written in one go, it is the same file.
			direct := path + "2"
			if err := b.Save(direct, d); err != nil {
				t.Fatal(err)
			}
			one, _ := os.ReadFile(path)
			two, _ := os.ReadFile(direct)
			if !bytes.Equal(one, two) {
				t.Error("a resumed bag differs from one written in one go")
			}
		})
	}
}

func appendRows(t *testing.T, w *Writer, level int, features []float32) {
	t.Helper()
	if err := w.Append(level, features); err != nil {
		t.Fatal(err)
	}
}

// A kill or power cut leaves a journal or a part that is cut or wrong anywhere;
// what is taken up is always what was written.
func TestResumeAfterDamage(t *testing.T) {
	b := testBag(t)
	fresh := func(t *testing.T) string {
		path := filepath.Join(t.TempDir(), "a.safetensors")
		w, err := Create(path, testManifest(), testCells(), safetensors.F32)
		if err != nil {
			t.Fatal(err)
		}
		for first := range 8 {
			appendRows(t, w, 1, rows(b, 1, first, 1))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	resumed := func(t *testing.T, path string) int {
		w, err := Create(path, testManifest(), testCells(), safetensors.F32)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		return w.Done(1)
	}
	edit := func(t *testing.T, path string, change func([]byte) []byte) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, change(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("journal cut", func(t *testing.T) {
		path := fresh(t)
		edit(t, path+".journal", func(j []byte) []byte { return j[:32+3*batchSize+7] })
		if n := resumed(t, path); n != 3 {
			t.Errorf("%d rows, want 3", n)
		}
		if n := resumed(t, path); n != 3 {
			t.Errorf("%d rows the next time", n)
		}
	})
	t.Run("journal cut in its head", func(t *testing.T) {
		path := fresh(t)
		edit(t, path+".journal", func(j []byte) []byte { return j[:20] })
		if n := resumed(t, path); n != 0 {
			t.Errorf("%d rows, want 0", n)
		}
	})
	t.Run("journal flipped", func(t *testing.T) {
		path := fresh(t)
		edit(t, path+".journal", func(j []byte) []byte { j[32+5*batchSize+4] ^= 1; return j })
		if n := resumed(t, path); n != 5 {
			t.Errorf("%d rows, want 5", n)
		}
	})
	t.Run("row lost", func(t *testing.T) {
		path := fresh(t)
		row := safetensors.AppendFloat32(nil, safetensors.F32, rows(b, 1, 6, 1))
		edit(t, path+".part", func(p []byte) []byte { clear(p[bytes.Index(p, row):][:len(row)]); return p })
		if n := resumed(t, path); n != 6 {
			t.Errorf("%d rows, want 6", n)
		}
	})
	t.Run("part cut", func(t *testing.T) {
		path := fresh(t)
		row := safetensors.AppendFloat32(nil, safetensors.F32, rows(b, 1, 2, 1))
		edit(t, path+".part", func(p []byte) []byte { return p[:bytes.Index(p, row)] })
		if n := resumed(t, path); n != 2 {
			t.Errorf("%d rows, want 2", n)
		}
	})
	t.Run("part gone", func(t *testing.T) {
		path := fresh(t)
		os.Remove(path + ".part")
		if n := resumed(t, path); n != 0 {
			t.Errorf("%d rows, want 0", n)
		}
	})
	t.Run("another encoder", func(t *testing.T) {
		path := fresh(t)
		m := testManifest()
		m.Encoder.SHA256 = strings.Repeat("aa", 32)
		w, err := Create(path, m, testCells(), safetensors.F32)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if w.Done(1) != 0 {
			t.Error("rows of another encoder are taken up")
		}
	})
	t.Run("another grid", func(t *testing.T) {
		path := fresh(t)
		moved := testCells()
		for l, by := range []int{1, 2, 8} {
			for i := range moved[l] {
				moved[l][i].Column += by
			}
		}
		w, err := Create(path, testManifest(), moved, safetensors.F32)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if w.Done(1) != 0 {
			t.Error("rows of another grid are taken up")
		}
	})
}

func TestOneWriterAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.safetensors")
	w, err := Create(path, testManifest(), testCells(), safetensors.F32)
	if err != nil {
		t.Fatal(err)
	}
	other := testManifest()
	other.ContentID = "other"
	if _, err := Create(path, other, testCells(), safetensors.F32); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "another program") {
		t.Errorf("a second one: %v", err)
	}
	b := testBag(t)
	for level := range b.levels {
		appendRows(t, w, level, b.levels[level].Features)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	again, err := Create(path, other, testCells(), safetensors.F32)
	if err != nil {
		t.Fatalf("after the first: %v", err)
	}
	if err := again.Discard(); err != nil {
		t.Error(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	compare(t, f, b)
}

func TestAppendRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.safetensors")
	w, err := Create(path, testManifest(), testCells(), safetensors.F16)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(-1)), 65520, -1e9} {
		if err := w.Append(0, []float32{1, 2, bad}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%v: error %v", bad, err)
		}
	}
	if w.Done(0) != 0 {
		t.Error("a refused row counts")
	}
	if err := w.Append(0, []float32{1, 2, 65504}); err != nil {
		t.Error(err)
	}
	if err := w.Discard(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
		t.Errorf("%d files left", len(left))
	}
	if err := w.Append(0, []float32{1, 2, 3}); err == nil {
		t.Error("appended after Discard")
	}
	if err := w.Commit(); err == nil {
		t.Error("committed after Discard")
	}
}

func TestCreateInMissingFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "no", "a.safetensors")
	if _, err := Create(path, testManifest(), testCells(), safetensors.F16); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
}

func TestLayoutRefuses(t *testing.T) {
	tests := map[string]struct {
		change func(*Manifest, [][]grid.Cell) [][]grid.Cell
		want   string
	}{
		"no levels":       {func(m *Manifest, c [][]grid.Cell) [][]grid.Cell { return nil }, "0 levels"},
		"no patches":      {func(m *Manifest, c [][]grid.Cell) [][]grid.Cell { return make([][]grid.Cell, 3) }, "no patches"},
		"child missing":   {func(m *Manifest, c [][]grid.Cell) [][]grid.Cell { c[2] = c[2][:127]; return c }, "127 patches, expected 16"},
		"children astray": {func(m *Manifest, c [][]grid.Cell) [][]grid.Cell { c[1][0], c[1][1] = c[1][1], c[1][0]; return c }, "5x: patch 0 is at column 3"},
		"negative":        {func(m *Manifest, c [][]grid.Cell) [][]grid.Cell { c[0][1].Row = -1; return c }, "row -1"},
		"magnifications":  {func(m *Manifest, c [][]grid.Cell) [][]grid.Cell { m.Magnifications[2] = 12; return c }, "whole factor"},
		"none":            {func(m *Manifest, c [][]grid.Cell) [][]grid.Cell { m.Magnifications = nil; return c }, "no magnification"},
		"encoder":         {func(m *Manifest, c [][]grid.Cell) [][]grid.Cell { m.Encoder.Dim = 0; return c }, "0 values"},
		"digest":          {func(m *Manifest, c [][]grid.Cell) [][]grid.Cell { m.Encoder.SHA256 = "x"; return c }, `"x"`},
		"patch size":      {func(m *Manifest, c [][]grid.Cell) [][]grid.Cell { m.PatchSize = 0; return c }, "patch size"},
		"tissue":          {func(m *Manifest, c [][]grid.Cell) [][]grid.Cell { m.Tissue.Sigma = -1; return c }, "sigma"},
		"resolution":      {func(m *Manifest, c [][]grid.Cell) [][]grid.Cell { m.Slide.MPP[1] = -1; return c }, "negative"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := testManifest()
			cells := test.change(&m, testCells())
			_, err := Create(filepath.Join(t.TempDir(), "a"), m, cells, safetensors.F16)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	type file struct {
		tensors map[string]safetensors.Raw
		meta    map[string]string
	}
	tests := map[string]struct {
		change func(*file)
		want   string
	}{
		"no metadata":   {func(f *file) { f.meta = nil }, "format"},
		"newer":         {func(f *file) { f.meta["format"] = "zoomscope-bag/3" }, `"zoomscope-bag/3"`},
		"imported":      {func(f *file) { f.meta["format"] = "zoomscope-bag/2" }, `the manifest is of "zoomscope-bag/1"`},
		"no manifest":   {func(f *file) { delete(f.meta, "manifest") }, "manifest"},
		"unknown field": {func(f *file) { f.meta["manifest"] = `{"x":1,` + f.meta["manifest"][1:] }, `"x"`},
		"and more":      {func(f *file) { f.meta["manifest"] += "{}" }, "follows"},
		"missing grid":  {func(f *file) { delete(f.tensors, "5x/grid") }, `"5x/grid"`},
		"missing":       {func(f *file) { delete(f.tensors, "20x/features") }, `"20x/features"`},
		"left over":     {func(f *file) { f.tensors["x"] = safetensors.FromInt32(nil, 0) }, "7 tensors"},
		"wide grid":     {func(f *file) { f.tensors["5x/grid"] = safetensors.FromInt32(make([]int32, 24), 8, 3) }, "5x/grid is I32 [8 3]"},
		"fewer rows": {func(f *file) {
			f.tensors["5x/features"] = safetensors.FromFloat32(make([]float32, 21), safetensors.F16, 7, 3)
		}, "5x/features is F16 [7 3]"},
		"other type": {func(f *file) {
			f.tensors["5x/features"] = safetensors.FromFloat32(make([]float32, 24), safetensors.F64, 8, 3)
		}, "F64"},
		"astray": {func(f *file) { f.tensors["5x/grid"] = safetensors.FromInt32(make([]int32, 16), 8, 2) }, "5x: patch 0"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := testBag(t)
			manifest, err := json.Marshal(b.manifest)
			if err != nil {
				t.Fatal(err)
			}
			f := file{map[string]safetensors.Raw{}, map[string]string{"format": Format, "manifest": string(manifest)}}
			for i, m := range b.manifest.Magnifications {
				n := b.Len(i)
				f.tensors[featuresName(m)] = safetensors.FromFloat32(b.levels[i].Features, safetensors.F16, n, 3)
				f.tensors[gridName(m)] = safetensors.Raw{DType: safetensors.I32, Shape: []int{n, 2}, Data: packCells(b.Cells(i))}
			}
			test.change(&f)
			path := filepath.Join(t.TempDir(), "bad.safetensors")
			if err := safetensors.WriteFile(path, f.tensors, f.meta); err != nil {
				t.Fatal(err)
			}
			_, err = Open(path)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %q and the path", err, test.want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for m, want := range map[float64]string{10: "10x/grid", 1.25: "1.25x/grid", 0.625: "0.625x/grid", 1e6: "1000000x/grid"} {
		if got := gridName(m); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSameInput(t *testing.T) {
	a, b := testManifest(), testManifest()
	b.Slide.Path = "/elsewhere/a.svs"
	if !a.SameInput(&b) {
		t.Error("a slide that was moved is another")
	}
	for i, change := range []func(*Manifest){
		func(m *Manifest) { m.ContentID = "other" },
		func(m *Manifest) { m.Slide.MPP[0] = 0.5 },
		func(m *Manifest) { m.Slide.Bounds.X++ },
		func(m *Manifest) { m.Magnifications[0] = 1.25 },
		func(m *Manifest) { m.PatchSize = 224 },
		func(m *Manifest) { m.Encoder.SHA256 = "" },
		func(m *Manifest) { m.Tissue.Threshold = 0.9 },
	} {
		c := testManifest()
		change(&c)
		if a.SameInput(&c) {
			t.Errorf("change %d makes no difference", i)
		}
	}
}

func FuzzBag(f *testing.F) {
	path := filepath.Join(f.TempDir(), "a.safetensors")
	if err := testBag(f).Save(path, safetensors.F16); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil {
			return
		}
		b, err := file.Load()
		if err != nil {
			t.Fatal(err)
		}
		for level := range b.levels {
			if b.Len(level) != file.Len(level) {
				t.Fatal("levels differ")
			}
		}
	})
}

func FuzzManifest(f *testing.F) {
	text, err := json.Marshal(testManifest())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseManifest(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseManifest(string(again)); err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
	})
}

func FuzzJournal(f *testing.F) {
	identity := []byte("0123456789abcdef0123456789abcdef")
	f.Add(append(slices.Clone(identity), batch{1, 2, 3, 4}.pack()...))
	f.Fuzz(func(t *testing.T, data []byte) {
		taken := 0
		good, err := replay(bytes.NewReader(data), identity, func(batch) bool { taken++; return taken < 5 })
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if good > int64(len(data)) {
			t.Fatalf("%d good bytes of %d", good, len(data))
		}
	})
}
