package slideio

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// answer is a driver that always gives the same.
type answer struct {
	slide Slide
	err   error
	asked *int
}

func (answer) Name() string { return "answer" }

func (a answer) Open(_ context.Context, path string) (Slide, error) {
	if a.asked != nil {
		*a.asked++
	}
	if a.err != nil {
		return nil, fmt.Errorf("%s: %w", path, a.err)
	}
	return a.slide, nil
}

func TestOpenTellsFilesApart(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.svs")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path string
		want       error
		says       string
	}{
		{"missing", filepath.Join(dir, "none.svs"), os.ErrNotExist, "none.svs"},
		{"folder", dir, ErrUnsupported, "is a folder"},
		{"empty", empty, ErrCorrupt, "empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := 0
			_, err := Open(t.Context(), c.path, answer{asked: &asked})
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || asked != 0 {
				t.Errorf("error %v, driver asked %d times", err, asked)
			}
		})
	}
}

func TestOpenTriesDriversInOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.svs")
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	f := newFake(1, Level{Width: 1, Height: 1, Downsample: 1})
	no := answer{err: fmt.Errorf("%w (first: not mine)", ErrUnsupported)}
	also := answer{err: fmt.Errorf("%w (second: no)", ErrUnsupported)}
	missing := answer{err: fmt.Errorf("needs a library: %w: %w", ErrNoLibrary, ErrUnsupported)}
	bad := answer{err: fmt.Errorf("%w (cut)", ErrCorrupt)}
	yes := answer{slide: f}
	for _, c := range []struct {
		name    string
		drivers []Driver
		want    error
		says    []string
	}{
		{"first that can", []Driver{no, yes, bad}, nil, nil},
		{"damage ends the search", []Driver{no, bad, yes}, ErrCorrupt, []string{"cut"}},
		{"none can", []Driver{no, also}, ErrUnsupported, []string{"(first: not mine)", "(second: no)"}},
		{"library missing", []Driver{missing, also}, ErrNoLibrary, []string{"needs a library", "(second: no)"}},
		{"no drivers", nil, ErrUnsupported, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Open(t.Context(), path, c.drivers...)
			if !errors.Is(err, c.want) || (err == nil) != (s != nil) {
				t.Fatalf("slide %v, error %v", s, err)
			}
			for _, word := range append(c.says, path) {
				if err != nil && !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
		})
	}
}

func TestFillOutside(t *testing.T) {
	for _, inside := range []image.Rectangle{{}, image.Rect(0, 0, 7, 5), image.Rect(2, 1, 4, 3), image.Rect(-5, 2, 3, 99), image.Rect(9, 9, 12, 12)} {
		m := image.NewRGBA(image.Rect(-2, -2, 9, 8)).SubImage(image.Rect(0, 0, 7, 5)).(*image.RGBA)
		FillOutside(m, inside)
		for y := range 5 {
			for x := range 7 {
				if white := m.RGBAAt(x, y).A == 255; white == image.Pt(x, y).In(inside) {
					t.Errorf("inside %v: pixel (%d, %d) white: %v", inside, x, y, white)
				}
			}
		}
	}
}

func TestRect(t *testing.T) {
	a, b := Rect{1.5, 2, 10, 4}, Rect{-1, 3.25, 5, 20}
	if got, want := a.Intersect(b), (Rect{1.5, 3.25, 2.5, 2.75}); got != want {
		t.Errorf("intersection %v, want %v", got, want)
	}
	if got := a.Intersect(Rect{11.5, 0, 3, 9}); got != (Rect{}) {
		t.Errorf("touching areas share %v", got)
	}
	if got, want := a.Pixels(), image.Rect(1, 2, 12, 6); got != want {
		t.Errorf("pixels %v, want %v", got, want)
	}
	if x, y := a.Center(); x != 6.5 || y != 4 {
		t.Errorf("centre (%g, %g)", x, y)
	}
	if !a.Contains(1.5, 2) || a.Contains(11.5, 2) || a.Contains(2, 6) {
		t.Error("edges: the near ones belong, the far ones do not")
	}
	if r := image.Rect(-3, 4, 9, 30); RectOf(r).Pixels() != r {
		t.Error("RectOf and Pixels are not inverse")
	}
	if !(Rect{0, 0, math.NaN(), 1}).Empty() || a.Empty() {
		t.Error("empty")
	}
}

func TestContentID(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	id := func(path string) string {
		t.Helper()
		s, err := ContentID(path)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	small := []byte("a slide")
	sum := sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, 7), small...))
	if got := id(write("a", small)); got != hex.EncodeToString(sum[:]) {
		t.Errorf("small file: %s", got)
	}
	if id(write("b", small)) != id(filepath.Join(dir, "a")) {
		t.Error("depends on the name")
	}

	large := bytes.Repeat([]byte("0123456789abcdef"), (4<<20)/16)
	base := id(write("large", large))
	for _, c := range []struct {
		at      int
		changes bool
	}{{5, true}, {1<<20 + 9, false}, {2 << 20, true}, {len(large) - 1, true}} {
		changed := bytes.Clone(large)
		changed[c.at] ^= 1
		if got := id(write("changed", changed)); (got != base) != c.changes {
			t.Errorf("a change at %d: identity changes: %v", c.at, got != base)
		}
	}
	if id(write("longer", append(large, large[:16]...))) == base {
		t.Error("does not depend on the size")
	}
	if _, err := ContentID(dir); err == nil {
		t.Error("identity of a folder")
	}
	if _, err := ContentID(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}
