package zoom

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"

	"zoomscope/engine/device"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
)

// An Encoder turns n patches of Side x Side RGB pixels into n feature rows, as
// many at once as SetBatch says.
type Encoder interface {
	Encode(ctx context.Context, tiles []byte, n int, dst []float32) error
	SetBatch(n int)
	Close() error
}

// EncoderKind is an encoder that can be opened on a device.
type EncoderKind struct {
	Card result.Encoder
	Side int // pixels along the patches it takes
	Open func(nn.Opener) (Encoder, error)

	// Warnings are what a reader must know when it is used at these
	// magnifications; nil for none.
	Warnings func(magnifications []float64) []string
}

// Place is a device that networks run on, and the story of how it was chosen.
type Place struct {
	Opener nn.Opener
	Device result.Device
	Batch  int // patches to encode at once; at least 1

	// Mixed reports whether the processor helps out with operations that the
	// device does not have; nil means no.
	Mixed func() bool
}

// Options are what an Engine is made of.
type Options struct {
	Model   *mil.Model // nil for an engine that only encodes
	Encoder EncoderKind
	Place   Place
	// CPU opens the processor, for when the Place runs out of memory; nil when
	// the Place is the processor.
	CPU     func(ctx context.Context) (Place, error)
	Readers int // goroutines that read the slide; at least 1
	// FreeMemory is how many bytes of memory are free, if that is known; nil asks
	// the system.
	FreeMemory func() (bytes int64, known bool)
}

// Engine is a model and its encoder on a device, ready to analyse one slide
// after the other. Its methods must not run at the same time.
type Engine struct {
	Options
	networks
	halving halving
	moved   bool // to the processor, for want of memory
}

// NewEngine opens model and encoder on the device. A model that was made for
// another encoder is refused with an error that wraps mil.ErrEncoder.
func NewEngine(ctx context.Context, o Options) (*Engine, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o.Readers = max(o.Readers, 1)
	e := &Engine{Options: o}
	e.halving = halving{encode: e.encodeHere, outOfMemory: device.ErrOutOfMemory, side: o.Encoder.Side, dim: o.Encoder.Card.Dim}
	var err error
	e.networks, err = e.open(e.Place)
	if errors.Is(err, device.ErrOutOfMemory) {
		err = e.toCPU(ctx, err)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// check makes sure that model and encoder belong together.
func (o Options) check() error {
	if o.Model == nil {
		return nil
	}
	if side := o.Model.Config().PatchSize; side != o.Encoder.Side {
		return fmt.Errorf("model %s has patches of %d pixels, encoder %s takes %d: %w",
			o.Model.Config().Name, side, o.Encoder.Card.Name, o.Encoder.Side, mil.ErrEncoder)
	}
	return o.Model.CheckEncoder(o.Encoder.Card)
}

// networks are an encoder and a model open on a device; the zero value is none.
type networks struct {
	encoder Encoder
	network *mil.Network // nil without a model
}

// open opens both on a device, or neither.
func (e *Engine) open(p Place) (networks, error) {
	encoder, err := e.Encoder.Open(p.Opener)
	if err != nil {
		return networks{}, fmt.Errorf("encoder %s: %w", e.Encoder.Card.Name, err)
	}
	encoder.SetBatch(p.Batch)
	n := networks{encoder: encoder}
	if e.Model == nil {
		return n, nil
	}
	if n.network, err = e.Model.Open(p.Opener); err != nil {
		return networks{}, errors.Join(fmt.Errorf("model %s: %w", e.Model.Config().Name, err), encoder.Close())
	}
	return n, nil
}

// Close frees what the engine holds on the device.
func (e *Engine) Close() error {
	n := e.networks
	e.networks = networks{}
	return n.close()
}

func (n networks) close() error {
	var errs []error
	if n.encoder != nil {
		errs = append(errs, n.encoder.Close())
	}
	if n.network != nil {
		errs = append(errs, n.network.Close())
	}
	return errors.Join(errs...)
}

// encodeHere is the encoder of the device at hand.
func (e *Engine) encodeHere(ctx context.Context, tiles []byte, n int, dst []float32) error {
	return e.encoder.Encode(ctx, tiles, n, dst)
}

// encode encodes a batch: whole, else in smaller ones, else on the processor.
func (e *Engine) encode(ctx context.Context, tiles []byte, n int, dst []float32) error {
	return e.orOnCPU(ctx, func() error { return e.halving.run(ctx, tiles, n, dst) })
}

// orOnCPU does f, and where the device runs out of memory does it again on the
// processor.
func (e *Engine) orOnCPU(ctx context.Context, f func() error) error {
	err := f()
	if !errors.Is(err, device.ErrOutOfMemory) {
		return err
	}
	if err := e.toCPU(ctx, err); err != nil {
		return err
	}
	return f()
}

// toCPU moves the engine to the processor, for a reason that is kept. It
// returns the reason itself when there is nowhere to move to. On an error the
// engine stays where it was.
func (e *Engine) toCPU(ctx context.Context, reason error) error {
	if e.CPU == nil {
		return reason
	}
	place, err := e.CPU(ctx)
	if err != nil {
		return errors.Join(reason, err)
	}
	opened, err := e.open(place)
	if err != nil {
		return errors.Join(reason, err)
	}
	from, old := e.Place.Device, e.networks
	place.Device.Requested = from.Requested
	place.Device.Tried = append(slices.Clone(from.Tried), place.Device.Tried...)
	place.Device.Reason = fmt.Sprintf("%s ran out of memory, so that the processor took over", from.Used)
	e.Place, e.networks, e.CPU, e.halving.limit, e.moved = place, opened, nil, 0, true
	if err := old.close(); err != nil {
		return errors.Join(reason, err)
	}
	return nil
}

func (e *Engine) pipeline(read patchReader, encode batchEncoder) *pipeline {
	return &pipeline{
		read: read, encode: encode, side: e.Encoder.Side, dim: e.Encoder.Card.Dim,
		batch: e.Place.Batch, readers: e.Readers,
	}
}

// Encode runs the encoder alone, on n patches that read fills in from several
// goroutines at once. sink receives features [count, D] in order, from one
// goroutine, and must not keep them.
func (e *Engine) Encode(ctx context.Context, n int, read func(ctx context.Context, i int, dst *image.RGBA) error, sink func(first, count int, features []float32) error) error {
	return e.pipeline(read, e.encode).run(ctx, n, sink)
}
