package device

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// name is the hardware's name as far as it is known without asking a driver, with
// the number of threads that compute on a processor, where 0 is one per core.
func name(k Kind, threads int) string {
	switch k {
	case CPU:
		return fmt.Sprintf("%s, %s", cpuName(), counted(cmp.Or(threads, runtime.NumCPU())))
	case CUDA:
		if n := nvidiaName("/proc/driver/nvidia/gpus"); n != "" {
			return n
		}
		return "CUDA device 0"
	case WebGPU:
		return "WebGPU adapter"
	case DirectML:
		return "DirectML adapter 0"
	case CoreML:
		return "CoreML (GPU and Neural Engine)"
	}
	return string(k)
}

func counted(threads int) string {
	if threads == 1 {
		return "1 thread"
	}
	return fmt.Sprintf("%d threads", threads)
}

func cpuName() string {
	if n := cpuBrand(); n != "" {
		return n
	}
	return runtime.GOARCH + " processor"
}

// fileField is the value of the first line "key : value" of a file; "" where
// there is none.
func fileField(path, key string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, 1<<20))
	for lines.Scan() {
		if k, v, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(k) == key {
			return strings.Join(strings.Fields(v), " ")
		}
	}
	return ""
}

// nvidiaName is the model of the first NVIDIA card, by its Linux driver.
func nvidiaName(dir string) string {
	cards, _ := filepath.Glob(filepath.Join(dir, "*", "information"))
	for _, c := range cards {
		if n := fileField(c, "Model"); n != "" {
			return n
		}
	}
	return ""
}
