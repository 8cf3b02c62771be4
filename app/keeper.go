package app

import (
	"context"
	"errors"
	"sync"

	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/mil"
	"zoomscope/engine/zoom"
	"zoomscope/slideio"
)

// turn is a lock that can be waited for with a context. The zero value is ready.
type turn struct {
	once sync.Once
	held chan struct{} // holds a value while the lock is held
}

// lock waits for the lock, or until ctx ends.
func (t *turn) lock(ctx context.Context) error {
	t.once.Do(func() { t.held = make(chan struct{}, 1) })
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case t.held <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *turn) unlock() { <-t.held }

// keeper keeps one engine open between analyses of the same model on the same
// device. The zero value is ready; its methods may be called from several
// goroutines at once, and analyses wait for each other.
type keeper struct {
	turn
	engine *zoom.Engine // nil: none is kept
	of     kept
}

// kept is what an engine was opened for: options, and digests of what they named.
type kept struct {
	options        EngineOptions
	model, encoder string
}

// drop closes the engine that is kept. The lock is held.
func (k *keeper) drop() error {
	if k.engine == nil {
		return nil
	}
	e := k.engine
	k.engine = nil
	return e.Close()
}

func (k *keeper) close() error {
	if err := k.lock(context.Background()); err != nil {
		return err
	}
	defer k.unlock()
	return k.drop()
}

// use calls f with an engine for the options: the one that is kept, if it was
// opened for the same, else a new one that is kept from then on. turn is called
// before that, once the analyses before this one have ended.
func (w *Workspace) use(ctx context.Context, o EngineOptions, turn func(), f func(*zoom.Engine) error) error {
	k := &w.kept
	if err := k.lock(ctx); err != nil {
		return err
	}
	defer k.unlock()
	turn()
	model, spec, err := w.modelAndEncoder(o)
	if err != nil {
		return err
	}
	of := kept{o, model.SHA256(), spec.Card().SHA256} // a file may have changed since
	if k.engine == nil || k.of != of {
		if err := k.drop(); err != nil {
			return err
		}
		if k.engine, err = w.engineInBackground(ctx, model, spec, o); err != nil {
			return err
		}
		k.of = of
	}
	used := k.engine.Place.Device.Used
	err = f(k.engine)
	if !harmless(ctx, err) || k.engine.Place.Device.Used != used {
		err = errors.Join(err, k.drop()) // what has moved for want of memory starts anew
	}
	return err
}

// engineInBackground opens an engine whose threads on the processor have a low
// priority, where the system can do that.
func (w *Workspace) engineInBackground(ctx context.Context, model *mil.Model, spec *encoder.Spec, o EngineOptions) (e *zoom.Engine, err error) {
	opened := make(chan struct{})
	go func() {
		defer close(opened)
		lowerThread()
		e, err = w.engine(ctx, model, spec, o)
	}()
	<-opened
	return e, err
}

// giveWayOn makes the gate of an analysis on a device. On the processor it lowers the
// priority of the thread that waits for the encoder, whose others were opened with it,
// and needs not wait then.
func (w *Workspace) giveWayOn(used string) func(ctx context.Context) error {
	wait := w.quiet.gate()
	if used != string(device.CPU) {
		return wait
	}
	return func(ctx context.Context) error {
		if lowerThread() {
			return ctx.Err()
		}
		return wait(ctx)
	}
}

// harmless reports whether an engine is as good as before after an error.
func harmless(ctx context.Context, err error) bool {
	region := (*slideio.RegionError)(nil)
	return err == nil || ctx.Err() != nil || errors.As(err, &region) || errors.Is(err, ErrResolutionUnknown)
}
