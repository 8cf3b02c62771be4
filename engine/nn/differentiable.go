package nn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Differentiable is a network on a device, ready to run forwards and backwards.
// Its methods may be called from several goroutines at once, except Close.
type Differentiable struct {
	name              string
	forward, backward Session
	inputs            []Port     // of the forward graph: the network's inputs, then its params
	outputs           []Port     // of the forward graph: the network's, then what is saved
	own               int        // how many of the outputs are the network's
	named             []string   // the sizes that have names in the inputs
	sizes             [][]size   // of each output; nil where they cannot be foretold
	reads             []position // what the backward graph is given, after the gradients
	wrt               []int      // what gradients are made of, as places in inputs

	mu   sync.Mutex
	free []*Tape
}

// position is a place among the inputs or outputs of the forward graph.
type position struct {
	output bool
	i      int
}

// A Tape is what a backward run needs of the forward run before it. It refers to
// the inputs and params of that run, which must not change before the last
// backward run.
type Tape struct {
	of      *Differentiable
	named   []int
	inputs  []*Tensor
	outputs []*Tensor
	shape   []int     // while a shape is put together
	given   []*Tensor // to the backward graph
	zeros   []*Tensor // for gradients that are not given
}

// Release hands the tape's memory back, the outputs of the forward run included:
// the next forward run may use it. Neither may be used after. Releasing again does
// nothing.
func (t *Tape) Release() {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	if slices.Contains(t.of.free, t) {
		return
	}
	clear(t.inputs)
	clear(t.given)
	t.of.free = append(t.of.free, t)
}

// Open opens both graphs on a device.
func (d *Derivative) Open(o Opener) (*Differentiable, error) {
	r := &Differentiable{name: d.Forward.name}
	for _, v := range d.Forward.inputs {
		r.inputs = append(r.inputs, v.port())
	}
	for _, v := range d.Forward.outputs {
		r.outputs = append(r.outputs, v.port())
	}
	r.own = len(r.outputs) - len(d.saved)
	r.foretell()
	if err := r.connect(d); err != nil {
		return nil, err
	}
	var err error
	if r.forward, err = d.Forward.open(o); err != nil {
		return nil, fmt.Errorf("nn: open %s: %w", d.Forward.name, err)
	}
	if r.backward, err = d.Backward.open(o); err != nil {
		return nil, errors.Join(fmt.Errorf("nn: open %s: %w", d.Backward.name, err), r.forward.Close())
	}
	return r, nil
}

func (g *Graph) open(o Opener) (Session, error) {
	data, err := g.ONNX()
	if err != nil {
		return nil, err
	}
	return o.Open(data)
}

func (v *Value) port() Port {
	return Port{Name: v.name, Type: v.dtype, TypeName: v.dtype.String(), Ranked: true, Shape: v.shape}
}

// connect finds where the backward graph's inputs and outputs belong.
func (r *Differentiable) connect(d *Derivative) error {
	places := map[string]position{}
	for i, p := range r.inputs {
		places[p.Name] = position{false, i}
	}
	grads := 0
	for i, p := range r.outputs {
		places[p.Name] = position{true, i}
		if i < r.own && (p.Type == Float32 || p.Type == Float64) {
			grads++
		}
	}
	for _, v := range d.Backward.inputs[grads:] {
		at, ok := places[v.name]
		if !ok {
			return fmt.Errorf("nn: open %s: nothing gives %q", d.Backward.name, v.name)
		}
		r.reads = append(r.reads, at)
	}
	for _, v := range d.Backward.outputs {
		at, ok := places[v.name[len("grad/"):]]
		if !ok || at.output {
			return fmt.Errorf("nn: open %s: %q is no gradient of an input", d.Backward.name, v.name)
		}
		r.wrt = append(r.wrt, at.i)
	}
	return nil
}

// foretell prepares to compute the outputs' shapes from the inputs', so that a
// run fills memory that is there already.
func (r *Differentiable) foretell() {
	for _, p := range r.inputs {
		for _, d := range p.Shape {
			if !d.Known() && !slices.Contains(r.named, d.Name) {
				r.named = append(r.named, d.Name)
			}
		}
	}
	for _, p := range r.outputs {
		list := make([]size, len(p.Shape))
		for i, d := range p.Shape {
			s, ok := compile(d, r.named)
			if !ok {
				list = nil
				break
			}
			list[i] = s
		}
		r.sizes = append(r.sizes, list)
	}
}

// Close closes both sessions.
func (r *Differentiable) Close() error {
	return errors.Join(r.forward.Close(), r.backward.Close())
}

