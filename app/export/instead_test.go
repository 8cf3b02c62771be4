package export

import (
	"image"
	"strings"
	"testing"
)

// TestInsteadOfZoom asks for zoom attention in everything that shows it, at the
// highest magnification too, which has none: pooled attention is drawn there, and
// is said to be.
func TestInsteadOfZoom(t *testing.T) {
	r, reader := small(t)
	zoom, last := HeatOptions{Layer: Zoom}, len(r.Levels)-1
	ov, err := ReadOverview(t.Context(), reader, r.Slide, 300)
	if err != nil {
		t.Fatal(err)
	}
	picture := func(level int, h HeatOptions) *Picture {
		pic, err := DrawAttention(r, level, ov, AttentionOptions{Heat: h, NoLegend: true})
		if err != nil {
			t.Fatal(err)
		}
		return pic
	}
	got, want := picture(last, zoom), picture(last, HeatOptions{})
	if string(got.Image.Pix) != string(want.Image.Pix) {
		t.Error("the highest magnification does not show pooled attention")
	}
	if low, high := got.Heat.Range(); !got.Heat.Instead() || got.Heat.Layer() != Pooled || !(high > low) {
		t.Errorf("drawn: %s, instead %v, %v to %v", got.Heat.Layer(), got.Heat.Instead(), low, high)
	}
	if first := picture(0, zoom).Heat; first.Instead() || first.Layer() != Zoom {
		t.Error("the lowest magnification does not show its zoom attention")
	}
	if says := heatText(got.Heat); !strings.Contains(says, "No zoom attention") {
		t.Errorf("legend: %q", says)
	}
	src, err := newOverlaySource(t.Context(), r, last, zoom, OverlayOptions{Downsample: 8})
	if err != nil {
		t.Fatal(err)
	}
	tile := image.NewRGBA(image.Rect(0, 0, 1, 1))
	p := r.Levels[last].Patches[0]
	if err := src.Draw(t.Context(), tile, int((p.X+p.Size/2)/8), int((p.Y+p.Height/2)/8)); err != nil {
		t.Fatal(err)
	}
	if tile.RGBAAt(0, 0) != want.Heat.Color(0) || !strings.Contains(src.description(r), "No zoom attention") {
		t.Errorf("overlay: %v, want %v; %s", tile.RGBAAt(0, 0), want.Heat.Color(0), src.description(r))
	}
	text := pageText(t, written(t, r, reader, ReportOptions{Heat: zoom}))
	if strings.Count(text, "no zoom attention here") != 1 || !strings.Contains(text, "chooses where to zoom") || strings.Contains(text, "every patch has 0 %") {
		t.Errorf("report: %s", text)
	}
}
