package mil

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"zoomscope/engine/grid"
	"zoomscope/engine/internal/strictjson"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
)

// The classifiers, besides Sigmoid. ZoomMIL has either.
const (
	Linear = "linear" // one layer, as in ZoomMIL's public code and all other methods but abmil
	MLP    = "mlp"    // two layers with ReLU, as in the text of ZoomMIL's paper, and in abmil
)

// Config describes a model; it is stored in the model's file as JSON.
type Config struct {
	Name           string          `json:"name"`
	Method         string          `json:"method"`
	Classes        []string        `json:"classes"`
	Magnifications []float64       `json:"magnifications"` // ascending by whole factors
	K              []int           `json:"k"`              // patches zoomed into, per magnification but the last; none for an exhaustive method
	PatchSize      int             `json:"patch_size"`     // pixels
	Encoder        result.Encoder  `json:"encoder"`
	Tissue         tissue.Settings `json:"tissue"`
	Sizes          Sizes           `json:"sizes"`
	Classifier     string          `json:"classifier"`
	Variant
	Options Options `json:"options,omitzero"`
	// TissueMagnification is where an exhaustive method looks for tissue: the
	// patches that it takes are all those within patches of tissue there. 0 is its
	// lowest magnification.
	TissueMagnification float64  `json:"tissue_magnification,omitempty"`
	Training            Training `json:"training"`
	IntendedUse         string   `json:"intended_use"`
	Licence             string   `json:"licence"`
}

// Sizes are the widths of the layers; Published has those of each method. One that
// a method has no layer for is 0.
type Sizes struct {
	Hidden    int `json:"hidden"`    // of the attentions, and between two classifier layers
	Embedding int `json:"embedding"` // of a patch
	// Middle is that between features and embedding of msmil, and of the second
	// convolution of sparseconvmil.
	Middle int `json:"middle,omitempty"`
}

// Variant is what the paper's Table 4 takes away from ZoomMIL, one part at a
// time. Its zero value is the whole method.
type Variant struct {
	// Selection says for each magnification but the highest how the patches to
	// zoom into are chosen; none given means Learned everywhere.
	Selection []string `json:"selection,omitempty"`
	Attention string   `json:"attention,omitempty"` // Dual if it is empty
	Fusion    string   `json:"fusion,omitempty"`    // Sum if it is empty
}

// The ways to choose patches.
const (
	Learned = "learned" // trained by the perturbed Top-K
	Hard    = "hard"    // the Top-K of the attention that pools, through which no gradient flows
	Random  = "random"  // drawn from a seed
)

// The attentions.
const (
	Dual   = "dual"   // one to pool and one to zoom
	Single = "single" // one for both
)

// The ways to put the pooled vectors of the magnifications together.
const (
	Sum     = "sum"
	Concat  = "concat"
	Highest = "highest" // that of the highest magnification alone
)

// selection is how patches of a level are chosen.
func (v *Variant) selection(level int) string {
	if len(v.Selection) == 0 {
		return Learned
	}
	return v.Selection[level]
}

// zooms says whether a level has an attention of its own to zoom by: only a
// selection that learns can train one.
func (c *Config) zooms(level int) bool {
	return level < len(c.Magnifications)-1 && c.Attention != Single && c.selection(level) == Learned
}

// fused is the number of values that the classifier takes.
func (c *Config) fused() int {
	if c.Fusion == Concat {
		return len(c.Magnifications) * c.Sizes.Embedding
	}
	return c.Sizes.Embedding
}

func (c *Config) checkVariant() error {
	if c.Exhaustive() {
		if len(c.Selection) != 0 || c.Attention != "" || c.Fusion != "" {
			return fmt.Errorf("selection, attention and fusion are not for %s", c.Method)
		}
		return nil
	}
	if n := len(c.Selection); n != 0 && n != len(c.Magnifications)-1 {
		return fmt.Errorf("%d selections for %d magnifications, must be %d or none", n, len(c.Magnifications), len(c.Magnifications)-1)
	}
	for _, s := range c.Selection {
		if !slices.Contains([]string{Learned, Hard, Random}, s) {
			return fmt.Errorf("selection %.100q, must be %q, %q or %q", s, Learned, Hard, Random)
		}
	}
	if !slices.Contains([]string{"", Dual, Single}, c.Attention) {
		return fmt.Errorf("attention %.100q, must be %q or %q", c.Attention, Dual, Single)
	}
	if !slices.Contains([]string{"", Sum, Concat, Highest}, c.Fusion) {
		return fmt.Errorf("fusion %.100q, must be %q, %q or %q", c.Fusion, Sum, Concat, Highest)
	}
	return nil
}

// Training sums up where the weights come from.
type Training struct {
	Trained bool `json:"trained"`
	// Note is what a reader must know, a sentence.
	Note    string             `json:"note,omitempty"`
	Seed    uint64             `json:"seed,omitempty"`
	Slides  int                `json:"slides,omitempty"`
	Epochs  int                `json:"epochs,omitempty"`
	Metrics map[string]float64 `json:"metrics,omitempty"`
}

// Limits of what Validate accepts: far beyond any use, small enough that a
// hostile file cannot ask for absurd networks.
const (
	maxLevels  = 8
	maxClasses = 1000
	maxName    = 500
	maxText    = 1 << 20 // bytes of JSON
	maxWidth   = 1 << 14 // hidden, embedding
	maxDim     = 1 << 16 // features of a patch
	maxK       = 1 << 20
	minPatch   = 8
	maxPatch   = 1 << 13
)

