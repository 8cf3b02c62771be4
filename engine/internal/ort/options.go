package ort

import (
	"errors"
	"fmt"

	binding "github.com/yalue/onnxruntime_go"
)

// Provider is what executes a network's operations.
type Provider string

// The providers, by the library's own names.
const (
	CPU      Provider = "CPU"
	CUDA     Provider = "CUDA"
	WebGPU   Provider = "WebGPU"
	DirectML Provider = "DirectML"
	CoreML   Provider = "CoreML"
)

// Options are the settings of a session.
type Options struct {
	Provider Provider // "" is CPU
	// Threads computing one operation on the CPU; 0 leaves it to the library,
	// which takes a thread per core.
	Threads int
	// Spin lets idle threads wait busily for the next operation: a little
	// faster, at the price of everything else on the machine.
	Spin bool
	// Strict makes it an error when an operation would run on the CPU although
	// another provider was asked for.
	Strict bool
}

// A ProviderError says that the library cannot give the provider.
type ProviderError struct {
	Provider Provider
	Err      error
}

func (e *ProviderError) Error() string { return fmt.Sprintf("provider %s: %v", e.Provider, e.Err) }

// Unwrap is the library's own error.
func (e *ProviderError) Unwrap() error { return e.Err }

// sessionOptions are the library's form of o; the caller destroys them. They
// are made anew for every session: one to which appending a provider failed is
// not to be used again.
func sessionOptions(o Options) (*binding.SessionOptions, error) {
	s, err := binding.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(common(s, o), provider(s, o.Provider)); err != nil {
		s.Destroy()
		return nil, err
	}
	return s, nil
}

func common(s *binding.SessionOptions, o Options) error {
	entries := map[string]string{
		// The bytes are ONNX: CheckONNX knows no other format.
		"session.load_model_format":       "ONNX",
		"session.intra_op.allow_spinning": bit(o.Spin),
		"session.inter_op.allow_spinning": "0",
		"session.disable_cpu_ep_fallback": bit(o.Strict),
	}
	errs := []error{
		s.SetGraphOptimizationLevel(binding.GraphOptimizationLevelEnableAll),
		s.SetExecutionMode(binding.ExecutionModeSequential),
		s.SetInterOpNumThreads(1),
		s.SetIntraOpNumThreads(o.Threads),
		// Shapes differ from run to run; a plan of memory per shape would grow.
		s.SetMemPattern(false),
	}
	for k, v := range entries {
		errs = append(errs, s.AddSessionConfigEntry(k, v))
	}
	return errors.Join(errs...)
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

func provider(s *binding.SessionOptions, p Provider) error {
	var err error
	switch p {
	case CPU, "":
		return nil
	case CUDA:
		err = cuda(s)
	case DirectML:
		err = s.AppendExecutionProviderDirectML(0)
	case CoreML:
		err = s.AppendExecutionProviderCoreMLV2(map[string]string{"ModelFormat": "MLProgram", "MLComputeUnits": "ALL"})
	default:
		err = s.AppendExecutionProvider(string(p), map[string]string{})
	}
	if err != nil {
		return &ProviderError{p, err}
	}
	return nil
}

// cuda grows its memory by what is asked for, not by powers of two, since other
// programs share the card, and chooses convolutions by rule, since every new
// shape of a batch would be searched for anew.
func cuda(s *binding.SessionOptions) error {
	o, err := binding.NewCUDAProviderOptions()
	if err != nil {
		return err
	}
	defer o.Destroy()
	err = o.Update(map[string]string{
		"device_id":              "0",
		"arena_extend_strategy":  "kSameAsRequested",
		"cudnn_conv_algo_search": "HEURISTIC",
		"use_tf32":               "0", // its products have 10 bits: results would differ from the CPU's
	})
	if err != nil {
		return err
	}
	return s.AppendExecutionProviderCUDA(o)
}
