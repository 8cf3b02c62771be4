package bench

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		name string
		x    []float64
		want float64
	}{
		{"none", nil, 0},
		{"one", []float64{3}, 3},
		{"odd", []float64{9, 1, 5}, 5},
		{"even", []float64{8, 1, 2, 4}, 3},
		{"one outlier", []float64{1, 1, 100}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := slices.Clone(c.x)
			if got := Median(c.x); got != c.want {
				t.Errorf("median of %v is %v, want %v", c.x, got, c.want)
			}
			if !slices.Equal(c.x, before) {
				t.Errorf("values changed from %v to %v", before, c.x)
			}
		})
	}
}

// A machine that gets slower from round to round must not change a ratio.
func TestRatioIsWithinRounds(t *testing.T) {
	a := Times{2 * time.Second, 20 * time.Second, 200 * time.Second}
	b := Times{1 * time.Second, 10 * time.Second, 100 * time.Second}
	if got := Ratio(a, b); got != 2 {
		t.Errorf("ratio %v, want 2", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic for rounds that do not match")
		}
	}()
	Ratio(a, b[:2])
}

// named are contenders that log their names and say how often they ran.
func named(log *[]string, names ...string) []Contender {
	var list []Contender
	for _, name := range names {
		runs := time.Duration(0)
		list = append(list, Contender{name, func(context.Context) (time.Duration, error) {
			*log = append(*log, name)
			runs++
			return runs * time.Second, nil
		}})
	}
	return list
}

func TestAlternateTakesTurns(t *testing.T) {
	var log []string
	var told []int
	times, err := Alternate(t.Context(), 3, named(&log, "a", "b", "c"), func(done, total int) {
		if told = append(told, done); total != 4 {
			t.Errorf("of %d rounds, want 4", total)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(log, ""), "cba"+"abc"+"cba"+"abc"; got != want {
		t.Errorf("order %s, want %s", got, want)
	}
	if want := []int{0, 1, 2, 3}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
	want := Times{2 * time.Second, 3 * time.Second, 4 * time.Second} // the first run does not count
	for i, got := range times {
		if !slices.Equal(got, want) {
			t.Errorf("contender %d has times %v, want %v", i, got, want)
		}
	}
	if s := times[0].Seconds(); s != 3 {
		t.Errorf("median %v s, want 3", s)
	}
}

func TestAlternateStopsAtAnError(t *testing.T) {
	var log []string
	broken := errors.New("broken")
	list := append(named(&log, "a"), Contender{"b", func(context.Context) (time.Duration, error) { return 0, broken }})
	_, err := Alternate(t.Context(), 3, list, nil)
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "b: ") {
		t.Errorf("error %v, want b: broken", err)
	}
	if len(log) != 0 {
		t.Errorf("%v ran after the error", log)
	}
}
