package viewer

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"zoomscope/engine/result"
)

var pink = color.RGBA{230, 150, 190, 255}

// open shows a slide of 8000 x 6000 pixels of 0.25 micrometres.
func open(t testing.TB, o Options) *bench {
	b := show(t, 800, 600, 1, o)
	b.SetSource(plain(8000, 6000, pink), nil)
	b.SetResolution(0.25)
	return b
}

func wantCamera(t *testing.T, what string, got, want Camera) {
	t.Helper()
	if math.Abs(got.X-want.X)+math.Abs(got.Y-want.Y) > 1e-6 || math.Abs(got.Zoom/want.Zoom-1) > 1e-9 {
		t.Errorf("%s: camera %v, want %v", what, got, want)
	}
}

func TestWholeSlideAtFirst(t *testing.T) {
	b := open(t, Options{})
	wantCamera(t, "first", b.Camera(), Camera{4000, 3000, 0.1})
	b.window.Resize(fyne.NewSize(400, 600))
	wantCamera(t, "narrower", b.Camera(), Camera{4000, 3000, 0.05})
	b.SetCamera(Camera{1000, 500, 1})
	b.window.Resize(fyne.NewSize(800, 600))
	wantCamera(t, "wider, after a move", b.Camera(), Camera{1000, 500, 1})
	b.Fit()
	wantCamera(t, "fit", b.Camera(), Camera{4000, 3000, 0.1})
	b.SetCamera(Camera{1000, 500, 1})
	b.SetCamera(Camera{4000, 3000, 0.1}) // as it is kept for a slide
	b.window.Resize(fyne.NewSize(400, 600))
	wantCamera(t, "narrower, whole again", b.Camera(), Camera{4000, 3000, 0.05})
}

// TestSplitKeepsTheWholeSlide shows a slide in one view, then in two linked ones.
func TestSplitKeepsTheWholeSlide(t *testing.T) {
	b := open(t, Options{})
	second := New(Options{Do: b.queue.do})
	defer second.Close()
	second.SetSource(plain(8000, 6000, pink), nil)
	defer Link(b.Viewer, second)()
	b.window.SetContent(container.NewGridWithColumns(2, b.Viewer, second))
	for _, size := range []fyne.Size{fyne.NewSize(800, 600), fyne.NewSize(500, 600), fyne.NewSize(900, 200)} {
		b.window.Resize(size)
		for name, v := range map[string]*Viewer{"first": b.Viewer, "second": second} {
			wantCamera(t, fmt.Sprint(name, " of ", size), v.Camera(), v.limits().whole())
		}
	}
	b.window.SetContent(b.Viewer)
	wantCamera(t, "one again", b.Camera(), b.limits().whole())
}

func TestSizeComesAfterTheSource(t *testing.T) {
	test.NewTempApp(t)
	q := newQueue()
	v := New(Options{Do: q.do})
	defer v.Close()
	v.SetSource(plain(8000, 6000, pink), nil)
	if v.VisibleArea() != (result.Rect{}) || v.Snapshot() != nil {
		t.Error("a view without size shows something")
	}
	w := test.NewWindow(v)
	defer w.Close()
	w.SetPadded(false)
	w.Resize(fyne.NewSize(800, 600))
	wantCamera(t, "shown", v.Camera(), Camera{4000, 3000, 0.1})
}

func TestScale(t *testing.T) {
	b := show(t, 800, 600, 2, Options{})
	b.SetSource(plain(8000, 6000, pink), nil)
	wantCamera(t, "device pixels, not points", b.Camera(), Camera{4000, 3000, 0.1})
	if m := b.Snapshot(); m.Rect != image.Rect(0, 0, 800, 600) {
		t.Errorf("snapshot of %v", m.Rect)
	}
	b.SetCamera(Camera{4000, 3000, 1})
	b.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(50, -10)})
	wantCamera(t, "dragged", b.Camera(), Camera{3900, 3020, 1})
}

