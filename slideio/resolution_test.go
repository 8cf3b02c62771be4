package slideio

import (
	"math"
	"strings"
	"testing"
)

func TestResolutionOf(t *testing.T) {
	type props = map[string]string
	cases := []struct {
		name   string
		props  props
		x, y   float64
		source string
		power  float64
		doubts []string // a word of each
	}{
		{"nothing", nil, 0, 0, "", 0, nil},
		{"mpp", props{"openslide.mpp-x": "0.25", "openslide.mpp-y": "0.2501", "openslide.objective-power": "40"}, 0.25, 0.2501, "openslide.mpp-x", 40, nil},
		{"mpp of one axis", props{"openslide.mpp-x": "0.25"}, 0.25, 0.25, "openslide.mpp-x", 0, nil},
		{"decimal comma", props{"aperio.MPP": "0,2522"}, 0.2522, 0.2522, "aperio.MPP", 0, nil},
		{"mpp before vendor", props{"openslide.mpp-x": "0.5", "aperio.MPP": "0.25"}, 0.5, 0.5, "openslide.mpp-x", 0, []string{"aperio.MPP"}},
		{"mirax", props{"mirax.LAYER_0_LEVEL_0_SECTION.MICROMETER_PER_PIXEL_X": "0.23", "mirax.LAYER_0_LEVEL_0_SECTION.MICROMETER_PER_PIXEL_Y": "0.231"}, 0.23, 0.231, "mirax.LAYER_0_LEVEL_0_SECTION.MICROMETER_PER_PIXEL_X", 0, nil},
		{"philips, rows first", props{"philips.DICOM_PIXEL_SPACING": `"0.000226907" "0.000226891"`}, 0.226891, 0.226907, "philips.DICOM_PIXEL_SPACING", 0, nil},
		{"dicom spacing", props{"dicom.PixelSpacing": `0.0005\0.00049`}, 0.49, 0.5, "dicom.PixelSpacing", 0, []string{"not square"}},
		{"hamamatsu, pixels per cm", props{"hamamatsu.XResolution": "43826", "hamamatsu.YResolution": "43826", "hamamatsu.SourceLens": "40"}, 10000.0 / 43826, 10000.0 / 43826, "hamamatsu.XResolution", 40, []string{"objective"}},
		{"tiff per cm", props{"tiff.XResolution": "20000", "tiff.YResolution": "20000", "tiff.ResolutionUnit": "centimeter"}, 0.5, 0.5, "tiff.XResolution", 0, nil},
		{"tiff per inch", props{"tiff.XResolution": "50800", "tiff.YResolution": "50800", "tiff.ResolutionUnit": "inch"}, 0.5, 0.5, "tiff.XResolution", 0, nil},
		{"tiff without unit", props{"tiff.XResolution": "20000", "tiff.YResolution": "20000", "tiff.ResolutionUnit": "none"}, 0, 0, "", 0, nil},
		{"72 dots per inch", props{"tiff.XResolution": "72", "tiff.YResolution": "72", "tiff.ResolutionUnit": "inch"}, 0, 0, "", 0, []string{"352.8"}},
		{"72 dots per inch, under both names", props{"openslide.vendor": "generic-tiff", "openslide.mpp-x": "352.77", "openslide.mpp-y": "352.77", "tiff.XResolution": "72", "tiff.ResolutionUnit": "inch"}, 0, 0, "", 0, []string{"openslide.mpp-x gives 352.8"}},
		{"72 dots per inch beside a lens", props{"tiff.XResolution": "72", "tiff.ResolutionUnit": "inch", "openslide.objective-power": "20"}, 0.5, 0.5, "objective power (openslide.objective-power)", 20, []string{"352.8"}},
		{"objective alone", props{"aperio.AppMag": "40"}, 0.25, 0.25, "objective power (aperio.AppMag)", 40, nil},
		{"within five per cent", props{"openslide.mpp-x": "0.2522", "openslide.mpp-y": "0.2522", "aperio.AppMag": "40"}, 0.2522, 0.2522, "openslide.mpp-x", 40, nil},
		{"20x by objective, 40x by mpp", props{"openslide.mpp-x": "0.25", "openslide.mpp-y": "0.25", "aperio.AppMag": "20"}, 0.25, 0.25, "openslide.mpp-x", 20, []string{"100 % apart"}},
		{"coarse", props{"openslide.mpp-x": "29", "openslide.mpp-y": "29"}, 29, 29, "openslide.mpp-x", 0, []string{"outside the usual"}},
		{"absurd", props{"openslide.mpp-x": "250000", "openslide.mpp-y": "250000"}, 0, 0, "", 0, []string{"ignored"}},
		{"words and signs", props{"openslide.mpp-x": "unknown", "openslide.mpp-y": "-0.25", "aperio.MPP": "NaN", "aperio.AppMag": "1e400"}, 0, 0, "", 0, nil},
		{"objective of nothing", props{"openslide.objective-power": "0"}, 0, 0, "", 0, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := ResolutionOf(c.props)
			if math.Abs(r.X-c.x) > 1e-9 || math.Abs(r.Y-c.y) > 1e-9 || r.Source != c.source || r.ObjectivePower != c.power {
				t.Errorf("%+v", r)
			}
			if len(r.Doubts) != len(c.doubts) {
				t.Fatalf("doubts %q, want %q", r.Doubts, c.doubts)
			}
			for i, word := range c.doubts {
				if !strings.Contains(r.Doubts[i], word) {
					t.Errorf("doubt %q does not say %q", r.Doubts[i], word)
				}
			}
		})
	}
}

