package device

import "golang.org/x/sys/unix"

func cpuBrand() string {
	s, err := unix.Sysctl("machdep.cpu.brand_string")
	if err != nil {
		return ""
	}
	return s
}
