package nn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"zoomscope/engine/nn/internal/onnx"
)

// ErrUncounted is wrapped by the errors of MultiplyAdds for networks with parts
// that it cannot count.
var ErrUncounted = errors.New("work cannot be counted")

// MultiplyAdds counts the multiply-adds of one run of a network, an ONNX file, on
// inputs like these: those of convolutions and of products of matrices (Conv,
// ConvTranspose, Gemm, MatMul), one for each element of the result and each of
// the elements that are summed for it. Zeros of padding count, biases and all that
// is done element by element or summed up otherwise do not.
//
// Of the inputs, in the order of the file, the shapes are looked at, and the
// elements of integers where shapes follow from them; others need none. Nodes of
// other domains than ONNX's own, operators whose shapes are not known here, and
// shapes that follow from what is not known wrap ErrUncounted.
func MultiplyAdds(data []byte, inputs []*Tensor) (int64, error) {
	s, _, err := surveyOf(data, inputs)
	return s.work, err
}

// surveyOf walks through a file; outputs are the shapes of its outputs.
func surveyOf(data []byte, inputs []*Tensor) (s survey, outputs [][]int, err error) {
	m, err := decode(data, DefaultLimits())
	if err != nil {
		return s, nil, err
	}
	s.values = map[string]sketch{}
	for _, t := range m.Graph.Initializers {
		s.values[t.Name] = sketchOf(t)
	}
	given := 0
	for _, v := range m.Graph.Inputs {
		if _, weight := s.values[v.Name]; weight {
			continue
		}
		if given == len(inputs) {
			return s, nil, fmt.Errorf("input %.200q is not given", v.Name)
		}
		s.values[v.Name] = sketch{inputs[given].Shape, inputs[given].I64}
		given++
	}
	for _, n := range m.Graph.Nodes {
		if err := s.node(n); err != nil {
			return s, nil, fmt.Errorf("node %.200q, %s: %w", n.Name, n.Op, err)
		}
	}
	for _, v := range m.Graph.Outputs {
		outputs = append(outputs, s.values[v.Name].shape)
	}
	return s, outputs, nil
}

// sketch is what is known of an array before a run: its shape and, where it holds
// integers that are known, these.
type sketch struct {
	shape []int
	ints  []int64
}

// mostInts is how long constants are from which shapes follow.
const mostInts = 1 << 16

// sketchOf is that of a constant.
func sketchOf(t *onnx.Tensor) sketch {
	s := sketch{shape: make([]int, len(t.Dims))}
	for i, d := range t.Dims {
		s.shape[i] = int(d)
	}
	if t.Type != onnx.Int64 || !t.HasRaw || len(t.Raw)%8 != 0 || len(t.Raw) > 8*mostInts {
		return s
	}
	s.ints = []int64{}
	for raw := range slices.Chunk(t.Raw, 8) {
		s.ints = append(s.ints, int64(binary.LittleEndian.Uint64(raw)))
	}
	return s
}

// survey goes through the nodes of a network.
type survey struct {
	values map[string]sketch
	work   int64
}

// node adds the work of a node and notes what its result looks like.
func (s *survey) node(n *onnx.Node) error {
	if n.Domain != "" && n.Domain != "ai.onnx" {
		return fmt.Errorf("domain %.200q: %w", n.Domain, ErrUncounted)
	}
	st := &stage{n: n}
	for _, name := range n.Inputs {
		v, ok := s.values[name]
		if !ok && name != "" {
			return fmt.Errorf("input %.200q is computed by no node before: %w", name, ErrUncounted)
		}
		st.in = append(st.in, v)
	}
	out := st.result()
	if st.err != nil {
		return st.err
	}
	for i, name := range n.Outputs {
		if i > 0 && n.Op != "TopK" && n.Op != "MaxPool" && n.Op != "Dropout" {
			return fmt.Errorf("several results: %w", ErrUncounted)
		}
		s.values[name] = out
	}
	s.work += st.work(out)
	return nil
}
