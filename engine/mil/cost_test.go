package mil

import (
	"slices"
	"testing"
)

func TestEncodes(t *testing.T) {
	zoom := func(magnifications []float64, k ...int) Config {
		return Config{Method: ZoomMIL, Magnifications: magnifications, K: k}
	}
	for _, c := range []struct {
		name    string
		config  Config
		patches []int
		want    []int
	}{
		{"paper's CRC", zoom([]float64{5, 10, 20}, 16, 16), []int{217, 868, 3472}, []int{217, 64, 64}},
		{"paper's BRIGHT", zoom([]float64{1.25, 2.5, 10}, 12, 12), []int{62, 248, 3968}, []int{62, 48, 192}},
		{"paper's CAMELYON16", zoom([]float64{10, 20}, 300), []int{4000, 16000}, []int{4000, 1200}},
		{"fewer patches than are to be zoomed into", zoom([]float64{5, 10, 20}, 16, 16), []int{3, 12, 48}, []int{3, 12, 48}},
		{"fewer only at first", zoom([]float64{5, 10, 20}, 16, 5), []int{3, 12, 48}, []int{3, 12, 20}},
		{"exhaustive", Config{Method: DSMIL, Magnifications: []float64{5, 10}}, []int{3, 12}, []int{3, 12}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.config.Encodes(c.patches); !slices.Equal(got, c.want) {
				t.Errorf("%v patches, want %v", got, c.want)
			}
		})
	}
}

// attended is what a gated attention over n embeddings costs.
func attended(n, e, h int) int { return n * (2*e*h + h) }

// The layers' products, written down from the equations, by the name of the case.
func workByHand(c Config, patches []int) int64 {
	d, e, h, classes := c.Encoder.Dim, c.Sizes.Embedding, c.Sizes.Hidden, len(c.Classes)
	n := patches[len(patches)-1]
	all := 0
	for _, p := range patches {
		all += p
	}
	switch c.Method {
	case ZoomMIL:
		total := e * classes
		for i, n := range c.Encodes(patches) {
			total += n*d*e + attended(n, e, h) + n*e // the last is the weighted mean
			if i < len(patches)-1 {
				total += attended(n, e, h)
			}
		}
		return int64(total)
	case MeanMIL:
		return int64(n*d*e + e*classes)
	case CLAMSB:
		return int64(n*d*e + attended(n, e, h) + n*e + e*classes)
	case MSMIL:
		m := c.Sizes.Middle
		return int64(all*(d*m+m*e+e*h+h+e) + e*classes)
	case DSMIL:
		in := d * len(patches)
		return int64(n*(in*classes+in*h+h*h) + n*h*classes + n*in*classes + classes*in*classes)
	case SparseConvMIL:
		m := c.Sizes.Middle
		return int64(n*9*(d*e+e*m) + m*h + h*classes)
	}
	return 0
}

func TestWork(t *testing.T) {
	configs := methodConfigs()
	configs["zoommil"] = testConfig(6)
	for _, name := range []string{"zoommil", "meanmil", "clam_sb", "clam_sb of many", "msmil", "msmil of three", "dsmil", "sparseconvmil"} {
		t.Run(name, func(t *testing.T) {
			c := configs[name]
			m, err := New(c, 1)
			if err != nil {
				t.Fatal(err)
			}
			s := newFamily(c, 3, 3)
			var patches []int
			for i := range c.Magnifications {
				patches = append(patches, s.Len(i))
			}
			got, err := m.Work(s)
			if err != nil {
				t.Fatal(err)
			}
			if want := workByHand(c, patches); got != want {
				t.Errorf("%d multiply-adds of %v patches, want %d", got, patches, want)
			}
		})
	}
}

// Every method can be counted, and four times the patches are about four times the
// work of what is not of the slide as a whole.
func TestWorkGrows(t *testing.T) {
	eachMethod(t, func(t *testing.T, c Config) {
		m, err := New(c, 1)
		if err != nil {
			t.Fatal(err)
		}
		few, err := m.Work(newFamily(c, 3, 8))
		if err != nil {
			t.Fatal(err)
		}
		many, err := m.Work(newFamily(c, 3, 16))
		if err != nil {
			t.Fatal(err)
		}
		if ratio := float64(many) / float64(few); !(ratio > 1.5) || ratio > 6 {
			t.Errorf("%d multiply-adds, then %d of four times the patches", few, many)
		}
	})
}

// The products of both attentions by landmarks, one by one.
func TestWorkOfTransMIL(t *testing.T) {
	c := methodConfigs()["transmil"]
	c.Sizes.Embedding = 16
	m, err := New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	s := newFamily(c, 3, 3) // 8 patches, laid out on 9 places
	got, err := m.Work(s)
	if err != nil {
		t.Fatal(err)
	}
	// 9 places and the class token are padded by 6 rows for 8 landmarks of 2 rows, of
	// which the first 3 are the same.
	const d, k, e, places = 16, 8 - 2, 2, 9
	const rows = 16 - 2*2
	inverse := 5 * 4 * heads * k * k * k
	projections := func(queries int) int { return (queries + 2*rows) * d * d }
	landmarks := 2*k*d*d + heads*k*k*e
	far := heads * (k*rows*e + k*rows*e) // attention of the landmarks, times the values
	last := func(width int) int { return 7 * heads * k * k * width }
	first := projections(rows) + landmarks + inverse + far + last(e) + heads*(rows*k*e+rows*k*e) + rows*d*residual + (places+1)*d*d
	second := projections(1) + landmarks + inverse + far + last(1) + heads*(k*e+k*e) + d*residual + d*d
	attention := heads * k * rows
	want := places*c.Encoder.Dim*d + first + places*d*49 + second + attention + d*len(c.Classes)
	if got != int64(want) {
		t.Errorf("%d multiply-adds, want %d", got, want)
	}
}
