package panels

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"zoomscope/assets"
	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// TestJobBarKeepsItsHeight wants the bar as high with work as without, narrow enough
// for small windows, and what the program is for always whole.
func TestJobBarKeepsItsHeight(t *testing.T) {
	for _, lang := range assets.Languages() {
		words, err := texts.Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, width := range []float32{700, 1280} {
			var b *JobBar
			w := shown(t, theme.Light, fyne.NewSize(width, 40), func() fyne.CanvasObject {
				b = NewJobBar(words, nil)
				return widgets.NewColumn(0, b.Object())
			})
			height := b.Object().MinSize().Height
			b.SetDevice("WebGPU: NVIDIA GeForce RTX 4090 Laptop GPU with a long name")
			jobs := []Job{
				{1, "S-2024-098_sentinel_lymph_node_level_3.ndpi", "Merkmale bei 10x", 0.41, 60 * time.Second},
				{2, "S-2024-099_sentinel_lymph_node_level_4.ndpi", "Merkmale bei 10x", 0, 0}, {3, "S-3", "", 0, 0},
			}
			b.SetJobs(jobs)
			cross := b.Cross(1)
			jobs[0].Fraction = 0.42
			b.SetJobs(jobs)
			if b.Cross(1) != cross || b.Cross(3) != nil {
				t.Error("the cross of a job that goes on is another one")
			}
			b.sign.MouseIn(nil)
			if m := w.Content().MinSize(); m.Width > 700 {
				t.Errorf("%s: needs a width of %v", lang, m.Width)
			}
			b.sign.MouseOut()
			if got := b.Object().MinSize().Height; got != height {
				t.Errorf("%s: %v high with work, %v without", lang, got, height)
			}
			w.Resize(fyne.NewSize(width, 40))
			if lines := b.purpose.Lines(); len(lines) != 1 || lines[0] != words.Jobs.ResearchShort {
				t.Errorf("%s, %v wide: %q", lang, width, lines)
			}
			if line := strings.Join(b.lines[1].words.Lines(), "|"); width > 1000 && len(line) < 20 {
				t.Errorf("%s, %v wide: what goes on is cut to %q", lang, width, line)
			}
			right := float32(0)
			for _, o := range b.row.Objects {
				if o.Position().X < right {
					t.Errorf("%s, %v wide: something lies over its neighbour at %v", lang, width, o.Position().X)
				}
				right = o.Position().X + o.Size().Width
			}
		}
	}
}
