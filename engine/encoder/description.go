package encoder

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// Description says what Import cannot read from a file of weights: how the
// network wants its pixels, which of its values are the features, and what goes
// on the card. In JSON its fields have the names given here; a field left out
// has its default, and one that is not known is an error.
type Description struct {
	Name        string     `json:"name"`
	Licence     string     `json:"licence,omitempty"`
	Description string     `json:"description,omitempty"`
	Resolution  Resolution `json:"resolution,omitzero"` // um per pixel; left out: any

	// The pixels. A patch of 256 is fitted to Size (default 256), a channel value
	// v of 0..255 becomes (v*Scale + Offset - Mean) / Std.
	Layout Layout      `json:"layout,omitempty"` // default nchw
	Type   Type        `json:"type,omitempty"`   // default float32
	Size   int         `json:"size,omitempty"`
	Fit    Fit         `json:"fit,omitempty"`    // default resize
	Colour Colour      `json:"colour,omitempty"` // default rgb
	Scale  float64     `json:"scale,omitempty"`  // default 1/255
	Offset float64     `json:"offset,omitempty"`
	Mean   *[3]float64 `json:"mean,omitempty"` // in the order of Colour; default 0
	Std    *[3]float64 `json:"std,omitempty"`  // default 1

	// The features.
	Input  string `json:"input,omitempty"`  // default the only one
	Output string `json:"output,omitempty"` // default the only one
	Pool   Pool   `json:"pool,omitempty"`   // default auto
	Dim    int    `json:"dim,omitempty"`    // needed where the file does not say

	// Prefix is what stands before the names of a residual network's weights, such
	// as "encoder_q."; needed where a checkpoint holds several networks. It has no
	// meaning for ONNX files.
	Prefix string `json:"prefix,omitempty"`

	// Stages is where a residual network is cut: after this block, 1 to 4,
	// default 3. It has no meaning for ONNX files.
	Stages int `json:"stages,omitempty"`
}

// Layout is the order of a network's input axes.
type Layout string

// The layouts: [B, 3, H, W] and [B, H, W, 3].
const (
	NCHW Layout = "nchw"
	NHWC Layout = "nhwc"
)

// Type is the element type of a network's input.
type Type string

// The input types. Scale, Offset, Mean and Std do not apply to uint8.
const (
	Float32 Type = "float32"
	Uint8   Type = "uint8"
)

// Fit is how a patch of 256 becomes one of another size.
type Fit string

// The ways to fit: bilinear, with the wider kernel that keeps a smaller picture
// from aliasing, or the middle of the patch.
const (
	Resize Fit = "resize"
	Crop   Fit = "crop"
)

// Colour is the order of the channels.
type Colour string

// The orders of channels.
const (
	RGB Colour = "rgb"
	BGR Colour = "bgr"
)

// Pool is what makes one vector of a network's output.
type Pool string

// The ways to pool. Auto takes [B, D] as it is, the mean over the places of
// [B, D, H, W], and the first token of [B, T, D]. None wants [B, D]; Mean is
// over the places or the tokens; First is the first token.
const (
	Auto  Pool = "auto"
	None  Pool = "none"
	Mean  Pool = "mean"
	First Pool = "first"
)

// ImageNet are the mean and standard deviation of most networks trained on
// photographs, torchvision's among them, in R, G, B and for a Scale of 1/255.
func ImageNet() (mean, std [3]float64) {
	return [3]float64{0.485, 0.456, 0.406}, [3]float64{0.229, 0.224, 0.225}
}

// ParseDescription reads a Description from JSON.
func ParseDescription(data []byte) (Description, error) {
	var d Description
	if err := strictJSON(data, &d); err != nil {
		return Description{}, fmt.Errorf("encoder description: %w", err)
	}
	if err := checkTriples(data); err != nil {
		return Description{}, fmt.Errorf("encoder description: %w", err)
	}
	if _, err := d.complete(); err != nil {
		return Description{}, err
	}
	return d, nil
}

