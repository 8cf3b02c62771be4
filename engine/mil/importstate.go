package mil

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zoomscope/engine/internal/checkpoint"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
)

// ImportState makes a model of a state dict that the public code of a method
// saved, a .pt, .pth or .safetensors file. Sizes, Classifier, Encoder.Dim and the
// options that change names or shapes may be left zero and are then taken from the
// weights; everything else of the configuration must be given (PublicConfig
// helps). Where no method is given, the error for the weights of any but ZoomMIL
// wraps ErrMethodNotStated. The error names the file.
func ImportState(path string, c Config) (*Model, error) {
	f, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := fromState(unwrap(f), c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// state is a set of named tensors: a checkpoint.
type state interface {
	Names() []string
	Shape(name string) ([]int, error)
	Tensor(name string) (*nn.Tensor, error)
}

func fromState(s state, c Config) (*Model, error) {
	if err := c.ofMethod(s); err != nil {
		return nil, err
	}
	var words []string
	fill := c.fromMethod
	if !c.Exhaustive() {
		words = levelWords(s.Names())
		if len(words) != len(c.Magnifications) {
			return nil, fmt.Errorf("weights for magnifications %q, the configuration has %v", words, c.Magnifications)
		}
		fill = func(s state) error { return c.fromWeights(s, words[0]) }
	}
	if err := fill(s); err != nil {
		return nil, err
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	shapes := c.shapes()
	params := map[string]*nn.Tensor{}
	for _, name := range s.Names() {
		if slices.Contains(buffers, name) {
			continue
		}
		ours := renamed(name, words)
		shape, err := s.Shape(name)
		if err != nil {
			return nil, err
		}
		if want, ok := shapes[ours]; !ok || !slices.Equal(shape, want) {
			return nil, fmt.Errorf("tensor %.200q of shape %v does not belong to this model (expected %v)", name, shape, want)
		}
		if params[ours], err = s.Tensor(name); err != nil {
			return nil, err
		}
	}
	return Assemble(c, params)
}

// fromWeights fills in the sizes that were left zero.
func (c *Config) fromWeights(s state, word string) error {
	fc, err := s.Shape("fc_" + word + "_mag.0.weight")
	if err != nil {
		return err
	}
	attention, err := s.Shape("ga_" + word + "_mag.attention_a.0.weight")
	if err != nil {
		return err
	}
	if len(fc) != 2 || len(attention) != 2 {
		return errors.New("weights are not those of linear layers")
	}
	c.Encoder.Dim = cmp.Or(c.Encoder.Dim, fc[1])
	c.Sizes.Embedding = cmp.Or(c.Sizes.Embedding, fc[0])
	c.Sizes.Hidden = cmp.Or(c.Sizes.Hidden, attention[0])
	head := Linear
	if slices.Contains(s.Names(), "classify_head.2.weight") {
		head = MLP
	}
	c.Classifier = cmp.Or(c.Classifier, head)
	return nil
}

// levelWords are the words for the magnifications in the names of a state
// dict, lowest first.
func levelWords(names []string) []string {
	var words []string
	for _, name := range names {
		word, ok := strings.CutSuffix(name, "_mag.0.weight")
		if word, prefix := strings.CutPrefix(word, "fc_"); ok && prefix {
			words = append(words, word)
		}
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(place(a)-place(b), cmp.Compare(a, b)) })
	return words
}

func place(word string) int {
	switch word {
	case "low":
		return 0
	case "mid":
		return 1
	case "high":
		return maxLevels + 1
	}
	n, err := strconv.Atoi(strings.TrimPrefix(word, "mid"))
	if err != nil {
		return maxLevels
	}
	return max(1, min(n, maxLevels))
}

// renamed is the name this package has for a tensor of a state dict.
func renamed(name string, words []string) string {
	for m, word := range words {
		for _, prefix := range []string{"fc_", "ga_", "aux_ga_"} {
			if rest, ok := strings.CutPrefix(name, prefix+word+"_mag."); ok {
				return prefix + levelName(m, len(words)) + "_mag." + rest
			}
		}
	}
	return name
}

// PublicConfig reads the JSON configuration that the public ZoomMIL code trains
// with, of which it uses low_mag, mid_mag, high_mag (as 1.25, "1.25" or "1.25x";
// mid_mag may be missing), n_cls, k_sample and in_feat_dim. Weights of another
// method need "method" besides, as this package names it, and of those of one
// magnification "mag" instead; "options" is an object like Options, for what weights
// do not tell. What the file does not say is filled with what the public code does:
// classes are "class 0" and on, the encoder is ResNet-50 cut after its third block,
// on patches of 256 pixels.
func PublicConfig(text []byte) (Config, error) {
	var p struct {
		Method  string        `json:"method"`
		Mag     magnification `json:"mag"`
		Low     magnification `json:"low_mag"`
		Mid     magnification `json:"mid_mag"`
		High    magnification `json:"high_mag"`
		Classes int           `json:"n_cls"`
		K       int           `json:"k_sample"`
		Dim     int           `json:"in_feat_dim"`
		Options Options       `json:"options"`
	}
	var c Config
	if len(text) > maxText {
		return c, fmt.Errorf("configuration of %d bytes, the limit is %d", len(text), maxText)
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return c, fmt.Errorf("configuration: %w", err)
	}
	if p.Classes < 2 || p.Classes > maxClasses {
		return c, fmt.Errorf("configuration: n_cls is %d, must be from 2 to %d", p.Classes, maxClasses)
	}
	method := cmp.Or(p.Method, ZoomMIL)
	if err := oneOf("configuration: method", method, Methods()...); err != nil {
		return c, err
	}
	settings, _ := tissue.Preset("default")
	c = Config{
		Name:      methodTitle(method),
		Method:    method,
		PatchSize: 256,
		Encoder:   result.Encoder{Name: "resnet50-layer3", Dim: p.Dim},
		Tissue:    settings,
		Options:   p.Options,
		Training:  Training{Trained: true, Note: "Imported from the public code's state dict."},
	}
	if method == ZoomMIL {
		c.Encoder.Dim = cmp.Or(p.Dim, 1024)
	}
	for _, m := range []magnification{p.Low, p.Mid, p.High, p.Mag} {
		if m > 0 {
			c.Magnifications = append(c.Magnifications, float64(m))
		}
	}
	for range c.zoomSteps() {
		c.K = append(c.K, cmp.Or(p.K, 12))
	}
	for i := range p.Classes {
		c.Classes = append(c.Classes, fmt.Sprintf("class %d", i))
	}
	return c, c.checkLevels()
}

// methodTitle is a name for a model that has none.
func methodTitle(method string) string {
	if method == ZoomMIL {
		return "ZoomMIL"
	}
	return method
}

// magnification is a number in JSON, or a text such as "5.0x".
type magnification float64

// UnmarshalJSON implements json.Unmarshaler.
func (m *magnification) UnmarshalJSON(text []byte) error {
	word := strings.TrimSuffix(strings.Trim(string(text), `"`), "x")
	if word == "null" || word == "" {
		return nil
	}
	v, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return fmt.Errorf("magnification %.50q is not a number", text)
	}
	*m = magnification(v)
	return nil
}
