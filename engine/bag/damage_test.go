package bag

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/engine/safetensors"
)

func TestFirstNotFinite(t *testing.T) {
	for _, d := range []safetensors.DType{safetensors.F16, safetensors.F32} {
		t.Run(string(d), func(t *testing.T) {
			size := d.Size()
			for bits := range uint32(1 << 16) {
				raw := make([]byte, 3*size)
				if d == safetensors.F16 {
					binary.LittleEndian.PutUint16(raw[size:], uint16(bits))
				} else {
					binary.LittleEndian.PutUint32(raw[size:], bits<<16)
				}
				x := make([]float32, 3)
				safetensors.DecodeFloat32(x, d, raw)
				want := -1
				if v := float64(x[1]); math.IsNaN(v) || math.IsInf(v, 0) {
					want = 1
				}
				if got := firstNotFinite(d, raw); got != want {
					t.Fatalf("%#x, %v: %d, expected %d", bits, x[1], got, want)
				}
			}
		})
	}
}

func TestCheckFinite(t *testing.T) {
	// keep writes a bag with one value replaced, which no writer would.
	keep := func(t *testing.T, name string, value float32) *File {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		if err := testBag(t).Save(path, safetensors.F32); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		bits := func(v float32) []byte { return binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)) }
		raw = bytes.Replace(raw, bits(feature(1, 2, 1)), bits(value), 1)
		if err := os.WriteFile(path, raw, 0o666); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	inf := float32(math.Inf(-1))
	if err := keep(t, "a"+Ext, 1).CheckFinite(t.Context()); err != nil {
		t.Error(err)
	}
	f := keep(t, "a"+Ext, inf)
	if err, want := f.CheckFinite(t.Context()), f.path+": feature 1 of patch 2 at 5x is -Inf: remove "+f.path+" and run extract again"; err == nil || err.Error() != want {
		t.Errorf("error %v, expected %s", err, want)
	}
	if err := keep(t, "other.safetensors", inf).CheckFinite(t.Context()); err == nil || strings.Contains(err.Error(), "remove") {
		t.Errorf("a file that is not called as a bag: error %v", err)
	}
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if err := f.CheckFinite(ctx); err != why {
		t.Errorf("cancelled: error %v", err)
	}
}

func TestOpenTruncated(t *testing.T) {
	for name, advised := range map[string]bool{"a" + Ext: true, "model.safetensors": false} {
		path := filepath.Join(t.TempDir(), name)
		if err := testBag(t).Save(path, safetensors.F32); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, 600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		if err == nil || strings.HasSuffix(err.Error(), "truncated?: "+Remedy(path)) != advised {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