func TestMagnification(t *testing.T) {
	b := open(t, Options{})
	for _, m := range []float64{2.5, 5, 10, 20, 40} {
		b.Magnify(m)
		if got := b.Magnification(); math.Abs(got-m) > 1e-9 {
			t.Errorf("magnified to %v, it is %v", m, got)
		}
	}
	wantCamera(t, "40x of 0.25 micrometres", b.Camera(), Camera{4000, 3000, 1})
	b.SetResolution(0)
	if got := b.Magnification(); got != 0 {
		t.Errorf("magnification %v without resolution", got)
	}
	b.Magnify(20)
	wantCamera(t, "20x where level 0 counts as 40x", b.Camera(), Camera{4000, 3000, 0.5})
}

func TestWheel(t *testing.T) {
	b := open(t, Options{})
	b.SetCamera(Camera{4000, 3000, 0.5})
	inputs := 0
	b.OnInput = func() { inputs++ }
	at := fyne.NewPos(100, 500)
	x, y := b.proj.place(100, 500)
	for name, c := range map[string]struct{ dy, factor float64 }{
		"in": {25, 1.25}, "out": {-25, 0.8}, "two clicks": {50, 1.5625}, "touchpad": {5, math.Pow(1.25, 0.2)},
	} {
		b.SetCamera(Camera{4000, 3000, 0.5})
		b.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: at}, Scrolled: fyne.NewDelta(0, float32(c.dy))})
		if got := b.Camera().Zoom; math.Abs(got-0.5*c.factor) > 1e-6 {
			t.Errorf("%s: zoom %v, want %v", name, got, 0.5*c.factor)
		}
		if px, py := b.proj.x(x), b.proj.y(y); max(px-100, 100-px, py-500, 500-py) > 1 {
			t.Errorf("%s: the place under the cursor went from 100,500 to %d,%d", name, px, py)
		}
	}
	if inputs != 4 {
		t.Errorf("%d inputs reported, want 4", inputs)
	}
	for range 100 {
		test.Scroll(b.window.Canvas(), fyne.NewPos(400, 300), 0, 25)
	}
	if got := b.Camera().Zoom; got != maxZoom {
		t.Errorf("zoom %v after many clicks, want %v", got, maxZoom)
	}
	for range 200 {
		test.Scroll(b.window.Canvas(), fyne.NewPos(400, 300), 0, -25)
	}
	if got := b.Camera().Zoom; got != 0.05 {
		t.Errorf("zoom %v after many clicks back, want half of the whole slide's", got)
	}
}

func TestDrag(t *testing.T) {
	b := open(t, Options{})
	b.SetCamera(Camera{4000, 3000, 0.5})
	test.Drag(b.window.Canvas(), fyne.NewPos(200, 200), 30, -20)
	wantCamera(t, "dragged", b.Camera(), Camera{3940, 3040, 0.5})
	b.PanBy(0.5, -0.25)
	wantCamera(t, "panned", b.Camera(), Camera{4740, 2740, 0.5})
	for range 50 {
		b.PanBy(-0.5, 0.5)
	}
	wantCamera(t, "to the corner", b.Camera(), Camera{0, 6000, 0.5})
}

func TestPanningUploadsNothing(t *testing.T) {
	b := open(t, Options{})
	b.SetCamera(Camera{4000, 3000, 0.4321})
	b.settle(t)
	before := b.Stats().Uploads
	for i := range 40 {
		b.SetCamera(Camera{4000 + 0.37*float64(i), 3000, 0.4321}) // within a tile
	}
	if n := b.Stats().Uploads - before; n != 0 {
		t.Errorf("%d uploads while panning over the same tiles", n)
	}
}

func TestTaps(t *testing.T) {
	b := open(t, Options{})
	b.SetCamera(Camera{4000, 3000, 0.5})
	var tapped [2]float64
	b.OnTapped = func(x, y float64) { tapped = [2]float64{x, y} }
	test.TapCanvas(b.window.Canvas(), fyne.NewPos(300, 200))
	if tapped != [2]float64{3800, 2800} {
		t.Errorf("tapped %v, want 3800,2800", tapped)
	}
	b.DoubleTapped(&fyne.PointEvent{Position: fyne.NewPos(500, 300)})
	wantCamera(t, "double tap", b.Camera(), Camera{4100, 3000, 1})
}

