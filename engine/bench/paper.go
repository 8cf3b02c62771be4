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
	Classes        int
	// EffMagnifications and EffK are those of the variant that stops earlier; nil
	// where the paper has none.
	EffMagnifications []float64
	EffK              []int
}

// Studies are the paper's, by the names of train.Presets.
func Studies() []Study {
	all := []Study{
		{Name: "crc", Low: 217, Classes: 3},
		{Name: "bright", Low: 62, Classes: 3},
		{Name: "camelyon16", Low: 4000, Classes: 2},
	}
	for i := range all {
		s := &all[i]
		p, _ := train.FindPreset(s.Name)
		s.Magnifications, s.K = p.Magnifications, p.K
		if eff, ok := train.FindPreset(s.Name + "-eff"); ok {
			s.EffMagnifications, s.EffK = eff.Magnifications, eff.K
		}
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

// At is the study at other magnifications, as many and of the same ratios: for
// slides that were not read at those of the paper.
func (s Study) At(magnifications []float64) (Study, error) {
	if len(magnifications) != len(s.Magnifications) {
		return s, fmt.Errorf("magnifications %v, %s has %v", magnifications, s.Name, s.Magnifications)
	}
	for i, m := range magnifications {
		if m*s.Magnifications[0] != s.Magnifications[i]*magnifications[0] || !(m > 0) {
			return s, fmt.Errorf("magnifications %v have other ratios than the %v of %s", magnifications, s.Magnifications, s.Name)
		}
	}
	s.Magnifications = magnifications
	if s.EffMagnifications != nil {
		s.EffMagnifications = magnifications[:len(s.EffMagnifications)]
	}
	return s, nil
}

// Highest is the highest magnification.
func (s Study) Highest() float64 { return s.Magnifications[len(s.Magnifications)-1] }

// The names of the rows that the costs of others are compared with.
const (
	ZoomName = "ZoomMIL"
	EffName  = "ZoomMIL-Eff"
)

// Contestant is a row of a study: a method at some magnifications.
type Contestant struct {
	Name           string    `json:"name"`
	Method         string    `json:"method"`
	Magnifications []float64 `json:"magnifications"`
	K              []int     `json:"k,omitempty"`
	FullGradient   bool      `json:"full_gradient,omitempty"`
	Reference      bool      `json:"reference,omitempty"` // ZoomName or EffName
}

// Scales says at which magnifications the method looks: "20x" of one, "10+20x"
// of several at once, "5>10>20x" of those that it zooms through.
func (c Contestant) Scales() string {
	if c.K != nil {
		return scales(c.Magnifications, ">")
	}
	return scales(c.Magnifications, "+")
}

func scales(magnifications []float64, between string) string {
	var all []string
	for _, m := range magnifications {
		all = append(all, fmt.Sprintf("%g", m))
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

// Contestants are the rows of the study in the paper's order, the single-scale
// methods at the highest magnification and at those given besides; with whole
// also ZoomMIL trained by the whole gradient of its Top-K.
func (s Study) Contestants(besides []float64, whole bool) []Contestant {
	single := slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(besides), s.Highest()))))
	var all []Contestant
	for _, method := range mil.Methods() {
		if method == mil.ZoomMIL {
			continue
		}
		if _, most := mil.Scales(method); most > 1 {
			all = append(all, Contestant{Name: mil.MethodName(method), Method: method, Magnifications: s.Magnifications})
			continue
		}
		for _, m := range single {
			all = append(all, Contestant{Name: mil.MethodName(method), Method: method, Magnifications: []float64{m}})
		}
	}
	if s.EffK != nil {
		all = append(all, Contestant{Name: EffName, Method: mil.ZoomMIL, Magnifications: s.EffMagnifications, K: s.EffK, Reference: true})
	}
	zoom := Contestant{Name: ZoomName, Method: mil.ZoomMIL, Magnifications: s.Magnifications, K: s.K, Reference: true}
	all = append(all, zoom)
	if whole {
		zoom.Name, zoom.FullGradient, zoom.Reference = "ZoomMIL, whole gradient", true, false
		all = append(all, zoom)
	}
	return all
}
