package nn_test

import (
	"io/fs"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/engine/nn"
	"zoomscope/engine/safetensors"
	"zoomscope/packaging/testenv"
)

// TestGoldenAdam takes the parameters and gradients of every file that has them
// after one step of the original's optimizer.
func TestGoldenAdam(t *testing.T) {
	root := testenv.Golden(t)
	ran := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".safetensors" {
			return err
		}
		f, err := safetensors.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		name, _ := filepath.Rel(root, path)
		for _, n := range f.Names() {
			if strings.HasPrefix(n, "adam/") {
				ran++
				t.Run(filepath.ToSlash(name), func(t *testing.T) { goldenAdam(t, f) })
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if ran == 0 {
		t.Skipf("no vectors of Adam in %s", root)
	}
}

// goldenAdam asks for 1e-6, the tolerance that the vectors come with.
func goldenAdam(t *testing.T, f *safetensors.File) {
	read := func(name string) []float32 {
		x, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		return x.F32
	}
	for _, name := range f.Names() {
		name, ok := strings.CutPrefix(name, "adam/")
		if !ok {
			continue
		}
		p, g, want := read("param/"+name), read("grad/"+name), read("adam/"+name)
		nn.NewAdam().Step(p, make([]float32, len(p)), make([]float32, len(p)), g, 1e-4, 1)
		for i, w := range want {
			if !(math.Abs(float64(p[i]-w)) <= 1e-6) {
				t.Errorf("%s: element %d is %g, want %g", name, i, p[i], w)
				break
			}
		}
	}
}
