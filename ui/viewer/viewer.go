package viewer

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/engine/result"
)

// Texts is how numbers over the slide are written.
type Texts struct {
	DecimalSign string // "" means a point
}

// defaultCache is how many bytes of tiles are kept.
const defaultCache = 256 << 20

// Options are what a Viewer is made with; the zero value will do.
type Options struct {
	Texts   Texts
	Cache   int64 // bytes of tiles kept; 0 means 256 MiB
	Workers int   // tiles read at once; 0 means the processors but one, at most 4

	// Background is the theme's name of the colour around the slide; "" means the
	// theme's background.
	Background fyne.ThemeColorName

	// Do runs a function on the UI thread, soon; nil means fyne.Do. Fyne's test
	// driver has no UI thread, it runs the function where it is: tests that load
	// tiles give a queue of their own here.
	Do func(func())
}

// Viewer is a view of a slide. Make it with New and end it with Close. Its methods
// are called on the UI thread, where its callbacks run too.
type Viewer struct {
	widget.BaseWidget

	OnCamera      func(Camera)                    // the camera changed
	OnTapped      func(x, y float64)              // at a place of the slide
	OnHover       func(x, y float64, inside bool) // inside: the cursor is over the slide
	OnInput       func()                          // the user does something to the view
	OnFirstPixels func()                          // once per source: the whole view is sharp
	OnMeasured    func(from, to [2]float64)       // the ends of a line drawn while measuring
	OnTileError   func(error)                     // once per source: a tile could not be read

	options Options
	camera  Camera
	fitted  bool // the whole slide is shown, and stays so when the view is resized
	proj    projection
	at      screen

	src     bool // there is a source
	slide   pyramid
	mpp     float64
	loader  *loader
	cache   *tileCache
	failed  failures
	showing tileRange // the tiles on the stage
	wanting tileRange // the tiles asked for
	wants   []request // reused
	missing int       // tiles of what is seen that are still to come
	stale   bool      // tiles have come since the stage was arranged
	told    bool      // OnFirstPixels was called
	linked  []*Viewer
	leader  *Viewer // the linked view that is moving this one just now

	background *canvas.Rectangle
	preview    *stretched
	stage      *stage
	layer      *layer
	mat        *mat
	outlines   *outliner
	ruler      *ruler
	furniture  *furniture
	objects    []fyne.CanvasObject
	flight     *flight
	cursor     cursor
}

// New makes an empty view. Its workers run until Close.
func New(o Options) *Viewer {
	if o.Cache <= 0 {
		o.Cache = defaultCache
	}
	if o.Texts.DecimalSign == "" {
		o.Texts.DecimalSign = "."
	}
	v := &Viewer{
		options: o, cache: newTileCache(o.Cache), failed: newFailures(), at: screen{1},
		background: &canvas.Rectangle{}, preview: newStretched(), stage: newStage(),
		layer: newLayer(), mat: newMat(), outlines: newOutliner(), ruler: newRuler(),
	}
	v.furniture = newFurniture(v)
	v.objects = []fyne.CanvasObject{v.background, v.preview.object, v.stage.box, v.layer.object, v.layer.box, v.mat.box, v.outlines.box, v.ruler.box, v.furniture.box}
	v.loader = newLoader(o.Workers, o.Do, v.receive)
	v.ExtendBaseWidget(v)
	v.recolour()
	return v
}

// Close ends the workers and waits for them: for the reads under way, which are
// cancelled. The view shows no slide afterwards and must not be given another.
func (v *Viewer) Close() {
	v.SetSource(nil, nil)
	v.loader.close()
}

// SetSource shows the whole of another slide. preview is a small picture of all of
// it, shown at once, stretched, and in the overview map; nil for none. A nil source
// empties the view. Layer, outlines and the drawn line go with the slide before, and
// measuring ends; the resolution is to be set anew. Reads of the source before are cancelled, but may
// still be on their way back.
func (v *Viewer) SetSource(src TileSource, preview *image.RGBA) {
	v.stop()
	v.loader.open(src)
	v.cache.clear()
	v.failed.forget()
	v.stage.begin()
	v.stage.end()
	v.src, v.slide = false, pyramid{}
	if src != nil {
		if w, h := src.Size(); w > 0 && h > 0 {
			v.src, v.slide = true, newPyramid(w, h)
		}
	}
	v.mpp, v.told, v.missing = 0, false, 0
	v.preview.set(grid{})
	if v.src && preview != nil && !preview.Rect.Empty() {
		v.preview.set(grid{preview, v.bounds()})
	}
	v.furniture.setSlide(v.slide, preview)
	v.layer.set(grid{}, 1)
	v.outlines.set(nil, result.Rect{})
	v.ruler.on = false
	v.ruler.clear()
	v.showing, v.wanting = tileRange{}, tileRange{}
	v.fitted = true
	v.arrange()
	v.toFit()
}

// bounds is the area of the slide.
func (v *Viewer) bounds() result.Rect {
	return result.Rect{Width: float64(v.slide.width), Height: float64(v.slide.height)}
}

// SetResolution states the micrometres per level-0 pixel; 0 when they are not known.
func (v *Viewer) SetResolution(mpp float64) {
	v.mpp = max(finite(mpp, 0), 0)
	v.arrange()
}

