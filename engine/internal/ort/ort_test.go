package ort

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
	"zoomscope/packaging/testenv"
)

// opener is the Runtime with fixed options.
type opener struct {
	r *Runtime
	o Options
}

func (p opener) Open(data []byte) (nn.Session, error) {
	s, err := p.r.Open(data, p.o)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func load(t testing.TB) *Runtime {
	t.Helper()
	r, err := Load(testenv.ORT(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSessions(t *testing.T) {
	for name, o := range map[string]Options{"default": {}, "one thread": {Threads: 1}, "spinning": {Threads: 2, Spin: true}} {
		t.Run(name, func(t *testing.T) { nntest.Sessions(t, opener{load(t), o}) })
	}
}

func TestOperators(t *testing.T) { nntest.Operators(t, opener{load(t), Options{}}, nntest.All()) }

func TestLoad(t *testing.T) {
	r := load(t)
	if again := load(t); again != r || Loaded() != r {
		t.Error("loading again gives another runtime")
	}
	if _, err := Load(filepath.Join(t.TempDir(), "libonnxruntime.so.1")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a path without a file: %v", err)
	}
	other := filepath.Join(t.TempDir(), "other.so")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(other); err == nil {
		t.Error("another library: no error")
	}
	if r.Version() == "" || !filepath.IsAbs(r.Path()) {
		t.Errorf("version %q, path %q", r.Version(), r.Path())
	}
}

func TestProviderErrors(t *testing.T) {
	r := load(t)
	g := nn.NewGraph("g")
	g.Output("y", g.Neg(g.Input("x", nn.Float32, nn.Fixed(1))))
	data, err := g.ONNX()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Provider{"NoSuchThing"} {
		_, err := r.Open(data, Options{Provider: p})
		var pe *ProviderError
		if !errors.As(err, &pe) || pe.Provider != p {
			t.Errorf("%s: error %v", p, err)
		}
	}
}

func TestClassify(t *testing.T) {
	for message, want := range map[string]bool{
		"Error running network: Failed to allocate memory for requested buffer of size 1099511627776":         true,
		"Error running network: bad allocation":                                                               true,
		"CUDA failure 2: out of memory ; GPU=0":                                                               true,
		"Error running network: std::bad_alloc":                                                               true,
		"8007000E Not enough memory resources are available to complete this operation.":                      true,
		"Error running network: indices element out of data bounds, idx=2 must be within the inclusive range": false,
	} {
		if got := errors.Is(classify(errors.New(message)), nn.ErrOutOfMemory); got != want {
			t.Errorf("%q: %v", message, got)
		}
	}
	if classify(nil) != nil {
		t.Error("nil")
	}
}

// A result of 16 TB: the allocator says so, and the process lives on.
func TestOutOfMemory(t *testing.T) {
	g := nn.NewGraph("outer product")
	x := g.Input("x", nn.Float32, nn.Symbol("N"), nn.Fixed(1))
	g.Output("y", g.ReduceMax(g.MatMul(x, g.Transpose(x, 1, 0)), false))
	s := nntest.Open(t, opener{load(t), Options{}}, g)
	err := s.Run(t.Context(), []*nn.Tensor{nn.NewTensor(nn.Float32, 1<<21, 1)}, []*nn.Tensor{nil})
	if !errors.Is(err, nn.ErrOutOfMemory) {
		t.Errorf("error %v", err)
	}
}
