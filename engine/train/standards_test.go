package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
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
			source, err := bags.get(&s)
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

// Values that are as good as constant in training are centred and not scaled.
func TestStandardsOfConstants(t *testing.T) {
	values := func(patch int) []float32 {
		wave := float32(patch%2*2 - 1)
		return []float32{3, 0.5 + 1e-5*wave, 1e6 + 2*wave, 0.5 + 1e-3*wave, 1e3 + 10*wave}
	}
	var b features
	for patch := range 40 {
		b = append(b, values(patch)...)
	}
	m := newMoments(5)
	if err := m.add(b, 0, 5); err != nil {
		t.Fatal(err)
	}
	got := m.standard()
	for i, want := range []float32{1, 1, 1, 1e3, 0.1} {
		if math.Abs(float64(got.Scale[i]/want-1)) > 1e-3 {
			t.Errorf("value %d: scale %v, want %v", i, got.Scale[i], want)
		}
	}
}

// features is a slide of 5 values per patch.
type features []float32

func (f features) Len(int) int { return len(f) / 5 }

func (f features) Features(dst []float32, _ int, rows []int) error {
	for i, row := range rows {
		copy(dst[5*i:5*i+5], f[5*row:])
	}
	return nil
}

func TestStandardsRefuse(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 15))
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := d.Standards(ctx); err != why {
		t.Errorf("cancelled: error %v", err)
	}
	bad := d.In(Training)[1]
	spoil(t, bad)
	_, err := d.Standards(t.Context())
	if err == nil {
		t.Fatal("a feature that is NaN was taken")
	}
	for _, w := range []string{bad.Bag, fmt.Sprintf("feature 3 of patch %d at 5x is NaN", bad.Patches[0]-1), " and run extract again"} {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q lacks %q", err, w)
		}
	}
}
