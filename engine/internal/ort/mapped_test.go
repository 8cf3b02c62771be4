//go:build unix

package ort

import (
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"

	"golang.org/x/sys/unix"
)

// Features come from files that are mapped read-only: memory that is not Go's.
func TestMappedMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "features")
	if err := os.WriteFile(path, make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(b)
	g := nn.NewGraph("exp")
	g.Output("y", g.Exp(g.Input("x", nn.Float32, nn.Symbol("N"))))
	s := nntest.Open(t, opener{load(t), Options{}}, g)
	for _, skip := range []int{0, 4, 12} {
		x := unsafe.Slice((*float32)(unsafe.Pointer(&b[skip])), 1000)
		out := []*nn.Tensor{nil}
		if err := s.Run(t.Context(), []*nn.Tensor{nn.F32Tensor(x, len(x))}, out); err != nil {
			t.Fatal(err)
		}
		if out[0].F32[0] != 1 || out[0].F32[999] != 1 {
			t.Errorf("exp of zeros is %v", out[0].F32[:4])
		}
	}
}
