package panels

import (
	"fmt"
	"image"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// FirstPatches is how many patches of a magnification are shown until all are
// asked for.
const FirstPatches = 9

// Place is a point of a slide, each coordinate from 0 to 1.
type Place struct{ X, Y float64 }

// PathPatch is one patch of the gallery.
type PathPatch struct {
	Step     int // names the patch in what is called back
	Rank     int // 1 is the most attention
	Share    float64
	Place    Place       // of its middle
	Picture  *image.RGBA // nil while it is still to come
	Parent   int         // step; -1 where there is none
	Children []int       // steps
}

// PathLevel is the patches of one magnification, by rank.
type PathLevel struct {
	Magnification float64
	Zoom          bool // shares are of the attention for zooming in; else of that for the prediction
	Patches       []PathPatch
}

// ZoomPathEvents are what the user does in the gallery. Any may be nil. Up goes to
// a higher magnification.
type ZoomPathEvents struct {
	Go                       func(step int)
	Hover                    func(step int, inside bool)
	Previous, Next, Up, Down func()
}

// ZoomPath is the gallery of the patches the model zoomed into.
type ZoomPath struct {
	// OnShow is called with a tile that should come to sight. It may be nil.
	OnShow func(tile fyne.CanvasObject)

	texts *texts.Texts
	on    ZoomPathEvents

	object  *fyne.Container
	none    *widgets.Text
	walk    *fyne.Container
	where   *widgets.Text
	gallery *fyne.Container

	levels  []PathLevel
	aspect  float64
	all     map[int]bool // levels of which all patches are shown
	tiles   map[int]*widgets.PatchTile
	current int
}

// NewZoomPath makes an empty gallery.
func NewZoomPath(t *texts.Texts, on ZoomPathEvents) *ZoomPath {
	z := &ZoomPath{texts: t, on: on, none: widgets.NewNote(t.Path.None), gallery: widgets.NewColumn(theme.Gap)}
	button := func(label string, do func()) fyne.CanvasObject {
		return widgets.NewButton(label, func() { tell(do) })
	}
	z.where = widgets.NewText("", widgets.TextLook{MinLines: 2})
	z.walk = widgets.NewColumn(4,
		widgets.NewFlow(3, button(t.Path.Previous, on.Previous), button(t.Path.Next, on.Next),
			button(t.Path.Down, on.Down), button(t.Path.Up, on.Up)),
		widgets.NewNote(t.Path.Hint), z.where)
	z.object = widgets.NewColumn(theme.Gap, z.none, z.walk, z.gallery)
	z.Clear()
	return z
}

// Object is what to place in the window.
func (z *ZoomPath) Object() fyne.CanvasObject { return z.object }

// Clear empties the gallery.
func (z *ZoomPath) Clear() { z.empty(z.texts.Path.None) }

// Hide empties the gallery and says that the zoom path there is stays hidden until
// the reader's verdict.
func (z *ZoomPath) Hide() { z.empty(z.texts.Path.Hidden) }

func (z *ZoomPath) empty(why string) {
	z.none.SetText(why)
	z.Set(nil, 0)
}

// Set fills the gallery, lowest magnification first, with no patch at hand. aspect
// is the slide's width over its height.
func (z *ZoomPath) Set(levels []PathLevel, aspect float64) {
	z.levels, z.aspect, z.current, z.all = levels, aspect, -1, map[int]bool{}
	show(z.none, len(levels) == 0)
	show(z.walk, len(levels) > 0)
	z.build()
}

func (z *ZoomPath) build() {
	z.tiles = map[int]*widgets.PatchTile{}
	var sections []fyne.CanvasObject
	for i := range z.levels {
		if len(z.levels[i].Patches) > 0 {
			sections = append(sections, z.section(i))
		}
	}
	replace(z.gallery, sections...)
	z.mark()
	z.object.Refresh()
}

// section is the gallery of one magnification.
func (z *ZoomPath) section(i int) fyne.CanvasObject {
	l, t := z.levels[i], z.texts
	n := len(l.Patches)
	shown := l.Patches
	if !z.all[i] {
		shown = shown[:min(n, FirstPatches)]
	}
	grid := widgets.NewFlow(4)
	for _, p := range shown {
		grid.Add(z.tile(p))
	}
	title := fmt.Sprintf(t.Path.Section, t.Numbers.Magnification(l.Magnification), t.Numbers.Count(n))
	box := widgets.NewColumn(4, widgets.NewColumn(0, widgets.NewQuiet(title), widgets.NewNote(z.sharesOf(l))), grid)
	if n > FirstPatches {
		box.Add(widgets.NewFlow(0, z.more(i, n)))
	}
	return box
}

// sharesOf says what the shares of a level are parts of.
func (z *ZoomPath) sharesOf(l PathLevel) string {
	if l.Zoom {
		return z.texts.Path.SharesZoom
	}
	return z.texts.Path.SharesPooled
}

// more is the button that shows all patches of a level, or the first again.
func (z *ZoomPath) more(i, n int) *widgets.Button {
	label := fmt.Sprintf(z.texts.Path.ShowAll, z.texts.Numbers.Count(n))
	if z.all[i] {
		label = z.texts.Path.ShowFewer
	}
	return widgets.NewButton(label, func() {
		z.all[i] = !z.all[i]
		z.build()
	})
}

func (z *ZoomPath) tile(p PathPatch) *widgets.PatchTile {
	tile := widgets.NewPatchTile(widgets.Patch{
		Picture: picture(p.Picture), Rank: strconv.Itoa(p.Rank), Share: z.texts.Numbers.Portion(p.Share),
		SlideAspect: z.aspect, X: p.Place.X, Y: p.Place.Y,
	}, func() { call(z.on.Go, p.Step) }, func(inside bool) {
		if z.on.Hover != nil {
			z.on.Hover(p.Step, inside)
		}
	})
	z.tiles[p.Step] = tile
	return tile
}

// SetPicture shows a patch once it was read.
func (z *ZoomPath) SetPicture(step int, p *image.RGBA) {
	if at := z.patch(step); at != nil {
		at.Picture = p
	}
	if tile := z.tiles[step]; tile != nil {
		tile.SetPicture(picture(p))
	}
}

// SetCurrent marks the patch at hand, and its parent and children in another way;
// -1 marks none. The patch is brought to sight, also where it was not among the
// first.
func (z *ZoomPath) SetCurrent(step int) {
	z.current = step
	if level := z.levelOf(step); level >= 0 && z.tiles[step] == nil {
		z.all[level] = true
		z.build()
	} else {
		z.mark()
	}
	if tile := z.tiles[step]; tile != nil && z.OnShow != nil {
		z.OnShow(tile)
	}
}

// tellWhere says which patch is at hand.
func (z *ZoomPath) tellWhere() {
	t, n := z.texts.Path, z.texts.Numbers
	level := z.levelOf(z.current)
	if level < 0 {
		z.where.SetText(t.Nowhere)
		return
	}
	l := z.levels[level]
	i := slices.IndexFunc(l.Patches, func(p PathPatch) bool { return p.Step == z.current })
	at := fmt.Sprintf(t.At, n.Count(i+1), n.Count(len(l.Patches)), n.Magnification(l.Magnification))
	of := t.OfPooled
	if l.Zoom {
		of = t.OfZoom
	}
	z.where.SetText(at + ", " + fmt.Sprintf(of, n.Portion(l.Patches[i].Share)))
}

// Tile is the tile of a patch; nil where it is not shown.
func (z *ZoomPath) Tile(step int) *widgets.PatchTile { return z.tiles[step] }

func (z *ZoomPath) mark() {
	z.tellWhere()
	at := z.patch(z.current)
	for step, tile := range z.tiles {
		switch {
		case step == z.current:
			tile.Mark(widgets.Selected)
		case at != nil && (step == at.Parent || slices.Contains(at.Children, step)):
			tile.Mark(widgets.Related)
		default:
			tile.Mark(widgets.Plain)
		}
	}
}

// patch is the patch of a step; nil where there is none.
func (z *ZoomPath) patch(step int) *PathPatch {
	level := z.levelOf(step)
	if level < 0 {
		return nil
	}
	list := z.levels[level].Patches
	return &list[slices.IndexFunc(list, func(p PathPatch) bool { return p.Step == step })]
}

func (z *ZoomPath) levelOf(step int) int {
	return slices.IndexFunc(z.levels, func(l PathLevel) bool {
		return slices.ContainsFunc(l.Patches, func(p PathPatch) bool { return p.Step == step })
	})
}
