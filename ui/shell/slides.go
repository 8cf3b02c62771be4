package shell

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/engine/result"
	"zoomscope/ui/overlay"
	"zoomscope/ui/panels"
	"zoomscope/ui/viewer"
)

// slide is one slide of this sitting.
type slide struct {
	id      int
	path    string
	view    *app.View // nil until it is open
	thumb   *image.RGBA
	dark    bool           // by the thumb, light on dark ground
	camera  *viewer.Camera // where it was left; nil before it was seen
	opening time.Time

	result    *result.Result
	attention *overlay.Model
	level     int // of the attention shown
	step      int // of the zoom path; -1 for none

	patches map[int]*image.RGBA // pictures of the gallery, by step

	fault error // why it could not be opened; nil where it could
	state panels.SlideState
	run   *job // the analysis under way or waiting

	known    *app.WorklistCase // the case of the worklist that it is; nil where it was not opened from there
	laid     int64             // run of the worklist whose result it was given; 0 for none
	withheld *result.Result    // while what the model says is hidden
	visiting bool              // the worklist opened it, and may close it
}

func (c *slide) name() string { return filepath.Base(c.path) }

// previewSide is the longer side of the small picture that stands for a slide
// until its tiles are there.
const previewSide = 1024

// open adds slides to the list and shows the first. What is open already is shown.
func (s *Shell) open(paths []string) {
	var first *slide
	for _, path := range paths {
		c := s.add(path)
		if first == nil {
			first = c
		}
	}
	if first != nil {
		s.choose(first)
	}
}

// add lists a slide and opens it beside the window.
func (s *Shell) add(path string) *slide {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	for _, c := range s.slides {
		if c.path == path && c.state.Kind != panels.SlideFailed {
			return c
		}
	}
	s.slides = slices.DeleteFunc(s.slides, func(c *slide) bool { return c.path == path })
	s.serial++
	c := &slide{id: s.serial, path: path, step: -1, opening: time.Now(), state: panels.SlideState{Kind: panels.SlideOpening}}
	s.slides = append(s.slides, c)
	s.showSlides()
	background(s, func(ctx context.Context) (opened, error) { return s.openView(ctx, path) },
		func(o opened, err error) { s.opened(c, o, err) })
	return c
}

// opened is a slide with its small picture.
type opened struct {
	view  *app.View
	thumb *image.RGBA
}

func (s *Shell) openView(ctx context.Context, path string) (opened, error) {
	select {
	case s.openings <- struct{}{}:
		defer func() { <-s.openings }()
	case <-ctx.Done():
		return opened{}, ctx.Err()
	}
	view, err := s.Workspace.OpenView(ctx, path)
	if err != nil {
		return opened{}, err
	}
	thumb, err := view.Thumbnail(ctx, previewSide)
	if err == nil {
		err = ctx.Err() // nobody will take it in
	}
	if err != nil {
		return opened{}, errors.Join(err, view.Close())
	}
	return opened{view, thumb}, nil
}

// opened takes in a slide that was opened, or could not be.
func (s *Shell) opened(c *slide, o opened, err error) {
	if err != nil {
		c.state = panels.SlideState{Kind: panels.SlideFailed, Reason: s.phrase(err)}
		s.Log.Warn("slide not opened", "slide", c.id, "kind", app.KindOf(err))
		s.showSlides()
		c.fault = err
		if s.current == c {
			s.showSlide()
		}
		return
	}
	if !slices.Contains(s.slides, c) { // closed meanwhile
		s.workClose(o.view)
		return
	}
	c.view, c.thumb, c.dark, c.state = o.view, o.thumb, app.DarkGround(o.thumb), panels.SlideState{}
	s.improveThumb(c)
	s.Log.Info("slide open", "slide", c.id, "ms", time.Since(c.opening).Milliseconds())
	s.remember(c)
	s.showSlides()
	if s.current == c {
		s.showSlide()
	}
	s.layOver(c)
	s.layAwaited(c)
}

// improveThumb takes a better small picture of a slide that has no coarse level,
// once there can be one.
func (s *Shell) improveThumb(c *slide) {
	view := c.view
	select {
	case <-view.CoarseReady():
		return // it is the best already
	default:
	}
	s.work(func(ctx context.Context) {
		select {
		case <-view.CoarseReady():
		case <-ctx.Done():
			return
		}
		thumb, err := view.Thumbnail(ctx, previewSide)
		if err != nil {
			return
		}
		s.show(func() { s.gotThumb(c, view, thumb) })
	})
}

// gotThumb shows a better small picture, in the overview too when nobody is looking
// elsewhere.
func (s *Shell) gotThumb(c *slide, view *app.View, thumb *image.RGBA) {
	if c.view != view || !slices.Contains(s.slides, c) {
		return
	}
	c.thumb = thumb
	s.showSlides()
	if s.current == c {
		s.leave()
		s.showSlide()
	}
}

// again tries once more to open the slide at hand.
func (s *Shell) again() {
	if c := s.current; c != nil && c.view == nil {
		s.open([]string{c.path})
	}
}

