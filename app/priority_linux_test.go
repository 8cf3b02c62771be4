package app

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// threadsByNice counts the threads of this program by their priority.
func threadsByNice(t *testing.T) map[int]int {
	t.Helper()
	stats, err := filepath.Glob("/proc/self/task/*/stat")
	if err != nil {
		t.Fatal(err)
	}
	found := map[int]int{}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), ") ") // a thread's name may hold spaces
		nice, err := strconv.Atoi(strings.Fields(rest)[16])
		if err != nil {
			t.Fatal(err)
		}
		found[nice]++
	}
	return found
}

// TestAnalyzeViewAtLowPriority: the threads that compute are lowered, those of the
// window are not.
func TestAnalyzeViewAtLowPriority(t *testing.T) {
	before := threadsByNice(t)
	if before[0] == 0 {
		t.Skip("this program runs at another priority")
	}
	w, v := tissueView(t, 0.5)
	o := onCPU
	o.Threads = 2
	low := 0
	_, err := w.AnalyzeView(t.Context(), v, o, func(Progress) { low = max(low, threadsByNice(t)[lowNice]) })
	if err != nil {
		t.Fatal(err)
	}
	if after := threadsByNice(t); low == 0 || after[0] == 0 {
		t.Errorf("%d threads were low; priorities before %v, after %v", low, before, after)
	}
}