func TestWithDensity(t *testing.T) {
	for _, c := range []struct {
		name   string
		x, y   float64
		want   float64
		doubts int
	}{
		{"none", 0, 0, 0, 0},
		{"2 million per metre", 2e6, 2e6, 0.5, 0},
		{"one axis", 0, 4e6, 0.25, 0},
		{"screen", 2835, 2835, 0, 1},
		{"not square", 2e6, 4e6, 0.5, 1},
	} {
		if r := WithDensity("file", c.x, c.y); r.X != c.want || len(r.Doubts) != c.doubts || r.Known() != (r.Source == "file") {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

func TestMagnification(t *testing.T) {
	for _, m := range []float64{40, 20, 1.25} {
		if got := Stated(m).Magnification(); math.Abs(got-m) > 1e-12 {
			t.Errorf("stated %gx: %gx", m, got)
		}
	}
	if got := (Resolution{}).Magnification(); got != 0 {
		t.Errorf("unknown: %gx", got)
	}
}

func TestStatedAgainstFile(t *testing.T) {
	own := Resolution{X: 0.5, Y: 0.5, Source: "aperio.MPP", Doubts: []string{"one"}}
	for _, c := range []struct {
		stated                   float64
		own                      Resolution
		wantAgainst, wantDespite int // doubts
	}{
		{20, own, 0, 1}, {20.9, own, 0, 1}, {21.1, own, 1, 2}, {19.1, own, 0, 1}, {18.9, own, 1, 2}, {40, own, 1, 2}, {40, Resolution{}, 0, 0},
	} {
		stated := Stated(c.stated)
		against, despite := stated.Against(c.own), c.own.Despite(stated)
		if len(against.Doubts) != c.wantAgainst || against.X != stated.X || len(despite.Doubts) != c.wantDespite || despite.X != c.own.X {
			t.Errorf("%gx stated of %g µm: %+v, %+v", c.stated, c.own.X, against, despite)
		}
	}
	if d := own.Despite(Resolution{}).Doubts; len(d) != 1 || len(own.Doubts) != 1 {
		t.Errorf("nothing stated: %q, own %q", d, own.Doubts)
	}
}
