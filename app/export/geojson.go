package export

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"zoomscope/assets"
	"zoomscope/engine/result"
)

// MaxObjects is how many objects WriteGeoJSON writes unless told otherwise:
// beyond it QuPath itself warns of its memory.
const MaxObjects = 100_000

// GeoJSONOptions choose what WriteGeoJSON writes; the zero value is for QuPath
// as it comes.
type GeoJSONOptions struct {
	Magnifications []float64 // only these; nil for all
	MaxObjects     int       // 0 for MaxObjects, negative for no limit

	// WholeSlide keeps places in level-0 pixels of the file, for a QuPath that
	// was told not to crop to the scanned bounds.
	WholeSlide bool
}

// WriteGeoJSON writes the patches as a FeatureCollection of tile objects that
// QuPath opens and can show as measurement maps, and returns how many there
// were to write and how many it wrote. When that is fewer, the objects left out
// are those with the least attention, and the file says so.
func WriteGeoJSON(w io.Writer, r *result.Result, o GeoJSONOptions) (written, all int, err error) {
	objects := geoObjects(r, o.Magnifications)
	all = len(objects)
	if limit := cmp.Or(o.MaxObjects, MaxObjects); limit >= 0 {
		objects = mostAttended(objects, limit)
	}
	out := bufio.NewWriterSize(w, 1<<16)
	head, err := json.Marshal(geoHead(r, len(objects), all))
	if err != nil {
		return 0, all, err
	}
	fmt.Fprintf(out, "{\"type\":\"FeatureCollection\",\"zoomscope\":%s,\"features\":[", head)
	g := newGeoWriter(r, o)
	for i, obj := range objects {
		line, err := json.Marshal(g.feature(obj))
		if err != nil {
			return i, all, err
		}
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteByte('\n')
		if _, err := out.Write(line); err != nil {
			return i, all, err
		}
	}
	out.WriteString("\n]}\n")
	return len(objects), all, out.Flush()
}

// geoObject is one patch on its way to a file.
type geoObject struct {
	level, index, rank int
	patch              result.Patch
}

func geoObjects(r *result.Result, only []float64) []geoObject {
	var objects []geoObject
	for l, level := range r.Levels {
		if only != nil && !slices.Contains(only, level.Magnification) {
			continue
		}
		rank := ranks(level)
		for i, p := range level.Patches {
			objects = append(objects, geoObject{l, i, rank[i], p})
		}
	}
	return objects
}

// mostAttended keeps limit objects in their order: selected ones first, then
// those with the most attention.
func mostAttended(objects []geoObject, limit int) []geoObject {
	if len(objects) <= limit {
		return objects
	}
	chosen := slices.Clone(objects)
	slices.SortStableFunc(chosen, func(a, b geoObject) int {
		if a.patch.Selected != b.patch.Selected {
			if a.patch.Selected {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.patch.Attention, a.patch.Attention)
	})
	chosen = chosen[:limit]
	slices.SortFunc(chosen, func(a, b geoObject) int {
		return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.index, b.index))
	})
	return chosen
}

// geoHead is what the file says of itself, outside the objects.
func geoHead(r *result.Result, written, all int) map[string]string {
	head := map[string]string{
		"slide": SlideName(r.Slide), "model": modelName(r.Model), "prediction": predictionText(r), "notice": result.ResearchUse,
	}
	if written < all {
		head["left_out"] = fmt.Sprintf("%d of %d patches", all-written, all)
		if slices.ContainsFunc(r.Levels, result.Level.Attends) {
			head["left_out"] += ", those with the least attention"
		}
	}
	return head
}

type geoFeature struct {
	Type       string        `json:"type"`
	ID         string        `json:"id"`
	Geometry   geoPolygon    `json:"geometry"`
	Properties geoProperties `json:"properties"`
}

type geoPolygon struct {
	Type        string          `json:"type"`
	Coordinates [][5][2]float64 `json:"coordinates"`
}

type geoProperties struct {
	ObjectType     string               `json:"objectType"`
	Name           string               `json:"name,omitempty"`
	Color          [3]uint8             `json:"color"`
	Classification geoClass             `json:"classification"`
	IsLocked       bool                 `json:"isLocked"`
	Measurements   map[string]geoNumber `json:"measurements"`
	Metadata       map[string]string    `json:"metadata"`
}

