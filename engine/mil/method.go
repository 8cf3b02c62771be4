package mil

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"zoomscope/engine/nn"
)

// The methods: ZoomMIL, and those that it is compared with.
const (
	ZoomMIL       = "zoommil"
	MaxMIL        = "maxmil"
	MeanMIL       = "meanmil"
	ABMIL         = "abmil"
	CLAMSB        = "clam_sb"
	TransMIL      = "transmil"
	DSMIL         = "dsmil"
	MSMIL         = "msmil"
	SparseConvMIL = "sparseconvmil"
)

// Methods are all methods, ZoomMIL first.
func Methods() []string {
	return []string{ZoomMIL, MaxMIL, MeanMIL, SparseConvMIL, ABMIL, CLAMSB, TransMIL, MSMIL, DSMIL}
}

// MethodName is what ZoomMIL's paper calls one of Methods; "" for another.
func MethodName(method string) string {
	return map[string]string{
		ZoomMIL: "ZoomMIL", MaxMIL: "MaxMIL", MeanMIL: "MeanMIL", SparseConvMIL: "SparseConvMIL", ABMIL: "ABMIL",
		CLAMSB: "CLAM-SB", TransMIL: "TransMIL", MSMIL: "MSMIL", DSMIL: "DSMIL",
	}[method]
}

// Exhaustive says whether a model takes all patches of its magnifications. The
// others choose what they zoom into.
func (c *Config) Exhaustive() bool { return c.whole() != nil }

// Scales are the fewest and the most magnifications that a method can have; 0
// and 0 for one that is not known.
func Scales(method string) (fewest, most int) {
	if m := wholeOf(method); m != nil {
		return m.scales()
	}
	if method == ZoomMIL {
		return 2, maxLevels
	}
	return 0, 0
}

// whole is a method that takes all patches of its magnifications at once.
type whole interface {
	scales() (fewest, most int)
	// check reports what makes no sense in the settings of the method.
	check(c *Config) error
	// weights are those of a model, in the order in which they are drawn.
	weights(c *Config) []weight
	// standard is what the graph applies, of the standards of the
	// magnifications; readers are the layers that can take it in.
	standard(c *Config, s []Standard) Standard
	readers(c *Config, s Standard) []reader
	// answer puts the network together. It declares the inputs that pack gives.
	answer(b builder, c *Config) answer
	// pack arranges a slide for the network.
	pack(c *Config, s *bag) (*pack, error)
	// room is how many rows pack makes of so many patches.
	room(patches int) int
	// spread makes the attention of the patches of every magnification, lowest
	// first, of what the network gives; nil where the method has none.
	spread(c *Config, s *bag, raw []float32) [][]float32
}

// answer is what a network makes of a slide.
type answer struct {
	logits  *nn.Value // [1, outputs], as the authors' code has them
	classes *nn.Value // [1, C]: the softmax of them are the probabilities
	// attention makes [rows, columns], one column, or one for each output; nil
	// where the method has none.
	attention func() *nn.Value
	// loss makes [1] of the label, int64 [1].
	loss func(label *nn.Value) *nn.Value
}

// wholeOf is nil for ZoomMIL, and for what is no method.
func wholeOf(method string) whole {
	switch method {
	case MaxMIL:
		return maxMIL{}
	case MeanMIL:
		return meanMIL{}
	case ABMIL:
		return abMIL{}
	case CLAMSB:
		return clamSB{}
	case TransMIL:
		return transMIL{}
	case DSMIL:
		return dsMIL{}
	case MSMIL:
		return msMIL{}
	case SparseConvMIL:
		return sparseConvMIL{}
	}
	return nil
}

func (c *Config) whole() whole { return wholeOf(c.Method) }

// Options are the settings of the methods besides ZoomMIL. The zero value of each
// is that of the authors' code, but of Depth and Cell, which that code does not
// have: their 0 is the network as published. One that a method does not have is to
// be zero. Where the authors' code has the setting under another name, this stands
// in brackets.
type Options struct {
	Pooling string `json:"pooling,omitempty"` // maxmil: Instance if it is empty, or Feature
	Ungated bool   `json:"ungated,omitempty"` // abmil, clam_sb: attention without its gate [CLAM's gate, negated]
	// Of abmil: how many layers embed a patch, each half as wide as the one
	// before, the last of the size of the embedding; 0 for 1. Features that no
	// encoder made, as those of the classical datasets, need more than one.
	Depth int `json:"depth,omitempty"`
	// Of clam_sb: how many patches of highest and of lowest attention the
	// instance loss looks at, 0 for 8 [k_sample]; whether classes other than the
	// label's are looked at too [subtyping]; and the loss, CrossEntropy if it is
	// empty, or SmoothSVM [inst_loss: ce, svm].
	Instances    int    `json:"instances,omitempty"`
	Subtyping    bool   `json:"subtyping,omitempty"`
	InstanceLoss string `json:"instance_loss,omitempty"`
	// Of dsmil: the loss, Bernoulli if it is empty, or CrossEntropy; whether
	// values have a layer of their own [passing_v]; and whether queries are linear
	// [nonlinear, negated].
	Loss        string `json:"loss,omitempty"`
	Values      bool   `json:"values,omitempty"`
	LinearQuery bool   `json:"linear_query,omitempty"`
	// Of transmil: that an attention gives the first rows of its padded
	// sequence, as nystrom-attention did up to 0.0.9, instead of the last.
	FirstRows bool `json:"first_rows,omitempty"`
	// Of sparseconvmil: places of the grid along a cell of its map, 0 for 1 [the
	// ratio by which it shrinks coordinates].
	Cell int `json:"cell,omitempty"`
}

