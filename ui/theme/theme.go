package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"
)

// Mode chooses between the light and the dark look.
type Mode string

// The modes. System follows the desktop.
const (
	System Mode = "system"
	Light  Mode = "light"
	Dark   Mode = "dark"
)

// Modes lists the modes there are, in the order of the settings.
func Modes() []Mode { return []Mode{System, Light, Dark} }

// Theme is the look of the window; it implements fyne.Theme. Fonts and icons are
// Fyne's own.
type Theme struct {
	mode Mode
	base fyne.Theme
}

// New makes the theme of a mode. An unknown mode is System.
func New(mode Mode) *Theme {
	if mode != Light && mode != Dark {
		mode = System
	}
	return &Theme{mode: mode, base: standard.DefaultTheme()}
}

// Mode is the mode the theme was made for.
func (t *Theme) Mode() Mode { return t.mode }

// Color gives the colour of a name; variant counts in the mode System only.
func (t *Theme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	switch t.mode {
	case Light:
		variant = standard.VariantLight
	case Dark:
		variant = standard.VariantDark
	}
	if c, ok := palette(name, variant); ok {
		return c
	}
	return t.base.Color(name, variant)
}

// Font is Fyne's font of a style.
func (t *Theme) Font(style fyne.TextStyle) fyne.Resource { return t.base.Font(style) }

// Icon is Fyne's icon of a name.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return t.base.Icon(name) }

// Size gives a length in points: tighter than Fyne's, as a panel is narrow and is
// read from near.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case standard.SizeNamePadding:
		return 3
	case standard.SizeNameInnerPadding:
		return 5
	case standard.SizeNameLineSpacing:
		return 3
	case standard.SizeNameText:
		return TextSize
	case standard.SizeNameCaptionText:
		return CaptionSize
	case standard.SizeNameHeadingText:
		return HeadingSize
	case standard.SizeNameSubHeadingText:
		return TextSize + 2
	case standard.SizeNameInlineIcon:
		return 16
	case standard.SizeNameInputRadius, standard.SizeNameSelectionRadius:
		return 3
	case standard.SizeNameScrollBar:
		return 10
	case standard.SizeNameScrollBarSmall:
		return 4
	}
	return t.base.Size(name)
}
