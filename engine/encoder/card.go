package encoder

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"zoomscope/engine/internal/strictjson"
)

// Side is the number of pixels along a patch.
const Side = 256

// TileBytes is the size of one patch: Side rows of Side pixels of R, G, B.
const TileBytes = Side * Side * 3

// Card says what an encoder is. It travels in the metadata of the ONNX file,
// except SHA256, which is the digest of that file.
type Card struct {
	Name        string     `json:"name"`
	Dim         int        `json:"dim"` // values per patch
	Resolution  Resolution `json:"resolution"`
	Licence     string     `json:"licence"`
	Description string     `json:"description"`
	SHA256      string     `json:"-"` // lower-case hexadecimal
}

// Resolution is the range of pixel sizes, in um, that an encoder was made for.
// The zero value is any.
type Resolution struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// Any reports whether every pixel size will do.
func (r Resolution) Any() bool { return r == Resolution{} }

// Holds reports whether a pixel size in um is within the range, 5 % allowed.
func (r Resolution) Holds(mpp float64) bool {
	return r.Any() || mpp >= r.Min/1.05 && mpp <= r.Max*1.05
}

func (r Resolution) String() string {
	switch {
	case r.Any():
		return "any"
	case r.Min == r.Max:
		return fmt.Sprintf("%g µm per pixel", r.Min)
	}
	return fmt.Sprintf("%g to %g µm per pixel", r.Min, r.Max)
}

func (r Resolution) check() error {
	if r.Any() {
		return nil
	}
	if !(r.Min > 0 && r.Max >= r.Min) || math.IsInf(r.Max, 1) {
		return fmt.Errorf("resolution %g to %g um/px is not a range", r.Min, r.Max)
	}
	return nil
}

// Limits of what a card or description may say.
const (
	maxName = 100
	maxText = 10_000
	maxDim  = 1 << 20
	maxJSON = 1 << 20 // more than the texts above can need, every byte escaped
)

func (c Card) check() error {
	if c.Dim < 1 || c.Dim > maxDim {
		return fmt.Errorf("dim %d is not in 1 to %d", c.Dim, maxDim)
	}
	return errors.Join(checkName(c.Name), checkText("licence", c.Licence),
		checkText("description", c.Description), c.Resolution.check())
}

func checkName(name string) error {
	switch {
	case name == "" || len(name) > maxName:
		return fmt.Errorf("name of %d bytes is not of 1 to %d", len(name), maxName)
	case name != strings.TrimSpace(name):
		return fmt.Errorf("name %q begins or ends with space", name)
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(name):
		return fmt.Errorf("name %q has characters that cannot be shown", name)
	}
	return nil
}

func checkText(what, s string) error {
	if len(s) > maxText || !utf8.ValidString(s) {
		return fmt.Errorf("%s is over %d bytes, or not UTF-8", what, maxText)
	}
	return nil
}

// The metadata entries of an encoder's file.
const (
	formatKey = "zoomscope.format"
	format    = "zoomscope-encoder/1"
	cardKey   = "zoomscope.card"
)

// metadata is the entries that hold the card.
func (c Card) metadata() map[string]string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(fmt.Sprintf("encoder: card %q: %v", c.Name, err)) // strings and finite numbers alone
	}
	return map[string]string{formatKey: format, cardKey: string(text)}
}

// cardOf reads the card from a file's metadata.
func cardOf(metadata map[string]string) (Card, error) {
	switch found := metadata[formatKey]; {
	case found == "":
		return Card{}, fmt.Errorf("%w: no card in its metadata", ErrNotEncoder)
	case found != format:
		return Card{}, fmt.Errorf("%w: its format is %q, not %s", ErrNotEncoder, found, format)
	}
	var c Card
	if err := strictJSON([]byte(metadata[cardKey]), &c); err != nil {
		return Card{}, fmt.Errorf("%w: card: %w", ErrNotEncoder, err)
	}
	if err := c.check(); err != nil {
		return Card{}, fmt.Errorf("%w: card: %w", ErrNotEncoder, err)
	}
	return c, nil
}

// strictJSON reads one JSON object whose every field is known.
func strictJSON(data []byte, into any) error {
	err := strictjson.Decode(data, maxJSON, into)
	wrong := (*json.UnmarshalTypeError)(nil)
	switch {
	case !errors.As(err, &wrong):
		return err
	case wrong.Field == "":
		return fmt.Errorf("it is a JSON %s, not an object", wrong.Value)
	}
	return fmt.Errorf("%q holds a value of type %s, not %s", wrong.Field, wrong.Value, wrong.Type)
}
