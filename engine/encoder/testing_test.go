package encoder

import (
	"testing"

	"zoomscope/engine/internal/ort"
	"zoomscope/engine/nn"
	"zoomscope/packaging/testenv"
)

// cpu is ONNX Runtime on the CPU.
type cpu struct {
	runtime *ort.Runtime
	threads int
}

func (c cpu) Open(onnx []byte) (nn.Session, error) {
	return c.runtime.Open(onnx, ort.Options{Threads: c.threads})
}

// openCPU skips the test where the library is missing.
func openCPU(t testing.TB, threads int) nn.Opener {
	t.Helper()
	runtime, err := ort.Load(testenv.ORT(t))
	if err != nil {
		t.Fatal(err)
	}
	return cpu{runtime, threads}
}

func openBuiltin(t testing.TB, threads int) *Encoder {
	t.Helper()
	o := openCPU(t, threads)
	spec, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return open(t, spec, o)
}

// open opens an encoder until the test ends.
func open(t testing.TB, spec *Spec, o nn.Opener) *Encoder {
	t.Helper()
	e, err := spec.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}
