package bench

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Table is text in columns. All rows are as long as the head.
type Table struct {
	Head []string
	Rows [][]string
}

func (t *Table) add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Print writes the table, the first column flush left and the others right.
func (t Table) Print(w io.Writer) error {
	widths := make([]int, len(t.Head))
	rows := append([][]string{t.Head}, t.Rows...)
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				line.WriteString(cell + pad)
			} else {
				line.WriteString("  " + pad + cell)
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// EncoderTable shows patches a second. "By cpu" are ratios of processor time.
func EncoderTable(list []*EncoderTimes) Table {
	t := Table{Head: []string{"patches a second", "threads", "bare", "pipeline", "of bare", "by cpu", "peer", "over peer", "by cpu"}}
	for _, e := range list {
		peer, over, cpu := "", "", ""
		if e.PeerName != "" {
			peer, over = fmt.Sprintf("%.1f", e.Peer), fmt.Sprintf("%.2fx", e.OverPeer.Wall)
			cpu = quotient("%.2fx", e.OverPeer.CPU)
		}
		t.add(e.Encoder, fmt.Sprint(e.Threads), fmt.Sprintf("%.1f", e.Bare), fmt.Sprintf("%.1f", e.Pipeline),
			quotient("%.1f %%", 100*e.OfBare.Wall), quotient("%.1f %%", 100*e.OfBare.CPU), peer, over, cpu)
	}
	return t
}

// quotient shows one that is known.
func quotient(format string, x float64) string {
	if x == 0 {
		return ""
	}
	return fmt.Sprintf(format, x)
}

// AnalysisTable shows where the time of an analysis goes.
func AnalysisTable(list []*AnalysisTimes) Table {
	t := Table{Head: []string{"analysis, seconds", "encoder", "patches", "of all", "tissue", "read", "encode", "heads", "total", "bare", "ratio", "by cpu"}}
	for _, a := range list {
		s := a.Seconds
		row := []string{filepath.Base(a.Slide), a.Encoder, fmt.Sprint(a.Encoded), fmt.Sprintf("%.1f %%", 100*float64(a.Encoded)/float64(max(a.Exhaustive, 1)))}
		for _, x := range []float64{s.Tissue, s.Read, s.Encode, s.Heads, s.Total, a.Bare} {
			row = append(row, fmt.Sprintf("%.2f", x))
		}
		t.add(append(row, quotient("%.3f", a.OverBare.Wall), quotient("%.3f", a.OverBare.CPU))...)
	}
	return t
}

// SettingsTable shows how settings compare.
func SettingsTable(list []*SettingTimes) Table {
	t := Table{Head: []string{"analysis", "seconds", "ratio", "by cpu"}}
	for _, s := range list {
		t.add(s.Setting, fmt.Sprintf("%.2f", s.Seconds), quotient("%.3f", s.Ratio.Wall), quotient("%.3f", s.Ratio.CPU))
	}
	return t
}

// MemoryTable shows peak memory.
func MemoryTable(list []*MemoryUse) Table {
	t := Table{Head: []string{"peak memory", "encoder", "seconds", "GB"}}
	for _, m := range list {
		t.add(filepath.Base(m.Slide), m.Encoder, fmt.Sprintf("%.1f", m.Seconds), fmt.Sprintf("%.2f", float64(m.Peak)/1e9))
	}
	return t
}

// VerdictTable shows what is within its budget and what is not.
func VerdictTable(list []Verdict) Table {
	t := Table{Head: []string{"budget", "measured", "wanted", ""}}
	for _, v := range list {
		bound, said := "at most", "met"
		if v.Least {
			bound = "at least"
		}
		if !v.Met {
			said = "MISSED"
		}
		t.add(v.What, v.text(v.Value), bound+" "+v.text(v.Budget), said)
	}
	return t
}

func (v Verdict) text(x float64) string {
	return strings.TrimSpace(fmt.Sprintf("%.3g %s", x, v.Unit))
}
