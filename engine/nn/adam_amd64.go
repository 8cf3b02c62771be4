package nn

import "golang.org/x/sys/cpu"

//go:noescape
func adamAVX(p, m, v, g []float32, c *adamConstants)

// adam is adamGo, eight parameters at a time where the processor can; bit for bit
// the same.
func adam(p, m, v, g []float32, c *adamConstants) {
	done := 0
	if cpu.X86.HasAVX {
		done = len(p) &^ 7
		m, v, g = m[:len(p)], v[:len(p)], g[:len(p)] // what the assembly does not check
		adamAVX(p[:done], m, v, g, c)
	}
	adamGo(p, m, v, g, c, done)
}
