package widgets

// CaseColumn is a column of a table of cases.
type CaseColumn int

// The columns. In a narrow table CaseUncertainty stands below CasePrediction, and
// CaseWarnings below CaseState.
const (
	CaseName CaseColumn = iota
	CasePrediction
	CaseUncertainty
	CaseState
	CaseWarnings
	CaseVerdict
	caseColumnCount
)

// Measures of a table of cases, in points.
const (
	// CaseRowHeight is the height of a row: a picture with air around it.
	CaseRowHeight = 62
	caseThumb     = 54
	caseGap       = 12
	caseNarrowGap = 8
	caseEdge      = 6
	caseBarRoom   = 12  // for the scroll bar
	caseWide      = 810 // from this width on each column stands by itself
)

// span is where a column stands.
type span struct{ x, width float32 }

// caseColumns is where the columns of a table stand.
type caseColumns struct {
	narrow bool
	at     [caseColumnCount]span
}

// columnsFor shares a width among the columns: the words of some have a fixed
// length, the name gets most of what is left.
func columnsFor(width float32) caseColumns {
	c := caseColumns{narrow: width < caseWide}
	gap := float32(caseNarrowGap)
	least := [caseColumnCount]float32{CaseName: 92, CasePrediction: 116, CaseState: 92, CaseVerdict: 78}
	share := [caseColumnCount]float32{CaseName: 0.55, CasePrediction: 0.25, CaseState: 0.15, CaseVerdict: 0.05}
	if !c.narrow {
		gap = caseGap
		least = [caseColumnCount]float32{CaseName: 120, CasePrediction: 136, CaseUncertainty: 96, CaseState: 112, CaseWarnings: 88, CaseVerdict: 102}
		share = [caseColumnCount]float32{CaseName: 0.5, CasePrediction: 0.25, CaseState: 0.2, CaseVerdict: 0.05}
	}
	x, rest := caseEdge+caseThumb+gap, width-caseEdge-caseBarRoom-caseThumb
	for _, w := range least {
		if w > 0 {
			rest -= w + gap
		}
	}
	for i, w := range least {
		if w == 0 {
			continue
		}
		w += max(0, rest) * share[i]
		c.at[i] = span{x, w}
		x += w + gap
	}
	if c.narrow {
		c.at[CaseUncertainty], c.at[CaseWarnings] = c.at[CasePrediction], c.at[CaseState]
	}
	return c
}
