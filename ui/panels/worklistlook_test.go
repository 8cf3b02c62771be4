package panels

import (
	"fmt"
	"image"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"zoomscope/assets"
	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

func someSetup() WorklistSetup {
	return WorklistSetup{Model: "Colorectal biopsies 5-10-20x", Classes: []string{"non-neoplastic", "low-grade", "high-grade dysplasia"}}
}

// someCases are cases of every kind, the first ones telling.
func someCases(n int) []WorklistCase {
	labels := []string{"high-grade dysplasia", "low-grade", "non-neoplastic"}
	names := []string{"S-2024-104 A1 HE.svs", "S-2024-098_sentinel_lymph_node_level_3.ndpi", "S-113.tiff", "S-120 B2.mrxs", "S-121.svs", "S-122 C1 HE.svs"}
	var pictures []*image.RGBA
	for i := range 7 {
		pictures = append(pictures, picked(i))
	}
	list := make([]WorklistCase, n)
	for i := range list {
		p := []float64{0.06, 0.41, 0.53}
		if i%3 == 1 {
			p = []float64{0.21, 0.74, 0.05}
		} else if i%3 == 2 {
			p = []float64{0.997, 0.002, 0.001}
		}
		list[i] = WorklistCase{ID: int64(i + 1), Name: names[i%len(names)], Folder: "/home/p/slides/2024/colon", Places: 1 + i%5/4,
			Thumb: pictures[i%7], State: WorklistDone,
			Opinion: &WorklistOpinion{Label: labels[i%3], Probabilities: p, Margin: []float64{0.12, 0.53, 0.995}[i%3], Entropy: []float64{0.83, 0.61, 0.02}[i%3],
				Spots: []WorklistSpot{{0.2, 0.3, 0.05, 0.05}, {0.55, 0.6, 0.05, 0.05}, {0.7, 0.1, 0.1, 0.08}}}}
	}
	change := func(i int, f func(c *WorklistCase)) {
		if i < n {
			f(&list[i])
		}
	}
	change(0, func(c *WorklistCase) { c.Warnings = 1 })
	change(1, func(c *WorklistCase) {
		c.Verdict = &WorklistVerdict{Opinion: WorklistAgree, Class: "low-grade", Note: "margins look free"}
	})
	change(2, func(c *WorklistCase) { c.Verdict = &WorklistVerdict{Opinion: WorklistDisagree} })
	change(3, func(c *WorklistCase) {
		c.State, c.Opinion, c.Reason, c.Advice, c.Thumb = WorklistFailed, nil, "the file ends too early", "Copy it again from the scanner.", nil
	})
	change(4, func(c *WorklistCase) { c.State, c.Opinion, c.Fraction = WorklistRunning, nil, 0.41 })
	change(5, func(c *WorklistCase) { c.State, c.Opinion = WorklistQueued, nil })
	change(6, func(c *WorklistCase) {
		c.State, c.Opinion, c.Reason = WorklistQueued, nil, "the network drive is not there"
	})
	change(7, func(c *WorklistCase) {
		c.Verdict = &WorklistVerdict{Opinion: WorklistUnsure}
		c.Warnings = 2
	})
	return list
}

// filledWorklist shows n cases, with some changes.
func filledWorklist(t *texts.Texts, n int, change func(w *Worklist, cases []WorklistCase)) *Worklist {
	w := NewWorklist(t, WorklistEvents{})
	cases := someCases(n)
	w.SetSetup(someSetup())
	w.SetCounts(WorklistCounts{Total: 200, Shown: 200, Done: 179, Failed: 3, Queued: 17, Running: 1, Unread: 12})
	w.SetTriage(WorklistTriage{Running: true, Current: "S-121.svs", Done: 183, Of: 200, Rate: 412, Left: 22 * time.Minute})
	w.SetSort(WorklistSort{By: WorklistByUncertainty})
	w.SetList(len(cases), 0, WorklistPage{0, cases})
	w.SetDetail(WorklistDetail{ID: 1, Warnings: []string{"The objective power (40x) contradicts the physical size by 100 %."}})
	if change != nil {
		change(w, cases)
	}
	return w
}

func blindedWorklist(w *Worklist, cases []WorklistCase) {
	for i := range cases {
		if cases[i].Opinion != nil && cases[i].Verdict == nil {
			cases[i].Hidden, cases[i].Opinion = true, nil
		}
	}
	w.SetBlinded(true)
	w.SetSort(WorklistSort{})
	w.SetFilter(WorklistFilter{Unread: true})
	w.SetTriage(WorklistTriage{})
	w.SetList(len(cases), 0, WorklistPage{0, cases})
}

func someAgreement() AgreementReport {
	return AgreementReport{Reader: "Dr. Weber", Model: "Colorectal biopsies 5-10-20x", Classes: []string{"non-neoplastic", "low-grade", "high-grade dysplasia"},
		Table: [][]int{{61, 4, 0}, {3, 38, 5}, {0, 6, 47}}, Agree: 146, Disagree: 18, Unsure: 7, Unread: 12, Blinded: 164,
		Kappa: 0.83, Low: 0.76, High: 0.9, HasKappa: true}
}

func worklistScenes() []scene {
	var list []scene
	for _, size := range []fyne.Size{{Width: 500, Height: 800}, {Width: 600, Height: 860}, {Width: 1000, Height: 820}, {Width: 1400, Height: 820}} {
		add := func(name string, object func(t *texts.Texts) fyne.CanvasObject) {
			list = append(list, scene{fmt.Sprintf("worklist-%s-%d", name, int(size.Width)), size, object})
		}
		add("full", func(t *texts.Texts) fyne.CanvasObject { return filledWorklist(t, 40, nil).Object() })
		add("blinded", func(t *texts.Texts) fyne.CanvasObject { return filledWorklist(t, 40, blindedWorklist).Object() })
		add("failed", func(t *texts.Texts) fyne.CanvasObject {
			return filledWorklist(t, 12, func(w *Worklist, _ []WorklistCase) { w.Select(3) }).Object()
		})
		add("read", func(t *texts.Texts) fyne.CanvasObject {
			return filledWorklist(t, 40, func(w *Worklist, cases []WorklistCase) {
				w.SetSetup(WorklistSetup{Model: "Synthetic demo", Classes: someSetup().Classes, Synthetic: true})
				cases[2].Verdict.Blinded = true
				w.SetList(10000, 2, WorklistPage{0, cases[:4]})
			}).Object()
		})
		add("unsized", func(t *texts.Texts) fyne.CanvasObject {
			return filledWorklist(t, 12, func(w *Worklist, cases []WorklistCase) {
				unsizedCase(&cases[0])
				cases[0].Reason, cases[0].Thumb = t.Errors.NoResolution.What, nil
				w.SetReader("pathology", false)
				w.SetList(len(cases), 0, WorklistPage{0, cases})
				w.SetDetail(WorklistDetail{ID: 1, Alike: 24, Reason: "raster: no resolution"})
			}).Object()
		})
		add("empty", func(t *texts.Texts) fyne.CanvasObject { return NewWorklist(t, WorklistEvents{}).Object() })
	}
	agreement := func(r AgreementReport) func(t *texts.Texts) fyne.CanvasObject {
		return func(t *texts.Texts) fyne.CanvasObject {
			v := NewAgreementView(t, AgreementEvents{})
			v.Set(r)
			return widgets.NewInset(12, 12, v.Object())
		}
	}
	list = append(list, scene{"worklist-folders", fyne.NewSize(600, 420), func(t *texts.Texts) fyne.CanvasObject {
		v := NewFoldersView(t, FoldersEvents{})
		v.Set([]WorklistFolder{{Path: "/home/pathology/slides", Watch: true, Cases: 20}, {Path: "/mnt/scanner/2026/a folder of some length/colon", Images: true, Cases: 10412}})
		return widgets.NewInset(12, 12, v.Object())
	}}, scene{"worklist-reader", fyne.NewSize(460, 300), func(t *texts.Texts) fyne.CanvasObject {
		return widgets.NewInset(12, 12, NewReaderView(t, "pathology", []string{"Dr. Weber", "Dr. Weiß"}, nil).Object())
	}})
	few := AgreementReport{Reader: "Dr. Weber", Model: "Demo", Classes: []string{"quiet", "nests"}, Table: [][]int{{2, 0}, {0, 0}}, Agree: 2}
	return append(list, scene{"agreement", fyne.NewSize(560, 640), agreement(someAgreement())},
		scene{"agreement-few", fyne.NewSize(560, 460), agreement(few)},
		scene{"agreement-none", fyne.NewSize(560, 160), agreement(AgreementReport{Reader: "Dr. Weber", Model: "Demo"})})
}

// TestWorklistLook writes the worklist in every look and language, as TestLook does.
func TestWorklistLook(t *testing.T) { look(t, worklistScenes()) }

func language(t testing.TB, lang string) *texts.Texts {
	t.Helper()
	words, err := texts.Load(lang)
	if err != nil {
		t.Fatal(err)
	}
	return words
}

// TestWorklistFits wants nothing to reach beyond its place, in any language. Wide
// places are no harder than narrow ones.
func TestWorklistFits(t *testing.T) {
	for _, lang := range assets.Languages() {
		for _, s := range worklistScenes() {
			if s.size.Width > 600 {
				continue
			}
			t.Run(s.name+"/"+lang, func(t *testing.T) {
				w := shown(t, theme.Light, s.size, func() fyne.CanvasObject { return s.object(language(t, lang)) })
				if got := w.Content().MinSize().Width; got > s.size.Width {
					t.Errorf("needs a width of %v, has %v", got, s.size.Width)
				}
				for _, o := range test.LaidOutObjects(w.Content()) {
					at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
					if end := at.X + max(o.Size().Width, o.MinSize().Width); o.Visible() && end > s.size.Width+0.5 {
						t.Errorf("%T at %v ends at %v: %q", o, at, end, read(o))
					}
				}
			})
		}
	}
}
