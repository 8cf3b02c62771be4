package slideio

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
)

const (
	// What scanners produce, in micrometres per pixel: values outside are kept
	// with a doubt, and not believed at all beyond the second pair.
	usualMin, usualMax       = 0.05, 20.0
	possibleMin, possibleMax = 0.01, 100.0

	disagreement = 0.05 // between sources, relative
	unsquare     = 0.01 // between x and y, relative
)

// candidate is one source's word on the resolution.
type candidate struct {
	source string
	x, y   float64 // micrometres per pixel

	// guess marks sources that hold screen or print densities as often as a
	// physical size, such as the TIFF resolution: they are believed only within
	// what scanners produce.
	guess bool
}

// ResolutionOf finds the resolution in a slide's properties, named as OpenSlide
// names them. The first of these that gives a believable value counts:
//
//  1. openslide.mpp-x, openslide.mpp-y
//  2. the vendor's own: aperio.MPP, openslide.mirax.MPP,
//     mirax.LAYER_0_LEVEL_0_SECTION.MICROMETER_PER_PIXEL_X and _Y,
//     philips.DICOM_PIXEL_SPACING and dicom.PixelSpacing (millimetres, row
//     spacing first), hamamatsu.XResolution and YResolution (pixels per cm)
//  3. tiff.XResolution, tiff.YResolution with tiff.ResolutionUnit
//  4. 10 / objective power: openslide.objective-power, aperio.AppMag,
//     hamamatsu.SourceLens, leica.objective,
//     mirax.GENERAL.OBJECTIVE_MAGNIFICATION, ventana.Magnification,
//     sakura.NominalLensMagnification, trestle.Objective Power
//
// Values outside 0.05 to 20 µm per pixel are doubted, outside 0.01 to 100
// ignored. A TIFF resolution is ignored outside the narrower range already: 72
// dots per inch is what a program writes that knows nothing. openslide.mpp-x of
// a generic TIFF is such a resolution too. Where one axis alone is given it
// serves for both.
func ResolutionOf(props map[string]string) Resolution {
	power, powerSource := objective(props)
	r := Resolution{ObjectivePower: power}
	var all []candidate
	var ignored float64 // one value under two names is one doubt
	for _, c := range candidates(props) {
		c.x, c.y = cmp.Or(c.x, c.y), cmp.Or(c.y, c.x)
		switch {
		case c.x == 0:
		case c.believable():
			all = append(all, c)
		case ignored == 0 || apart(ignored, c.x) > disagreement:
			ignored = c.x
			r.doubt("%s gives %.4g µm per pixel, which is not a microscope's; ignored", c.source, c.x)
		}
	}
	if power > 0 {
		all = append(all, candidate{source: powerSource, x: 10 / power, y: 10 / power})
	}
	if len(all) == 0 {
		return r
	}
	best := all[0]
	r.X, r.Y, r.Source = best.x, best.y, best.source
	r.weigh(all[1:])
	return r
}

// WithDensity is the resolution of a plain image whose file states a density in
// pixels per metre along x and y; one axis alone serves for both. Densities that
// no microscope gives are ignored with a doubt, zeros without.
func WithDensity(source string, perMetreX, perMetreY float64) Resolution {
	var r Resolution
	x, y := inverse(1e6, perMetreX), inverse(1e6, perMetreY)
	c := candidate{source: source, x: cmp.Or(x, y), y: cmp.Or(y, x), guess: true}
	switch {
	case c.x == 0:
	case !c.believable():
		r.doubt("%s gives %.4g µm per pixel, which is not a microscope's; ignored", c.source, c.x)
	default:
		r.X, r.Y, r.Source = c.x, c.y, c.source
		r.weigh(nil)
	}
	return r
}

// believable reports whether the value can be a slide's at all.
func (c candidate) believable() bool {
	lo, hi := possibleMin, possibleMax
	if c.guess {
		lo, hi = usualMin, usualMax
	}
	return c.x >= lo && c.x <= hi && c.y >= lo && c.y <= hi
}

