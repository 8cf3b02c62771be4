// Package device knows the devices of this machine that can run networks:
// graphics cards by way of CUDA, DirectML, CoreML and WebGPU, and the CPU. A
// device is trusted after it has computed a small network whose answer is known,
// every operation of it on the device itself; auto also wants it to be faster
// than the CPU, which keeps software renderers out. What was tried, and why it
// failed, is part of the answer.
package device

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"zoomscope/engine/internal/ort"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
)

// Kind is a kind of device, as it stands in settings and results.
type Kind string

// The kinds. Auto is a wish, not a device.
const (
	Auto     Kind = "auto"
	CPU      Kind = "cpu"
	CUDA     Kind = "cuda"
	WebGPU   Kind = "webgpu"
	DirectML Kind = "directml"
	CoreML   Kind = "coreml"
)

// Kinds are all kinds, in the order they are offered.
func Kinds() []Kind { return []Kind{Auto, CPU, CUDA, WebGPU, DirectML, CoreML} }

// ParseKind reads a kind's name; "" is Auto.
func ParseKind(s string) (Kind, error) {
	if s == "" {
		return Auto, nil
	}
	var names []string
	for _, k := range Kinds() {
		if s == string(k) {
			return k, nil
		}
		names = append(names, string(k))
	}
	return "", fmt.Errorf("device %q is none of %s", s, strings.Join(names, ", "))
}

// Errors of this package, and of the sessions that its devices open.
var (
	// ErrNoRuntime is wrapped when ONNX Runtime's library cannot be had.
	ErrNoRuntime = errors.New("ONNX Runtime is not there")
	// ErrOutOfMemory is wrapped by a Run that the device has not memory for.
	ErrOutOfMemory = nn.ErrOutOfMemory
)

// Options are the settings of a device's sessions.
type Options struct {
	Threads int  // computing one operation on the CPU; 0 is one per core, and no more than that are used
	Spin    bool // idle threads wait busily: for a machine with nothing else to do
}

// Manager finds devices. It is safe for concurrent use.
type Manager struct {
	candidates []string

	mu      sync.Mutex
	library *ort.Runtime
}

// New makes a Manager that looks for ONNX Runtime's library at the candidates,
// in their order, when it is first asked for a device.
func New(candidates []string) *Manager { return &Manager{candidates: candidates} }

// Device is a device that has been proven. It implements nn.Opener.
type Device struct {
	kind    Kind
	name    string
	library *ort.Runtime
	options ort.Options
	mixed   atomic.Bool
}

// Kind is the kind, never Auto.
func (d *Device) Kind() Kind { return d.kind }

// OnProcessor says whether networks compute in the machine's memory.
func (d *Device) OnProcessor() bool { return d.kind == CPU }

// Name is the hardware's name, for people; that of a processor says how many
// threads are used.
func (d *Device) Name() string { return d.name }

// Runtime names the library and its version.
func (d *Device) Runtime() string { return "ONNX Runtime " + d.library.Version() }

// Mixed reports whether some operations of the networks opened so far run on the
// CPU, because the device does not have them.
func (d *Device) Mixed() bool { return d.mixed.Load() }

