package bench

import (
	"context"
	"errors"
	"runtime"
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
	a := Times{{2, 9}, {20, 90}, {200, 900}}
	b := Times{{1, 3}, {10, 30}, {100, 300}}
	if got, want := Ratio(a, b), (Quotient{2, 3}); got != want {
		t.Errorf("ratio %v, want %v", got, want)
	}
	if got, want := Ratio(Times{{2, 0}}, Times{{1, 3}}), (Quotient{Wall: 2}); got != want {
		t.Errorf("ratio %v where processor time is not known, want %v", got, want)
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
		list = append(list, Contender{name, func(context.Context) (Spent, error) {
			*log = append(*log, name)
			runs++
			return Spent{Wall: runs * time.Second}, nil
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
	want := Times{{Wall: 2 * time.Second}, {Wall: 3 * time.Second}, {Wall: 4 * time.Second}} // the first run does not count
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
	list := append(named(&log, "a"), Contender{"b", func(context.Context) (Spent, error) { return Spent{}, broken }})
	_, err := Alternate(t.Context(), 3, list, nil)
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "b: ") {
		t.Errorf("error %v, want b: broken", err)
	}
	if len(log) != 0 {
		t.Errorf("%v ran after the error", log)
	}
}

func TestMeasure(t *testing.T) {
	took, err := measure(func() error {
		for start := time.Now(); time.Since(start) < 30*time.Millisecond; {
		}
		return nil
	})
	if err != nil || took.Wall < 30*time.Millisecond {
		t.Errorf("took %v, error %v", took, err)
	}
	if took.CPU > took.Wall*time.Duration(runtime.NumCPU())+20*time.Millisecond || runtime.GOOS == "linux" && took.CPU == 0 {
		t.Errorf("took %v", took)
	}
}
