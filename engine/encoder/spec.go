package encoder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"zoomscope/engine/nn"
	"zoomscope/slideio/atomicfile"
)

// ErrNotEncoder is wrapped by the errors of files that are not encoders of this
// program. Such a file may still be one that Import can describe.
var ErrNotEncoder = errors.New("not an encoder")

// Spec is an encoder at rest: its card and its network. It does not change.
type Spec struct {
	card Card
	onnx []byte
}

// Card says what the encoder is.
func (s *Spec) Card() Card { return s.card }

// ONNX is the encoder's file, which the caller must not change.
func (s *Spec) ONNX() []byte { return s.onnx }

// Parse reads an encoder from the bytes of its file, which it keeps. It checks
// them without a runtime: what the network computes shows when it is opened.
// Bytes that are no encoder wrap ErrNotEncoder.
func Parse(data []byte) (*Spec, error) {
	if err := nn.CheckONNX(data, nn.DefaultLimits()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotEncoder, err)
	}
	info, err := nn.Describe(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotEncoder, err)
	}
	card, err := cardOf(info.Metadata)
	if err != nil {
		return nil, err
	}
	if err := checkPorts(info, card.Dim); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotEncoder, err)
	}
	sum := sha256.Sum256(data)
	card.SHA256 = hex.EncodeToString(sum[:])
	return &Spec{card, data}, nil
}

// checkPorts wants the input and output that every encoder has.
func checkPorts(info nn.Info, dim int) error {
	if len(info.Inputs) != 1 || len(info.Outputs) != 1 {
		return fmt.Errorf("%d inputs and %d outputs, not one of each", len(info.Inputs), len(info.Outputs))
	}
	in, out := info.Inputs[0], info.Outputs[0]
	if in.Type != nn.Uint8 || len(in.Shape) != 4 || in.Shape[0].Known() ||
		in.Shape[1] != nn.Fixed(Side) || in.Shape[2] != nn.Fixed(Side) || in.Shape[3] != nn.Fixed(3) {
		return fmt.Errorf("input is %v, not uint8[B, %d, %d, 3]", in, Side, Side)
	}
	if out.Type != nn.Float32 || len(out.Shape) != 2 || out.Shape[0].Known() || out.Shape[1] != nn.Fixed(dim) {
		return fmt.Errorf("output is %v, not float32[B, %d]", out, dim)
	}
	return nil
}

// Load reads an encoder's file. The error names it.
func Load(path string) (*Spec, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	s, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// readFile is os.ReadFile for files within the limits of an ONNX file.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	limit := int64(nn.DefaultLimits().Bytes)
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a file", path)
	case info.Size() > limit:
		return nil, fmt.Errorf("%s: %d bytes, more than %d", path, info.Size(), limit)
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// Save writes the encoder's file, whole or not at all.
func (s *Spec) Save(path string) error { return atomicfile.WriteBytes(path, s.onnx) }
