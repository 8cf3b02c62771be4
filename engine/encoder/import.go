package encoder

import (
	"bytes"
	"errors"
	"fmt"

	"zoomscope/engine/internal/checkpoint"
)

// Import makes an encoder of a file of weights: a PyTorch or safetensors
// checkpoint of a residual network (ImportResNet), or an ONNX file
// (ImportONNX). Which it is shows in the file. The error names it.
func Import(path string, d Description) (*Spec, error) {
	spec, err := importFile(path, d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return spec, nil
}

func importFile(path string, d Description) (_ *Spec, err error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	if isONNX(data) {
		return ImportONNX(data, d)
	}
	f, err := checkpoint.Parse(data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return ImportResNet(f, d)
}

// isONNX tells an ONNX file by its first fields, in whatever order: the IR
// version as a small number, or the producer's name or the graph. A checkpoint
// begins as a zip archive, a pickle or a tar archive, or with the length of a
// JSON header.
func isONNX(data []byte) bool {
	zip, pickle := bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte{0x80})
	safetensors := len(data) > 8 && data[8] == '{'
	tar := len(data) > 262 && string(data[257:262]) == "ustar"
	return !zip && !pickle && !safetensors && !tar
}