func TestHover(t *testing.T) {
	b := open(t, Options{})
	b.SetReadout(func(x, y float64) string { return "rank 3" })
	b.Magnify(20)
	type hover struct {
		x, y   float64
		inside bool
	}
	var got hover
	b.OnHover = func(x, y float64, inside bool) { got = hover{x, y, inside} }
	test.MoveMouse(b.window.Canvas(), fyne.NewPos(300, 200))
	if want := (hover{3800, 2800, true}); got != want {
		t.Errorf("hover %v, want %v", got, want)
	}
	if text := b.furniture.place.texts[0].Text; text != "x\u00a03\u00a0800\u00a0\u00a0y\u00a02\u00a0800\u00a0\u00a0\u00a0rank 3" {
		t.Errorf("readout %q", text)
	}
	b.MouseOut()
	if got.inside || b.furniture.place.box.Visible() {
		t.Error("the cursor has left, the readout has not")
	}
	b.Fit()
	b.ZoomBy(0.5)
	test.MoveMouse(b.window.Canvas(), fyne.NewPos(3, 3))
	if got.inside {
		t.Error("inside, over the ground beside the slide")
	}
}

func TestFlyTo(t *testing.T) {
	b := open(t, Options{})
	calls := 0
	b.OnCamera = func(Camera) { calls++ }
	b.FlyTo(result.Rect{X: 1000, Y: 2000, Width: 560, Height: 100})
	wantCamera(t, "flown", b.Camera(), Camera{1280, 2050, 1})
	if calls == 0 {
		t.Error("OnCamera was not called")
	}
	b.FlyTo(result.Rect{X: 1, Y: 1})
	b.FlyTo(result.Rect{X: math.NaN(), Y: 1, Width: math.NaN(), Height: 3})
	wantCamera(t, "nowhere", b.Camera(), Camera{1280, 2050, 1})
}

// TestInputCutsOff stops a flight half way, which the test driver cannot run.
func TestInputCutsOff(t *testing.T) {
	for name, input := range map[string]func(b *bench){
		"drag":   func(b *bench) { b.Dragged(&fyne.DragEvent{}) },
		"wheel":  func(b *bench) { b.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 1)}) },
		"camera": func(b *bench) { b.SetCamera(Camera{1, 1, 1}) },
		"fit":    func(b *bench) { b.Fit() },
		"map":    func(b *bench) { b.furniture.overview.Tapped(&fyne.PointEvent{}) },
		"source": func(b *bench) { b.SetSource(plain(100, 100, pink), nil) },
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, Options{})
			b.SetCamera(Camera{4000, 3000, 1})
			from, to := b.Camera(), Camera{1000, 1000, 2}
			f := &flight{to: to, at: func(t float64) Camera { return from.towards(to, t) }, anim: &fyne.Animation{}}
			b.Viewer.flight = f
			if b.destination() != to {
				t.Fatal("not under way")
			}
			input(b)
			if b.Viewer.flight == f {
				t.Error("still under way")
			}
		})
	}
}

