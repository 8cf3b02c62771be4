// Package result holds the plain types of a finished analysis: what is kept,
// shown and exported. It depends on the standard library only.
package result

import (
	"fmt"
	"slices"
)

// Version is the version of the JSON form of a Result.
const Version = 1

// Result is one finished analysis. It is immutable once made; places are in
// level-0 pixels of the slide file.
type Result struct {
	Version    int        `json:"version"`
	Slide      Slide      `json:"slide"`
	Model      Model      `json:"model"`
	Encoder    Encoder    `json:"encoder"`
	Device     Device     `json:"device"`
	Prediction Prediction `json:"prediction"`
	Levels     []Level    `json:"levels"` // lowest magnification first
	Counts     Counts     `json:"counts"`
	Seconds    Seconds    `json:"seconds"`
	Seed       uint64     `json:"seed"`
	// Warnings are sentences for the reader: an untrained model, resolution in
	// doubt, no tissue found, an encoder outside its magnification, a fallback.
	Warnings []string `json:"warnings"`
	Notice   string   `json:"notice"` // always ResearchUse
}

// ResearchUse stands in every output.
const ResearchUse = "For research use only. Not for use in diagnostic procedures."

// Slide identifies the slide that was analysed.
type Slide struct {
	Path      string     `json:"path"`
	ContentID string     `json:"content_id,omitempty"` // of the file, as slideio.ContentID has it; "" unknown
	Vendor    string     `json:"vendor"`
	Width     int        `json:"width"`
	Height    int        `json:"height"`
	MPP       [2]float64 `json:"mpp"` // micrometres per pixel, x and y
	MPPSource string     `json:"mpp_source"`
	Bounds    Rect       `json:"bounds"`
}

// Rect is a rectangle in level-0 pixels.
type Rect struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// Model identifies the model that ran.
type Model struct {
	Name           string    `json:"name"`
	Method         string    `json:"method"`
	SHA256         string    `json:"sha256"`
	Magnifications []float64 `json:"magnifications"` // ascending
	K              []int     `json:"k"`              // patches zoomed into, per magnification but the last; none for a method that does not zoom
	Classes        []string  `json:"classes"`
	Trained        bool      `json:"trained"`
	Note           string    `json:"note,omitempty"` // what a reader must know of the model
}

// Encoder identifies the patch encoder.
type Encoder struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Dim    int    `json:"dim"`
}

// Device says what was asked for, what ran, and why.
type Device struct {
	Requested string    `json:"requested"`
	Used      string    `json:"used"`
	Name      string    `json:"name"` // the hardware's name, for people
	Reason    string    `json:"reason"`
	Tried     []Attempt `json:"tried"`
}

// Shortfall says why another device than the one that was asked for ran, "" where it
// was that one or any would do.
func (d Device) Shortfall() string {
	if d.Requested == d.Used || d.Requested == "auto" || d.Requested == "" {
		return ""
	}
	return fmt.Sprintf("ran on %s instead of %s: %s", d.Used, d.Requested, d.Reason)
}

// Attempt is one device that was considered.
type Attempt struct {
	Device string `json:"device"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// Prediction is the model's answer.
type Prediction struct {
	Label         string    `json:"label"`
	Probabilities []float64 `json:"probabilities"` // in the order of Model.Classes
	Logits        []float64 `json:"logits"`
}

// Level is what the model saw at one magnification.
type Level struct {
	Magnification float64 `json:"magnification"`
	// NoAttention says that the method weighs no patches: the attention of all is
	// 0 and tells nothing of them.
	NoAttention bool    `json:"no_attention,omitempty"`
	Patches     []Patch `json:"patches"`
}

// Attends reports whether the attention of the patches tells them apart from
// those without any: results from before NoAttention have 0 everywhere instead.
func (l Level) Attends() bool {
	return !l.NoAttention && slices.ContainsFunc(l.Patches, func(p Patch) bool { return p.Attention != 0 })
}

// Blind reports whether there are patches, and no attention to show of them.
func (l Level) Blind() bool { return len(l.Patches) > 0 && !l.Attends() }

// Patch is one patch the model read. Attention sums to 1 over the level's patches,
// over those of all levels where one attention runs over them all (msmil; results
// of versions before NoAttention have 1 in each level there too), or is 0
// everywhere where the method has none. So does ZoomAttention, which is 0
// everywhere at the highest magnification, where there is nothing left to zoom
// into.
type Patch struct {
	X             float64 `json:"x"` // left, level-0 pixels
	Y             float64 `json:"y"`
	Size          float64 `json:"size"` // width, level-0 pixels
	Height        float64 `json:"height"`
	Attention     float64 `json:"attention"`
	ZoomAttention float64 `json:"zoom_attention"`
	Selected      bool    `json:"selected"`
	// Parent is the index, in the previous level's Patches, of the patch that
	// holds it; -1 at the lowest magnification.
	Parent int `json:"parent"`
}

// Counts compares the patches that were read with those an exhaustive method
// would have read at the same magnifications.
type Counts struct {
	Encoded    int `json:"encoded"`
	Exhaustive int `json:"exhaustive"`
}

// Seconds are wall times. Reading and encoding overlap, so the parts can add up
// to more than the total.
type Seconds struct {
	Tissue float64 `json:"tissue"`
	Read   float64 `json:"read"`
	Encode float64 `json:"encode"`
	Heads  float64 `json:"heads"`
	Total  float64 `json:"total"`
}
