package bench

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn/nntest"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
	"zoomscope/packaging/testenv"
)

// comparison is one of made-up figures.
func comparison() *Comparison {
	standing := func(f1 float64) *Standing {
		s := Spread{train.Number(f1), 0.01}
		return &Standing{WeightedF1: s, Accuracy: s, AUC: Spread{train.Undefined(), train.Undefined()}, Confusion: [][]int{{9, 1}, {2, 8}}}
	}
	c := NewComparison(Study{Name: "crc", Magnifications: []float64{5, 20}, Low: 10}, []Contestant{
		{Name: "ABMIL", Method: mil.ABMIL, Magnifications: []float64{20}},
		{Name: EffName, Method: mil.ZoomMIL, Magnifications: []float64{5}, K: []int{}, Reference: true},
		{Name: ZoomName, Method: mil.ZoomMIL, Magnifications: []float64{5, 20}, K: []int{2}, Reference: true},
	})
	c.Training = &TrainingSummary{Dataset: "d.csv", Slides: map[string]int{"train": 6, "val": 2, "test": 2}, Classes: []string{"a", "b"}, Seeds: []uint64{1, 2}, Epochs: 3, Settings: "as published", Magnifications: []float64{5, 20}, Patches: []float64{2.6, 40}}
	c.Costs = Costs{Encoder: "own", Work: 1e9, Rate: 10}
	for i, patches := range []int{160, 10, 42} {
		c.Rows[i].Test, c.Rows[i].Read = standing(0.9-float64(i)/10), float64(patches)/4
		c.Rows[i].Cost = SlideCost{Patches: patches, EncoderWork: int64(patches) * 1e9, HeadWork: 5e7, EncodeSeconds: float64(patches) / 10, HeadSeconds: 0.05}
	}
	return c
}