// The values of Options.
const (
	Instance     = "instance"
	Feature      = "feature"
	CrossEntropy = "cross_entropy"
	SmoothSVM    = "smooth_svm"
	Bernoulli    = "bernoulli" // binary cross entropy of each class by itself
)

const (
	maxOption = 1 << 16
	maxDepth  = 4
)

// allowed are the options that are in use in a method, all others being zero.
func (o Options) check(allowed Options) error {
	if o.Instances < 0 || o.Instances > maxOption || o.Cell < 0 || o.Cell > maxOption {
		return fmt.Errorf("%d instances and cells of %d, must be from 0 to %d", o.Instances, o.Cell, maxOption)
	}
	if o.Depth < 0 || o.Depth > maxDepth {
		return fmt.Errorf("%d layers, must be at most %d", o.Depth, maxDepth)
	}
	if others := o.beside(allowed); len(others) > 0 {
		return fmt.Errorf("there is no %s", strings.Join(others, ", "))
	}
	return nil
}

// beside names the options that are set and not as allowed, as a model's file does.
func (o Options) beside(allowed Options) []string {
	var names []string
	a, b := reflect.ValueOf(o), reflect.ValueOf(allowed)
	for i := range a.NumField() {
		if !a.Field(i).Equal(b.Field(i)) {
			name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}

// oneOf reports a setting that is none of some, of which "" is the usual one.
func oneOf(what, value string, choice ...string) error {
	if slices.Contains(choice, value) {
		return nil
	}
	choice = slices.DeleteFunc(slices.Clone(choice), func(s string) bool { return s == "" })
	return fmt.Errorf("%s %.100q, must be %s", what, value, strings.Join(choice, " or "))
}

// widths makes sure that the sizes in use are sound, and the others 0.
func widths(want string, used bool, size int) error {
	switch {
	case used && (size < 1 || size > maxWidth):
		return fmt.Errorf("%s size is %d, must be from 1 to %d", want, size, maxWidth)
	case !used && size != 0:
		return fmt.Errorf("%s size is %d: there is no such layer, must be 0", want, size)
	}
	return nil
}

// Recipe is how a method is built and trained where nothing else is asked for.
type Recipe struct {
	Sizes        Sizes
	Classifier   string
	LearningRate float64
	WeightDecay  float64
	Dropout      float64
	Betas        [2]float64 // of Adam; zero for 0.9 and 0.999
}

// Published is how the authors of a method built and trained it, as far as Adam
// can: TransMIL was trained by RAdam with Lookahead, MSMIL by momentum. MaxMIL has
// what CLAM's code gives it; the mean, and the maximum of features, which have no
// authors' code, have the same.
func Published(method string) Recipe {
	switch method {
	case MaxMIL, MeanMIL:
		return Recipe{Sizes{Embedding: 512}, Linear, 1e-4, 1e-5, 0.25, [2]float64{}}
	case ABMIL:
		return Recipe{Sizes{Hidden: 128, Embedding: 500}, MLP, 5e-4, 1e-4, 0, [2]float64{}}
	case CLAMSB:
		return Recipe{Sizes{Hidden: 256, Embedding: 512}, Linear, 2e-4, 1e-5, 0.25, [2]float64{}}
	case TransMIL:
		return Recipe{Sizes{Embedding: 512}, Linear, 2e-4, 1e-5, 0.1, [2]float64{}}
	case DSMIL:
		return Recipe{Sizes{Hidden: 128}, Linear, 1e-4, 1e-3, 0, [2]float64{0.5, 0.9}}
	case MSMIL:
		return Recipe{Sizes{Hidden: 128, Embedding: 512, Middle: 2048}, Linear, 1e-4, 0, 0, [2]float64{}}
	case SparseConvMIL:
		return Recipe{Sizes{Hidden: 32, Embedding: 32, Middle: 32}, Linear, 2e-3, 1e-6, 0, [2]float64{}}
	}
	return Recipe{Sizes{Hidden: 256, Embedding: 512}, Linear, 1e-4, 0, 0.25, [2]float64{}}
}
