//go:build !linux && !darwin

package device

import "os"

func cpuBrand() string { return os.Getenv("PROCESSOR_IDENTIFIER") } // set by Windows
