package export

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"testing"

	"zoomscope/assets"
)

// TestWriteAttention checks size and colours of the picture in its variants: at
// the middle of each patch, what the heat's shade makes of the slide there.
func TestWriteAttention(t *testing.T) {
	r, reader := small(t)
	cividis, err := assets.NewColorMap("cividis")
	if err != nil {
		t.Fatal(err)
	}
	for name, heat := range map[string]HeatOptions{
		"usual": {}, "percentile": {Scale: Percentile}, "zoom": {Layer: Zoom}, "faint": {Opacity: 0.2}, "other colours": {Colors: cividis},
	} {
		t.Run(name, func(t *testing.T) {
			img := attentionPNG(t, AttentionRequest{AttentionOptions: AttentionOptions{Heat: heat, NoLegend: true, NoMarks: true}, MaxSide: 450})
			if img.Bounds() != image.Rect(0, 0, 450, 420) {
				t.Fatalf("bounds %v", img.Bounds())
			}
			h, err := NewHeat(r.Levels[0], heat)
			if err != nil {
				t.Fatal(err)
			}
			ov, err := ReadOverview(t.Context(), reader, r.Slide, 450)
			if err != nil {
				t.Fatal(err)
			}
			f := frame{ov.Area, ov.Image.Rect}
			for i, p := range r.Levels[0].Patches {
				b := f.box(p)
				x, y := int((b.x0+b.x1)/2), int((b.y0+b.y1)/2)
				if !image.Pt(x, y).In(f.px) {
					continue
				}
				under, shade := ov.Image.RGBAAt(x, y), h.shade(h.at[i])
				over := func(k int, g uint8) uint8 { return uint8(255*shade[k] + (1-shade[3])*float64(g) + 0.5) }
				want := color.RGBA{over(0, under.R), over(1, under.G), over(2, under.B), 255}
				if got := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA); !near2(got, want) {
					t.Errorf("patch %d: %v, want %v", i, got, want)
				}
			}
		})
	}
}

// near2 allows two roundings.
func near2(a, b color.RGBA) bool {
	for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B)} {
		if d < -2 || d > 2 {
			return false
		}
	}
	return true
}

func attentionPNG(t *testing.T, req AttentionRequest) image.Image {
	t.Helper()
	r, reader := small(t)
	var buf bytes.Buffer
	if err := WriteAttention(t.Context(), &buf, r, 0, reader, req); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&buf)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestWriteAttentionLegend(t *testing.T) {
	with, without := attentionPNG(t, AttentionRequest{MaxSide: 300}), attentionPNG(t, AttentionRequest{AttentionOptions: AttentionOptions{NoLegend: true}, MaxSide: 300})
	if with.Bounds().Dx() <= without.Bounds().Dx()+100 {
		t.Errorf("width %d with the legend, %d without", with.Bounds().Dx(), without.Bounds().Dx())
	}
}

// TestWriteAttentionRepeats draws a level whose dashed outlines meet.
func TestWriteAttentionRepeats(t *testing.T) {
	r, reader := small(t)
	var first []byte
	for i := range 10 {
		var buf bytes.Buffer
		if err := WriteAttention(t.Context(), &buf, r, 1, reader, AttentionRequest{AttentionOptions: AttentionOptions{NoLegend: true}, MaxSide: 211}); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = buf.Bytes()
		} else if !bytes.Equal(first, buf.Bytes()) {
			t.Fatalf("bytes differ the %d. time", i+1)
		}
	}
}

func TestWriteAttentionRefuses(t *testing.T) {
	r, reader := small(t)
	for name, c := range map[string]struct {
		level int
		req   AttentionRequest
	}{
		"level below": {-1, AttentionRequest{}}, "level above": {3, AttentionRequest{}},
		"side below": {0, AttentionRequest{MaxSide: -1}}, "side above": {0, AttentionRequest{MaxSide: MaxAttentionSide + 1}},
		"opacity": {0, AttentionRequest{AttentionOptions: AttentionOptions{Heat: HeatOptions{Opacity: 2}}}},
	} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := WriteAttention(t.Context(), &buf, r, c.level, reader, c.req); err == nil || buf.Len() > 0 {
				t.Errorf("error %v, %d bytes", err, buf.Len())
			}
		})
	}
}

func TestWriteAttentionEnds(t *testing.T) {
	r, reader := small(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var buf bytes.Buffer
	if err := WriteAttention(ctx, &buf, r, 0, reader, AttentionRequest{MaxSide: 100}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