// Validate reports the first thing in the configuration that makes no sense.
func (c *Config) Validate() error {
	if !slices.Contains(Methods(), c.Method) {
		return fmt.Errorf("method %.100q is not one this version has (%s)", c.Method, strings.Join(Methods(), ", "))
	}
	for _, check := range []func() error{c.checkNames, c.checkLevels, c.checkSizes, c.checkVariant, c.checkEncoder, c.Tissue.Validate} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) checkNames() error {
	if c.Name == "" || len(c.Name) > maxName {
		return fmt.Errorf("name of %d bytes, must be from 1 to %d", len(c.Name), maxName)
	}
	if n := len(c.Classes); n < 2 || n > maxClasses {
		return fmt.Errorf("%d classes, must be from 2 to %d", n, maxClasses)
	}
	seen := map[string]bool{}
	for i, name := range c.Classes {
		if name == "" || len(name) > maxName || seen[name] {
			return fmt.Errorf("class %d, %.100q: must be a name of its own of at most %d bytes", i, name, maxName)
		}
		seen[name] = true
	}
	return nil
}

func (c *Config) checkLevels() error {
	m := len(c.Magnifications)
	switch fewest, most := Scales(c.Method); {
	case fewest == most && m != fewest:
		return fmt.Errorf("%d magnifications, %s has %d", m, c.Method, fewest)
	case m < fewest || m > most:
		return fmt.Errorf("%d magnifications, %s has from %d to %d", m, c.Method, fewest, most)
	}
	if _, err := grid.Ratios(c.Grid()); err != nil {
		return err
	}
	if c.Exhaustive() && len(c.K) != 0 {
		return fmt.Errorf("%s takes all patches: k, the number of those to zoom into, is not for it", c.Method)
	}
	if want := c.zoomSteps(); len(c.K) != want {
		return fmt.Errorf("%d values of k for %d magnifications of %s, must be %d", len(c.K), m, c.Method, want)
	}
	for _, k := range c.K {
		if k < 1 || k > maxK {
			return fmt.Errorf("k is %d, must be from 1 to %d", k, maxK)
		}
	}
	if c.PatchSize < minPatch || c.PatchSize > maxPatch {
		return fmt.Errorf("patch size is %d, must be from %d to %d", c.PatchSize, minPatch, maxPatch)
	}
	return nil
}

// zoomSteps is how often patches are chosen.
func (c *Config) zoomSteps() int {
	if c.Exhaustive() {
		return 0
	}
	return len(c.Magnifications) - 1
}

// Grid are the magnifications at which a slide is laid out: those of the model
// and, before them, that where tissue is looked for, if it is lower.
func (c *Config) Grid() []float64 {
	if t := c.TissueMagnification; t != 0 && len(c.Magnifications) > 0 && t != c.Magnifications[0] {
		return append([]float64{t}, c.Magnifications...)
	}
	return slices.Clone(c.Magnifications)
}

// OtherTissue says in what patches are not those that an analysis takes, when their
// tissue was looked for with some settings, at the lowest of their magnifications;
// "" for nothing.
func (c *Config) OtherTissue(settings tissue.Settings, lowest float64) string {
	switch {
	case settings != c.Tissue:
		return "the tissue was found with other settings than the model's"
	case lowest != c.Grid()[0]: // which patches count as tissue is decided there
		return fmt.Sprintf("they begin at %gx, the model at %gx", lowest, c.Grid()[0])
	}
	return ""
}

func (c *Config) checkSizes() error {
	if m := c.whole(); m != nil {
		if err := m.check(c); err != nil {
			return fmt.Errorf("%s: %w", c.Method, err)
		}
		return nil
	}
	if c.Sizes.Middle != 0 || c.Options != (Options{}) || c.TissueMagnification != 0 {
		return fmt.Errorf("middle size, options and tissue magnification are not for %s", c.Method)
	}
	for name, width := range map[string]int{"hidden": c.Sizes.Hidden, "embedding": c.Sizes.Embedding} {
		if width < 1 || width > maxWidth {
			return fmt.Errorf("%s size is %d, must be from 1 to %d", name, width, maxWidth)
		}
	}
	if c.Classifier != Linear && c.Classifier != MLP {
		return fmt.Errorf("classifier %.100q, must be %q or %q", c.Classifier, Linear, MLP)
	}
	return nil
}

func (c *Config) checkEncoder() error {
	if c.Encoder.Dim < 1 || c.Encoder.Dim > maxDim {
		return fmt.Errorf("encoder gives %d values per patch, must be from 1 to %d", c.Encoder.Dim, maxDim)
	}
	if c.Encoder.Name == "" || len(c.Encoder.Name) > maxName {
		return errors.New("encoder has no name, or too long a one")
	}
	if id, err := hex.DecodeString(c.Encoder.SHA256); err != nil || len(id) != 0 && len(id) != 32 {
		return fmt.Errorf("encoder sha256 %.100q is none", c.Encoder.SHA256)
	}
	return nil
}

// clone copies what a caller could still change.
func (c Config) clone() Config {
	c.Classes = slices.Clone(c.Classes)
	c.Magnifications = slices.Clone(c.Magnifications)
	c.K = slices.Clone(c.K)
	c.Selection = slices.Clone(c.Selection)
	return c
}

// parseConfig reads the JSON of a model file. Fields that are not known are
// errors: a file that says more than this version understands would run
// otherwise than it means.
func parseConfig(text string) (Config, error) {
	var c Config
	if err := strictjson.Decode([]byte(text), maxText, &c); err != nil {
		return c, fmt.Errorf("config: %w", err)
	}
	if err := c.Validate(); err != nil {
		return c, fmt.Errorf("config: %w", err)
	}
	return c, nil
}
