package export

import (
	"context"
	"fmt"
	"image"
	"slices"

	"golang.org/x/image/draw"

	"zoomscope/engine/result"
)

// ZoomPathOptions lay out the zoom-path picture; the zero value is the usual way.
type ZoomPathOptions struct {
	Rows     int // patches shown per magnification; 0 for 5
	Progress func(result.Progress)
}

// DrawZoomPath draws how the model zoomed in: the overview with the patches it
// chose outlined, then a column of patches per magnification, each with those
// chosen within it outlined and joined by a line to its own picture in the next
// column. What leads to the patches that count most in the end is always shown.
func DrawZoomPath(ctx context.Context, reader AreaReader, r *result.Result, ov *Overview, o ZoomPathOptions) (*image.RGBA, error) {
	if o.Rows <= 0 {
		o.Rows = 5
	}
	t, err := newTypesetter()
	if err != nil {
		return nil, err
	}
	z := &zoomPath{r: r, ov: ov, columns: pathColumns(r, o.Rows), rows: o.Rows}
	if err := z.read(ctx, reader, o.Progress); err != nil {
		return nil, err
	}
	z.compose(t)
	return z.page.RGBA, nil
}

// node is one patch of the picture.
type node struct {
	pick  Pick
	patch result.Patch
	image *image.RGBA
	at    image.Rectangle // where the picture shows it
}

