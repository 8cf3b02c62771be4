package cli

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"zoomscope/engine/mil"
)

// bce is what --loss calls mil.Bernoulli.
const bce = "bce"

// setting is a flag that not every method has.
type setting struct {
	flag    string
	methods []string
}

// settings are the flags that not every method has, as they are listed. Widths are
// of the methods that have such a layer as published.
func settings() []setting {
	with := func(width func(mil.Sizes) int) []string {
		return slices.DeleteFunc(mil.Methods(), func(m string) bool { return width(mil.Published(m).Sizes) == 0 })
	}
	all := []setting{
		{"embedding", with(func(s mil.Sizes) int { return s.Embedding })},
		{"hidden", with(func(s mil.Sizes) int { return s.Hidden })},
		{"middle", with(func(s mil.Sizes) int { return s.Middle })},
	}
	for _, flag := range []string{"k", "sigma", "samples", "full-gradient", "selection", "attention", "fusion"} {
		all = append(all, setting{flag, []string{mil.ZoomMIL}})
	}
	return append(all,
		setting{"ungated", []string{mil.ABMIL, mil.CLAMSB}},
		setting{"depth", []string{mil.ABMIL}},
		setting{"pooling", []string{mil.MaxMIL}},
		setting{"instances", []string{mil.CLAMSB}},
		setting{"subtyping", []string{mil.CLAMSB}},
		setting{"instance-loss", []string{mil.CLAMSB}},
		setting{"loss", []string{mil.DSMIL}},
		setting{"values", []string{mil.DSMIL}},
		setting{"linear-query", []string{mil.DSMIL}},
		setting{"cell", []string{mil.SparseConvMIL}})
}

// checkSettings refuses flags that the method does not have.
func (f *trainFlags) checkSettings(c *cobra.Command) error {
	method := f.req.Config.Model.Method
	if !slices.Contains(mil.Methods(), method) {
		return nil // said with the methods there are
	}
	for _, s := range settings() {
		if !c.Flags().Changed(s.flag) || slices.Contains(s.methods, method) {
			continue
		}
		have := "have"
		if len(s.methods) == 1 {
			have = "has"
		}
		return usagef("train: %s has no --%s (%s %s)", method, s.flag, strings.Join(s.methods, ", "), have)
	}
	return nil
}

// methodTable lists every method with what it takes, what is taken where nothing
// is given, and the flags that are its own.
func methodTable() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  method\tscales\tlr\tdecay\tdropout\tembedding\thidden\tmiddle\tclassifier\tflags")
	for _, method := range mil.Methods() {
		r := mil.Published(method)
		fmt.Fprintf(w, "  %s\t%s\t%g\t%g\t%g\t%s\t%s\t%s\t%s\t%s\n", method, scales(method), r.LearningRate, r.WeightDecay, r.Dropout,
			width(r.Sizes.Embedding), width(r.Sizes.Hidden), width(r.Sizes.Middle), r.Classifier, ownFlags(method))
	}
	w.Flush()
	return trimLines(text.String())
}

// scales is how many magnifications a method takes.
func scales(method string) string {
	switch fewest, most := mil.Scales(method); {
	case fewest == most:
		return fmt.Sprint(fewest)
	default:
		return fmt.Sprintf("%d-%d", fewest, most)
	}
}

func width(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

// ownFlags are those of few methods; "-" for none.
func ownFlags(method string) string {
	var flags []string
	for _, s := range settings() {
		if len(s.methods) <= 2 && s.flag != "middle" && slices.Contains(s.methods, method) {
			flags = append(flags, s.flag)
		}
	}
	if len(flags) == 0 {
		return "-"
	}
	return strings.Join(flags, " ")
}

// trimLines takes away the blanks at the ends of lines.
func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}
