// Package memory knows how much memory of this machine is free.
package memory

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Free is how many bytes of memory can be had, where the system tells.
func Free() (bytes int64, known bool) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	return available(string(text))
}

// available is what a text like Linux's /proc/meminfo says can be had, in bytes.
func available(text string) (bytes int64, known bool) {
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemAvailable:" && f[2] == "kB" {
			n, err := strconv.ParseInt(f[1], 10, 64)
			return n << 10, err == nil && n >= 0 && n < 1<<50
		}
	}
	return 0, false
}

// Text writes bytes for people, as gigabytes with two digits, or whole ones.
func Text(bytes int64) string {
	if bytes >= 99.5e9 {
		return fmt.Sprintf("%.0f GB", float64(bytes)/1e9)
	}
	return fmt.Sprintf("%.2g GB", float64(bytes)/1e9)
}
