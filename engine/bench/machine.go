package bench

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Machine is where something was measured.
type Machine struct {
	OS        string `json:"os"`
	Arch      string `json:"arch"`
	Processor string `json:"processor,omitempty"` // model, where the system tells
	Cores     int    `json:"cores"`               // that this program may use
	// Load is the number of tasks that wanted a core in the minute before; -1
	// where the system does not tell. Above nearly 0, others were at work.
	Load float64 `json:"load"`
}

// String is the machine in one line.
func (m Machine) String() string {
	text := fmt.Sprintf("%s/%s, %d cores", m.OS, m.Arch, m.Cores)
	if m.Processor != "" {
		text = fmt.Sprintf("%s, %d cores, %s/%s", m.Processor, m.Cores, m.OS, m.Arch)
	}
	if m.Load >= 0 {
		text += fmt.Sprintf(", load %.1f at the start", m.Load)
	}
	return text
}

// ThisMachine describes the machine at this moment.
func ThisMachine() Machine {
	return Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(),
		Processor: processor("/proc/cpuinfo"), Load: load("/proc/loadavg"),
	}
}

// processor is the model that a file like Linux's /proc/cpuinfo names first.
func processor(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		if strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// load is the first number of a file like Linux's /proc/loadavg.
func load(path string) float64 {
	text, err := os.ReadFile(path)
	v := -1.0
	if err != nil {
		return v
	}
	if _, err := fmt.Sscan(string(text), &v); err != nil {
		return -1
	}
	return v
}
