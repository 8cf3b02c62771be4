package mil

import (
	"runtime"
	"sync"

	"zoomscope/engine/topk"
)

// blocks are rows of features in blocks of equal length: the children of a patch
// at some magnification, one behind the other. Blocks that no selection uses may
// be missing.
type blocks struct {
	length int       // values of a block
	values []float32 // block i is at[i], or i where at is nil
	at     []int     // place of each block, -1 for one that is missing
}

// start is where block i begins among the values.
func (b *blocks) start(i int) int {
	if b.at != nil {
		i = b.at[i]
	}
	return i * b.length
}

// four are the same strip of four blocks, and spare in place of a missing one.
func (b *blocks) four(rows [4]int, from, to int, spare []float32) (out [4][]float32) {
	for r, i := range rows {
		if i < 0 {
			out[r] = spare[:to-from]
			continue
		}
		start := b.start(i)
		out[r] = b.values[start+from : start+to]
	}
	return out
}

// selection is a selector ready to be multiplied by.
type selection struct {
	*topk.Selector
	panels []panel
}

func newSelection(t *topk.Selector) *selection { return &selection{t, panels(t)} }

// blend writes (T kron I) x to dst, whose blocks are the rows of T: each one the
// mean of the blocks of x that its row picked, weighted.
func (s *selection) blend(dst, x *blocks) { multiply(dst, s.panels, x) }

// unblend writes the transpose of blend, (T kron I)' grad, to dst, whose blocks
// are the columns of T.
func (s *selection) unblend(dst, grad *blocks) { multiply(dst, transposedPanels(s.Selector), grad) }

func multiply(dst *blocks, all []panel, x *blocks) {
	inStrips(all, dst.length, func(p *panel, at []int, spare []float32, from, to int) {
		for b, column := range p.columns {
			at[b] = x.start(column) + from
		}
		rows := dst.four(p.rows, from, to, spare)
		sumRows(&rows, x.values, at[:len(p.columns)], p.weight)
	})
}

// addProducts adds to inner, for each entry (i, d) of T, the scalar product of
// block i of grad and block d of x: the gradient with respect to that entry.
func (s *selection) addProducts(inner []float32, grad, x *blocks) {
	inStrips(s.panels, grad.length, func(p *panel, _ []int, spare []float32, from, to int) {
		rows := grad.four(p.rows, from, to, spare)
		for b, column := range p.columns {
			start := x.start(column)
			products := dotRows(&rows, x.values[start+from:start+to])
			for r, e := range p.entry[4*b : 4*b+4] {
				if e >= 0 {
					inner[e] += products[r]
				}
			}
		}
	})
}

// strip is how many values of a block are worked on at a time: neighbouring
// panels use nearly the same blocks, whose strips then stay in the cache.
const strip = 1 << 11

// inStrips calls do for each strip, from..to of length, of each panel, with room
// for as many places as it has columns and for a strip. A panel's strips are worked on in order,
// by one goroutine.
func inStrips(all []panel, length int, do func(p *panel, at []int, spare []float32, from, to int)) {
	most := 0
	for i := range all {
		most = max(most, len(all[i].columns))
	}
	workers := min(len(all), runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			at, spare := make([]int, most), make([]float32, min(strip, length))
			mine := all[len(all)*w/workers : len(all)*(w+1)/workers]
			for from := 0; from < length; from += strip {
				for i := range mine {
					do(&mine[i], at, spare, from, min(from+strip, length))
				}
			}
		})
	}
	group.Wait()
}
