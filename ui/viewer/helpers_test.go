package viewer

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// painted is a source whose pixel at level-0 place (x, y) has a colour that only
// depends on it.
type painted struct {
	width, height int
	at            func(x, y int) color.RGBA
}

func (s painted) Size() (int, int) { return s.width, s.height }

func (s painted) Tile(ctx context.Context, z, col, row int) (*image.RGBA, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	side := TileSide << z
	w := min(TileSide, (s.width-col*side+1<<z-1)>>z)
	h := min(TileSide, (s.height-row*side+1<<z-1)>>z)
	if w <= 0 || h <= 0 {
		return nil, errors.New("no such tile")
	}
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			half := 1 << z / 2
			m.SetRGBA(x, y, s.at(col*side+x<<z+half, row*side+y<<z+half))
		}
	}
	return m, nil
}

// plain has one colour everywhere.
func plain(width, height int, c color.RGBA) painted {
	return painted{width, height, func(int, int) color.RGBA { return c }}
}

// queue stands for the UI thread: what is put into it runs when the test says so.
type queue struct {
	mu    sync.Mutex
	funcs []func()
	more  chan struct{}
}

func newQueue() *queue { return &queue{more: make(chan struct{}, 1)} }

func (q *queue) do(f func()) {
	q.mu.Lock()
	q.funcs = append(q.funcs, f)
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// run runs what there is, and tells how many functions that were.
func (q *queue) run() int {
	q.mu.Lock()
	funcs := q.funcs
	q.funcs = nil
	q.mu.Unlock()
	for _, f := range funcs {
		f()
	}
	return len(funcs)
}

// bench is a viewer in a window of the test driver.
type bench struct {
	*Viewer
	queue  *queue
	window fyne.Window
}

// show opens a window of w x h device pixels with a viewer that fills it.
func show(t testing.TB, w, h int, scale float32, o Options) *bench {
	t.Helper()
	test.NewTempApp(t)
	b := &bench{queue: newQueue()}
	o.Do = b.queue.do
	b.Viewer = New(o)
	b.window = test.NewWindow(b.Viewer)
	b.window.SetPadded(false)
	b.window.Canvas().(test.WindowlessCanvas).SetScale(scale)
	b.window.Resize(fyne.NewSize(float32(w)/scale, float32(h)/scale))
	t.Cleanup(func() {
		b.Close()
		b.window.Close()
	})
	return b
}

// settle waits until nothing is wanted any more.
func (b *bench) settle(t testing.TB) {
	t.Helper()
	for b.Stats().Pending > 0 {
		<-b.queue.more
		b.queue.run()
	}
	b.queue.run()
	if b.Loading() {
		t.Fatal("still loading, but nothing is pending")
	}
}

// capture draws the window.
func (b *bench) capture() *image.RGBA {
	m := b.window.Canvas().Capture()
	rgba := image.NewRGBA(m.Bounds())
	draw.Draw(rgba, rgba.Rect, m, image.Point{}, draw.Src)
	return rgba
}

// groundColour is the colour around the slide.
func (b *bench) groundColour() color.RGBA {
	return color.RGBAModel.Convert(b.background.FillColor).(color.RGBA)
}