// checkTriples wants lists of three where there are any: the JSON package fills
// up an array that is too short and cuts one that is too long.
func checkTriples(data []byte) error {
	var lists struct{ Mean, Std *[]float64 }
	if err := json.Unmarshal(data, &lists); err != nil {
		return err
	}
	three := func(what string, list *[]float64) error {
		if list != nil && len(*list) != 3 {
			return fmt.Errorf("%s holds %d values, not 3", what, len(*list))
		}
		return nil
	}
	return errors.Join(three("mean", lists.Mean), three("std", lists.Std))
}

// LoadDescription reads a Description from a JSON file. The error names it.
func LoadDescription(path string) (Description, error) {
	data, err := readFile(path)
	if err != nil {
		return Description{}, err
	}
	d, err := ParseDescription(data)
	if err != nil {
		return Description{}, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}

// JSON is the description as ParseDescription reads it.
func (d Description) JSON() ([]byte, error) { return json.MarshalIndent(d, "", "  ") }

// complete fills in the defaults and reports what cannot be meant.
func (d Description) complete() (Description, error) {
	d.Layout = or(d.Layout, NCHW)
	d.Type = or(d.Type, Float32)
	d.Size = or(d.Size, Side)
	d.Fit = or(d.Fit, Resize)
	d.Colour = or(d.Colour, RGB)
	d.Scale = or(d.Scale, 1.0/255)
	d.Pool = or(d.Pool, Auto)
	d.Stages = or(d.Stages, 3)
	if d.Mean == nil {
		d.Mean = &[3]float64{}
	}
	if d.Std == nil {
		d.Std = &[3]float64{1, 1, 1}
	}
	if err := d.check(); err != nil {
		return Description{}, fmt.Errorf("encoder description: %w", err)
	}
	return d, nil
}

func or[T comparable](x, fallback T) T {
	var zero T
	if x == zero {
		return fallback
	}
	return x
}

func (d Description) check() error {
	return errors.Join(
		checkName(d.Name), checkText("licence", d.Licence), checkText("description", d.Description),
		checkText("input", d.Input), checkText("output", d.Output), checkText("prefix", d.Prefix),
		d.Resolution.check(),
		oneOf("layout", d.Layout, NCHW, NHWC), oneOf("type", d.Type, Float32, Uint8),
		oneOf("fit", d.Fit, Resize, Crop), oneOf("colour", d.Colour, RGB, BGR),
		oneOf("pool", d.Pool, Auto, None, Mean, First),
		within("size", d.Size, 8, 4*Side), within("dim", d.Dim, 0, maxDim), within("stages", d.Stages, 1, 4),
		d.checkFit(), d.checkNumbers())
}

func oneOf[T ~string](what string, x T, allowed ...T) error {
	for _, a := range allowed {
		if x == a {
			return nil
		}
	}
	return fmt.Errorf("%s %q is not one of %q", what, x, allowed)
}

func within(what string, x, lo, hi int) error {
	if x < lo || x > hi {
		return fmt.Errorf("%s %d is not in %d to %d", what, x, lo, hi)
	}
	return nil
}

func (d Description) checkFit() error {
	switch {
	case d.Fit != Crop:
		return nil
	case d.Size > Side:
		return fmt.Errorf("a patch of %d cannot be cropped to %d", Side, d.Size)
	case (Side-d.Size)%2 != 0:
		return fmt.Errorf("size %d has no middle in a patch of %d", d.Size, Side)
	}
	return nil
}

func (d Description) checkNumbers() error {
	for _, x := range append(append([]float64{d.Scale, d.Offset}, d.Mean[:]...), d.Std[:]...) {
		if math.IsNaN(x) || math.Abs(x) > 1e6 {
			return fmt.Errorf("scale, offset, mean or std of %g", x)
		}
	}
	if d.Scale < 1e-6 {
		return fmt.Errorf("scale %g is too small", d.Scale)
	}
	for _, s := range d.Std {
		if s < 1e-6 {
			return fmt.Errorf("std %g is too small", s)
		}
	}
	if d.Type == Uint8 && (d.Scale != 1.0/255 || d.Offset != 0 || *d.Mean != [3]float64{} || *d.Std != [3]float64{1, 1, 1}) {
		return errors.New("scale, offset, mean and std do not apply to uint8")
	}
	return nil
}

// card is the card of an encoder made by this description.
func (d Description) card(dim int) Card {
	return Card{Name: d.Name, Dim: dim, Resolution: d.Resolution, Licence: d.Licence, Description: d.Description}
}
