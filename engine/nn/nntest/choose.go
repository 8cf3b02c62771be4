package nntest

import (
	"fmt"
	"slices"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/internal/onnx"
)

// choose computes the operators that compare, choose, and know sizes.
func choose(n *onnx.Node, in []*array) *array {
	a := in[0]
	switch n.Op {
	case "Greater", "Equal":
		b := in[1]
		return newArray(nn.Bool, broadcast(a.shape, b.shape)...).fill(func(idx []int) float64 {
			x, y := a.at(idx...), b.at(idx...)
			if n.Op == "Greater" && x > y || n.Op == "Equal" && x == y {
				return 1
			}
			return 0
		})
	case "Where":
		shape := broadcast(a.shape, broadcast(in[1].shape, in[2].shape))
		return newArray(in[1].typ, shape...).fill(func(idx []int) float64 {
			if a.at(idx...) != 0 {
				return in[1].at(idx...)
			}
			return in[2].at(idx...)
		})
	case "Shape":
		return newArray(nn.Int64, len(a.shape)).fill(func(idx []int) float64 { return float64(a.shape[idx[0]]) })
	case "Expand":
		return newArray(a.typ, broadcast(a.shape, in[1].ints())...).fill(func(idx []int) float64 { return a.at(idx...) })
	case "Range":
		start, count := a.v[0], int(in[1].v[0]-a.v[0])
		return newArray(a.typ, max(count, 0)).fill(func(idx []int) float64 { return start + float64(idx[0]) })
	case "DequantizeLinear":
		out := mapped(a, func(x float64) float64 { return x * in[1].v[0] })
		out.typ = in[1].typ
		return out
	}
	return scatterAdd(a, in[1], in[2], int(n.Attr("axis").I))
}

func scatterAdd(a, indices, updates *array, axis int) *array {
	out := &array{a.typ, a.shape, slices.Clone(a.v)}
	if !slices.Equal(indices.shape, updates.shape) {
		panic(runError(fmt.Sprintf("indices %v for %v", indices.shape, updates.shape)))
	}
	newArray(updates.typ, updates.shape...).fill(func(idx []int) float64 {
		to, i := slices.Clone(idx), int(indices.v[strict(indices, idx)])
		if i < -a.shape[axis] || i >= a.shape[axis] {
			panic(runError(fmt.Sprintf("index %d is not within axis %d of %v", i, axis, a.shape)))
		}
		to[axis] = (i + a.shape[axis]) % a.shape[axis]
		out.v[strict(out, to)] += updates.v[strict(updates, idx)]
		return 0
	})
	return out
}
