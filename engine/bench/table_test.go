package bench

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"zoomscope/engine/result"
)

func printed(t *testing.T, table Table) string {
	t.Helper()
	var b strings.Builder
	if err := table.Print(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTablePrint(t *testing.T) {
	table := Table{Head: []string{"what", "a", "longer"}}
	table.add("µm", "1", "")
	table.add("nothing", "100", "x")
	want := `what       a  longer
µm         1
nothing  100       x
`
	if diff := cmp.Diff(want, printed(t, table)); diff != "" {
		t.Error(diff)
	}
}

func TestTables(t *testing.T) {
	encoders := EncoderTable([]*EncoderTimes{
		{Encoder: "own", Threads: 2, Bare: 50, Pipeline: 48, OfBare: Quotient{Wall: 0.96}},
		{Encoder: "resnet", Threads: 1, Bare: 20, Pipeline: 19, OfBare: Quotient{0.95, 0.97}, Peer: 9.5, PeerName: "other 1.0", OverPeer: Quotient{2, 2.5}},
	})
	analysis := AnalysisTable([]*AnalysisTimes{{
		Slide: "/a/b.tiff", Encoder: "own", Encoded: 10, Exhaustive: 80, Bare: 2, OverBare: Quotient{1.1, 1.05},
		Seconds: result.Seconds{Tissue: 0.1, Read: 1.5, Encode: 1.9, Heads: 0.05, Total: 2.2},
	}})
	for _, c := range []struct {
		name  string
		table Table
		want  string
	}{
		{"encoder", encoders, `
patches a second  threads  bare  pipeline  of bare  by cpu  peer  over peer  by cpu
own                     2  50.0      48.0   96.0 %
resnet                  1  20.0      19.0   95.0 %  97.0 %   9.5      2.00x   2.50x
`},
		{"analysis", analysis, `
analysis, seconds  encoder  patches  of all  tissue  read  encode  heads  total  bare  ratio  by cpu
b.tiff                 own       10  12.5 %    0.10  1.50    1.90   0.05   2.20  2.00  1.100   1.050
`},
		{"settings", SettingsTable([]*SettingTimes{{"as it is", 2, Quotient{1, 1}}, {"other", 3, Quotient{Wall: 1.5}}}), `
analysis  seconds  ratio  by cpu
as it is     2.00  1.000   1.000
other        3.00  1.500
`},
		{"memory", MemoryTable([]*MemoryUse{{Slide: "x/huge.tiff", Encoder: "own", Seconds: 12.34, Peak: 640e6}}), `
peak memory  encoder  seconds    GB
huge.tiff        own     12.3  0.64
`},
		{"verdicts", VerdictTable([]Verdict{
			AtLeast("pipeline / bare", 0.95, 0.9), AtMost("analysis / bare", 1.2, 1.15, ""), AtMost("peak memory", 0.64, 1.5, "GB"),
		}), `
budget           measured          wanted
pipeline / bare      0.95    at least 0.9     met
analysis / bare       1.2    at most 1.15  MISSED
peak memory       0.64 GB  at most 1.5 GB     met
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, "\n"+printed(t, c.table)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestVerdictAtItsBound(t *testing.T) {
	if !AtLeast("", 2, 2).Met || !AtMost("", 2, 2, "").Met {
		t.Error("a budget that is just reached is not met")
	}
	if AtLeast("", 1.99, 2).Met || AtMost("", 2.01, 2, "").Met {
		t.Error("a budget that is missed is met")
	}
}
