package encoder

import (
	"math"

	"zoomscope/engine/nn"
)

// tilesInput declares the input that every encoder has.
func tilesInput(g *nn.Graph) *nn.Value {
	return g.Input("tiles", nn.Uint8, nn.Symbol("B"), nn.Fixed(Side), nn.Fixed(Side), nn.Fixed(3))
}

// prepare turns patches, uint8 [B, 256, 256, 3] red first, into what the
// description says the network wants. It uses operators alone whose meaning no
// opset from 7 on has changed, since it is joined to networks of any of them.
func prepare(g *nn.Graph, tiles *nn.Value, d Description) *nn.Value {
	x := tiles
	if d.Fit == Crop && d.Size != Side {
		x = crop(g, x, d.Size)
	}
	if d.Colour == BGR {
		x = g.Gather(x, g.Const(nn.I64Tensor([]int64{2, 1, 0}, 3)), 3)
	}
	resize := d.Fit == Resize && d.Size != Side
	if d.Type == Uint8 && !resize {
		return channelsFirst(g, x, d.Layout)
	}
	x = channelsFirst(g, g.Cast(x, nn.Float32), NCHW)
	if resize {
		x = resample(g, x, d.Size)
	}
	if d.Type == Uint8 {
		x = g.Cast(g.Add(x, g.Scalar(0.5)), nn.Uint8) // a cast rounds down
	} else {
		x = normalise(g, x, d)
	}
	if d.Layout == NHWC {
		x = g.Transpose(x, 0, 2, 3, 1)
	}
	return x
}

// channelsFirst reorders [B, H, W, 3] to a layout.
func channelsFirst(g *nn.Graph, x *nn.Value, l Layout) *nn.Value {
	if l == NHWC {
		return x
	}
	return g.Transpose(x, 0, 3, 1, 2)
}

// normalise is (x*Scale + Offset - Mean) / Std of [B, 3, H, W], as one product
// and one sum.
func normalise(g *nn.Graph, x *nn.Value, d Description) *nn.Value {
	a, b := make([]float32, 3), make([]float32, 3)
	for c := range 3 {
		a[c] = float32(d.Scale / d.Std[c])
		b[c] = float32((d.Offset - d.Mean[c]) / d.Std[c])
	}
	x = g.Mul(x, g.Const(nn.F32Tensor(a, 1, 3, 1, 1)))
	return g.Add(x, g.Const(nn.F32Tensor(b, 1, 3, 1, 1)))
}

// crop is the middle of [B, H, W, 3].
func crop(g *nn.Graph, x *nn.Value, size int) *nn.Value {
	at := make([]int64, size)
	for i := range at {
		at[i] = int64((Side-size)/2 + i)
	}
	middle := g.Const(nn.I64Tensor(at, size))
	return g.Gather(g.Gather(x, middle, 1), middle, 2)
}

// resample is [B, 3, 256, 256] at another size: a product with a matrix for the
// rows, and one for the columns.
func resample(g *nn.Graph, x *nn.Value, size int) *nn.Value {
	m := bilinear(Side, size)
	rows, columns := make([]float32, size*Side), make([]float32, size*Side)
	for i, w := range m {
		rows[i] = float32(w)
		columns[i%Side*size+i/Side] = float32(w)
	}
	x = g.MatMul(x, g.Const(nn.F32Tensor(columns, Side, size)))
	return g.MatMul(g.Const(nn.F32Tensor(rows, size, Side)), x)
}

// bilinear is the [to, from] matrix of linear interpolation, pixel centres at
// halves. Towards a smaller picture the triangle is as wide as the scale, as
// Pillow and torchvision have it.
func bilinear(from, to int) []float64 {
	scale := float64(from) / float64(to)
	support := max(scale, 1)
	m := make([]float64, to*from)
	for i := range to {
		row, sum := m[i*from:(i+1)*from], 0.0
		centre := (float64(i) + 0.5) * scale
		for k := range row {
			row[k] = max(0, 1-math.Abs(float64(k)+0.5-centre)/support)
			sum += row[k]
		}
		for k := range row {
			row[k] /= sum
		}
	}
	return m
}

// gather pools a network's output, of which rank axes are known, to [B, D].
// Like prepare it keeps to operators that mean the same in every opset.
func gather(g *nn.Graph, x *nn.Value, p Pool) *nn.Value {
	switch rank := x.Rank(); {
	case rank == 4:
		return g.Reshape(g.GlobalAvgPool(x), 0, -1)
	case rank == 3 && p == Mean: // tokens as columns of a picture
		tokens := g.Transpose(x, 0, 2, 1)
		return g.Reshape(g.GlobalAvgPool(g.Reshape(tokens, 0, 0, -1, 1)), 0, -1)
	case rank == 3:
		return g.Gather(x, g.Const(nn.I64Tensor([]int64{0})), 1)
	}
	return x
}