// pathColumns chooses the patches to show at every magnification, at most rows
// of them: the first by rank at the highest, below it their parents, filled up
// by rank. Columns follow the order of their parents, so that lines do not cross.
func pathColumns(r *result.Result, rows int) [][]node {
	columns := make([][]node, len(r.Levels))
	var wanted []int // parents of what the column above shows
	for i, level := range slices.Backward(r.Levels) {
		picks := Picks(level, max(rows, DefaultTop))
		slices.SortStableFunc(picks, func(a, b Pick) int {
			return truth(slices.Contains(wanted, b.Index)) - truth(slices.Contains(wanted, a.Index))
		})
		wanted = nil
		for _, pick := range picks[:min(rows, len(picks))] {
			patch := level.Patches[pick.Index]
			columns[i] = append(columns[i], node{pick: pick, patch: patch})
			wanted = append(wanted, patch.Parent)
		}
	}
	for i := range columns {
		sortColumn(columns, i)
	}
	return columns
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sortColumn puts the nodes of column i in the order of their parents, and those
// of one parent from top to bottom, then from left to right.
func sortColumn(columns [][]node, i int) {
	place := func(n node) int {
		if i == 0 {
			return 0
		}
		for at, parent := range columns[i-1] {
			if parent.pick.Index == n.patch.Parent {
				return at
			}
		}
		return len(columns[i-1])
	}
	slices.SortStableFunc(columns[i], func(a, b node) int {
		return compare(float64(place(a)), float64(place(b)), a.patch.Y, b.patch.Y, a.patch.X, b.patch.X)
	})
}

// compare compares pairs in turn until one differs.
func compare(pairs ...float64) int {
	for i := 0; i < len(pairs); i += 2 {
		switch {
		case pairs[i] < pairs[i+1]:
			return -1
		case pairs[i] > pairs[i+1]:
			return 1
		}
	}
	return 0
}

// zoomPath is the picture being made.
type zoomPath struct {
	r       *result.Result
	ov      *Overview
	columns [][]node
	rows    int

	page   *page
	slide  image.Rectangle
	head   *panel
	foot   *panel
	bodyY  int
	bodyH  int
	startX int // of the first column
}

// Sizes of the picture, in pixels.
const (
	pathMargin  = 36
	pathText    = 20.0
	pathCaption = 30 // under a picture
	pathRow     = patchPixels + pathCaption + 24
	pathBetween = 150 // between columns, for the lines
	pathLine    = 2.5
)

func (z *zoomPath) read(ctx context.Context, reader AreaReader, progress func(result.Progress)) error {
	total, done := 0, 0
	for _, column := range z.columns {
		total += len(column)
	}
	for i := range z.columns {
		for j := range z.columns[i] {
			img, err := readPatch(ctx, reader, z.columns[i][j].patch)
			if err != nil {
				return err
			}
			z.columns[i][j].image = img
			if done++; progress != nil {
				progress(result.Progress{Stage: "zoom path", Done: done, Total: total})
			}
		}
	}
	return nil
}

func (z *zoomPath) compose(t *typesetter) {
	z.layout(t)
	z.head.draw(z.page, pathMargin, pathMargin)
	z.foot.draw(z.page, pathMargin, z.page.Rect.Dy()-pathMargin-z.foot.height)
	z.overview()
	for i := range z.columns {
		z.column(i)
	}
	z.outlines()
	z.links()
	z.labels()
}

// layout fixes where the overview and the columns go.
func (z *zoomPath) layout(t *typesetter) {
	titles := int(3.2 * pathText)
	z.bodyH = z.rows*pathRow - 24
	w, h := z.ov.Image.Rect.Dx(), z.ov.Image.Rect.Dy()
	bar := int(3 * pathText) // under the overview
	scale := min(1100/float64(w), float64(z.bodyH-bar)/float64(h))
	w, h = max(1, int(float64(w)*scale)), max(1, int(float64(h)*scale))
	z.startX = pathMargin + w + pathBetween
	width := z.startX + len(z.columns)*(patchPixels+pathBetween) - pathBetween + pathMargin
	z.head, z.foot = z.header(t, width-2*pathMargin), z.footer(t, width-2*pathMargin)
	z.bodyY = pathMargin + z.head.height + titles
	z.page = newPage(width, z.bodyY+z.bodyH+z.foot.height+2*pathMargin, t)
	top := z.bodyY + (z.bodyH-bar-h)/2
	z.slide = image.Rect(pathMargin, top, pathMargin+w, top+h)
}

func (z *zoomPath) header(t *typesetter, width int) *panel {
	n := newPanel(t, width, pathText)
	n.text(t.shorten("Zoom path of "+SlideName(z.r.Slide), width, n.head()), n.head())
	n.text(origin(z.r), n.plain())
	if !z.r.Model.Trained {
		n.text("Untrained model: what it zooms into has no meaning.", n.warn())
	} else if z.r.Model.Note != "" {
		n.text(z.r.Model.Note, n.warn())
	}
	return n
}

func (z *zoomPath) footer(t *typesetter, width int) *panel {
	n := newPanel(t, width, pathText)
	n.gap(0.6)
	n.text("Outlined: patches zoomed into, at the highest magnification those with the most attention; thick where a line leads to the picture. Numbers are ranks. Hatched: beyond the slide.", n.small())
	n.gap(0.3)
	n.warnings(z.r)
	n.text(result.ResearchUse, style{size: n.size, bold: true, ink: black()})
	return n
}

// overview draws the slide at low power, with its title and scale bar.
func (z *zoomPath) overview() {
	draw.CatmullRom.Scale(z.page.RGBA, z.slide, z.ov.Image, z.ov.Image.Rect, draw.Src, nil)
	z.page.rim(z.slide)
	z.title(z.slide.Min.X, z.slide.Min.Y, "Overview", "")
	bar := newPanel(z.page.typesetter, min(z.slide.Dx(), 500), pathText)
	bar.scaleBar(z.r.Slide.MPP[0] * z.ov.Area.Width / float64(z.slide.Dx()))
	bar.draw(z.page, z.slide.Min.X, z.slide.Max.Y+int(0.7*pathText))
}

// title sets two lines above a picture.
func (z *zoomPath) title(x, y int, line, under string) {
	s := style{size: pathText, bold: true, ink: black()}
	u := style{size: 0.85 * pathText, ink: grey()}
	if under == "" {
		z.page.draw(z.page.RGBA, x, y-s.line()-6, line, s)
		return
	}
	z.page.draw(z.page.RGBA, x, y-s.line()-u.line()-6, line, s)
	z.page.draw(z.page.RGBA, x, y-u.line()-6, under, u)
}

// column draws the pictures of a level, spread over the height of the body.
func (z *zoomPath) column(i int) {
	nodes, level := z.columns[i], z.r.Levels[i]
	x := z.startX + i*(patchPixels+pathBetween)
	top := z.bodyY + (z.rows-len(nodes))*pathRow/2
	z.title(x, top, magName(level.Magnification), z.columnText(i))
	s := style{size: 0.85 * pathText, ink: black()}
	for j := range nodes {
		n := &nodes[j]
		n.at = z.page.paste(n.image, x, top+j*pathRow)
		z.page.beyond(n.at, n.patch, z.r.Slide)
		z.page.rim(n.at)
		z.page.draw(z.page.RGBA, x, n.at.Max.Y+5, nodeText(n, zooms(level)), s)
	}
}

func (z *zoomPath) columnText(i int) string {
	level, shown := z.r.Levels[i], len(z.columns[i])
	what := "zoomed into"
	all := len(Picks(level, 0))
	if !zooms(level) {
		what, all = "patches read", len(level.Patches)
	}
	if shown == all {
		return fmt.Sprintf("%s %s", count(all), what)
	}
	if !zooms(level) {
		return fmt.Sprintf("the top of %s patches read", count(all))
	}
	return fmt.Sprintf("%d of %s %s", shown, count(all), what)
}

func nodeText(n *node, zoomed bool) string {
	if zoomed {
		return fmt.Sprintf("Rank %d, zoom %s", n.pick.Rank, percent(n.patch.ZoomAttention))
	}
	return fmt.Sprintf("Rank %d, attention %s", n.pick.Rank, percent(n.patch.Attention))
}

// within calls do with each patch of level i that stands out and that one of
// the pictures before its column shows: where it lies there, and its own picture
// if it has one.
func (z *zoomPath) within(i int, do func(f frame, p result.Patch, own *node)) {
	for _, pick := range slices.Backward(Picks(z.r.Levels[i], DefaultTop)) {
		patch := z.r.Levels[i].Patches[pick.Index]
		own := find(z.columns[i], pick.Index)
		if i == 0 {
			do(frame{z.ov.Area, z.slide}, patch, own)
		} else if parent := find(z.columns[i-1], patch.Parent); parent != nil {
			do(frame{areaOf(parent.patch), parent.at}, patch, own)
		}
	}
}

func areaOf(p result.Patch) result.Rect {
	return result.Rect{X: p.X, Y: p.Y, Width: p.Size, Height: p.Height}
}

func find(column []node, index int) *node {
	for i := range column {
		if column[i].pick.Index == index {
			return &column[i]
		}
	}
	return nil
}

// outlines marks the chosen patches in the overview and in the pictures.
func (z *zoomPath) outlines() {
	for i := range z.columns {
		z.within(i, func(f frame, p result.Patch, own *node) {
			width := 1.0
			if own != nil {
				width = pathLine
			}
			clip := &page{z.page.SubImage(f.px).(*image.RGBA), z.page.typesetter}
			clip.mark(f.box(p), width)
		})
	}
}

// links joins an outline to the picture of what it outlines: level to the edge
// of the picture it lies in, so that no line crosses another patch's picture.
func (z *zoomPath) links() {
	for i := range z.columns {
		z.within(i, func(f frame, p result.Patch, own *node) {
			if own == nil {
				return
			}
			b := f.box(p).cut(f.px)
			y := leave(b, f.px)
			edge := float64(f.px.Max.X)
			z.page.link([]point{{b.x1, y}, {edge, y}, {float64(own.at.Min.X), float64(own.at.Min.Y+own.at.Max.Y) / 2}}, 1.5)
			z.page.dot(b.x1, y, 3)
		})
	}
}

// leave is the height at which a line leaves the box: lower the further right
// the box lies, so that lines from boxes side by side do not run over each other.
func leave(b box, in image.Rectangle) float64 {
	across := ((b.x0+b.x1)/2 - float64(in.Min.X)) / float64(in.Dx())
	y := b.y0 + b.height()*(0.25+0.5*across)
	return min(max(y, float64(in.Min.Y)), float64(in.Max.Y))
}

// labels writes the ranks of the patches that have pictures beside their outlines.
func (z *zoomPath) labels() {
	s := style{size: 0.9 * pathText, bold: true, ink: black(), halo: true}
	for i := range z.columns {
		var taken []image.Rectangle
		z.within(i, func(f frame, p result.Patch, own *node) {
			if own == nil {
				return
			}
			text := fmt.Sprint(own.pick.Rank)
			if r, ok := roomFor(f.box(p), image.Pt(z.page.width(text, s), s.line()), f.px, taken); ok {
				taken = append(taken, r)
				z.page.draw(z.page.RGBA, r.Min.X, r.Min.Y, text, s)
			}
		})
	}
}

// roomFor is where a label goes within clip, false where there is no room for it
// that keeps a distance from those taken: labels that meet read as one.
func roomFor(b box, size image.Point, clip image.Rectangle, taken []image.Rectangle) (image.Rectangle, bool) {
	gap := max(2, size.Y/5)
	wide := make([]image.Rectangle, len(taken))
	for i, r := range taken {
		wide[i] = r.Inset(-gap)
	}
	at := freePlace(b, size, clip, wide)
	r := image.Rectangle{at, at.Add(size)}
	return r, r.In(clip) && !slices.ContainsFunc(wide, r.Overlaps)
}

// freePlace is where a label goes: inside the box if it fits, else at one of its
// corners, within clip and off what is taken, if there is such a place.
func freePlace(b box, size image.Point, clip image.Rectangle, taken []image.Rectangle) image.Point {
	x0, y0, x1, y1 := int(b.x0), int(b.y0), int(b.x1), int(b.y1)
	places := []image.Point{
		{x0 - size.X - 3, y0 - size.Y/2}, {x0 - size.X - 3, y1 - size.Y/2}, {x0, y0 - size.Y}, {x0, y1},
		{x1 + 3, y0 - size.Y}, {x1 + 3, y1},
	}
	if x1-x0 >= size.X+14 && y1-y0 >= size.Y+8 {
		places = append([]image.Point{{x0 + 7, y0 + 4}}, places...)
	}
	for _, at := range places {
		r := image.Rectangle{at, at.Add(size)}
		if r.In(clip) && !slices.ContainsFunc(taken, r.Overlaps) {
			return at
		}
	}
	return places[0]
}
