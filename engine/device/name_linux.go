package device

func cpuBrand() string { return fileField("/proc/cpuinfo", "model name") }
