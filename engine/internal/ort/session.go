package ort

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"zoomscope/engine/nn"

	binding "github.com/yalue/onnxruntime_go"
)

// Session is a network that is ready to run. It implements nn.Session.
type Session struct {
	inputs, outputs []nn.Port
	mu              sync.RWMutex // held for reading by each Run, so that Close waits
	session         *binding.DynamicAdvancedSession
}

// Open checks the bytes of an ONNX file and makes a session of them. The bytes
// are not needed after. A provider that cannot be had is a *ProviderError; a
// network's inputs and outputs must be of the element types that nn has.
func (r *Runtime) Open(data []byte, o Options) (*Session, error) {
	if err := nn.CheckONNX(data, nn.DefaultLimits()); err != nil {
		return nil, err
	}
	info, err := nn.Describe(data)
	if err != nil {
		return nil, err
	}
	in, err := names("input", info.Inputs)
	if err != nil {
		return nil, err
	}
	out, err := names("output", info.Outputs)
	if err != nil {
		return nil, err
	}
	options, err := sessionOptions(o)
	if err != nil {
		return nil, classify(fmt.Errorf("onnx session: %w", err))
	}
	defer options.Destroy()
	s, err := binding.NewDynamicAdvancedSessionWithONNXData(data, in, out, options)
	if err != nil {
		return nil, classify(fmt.Errorf("onnx session: %w", err))
	}
	return &Session{inputs: info.Inputs, outputs: info.Outputs, session: s}, nil
}

func names(what string, ports []nn.Port) ([]string, error) {
	if len(ports) == 0 {
		return nil, fmt.Errorf("onnx session: network has no %ss", what)
	}
	var list []string
	for _, p := range ports {
		if p.Type == 0 {
			return nil, fmt.Errorf("onnx session: %s %v is of a type not supported", what, p)
		}
		list = append(list, p.Name)
	}
	return list, nil
}

// Close waits for the runs under way and frees the network. Closing again does
// nothing.
func (s *Session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == nil {
		return nil
	}
	err := s.session.Destroy()
	s.session = nil
	return err
}

// Run computes outputs from inputs, as nn.Session has it. When ctx ends, the
// library stops before its next operation.
func (s *Session) Run(ctx context.Context, inputs, outputs []*nn.Tensor) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.session == nil {
		return fmt.Errorf("onnx session: %w", nn.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := errors.Join(nn.MatchInputs(s.inputs, inputs), nn.MatchOutputs(s.outputs, outputs)); err != nil {
		return fmt.Errorf("onnx session: %w", err)
	}
	var v values
	defer v.release()
	in, err := v.wrap(inputs)
	if err != nil {
		return fmt.Errorf("onnx session: %w", err)
	}
	made := s.scalars(outputs)
	out, err := v.wrap(made)
	if err != nil {
		return fmt.Errorf("onnx session: %w", err)
	}
	err = s.run(ctx, in, out)
	v.own(out, made)
	if err != nil {
		return err
	}
	return deliver(out, made, outputs)
}

// scalars is outputs with the missing ones made that are scalars, since the
// binding cannot take those from the library.
func (s *Session) scalars(outputs []*nn.Tensor) []*nn.Tensor {
	made := slices.Clone(outputs)
	for i, p := range s.outputs {
		if made[i] == nil && p.Ranked && len(p.Shape) == 0 {
			made[i] = nn.NewTensor(p.Type)
		}
	}
	return made
}

// run calls the library, telling it when ctx ends.
func (s *Session) run(ctx context.Context, in, out []binding.Value) error {
	options, err := binding.NewRunOptions()
	if err != nil {
		return err
	}
	defer options.Destroy()
	told := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(told)
		options.Terminate()
	})
	err = s.session.RunWithOptions(in, out, options)
	if !stop() {
		<-told // the options must outlive the call above
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return classify(err)
}

// memory are the words by which allocators say that there is no more memory.
var memory = [...]string{
	"out of memory", "failed to allocate", "bad allocation", "bad_alloc", "not enough memory",
	"memory allocation", "cuda failure 2", "cublas_status_alloc_failed", "cudnn_status_alloc_failed",
	"e_outofmemory", "8007000e", "failed to create buffer", "createbuffer",
}

// classify marks errors of exhausted memory, which the library tells by its
// messages alone.
func classify(err error) error {
	if err == nil {
		return nil
	}
	text := strings.ToLower(err.Error())
	for _, m := range memory {
		if strings.Contains(text, m) {
			return fmt.Errorf("%w: %w", nn.ErrOutOfMemory, err)
		}
	}
	return err
}
