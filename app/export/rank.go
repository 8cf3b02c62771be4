package export

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"zoomscope/engine/result"
)

// Pick is a patch that stands out at its magnification.
type Pick struct {
	Index int // in the level's Patches
	Rank  int // 1 is the first
}

// Picks lists the patches of level that stand out, by rank: those the model
// zoomed into, by zoom attention; or, where it zoomed into none, as at the
// highest magnification, the top ones by attention, which those without any are
// not among. Ties go to the lower index.
func Picks(level result.Level, top int) []Pick {
	picks := ranking(level)
	if !zooms(level) {
		picks = picks[:min(max(top, 0), len(picks))]
	}
	return picks
}

// zooms reports whether the model zoomed into patches of the level.
func zooms(level result.Level) bool {
	return slices.ContainsFunc(level.Patches, func(p result.Patch) bool { return p.Selected })
}

// ranking ranks the selected patches; where none is, those that have attention:
// a model may give none to most, or to any.
func ranking(level result.Level) []Pick {
	zoomed := zooms(level)
	weight := func(p Pick) float64 {
		if zoomed {
			return level.Patches[p.Index].ZoomAttention
		}
		return level.Patches[p.Index].Attention
	}
	var picks []Pick
	for i, p := range level.Patches {
		if p.Selected || !zoomed && p.Attention > 0 {
			picks = append(picks, Pick{Index: i})
		}
	}
	slices.SortStableFunc(picks, func(a, b Pick) int { return cmp.Compare(weight(b), weight(a)) })
	for i := range picks {
		picks[i].Rank = i + 1
	}
	return picks
}

// ranks gives the rank of every patch of the level, 0 to those without one.
func ranks(level result.Level) []int {
	r := make([]int, len(level.Patches))
	for _, p := range ranking(level) {
		r[p.Index] = p.Rank
	}
	return r
}

// Ranks gives the rank of every patch of level by one kind of attention: 1 is the
// most, ties go to the lower index, and patches without any have rank 0.
func Ranks(level result.Level, layer Layer) []int {
	values := attentions(level.Patches, layer)
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	ranks := make([]int, len(values))
	for i, at := range order {
		if values[at] > 0 {
			ranks[at] = i + 1
		}
	}
	return ranks
}

// magName is a magnification as people write it: "10x", "2.5x".
func magName(m float64) string { return strconv.FormatFloat(m, 'f', -1, 64) + "x" }

// SlideName is the slide's file name without its folder and ending. Both kinds
// of slash part folders, so that a result made on another system is named well.
func SlideName(s result.Slide) string {
	base := path.Base(strings.ReplaceAll(s.Path, `\`, "/"))
	if name := strings.TrimSuffix(base, path.Ext(base)); name != "" {
		return name
	}
	return base
}
