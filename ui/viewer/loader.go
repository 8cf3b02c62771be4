package viewer

import (
	"context"
	"image"
	"runtime"
	"slices"
	"sync"
	"time"

	"fyne.io/fyne/v2"
)

// Ranks of requests: what is seen comes first.
const (
	rankSeen = iota
	rankRing
	rankCoarser
)

// request is a tile that the view wants.
type request struct {
	key  tileKey
	rank int
}

// arrival is a tile that was read, or why it could not be.
type arrival struct {
	key tileKey
	img *image.RGBA
	err error
}

// job is a read under way.
type job struct {
	key    tileKey
	ctx    context.Context
	cancel context.CancelFunc
}

// loader reads tiles in goroutines of its own, which end with close. It knows only
// what is wanted now: what is wanted no more is not begun, or cancelled.
type loader struct {
	hop     func(func()) // runs a function on the UI thread, soon
	deliver func()       // on the UI thread, when there is something to take

	mu             sync.Mutex
	wake           sync.Cond // wanted or closed changed
	src            TileSource
	wanted         []request // not begun
	running        []*job
	focusX, focusY float64 // the place whose tiles come first
	arrived        []arrival
	posted         bool // a hop is under way
	closed         bool
	timers         map[*time.Timer]bool
	workers        sync.WaitGroup
}

// newLoader starts the workers; 0 means as many as the machine has processors but
// one, and at most 4.
func newLoader(workers int, hop func(func()), deliver func()) *loader {
	if workers <= 0 {
		workers = min(max(1, runtime.NumCPU()-1), 4)
	}
	if hop == nil {
		hop = fyne.Do
	}
	l := &loader{hop: hop, deliver: deliver, timers: make(map[*time.Timer]bool)}
	l.wake.L = &l.mu
	for range workers {
		l.workers.Go(l.work)
	}
	return l
}

// open goes over to another source, or none. Reads of the one before are cancelled
// and their results dropped, although a read may take a while to notice.
func (l *loader) open(src TileSource) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.src = src
	l.wanted = l.wanted[:0]
	l.arrived = nil
	for _, j := range l.running {
		j.cancel()
	}
	l.running = nil
}

// want replaces what is wanted. Reads of other tiles are cancelled.
func (l *loader) want(requests []request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = slices.DeleteFunc(l.running, func(j *job) bool {
		gone := !slices.ContainsFunc(requests, func(r request) bool { return r.key == j.key })
		if gone {
			j.cancel()
		}
		return gone
	})
	l.wanted = l.wanted[:0]
	for _, r := range requests {
		if !slices.ContainsFunc(l.running, func(j *job) bool { return j.key == r.key }) {
			l.wanted = append(l.wanted, r)
		}
	}
	l.wake.Broadcast()
}

// focus says which place's tiles come first.
func (l *loader) focus(x, y float64) {
	l.mu.Lock()
	l.focusX, l.focusY = x, y
	l.mu.Unlock()
}

// take gives what has arrived since the last call.
func (l *loader) take() []arrival {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.arrived
	l.arrived, l.posted = nil, false
	return a
}

// after runs a function on the UI thread after a while, unless the loader is closed
// before.
func (l *loader) after(d time.Duration, f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		l.mu.Lock()
		due := l.timers[t]
		delete(l.timers, t)
		l.mu.Unlock()
		if due {
			l.hop(f)
		}
	})
	l.timers[t] = true
}

// pending is how many tiles are wanted, being read, or not yet taken.
func (l *loader) pending() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.wanted) + len(l.running) + len(l.arrived)
}

// close ends the workers and waits for them.
func (l *loader) close() {
	l.open(nil)
	l.mu.Lock()
	l.closed = true
	for t := range l.timers {
		t.Stop()
	}
	clear(l.timers)
	l.wake.Broadcast()
	l.mu.Unlock()
	l.workers.Wait()
}

func (l *loader) work() {
	for {
		src, j := l.next()
		if j == nil {
			return
		}
		img, err := src.Tile(j.ctx, j.key.z, j.key.col, j.key.row)
		if err == nil {
			err = checkTile(j.key, img)
		}
		l.finish(j, img, err)
		j.cancel()
	}
}

// next waits for a request and begins it; nil when the loader is closed.
func (l *loader) next() (TileSource, *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.wanted) == 0 && !l.closed {
		l.wake.Wait()
	}
	if l.closed {
		return nil, nil
	}
	i := l.first()
	ctx, cancel := context.WithCancel(context.Background())
	j := &job{key: l.wanted[i].key, ctx: ctx, cancel: cancel}
	l.wanted = slices.Delete(l.wanted, i, i+1)
	l.running = append(l.running, j)
	return l.src, j
}

// first is the request of the lowest rank, and of those the nearest to the focus.
// mu is held.
func (l *loader) first() int {
	best, least := 0, 0.0
	for i, r := range l.wanted {
		x, y := r.key.centre()
		d := (x-l.focusX)*(x-l.focusX) + (y-l.focusY)*(y-l.focusY)
		if i == 0 || r.rank < l.wanted[best].rank || r.rank == l.wanted[best].rank && d < least {
			best, least = i, d
		}
	}
	return best
}

// finish keeps a result that is still wanted, and asks for it to be taken unless
// that was asked for already: tiles that come together are delivered together.
func (l *loader) finish(j *job, img *image.RGBA, err error) {
	l.mu.Lock()
	i := slices.Index(l.running, j)
	if i < 0 { // wanted no more; its error would be that of the cancelling
		l.mu.Unlock()
		return
	}
	l.running = slices.Delete(l.running, i, i+1)
	l.arrived = append(l.arrived, arrival{j.key, img, err})
	post := !l.posted
	l.posted = true
	l.mu.Unlock()
	if post {
		l.hop(l.deliver)
	}
}
