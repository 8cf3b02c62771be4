package shell

import (
	"context"
	"math"
	"path/filepath"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/ui/panels"
	"zoomscope/ui/widgets"
)

// showInformation fills the panel on the slide at hand.
func (s *Shell) showInformation() {
	if c := s.current; c != nil && c.view != nil {
		s.parts.slide.Set(s.information(c))
	} else {
		s.parts.slide.Clear()
	}
}

func (s *Shell) information(c *slide) panels.SlideInfo {
	about, r := c.view.About(), c.view.Resolution()
	info := panels.SlideInfo{
		Name: about.Name, Folder: filepath.Dir(about.Path), Vendor: about.Vendor, Width: about.Width, Height: about.Height,
		MPP: [2]float64{r.X, r.Y}, Magnification: r.Magnification, Source: r.Source, Stated: r.Stated,
		Bounds: about.Bounds, Scanner: about.Scanner, Properties: about.Properties, Associated: about.Associated,
	}
	for _, doubt := range r.Doubts {
		info.Warnings = append(info.Warnings, widgets.Warning{Text: s.translated(doubt)})
	}
	for _, l := range about.Levels {
		info.Levels = append(info.Levels, panels.SlideLevel(l))
	}
	return info
}

// stateMagnification takes the user's word for the magnification that the slide at
// hand was scanned at; 0 returns to the file's own.
func (s *Shell) stateMagnification(m float64) {
	c := s.current
	if c == nil || c.view == nil {
		return
	}
	c.view.StateMagnification(m)
	s.stated(c)
}

// stated takes in a resolution that was stated: it is remembered for the scanner,
// and a result that was made with another is not the slide's any more.
func (s *Shell) stated(c *slide) {
	r := c.view.Resolution()
	s.Log.Info("resolution stated", "slide", c.id, "mpp", r.X)
	if c.run != nil {
		c.run.cancel() // it goes by the resolution before
	}
	if scanner := c.view.About().Scanner; scanner != "" {
		mpp := 0.0
		if r.Stated {
			mpp = r.X
		}
		s.update(func(l *settings.Settings) { l.SetScanner(scanner, mpp) })
	}
	if c.result != nil && math.Abs(c.result.Slide.MPP[0]/max(r.X, 1e-9)-1) > 0.001 {
		s.forget(c)
	}
	s.measure(false)
	s.parts.viewer.ClearMeasure()
	for _, v := range s.views() {
		v.SetResolution(r.X)
	}
	s.parts.slide.SetResolution(s.information(c))
	s.showSlides()
	s.showAnalysis()
	s.showAttention()
	s.showPath()
}

// forget takes a slide's result away.
func (s *Shell) forget(c *slide) {
	c.result, c.attention, c.step, c.patches, c.state = nil, nil, -1, nil, panels.SlideState{}
}

// measure lets the user draw a line on the slide, or gives that up.
func (s *Shell) measure(on bool) {
	s.line = 0
	if !on {
		s.parts.viewer.OnMeasured = nil
		s.parts.viewer.SetMeasuring(false)
		return
	}
	s.parts.viewer.OnMeasured = func(from, to [2]float64) {
		s.line = math.Hypot(to[0]-from[0], to[1]-from[1])
		s.parts.viewer.SetMeasuring(false)
		s.parts.slide.SetMeasured(s.line)
	}
	s.parts.viewer.SetMeasuring(true)
}

// stateLength takes the true length, in micrometres, of the line that was drawn.
func (s *Shell) stateLength(um float64) {
	c := s.current
	if c == nil || c.view == nil || s.line == 0 {
		return
	}
	if err := c.view.StateLength(s.line, um); err != nil {
		s.tell(s.texts.Slide.BadLength, err)
		return
	}
	s.stated(c)
}

// showAssociated decodes the pictures beside the slide, which can name the
// patient: the user asked for them.
func (s *Shell) showAssociated() {
	c := s.current
	if c == nil || c.view == nil {
		return
	}
	background(s, func(ctx context.Context) (list []panels.SlideImage, err error) {
		for _, name := range c.view.About().Associated {
			img, e := c.view.Associated(ctx, name)
			if e != nil {
				err = e
				continue
			}
			list = append(list, panels.SlideImage{Name: name, Picture: img})
		}
		return list, err
	}, func(list []panels.SlideImage, err error) {
		if err != nil {
			s.Log.Warn("associated image not read", "slide", c.id, "kind", app.KindOf(err))
			s.say(s.phrase(err))
		}
		if s.current == c {
			s.parts.slide.SetImages(list)
		}
	})
}
