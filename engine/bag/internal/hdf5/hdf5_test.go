package hdf5

import (
	"bytes"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// open opens one of the files that testdata/make.py writes.
func open(t testing.TB, name string) *File {
	t.Helper()
	f, err := Open(filepath.Join("../../testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func dataset(t testing.TB, f *File, name string) *Dataset {
	t.Helper()
	d, err := f.Dataset(name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// value is what every test table holds.
func value(row, column, columns int) float64 { return float64((row*columns+column)%97) / 8 }

func span(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// check compares rows of a table, given in any order, with what they should be.
func check(t *testing.T, d *Dataset, rows []int, want func(row, column int) float64) {
	t.Helper()
	got := make([]float32, len(rows)*d.Columns)
	if err := d.Floats(got, rows); err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		for j := range d.Columns {
			if got := float64(got[i*d.Columns+j]); got != want(row, j) {
				t.Fatalf("row %d, column %d is %v, want %v", row, j, got, want(row, j))
			}
		}
	}
}

func TestTypes(t *testing.T) {
	f := open(t, "kinds.h5")
	for name, want := range map[string]string{
		"f2": "float16", "f4": "float32", "f8": "float64", "big f2": "float16", "big f4": "float32", "big f8": "float64",
		"i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64", "big i4": "int32", "big i8": "int64",
		"u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64",
	} {
		t.Run(name, func(t *testing.T) {
			d := dataset(t, f, "type "+name)
			if d.Type.String() != want || d.Rows != 70 || d.Columns != 6 {
				t.Errorf("%d x %d of %v, want 70 x 6 of %s", d.Rows, d.Columns, d.Type, want)
			}
			check(t, d, span(70), func(row, column int) float64 { return math.Trunc(value(row, column, 6)) })
			whole, err := d.Integers(420)
			if err != nil || whole[419] != int64(value(69, 5, 6)) {
				t.Errorf("as integers: %v, error %v", whole, err)
			}
			if _, err := d.Integers(419); err == nil {
				t.Error("more values than the limit")
			}
		})
	}
}

func TestLayouts(t *testing.T) {
	for file, names := range map[string][]string{
		"kinds.h5":  {"chunks", "blocks", "gzip", "gzip shuffle", "fletcher32", "gzip shuffle fletcher32", "one row", "shrunk", "compact"},
		"v108.h5":   {"chunks", "whole"},
		"latest.h5": {"whole"},
	} {
		f := open(t, file)
		for _, name := range names {
			t.Run(file+"/"+name, func(t *testing.T) {
				d := dataset(t, f, name)
				if d.Rows != 70 || d.Columns != 6 {
					t.Fatalf("%d x %d", d.Rows, d.Columns)
				}
				want := func(row, column int) float64 { return value(row, column, 6) }
				check(t, d, span(70), want)
				check(t, d, []int{69, 0, 33, 32, 31, 33}, want)
				check(t, d, nil, want)
				for _, row := range []int{-1, 70} {
					if err := d.Floats(make([]float32, 6), []int{row}); err == nil || !strings.Contains(err.Error(), name) {
						t.Errorf("row %d: error %v", row, err)
					}
				}
			})
		}
	}
}

func TestShapes(t *testing.T) {
	f := open(t, "kinds.h5")
	v := dataset(t, f, "vector")
	if v.Rows != 70 || v.Columns != 1 {
		t.Errorf("a vector is %d x %d", v.Rows, v.Columns)
	}
	check(t, v, span(70), func(row, _ int) float64 { return value(row, 0, 6) })
	if _, err := v.Integers(100); err == nil || !strings.Contains(err.Error(), "whole") {
		t.Errorf("fractions as integers: %v", err)
	}
	if none := dataset(t, f, "no rows"); none.Rows != 0 || none.Columns != 6 {
		t.Errorf("no rows is %d x %d", none.Rows, none.Columns)
	}
}

func TestAttributes(t *testing.T) {
	want := map[string]any{
		"int": int64(3), "float": 0.5, "text": "text", "empty": "", "bytes": "bytes", "true": true,
		"big": int64(7), "half": 1.5, "single": int64(9),
	}
	if diff := cmp.Diff(want, dataset(t, open(t, "kinds.h5"), "compact").Attributes); diff != "" {
		t.Error(diff)
	}
	want = map[string]any{"text": "text", "number": int64(7)}
	if diff := cmp.Diff(want, dataset(t, open(t, "v108.h5"), "chunks").Attributes); diff != "" {
		t.Error(diff)
	}
	c := dataset(t, open(t, "trident/20x_256px_0px_overlap/features_uni_v1/slide_2.h5"), "coords")
	if c.Attributes["patch_size_level0"] != int64(512) || c.Attributes["name"] != "slide_2" {
		t.Errorf("attributes %v", c.Attributes)
	}
}

func TestRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		file, says  string
		unsupported bool
	}{
		"lzf":       {"kinds.h5", "filter 32000", true},
		"cube":      {"kinds.h5", "3 dimensions", true},
		"text":      {"kinds.h5", "no numbers", true},
		"group":     {"kinds.h5", "no numbers", true},
		"unwritten": {"kinds.h5", "2 of 3 chunks", false},
		"absent":    {"kinds.h5", "is not there", false},
		"chunks":    {"latest.h5", "layout of version", true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, c.file).Dataset(name)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), name) || errors.Is(err, ErrUnsupported) != c.unsupported {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"empty": nil, "short": signature, "picture": bytes.Repeat([]byte("PNG"), 100),
		"new": append(slices.Clone(signature), bytes.Repeat([]byte{9}, 100)...),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := Open(dir); err == nil {
		t.Error("a folder is opened")
	}
}

// A file that ends early, as after a copy that broke off, gives errors and
// never wrong numbers.
func TestCut(t *testing.T) {
	whole, err := os.ReadFile("../../testdata/clam/slide_1.h5")
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(whole); n += 7 {
		f, err := Parse(bytes.NewReader(whole[:n]), int64(n))
		if err != nil {
			continue
		}
		d, err := f.Dataset("features")
		if err != nil {
			continue
		}
		got := make([]float32, d.Rows*d.Columns)
		if err := d.Floats(got, span(d.Rows)); err != nil {
			continue
		}
		for i, v := range got {
			if float64(v) != value(0, i, 0) {
				t.Fatalf("cut to %d bytes: value %d is %v", n, i, v)
			}
		}
	}
}

func TestNames(t *testing.T) {
	if got := open(t, "zoommil/slide_3.h5").Names(); !slices.Equal(got, []string{
		"1.25x_coords", "1.25x_patches", "2.5x_coords", "2.5x_patches", "5.0x_coords", "5.0x_patches",
	}) {
		t.Errorf("%q", got)
	}
	if f := open(t, "v108.h5"); !slices.Equal(f.Names(), []string{"chunks", "whole"}) || !f.Has("whole") || f.Has("half") {
		t.Errorf("%q", f.Names())
	}
}

// The checksum against one worked out by hand, and over odd lengths against
// sums that are not reduced on the way.
func TestFletcher32(t *testing.T) {
	if a, b := fletcher32([]byte("abcde")); a != 0x29c7 || b != 0x4ff0 {
		t.Errorf("%04x %04x", b, a)
	}
	for n := range 40 {
		data := bytes.Repeat([]byte{0xff, 3, 0x80}, 14)[:n]
		var a, b uint64
		for i := 0; i < n; i += 2 {
			w := uint64(data[i]) << 8
			if i+1 < n {
				w |= uint64(data[i+1])
			}
			a += w
			b += a
		}
		if low, high := fletcher32(data); uint64(low) != a%65535 || uint64(high) != b%65535 {
			t.Errorf("%d bytes: %x %x, want %x %x", n, low, high, a%65535, b%65535)
		}
	}
}

// FuzzFile reads whatever it can of damaged files: nothing may panic, and memory
// stays near what the file holds.
func FuzzFile(f *testing.F) {
	for _, name := range []string{"clam/slide_1.h5", "zoommil/slide_3.h5", "kinds.h5", "v108.h5", "latest.h5", "trident/20x_256px_0px_overlap/features_uni_v1/slide_2.h5"} {
		data, err := os.ReadFile(filepath.Join("../../testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for name := range maps.Keys(file.datasets) {
			d, err := file.Dataset(name)
			if err != nil || d.Rows == 0 || d.rowSize() > 1<<16 {
				continue
			}
			row := make([]float32, d.Columns)
			for _, i := range []int{0, d.Rows / 2, d.Rows - 1} {
				if err := d.Floats(row, []int{i}); err != nil {
					break
				}
			}
			d.Integers(1 << 12)
		}
	})
}