func TestComparisonTable(t *testing.T) {
	c := comparison()
	c.relate()
	got := printed(t, c.Table())
	want := `method          at     weighted F1        accuracy  AUC        read  patches  multiply-adds  seconds  work/ZoomMIL  time/ZoomMIL  work/ZoomMIL-Eff  time/ZoomMIL-Eff
ABMIL          20x  0.900 +- 0.010  0.900 +- 0.010    -  40 (100 %)      160        160.1 G     16.1          3.8x          3.8x             15.9x             15.3x
ZoomMIL-Eff     5x  0.800 +- 0.010  0.800 +- 0.010    -     2 (6 %)       10         10.1 G     1.05          0.2x          0.2x              1.0x              1.0x
ZoomMIL      5>20x  0.700 +- 0.010  0.700 +- 0.010    -   10 (26 %)       42         42.0 G     4.25          1.0x          1.0x              4.2x              4.0x
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var out strings.Builder
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"10 patches at 5x, 160 patches at 20x", "seeds 1, 2; 3 epochs; as published", "2.6 patches at 5x, 40.0 patches at 20x in the mean", "ZoomMIL has K = 2", "10.0 patches/s", "own (1.000 G", result.ResearchUse, "6 to train, 2 to validate, 2 to test"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("no %q in %s", text, out.String())
		}
	}
}

// What is read of a test slide goes by the k that was trained with.
func TestEntryReads(t *testing.T) {
	data := &train.Dataset{Magnifications: []float64{5, 10, 20}, Samples: []train.Sample{
		{Split: train.Test, Patches: []int{4, 16, 64}},
		{Split: train.Test, Patches: []int{2, 8, 30}}, // less was tissue
		{Split: train.Training, Patches: []int{100, 400, 1600}},
	}}
	for name, c := range map[string]struct {
		k    []int
		want float64
	}{
		"all":              {nil, (4 + 16 + 64 + 2 + 8 + 30) / 2.},
		"some":             {[]int{3, 2}, (4 + 12 + 8 + 2 + 8 + 7.5) / 2},
		"more than it has": {[]int{3, 100}, (4 + 12 + 48 + 2 + 8 + 30) / 2.},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (Entry{Contestant{K: c.k}, Trial{Data: data}}).Read(); got != c.want {
				t.Errorf("%g, want %g", got, c.want)
			}
		})
	}
	if got := fmt.Sprint(TestPatches(data)); got != "[3 12 47]" {
		t.Error(got)
	}
}

func TestComparisonOfCostsAlone(t *testing.T) {
	c := comparison()
	c.Training, c.Costs.Work = nil, 0 // an encoder that cannot be counted
	c.Rows = c.Rows[:1]
	c.Rows[0].Test = nil
	c.relate()
	want := `method   at  patches  multiply-adds  seconds
ABMIL   20x      160              -     16.1
`
	if diff := cmp.Diff(want, printed(t, c.Table())); diff != "" {
		t.Error(diff)
	}
	if _, err := NewFrontier(c); err == nil {
		t.Error("a frontier of methods that were not trained")
	}
}

func TestComparisonCSV(t *testing.T) {
	c := comparison()
	c.relate()
	var out strings.Builder
	if err := c.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	want := "ABMIL,20x,0.9,0.01,0.9,0.01,,,40,160,160000000000,50000000,16,0.05"
	for _, ratio := range []float64{c.Rows[0].OverZoomMIL.Work, c.Rows[0].OverZoomMIL.Seconds, c.Rows[0].OverEff.Work, c.Rows[0].OverEff.Seconds} {
		want += "," + exact(train.Number(ratio))
	}
	if lines := strings.Split(out.String(), "\r\n"); len(lines) != 5 || lines[1] != want {
		t.Errorf("%q, want %q", lines, want)
	}
	out.Reset()
	if err := WriteConfusion(&out, []string{"a", "b,c"}, [][]int{{9, 1}, {2, 8}}); err != nil || out.String() != "truth,a,\"b,c\"\r\na,9,1\r\n\"b,c\",2,8\r\n" {
		t.Errorf("%q, error %v", out.String(), err)
	}
}

func TestReadComparison(t *testing.T) {
	c := comparison()
	c.relate()
	var out strings.Builder
	if err := c.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	path := putFile(t, filepath.Join(t.TempDir(), "table.json"), out.String())
	got, err := ReadComparison(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.Table().Rows == nil || printed(t, got.Table()) != printed(t, c.Table()) {
		t.Errorf("%+v", got)
	}
	for name, text := range map[string]string{"no JSON": "{", "another format": `{"format":"zoomscope-run/1"}`} {
		if _, err := ReadComparison(putFile(t, path, text)); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestFrontierMarksTheBest(t *testing.T) {
	point := func(name string, f1, slides float64) FrontierPoint {
		return FrontierPoint{Contestant: Contestant{Name: name}, WeightedF1: Spread{Mean: train.Number(f1)}, Slides: slides}
	}
	points := []FrontierPoint{
		point("slow and best", 0.9, 1), point("slow and worse", 0.8, 1), point("fast", 0.7, 10), point("beaten by the fast one", 0.7, 9),
		point("twin of the best", 0.9, 1), point("undefined", math.NaN(), 100), point("faster by chance", 0.69, 10.05),
	}
	markBest(points)
	for i, want := range []bool{true, false, true, false, true, false, false} {
		if points[i].Best != want {
			t.Errorf("%s: on the frontier %v", points[i].Name, points[i].Best)
		}
	}
}

// A study small enough for the processor's own arithmetic in plain Go.
func smallStudy() Study {
	return Study{Name: "crc", Magnifications: []float64{5, 10}, K: []int{2}, Low: 3, Classes: 2}
}

// small is an encoder of little work.
func small(t *testing.T) *encoder.Spec {
	t.Helper()
	s, err := encoder.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestHeadCosts(t *testing.T) {
	study := smallStudy()
	who := []Contestant{
		{Name: "SparseConvMIL", Method: mil.SparseConvMIL, Magnifications: []float64{10}},
		{Name: "DSMIL", Method: mil.DSMIL, Magnifications: []float64{5, 10}},
		{Name: ZoomName, Method: mil.ZoomMIL, Magnifications: []float64{5, 10}, K: []int{2}},
	}
	c := CostCase{Study: study, Contestants: who, Spec: small(t), Device: nntest.Interpreter{}, Batch: 1, Long: time.Millisecond}
	wrong := c
	wrong.Contestants = []Contestant{{Name: "ABMIL", Method: mil.ABMIL, Magnifications: []float64{40}}}
	if _, err := wrong.Measure(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "40x") {
		t.Errorf("error %v", err)
	}
	slide := study.slide(c.Spec.Card().Dim)
	for i, patches := range []int{12, 15, 11} {
		cost, err := c.head(t.Context(), who[i], slide.at(who[i].Magnifications))
		if err != nil || cost.Patches != patches || cost.HeadWork <= 0 || !(cost.HeadSeconds > 0) {
			t.Errorf("%s: %+v, error %v", who[i].Name, cost, err)
		}
	}
}

// All of it on ONNX Runtime, without which the test skips.
func TestMeasureCosts(t *testing.T) {
	d, story, err := device.New([]string{testenv.ORT(t)}).Choose(t.Context(), device.CPU, device.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	study := smallStudy()
	who := study.Contestants(nil, false)
	out := NewComparison(study, who)
	c := CostCase{Study: study, Contestants: who, Spec: small(t), Device: d, Batch: 2, Long: time.Millisecond}
	if err := out.Measure(t.Context(), c, nil); err != nil {
		t.Fatal(err)
	}
	for _, r := range out.Rows {
		if r.OverZoomMIL == nil || r.OverEff != nil || !(r.Cost.Seconds() > 0) || r.Cost.EncoderWork != int64(r.Cost.Patches)*out.Costs.Work {
			t.Errorf("%+v", r)
		}
	}
	standing := comparison().Rows[0].Test
	for i := range out.Rows {
		out.Rows[i].Test = standing
		if out.Rows[i].Name == ZoomName {
			out.Rows[i].TrainedK = []int{1}
		}
	}
	out.Training = comparison().Training
	out.Training.Patches = nil
	if _, err := NewFrontier(out); err == nil {
		t.Error("a frontier of slides that nobody knows the size of")
	}
	out.Training.Magnifications, out.Training.Patches = study.Magnifications, []float64{4.6, 18.4}
	f, err := NewFrontier(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Add(t.Context(), out, c, FrontierSeries{Place: PlaceName(story, 1), Device: story}, nil); err != nil {
		t.Fatal(err)
	}
	points := f.Series[0].Points
	zoom := points[len(points)-1]
	if zoom.Name != ZoomName || !zoom.Best || zoom.K[0] != 1 || f.Series[0].Place != "one core" || math.Abs(zoom.Megapixels/zoom.Slides-20*256*256/1e6) > 1e-9 {
		t.Errorf("%+v at %s", zoom, f.Series[0].Place)
	}
}
