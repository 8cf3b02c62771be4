package bench

import (
	"fmt"
	"slices"
	"strings"

	"zoomscope/engine/mil"
	"zoomscope/engine/train"
)

// Study is one of the three comparisons of the paper (its Tables 1 to 3): what
// ZoomMIL is compared with on a dataset, and on slides of which size.
type Study struct {
	Name           string
	Magnifications []float64
	K              []int
	Low            int // patches of a slide at the lowest magnification
	// EffMagnifications and EffK are those of the variant that stops earlier; nil
	// where the paper has none.
	EffMagnifications []float64
	EffK              []int
}

// studySlides are how many patches a mean slide of a dataset has at the lowest
// magnification.
func studySlides() map[string]int {
	return map[string]int{"crc": 217, "bright": 62, "camelyon16": 4000}
}

// Studies are the paper's, by the names of train.Presets.
func Studies() []Study {
	var all []Study
	for _, p := range train.Presets() {
		low, ok := studySlides()[p.Name]
		if !ok {
			continue
		}
		s := Study{Name: p.Name, Magnifications: p.Magnifications, K: p.K, Low: low}
		if eff, ok := train.FindPreset(p.Name + "-eff"); ok {
			s.EffMagnifications, s.EffK = eff.Magnifications, eff.K
		}
		all = append(all, s)
	}
	return all
}

// FindStudy returns the study of that name; the error says which there are.
func FindStudy(name string) (Study, error) {
	var names []string
	for _, s := range Studies() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Study{}, fmt.Errorf("configuration %.100q: there are %s", name, strings.Join(names, ", "))
}

// Highest is the highest magnification.
func (s Study) Highest() float64 { return s.Magnifications[len(s.Magnifications)-1] }

// Contestant is a row of a study: a method at some magnifications.
type Contestant struct {
	Name           string    `json:"name"`
	Method         string    `json:"method"`
	Magnifications []float64 `json:"magnifications"`
	K              []int     `json:"k,omitempty"`
	FullGradient   bool      `json:"full_gradient,omitempty"`
	// Reference marks ZoomMIL and its efficient variant, which the others' costs
	// are compared with.
	Reference bool `json:"-"`
}

// Scales says at which magnifications the method looks: "20x" of one, "10+20x"
// of several at once, "5>10>20x" of those that it zooms through.
func (c Contestant) Scales() string {
	var all []string
	for _, m := range c.Magnifications {
		all = append(all, fmt.Sprintf("%g", m))
	}
	between := "+"
	if c.K != nil {
		between = ">"
	}
	return strings.Join(all, between) + "x"
}

// Key is a name for files, which no other contestant of a study has.
func (c Contestant) Key() string {
	key := c.Method + "-" + strings.NewReplacer("+", "-", ">", "-").Replace(c.Scales())
	if c.FullGradient {
		key += "-whole-gradient"
	}
	return key
}

// The names that the paper gives the methods.
func methodNames() map[string]string {
	return map[string]string{
		mil.MaxMIL: "MaxMIL", mil.MeanMIL: "MeanMIL", mil.SparseConvMIL: "SparseConvMIL", mil.ABMIL: "ABMIL",
		mil.CLAMSB: "CLAM-SB", mil.TransMIL: "TransMIL", mil.MSMIL: "MSMIL", mil.DSMIL: "DSMIL", mil.ZoomMIL: "ZoomMIL",
	}
}

// Contestants are the rows of the study in the paper's order, the single-scale
// methods at the highest magnification and at those given besides; with whole
// also ZoomMIL trained by the whole gradient of its Top-K.
func (s Study) Contestants(besides []float64, whole bool) []Contestant {
	names := methodNames()
	single := slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(besides), s.Highest()))))
	var all []Contestant
	for _, method := range mil.Methods() {
		if method == mil.ZoomMIL {
			continue
		}
		if _, most := mil.Scales(method); most > 1 {
			all = append(all, Contestant{Name: names[method], Method: method, Magnifications: s.Magnifications})
			continue
		}
		for _, m := range single {
			all = append(all, Contestant{Name: names[method], Method: method, Magnifications: []float64{m}})
		}
	}
	if s.EffK != nil {
		all = append(all, Contestant{Name: "ZoomMIL-Eff", Method: mil.ZoomMIL, Magnifications: s.EffMagnifications, K: s.EffK, Reference: true})
	}
	zoom := Contestant{Name: "ZoomMIL", Method: mil.ZoomMIL, Magnifications: s.Magnifications, K: s.K, Reference: true}
	all = append(all, zoom)
	if whole {
		zoom.Name, zoom.FullGradient, zoom.Reference = "ZoomMIL, whole gradient", true, false
		all = append(all, zoom)
	}
	return all
}
