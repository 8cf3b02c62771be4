package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"zoomscope/engine/result"
)

// small is an analysis of three magnifications with a bounds offset.
func small(t testing.TB) (*result.Result, AreaReader) {
	t.Helper()
	reader := painted{6000, 5000, stripes}
	s := result.Slide{
		Path: `C:\cases\S-104.mrxs`, Vendor: "mirax", Width: 6000, Height: 5000, MPP: [2]float64{0.2522, 0.2522}, MPPSource: "openslide.mpp-x",
		Bounds: result.Rect{X: 700, Y: 300, Width: 4500, Height: 4200},
	}
	return analysed(t, reader, s, []float64{5, 10, 20}, 3), reader
}

// stripes get darker to the right and down.
func stripes(x, y float64) color.RGBA {
	g := uint8(max(0, 230-x/40-y/60))
	return color.RGBA{min(255, g+20), g, min(255, g+15), 255}
}

func TestJSONRoundTrip(t *testing.T) {
	r, _ := small(t)
	var buf bytes.Buffer
	if err := WriteJSON(&buf, r); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(buf.String(), "null") {
		t.Error("null in the file")
	}
	first := bytes.Clone(buf.Bytes())
	got, err := ReadJSON(&buf)
	if err != nil {
		t.Fatal(err)
	}
	r.Device.Tried = []result.Attempt{}
	if diff := cmp.Diff(r, got); diff != "" {
		t.Error(diff)
	}
	var again bytes.Buffer
	if err := WriteJSON(&again, got); err != nil || !bytes.Equal(first, again.Bytes()) {
		t.Errorf("written again it differs (%v)", err)
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*result.Result){
		"version":            func(r *result.Result) { r.Version = 2 },
		"width":              func(r *result.Result) { r.Slide.Width = 0 },
		"bounds":             func(r *result.Result) { r.Slide.Bounds.Width = 1e6 },
		"mpp":                func(r *result.Result) { r.Slide.MPP[1] = math.Inf(1) },
		"magnifications":     func(r *result.Result) { r.Model.Magnifications[1] = 5 },
		"levels missing":     func(r *result.Result) { r.Levels = r.Levels[:2] },
		"level of another":   func(r *result.Result) { r.Levels[1].Magnification = 11 },
		"k":                  func(r *result.Result) { r.Model.K[0] = -1 },
		"attention NaN":      func(r *result.Result) { r.Levels[0].Patches[1].Attention = math.NaN() },
		"attention above 1":  func(r *result.Result) { r.Levels[0].Patches[1].Attention = 1.1 },
		"zoom attention":     func(r *result.Result) { r.Levels[0].Patches[1].ZoomAttention = -0.1 },
		"place":              func(r *result.Result) { r.Levels[2].Patches[0].X = math.Inf(-1) },
		"size":               func(r *result.Result) { r.Levels[2].Patches[0].Size = 0 },
		"height":             func(r *result.Result) { r.Levels[2].Patches[0].Height = -1 },
		"parent at lowest":   func(r *result.Result) { r.Levels[0].Patches[0].Parent = 0 },
		"no parent":          func(r *result.Result) { r.Levels[1].Patches[0].Parent = -1 },
		"parent outside":     func(r *result.Result) { r.Levels[1].Patches[0].Parent = len(r.Levels[0].Patches) },
		"probability":        func(r *result.Result) { r.Prediction.Probabilities[0] = 2 },
		"probabilities":      func(r *result.Result) { r.Prediction.Probabilities = r.Prediction.Probabilities[:2] },
		"logit":              func(r *result.Result) { r.Prediction.Logits[0] = math.NaN() },
		"seconds":            func(r *result.Result) { r.Seconds.Total = math.Inf(1) },
		"counts":             func(r *result.Result) { r.Counts.Encoded = -1 },
		"encoder dimensions": func(r *result.Result) { r.Encoder.Dim = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := small(t)
			if err := Check(r); err != nil {
				t.Fatalf("unspoilt: %v", err)
			}
			spoil(r)
			var buf bytes.Buffer
			if err := WriteJSON(&buf, r); err == nil || buf.Len() > 0 {
				t.Errorf("error %v, %d bytes written", err, buf.Len())
			}
		})
	}
}