func TestMeasuring(t *testing.T) {
	b := open(t, Options{})
	b.SetCamera(Camera{4000, 3000, 0.5})
	var ends [][2]float64
	b.OnMeasured = func(from, to [2]float64) { ends = append(ends, from, to) }
	b.SetMeasuring(true)
	if b.Cursor() != desktop.CrosshairCursor {
		t.Error("no cross while measuring")
	}
	drag := func(x, y, dx, dy float32) {
		b.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}, Dragged: fyne.NewDelta(dx, dy)})
	}
	drag(205, 200, 5, 0)
	drag(300, 240, 95, 40)
	b.DragEnd()
	if len(ends) != 2 || ends[0] != [2]float64{3600, 2800} || ends[1] != [2]float64{3800, 2880} {
		t.Errorf("measured %v", ends)
	}
	wantCamera(t, "while measuring", b.Camera(), Camera{4000, 3000, 0.5})
	if !b.ruler.box.Visible() {
		t.Error("the line is gone")
	}
	b.SetMeasuring(false)
	if !b.ruler.box.Visible() {
		t.Error("the line is gone before its length is known")
	}
	drag(205, 200, 5, 0)
	b.DragEnd()
	if len(ends) != 2 {
		t.Error("still measuring")
	}
	b.ClearMeasure()
	if b.ruler.box.Visible() {
		t.Error("the line is still there")
	}
	b.SetMeasuring(true)
	drag(205, 200, 5, 0)
	b.SetMeasuring(false) // given up half way
	b.DragEnd()
	if len(ends) != 2 || b.ruler.box.Visible() {
		t.Error("half a line stays")
	}
	b.SetMeasuring(true)
	drag(205, 200, 5, 0)
	b.DragEnd()
	b.SetSource(plain(100, 100, pink), nil)
	if b.Cursor() == desktop.CrosshairCursor || b.ruler.box.Visible() {
		t.Error("still measuring, on another slide")
	}
}

// TestPressGivesTheKeyboardBack wants a press on the slide to end typing.
func TestPressGivesTheKeyboardBack(t *testing.T) {
	b := open(t, Options{})
	typed := widget.NewEntry()
	b.window.SetContent(container.NewBorder(typed, nil, nil, nil, b.Viewer))
	b.window.Canvas().Focus(typed)
	b.MouseDown(&desktop.MouseEvent{})
	if b.window.Canvas().Focused() != nil {
		t.Error("what is typed does not reach the window")
	}
}

func TestOverview(t *testing.T) {
	b := open(t, Options{})
	o := b.furniture.overview
	if o.Visible() {
		t.Error("a map of a slide that is all in view")
	}
	b.SetCamera(Camera{4000, 3000, 1})
	if !o.Visible() {
		t.Fatal("no map")
	}
	right := o.Position().X + o.Size().Width
	if right < 785 || right > 800 || o.Position().Y > 15 {
		t.Errorf("the map is at %v, %v large", o.Position(), o.Size())
	}
	test.TapCanvas(b.window.Canvas(), o.Position().Add(fyne.NewPos(o.Size().Width/4, o.Size().Height/2)))
	if c := b.Camera(); math.Abs(c.X-2000) > 50 || math.Abs(c.Y-3000) > 50 || c.Zoom != 1 {
		t.Errorf("tapped at a quarter: %v", c)
	}
	b.SetCamera(Camera{2000, 3000, 1})
	for _, c := range []struct {
		name string
		area result.Rect
		kind OutlineKind
		want bool
	}{
		{"out of view", result.Rect{X: 6000, Y: 1500, Width: 100, Height: 100}, Hover, true},
		{"in view", result.Rect{X: 2000, Y: 3000, Width: 100, Height: 100}, Hover, false},
		{"not pointed at", result.Rect{X: 6000, Y: 1500, Width: 100, Height: 100}, Current, false},
	} {
		b.SetOutlines([]Outline{{c.area, c.kind}})
		if o.mark[1].Visible() != c.want {
			t.Errorf("%s: marked %v", c.name, o.mark[1].Visible())
		}
		if x := float64(o.marked.Min.X+o.marked.Max.X) / 2 / float64(o.size.X); c.want && math.Abs(x-0.756) > 0.02 {
			t.Errorf("%s: marked at %v of the map", c.name, x)
		}
	}
	o.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(-50, 9999)}})
	wantCamera(t, "dragged beyond the map", b.Camera(), Camera{0, 6000, 1})
	b.SetFurniture(false)
	if b.furniture.box.Visible() {
		t.Error("furniture is to be hidden")
	}
	b.SetFurniture(true)
	b.window.Resize(fyne.NewSize(200, 150))
	if o.Visible() {
		t.Error("a map in a tiny view")
	}
}

