//go:build !amd64

package nn

func adam(p, m, v, g []float32, c *adamConstants) { adamGo(p, m, v, g, c, 0) }