func TestReadJSONRefuses(t *testing.T) {
	r, _ := small(t)
	var buf bytes.Buffer
	if err := WriteJSON(&buf, r); err != nil {
		t.Fatal(err)
	}
	whole := buf.String()
	for name, text := range map[string]string{
		"nothing": "", "half": whole[:len(whole)/2], "two": whole + whole, "junk after": whole + "x", "list": "[]", "another version": `{"version": 99}`,
	} {
		if _, err := ReadJSON(strings.NewReader(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzReadJSON(f *testing.F) {
	r, _ := small(f)
	for i := range r.Levels {
		r.Levels[i].Patches = r.Levels[i].Patches[:2]
		for j := range r.Levels[i].Patches {
			r.Levels[i].Patches[j].Parent = min(i, 1) - 1
		}
	}
	var buf bytes.Buffer
	if err := WriteJSON(&buf, r); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Add([]byte(`{"version":1,"slide":{"width":1,"height":1},"levels":[]}`))
	f.Add([]byte(`{"version":1,"slide":{"width":9,"height":9},"model":{"magnifications":[5]},"levels":[{"magnification":5,"patches":[{"x":-1e9,"size":1e9,"height":2,"parent":-1}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ReadJSON(bytes.NewReader(data))
		if err != nil {
			return
		}
		// What was accepted can be written in every format and read again.
		var out bytes.Buffer
		if err := WriteJSON(&out, r); err != nil {
			t.Fatalf("accepted, and not written: %v", err)
		}
		if _, err := ReadJSON(&out); err != nil {
			t.Fatalf("written, and refused: %v", err)
		}
		if err := WriteCSV(io.Discard, r); err != nil {
			t.Fatal(err)
		}
		if _, _, err := WriteGeoJSON(io.Discard, r, GeoJSONOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, l := range r.Levels {
			if _, err := NewHeat(l, HeatOptions{Scale: Percentile}); err != nil && !(l.Blind() && errors.Is(err, ErrNoAttention)) {
				t.Fatal(err)
			}
		}
	})
}

func TestCSV(t *testing.T) {
	r, _ := small(t)
	var buf bytes.Buffer
	if err := WriteCSV(&buf, r); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&buf).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	head, rows := rows[0], rows[1:]
	if got := strings.Join(head, ","); got != "magnification,index,x,y,width,height,attention,zoom_attention,selected,rank,parent" {
		t.Errorf("header %s", got)
	}
	for _, level := range r.Levels {
		rank := ranks(level)
		for i, p := range level.Patches {
			want := []float64{level.Magnification, float64(i), p.X, p.Y, p.Size, p.Height, p.Attention, p.ZoomAttention}
			for k, v := range want {
				if got, err := strconv.ParseFloat(rows[0][k], 64); err != nil || got != v {
					t.Errorf("%s patch %d: %s is %s, want %v", magName(level.Magnification), i, head[k], rows[0][k], v)
				}
			}
			tail := []string{strconv.FormatBool(p.Selected), rankText(rank[i]), strconv.Itoa(p.Parent)}
			if !slices.Equal(rows[0][8:], tail) {
				t.Errorf("%s patch %d: %v, want %v", magName(level.Magnification), i, rows[0][8:], tail)
			}
			rows = rows[1:]
		}
	}
	if len(rows) != 0 {
		t.Errorf("%d rows too many", len(rows))
	}
}

// geoFile is what QuPath reads of a file.
type geoFile struct {
	Type      string            `json:"type"`
	Zoomscope map[string]string `json:"zoomscope"`
	Features  []struct {
		Type       string    `json:"type"`
		ID         uuid.UUID `json:"id"`
		Properties struct {
			ObjectType     string             `json:"objectType"`
			Name           string             `json:"name"`
			Color          []int              `json:"color"`
			IsLocked       bool               `json:"isLocked"`
			Measurements   map[string]float64 `json:"measurements"`
			Metadata       map[string]string  `json:"metadata"`
			Classification map[string]any     `json:"classification"`
		} `json:"properties"`
		Geometry struct {
			Type        string         `json:"type"`
			Coordinates [][][2]float64 `json:"coordinates"`
		} `json:"geometry"`
	} `json:"features"`
}

func geo(t *testing.T, r *result.Result, o GeoJSONOptions) geoFile {
	t.Helper()
	var buf bytes.Buffer
	written, all, err := WriteGeoJSON(&buf, r, o)
	if err != nil {
		t.Fatal(err)
	}
	var f geoFile
	if err := json.Unmarshal(buf.Bytes(), &f); err != nil {
		t.Fatal(err)
	}
	if f.Type != "FeatureCollection" || len(f.Features) != written || written > all {
		t.Fatalf("%s of %d features, %d of %d written", f.Type, len(f.Features), written, all)
	}
	return f
}

func TestGeoJSON(t *testing.T) {
	r, _ := small(t)
	for _, whole := range []bool{false, true} {
		f := geo(t, r, GeoJSONOptions{WholeSlide: whole})
		dx, dy := r.Slide.Bounds.X, r.Slide.Bounds.Y
		if whole {
			dx, dy = 0, 0
		}
		seen := map[uuid.UUID]bool{}
		i := 0
		for _, level := range r.Levels {
			rank := ranks(level)
			for j, p := range level.Patches {
				got := f.Features[i]
				i++
				ring := [][2]float64{
					{p.X - dx, p.Y - dy}, {p.X + p.Size - dx, p.Y - dy}, {p.X + p.Size - dx, p.Y + p.Height - dy}, {p.X - dx, p.Y + p.Height - dy}, {p.X - dx, p.Y - dy},
				}
				if got.Geometry.Type != "Polygon" || len(got.Geometry.Coordinates) != 1 || !slices.Equal(got.Geometry.Coordinates[0], ring) {
					t.Fatalf("geometry %v, want %v", got.Geometry, ring)
				}
				pr := got.Properties
				if got.Type != "Feature" || pr.ObjectType != "tile" || !pr.IsLocked || len(pr.Color) != 3 {
					t.Fatalf("%+v", got)
				}
				if pr.Classification["name"] == "" || len(pr.Classification["color"].([]any)) != 3 {
					t.Fatalf("classification %v needs a name and a colour", pr.Classification)
				}
				if pr.Measurements["attention"] != p.Attention || pr.Measurements["zoom attention"] != p.ZoomAttention {
					t.Fatalf("measurements %v of %+v", pr.Measurements, p)
				}
				if want := magName(level.Magnification) + " rank " + strconv.Itoa(rank[j]); p.Selected && pr.Name != want {
					t.Fatalf("name %q, want %q", pr.Name, want)
				}
				if seen[got.ID] {
					t.Fatalf("id %v twice", got.ID)
				}
				seen[got.ID] = true
			}
		}
		if i != len(f.Features) {
			t.Errorf("%d features for %d patches", len(f.Features), i)
		}
		if f.Zoomscope["notice"] != result.ResearchUse || f.Zoomscope["left_out"] != "" {
			t.Errorf("head %v", f.Zoomscope)
		}
	}
}

func TestGeoJSONRepeats(t *testing.T) {
	r, _ := small(t)
	var a, b bytes.Buffer
	if _, _, err := WriteGeoJSON(&a, r, GeoJSONOptions{}); err != nil {
		t.Fatal(err)
	}
	moved := *r
	moved.Slide.Path = "/elsewhere/S-104.mrxs"
	if _, _, err := WriteGeoJSON(&b, &moved, GeoJSONOptions{}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the same slide in another folder gives another file")
	}
}

func TestGeoJSONChoice(t *testing.T) {
	r, _ := small(t)
	f := geo(t, r, GeoJSONOptions{Magnifications: []float64{10}})
	if len(f.Features) != len(r.Levels[1].Patches) {
		t.Errorf("%d features for %d patches at 10x", len(f.Features), len(r.Levels[1].Patches))
	}
	f = geo(t, r, GeoJSONOptions{MaxObjects: 8})
	if len(f.Features) != 8 || f.Zoomscope["left_out"] == "" {
		t.Errorf("%d features, head %v", len(f.Features), f.Zoomscope)
	}
	named, least := 0, 1.0
	for _, x := range f.Features {
		if strings.Contains(x.Properties.Classification["name"].(string), "zoomed into") {
			named++
			continue
		}
		least = min(least, x.Properties.Measurements["attention"])
	}
	if named != 6 {
		t.Errorf("%d of the 6 selected patches are kept", named)
	}
	above := 0
	for _, l := range r.Levels {
		for _, p := range l.Patches {
			if !p.Selected && p.Attention > least {
				above++
			}
		}
	}
	if above > 1 {
		t.Errorf("%d patches left out have more attention than one kept", above)
	}
}

func TestGeoNumber(t *testing.T) {
	for v, want := range map[float64]string{math.Inf(1): `"Infinity"`, math.Inf(-1): `"-Infinity"`, 0.25: "0.25", 1e-9: "1e-09"} {
		if got, err := json.Marshal(geoNumber(v)); err != nil || (string(got) != want && string(got) != "1e-9") {
			t.Errorf("%v: %s, %v", v, got, err)
		}
	}
	if got, _ := json.Marshal(geoNumber(math.NaN())); string(got) != `"NaN"` {
		t.Errorf("NaN: %s", got)
	}
}

// full is a disk with room for n more bytes.
type full struct{ n int }

var errFull = errors.New("no space left on device")

func (f *full) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWritersReportAFullDisk(t *testing.T) {
	r, reader := small(t)
	ov, err := ReadOverview(t.Context(), reader, r.Slide, 200)
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(io.Writer) error{
		"json":    func(w io.Writer) error { return WriteJSON(w, r) },
		"csv":     func(w io.Writer) error { return WriteCSV(w, r) },
		"geojson": func(w io.Writer) error { _, _, err := WriteGeoJSON(w, r, GeoJSONOptions{}); return err },
		"png":     func(w io.Writer) error { return WritePNG(w, ov.Image) },
	} {
		for _, room := range []int{0, 700} {
			if err := write(&full{room}); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d bytes: error %v", name, room, err)
			}
		}
	}
}

func TestPicks(t *testing.T) {
	level := result.Level{Patches: []result.Patch{
		{Attention: 0.1, ZoomAttention: 0.2, Selected: true}, {Attention: 0.4, ZoomAttention: 0.1},
		{Attention: 0.2, ZoomAttention: 0.5, Selected: true}, {Attention: 0.3, ZoomAttention: 0.2, Selected: true},
	}}
	if got, want := Picks(level, 1), []Pick{{2, 1}, {0, 2}, {3, 3}}; !slices.Equal(got, want) {
		t.Errorf("zoomed into: %v, want %v", got, want)
	}
	if got, want := ranks(level), []int{2, 0, 1, 3}; !slices.Equal(got, want) {
		t.Errorf("ranks %v, want %v", got, want)
	}
	for i := range level.Patches {
		level.Patches[i].Selected = false
	}
	if got, want := Picks(level, 2), []Pick{{1, 1}, {3, 2}}; !slices.Equal(got, want) {
		t.Errorf("highest: %v, want %v", got, want)
	}
	if got := Picks(level, 9); len(got) != 4 {
		t.Errorf("%d picks of 4 patches", len(got))
	}
	if got := Picks(result.Level{}, 3); len(got) != 0 {
		t.Errorf("picks of an empty level: %v", got)
	}
}

func TestSlideName(t *testing.T) {
	for path, want := range map[string]string{
		"/a/b/S 1.svs": "S 1", `C:\x\Ärzte.mrxs`: "Ärzte", "plain": "plain", ".svs": ".svs", "a.b.ome.tiff": "a.b.ome",
	} {
		if got := SlideName(result.Slide{Path: path}); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
