package mil

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"zoomscope/engine/nn"
	"zoomscope/engine/safetensors"
	"zoomscope/packaging/testenv"
)

// tolerance is the one the golden vectors come with: ten times what the float32
// and the float64 run of the original differ by.
const tolerance = 2e-6

// TestGoldenVectors compares evaluation with what the authors' code computed.
func TestGoldenVectors(t *testing.T) {
	root := testenv.Golden(t)
	files, ran := 0, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".safetensors" {
			return err
		}
		files++
		f, err := safetensors.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		switch f.Metadata()["method"] {
		case "tissue", "patch_grid", "image_ops":
			return nil // engine/tissue compares these
		}
		ran++
		name, _ := filepath.Rel(root, path)
		t.Run(filepath.ToSlash(name), func(t *testing.T) { golden(&vectors{t, f}) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case files == 0:
		t.Fatalf("no vectors in %s", root)
	case ran == 0:
		t.Skipf("no vectors of a model among the %d in %s", files, root)
	}
}

func golden(v *vectors) {
	meta := v.f.Metadata()
	if meta["format"] != "mil-golden-1" {
		v.Fatalf("format %q", meta["format"])
	}
	switch method := meta["method"]; method {
	case ZoomMIL:
		goldenZoomMIL(v)
	default:
		if !slices.Contains(Methods(), method) {
			v.Fatalf("method %q is not known", method)
		}
		goldenMethod(v)
	}
}

// vectors are the tensors of one file.
type vectors struct {
	*testing.T
	f *safetensors.File
}

func (v *vectors) tensor(name string) *nn.Tensor {
	v.Helper()
	x, err := v.f.Tensor(name)
	if err != nil {
		v.Fatal(err)
	}
	return x
}

func (v *vectors) ints(name string) []int {
	v.Helper()
	var out []int
	for _, i := range v.tensor(name).I64 {
		out = append(out, int(i))
	}
	return out
}

func (v *vectors) metaInts(key string) []int {
	v.Helper()
	var out []int
	if err := json.Unmarshal([]byte(v.f.Metadata()[key]), &out); err != nil {
		v.Fatalf("metadata %s: %v", key, err)
	}
	return out
}

// params is the state dict of the file.
type params struct{ *vectors }

func (p params) Names() []string {
	var names []string
	for _, name := range p.f.Names() {
		if short, ok := strings.CutPrefix(name, "param/"); ok {
			names = append(names, short)
		}
	}
	return names
}

func (p params) Shape(name string) ([]int, error) {
	_, shape, err := p.f.Info("param/" + name)
	return shape, err
}

func (p params) Tensor(name string) (*nn.Tensor, error) { return p.f.Tensor("param/" + name) }

// matrices are the features of each level.
type matrices []*nn.Tensor

func (m matrices) Len(level int) int { return m[level].Shape[0] }

func (m matrices) Features(dst []float32, level int, rows []int) error {
	dim := m[level].Shape[1]
	for i, row := range rows {
		copy(dst[i*dim:(i+1)*dim], m[level].F32[row*dim:])
	}
	return nil
}

func goldenZoomMIL(v *vectors) {
	config := testConfig(1)
	levels, err := strconv.Atoi(v.f.Metadata()["levels"])
	if err != nil {
		v.Fatal(err)
	}
	classes, err := strconv.Atoi(v.f.Metadata()["classes"])
	if err != nil {
		v.Fatal(err)
	}
	config.Classes, config.Magnifications = nil, nil
	for i := range classes {
		config.Classes = append(config.Classes, fmt.Sprint("class ", i))
	}
	var source matrices
	for i := range levels {
		// The ratios follow from the numbers of rows; these only have to ascend.
		config.Magnifications = append(config.Magnifications, float64(int(1)<<i))
		source = append(source, v.tensor(fmt.Sprint("x/", i)))
	}
	config.K = v.metaInts("k")
	config.Encoder.Dim, config.Sizes, config.Classifier = 0, Sizes{}, ""
	model, err := fromState(params{v}, config)
	if err != nil {
		v.Fatal(err)
	}
	for name, opener := range openers {
		v.Run(name, func(t *testing.T) {
			out := forward(t, model, opener(t), source, 0)
			compareZoomMIL(t, &vectors{t, v.f}, out)
			goldenTraining(&vectors{t, v.f}, model, opener(t), source)
		})
	}
}

func compareZoomMIL(t *testing.T, v *vectors, out *Outcome) {
	near(t, "logits", out.Logits, v.tensor("eval/logits").F32)
	near(t, "prob", out.Probabilities, v.tensor("eval/prob").F32)
	effective := v.metaInts("k_effective")
	for i, l := range out.Levels {
		near(t, fmt.Sprint("attention/", i), l.Attention, v.tensor(fmt.Sprint("eval/attention/", i)).F32)
		if i > 0 {
			equal(t, fmt.Sprint("rows/", i), out.Rows[i], v.ints(fmt.Sprint("eval/rows/", i)))
		}
		if i == len(out.Levels)-1 {
			break
		}
		near(t, fmt.Sprint("select_attention/", i), l.ZoomAttention, v.tensor(fmt.Sprint("eval/select_attention/", i)).F32)
		equal(t, fmt.Sprint("selected/", i), l.Selected, v.ints(fmt.Sprint("eval/selected/", i)))
		if len(l.Selected) != effective[i] {
			t.Errorf("%d selected, want %d", len(l.Selected), effective[i])
		}
		if name := fmt.Sprint("eval/selected_rows/", i); v.f.Has(name) {
			var rows []int
			for _, s := range l.Selected {
				rows = append(rows, out.Rows[i][s])
			}
			equal(t, name, rows, v.ints(name))
		}
	}
}

func near(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= tolerance) {
			t.Errorf("%s: value %d is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

func equal(t *testing.T, what string, got, want []int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
