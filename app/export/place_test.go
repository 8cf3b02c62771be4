package export

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"zoomscope/assets"
	"zoomscope/engine/result"
)

// randomLevel is a row of patches of 8 pixels with random attention, some equal.
func randomLevel(n int, seed uint64) result.Level {
	rng := rand.New(rand.NewPCG(seed, 1))
	l := result.Level{Magnification: 5}
	for i := range n {
		l.Patches = append(l.Patches, result.Patch{
			X: float64(8 * i), Size: 8, Height: 8, Parent: -1,
			Attention: float64(rng.IntN(n)) / float64(n), ZoomAttention: float64(rng.IntN(n)) / float64(n),
		})
	}
	return l
}

// TestShadeIsWhatDrawSets compares the colour of each patch with a pixel that
// it covers.
func TestShadeIsWhatDrawSets(t *testing.T) {
	cividis, err := assets.NewColorMap("cividis")
	if err != nil {
		t.Fatal(err)
	}
	level := randomLevel(57, 3)
	for _, o := range []HeatOptions{{}, {Opacity: 1}, {Scale: Percentile, Layer: Zoom, Opacity: 1}, {Opacity: 0.3, Colors: cividis}} {
		h, err := NewHeat(level, o)
		if err != nil {
			t.Fatal(err)
		}
		img := image.NewRGBA(image.Rect(0, 0, 8*len(level.Patches), 8))
		h.Draw(img, result.Rect{Width: float64(img.Rect.Dx()), Height: 8})
		for i := range level.Patches {
			got, want := h.Shade(i), img.RGBAAt(8*i+4, 4)
			if apart(got.R, want.R) > 1 || apart(got.G, want.G) > 1 || apart(got.B, want.B) > 1 || apart(got.A, want.A) > 1 { // Draw sums in float32
				t.Fatalf("%+v, patch %d: shade %v, drawn %v", o, i, got, want)
			}
			if got != h.ShadeAt(h.Place(i)) {
				t.Errorf("patch %d: shade %v, at its place %v", i, got, h.ShadeAt(h.Place(i)))
			}
			if got.R > got.A || got.G > got.A || got.B > got.A {
				t.Errorf("patch %d: shade %v is not multiplied by its alpha", i, got)
			}
		}
	}
}

func apart(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }

// TestPlaceKeepsTheOrder: more attention is never lower on the scale.
func TestPlaceKeepsTheOrder(t *testing.T) {
	level := randomLevel(80, 4)
	for _, s := range []Scale{Raw, Percentile} {
		h, err := NewHeat(level, HeatOptions{Scale: s})
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range level.Patches {
			for j, b := range level.Patches {
				if a.Attention < b.Attention && h.Place(i) >= h.Place(j) || a.Attention == b.Attention && h.Place(i) != h.Place(j) {
					t.Fatalf("%s: %v at %v, %v at %v", s, a.Attention, h.Place(i), b.Attention, h.Place(j))
				}
			}
		}
	}
}

// TestRanks counts for every patch with attention those that come before it.
func TestRanks(t *testing.T) {
	level := randomLevel(60, 5)
	for _, layer := range []Layer{Pooled, Zoom} {
		ranks, values := Ranks(level, layer), attentions(level.Patches, layer)
		for i := range values {
			want := 1
			for j := range values {
				if values[j] > values[i] || values[j] == values[i] && j < i {
					want++
				}
			}
			if values[i] == 0 {
				want = 0
			}
			if ranks[i] != want {
				t.Fatalf("%s, patch %d: rank %d, want %d", layer, i, ranks[i], want)
			}
		}
	}
}

// TestRanksAgreeWithPicks: both name the same ranks, with zooming and without.
func TestRanksAgreeWithPicks(t *testing.T) {
	level := randomLevel(60, 6)
	for _, p := range Picks(level, 20) {
		if got := Ranks(level, Pooled)[p.Index]; got != p.Rank {
			t.Errorf("patch %d: rank %d, as a pick %d", p.Index, got, p.Rank)
		}
	}
	ranks := Ranks(level, Zoom)
	level.Patches = slices.Clone(level.Patches)
	for i := range level.Patches {
		level.Patches[i].Selected = ranks[i] > 0 && ranks[i] <= 12
	}
	picks := Picks(level, 3)
	if len(picks) != 12 {
		t.Fatalf("%d picks of 12 patches zoomed into", len(picks))
	}
	for _, p := range picks {
		if ranks[p.Index] != p.Rank {
			t.Errorf("patch %d: rank %d, as a pick %d", p.Index, ranks[p.Index], p.Rank)
		}
	}
}
