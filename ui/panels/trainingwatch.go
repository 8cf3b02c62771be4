package panels

import (
	"fmt"
	"math"
	"slices"

	"fyne.io/fyne/v2"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// TrainingWatch is where a model in training looked on a slide, epoch by epoch.
type TrainingWatch struct {
	Slides []TrainingSlide // that can be chosen, by their names; none shows nothing
	Chosen string          // "" for none
	Epochs []int           // of the one chosen, ascending
	At     int             // the epoch that is shown; 0 is the last one, whichever that is
	Best   int             // epoch of the best model; 0 before the first
}

// trainingWatch goes through the epochs of a slide.
type trainingWatch struct {
	texts *texts.Texts
	slide func(name string)
	epoch func(epoch int) // 0 is the last one

	object *fyne.Container
	choice *widgets.Choice
	slider *widgets.Slider
	open   *widgets.Button
	hint   *widgets.Text
	show   *fyne.Container // slider and button
	state  TrainingWatch
}

func newTrainingWatch(t *texts.Texts, slide func(string), epoch func(int)) *trainingWatch {
	w := &trainingWatch{texts: t, slide: slide, epoch: epoch}
	w.choice = widgets.NewChoice(t.Training.WatchNone, w.choose)
	w.slider = widgets.NewSlider(t.Training.WatchEpoch, w.words, w.move)
	w.open = widgets.NewButton(t.Training.WatchShow, func() { call(w.epoch, w.state.At) })
	w.hint = widgets.NewNote("")
	w.show = widgets.NewColumn(theme.Gap-2, w.slider.Object(), widgets.NewFlow(0, w.open))
	w.object = widgets.NewColumn(theme.Gap-2, labelled(t.Training.Watch, w.choice), w.hint, w.show)
	w.set(TrainingWatch{})
	return w
}

func (w *trainingWatch) set(s TrainingWatch) {
	w.state = s
	chosen := 1 + slices.IndexFunc(s.Slides, func(slide TrainingSlide) bool { return slide.Name == s.Chosen })
	w.choice.SetOptions(w.options(), chosen)
	show(w.object, len(s.Slides) > 0)
	show(w.show, chosen > 0 && len(s.Epochs) > 0)
	show(w.slider.Object(), len(s.Epochs) > 1)
	show(w.hint, chosen > 0 && len(s.Epochs) < 2)
	w.hint.SetText(w.texts.Training.WatchHint)
	w.slider.Set(w.place(w.index()))
}

// options are the slides, after one that stands for none.
func (w *trainingWatch) options() []widgets.Option {
	options := []widgets.Option{{Label: w.texts.Training.WatchNone}}
	for _, slide := range w.state.Slides {
		options = append(options, widgets.Option{Label: slide.Name, Note: slide.Label})
	}
	return options
}

// index is that of the epoch that is shown.
func (w *trainingWatch) index() int {
	last := len(w.state.Epochs) - 1
	if i := slices.Index(w.state.Epochs, w.state.At); i >= 0 {
		return i
	}
	return max(0, last)
}

// place is where on the slider an epoch stands, and number the other way round.
func (w *trainingWatch) place(index int) float64 {
	return float64(index) / float64(max(1, len(w.state.Epochs)-1))
}

func (w *trainingWatch) number(place float64) int {
	return int(math.Round(place * float64(max(0, len(w.state.Epochs)-1))))
}

// words tell the epoch at a place of the slider.
func (w *trainingWatch) words(place float64) string {
	if len(w.state.Epochs) == 0 {
		return ""
	}
	t, n := w.texts.Training, w.texts.Numbers
	epoch := w.state.Epochs[w.number(place)]
	words := n.Count(epoch)
	if epoch == w.state.Best {
		words = fmt.Sprintf(t.WatchBest, words)
	}
	return words
}

// move shows another epoch, which the slider then stands at.
func (w *trainingWatch) move(place float64) {
	i := w.number(place)
	if i == w.index() || i >= len(w.state.Epochs) {
		w.slider.Set(w.place(w.index()))
		return
	}
	w.state.At = w.state.Epochs[i]
	if i == len(w.state.Epochs)-1 {
		w.state.At = 0
	}
	w.slider.Set(w.place(i))
	call(w.epoch, w.state.At)
}

func (w *trainingWatch) choose(i int) {
	name := ""
	if i > 0 {
		name = w.state.Slides[i-1].Name
	}
	call(w.slide, name)
}
