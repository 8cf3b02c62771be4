package export

import (
	"encoding/csv"
	"io"
	"strconv"

	"zoomscope/engine/result"
)

// WriteCSV writes one row per patch under a header (RFC 4180): the index is
// that of the patch in its magnification, x, y, width and height are level-0
// pixels, parent is the index at the magnification below (-1 at the lowest).
// The rank is the place among the patches zoomed into, by zoom attention; where
// none was, among those with attention, by attention; empty for all others. The
// attentions are empty where the method has none.
func WriteCSV(w io.Writer, r *result.Result) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	out.Write([]string{"magnification", "index", "x", "y", "width", "height", "attention", "zoom_attention", "selected", "rank", "parent"})
	for _, level := range r.Levels {
		rank, attention, zoomAttention := ranks(level), numberIf(level.Attends()), numberIf(len(r.Model.K) > 0)
		for i, p := range level.Patches {
			out.Write([]string{
				number(level.Magnification), strconv.Itoa(i), number(p.X), number(p.Y), number(p.Size), number(p.Height),
				attention(p.Attention), zoomAttention(p.ZoomAttention), strconv.FormatBool(p.Selected), rankText(rank[i]), strconv.Itoa(p.Parent),
			})
		}
	}
	out.Flush()
	return out.Error()
}

// number writes v so that reading it gives v again.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// numberIf is number where there is one, else of nothing.
func numberIf(is bool) func(v float64) string {
	if is {
		return number
	}
	return func(float64) string { return "" }
}

func rankText(rank int) string {
	if rank == 0 {
		return ""
	}
	return strconv.Itoa(rank)
}
