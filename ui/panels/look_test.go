package panels

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"zoomscope/assets"
	"zoomscope/engine/result"
	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// scene is a panel filled as in real use, and the size it is looked at.
type scene struct {
	name   string
	size   fyne.Size
	object func(t *texts.Texts) fyne.CanvasObject
}

func scenes() []scene {
	panel := fyne.NewSize(theme.PanelWidth, 900)
	list := fyne.NewSize(theme.ListWidth, 500)
	return []scene{
		{"slides-empty", list, func(t *texts.Texts) fyne.CanvasObject { return NewSlideList(t, SlideListEvents{}).Object() }},
		{"slides", list, filledSlides},
		{"analysis-closed", panel, func(t *texts.Texts) fyne.CanvasObject { return filledTabs(t, false, AnalysisTab) }},
		{"analysis-running", panel, runningAnalysis},
		{"analysis-done", fyne.NewSize(theme.PanelWidth, 1800), func(t *texts.Texts) fyne.CanvasObject { return filledTabs(t, true, AnalysisTab) }},
		{"slide", fyne.NewSize(theme.PanelWidth, 1100), func(t *texts.Texts) fyne.CanvasObject { return filledTabs(t, true, SlideTab) }},
		{"slide-unknown", panel, unknownSlide},
		{"settings", fyne.NewSize(theme.PanelWidth, 420), func(t *texts.Texts) fyne.CanvasObject { return filledTabs(t, true, SettingsTab) }},
		{"start", fyne.NewSize(820, 560), filledStart},
		{"export", fyne.NewSize(420, 470), filledExport},
		{"jobbar", fyne.NewSize(1280, 30), filledJobBar},
		{"keys", fyne.NewSize(460, 620), func(t *texts.Texts) fyne.CanvasObject { return widgets.NewInset(10, 10, NewKeys(t)) }},
	}
}

