package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"
)

// Names of colours that Fyne has no name for.
const (
	// ColorNameSlide surrounds the slide, where there is no picture.
	ColorNameSlide fyne.ThemeColorName = "slide"
	// ColorNameTrack is the empty part of a bar.
	ColorNameTrack fyne.ThemeColorName = "track"
	// ColorNameRelated marks what belongs to the selected thing: its parent, its
	// children.
	ColorNameRelated fyne.ThemeColorName = "related"
)

// palette gives this theme's own colour of a name. Translucent ones are not
// premultiplied.
func palette(name fyne.ThemeColorName, variant fyne.ThemeVariant) (color.Color, bool) {
	pair, ok := shade(name)
	v := pair[0]
	if variant == standard.VariantDark {
		v = pair[1]
	}
	return color.NRGBA{R: uint8(v >> 24), G: uint8(v >> 16), B: uint8(v >> 8), A: uint8(v)}, ok
}

// shade lists the colours as 0xRRGGBBAA: light, then dark.
func shade(name fyne.ThemeColorName) ([2]uint32, bool) {
	if pair, ok := surface(name); ok {
		return pair, true
	}
	return ink(name)
}

// surface is what things stand on.
func surface(name fyne.ThemeColorName) ([2]uint32, bool) {
	switch name {
	case standard.ColorNameBackground:
		return [2]uint32{0xf4f4f5ff, 0x1f2123ff}, true
	case standard.ColorNameHeaderBackground:
		return [2]uint32{0xe9eaecff, 0x282a2dff}, true
	case standard.ColorNameMenuBackground, standard.ColorNameOverlayBackground:
		return [2]uint32{0xfbfbfcff, 0x282a2dff}, true
	case standard.ColorNameInputBackground:
		return [2]uint32{0xffffffff, 0x2b2e31ff}, true
	case standard.ColorNameButton:
		return [2]uint32{0xe1e3e6ff, 0x35393dff}, true
	case standard.ColorNameDisabledButton:
		return [2]uint32{0xeaebedff, 0x292c2fff}, true
	case standard.ColorNameHover:
		return [2]uint32{0x00000014, 0xffffff18}, true
	case standard.ColorNamePressed:
		return [2]uint32{0x00000028, 0xffffff2c}, true
	case standard.ColorNameSelection:
		return [2]uint32{0xc5d9f0ff, 0x263f5cff}, true
	case standard.ColorNameScrollBarBackground:
		return [2]uint32{0x00000010, 0xffffff10}, true
	case ColorNameSlide:
		return [2]uint32{0xe6e7e9ff, 0x131415ff}, true
	case ColorNameTrack:
		return [2]uint32{0xd9dbdeff, 0x3a3e42ff}, true
	}
	return [2]uint32{}, false
}

// ink is what is drawn on a surface.
func ink(name fyne.ThemeColorName) ([2]uint32, bool) {
	switch name {
	case standard.ColorNameForeground:
		return [2]uint32{0x1b1d1fff, 0xe7e8eaff}, true
	case standard.ColorNamePlaceHolder:
		return [2]uint32{0x555a60ff, 0xabb0b6ff}, true
	case standard.ColorNameDisabled:
		return [2]uint32{0x7d8289ff, 0x80868dff}, true
	case standard.ColorNameInputBorder:
		return [2]uint32{0xa9adb3ff, 0x565b61ff}, true
	case standard.ColorNameSeparator:
		return [2]uint32{0xcdd0d4ff, 0x3c4044ff}, true
	case standard.ColorNameScrollBar:
		return [2]uint32{0x0000005c, 0xffffff5c}, true
	case standard.ColorNamePrimary, standard.ColorNameHyperlink:
		return [2]uint32{0x1d5ca3ff, 0x74b0f0ff}, true
	case standard.ColorNameFocus:
		return [2]uint32{0x1d5ca350, 0x74b0f050}, true
	case standard.ColorNameForegroundOnPrimary:
		return [2]uint32{0xffffffff, 0x0d1721ff}, true
	case standard.ColorNameError:
		return [2]uint32{0xa8201aff, 0xff938aff}, true
	case standard.ColorNameWarning:
		return [2]uint32{0x7d4a00ff, 0xf2b865ff}, true
	case standard.ColorNameSuccess:
		return [2]uint32{0x1b6431ff, 0x85d197ff}, true
	case standard.ColorNameForegroundOnError, standard.ColorNameForegroundOnWarning, standard.ColorNameForegroundOnSuccess:
		return [2]uint32{0xffffffff, 0x161616ff}, true
	case ColorNameRelated:
		return [2]uint32{0x7d4a00ff, 0xf2b865ff}, true
	}
	return [2]uint32{}, false
}
