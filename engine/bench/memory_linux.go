package bench

import (
	"fmt"
	"os"
	"strings"
)

// peakMemory is the most memory that a running process has held, in bytes; 0
// when it has ended.
func peakMemory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	return highWater(string(status))
}

// highWater reads the mark from a status as the kernel writes it.
func highWater(status string) int64 {
	_, rest, ok := strings.Cut(status, "VmHWM:")
	if !ok {
		return 0
	}
	var kib int64
	if _, err := fmt.Sscanf(rest, "%d kB", &kib); err != nil {
		return 0
	}
	return kib << 10
}