func TestLink(t *testing.T) {
	a, b := open(t, Options{}), open(t, Options{})
	a.SetCamera(Camera{100, 200, 1})
	unlink := Link(a.Viewer, b.Viewer)
	wantCamera(t, "linked", b.Camera(), Camera{100, 200, 1})
	moves := 0
	a.OnCamera = func(Camera) { moves++ }
	b.SetCamera(Camera{3000, 1000, 0.5})
	wantCamera(t, "led by the second", a.Camera(), Camera{3000, 1000, 0.5})
	if moves != 1 {
		t.Errorf("%d moves, want 1", moves)
	}
	a.Magnify(10)
	wantCamera(t, "led by the first", b.Camera(), Camera{3000, 1000, 0.25})
	a.Fit()
	if !b.fitted {
		t.Error("the second does not keep to the whole slide")
	}
	unlink()
	a.SetCamera(Camera{1, 2, 1})
	wantCamera(t, "unlinked", b.Camera(), Camera{4000, 3000, 0.1})
}

func TestFirstPixels(t *testing.T) {
	b := show(t, 800, 600, 1, Options{})
	told := 0
	b.OnFirstPixels = func() { told++ }
	for want := 1; want <= 2; want++ {
		b.SetSource(plain(8000, 6000, pink), nil)
		if !b.Loading() || told != want-1 {
			t.Fatalf("source %d: loading %v, told %d times at once", want, b.Loading(), told)
		}
		b.settle(t)
		b.SetCamera(Camera{4000, 3000, 1})
		b.settle(t)
		if told != want {
			t.Errorf("source %d: told %d times", want, told)
		}
	}
}

// flawed cannot read some tiles, and counts the attempts.
type flawed struct {
	painted
	reads chan tileKey
}

var errTile = errors.New("bad tile")

func (f flawed) Tile(ctx context.Context, z, col, row int) (*image.RGBA, error) {
	if col == 1 {
		f.reads <- tileKey{z, col, row}
		return nil, errTile
	}
	return f.painted.Tile(ctx, z, col, row)
}

func TestBrokenTiles(t *testing.T) {
	b := show(t, 800, 600, 1, Options{})
	var told []error
	first := false
	b.OnTileError = func(err error) { told = append(told, err) }
	b.OnFirstPixels = func() { first = true }
	f := flawed{plain(1024, 1024, pink), make(chan tileKey, 100)}
	b.SetSource(f, nil)
	b.SetFurniture(false)
	b.SetCamera(Camera{512, 300, 1})
	b.settle(t)
	attempts := len(f.reads)
	for range 5 {
		b.SetCamera(Camera{512, 310, 1})
		b.SetCamera(Camera{512, 300, 0.9})
		b.settle(t)
	}
	if len(f.reads) != attempts || len(told) != 1 || !errors.Is(told[0], errTile) {
		t.Errorf("%d more attempts, told %v: want none, and once", len(f.reads)-attempts, told)
	}
	if first {
		t.Error("first pixels with tiles that cannot be read")
	}
	b.tryAgain() // too early
	b.settle(t)
	if len(f.reads) != attempts {
		t.Error("tried again at once")
	}
	m := b.Snapshot()
	if x, y := b.proj.x(384), b.proj.y(384); near(m.RGBAAt(x, y), pink, 20) || near(m.RGBAAt(x, y), b.groundColour(), 5) {
		t.Errorf("a broken tile is drawn as %v", m.RGBAAt(x, y))
	}
}

// TestBrokenTilesAreTriedAgain has a drive that comes back.
func TestBrokenTilesAreTriedAgain(t *testing.T) {
	b := show(t, 800, 600, 1, Options{})
	away := true
	b.SetSource(flaky{plain(1024, 1024, pink), &away}, nil)
	b.settle(t)
	b.SetCamera(Camera{512, 300, 1})
	b.settle(t)
	old := func() {
		for k, at := range b.failed.at {
			b.failed.at[k] = at.Add(-2 * patience)
		}
	}
	seen := b.showing.len()
	old()
	b.tryAgain()
	if n := b.Stats().Pending; n == 0 || b.Loading() {
		t.Errorf("%d tiles are tried again, loading %v", n, b.Loading())
	}
	b.settle(t)
	if len(b.failed.at) < seen || !b.failed.waiting {
		t.Errorf("%d of %d tiles failed, waiting %v", len(b.failed.at), seen, b.failed.waiting)
	}
	away = false
	old()
	b.tryAgain()
	b.settle(t)
	if m := b.Snapshot(); !near(m.RGBAAt(400, 300), pink, 1) {
		t.Errorf("drawn as %v once it can be read", m.RGBAAt(400, 300))
	}
	for k := range b.showing.all {
		if b.failed.has(k) {
			t.Errorf("%v still counts as broken", k)
		}
	}
}