// weigh adds the doubts about a resolution that was found, given what the other
// sources say.
func (r *Resolution) weigh(others []candidate) {
	if x, y := r.X, r.Y; min(x, y) < usualMin || max(x, y) > usualMax {
		r.doubt("%s gives %.4g x %.4g µm per pixel, outside the usual %g to %g", r.Source, x, y, usualMin, usualMax)
	}
	if apart(r.X, r.Y) > unsquare {
		r.doubt("pixels are not square: %.4g x %.4g µm", r.X, r.Y)
	}
	for _, o := range others {
		if d := max(apart(r.X, o.x), apart(r.Y, o.y)); d > disagreement {
			r.doubt("%s gives %.4g µm per pixel, %s gives %.4g: %.0f %% apart", r.Source, r.X, o.source, o.x, 100*d)
		}
	}
}

func (r *Resolution) doubt(format string, args ...any) {
	r.Doubts = append(r.Doubts, fmt.Sprintf(format, args...))
}

// apart is how much larger the larger is, relative to the smaller.
func apart(a, b float64) float64 { return max(a, b)/min(a, b) - 1 }

// candidates lists the sources 1 to 3, absent ones with zeros.
func candidates(props map[string]string) []candidate {
	num := func(name string) float64 { return number(props[name]) }
	pair := func(x, y string) candidate { return candidate{source: x, x: num(x), y: num(y)} }
	mpp := pair("openslide.mpp-x", "openslide.mpp-y")
	mpp.guess = props["openslide.vendor"] == "generic-tiff"
	out := []candidate{
		mpp,
		pair("aperio.MPP", "aperio.MPP"),
		pair("openslide.mirax.MPP", "openslide.mirax.MPP"),
		pair("mirax.LAYER_0_LEVEL_0_SECTION.MICROMETER_PER_PIXEL_X", "mirax.LAYER_0_LEVEL_0_SECTION.MICROMETER_PER_PIXEL_Y"),
		spacing("philips.DICOM_PIXEL_SPACING", props),
		spacing("dicom.PixelSpacing", props),
		{source: "hamamatsu.XResolution", x: inverse(1e4, num("hamamatsu.XResolution")), y: inverse(1e4, num("hamamatsu.YResolution")), guess: true},
	}
	if unit := tiffUnit(props["tiff.ResolutionUnit"]); unit > 0 {
		x, y := num("tiff.XResolution"), num("tiff.YResolution")
		out = append(out, candidate{source: "tiff.XResolution", x: inverse(unit, x), y: inverse(unit, y), guess: true})
	}
	return out
}

// tiffUnit is the micrometres in a TIFF resolution unit, 0 for "none".
func tiffUnit(unit string) float64 {
	switch strings.ToLower(unit) {
	case "centimeter":
		return 1e4
	case "inch", "": // inch is the format's default
		return 25400
	}
	return 0
}

// spacing reads a DICOM pixel spacing: two numbers in millimetres, between rows
// and between columns, quoted or separated by commas, backslashes or spaces.
func spacing(name string, props map[string]string) candidate {
	fields := strings.FieldsFunc(props[name], func(r rune) bool { return strings.ContainsRune(`"\, `, r) })
	if len(fields) != 2 {
		return candidate{source: name}
	}
	return candidate{source: name, x: 1000 * number(fields[1]), y: 1000 * number(fields[0])}
}

// objective finds the scanner's nominal magnification.
func objective(props map[string]string) (power float64, source string) {
	for _, name := range []string{
		"openslide.objective-power",
		"aperio.AppMag",
		"hamamatsu.SourceLens",
		"leica.objective",
		"mirax.GENERAL.OBJECTIVE_MAGNIFICATION",
		"ventana.Magnification",
		"sakura.NominalLensMagnification",
		"trestle.Objective Power",
	} {
		if p := number(props[name]); p >= 0.5 && p <= 200 {
			return p, "objective power (" + name + ")"
		}
	}
	return 0, ""
}

// number reads a positive number, with a decimal point or comma; 0 when there is
// none.
func number(s string) float64 {
	v, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(s), ",", ".", 1), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return 0
	}
	return v
}

// inverse is a/b, 0 for b = 0.
func inverse(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}
