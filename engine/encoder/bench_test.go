package encoder

import (
	"testing"

	"zoomscope/engine/nn"
)

// BenchmarkEncoder compares Encode with the bare session on the same bytes, of
// the built-in encoder and of a ResNet-50 of random weights.
func BenchmarkEncoder(b *testing.B) {
	o := openCPU(b, 2)
	builtin, err := Builtin()
	if err != nil {
		b.Fatal(err)
	}
	weights := layout{three: true, width: 64, blocks: []int{3, 4, 6, 3}, groups: 1}.weights()
	resnet, err := ImportResNet(weights, Description{Name: "resnet50"})
	if err != nil {
		b.Fatal(err)
	}
	const n = 2 * DefaultBatch
	tiles := noise(n)
	for _, spec := range []*Spec{builtin, resnet} {
		dst := make([]float32, n*spec.Card().Dim)
		b.Run(spec.Card().Name+"/bare", func(b *testing.B) {
			run := bare(b, spec, o, tiles, dst)
			for b.Loop() {
				run()
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "img/s")
		})
		b.Run(spec.Card().Name+"/encode", func(b *testing.B) {
			e := open(b, spec, o)
			for b.Loop() {
				if err := e.Encode(b.Context(), tiles, n, dst); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "img/s")
		})
	}
}

// bare runs the network on both batches of tiles, with arrays made once.
func bare(b *testing.B, spec *Spec, o nn.Opener, tiles []byte, dst []float32) func() {
	session, err := o.Open(spec.ONNX())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := session.Close(); err != nil {
			b.Error(err)
		}
	})
	var in, out [2][]*nn.Tensor
	dim := spec.Card().Dim
	for i := range in {
		in[i] = []*nn.Tensor{nn.U8Tensor(tiles[i*DefaultBatch*TileBytes:][:DefaultBatch*TileBytes], DefaultBatch, Side, Side, 3)}
		out[i] = []*nn.Tensor{nn.F32Tensor(dst[i*DefaultBatch*dim:][:DefaultBatch*dim], DefaultBatch, dim)}
	}
	return func() {
		for i := range in {
			if err := session.Run(b.Context(), in[i], out[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
}
