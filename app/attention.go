package app

import (
	"zoomscope/app/export"
	"zoomscope/engine/result"
)

// AttentionKind is which attention is shown.
type AttentionKind = export.Layer

// The kinds of attention there are.
const (
	// PooledAttention is what the prediction rests on.
	PooledAttention = export.Pooled
	// ZoomAttention is what chooses where to zoom; the highest magnification has
	// none.
	ZoomAttention = export.Zoom
)

// AttentionScale is how attention is spread over the colours.
type AttentionScale = export.Scale

// The scales there are.
const (
	// RawScale runs evenly from the least to the most attention of a patch.
	RawScale = export.Raw
	// PercentileScale runs over the patches in the order of their attention.
	PercentileScale = export.Percentile
)

// Heat is a level's attention in colours, as exported pictures show it.
type Heat = export.Heat

// HeatOptions say how attention is coloured.
type HeatOptions = export.HeatOptions

// Pick is a patch that stands out at its magnification, with its rank.
type Pick = export.Pick

// DefaultTop is how many patches stand out at the highest magnification, and
// DefaultOpacity that of the highest attention.
const (
	DefaultTop     = export.DefaultTop
	DefaultOpacity = export.DefaultOpacity
)

// LeastPictureSide and MostPictureSide bound ExportRequest.MaxSide, in pixels, as
// people are to choose it.
const (
	LeastPictureSide = export.LeastAttentionSide
	MostPictureSide  = export.MaxAttentionSide
)

// ErrNoAttention: a method weighs no patches, so that there is nothing to show.
var ErrNoAttention = export.ErrNoAttention

// NewHeat colours every patch of a level; options that do not exist are an error,
// and a level without attention is ErrNoAttention.
func NewHeat(level result.Level, o HeatOptions) (*Heat, error) { return export.NewHeat(level, o) }

// Picks lists by rank the patches of level that the model zoomed into; where it
// zoomed into none, the top ones by attention.
func Picks(level result.Level, top int) []Pick { return export.Picks(level, top) }

// AttentionRanks gives the rank of every patch of level by one kind of
// attention: 1 is the most, ties go to the lower index, 0 is for those without any.
func AttentionRanks(level result.Level, kind AttentionKind) []int { return export.Ranks(level, kind) }
