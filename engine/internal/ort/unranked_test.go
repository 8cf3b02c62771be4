package ort

import (
	"testing"

	pw "google.golang.org/protobuf/encoding/protowire"

	"zoomscope/engine/nn"
)

func message(field pw.Number, parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	return pw.AppendBytes(pw.AppendTag(nil, field, pw.BytesType), body)
}

func text(field pw.Number, s string) []byte { return message(field, []byte(s)) }

func number(field pw.Number, n uint64) []byte {
	return pw.AppendVarint(pw.AppendTag(nil, field, pw.VarintType), n)
}

// A scalar in an output that the file says nothing about is more than the
// binding can do: an error, with the outputs before it released.
func TestScalarOfUnknownRank(t *testing.T) {
	float := number(1, 1)
	flat := message(5, text(1, "keepdims"), number(3, 0), number(20, 2))
	graph := message(7,
		message(1, text(1, "x"), text(2, "a"), text(4, "Neg")),
		message(1, text(1, "x"), text(2, "b"), text(4, "ReduceSum"), flat),
		text(2, "unranked"),
		message(11, text(1, "x"), message(2, message(1, float, message(2, message(1, number(1, 2)))))),
		message(12, text(1, "a"), message(2, message(1, float))),
		message(12, text(1, "b"), message(2, message(1, float))))
	data := append(number(1, 8), graph...)
	data = append(data, message(8, number(2, 17))...)
	s, err := load(t).Open(data, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	outputs := []*nn.Tensor{nil, nil}
	if err := s.Run(t.Context(), []*nn.Tensor{nn.F32Tensor([]float32{2, 3}, 2)}, outputs); err == nil {
		t.Errorf("outputs %v, want an error", outputs)
	}
}