// Forward runs the network, inputs and params in the order of its graph, and
// gives its outputs and the tape for Backward. They are the caller's until the
// tape is released. Where every tape is, and sizes do not grow, a run allocates
// no arrays.
func (r *Differentiable) Forward(ctx context.Context, inputs, params []*Tensor) ([]*Tensor, *Tape, error) {
	t := r.tape()
	t.inputs = append(append(t.inputs[:0], inputs...), params...)
	if err := MatchInputs(r.inputs, t.inputs); err != nil {
		t.Release()
		return nil, nil, fmt.Errorf("nn: run %s: %w", r.name, err)
	}
	t.prepare()
	if err := r.forward.Run(ctx, t.inputs, t.outputs); err != nil {
		t.Release()
		return nil, nil, fmt.Errorf("nn: run %s: %w", r.name, err)
	}
	return t.outputs[:r.own:r.own], t, nil
}

func (r *Differentiable) tape() *Tape {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free); n > 0 {
		t := r.free[n-1]
		r.free = r.free[:n-1]
		return t
	}
	return &Tape{
		of:      r,
		named:   make([]int, len(r.named)),
		outputs: make([]*Tensor, len(r.outputs)),
		zeros:   make([]*Tensor, r.own),
	}
}

// prepare gives the outputs the shapes that this run's inputs lead to.
func (t *Tape) prepare() {
	for i, p := range t.of.inputs {
		for k, d := range p.Shape {
			if !d.Known() {
				t.named[slices.Index(t.of.named, d.Name)] = t.inputs[i].Shape[k]
			}
		}
	}
	for i, list := range t.of.sizes {
		if list == nil {
			t.outputs[i] = nil // the session knows
			continue
		}
		t.shape = t.shape[:0]
		for _, s := range list {
			t.shape = append(t.shape, max(s(t.named), 0))
		}
		t.outputs[i] = resized(t.outputs[i], t.of.outputs[i].Type, t.shape)
	}
}

// resized is x of that type and shape, in the same memory if there is enough of
// it; its elements are not set.
func resized(x *Tensor, t DType, shape []int) *Tensor {
	n := product(shape)
	switch {
	case x == nil || x.Type != t:
	case t == Float32 && n <= cap(x.F32):
		x.F32 = x.F32[:n]
	case t == Float64 && n <= cap(x.F64):
		x.F64 = x.F64[:n]
	case t == Int64 && n <= cap(x.I64):
		x.I64 = x.I64[:n]
	case (t == Uint8 || t == Bool) && n <= cap(x.U8):
		x.U8 = x.U8[:n]
	default:
		x = nil
	}
	if x == nil || x.Type != t {
		return NewTensor(t, slices.Clone(shape)...)
	}
	x.Shape = append(x.Shape[:0], shape...)
	return x
}

// Backward computes gradients from those of the outputs: grads has one element
// per output of the network, in whose shape it is; nil is zeros. into receives
// them, in the order in which they were asked for. An element of it that is nil
// is made. One whose sizes have names in the network is given the sizes of this
// run, within the capacity of its slice where that suffices. A tape may be run
// backwards more than once.
func (r *Differentiable) Backward(ctx context.Context, t *Tape, grads, into []*Tensor) error {
	if t == nil || t.of != r || len(grads) != r.own || len(into) != len(r.wrt) {
		return fmt.Errorf("nn: run %s backwards: %d gradients of %d outputs, room for %d of %d", r.name, len(grads), r.own, len(into), len(r.wrt))
	}
	t.given = t.given[:0]
	for i, p := range r.outputs[:r.own] {
		switch {
		case p.Type != Float32 && p.Type != Float64:
		case grads[i] == nil:
			t.given = append(t.given, t.zero(i))
		case !slices.Equal(grads[i].Shape, t.outputs[i].Shape):
			return fmt.Errorf("nn: run %s backwards: gradient of %s is %v, want %v", r.name, p.Name, grads[i].Shape, t.outputs[i].Shape)
		default:
			t.given = append(t.given, grads[i])
		}
	}
	for _, at := range r.reads {
		if at.output {
			t.given = append(t.given, t.outputs[at.i])
		} else {
			t.given = append(t.given, t.inputs[at.i])
		}
	}
	for k, i := range r.wrt {
		if into[k] == nil || slices.ContainsFunc(r.inputs[i].Shape, named) {
			into[k] = resized(into[k], r.inputs[i].Type, t.inputs[i].Shape)
		}
	}
	if err := r.backward.Run(ctx, t.given, into); err != nil {
		return fmt.Errorf("nn: run %s backwards: %w", r.name, err)
	}
	return nil
}

// zero is a gradient of output i of nothing but zeros.
func (t *Tape) zero(i int) *Tensor {
	t.zeros[i] = resized(t.zeros[i], t.of.outputs[i].Type, t.outputs[i].Shape)
	return t.zeros[i] // which nothing ever writes to
}
