package bench

import (
	"fmt"

	"zoomscope/engine/encoder"
	"zoomscope/engine/nn"
)

// EncoderWork is how many multiply-adds an encoder takes for a patch, as
// nn.MultiplyAdds counts them in its graph.
func EncoderWork(s *encoder.Spec) (int64, error) {
	patch := &nn.Tensor{Type: nn.Uint8, Shape: []int{1, encoder.Side, encoder.Side, 3}}
	n, err := nn.MultiplyAdds(s.ONNX(), []*nn.Tensor{patch})
	if err != nil {
		return 0, fmt.Errorf("encoder %s: %w", s.Card().Name, err)
	}
	return n, nil
}