// remember lists the slide among the recent ones, and gives it the resolution that
// was stated for its scanner.
func (s *Shell) remember(c *slide) {
	s.update(func(l *settings.Settings) {
		if !s.Workspace.IsDemo(c.path) {
			l.LastFolder = filepath.Dir(c.path)
		}
		l.AddRecent(c.path)
	})
	s.showMenu()
	about := c.view.About()
	if mpp := s.look.Scanners[about.Scanner]; mpp > 0 && about.Scanner != "" && about.Resolution.X == 0 {
		c.view.StateMagnification(10 / mpp)
	}
}

// choose shows a slide of the list.
func (s *Shell) choose(c *slide) {
	if c == nil {
		return
	}
	s.hideWorklist()
	s.review.going = 0 // no case that is still being opened comes in its place
	if s.current == c {
		return
	}
	s.leave()
	s.current = c
	s.showSlides()
	s.showSlide()
}

// leave keeps where the slide was looked at.
func (s *Shell) leave() {
	if c := s.current; c != nil && c.view != nil {
		at := s.parts.viewer.Camera()
		c.camera = &at
		s.measure(false)
	}
	s.hovered = nil
}

// stepSlide shows the slide that is n places further down the list.
func (s *Shell) stepSlide(n int) {
	if len(s.slides) == 0 {
		return
	}
	i := slices.Index(s.slides, s.current) + n
	s.choose(s.slides[(i+len(s.slides))%len(s.slides)])
}

// closeSlide takes a slide from the list and shows its neighbour.
func (s *Shell) closeSlide(c *slide) {
	i := slices.Index(s.slides, c)
	if i < 0 || s.occupied() {
		return
	}
	s.slides = slices.Delete(s.slides, i, i+1)
	if s.current == c {
		s.current = nil
		if len(s.slides) > 0 {
			s.current = s.slides[min(i, len(s.slides)-1)]
		}
	}
	s.showSlides()
	s.showSlide()
	s.drop(c)
}

// drop ends what is done with a slide and closes its file beside the window: reads
// under way are waited for there.
func (s *Shell) drop(c *slide) {
	if c.run != nil {
		c.run.cancel()
	}
	if c.view != nil {
		s.workClose(c.view)
	}
}

func (s *Shell) workClose(v *app.View) {
	s.workers.Add(1)
	go func() {
		defer s.workers.Done()
		if err := v.Close(); err != nil {
			s.Log.Warn("slide not closed", "error", err)
		}
	}()
}

// ask lets the user choose a slide to open.
func (s *Shell) ask() { s.askIn(s.look.LastFolder) }

// askIn lets the user choose a slide of a folder.
func (s *Shell) askIn(dir string) {
	if s.occupied() {
		return
	}
	t := s.texts.Shell
	s.native(func() (string, error) { return s.Dialogs.OpenSlide(t.Open, t.SlidesOf, dir) },
		func(path string) { s.open([]string{path}) })
}

// dropped opens files that were dropped on the window; of folders, the slides in
// them.
func (s *Shell) dropped(_ fyne.Position, uris []fyne.URI) {
	if s.occupied() {
		return
	}
	background(s, func(context.Context) (paths []string, err error) {
		for _, uri := range uris {
			paths = append(paths, slidesIn(uri.Path())...)
		}
		return paths, nil
	}, func(paths []string, _ error) { s.open(paths) })
}

// slidesIn lists the slides of a folder; a file stands for itself.
func slidesIn(path string) []string {
	entries, err := os.ReadDir(path)
	if err != nil {
		return []string{path}
	}
	var paths []string
	for _, e := range entries {
		if e.Type().IsRegular() && slices.Contains(SlideEndings(), strings.ToLower(strings.TrimPrefix(filepath.Ext(e.Name()), "."))) {
			paths = append(paths, filepath.Join(path, e.Name()))
		}
	}
	return paths
}

// SlideEndings are the endings of files that are offered as slides.
func SlideEndings() []string {
	return []string{"svs", "ndpi", "tif", "tiff", "mrxs", "scn", "vms", "vmu", "bif", "svslide", "dcm", "czi", "png", "jpg", "jpeg", "bmp"}
}

// openDemo draws the demo slide, once, and opens it.
func (s *Shell) openDemo() {
	t := s.texts.Shell
	start(s, t.Drawing, func(ctx context.Context, report func(panels.Job)) (string, error) {
		begin := time.Now()
		return s.Workspace.DemoSlide(ctx, func(p result.Progress) { report(paced("", p.Done, p.Total, begin)) })
	}, func(path string, err error) {
		if err != nil {
			s.fail(t.OpenDemo, err)
			return
		}
		s.open([]string{path})
	})
}

// title names the slide at hand.
func (s *Shell) title() string {
	if s.current == nil {
		return s.texts.Shell.Title
	}
	return fmt.Sprintf(s.texts.Shell.TitleSlide, s.current.name())
}
