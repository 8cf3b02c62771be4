package nn_test

import (
	"slices"
	"testing"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
)

// What is known of shapes before a run is what the run gives, of every operator.
func TestShapesBeforeTheRun(t *testing.T) {
	cases := slices.Concat(operatorGradients, networkGradients)
	for seed := range uint64(40) {
		cases = append(cases, randomGraph(seed))
	}
	for _, c := range cases {
		for _, named := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				b := c.bench(nn.Float32, named)
				data, err := b.ONNX()
				if err != nil {
					t.Fatal(err)
				}
				got, err := nn.SurveyShapes(data, shapesOf(b.inputs))
				if err != nil {
					t.Fatal(err)
				}
				outputs := make([]*nn.Tensor, len(b.Outputs()))
				if err := nntest.Open(t, nntest.Interpreter{}, b.Graph).Run(t.Context(), b.inputs, outputs); err != nil {
					t.Fatal(err)
				}
				for i, y := range outputs {
					if !slices.Equal(got[i], y.Shape) {
						t.Errorf("output %d: %v before the run, %v after it", i, got[i], y.Shape)
					}
				}
			})
		}
	}
}

// shapesOf are inputs of which only the shapes are left.
func shapesOf(inputs []*nn.Tensor) []*nn.Tensor {
	var all []*nn.Tensor
	for _, x := range inputs {
		all = append(all, &nn.Tensor{Type: x.Type, Shape: x.Shape})
	}
	return all
}