// flaky cannot be read while it is away.
type flaky struct {
	painted
	away *bool
}

func (f flaky) Tile(ctx context.Context, z, col, row int) (*image.RGBA, error) {
	if *f.away {
		return nil, errTile
	}
	return f.painted.Tile(ctx, z, col, row)
}

func TestTinyCache(t *testing.T) {
	b := open(t, Options{Cache: 2 * tileBytes})
	for _, c := range []Camera{{4000, 3000, 1}, {4600, 3000, 1}, {4000, 3000, 0.3}} {
		b.SetCamera(c)
		b.settle(t)
		if s := b.Stats(); s.Bytes > 2*tileBytes || s.Tiles > 2 {
			t.Errorf("%v: %d tiles of %d bytes", c, s.Tiles, s.Bytes)
		}
		if m := b.Snapshot(); !near(m.RGBAAt(400, 300), pink, 1) || !near(m.RGBAAt(3, 3), pink, 1) {
			t.Errorf("%v: not all is shown", c)
		}
	}
}

func TestCoarserStaysUnder(t *testing.T) {
	b := open(t, Options{})
	b.SetFurniture(false)
	b.SetCamera(Camera{4000, 3000, 0.5})
	b.settle(t)
	b.SetCamera(Camera{4000, 3000, 1})
	if !b.Loading() {
		t.Fatal("nothing to load")
	}
	m := b.Snapshot()
	for _, p := range []image.Point{{5, 5}, {400, 300}, {790, 590}} {
		if !near(m.RGBAAt(p.X, p.Y), pink, 1) {
			t.Errorf("%v is %v before the tiles have come", p, m.RGBAAt(p.X, p.Y))
		}
	}
}

func TestPreviewIsThereAtOnce(t *testing.T) {
	b := show(t, 800, 600, 1, Options{})
	b.SetFurniture(false)
	preview := image.NewRGBA(image.Rect(0, 0, 160, 120))
	for i := range preview.Pix {
		preview.Pix[i] = 255
	}
	preview.SetRGBA(80, 60, color.RGBA{255, 0, 0, 255})
	b.SetSource(plain(8000, 6000, pink), preview)
	for _, zoom := range []float64{0.1, 1, 8} {
		b.SetCamera(Camera{4025, 3025, zoom}) // in the middle of the red pixel
		for name, m := range map[string]*image.RGBA{"window": b.capture(), "snapshot": b.Snapshot()} {
			if got := m.RGBAAt(400, 300); !near(got, color.RGBA{255, 0, 0, 255}, 100) {
				t.Errorf("zoom %v, %s: %v", zoom, name, got)
			}
		}
	}
}

func TestNoSource(t *testing.T) {
	b := show(t, 300, 200, 1, Options{})
	empty := func(what string) {
		t.Helper()
		m := b.capture()
		for _, p := range []image.Point{{0, 0}, {150, 100}, {299, 199}, {20, 190}, {280, 20}} {
			if !near(m.RGBAAt(p.X, p.Y), b.groundColour(), 1) {
				t.Errorf("%s: %v is %v", what, p, m.RGBAAt(p.X, p.Y))
			}
		}
	}
	poke := func() {
		b.Fit()
		b.Magnify(10)
		b.PanBy(1, 1)
		b.ZoomBy(2)
		b.FlyTo(result.Rect{Width: 10, Height: 10})
		b.SetLayer(&Layer{Cells: checker(3, 3), Area: result.Rect{Width: 300, Height: 300}, Opacity: 1})
		b.SetOutlines([]Outline{{Area: result.Rect{Width: 100, Height: 100}}})
		test.Scroll(b.window.Canvas(), fyne.NewPos(10, 10), 0, 25)
		test.Drag(b.window.Canvas(), fyne.NewPos(10, 10), 5, 5)
		test.MoveMouse(b.window.Canvas(), fyne.NewPos(20, 20))
		b.Tapped(&fyne.PointEvent{})
		b.DoubleTapped(&fyne.PointEvent{})
	}
	empty("at first")
	poke()
	empty("poked")
	b.SetSource(plain(5000, 5000, pink), nil)
	b.settle(t)
	b.SetSource(nil, nil)
	empty("emptied")
	b.SetSource(plain(0, 5, pink), nil)
	poke()
	empty("a slide without pixels")
}

