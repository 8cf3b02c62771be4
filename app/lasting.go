package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"
	"time"

	"zoomscope/slideio"
)

const (
	// maxRenewals bounds how often a slide is opened again. Each time its driver
	// puts up with some more damaged places.
	maxRenewals = 16
	// renewalPause is how long one that could not be opened is left alone.
	renewalPause = 2 * time.Second
)

// lasting is a slide that is opened again when its driver gave it up, because too
// many of its places could not be read or because its file was out of reach.
type lasting struct {
	open func(ctx context.Context) (slideio.Slide, error)
	info *slideio.Info

	mu       sync.Mutex
	slide    slideio.Slide // the one at hand
	epoch    int           // counts them
	closed   bool
	notUntil time.Time // when opening may be tried again
}

// openLasting opens a slide by a function that will be called again.
func openLasting(ctx context.Context, open func(ctx context.Context) (slideio.Slide, error)) (*lasting, error) {
	s, err := open(ctx)
	if err != nil {
		return nil, err
	}
	return &lasting{open: open, info: s.Info(), slide: s}, nil
}

func (l *lasting) Info() *slideio.Info { return l.info }

func (l *lasting) ReadRegion(ctx context.Context, dst *image.RGBA, level, x, y int) error {
	return l.do(ctx, func(s slideio.Slide) error { return s.ReadRegion(ctx, dst, level, x, y) })
}

func (l *lasting) Associated(ctx context.Context, name string) (m *image.RGBA, err error) {
	err = l.do(ctx, func(s slideio.Slide) (err error) {
		m, err = s.Associated(ctx, name)
		return err
	})
	return m, err
}

// Close closes the slide for good.
func (l *lasting) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return l.slide.Close()
}

// do reads from the slide at hand, and once more where that was given up, or was
// replaced meanwhile.
func (l *lasting) do(ctx context.Context, read func(slideio.Slide) error) error {
	l.mu.Lock()
	s, epoch := l.slide, l.epoch
	l.mu.Unlock()
	err := read(s)
	if !errors.Is(err, slideio.ErrGivenUp) && !errors.Is(err, slideio.ErrClosed) {
		return err
	}
	if s = l.renew(ctx, epoch); s == nil {
		return err
	}
	return read(s)
}

// renew gives the slide that follows the one of an epoch; nil where there is none.
func (l *lasting) renew(ctx context.Context, epoch int) slideio.Slide {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return nil
	case l.epoch != epoch:
		return l.slide
	case l.epoch >= maxRenewals || time.Now().Before(l.notUntil):
		return nil
	}
	s, err := l.open(ctx)
	if err == nil && !slices.Equal(s.Info().Levels, l.info.Levels) {
		err = errors.Join(fmt.Errorf("%s: has changed since it was opened", l.info.Path), s.Close())
	}
	if err != nil {
		l.notUntil = time.Now().Add(renewalPause)
		return nil
	}
	old := l.slide
	l.slide, l.epoch = s, l.epoch+1
	go old.Close() // waits for its reads, which may wait for this one
	return s
}
