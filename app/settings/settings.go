// Package settings keeps what the program remembers of its user's wishes between
// two sittings, in one versioned file.
package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"zoomscope/app/export"
)

// Version is the version of the file.
const Version = 1

// Settings are all that is remembered. Values read from a file are within their
// ranges.
type Settings struct {
	Version  int    `json:"version"`
	Window   Window `json:"window"`
	Theme    string `json:"theme"`    // "system", "light" or "dark"
	Language string `json:"language"` // "en", "de"; "" is the system's

	Recent       []string `json:"recent"` // slides, the newest first, at most MaxRecent
	LastFolder   string   `json:"last_folder"`
	ExportFolder string   `json:"export_folder"`

	Model   string `json:"model"`   // as EngineOptions have it; "" is the default
	Device  string `json:"device"`  // the same
	Threads int    `json:"threads"` // 0 is one for each processor

	Overlay Overlay `json:"overlay"`
	// Scanners are the um per pixel that were stated for slides of a scanner, by
	// its name.
	Scanners map[string]float64 `json:"scanners"`
	Export   Export             `json:"export"`
	Worklist Worklist           `json:"worklist"`
	Training Training           `json:"training"`
}

// Worklist is how cases are read.
type Worklist struct {
	Reader  string `json:"reader"` // whose verdicts; "" is the user's name in the system
	Blinded bool   `json:"blinded"`
}

// Training is what was last trained on, to go on with.
type Training struct {
	Table  string  `json:"table"`  // CSV file; or
	Folder string  `json:"folder"` // of classes; both "" for nothing
	Images bool    `json:"images"` // plain pictures in the folder count
	Stated float64 `json:"stated"` // magnification of its slides; 0 as the files say

	Encoder string `json:"encoder"` // file; "" is the built-in one
	Preset  string `json:"preset"`  // "" is the first
}

// Window is the state of the main window.
type Window struct {
	Width       int    `json:"width"` // device-independent pixels
	Height      int    `json:"height"`
	Maximized   bool   `json:"maximized"`
	LeftFolded  bool   `json:"left_folded"`
	RightFolded bool   `json:"right_folded"`
	Tab         string `json:"tab"` // the panel on the right; "" is the first
}

// Overlay is how attention is shown.
type Overlay struct {
	On       bool    `json:"on"`
	Auto     bool    `json:"auto"` // layers follow the zoom
	Outlines bool    `json:"outlines"`
	Kind     string  `json:"kind"`      // "pooled" or "zoom"
	Scale    string  `json:"scale"`     // "raw" or "percentile"
	ColorMap string  `json:"color_map"` // "" is the default
	Opacity  float64 `json:"opacity"`   // 0 to 1
}

// Export is how results were last exported.
type Export struct {
	Side   int  `json:"side"` // pixels along the longer side of a picture
	Legend bool `json:"legend"`
}

// MaxRecent is how many slides are remembered.
const MaxRecent = 20

const (
	maxText     = 4096 // bytes of a text
	maxScanners = 1000
)

// Defaults are the settings of a first start.
func Defaults() Settings {
	return Settings{
		Version: Version,
		Window:  Window{Width: 1280, Height: 800},
		Theme:   "system",
		Overlay: Overlay{On: true, Auto: true, Outlines: true, Kind: "pooled", Scale: "percentile", Opacity: 0.5},
		Export:  Export{Side: 2048, Legend: true},
	}
}

// ErrNewer: the file was written by a newer version of the program.
var ErrNewer = errors.New("settings are of a newer version of the program")

// parse reads a file. What it lacks has its default; what is out of range is
// repaired; what it does not know is ignored.
func parse(data []byte) (Settings, error) {
	var v struct{ Version int }
	if err := json.Unmarshal(data, &v); err != nil {
		return Settings{}, err
	}
	switch {
	case v.Version > Version:
		return Settings{}, fmt.Errorf("version %d: %w", v.Version, ErrNewer)
	case v.Version < 1:
		return Settings{}, fmt.Errorf("version %d is none", v.Version)
	}
	s := Defaults()
	if err := json.Unmarshal(data, &s); err != nil {
		return Settings{}, err
	}
	s.repair()
	return s, nil
}

// repair brings every value into its range.
func (s *Settings) repair() {
	d := Defaults()
	s.Version = Version
	s.Window.Width = inRange(s.Window.Width, 320, 16384, d.Window.Width)
	s.Window.Height = inRange(s.Window.Height, 240, 16384, d.Window.Height)
	s.Threads = inRange(s.Threads, 0, 1024, 0)
	s.Export.Side = inRange(s.Export.Side, export.LeastAttentionSide, export.MaxAttentionSide, d.Export.Side)
	s.Theme = oneOf(s.Theme, "system", "light", "dark")
	s.Language = oneOf(s.Language, "", "en", "de")
	s.Overlay.Kind = oneOf(s.Overlay.Kind, "pooled", "zoom")
	s.Overlay.Scale = oneOf(s.Overlay.Scale, "percentile", "raw")
	if !(s.Overlay.Opacity >= 0 && s.Overlay.Opacity <= 1) {
		s.Overlay.Opacity = d.Overlay.Opacity
	}
	for _, t := range []*string{&s.Window.Tab, &s.LastFolder, &s.ExportFolder, &s.Model, &s.Device, &s.Overlay.ColorMap, &s.Worklist.Reader,
		&s.Training.Table, &s.Training.Folder, &s.Training.Encoder, &s.Training.Preset} {
		if len(*t) > maxText {
			*t = ""
		}
	}
	if !(s.Training.Stated > 0 && s.Training.Stated <= 100) {
		s.Training.Stated = 0
	}
	s.repairRecent()
	maps.DeleteFunc(s.Scanners, func(name string, mpp float64) bool {
		return name == "" || len(name) > maxText || !(mpp >= 0.01 && mpp <= 100)
	})
	if len(s.Scanners) > maxScanners {
		s.Scanners = nil
	}
}

// repairRecent drops empty and double entries, and the oldest of too many.
func (s *Settings) repairRecent() {
	var recent []string
	for _, r := range s.Recent {
		if r != "" && len(r) <= maxText && len(recent) < MaxRecent && !slices.Contains(recent, r) {
			recent = append(recent, r)
		}
	}
	s.Recent = recent
}

// AddRecent puts a slide at the head of the recent ones.
func (s *Settings) AddRecent(path string) {
	s.Recent = append([]string{path}, s.Recent...)
	s.repairRecent()
}

// SetScanner remembers the um per pixel of a scanner's slides; 0 forgets it. A
// scanner without a name is not remembered.
func (s *Settings) SetScanner(name string, mpp float64) {
	if name == "" {
		return
	}
	if s.Scanners == nil {
		s.Scanners = map[string]float64{}
	}
	s.Scanners[name] = mpp
	s.repair()
}

func (s Settings) clone() Settings {
	s.Recent, s.Scanners = slices.Clone(s.Recent), maps.Clone(s.Scanners)
	return s
}

func inRange(v, lo, hi, otherwise int) int {
	if v < lo || v > hi {
		return otherwise
	}
	return v
}

// oneOf is v if it is allowed, else the first of those that are.
func oneOf(v string, allowed ...string) string {
	if slices.Contains(allowed, v) {
		return v
	}
	return allowed[0]
}
