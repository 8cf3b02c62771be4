package train

import (
	"zoomscope/engine/tissue"
)

// Preset is a published choice of magnifications and numbers of patches.
type Preset struct {
	Name           string
	Magnifications []float64
	K              []int // patches zoomed into, per magnification but the last
	Tissue         tissue.Settings
}

// Presets are those of the paper's data sets; the ones ending in eff stop a
// magnification earlier.
func Presets() []Preset {
	crc, _ := tissue.Preset("crc")
	bright, _ := tissue.Preset("bright")
	camelyon, _ := tissue.Preset("camelyon16")
	return []Preset{
		{"crc", []float64{5, 10, 20}, []int{16, 16}, crc},
		{"crc-eff", []float64{5, 10}, []int{12}, crc},
		{"bright", []float64{1.25, 2.5, 10}, []int{12, 12}, bright},
		{"bright-eff", []float64{1.25, 2.5}, []int{8}, bright},
		{"camelyon16", []float64{10, 20}, []int{300}, camelyon},
	}
}

// FindPreset returns the preset of that name; false when there is none.
func FindPreset(name string) (Preset, bool) {
	for _, p := range Presets() {
		if p.Name == name {
			return p, true
		}
	}
	return Preset{}, false
}
