//go:build !amd64

package tissue

func addFour(dst []float64, s *[8][]float64, w *[4]float64) { addFourGo(dst, s, w, 0) }