// picked draws something like stained tissue.
func picked(seed int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 128, 128))
	for y := range 128 {
		for x := range 128 {
			v := math.Sin(float64(x+seed*17)/9)*math.Cos(float64(y-seed*5)/7) + math.Sin(float64(x*y+seed)/900)
			c := color.RGBA{226, 150, 190, 255}
			if v > 0.7 {
				c = color.RGBA{85, 50, 120, 255}
			} else if v < -0.9 {
				c = color.RGBA{244, 242, 245, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func filledSlides(t *texts.Texts) fyne.CanvasObject {
	l := NewSlideList(t, SlideListEvents{})
	l.Set([]SlideItem{
		{1, "S-2024-104 A1 HE.svs", picked(1), SlideState{Kind: SlideDone, Label: "carcinoma", Probability: 0.92, Caution: t.Slides.Synthetic}},
		{2, "S-2024-098_sentinel_lymph_node_level_3.ndpi", picked(2), SlideState{Kind: SlideRunning, Fraction: 0.41}},
		{3, "S-113.tiff", picked(3), SlideState{Kind: SlideQueued}},
		{4, "S-120.mrxs", nil, SlideState{Kind: SlideFailed, Reason: "the file ends too early"}},
		{5, "S-121.svs", nil, SlideState{Kind: SlideOpening}},
		{6, "S-122.svs", picked(4), SlideState{}},
	}, 1)
	return l.Object()
}

func someModels() []ModelItem {
	return []ModelItem{
		{ID: "", Name: "Synthetic demo", SHA256: "5f", Classes: []string{"quiet", "nests"}, Magnifications: []float64{2.5, 10}, Trained: true, Synthetic: true, Note: "demo"},
		{ID: "crc", Name: "Colorectal biopsies 5-10-20x", SHA256: "c0", Classes: []string{"non-neoplastic", "low-grade", "high-grade dysplasia"}, Magnifications: []float64{5, 10, 20}, Trained: true, Note: "Trained on 1 133 slides of one hospital."},
		{ID: "bad", Name: "broken", Problem: "the encoder resnet50 is not installed"},
	}
}

func someDevices() []DeviceItem {
	return []DeviceItem{
		{"auto", "Intel Xeon", "the CPU is the only device that works", true},
		{"cpu", "Intel Xeon, 2 cores", "proven in 0.4 s", true},
		{"webgpu", "", "no adapter was found: install the graphics driver", false},
	}
}

func someResult() *result.Result {
	return &result.Result{
		Model:  result.Model{Name: "Colorectal biopsies 5-10-20x", SHA256: "c0", Classes: []string{"non-neoplastic", "low-grade", "high-grade dysplasia"}, Trained: true},
		Device: result.Device{Requested: "webgpu", Used: "cpu", Name: "Intel Xeon", Reason: "no adapter was found"},
		Prediction: result.Prediction{
			Label: "high-grade dysplasia", Probabilities: []float64{0.003, 0.077, 0.92}},
		Counts:  result.Counts{Encoded: 131, Exhaustive: 4212},
		Seconds: result.Seconds{Tissue: 0.4, Read: 3.2, Encode: 8.7, Heads: 0.05, Total: 9.8},
	}
}

func filledAnalysis(t *texts.Texts, done bool) *Analysis {
	a := NewAnalysis(t, AnalysisEvents{})
	a.SetModels(someModels(), map[bool]string{true: "crc", false: ""}[done])
	a.SetDevices(someDevices(), "auto")
	if done {
		a.SetOpen(true)
		a.SetWarnings([]widgets.Warning{
			{Text: "The resolution of this slide is in doubt: the file says 0.25 µm/px, its objective 20x.", Action: "State magnification…"}})
		a.SetResult(someResult(), true)
	}
	return a
}

func runningAnalysis(t *texts.Texts) fyne.CanvasObject {
	a := filledAnalysis(t, true)
	a.SetWarnings(nil)
	a.SetResult(nil, false)
	a.SetRunning(Job{Stage: "encoding 10x", Fraction: 0.41, Left: 6 * time.Second})
	return widgets.NewScroll(10, a.Object())
}

func filledAttention(t *texts.Texts) *Attention {
	a := NewAttention(t, AttentionEvents{})
	colors, _ := assets.NewColorMap("")
	a.Set(AttentionState{On: true, Magnifications: []float64{5, 10, 20}, Auto: true, Level: 1, ZoomPossible: true,
		Opacity: 0.5, ColorMap: "viridis", ColorMaps: assets.ColorMapNames(), Outlines: true})
	a.SetLegend(AttentionLegend{Magnification: 10, Low: 0.0003, High: 0.041, Even: 0.0052, EvenAt: 0.12, HasEven: true, Color: colors.At})
	return a
}

func filledPath(t *texts.Texts) *ZoomPath {
	z := NewZoomPath(t, ZoomPathEvents{})
	z.Set(somePath(), 1.4)
	z.SetCurrent(0)
	return z
}

func somePath() []PathLevel {
	levels := []PathLevel{{Magnification: 5, Zoom: true}, {Magnification: 10}, {Magnification: 20}}
	for i, n := range []int{5, 16, 2} {
		for j := range n {
			p := PathPatch{Step: 100*i + j, Rank: j + 1, Share: 0.21 / float64(j+1+3*i), Parent: -1,
				Place: Place{math.Abs(math.Sin(float64(j))), math.Abs(math.Cos(float64(j)))}}
			if j%4 != 3 {
				p.Picture = picked(10*i + j)
			}
			if i > 0 {
				p.Parent = 100*(i-1) + j/4
			}
			levels[i].Patches = append(levels[i].Patches, p)
		}
	}
	levels[0].Patches[0].Children = []int{100, 101, 102, 103}
	return levels
}

func someSlide() SlideInfo {
	return SlideInfo{
		Name: "S-2024-104 A1 HE.svs", Folder: "/home/p/slides/2024/colon", Vendor: "Aperio", Width: 46000, Height: 32914,
		MPP: [2]float64{0.499, 0.499}, Magnification: 20.04, Source: "openslide.mpp-x and openslide.mpp-y",
		Warnings: []widgets.Warning{{Text: "The objective power (40x) contradicts the physical size by 100 %."}},
		Levels:   []SlideLevel{{46000, 32914, 1}, {11500, 8228, 4}, {2875, 2057, 16.002}},
		Bounds:   result.Rect{X: 1200, Y: 900, Width: 40000, Height: 30000}, Scanner: "Aperio ScanScope SS1302",
		Properties: map[string]string{"aperio.AppMag": "20", "aperio.ImageID": "1004486", "openslide.vendor": "aperio",
			"tiff.ImageDescription": "Aperio Image Library v11.2.1 46000x32914 [42673,5576 2220x2967] (240x240) JPEG/RGB Q=30"},
		Associated: []string{"label", "macro"},
	}
}

func unknownSlide(t *texts.Texts) fyne.CanvasObject {
	s := NewSlide(t, SlideEvents{})
	i := someSlide()
	i.MPP, i.Magnification, i.Source, i.Scanner = [2]float64{}, 0, "", ""
	i.Warnings = []widgets.Warning{{Text: "The file does not say how large its pixels are.", Action: "State magnification…", Grave: true}}
	s.Set(i)
	s.SetMeasured(1234)
	return widgets.NewScroll(10, s.Object())
}

func filledTabs(t *texts.Texts, done bool, tab TabID) fyne.CanvasObject {
	at, z, s, set := NewAttention(t, AttentionEvents{}), NewZoomPath(t, ZoomPathEvents{}), NewSlide(t, SlideEvents{}), NewSettings(t, SettingsEvents{})
	if done {
		at, z = filledAttention(t), filledPath(t)
		s.Set(someSlide())
		s.folds.properties.SetOpen(true)
		s.folds.doctor.SetOpen(true)
		set.Set(SettingsState{Theme: theme.Dark, Language: "de", Languages: assets.Languages(), Processors: 4, ColorMap: "cividis", ColorMaps: assets.ColorMapNames(), ShowRestart: true})
	}
	tabs := NewTabs(t, filledAnalysis(t, done), at, z, s, NewTraining(t, TrainingEvents{}), NewModels(t, ModelsEvents{}), set)
	tabs.Select(tab)
	return tabs.Object()
}

func filledStart(t *texts.Texts) fyne.CanvasObject {
	s := NewStart(t, StartEvents{})
	s.Set([]string{"/home/p/slides/2024/colon/S-2024-104 A1 HE.svs", "/home/p/slides/2024/node/S-2024-098_sentinel_lymph_node_level_3_with_a_very_long_name.ndpi"}, "/home/p/slides/2024/colon")
	return s.Object()
}

func filledExport(t *texts.Texts) fyne.CanvasObject {
	f := NewExportForm(t, ExportOffer{Result: true, Magnifications: []float64{5, 10, 20}}, ExportEvents{})
	f.SetChoice(ExportChoice{Kinds: []ExportKind{ExportAttention, ExportPDF}, Level: -1, Side: 20480, Legend: true, Folder: "/home/p/reports"})
	return widgets.NewInset(10, 10, f.Object())
}

func filledJobBar(t *texts.Texts) fyne.CanvasObject {
	b := NewJobBar(t, nil)
	b.SetDevice("WebGPU: NVIDIA RTX A2000")
	b.SetJobs([]Job{
		{1, "S-2024-098", "encoding 10x", 0.41, 6 * time.Second}, {2, "S-113", "", 0, 0}, {3, "S-114", "", 0, 0}})
	return b.Object()
}

// shown lays an object out in a window, in the look of a mode.
func shown(t *testing.T, mode theme.Mode, size fyne.Size, object func() fyne.CanvasObject) fyne.Window {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(theme.New(mode))
	w := test.NewTempWindow(t, container.NewStack())
	w.SetPadded(false)
	w.SetContent(object())
	w.Resize(size.AddWidthHeight(1, 1))
	w.Resize(size)
	return w
}

// TestLook writes every panel in every look and language into the folder that
// ZOOMSCOPE_LOOK names, for people to judge.
func TestLook(t *testing.T) { look(t, scenes()) }

// look writes scenes into the folder that ZOOMSCOPE_LOOK names.
func look(t *testing.T, scenes []scene) {
	t.Helper()
	folder := os.Getenv("ZOOMSCOPE_LOOK")
	if folder == "" {
		t.Skip("ZOOMSCOPE_LOOK names no folder for pictures")
	}
	for _, mode := range []theme.Mode{theme.Light, theme.Dark} {
		for _, lang := range assets.Languages() {
			for _, s := range scenes {
				w := shown(t, mode, s.size, func() fyne.CanvasObject { return s.object(language(t, lang)) })
				save(t, filepath.Join(folder, s.name+"-"+lang+"-"+string(mode)+".png"), w.Canvas().Capture())
			}
		}
	}
}

func save(t *testing.T, path string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

// TestFits wants no panel to be wider than its place, in any language.
func TestFits(t *testing.T) { fit(t, scenes()) }

// fit wants no scene to be wider than its place.
func fit(t *testing.T, scenes []scene) {
	t.Helper()
	for _, lang := range assets.Languages() {
		for _, s := range scenes {
			t.Run(s.name+"/"+lang, func(t *testing.T) {
				w := shown(t, theme.Light, s.size, func() fyne.CanvasObject { return s.object(language(t, lang)) })
				if got := w.Content().MinSize().Width; got > s.size.Width {
					t.Errorf("needs a width of %v, has %v", got, s.size.Width)
				}
			})
		}
	}
}
