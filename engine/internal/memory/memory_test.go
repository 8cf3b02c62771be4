package memory

import (
	"runtime"
	"testing"
)

func TestAvailable(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		want  int64
		known bool
	}{
		"linux":     {"MemTotal:  8000000 kB\nMemAvailable:    4000000 kB\n", 4000000 << 10, true},
		"none":      {"MemTotal:  8000000 kB\n", 0, false},
		"no number": {"MemAvailable: much kB\n", 0, false},
		"too large": {"MemAvailable: 9000000000000000000 kB\n", 0, false},
		"negative":  {"MemAvailable: -1 kB\n", 0, false},
		"nothing":   {"", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, known := available(c.text); known != c.known || known && got != c.want {
				t.Errorf("%d, %v", got, known)
			}
		})
	}
}

func TestFree(t *testing.T) {
	if bytes, known := Free(); known != (runtime.GOOS == "linux") || known && bytes < 1<<20 {
		t.Errorf("%d, %v", bytes, known)
	}
}

func TestText(t *testing.T) {
	for bytes, want := range map[int64]string{1_940_000_000: "1.9 GB", 62_000_000: "0.062 GB", 12_000_000_000: "12 GB", 99_400_000_000: "99 GB", 99_600_000_000: "100 GB", 823_000_000_000: "823 GB"} {
		if got := Text(bytes); got != want {
			t.Errorf("%d: %s, want %s", bytes, got, want)
		}
	}
}