// SetLayer lays a picture over the slide; nil takes it away. Where the new one shares
// its cells with the one before, nothing is uploaded again.
func (v *Viewer) SetLayer(l *Layer) {
	v.furniture.reread = true
	switch {
	case l == nil || l.Cells == nil || l.Cells.Rect.Empty() || l.Area.Width <= 0 || l.Area.Height <= 0:
		v.layer.set(grid{}, 1)
	case v.layer.grid == grid{l.Cells, l.Area}:
		v.layer.fade(l.Opacity)
	default:
		v.layer.set(grid{l.Cells, l.Area}, l.Opacity)
	}
	v.arrange()
}

// Layer is a picture laid over the slide: each pixel of Cells, which are multiplied
// by their alpha, covers an equal part of Area, with hard edges. Cells must not be
// written to afterwards.
type Layer struct {
	Cells   *image.RGBA
	Area    result.Rect
	Opacity float64 // of the whole, 0 to 1
}

// SetLayerOpacity changes the opacity of the layer alone, which costs next to
// nothing.
func (v *Viewer) SetLayerOpacity(opacity float64) {
	v.layer.fade(opacity)
	v.arrange()
}

// SetOutlines draws these rectangles over the slide, later ones on top. What of them
// lies beside the slide is cut off.
func (v *Viewer) SetOutlines(outlines []Outline) {
	v.furniture.reread = true
	v.outlines.set(outlines, v.bounds())
	v.arrange()
}

// SetReadout sets what is told of the place under the cursor besides its
// coordinates; nil for nothing.
func (v *Viewer) SetReadout(f func(x, y float64) string) {
	v.furniture.reread = true
	v.furniture.readout = f
	v.arrange()
}

// SetFurniture shows or hides the overview map, the scale bar and the numbers.
func (v *Viewer) SetFurniture(on bool) {
	v.furniture.on = on
	v.arrange()
}

// Loading tells whether sharper tiles of what is seen are still to come.
func (v *Viewer) Loading() bool { return v.missing > 0 }

// CreateRenderer is Fyne's; it may be called again when the view was out of sight.
func (v *Viewer) CreateRenderer() fyne.WidgetRenderer { return &renderer{v} }

// renderer hands the view's own objects to Fyne. What reaches over the view's edge
// is cut off there, as of everything that scrolls.
type renderer struct{ v *Viewer }

func (r *renderer) Destroy()                     {}
func (r *renderer) MinSize() fyne.Size           { return fyne.NewSize(64, 64) }
func (r *renderer) Objects() []fyne.CanvasObject { return r.v.objects }
func (r *renderer) Layout(fyne.Size)             { r.v.resized() }

func (r *renderer) Refresh() {
	r.v.recolour()
	r.v.arrange()
}

func (v *Viewer) recolour() {
	name := v.options.Background
	if name == "" {
		name = theme.ColorNameBackground
	}
	v.background.FillColor = v.Theme().Color(name, fyne.CurrentApp().Settings().ThemeVariant())
	if v.background.FillColor == nil {
		v.background.FillColor = color.Gray{Y: 0x80}
	}
}

// measure reads the view's size in device pixels, and tells whether it changed.
func (v *Viewer) measure() (w, h int, changed bool) {
	at := screenOf(v)
	size := v.Size()
	w, h = int(math.Round(at.pixels(size.Width))), int(math.Round(at.pixels(size.Height)))
	changed = at != v.at || w != v.proj.w || h != v.proj.h
	v.at = at
	return w, h, changed
}

// resized keeps the whole slide in view where it was so before, and the camera
// otherwise.
func (v *Viewer) resized() {
	_, _, changed := v.measure()
	if !changed {
		return
	}
	v.arrange()
	if v.fitted {
		v.toFit()
	}
}

// ready tells whether there is a slide, and a view to show it in.
func (v *Viewer) ready() bool { return v.src && v.proj.w > 0 && v.proj.h > 0 }

func (v *Viewer) limits() limits {
	return newLimits(v.slide.width, v.slide.height, v.proj.w, v.proj.h)
}

// arrange puts everything where the camera has it. It is called for every frame of a
// movement, and does little where the same tiles are seen as before.
func (v *Viewer) arrange() {
	w, h, _ := v.measure()
	v.proj = project(v.camera, w, h)
	if v.ready() && v.camera.Zoom > 0 {
		v.arrangeTiles()
		v.layer.place(v.proj, v.at)
		v.mat.place(v.matted(), v.slideRect(), v.at, v.background.FillColor)
		v.outlines.place(v.proj, v.at)
		v.ruler.place(v.proj, v.at)
	} else {
		v.preview.hide()
		v.layer.hide()
		v.layer.clear()
		v.mat.clear()
		v.outlines.box.Objects = nil
	}
	v.at.put(v.background, v.ground())
	v.furniture.arrange()
	canvas.Refresh(v.background) // the window is drawn anew; this object has nothing to upload
}

// ground is where the background is to be seen: everywhere, unless it is covered;
// filling the whole view costs time where the processor draws.
func (v *Viewer) ground() image.Rectangle {
	p := v.proj
	view := image.Rect(0, 0, p.w, p.h)
	if !v.ready() || v.missing > 0 && v.preview.cells == nil {
		return view
	}
	if view.In(v.slideRect()) {
		return image.Rect(0, 0, 1, 1)
	}
	return view
}
