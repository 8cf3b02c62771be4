package shell

import (
	"context"
	"errors"
	"io/fs"

	"zoomscope/app"
	"zoomscope/engine/result"
	"zoomscope/ui/panels"
)

// watching is a slide of a run on which it is followed, epoch by epoch, where the
// model looked.
type watching struct {
	run    string // folder
	state  panels.TrainingWatch
	paths  map[string]string // of slides, by name
	seen   bool              // it is to be seen on the slide
	asks   int               // counts them: the last one is told alone
	change func(panels.TrainingWatch)
}

// offer makes a list of slides that can be chosen.
func (w *watching) offer(slides []app.TrainSlide) {
	w.state.Slides, w.paths = nil, map[string]string{}
	for _, slide := range slides {
		w.state.Slides = append(w.state.Slides, panels.TrainingSlide{Name: slide.Name, Path: slide.Path, Label: slide.Label})
		w.paths[slide.Name] = slide.Path
	}
}

func (w *watching) show() { w.change(w.state) }

// watchSlide follows another slide, or none, and shows where the model looked last.
func (s *Shell) watchSlide(w *watching, name string) {
	w.state.Chosen, w.state.Epochs, w.state.At, w.seen = name, nil, 0, name != ""
	w.asks++
	w.show()
	if path := w.paths[name]; path != "" {
		s.open([]string{path})
		s.findEpochs(w)
	}
}

// findEpochs lists the epochs that were kept of the slide that is chosen, and shows
// the last one if it is to be seen.
func (s *Shell) findEpochs(w *watching) {
	own, run, name := w.asks, w.run, w.state.Chosen
	background(s, func(context.Context) ([]int, error) { return s.Workspace.AttentionEpochs(run, name) },
		func(epochs []int, err error) {
			if w.asks != own {
				return
			}
			if err != nil {
				s.Log.Warn("attention of a training", "kind", app.KindOf(err))
				return
			}
			w.state.Epochs = epochs
			w.show()
			if w.seen && w.state.At == 0 && len(epochs) > 0 {
				s.watchEpoch(w, 0)
			}
		})
}

// watchEpoch shows on the slide where the model looked after an epoch; 0 is the last
// one.
func (s *Shell) watchEpoch(w *watching, epoch int) {
	if len(w.state.Epochs) == 0 {
		return
	}
	w.state.At, w.seen = epoch, true
	if epoch == 0 {
		epoch = w.state.Epochs[len(w.state.Epochs)-1]
	}
	w.asks++
	own, run, name := w.asks, w.run, w.state.Chosen
	background(s, func(context.Context) (*result.Result, error) { return s.Workspace.AttentionAfter(run, name, epoch) },
		func(r *result.Result, err error) {
			switch {
			case w.asks != own:
			case errors.Is(err, fs.ErrNotExist):
				s.findEpochs(w) // it was the last one, which another has taken the place of
			case err != nil:
				s.Log.Warn("attention of a training", "kind", app.KindOf(err))
			default:
				s.Log.Info("attention of an epoch", "epoch", epoch)
				s.openWith(w.paths[name], r)
			}
		})
}

// openWith opens a slide with where a model in training looked laid over it.
func (s *Shell) openWith(path string, r *result.Result) {
	if path == "" {
		return
	}
	r.Slide.Path = path // it may have been moved since
	s.training.awaited = r
	s.open([]string{path})
	for _, c := range s.slides {
		s.layAwaited(c)
	}
}

// layAwaited lays what a slide was opened for over it, once it is open.
func (s *Shell) layAwaited(c *slide) {
	r := s.training.awaited
	if r == nil || r.Slide.Path != c.path || c.view == nil {
		return
	}
	s.training.awaited = nil
	s.layAttention(c, r)
}

// layAttention shows on a slide where a model in training looked.
func (s *Shell) layAttention(c *slide, r *result.Result) {
	if c.run != nil || c.hidden() {
		return
	}
	if stated := s.look.Training.Stated; stated > 0 && !c.view.Resolution().Stated {
		c.view.StateMagnification(stated)
		s.showResolution(c)
	}
	s.take(c, r)
	s.showTaken(c)
}

// attend takes in where the model looks after an epoch. The slide shows it unless the
// user looks at an epoch before, or at none.
func (s *Shell) attend(t *study, a app.TrainAttention) {
	w := &t.watch
	if a.Slide != w.state.Chosen {
		return
	}
	w.state.Epochs, w.state.Best = a.Kept, t.progress.Best
	w.show()
	if !w.seen || w.state.At != 0 {
		return
	}
	for _, c := range s.slides {
		if c.path == w.paths[a.Slide] && c.view != nil {
			s.layAttention(c, a.Result)
		}
	}
}

// watch follows the attention of a slide while the model is trained.
func (s *Shell) watch(name string) {
	if t := s.training.current; t != nil {
		t.run.Watch(name)
		t.watch.state.Best = t.progress.Best
		s.watchSlide(&t.watch, name)
	}
}

// watchFirst has it kept where the model looks on one slide from the first epoch on,
// without showing it.
func (s *Shell) watchFirst(t *study, slides []app.TrainSlide) {
	w := &t.watch
	w.run, w.change = t.dir, s.parts.training.SetWatched
	w.offer(slides)
	if w.state.Chosen == "" && len(slides) > 0 && !t.begunBefore {
		w.state.Chosen = slides[0].Name
		t.run.Watch(w.state.Chosen)
	}
	t.begunBefore = true
	w.show()
	s.findEpochs(w)
}

// reviewSlides offers the slides of a run whose attention was followed.
func (s *Shell) reviewSlides(dir string, slides []app.TrainSlide, best int) {
	w := &watching{run: dir, change: s.parts.training.SetReviewed}
	w.state.Best = best
	w.offer(slides)
	s.training.review = w
	w.show()
}

// watched are the slides of an evaluation whose attention was kept while the model
// was trained.
func (s *Shell) watched(dir string, predictions []app.SlidePrediction) []app.TrainSlide {
	var list []app.TrainSlide
	for _, p := range predictions {
		if epochs, err := s.Workspace.AttentionEpochs(dir, p.Slide); err == nil && len(epochs) > 0 {
			list = append(list, app.TrainSlide{Name: p.Slide, Path: p.Path, Label: p.Label})
		}
	}
	return list
}
