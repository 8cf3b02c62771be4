package panels

import (
	"fmt"
	"math"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

func trainingScenes() []scene {
	narrow, wide := fyne.NewSize(theme.PanelWidth, 1500), fyne.NewSize(700, 1300)
	return []scene{
		{"training-empty", fyne.NewSize(theme.PanelWidth, 500), func(t *texts.Texts) fyne.CanvasObject {
			return widgets.NewScroll(10, NewTraining(t, TrainingEvents{}).Object())
		}},
		{"training-data", narrow, troubledTraining},
		{"training-running", narrow, runningTraining},
		{"training-running-wide", wide, runningTraining},
		{"training-done", fyne.NewSize(theme.PanelWidth, 2100), doneTraining},
		{"training-done-wide", wide, doneTraining},
		{"models", narrow, filledModels},
		{"models-wide", wide, filledModels},
		{"models-refused", fyne.NewSize(theme.PanelWidth, 600), refusedModels},
	}
}

func someDataset() *TrainingDataset {
	return &TrainingDataset{
		Table: "/home/p/slides/colon/slides.csv", Slides: 192, Patients: 140,
		Classes: []TrainingClass{{"non-neoplastic", 38, 13, 13, 0}, {"low-grade", 41, 14, 13, 0}, {"high-grade dysplasia and carcinoma", 36, 12, 12, 0}},
		Problems: []TrainingProblem{
			{TroubleDuplicate, []string{"a.svs = b.svs"}, "", false},
			{"note", nil, "Patients with slides of several labels, divided by the most frequent (1): patient 7 counts as \"low-grade\".", false},
		},
	}
}

func troubledTraining(t *texts.Texts) fyne.CanvasObject {
	p := NewTraining(t, TrainingEvents{})
	d := someDataset()
	d.Folders, d.Patients, d.Stated = true, 0, 20
	d.Problems = append(d.Problems,
		TrainingProblem{TroubleNoPatients, nil, "", false},
		TrainingProblem{TroubleFewSlides, []string{"low-grade", "high-grade"}, "", false},
		TrainingProblem{TroubleMissing, []string{"/home/p/slides/colon/low/S-2024-104 A1 HE.svs", "/home/p/slides/colon/low/S-2.svs"}, "", true},
		TrainingProblem{TroubleUnreadable, []string{"x.svs"}, "x.svs: file ends too early", true})
	p.SetDataset(d)
	p.data.shown[TroubleMissing] = true
	p.data.tellProblems()
	setUp(p)
	p.Open(TrainingFeaturesStep, true)
	p.SetWarnings(TrainingFeaturesStep, []widgets.Warning{{Text: "The disk is full. Free some space or choose another folder.", Grave: true}})
	return widgets.NewScroll(10, p.Object())
}

// setUp gives the panel what there is to choose.
func setUp(p *Training) {
	p.SetEncoders([]EncoderItem{
		{"builtin", "colours-and-edges", "comes with the program, 96 values per patch", false},
		{"r50", "resnet50-layer3", "1 024 values per patch", false}}, "r50")
	p.SetPresets([]PresetItem{{"crc", []float64{5, 10, 20}, []int{16, 16}}, {"bright", []float64{1.25, 2.5, 10}, []int{12, 12}}}, "crc")
	p.SetMethods([]MethodItem{{ID: "zoommil", Name: "ZoomMIL", Zooms: true, Fewest: 2, Most: 8}, {ID: "clam_sb", Name: "CLAM-SB", Fewest: 1, Most: 1}}, "zoommil")
	p.SetChoice(TrainingChoice{Method: "zoommil", Epochs: 100, K: 16, Seed: 1, Name: "crc-1"})
}

func somePoints(n int) []TrainingPoint {
	var points []TrainingPoint
	for i := range n {
		x := float64(i)
		points = append(points, TrainingPoint{
			TrainLoss: 1.1*math.Exp(-x/14) + 0.05 + 0.03*math.Sin(x), ValLoss: 0.6*math.Exp(-x/9) + 0.42 + 0.006*x + 0.05*math.Sin(2*x),
			F1: 0.86 - 0.5*math.Exp(-x/7) + 0.02*math.Sin(3*x), AUC: 0.95 - 0.35*math.Exp(-x/6) + 0.01*math.Sin(2*x), Rate: 1e-4 * math.Pow(0.8, math.Floor(x/12))})
	}
	points[min(n-1, 3)].AUC = math.NaN()
	return points
}

func runningTraining(t *texts.Texts) fyne.CanvasObject {
	p := NewTraining(t, TrainingEvents{})
	p.SetDataset(someDataset())
	setUp(p)
	p.SetEstimate(&TrainingEstimate{Device: "CPU: Intel Xeon", Slides: 192, Done: 10, Looked: 13, Fewest: 812, Most: 9421, Patches: 812_345, PerSecond: 41.3,
		Extract: 5*time.Hour + 28*time.Minute, Bytes: 1_723_000_000, Epochs: 100, Training: 13 * time.Minute})
	p.SetFeatures(TrainingFeatures{Folder: "/home/p/slides/colon/features/resnet50-layer3", Slides: 192, Done: 192})
	p.Open(TrainingDatasetStep, false)
	p.SetProgress(TrainingProgress{State: TrainingRunning, Planned: 100, Best: 21, Fraction: 0.42, Left: 6*time.Minute + 12*time.Second, Points: somePoints(42)})
	p.SetWatched(TrainingWatch{Slides: []TrainingSlide{{Name: "S-2024-104 A1 HE", Label: "low-grade"}, {Name: "S-2", Label: "high-grade"}},
		Chosen: "S-2024-104 A1 HE", Epochs: []int{1, 5, 10, 15, 20, 21, 25, 30, 35, 40, 42}, At: 21, Best: 21})
	return widgets.NewScroll(10, p.Object())
}

func someScores(counts [][]int) TrainingScores {
	s := TrainingScores{Classes: []string{"non-neoplastic", "low-grade", "high-grade dysplasia and carcinoma"}}
	for i, row := range counts {
		s.Cells = append(s.Cells, nil)
		for j, n := range row {
			var cell []TrainingSlide
			for k := range n {
				cell = append(cell, TrainingSlide{Name: fmt.Sprintf("S-2024-%d%d%d A1 HE", i, j, k), Path: fmt.Sprintf("/s/%d%d%d.svs", i, j, k), Probability: 0.93 - 0.07*float64(k)})
			}
			s.Cells[i] = append(s.Cells[i], cell)
			s.Figures.Slides += n
		}
	}
	s.Figures.Accuracy, s.Figures.Balanced, s.Figures.MacroF1, s.Figures.WeightedF1 = 0.846, 0.841, 0.838, 0.847
	s.Figures.AUC, s.Figures.AUCLow, s.Figures.AUCHigh, s.Figures.Kappa, s.Figures.LossValue = 0.941, 0.893, 0.978, math.NaN(), 0.431
	return s
}

func someTrainingResult() *TrainingResult {
	return &TrainingResult{Run: "crc-1", Validation: someScores([][]int{{11, 2, 0}, {1, 11, 2}, {0, 1, 11}}), TestSlides: 38, Locked: true, Ended: true}
}

func someRuns() []TrainingRun {
	settings := func(k, seed, method string) map[string]string {
		return map[string]string{"model.k": k, "seed": seed, "model.method": method, "epochs": "100"}
	}
	f := someTrainingResult().Validation.Figures
	g := f
	g.WeightedF1, g.AUC, g.Balanced, g.LossValue = 0.812, 0.92, 0.8, 0.502
	return []TrainingRun{
		{Dir: "/r/crc-1", Name: "crc-1", Ended: true, Epochs: 100, Planned: 100, Best: 21, Figures: f, Opened: 1, Settings: settings("[16,16]", "1", `"zoommil"`)},
		{Dir: "/r/crc-2", Name: "crc-2 with a rather long name of its own", Epochs: 12, Planned: 100, Best: 9, Figures: g, Settings: settings("[12,12]", "1", `"zoommil"`)},
		{Dir: "/r/x", Name: "x", Problem: "run.json: unexpected end of JSON input"},
	}
}

func doneTraining(t *texts.Texts) fyne.CanvasObject {
	p := NewTraining(t, TrainingEvents{})
	p.SetDataset(someDataset())
	setUp(p)
	p.SetFeatures(TrainingFeatures{Slides: 192, Done: 192})
	p.SetProgress(TrainingProgress{State: TrainingEnded, Ending: EndedWhole, Planned: 100, Best: 21, Points: somePoints(100)})
	p.Open(TrainingDatasetStep, false)
	p.Open(TrainingFeaturesStep, false)
	r := someTrainingResult()
	r.Test, r.TestOpened = &TrainingScores{}, 2
	*r.Test = someScores([][]int{{12, 1, 0}, {2, 10, 1}, {1, 1, 10}})
	p.SetResult(r)
	p.result.showCell(1, 2)
	p.Open(TrainingRunsStep, true)
	p.SetRuns("/home/p/slides/colon/runs", someRuns())
	p.runs.toggle("/r/crc-1", true)
	p.runs.toggle("/r/crc-2", true)
	p.runs.choose("/r/crc-1")
	return widgets.NewScroll(10, p.Object())
}

func someModelInfos() []ModelInfo {
	return []ModelInfo{
		{Name: "Synthetic demo", Method: "zoommil", Classes: []string{"quiet", "nests"}, Magnifications: []float64{2.5, 10}, K: []int{12}, Trained: true, Synthetic: true, Encoder: "colours-and-edges"},
		{ID: "crc", Name: "Colorectal biopsies 5-10-20x", Method: "zoommil", Classes: []string{"non-neoplastic", "low-grade", "high-grade dysplasia"}, Magnifications: []float64{5, 10, 20}, K: []int{16, 16},
			Trained: true, Slides: 115, Epochs: 21, Metrics: map[string]float64{"validation_auc": 0.941, "validation_weighted_f1": 0.847}, Encoder: "resnet50-layer3", EncoderMissing: true,
			IntendedUse: "Research on slides like those it was trained on. Not for diagnosis.", File: "/home/p/.local/share/zoomscope/models/crc.safetensors", Bytes: 4_200_000, SHA256: "6ab1f00dcafe0123456789abcdef"},
		{ID: "bad", Name: "bad", File: "/m/bad.safetensors", Problem: "bad.safetensors: header of 0 bytes"},
	}
}

func someEncoderInfos() []EncoderInfo {
	return []EncoderInfo{
		{Name: "colours-and-edges", Dim: 96, Models: []string{"Synthetic demo"}},
		{ID: "/e/r50.onnx", Name: "resnet50-layer3", About: "ResNet-50 of torchvision, cut after its third block.", Dim: 1024, Least: 0.4, Most: 2.1, Licence: "BSD-3-Clause", Bytes: 34_000_000, SHA256: "aa11bb22cc33dd44ee55", Models: []string{"crc", "crc-2"}},
	}
}

func filledModels(t *texts.Texts) fyne.CanvasObject {
	m := NewModels(t, ModelsEvents{})
	m.open["model crc"], m.open["encoder /e/r50.onnx"] = true, true
	m.Set(someModelInfos(), someEncoderInfos(), "crc")
	m.SetImported("elsewhere")
	return widgets.NewScroll(10, m.Object())
}

func refusedModels(t *texts.Texts) fyne.CanvasObject {
	m := NewModels(t, ModelsEvents{})
	m.Set(someModelInfos()[:1], someEncoderInfos()[:1], "")
	m.SetRefused("taken.safetensors", ImportNameTaken, "models/taken.safetensors: a model of that name is installed already")
	return widgets.NewScroll(10, m.Object())
}

// TestTrainingLook is TestLook of the panels of training and models.
func TestTrainingLook(t *testing.T) { look(t, trainingScenes()) }

// TestTrainingFits wants no panel of training and models to be wider than its place.
func TestTrainingFits(t *testing.T) { fit(t, trainingScenes()) }