func TestOutlinesAreFew(t *testing.T) {
	b := open(t, Options{})
	var all []Outline
	for i := range 3000 {
		all = append(all, Outline{result.Rect{X: float64(i % 100 * 80), Y: float64(i / 100 * 80), Width: 80, Height: 80}, Selected})
	}
	b.SetOutlines(all)
	if n := len(b.outlines.box.Objects); n > 8*maxOutlines || n < 2*maxOutlines {
		t.Errorf("%d objects for %d outlines", n, maxOutlines)
	}
	b.SetCamera(Camera{120, 120, 8})
	if n := len(b.outlines.box.Objects); n > 8*9 {
		t.Errorf("%d objects where nine outlines are seen", n)
	}
}

func TestLayerOpacityUploadsNothing(t *testing.T) {
	b := open(t, Options{})
	b.SetFurniture(false)
	b.settle(t)
	cells := image.NewRGBA(image.Rect(0, 0, 10, 10))
	for i := range cells.Pix {
		cells.Pix[i] = 255
	}
	b.SetLayer(&Layer{Cells: cells, Area: result.Rect{Width: 8000, Height: 6000}, Opacity: 1})
	before := b.Stats().Uploads
	for _, opacity := range []float64{0.75, 0.5, 0.25, 0} {
		b.SetLayerOpacity(opacity)
		want := color.RGBA{uint8(230 + 25*opacity), uint8(150 + 105*opacity), uint8(190 + 65*opacity), 255}
		for name, m := range map[string]*image.RGBA{"window": b.capture(), "snapshot": b.Snapshot()} {
			if got := m.RGBAAt(400, 300); !near(got, want, 3) {
				t.Errorf("opacity %v, %s: %v, want %v", opacity, name, got, want)
			}
		}
	}
	if n := b.Stats().Uploads - before; n != 0 {
		t.Errorf("%d uploads for a slider", n)
	}
	b.SetLayer(nil)
	if got := b.capture().RGBAAt(400, 300); !near(got, pink, 1) {
		t.Errorf("layer taken away: %v", got)
	}
}

// TestReadoutFits writes a long readout in views of many widths.
func TestReadoutFits(t *testing.T) {
	b := open(t, Options{})
	b.SetReadout(func(x, y float64) string { return "7.2 % of zoom attention, rank 3 of 131" })
	test.MoveMouse(b.window.Canvas(), fyne.NewPos(60, 80))
	for _, c := range []struct {
		width float32
		lines int
	}{{800, 1}, {500, 1}, {300, 2}, {150, 2}, {90, 2}} {
		b.window.Resize(fyne.NewSize(c.width, 400))
		b.SetCamera(Camera{4000, 3000, 0.1})
		b.hovered()
		f := b.furniture
		lines := 0
		for _, line := range f.place.texts {
			if line.Text != "" {
				lines++
			}
		}
		if lines != c.lines {
			t.Errorf("%v wide: %q", c.width, f.place.text())
		}
		for name, p := range map[string]*plate{"place": f.place, "scale": f.scale, "bar": &f.bar.plate} {
			if right := p.box.Position().X + p.width; right > c.width && name != "scale" {
				t.Errorf("%v wide: %s ends at %v", c.width, name, right)
			}
			if p.box.Position().Y+p.height > 400 {
				t.Errorf("%v wide: %s is under the edge", c.width, name)
			}
		}
	}
}
