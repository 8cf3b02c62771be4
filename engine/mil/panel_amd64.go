package mil

import "golang.org/x/sys/cpu"

//go:noescape
func sumAVX(dst *[4][]float32, x []float32, at []int, weight []float32)

//go:noescape
func dotAVX(out *[4]float32, rows *[4][]float32, x []float32)

// sumRows is sumRowsGo, 16 values at a time where the processor can; products
// are then not rounded before they are added.
func sumRows(dst *[4][]float32, x []float32, at []int, weight []float32) {
	n := len(dst[0])
	if !hasAVX() || n%16 != 0 {
		sumRowsGo(dst, x, at, weight)
		return
	}
	for _, row := range dst { // what the assembly does not check
		_ = row[:n]
	}
	for _, i := range at {
		_ = x[i : i+n]
	}
	_ = weight[:4*len(at)]
	sumAVX(dst, x, at, weight)
}

// dotRows is dotRowsGo, 16 values at a time where the processor can, in another
// order.
func dotRows(rows *[4][]float32, x []float32) (out [4]float32) {
	if !hasAVX() || len(x)%16 != 0 {
		return dotRowsGo(rows, x)
	}
	for _, row := range rows {
		_ = row[:len(x)]
	}
	dotAVX(&out, rows, x)
	return out
}

func hasAVX() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA }
