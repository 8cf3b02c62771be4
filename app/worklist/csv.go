package worklist

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"
)

// WriteCSV writes cases in their order, one line each under a header (RFC 4180). A
// column probability:CLASS stands for each class of the setup. What is hidden is
// empty.
func WriteCSV(w io.Writer, u Setup, cases []Case) error {
	header := []string{"rank", "slide", "path", "content_id", "state", "reason", "prediction"}
	for _, class := range u.Classes {
		header = append(header, "probability:"+class)
	}
	header = append(header, "margin", "entropy", "warnings", "patches_read", "patches_in_all", "seconds", "device", "tries", "changed",
		"verdict", "reader", "reader_class", "note", "model", "model_sha256", "encoder")
	out := csv.NewWriter(w)
	lines := [][]string{header}
	for i, c := range cases {
		lines = append(lines, line(i+1, u, c))
	}
	return out.WriteAll(lines)
}

func line(rank int, u Setup, c Case) []string {
	l := []string{strconv.Itoa(rank), c.Name, c.Path, c.Content, string(c.State), c.Reason}
	if o := c.Opinion; o != nil {
		l = append(l, o.Label)
		for _, p := range o.Probabilities {
			l = append(l, number(p))
		}
		l = append(l, number(o.Margin), number(o.Entropy))
	} else {
		l = append(l, make([]string, len(u.Classes)+3)...)
	}
	l = append(l, strconv.Itoa(c.Warnings), strconv.Itoa(c.Encoded), strconv.Itoa(c.Exhaustive), strconv.FormatFloat(c.Seconds, 'f', 2, 64), c.Device,
		strconv.Itoa(c.Tries), when(c.Changed))
	v := Verdict{Note: c.Note}
	if c.Verdict != nil {
		v = *c.Verdict
	}
	return append(l, string(v.Opinion), v.Reader, v.Class, v.Note, u.Model, u.ModelSHA256, u.Encoder)
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}
