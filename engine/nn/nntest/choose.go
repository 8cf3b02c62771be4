package nntest

import (
	"cmp"
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

// argMax is the place of the first of the largest elements along an axis.
func argMax(a *array, axis int) *array {
	shape := slices.Delete(slices.Clone(a.shape), axis, axis+1)
	return newArray(nn.Int64, shape...).fill(func(idx []int) float64 {
		at, best := slices.Insert(slices.Clone(idx), axis, 0), 0
		top := a.v[strict(a, at)]
		for at[axis] = range a.shape[axis] {
			if x := a.v[strict(a, at)]; x > top {
				top, best = x, at[axis]
			}
		}
		return float64(best)
	})
}

// top are the k largest elements of a vector, or the k smallest, and their places.
func top(a *array, k int, largest bool) (values, places *array) {
	if k < 1 || k > a.shape[0] {
		panic(runError(fmt.Sprintf("the first %d of %v", k, a.shape)))
	}
	order := make([]int, a.shape[0])
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		if largest {
			i, j = j, i
		}
		return cmp.Compare(a.v[i], a.v[j])
	})
	values, places = newArray(a.typ, k), newArray(nn.Int64, k)
	for i, at := range order[:k] {
		values.v[i], places.v[i] = a.v[at], float64(at)
	}
	return values, places
}