// Open implements nn.Opener: it checks the bytes of an ONNX file and makes a
// session on the device. Operations that the device cannot do run on the CPU,
// which Mixed then tells. The session's errors wrap ErrOutOfMemory where that is
// what happened.
func (d *Device) Open(data []byte) (nn.Session, error) {
	strict := d.options
	strict.Strict = d.kind != CPU
	s, err := d.library.Open(data, strict)
	if err != nil && strict.Strict && !errors.Is(err, ErrOutOfMemory) {
		if s, err = d.library.Open(data, d.options); err == nil {
			d.mixed.Store(true)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("device %s: %w", d.kind, err)
	}
	return s, nil
}

// Choose gives the device that was asked for, or the best one for Auto. One
// that cannot be had is replaced by the CPU, which result.Device then says with
// its reason. The errors are ErrNoRuntime, a CPU that fails its proof, and ctx's.
func (m *Manager) Choose(ctx context.Context, requested Kind, o Options) (*Device, result.Device, error) {
	said := result.Device{Requested: string(requested)}
	library, err := m.load()
	if err != nil {
		said.Reason = err.Error()
		return nil, said, err
	}
	cpu, _, err := prove(ctx, library, CPU, o)
	if err != nil {
		said.Reason = err.Error()
		return nil, said, fmt.Errorf("device cpu: %w", err)
	}
	chosen := cpu
	for _, k := range wanted(requested) {
		d, detail := attempt(ctx, library, k, o, requested == Auto)
		if err := ctx.Err(); err != nil {
			return nil, said, err
		}
		said.Tried = append(said.Tried, result.Attempt{Device: string(k), OK: d != nil, Detail: detail})
		if d != nil {
			chosen = d
			break
		}
	}
	if chosen == cpu {
		said.Tried = append(said.Tried, result.Attempt{Device: string(CPU), OK: true, Detail: proven})
	}
	said.Used, said.Name = string(chosen.kind), chosen.name
	said.Reason = reason(requested, chosen.kind, said.Tried)
	return chosen, said, nil
}

// wanted are the kinds to try before the CPU.
func wanted(requested Kind) []Kind {
	switch requested {
	case Auto:
		return accelerators(runtime.GOOS)
	case CPU:
		return nil
	}
	return []Kind{requested}
}

// accelerators are the kinds a platform has, the fastest first.
func accelerators(goos string) []Kind {
	switch goos {
	case "windows":
		return []Kind{CUDA, DirectML, WebGPU}
	case "darwin":
		return []Kind{CoreML, WebGPU}
	}
	return []Kind{CUDA, WebGPU}
}

// attempt proves one device, and that it is worth while if race is set; the
// device is nil where either fails. The detail says what happened.
func attempt(ctx context.Context, library *ort.Runtime, k Kind, o Options, race bool) (*Device, string) {
	d, _, err := prove(ctx, library, k, o)
	if err != nil {
		return nil, explain(k, err)
	}
	if !race {
		return d, proven
	}
	detail, ok := faster(ctx, d, &Device{kind: CPU, library: library, options: sessionOptions(CPU, o)})
	if !ok {
		return nil, detail
	}
	return d, detail
}

// proven is the detail of a device that works. Details hold no times, so that
// equal results are equal to the byte.
const proven = "proven on a known network"

// reason is why this device runs.
func reason(requested, used Kind, tried []result.Attempt) string {
	switch {
	case requested == used:
		return "as requested"
	case requested != Auto:
		return fmt.Sprintf("%s was requested, but %s; the CPU runs instead", requested, tried[0].Detail)
	case used == CPU:
		var failed []string
		for _, t := range tried[:len(tried)-1] {
			failed = append(failed, t.Device+": "+t.Detail)
		}
		return "no faster device could be used (" + strings.Join(failed, "; ") + ")"
	}
	return fmt.Sprintf("%s is the first device that was proven and is faster than the CPU", used)
}

// Listing is one device of this machine, usable or not.
type Listing struct {
	Kind    Kind
	Name    string
	OK      bool
	Detail  string
	Seconds float64 // the proving run took; 0 where it failed
}

// List proves every device that the platform can have, the CPU first.
func (m *Manager) List(ctx context.Context) ([]Listing, error) {
	library, err := m.load()
	if err != nil {
		return nil, err
	}
	var list []Listing
	for _, k := range append([]Kind{CPU}, accelerators(runtime.GOOS)...) {
		l := Listing{Kind: k, Name: name(k, 0)}
		_, seconds, err := prove(ctx, library, k, Options{})
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err == nil {
			l.OK, l.Seconds, l.Detail = true, seconds, proven
		} else {
			l.Detail = explain(k, err)
		}
		list = append(list, l)
	}
	return list, nil
}

func sessionOptions(k Kind, o Options) ort.Options {
	providers := map[Kind]ort.Provider{CPU: ort.CPU, CUDA: ort.CUDA, WebGPU: ort.WebGPU, DirectML: ort.DirectML, CoreML: ort.CoreML}
	return ort.Options{Provider: providers[k], Threads: min(o.Threads, runtime.NumCPU()), Spin: o.Spin}
}
