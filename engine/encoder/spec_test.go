package encoder

import (
	"testing"
)

func TestBuiltinProbe(t *testing.T) {
	spec, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v, %d bytes", spec.Card(), len(spec.ONNX()))
	if err := spec.Probe(t.Context(), openCPU(t, 1)); err != nil {
		t.Fatal(err)
	}
}
