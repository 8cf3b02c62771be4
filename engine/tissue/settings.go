package tissue

import (
	"fmt"
	"math"
)

// Settings say how tissue is told from background. Lengths are in pixels; the
// JSON names are those of the reference's configuration.
type Settings struct {
	// Preset is the name the settings are known by, "" for settings of one's own.
	Preset string `json:"preset,omitempty"`
	// Magnification is the power that Sigma, Kernel and Downsampling are meant
	// for; 0 means whatever power the picture has.
	Magnification float64 `json:"magnification,omitempty"`
	// Sigma is the standard deviation of the Gaussian on the reduced picture; 0
	// leaves it as it is.
	Sigma float64 `json:"sigma"`
	// Kernel is the side of the square that found components are dilated by.
	Kernel int `json:"kernel_size"`
	// Downsampling is the factor by which the picture is reduced first.
	Downsampling float64 `json:"downsampling_factor"`
	// MinSize is the number of pixels of the reduced picture below which a
	// component ends the search.
	MinSize int `json:"min_size"`
	// Background is the mean grey value from which a component is background.
	Background float64 `json:"background_gray_value"`
	// ThresholdingSteps is how often smoothing and cutting are repeated in each
	// round, DilationSteps how often the dilation is.
	ThresholdingSteps int `json:"n_thresholding_steps"`
	DilationSteps     int `json:"dilation_steps"`
	// KeepPale leaves out step 1, so that pale and grey pixels are judged too.
	KeepPale bool `json:"keep_pale,omitempty"`
	// Threshold is the share of tissue from which a patch counts.
	Threshold float64 `json:"tissue_threshold"`
}

// Presets returns the published settings: bright, crc and camelyon16 for the
// data sets of those names, and default, the reference library's own.
func Presets() []Settings {
	return []Settings{
		preset("bright", 1.25, 20, 100, 1, 0.1),
		preset("crc", 5, 10, 7, 4, 0.5),
		preset("camelyon16", 10, 20, 100, 8, 0.1),
		preset("default", 0, 20, 20, 4, 0.1),
	}
}

// Preset returns the published settings of that name; false when there are none.
func Preset(name string) (Settings, bool) {
	for _, s := range Presets() {
		if s.Preset == name {
			return s, true
		}
	}
	return Settings{}, false
}

func preset(name string, magnification, sigma float64, kernel int, downsampling, threshold float64) Settings {
	return Settings{
		Preset:            name,
		Magnification:     magnification,
		Sigma:             sigma,
		Kernel:            kernel,
		Downsampling:      downsampling,
		MinSize:           10,
		Background:        228,
		ThresholdingSteps: 1,
		DilationSteps:     1,
		Threshold:         threshold,
	}
}

// Limits of what Validate accepts: far beyond any use, small enough that a
// hostile file cannot ask for more work or memory than a machine has.
const (
	maxSigma        = 500
	maxKernel       = 1 << 16
	maxDownsampling = 1 << 10
	maxSteps        = 16
)

// Validate reports the first value that makes no sense.
func (s Settings) Validate() error {
	for _, c := range []struct {
		name     string
		v        float64
		min, max float64
	}{
		{"magnification", s.Magnification, 0, 1000},
		{"sigma", s.Sigma, 0, maxSigma},
		{"kernel_size", float64(s.Kernel), 1, maxKernel},
		{"downsampling_factor", s.Downsampling, 1, maxDownsampling},
		{"min_size", float64(s.MinSize), 0, math.MaxInt32},
		{"background_gray_value", s.Background, 0, 256},
		{"n_thresholding_steps", float64(s.ThresholdingSteps), 1, maxSteps},
		{"dilation_steps", float64(s.DilationSteps), 1, maxSteps},
		{"tissue_threshold", s.Threshold, 0, 1},
	} {
		if !(c.v >= c.min && c.v <= c.max) {
			return fmt.Errorf("tissue settings: %s is %v, must be from %v to %v", c.name, c.v, c.min, c.max)
		}
	}
	return nil
}

// At returns the settings for a picture of another power, so that structures
// keep their physical size; the package comment states the rule. It returns s
// itself when the power is that of s, or when s is for any power.
func (s Settings) At(power float64) Settings {
	if s.Magnification == 0 || power == s.Magnification {
		return s
	}
	scaled := s
	scaled.Magnification = power
	scaled.Downsampling = s.Downsampling * power / s.Magnification
	if scaled.Downsampling >= 1 {
		return scaled
	}
	missing := scaled.Downsampling
	scaled.Downsampling = 1
	scaled.Sigma = s.Sigma * missing
	scaled.Kernel = max(1, int(math.Round(float64(s.Kernel)*missing)))
	scaled.MinSize = int(math.Round(float64(s.MinSize) * missing * missing))
	return scaled
}
