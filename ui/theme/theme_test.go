package theme

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"
)

// contrast is the ratio of WCAG 2.1, from 1 to 21, of opaque colours.
func contrast(a, b color.Color) float64 {
	l, m := luminance(a), luminance(b)
	return (max(l, m) + 0.05) / (min(l, m) + 0.05)
}

func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		x := float64(v) / 0xffff
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

func TestContrastOfKnownPairs(t *testing.T) {
	if got := contrast(color.Black, color.White); math.Abs(got-21) > 1e-9 {
		t.Errorf("black on white: %.3f, want 21", got)
	}
	if got := contrast(color.Gray{0x76}, color.White); math.Abs(got-4.54) > 0.01 {
		t.Errorf("#767676 on white: %.3f, want 4.54", got)
	}
}

func TestContrast(t *testing.T) {
	surfaces := []fyne.ThemeColorName{
		standard.ColorNameBackground, standard.ColorNameHeaderBackground, standard.ColorNameMenuBackground,
		standard.ColorNameOverlayBackground, standard.ColorNameInputBackground, standard.ColorNameButton,
		ColorNameSlide, standard.ColorNameSelection,
	}
	wants := []struct {
		ink   fyne.ThemeColorName
		on    []fyne.ThemeColorName
		ratio float64
	}{
		{standard.ColorNameForeground, surfaces, 7},
		{standard.ColorNamePlaceHolder, surfaces, 4.5},
		{standard.ColorNamePrimary, surfaces[:7], 4.5},
		{standard.ColorNameError, surfaces, 4.5},
		{standard.ColorNameWarning, surfaces, 4.5},
		{standard.ColorNameSuccess, surfaces, 4.5},
		{ColorNameRelated, surfaces, 4.5},
		{standard.ColorNameDisabled, surfaces[:1], 3}, // a control that is off is exempt, yet to be read
		{standard.ColorNameForegroundOnPrimary, []fyne.ThemeColorName{standard.ColorNamePrimary}, 4.5},
		{standard.ColorNameForegroundOnError, []fyne.ThemeColorName{standard.ColorNameError}, 4.5},
		{standard.ColorNameForegroundOnWarning, []fyne.ThemeColorName{standard.ColorNameWarning}, 4.5},
		{standard.ColorNameForegroundOnSuccess, []fyne.ThemeColorName{standard.ColorNameSuccess}, 4.5},
		{standard.ColorNamePrimary, []fyne.ThemeColorName{ColorNameTrack}, 3}, // bars
	}
	for _, mode := range []Mode{Light, Dark} {
		look := New(mode)
		for _, w := range wants {
			for _, on := range w.on {
				if got := contrast(look.Color(w.ink, 0), look.Color(on, 0)); got < w.ratio {
					t.Errorf("%s: %s on %s: contrast %.2f, want %.1f", mode, w.ink, on, got, w.ratio)
				}
			}
		}
	}
}

func TestModes(t *testing.T) {
	background := standard.ColorNameBackground
	light, dark := New(Light).Color(background, standard.VariantDark), New(Dark).Color(background, standard.VariantLight)
	if light == dark {
		t.Fatal("light and dark look the same")
	}
	system := New(System)
	if system.Color(background, standard.VariantLight) != light || system.Color(background, standard.VariantDark) != dark {
		t.Error("system does not follow the desktop")
	}
	if got := New("sepia").Mode(); got != System {
		t.Errorf("unknown mode becomes %q", got)
	}
}

func TestDenserThanFyne(t *testing.T) {
	look, base := New(System), standard.DefaultTheme()
	for _, name := range []fyne.ThemeSizeName{standard.SizeNamePadding, standard.SizeNameInnerPadding, standard.SizeNameText} {
		if look.Size(name) >= base.Size(name) {
			t.Errorf("%s: %v, Fyne has %v", name, look.Size(name), base.Size(name))
		}
	}
	if look.Size(standard.SizeNameSeparatorThickness) != base.Size(standard.SizeNameSeparatorThickness) {
		t.Error("sizes without a word here are not Fyne's")
	}
}
