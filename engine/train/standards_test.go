package train

import (
	"math"
	"testing"
)

// The standards are the mean and deviation of the training slides, and of no
// others.
func TestStandards(t *testing.T) {
	dir := t.TempDir()
	d, err := Load(t.Context(), cohort(t, dir, 30), dir, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Divide(SplitOptions{Seed: 1}); err != nil {
		t.Fatal(err)
	}
	got, err := d.Standards(t.Context())
	if err != nil || len(got) != len(d.Magnifications) {
		t.Fatalf("%d standards, %v", len(got), err)
	}
	for level := range d.Magnifications {
		var mean, square [testDim]float64
		training := d.In(Training)
		for _, s := range training {
			bags := openBags(d.Magnifications, 1)
			source, err := bags.get(s.Bag)
			if err != nil {
				t.Fatal(err)
			}
			n := source.Len(level)
			for row := range n {
				x := make([]float32, testDim)
				if err := source.Features(x, level, []int{row}); err != nil {
					t.Fatal(err)
				}
				for i, v := range x {
					mean[i] += float64(v) / float64(n*len(training))
					square[i] += float64(v) * float64(v) / float64(n*len(training))
				}
			}
			if err := bags.Close(); err != nil {
				t.Fatal(err)
			}
		}
		for i := range mean {
			scale := 1 / math.Sqrt(square[i]-mean[i]*mean[i])
			if math.Abs(float64(got[level].Mean[i])-mean[i]) > 1e-5 || math.Abs(float64(got[level].Scale[i])/scale-1) > 1e-4 {
				t.Errorf("level %d, value %d: mean %v, scale %v, want %v, %v", level, i, got[level].Mean[i], got[level].Scale[i], mean[i], scale)
			}
		}
	}
}
