package app

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"zoomscope/engine/result"
)

// lookedAt is a result of a few patches.
func lookedAt(patches int) *result.Result {
	r := &result.Result{
		Version: result.Version, Slide: result.Slide{Width: 2048, Height: 1024},
		Model:      result.Model{Classes: []string{"a", "b"}},
		Prediction: result.Prediction{Label: "a", Probabilities: []float64{0.75, 0.25}},
		Levels:     []result.Level{{Magnification: 5}, {Magnification: 10}},
	}
	for i := range patches {
		p := result.Patch{X: float64(i) * 512, Size: 512, Height: 512, Attention: 1 / float64(i+3), Parent: -1}
		r.Levels[0].Patches = append(r.Levels[0].Patches, p)
		p.Parent = i
		r.Levels[1].Patches = append(r.Levels[1].Patches, p)
	}
	return r
}

func TestAttentionOfEpochsIsKept(t *testing.T) {
	for _, c := range []struct {
		planned, epochs, best int
		want                  []int
	}{
		{planned: 3, epochs: 3, best: 2, want: []int{1, 2, 3}},
		{planned: 24, epochs: 5, best: 5, want: []int{1, 2, 3, 4, 5}},
		{planned: 100, epochs: 13, best: 7, want: []int{1, 5, 7, 10, 13}},
		{planned: 100, epochs: 15, best: 15, want: []int{1, 5, 10, 15}},
	} {
		t.Run(fmt.Sprintf("%d of %d", c.epochs, c.planned), func(t *testing.T) {
			w := &Workspace{}
			k := attentionKeeper{t.TempDir(), c.planned, mostKeptBytes}
			var kept []int
			for epoch := range c.epochs {
				var err error
				if kept, err = k.keep("../s 1/ä", epoch+1, min(c.best, epoch+1), lookedAt(epoch+1)); err != nil {
					t.Fatal(err)
				}
			}
			again, err := w.AttentionEpochs(k.run, "../s 1/ä")
			if err != nil || !slices.Equal(kept, c.want) || !slices.Equal(again, c.want) {
				t.Fatalf("%v, %v, error %v, want %v", kept, again, err, c.want)
			}
			for _, epoch := range again {
				if r, err := w.AttentionAfter(k.run, "../s 1/ä", epoch); err != nil || !reflect.DeepEqual(r, lookedAt(epoch)) {
					t.Errorf("epoch %d: %+v, error %v", epoch, r, err)
				}
			}
		})
	}
}

func TestAttentionThatIsNotThere(t *testing.T) {
	w := &Workspace{}
	if epochs, err := w.AttentionEpochs(t.TempDir(), "s1"); err != nil || len(epochs) > 0 {
		t.Errorf("%v, error %v", epochs, err)
	}
	if r, err := w.AttentionAfter(t.TempDir(), "s1", 1); !os.IsNotExist(err) {
		t.Errorf("%v, error %v", r, err)
	}
}

func TestAttentionIsBounded(t *testing.T) {
	run := t.TempDir()
	size := func() (n int64) {
		all, err := filepath.Glob(filepath.Join(run, attentionFolder, "*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range all {
			n += sizeOf(path)
		}
		return n
	}
	stray := filepath.Join(run, attentionFolder, "my notes", "text")
	if err := os.MkdirAll(filepath.Dir(stray), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{stray, filepath.Join(run, attentionFolder, ".DS_Store")} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		if _, err := os.Stat(stray); err != nil {
			t.Error("what others put there was removed:", err)
		}
	}()
	k := attentionKeeper{run, 24, 1 << 40}
	for i, slide := range []string{"first", "second"} {
		for epoch := 1; epoch <= 4; epoch++ {
			if _, err := k.keep(slide, epoch, 2, lookedAt(20)); err != nil {
				t.Fatal(err)
			}
			at := time.Now().Add(time.Duration(i-10) * time.Minute)
			if err := os.Chtimes(attentionFile(attentionDir(run, slide), epoch), at, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	k.bytes = size() + 20 // room for what is there alone
	kept, err := k.keep("third", 1, 1, lookedAt(20))
	if err != nil || !slices.Equal(kept, []int{1}) || size() > k.bytes {
		t.Fatalf("%v, %d of %d bytes, error %v", kept, size(), k.bytes, err)
	}
	for slide, want := range map[string]int{"first": 0, "second": 4} {
		if epochs, err := keptEpochs(attentionDir(run, slide)); err != nil || len(epochs) != want {
			t.Errorf("%s: %v, error %v", slide, epochs, err)
		}
	}

	k.bytes = 4 * sizeOf(attentionFile(attentionDir(run, "third"), 1))
	for epoch := 2; epoch <= 9; epoch++ {
		if kept, err = k.keep("third", epoch, 3, lookedAt(20)); err != nil {
			t.Fatal(err)
		}
	}
	if size() > k.bytes || !slices.Contains(kept, 3) || !slices.Contains(kept, 9) || len(kept) < 3 {
		t.Errorf("%v, %d of %d bytes", kept, size(), k.bytes)
	}
	k.bytes = 1
	if kept, err = k.keep("third", 10, 3, lookedAt(20)); err != nil || !slices.Contains(kept, 10) {
		t.Errorf("%v, error %v", kept, err)
	}
}

func packed(t testing.TB, v any) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if err := json.NewEncoder(z).Encode(v); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestReadAttentionRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*result.Result){
		"another version":   func(r *result.Result) { r.Version++ },
		"no levels":         func(r *result.Result) { r.Levels = nil },
		"a parent too many": func(r *result.Result) { r.Levels[1].Patches[0].Parent = 2 },
		"a parent at the lowest magnification": func(r *result.Result) {
			r.Levels[0].Patches[0].Parent = 0
		},
		"no size":               func(r *result.Result) { r.Levels[1].Patches[1].Size = 0 },
		"probabilities of less": func(r *result.Result) { r.Prediction.Probabilities = nil },
	} {
		t.Run(name, func(t *testing.T) {
			r := lookedAt(2)
			spoil(r)
			if _, err := readAttention(bytes.NewReader(packed(t, r))); err == nil {
				t.Error("taken")
			}
		})
	}
	whole := packed(t, lookedAt(2))
	for name, data := range map[string][]byte{"nothing": nil, "no gzip": []byte("{}"), "cut off": whole[:len(whole)-9]} {
		t.Run(name, func(t *testing.T) {
			if _, err := readAttention(bytes.NewReader(data)); err == nil {
				t.Error("taken")
			}
		})
	}
}

func FuzzReadAttention(f *testing.F) {
	f.Add(packed(f, lookedAt(2)))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := readAttention(bytes.NewReader(data))
		if err == nil && (r == nil || len(r.Levels) == 0) {
			t.Errorf("%+v", r)
		}
	})
}