// geoClass needs both its fields: QuPath refuses a class without a colour.
type geoClass struct {
	Name  string   `json:"name"`
	Color [3]uint8 `json:"color"`
}

// geoNumber is a number as QuPath reads it: what is not finite is a string.
type geoNumber float64

// MarshalJSON implements json.Marshaler.
func (v geoNumber) MarshalJSON() ([]byte, error) {
	f := float64(v)
	switch {
	case math.IsNaN(f):
		return []byte(`"NaN"`), nil
	case math.IsInf(f, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Infinity"`), nil
	}
	return strconv.AppendFloat(nil, f, 'g', -1, 64), nil
}

// geoWriter makes the features of one file.
type geoWriter struct {
	r      *result.Result
	dx, dy float64 // subtracted from every place
	heats  []*Heat // nil of a level without attention
	space  uuid.UUID
}

func newGeoWriter(r *result.Result, o GeoJSONOptions) *geoWriter {
	g := &geoWriter{r: r}
	if !o.WholeSlide {
		area := Area(r.Slide)
		g.dx, g.dy = area.X, area.Y
	}
	for _, level := range r.Levels {
		var heat *Heat
		if level.Attends() {
			heat = defaultHeat(level)
		}
		g.heats = append(g.heats, heat)
	}
	id := fmt.Sprintf("zoomscope:%s:%dx%d", SlideName(r.Slide), r.Slide.Width, r.Slide.Height)
	g.space = uuid.NewSHA1(uuid.NameSpaceURL, []byte(id))
	return g
}

func (g *geoWriter) feature(o geoObject) geoFeature {
	mag := magName(g.r.Levels[o.level].Magnification)
	top := o.level == len(g.r.Levels)-1
	p := geoProperties{
		ObjectType: "tile", IsLocked: true,
		Color:          classColor(o.level, len(g.r.Levels)),
		Classification: geoClass{Name: mag, Color: classColor(o.level, len(g.r.Levels))},
		Measurements:   map[string]geoNumber{},
		Metadata: map[string]string{
			"magnification": mag, "index": strconv.Itoa(o.index), "parent": strconv.Itoa(o.patch.Parent), "model": modelName(g.r.Model),
		},
	}
	if heat := g.heats[o.level]; heat != nil {
		p.Color = rgb(heat.Color(o.index))
		p.Measurements["attention"] = geoNumber(o.patch.Attention)
	}
	if !top && len(g.r.Model.K) > 0 {
		p.Measurements["zoom attention"] = geoNumber(o.patch.ZoomAttention)
	}
	if o.patch.Selected {
		p.Classification.Name += " zoomed into"
		p.Classification.Color = rgb(assets.Marker())
	}
	if o.patch.Selected || top && o.rank > 0 && o.rank <= DefaultTop {
		p.Name = fmt.Sprintf("%s rank %d", mag, o.rank)
		p.Metadata["rank"] = strconv.Itoa(o.rank)
	}
	return geoFeature{Type: "Feature", ID: g.id(o, mag), Geometry: g.polygon(o.patch), Properties: p}
}

// id is the same whenever the same patch of the same slide is written.
func (g *geoWriter) id(o geoObject, mag string) string {
	return uuid.NewSHA1(g.space, fmt.Appendf(nil, "%s:%d:%v:%v", mag, o.index, o.patch.X, o.patch.Y)).String()
}

// polygon is the patch as a closed ring, clockwise on the screen as QuPath draws it.
func (g *geoWriter) polygon(p result.Patch) geoPolygon {
	x0, y0 := p.X-g.dx, p.Y-g.dy
	x1, y1 := p.X+p.Size-g.dx, p.Y+p.Height-g.dy
	return geoPolygon{Type: "Polygon", Coordinates: [][5][2]float64{{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}}}}
}

// classColor spreads the magnifications over the colour map.
func classColor(level, levels int) [3]uint8 {
	return rgb(defaultColors().At((float64(level) + 0.5) / float64(levels)))
}

func rgb(c color.RGBA) [3]uint8 { return [3]uint8{c.R, c.G, c.B} }
