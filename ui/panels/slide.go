package panels

import (
	"fmt"
	"image"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"

	"zoomscope/engine/result"
	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// SlideInfo is what is known of a slide.
type SlideInfo struct {
	Name, Folder  string
	Vendor        string
	Width, Height int // level 0, pixels
	MPP           [2]float64
	Magnification float64 // 10 / um per pixel; 0 unknown
	Source        string  // where the resolution comes from; "" unknown
	Stated        bool    // the resolution was stated by the user
	Warnings      []widgets.Warning
	Levels        []SlideLevel
	Bounds        result.Rect // what was scanned; empty or the whole slide is not told
	Scanner       string      // "" unknown
	Properties    map[string]string
	Associated    []string // names of the images beside the slide
}

// SlideLevel is one level of the file.
type SlideLevel struct {
	Width, Height int
	Downsample    float64
}

// SlideImage is an image beside the slide.
type SlideImage struct {
	Name    string
	Picture *image.RGBA
}

// SlideEvents are what the user does in the panel. Any may be nil.
type SlideEvents struct {
	StateMagnification func(m float64)
	Measure            func(on bool)    // begin drawing a line of known length, or be done with it
	StateLength        func(um float64) // of the line drawn
	Reset              func()           // back to the file's own resolution
	ShowImages         func()           // wants SetImages
}

// Slide tells what is known of the slide, and corrects its magnification.
type Slide struct {
	texts *texts.Texts
	on    SlideEvents

	object     *fyne.Container
	none       *widgets.Text
	parts      *fyne.Container
	facts      *fyne.Container
	warnings   *fyne.Container
	levels     *fyne.Container
	doctor     *doctor
	properties *properties
	images     *images
	folds      struct{ facts, doctor, properties, images *widgets.Fold }
}

// NewSlide makes the panel with no slide open.
func NewSlide(t *texts.Texts, on SlideEvents) *Slide {
	s := &Slide{texts: t, on: on, none: widgets.NewNote(t.Slide.None)}
	s.facts, s.warnings, s.levels = widgets.NewColumn(4), widgets.NewColumn(theme.Gap), widgets.NewColumn(2)
	s.doctor = newDoctor(t, on)
	s.properties = newProperties(t)
	s.images = newImages(t, on.ShowImages)
	s.folds.facts = widgets.NewFold(t.Slide.Information, widgets.NewColumn(theme.Gap, s.facts, s.warnings, s.levels))
	s.folds.doctor = widgets.NewFold(t.Slide.Doctor, s.doctor.object)
	s.folds.properties = widgets.NewFold(t.Slide.Properties, s.properties.object)
	s.folds.images = widgets.NewFold(t.Slide.Images, s.images.object)
	s.parts = widgets.NewColumn(theme.Gap, s.folds.facts.Object(), s.folds.doctor.Object(),
		s.folds.images.Object(), s.folds.properties.Object())
	s.object = widgets.NewColumn(theme.Gap, s.none, s.parts)
	s.Clear()
	return s
}

// Object is what to place in the window.
func (s *Slide) Object() fyne.CanvasObject { return s.object }

// Clear shows that no slide is open, and forgets its images.
func (s *Slide) Clear() {
	s.doctor.leave()
	s.images.clear(nil)
	s.none.Show()
	s.parts.Hide()
	s.object.Refresh()
}

// Set shows what is known of a slide. Images of the one before are forgotten.
func (s *Slide) Set(i SlideInfo) {
	t := s.texts
	replace(s.facts, s.factsOf(i)...)
	replace(s.warnings, warningLines(i.Warnings)...)
	replace(s.levels, s.levelsOf(i)...)
	s.doctor.set(i)
	s.properties.set(i.Properties)
	s.images.clear(i.Associated)
	s.folds.doctor.SetTitle(t.Slide.Doctor)
	s.folds.doctor.SetOpen(i.Magnification == 0)
	s.folds.properties.SetOpen(false)
	s.folds.images.SetOpen(len(i.Associated) > 0)
	s.none.Hide()
	s.parts.Show()
	s.object.Refresh()
}

// SetResolution shows a changed resolution of the slide at hand and leaves the
// rest as it is.
func (s *Slide) SetResolution(i SlideInfo) {
	replace(s.facts, s.factsOf(i)...)
	replace(s.warnings, warningLines(i.Warnings)...)
	s.doctor.set(i)
	s.object.Refresh()
}

// AskResolution opens what states the magnification.
func (s *Slide) AskResolution() {
	s.folds.doctor.SetOpen(true)
	s.object.Refresh()
}

// SetMeasured takes the length, in level-0 pixels, of the line that was drawn, and
// asks for its true one.
func (s *Slide) SetMeasured(pixels float64) {
	s.AskResolution()
	s.doctor.measured(pixels)
	s.object.Refresh()
}

// SetImages shows the images beside the slide, which the user asked for.
func (s *Slide) SetImages(list []SlideImage) {
	s.images.show(list)
	s.object.Refresh()
}

func (s *Slide) factsOf(i SlideInfo) []fyne.CanvasObject {
	t, n := s.texts.Slide, s.texts.Numbers
	size := fmt.Sprintf(t.Pixels, n.Count(i.Width), n.Count(i.Height))
	resolution := t.UnknownSize
	if i.MPP[0] > 0 {
		mm := func(pixels int, mpp float64) string { return n.Decimal(float64(pixels)*mpp/1000, 2) }
		size += "\n" + fmt.Sprintf(t.Millimetres, mm(i.Width, i.MPP[0]), mm(i.Height, i.MPP[1]))
		resolution = fmt.Sprintf(t.PerPixel, n.Decimal((i.MPP[0]+i.MPP[1])/2, 3), n.Short(i.Magnification, 1)+"x")
	}
	facts := []fyne.CanvasObject{
		fact(t.File, i.Name), fact(t.Folder, i.Folder), fact(t.Vendor, i.Vendor),
		fact(t.Size, size), fact(t.Resolution, resolution),
	}
	if i.Source != "" {
		facts = append(facts, fact(t.Source, i.Source))
	}
	if i.Scanner != "" {
		facts = append(facts, fact(t.Scanner, i.Scanner))
	}
	whole := result.Rect{Width: float64(i.Width), Height: float64(i.Height)}
	if b := i.Bounds; b.Width > 0 && b != whole {
		facts = append(facts, fact(t.Bounds, fmt.Sprintf(t.BoundsAt,
			n.Count(int(b.Width)), n.Count(int(b.Height)), n.Count(int(b.X)), n.Count(int(b.Y)))))
	}
	return facts
}

// levelsOf is the table of the file's levels.
func (s *Slide) levelsOf(i SlideInfo) []fyne.CanvasObject {
	t, n := s.texts.Slide, s.texts.Numbers
	if len(i.Levels) < 2 {
		return nil
	}
	rows := []fyne.CanvasObject{widgets.NewQuiet(t.Levels)}
	for at, l := range i.Levels {
		rows = append(rows, widgets.NewTopRow(theme.Gap, 1,
			widgets.NewAtLeast(20, 0, widgets.NewQuiet(strconv.Itoa(at))),
			widgets.NewBody(fmt.Sprintf(t.Pixels, n.Count(l.Width), n.Count(l.Height))),
			widgets.NewText(fmt.Sprintf(t.Reduced, n.Short(l.Downsample, 2)), widgets.TextLook{Whole: true})))
	}
	return rows
}

// sortedKeys are the names of properties in the order of the alphabet.
func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
