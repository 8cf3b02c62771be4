//go:build !amd64

package mil

func sumRows(dst *[4][]float32, x []float32, at []int, weight []float32) {
	sumRowsGo(dst, x, at, weight)
}

func dotRows(rows *[4][]float32, x []float32) [4]float32 { return dotRowsGo(rows, x) }
