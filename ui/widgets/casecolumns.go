package widgets

// CaseColumn is a column of a table of cases.
type CaseColumn int

// The columns. In a narrow table CaseUncertainty stands below CasePrediction, and
// CaseWarnings below CaseState. A table too narrow even so leaves out CaseState, then
// CaseVerdict, then the pictures, and CasePrediction last.
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

// caseColumns is where the columns of a table stand; one that is left out has no width.
type caseColumns struct {
	narrow  bool
	picture bool
	at      [caseColumnCount]span
}

// has tells whether a column is not left out.
func (c caseColumns) has(column CaseColumn) bool { return c.at[column].width > 0 }

// caseWidths are the least widths of columns, none where a column stands below another
// or is left out, the gap between them, and how they share what is left.
type caseWidths struct {
	picture bool
	gap     float32
	least   [caseColumnCount]float32
	share   [caseColumnCount]float32
}

// columnsFor shares a width among the columns: the words of some have a fixed
// length, the name gets most of what is left.
func columnsFor(width float32) caseColumns {
	w := widthsFor(width)
	c := caseColumns{narrow: width < caseWide, picture: w.picture}
	x, rest, shared := w.begin(), max(0, width-w.total()), w.shared()
	for i, least := range w.least {
		if least == 0 {
			continue
		}
		c.at[i] = span{x, least + rest*w.share[i]/shared}
		x += c.at[i].width + w.gap
	}
	if c.narrow {
		c.at[CaseUncertainty], c.at[CaseWarnings] = c.at[CasePrediction], c.at[CaseState]
	}
	return c
}

// widthsFor are the widths of as much as a table has room for.
func widthsFor(width float32) caseWidths {
	w := caseWidths{picture: true, gap: caseNarrowGap,
		least: [caseColumnCount]float32{CaseName: 92, CasePrediction: 116, CaseState: 92, CaseVerdict: 78},
		share: [caseColumnCount]float32{CaseName: 0.55, CasePrediction: 0.25, CaseState: 0.15, CaseVerdict: 0.05}}
	if width >= caseWide {
		w.gap = caseGap
		w.least = [caseColumnCount]float32{CaseName: 120, CasePrediction: 136, CaseUncertainty: 96, CaseState: 112, CaseWarnings: 88, CaseVerdict: 102}
		w.share = [caseColumnCount]float32{CaseName: 0.5, CasePrediction: 0.25, CaseState: 0.2, CaseVerdict: 0.05}
		return w
	}
	for _, leaveOut := range []func(){
		func() { w.least[CaseState] = 0 },
		func() { w.least[CaseVerdict] = 0 },
		func() { w.picture, w.least[CaseName], w.least[CasePrediction] = false, 76, 98 },
		func() { w.least[CasePrediction] = 0 },
	} {
		if w.total() <= width {
			break
		}
		leaveOut()
	}
	return w
}

// begin is where the first column stands.
func (w caseWidths) begin() float32 {
	if !w.picture {
		return caseEdge
	}
	return caseEdge + caseThumb + w.gap
}

// shared are the shares of all columns that stand in the table.
func (w caseWidths) shared() (sum float32) {
	for i, least := range w.least {
		if least > 0 {
			sum += w.share[i]
		}
	}
	return sum
}

// total is the width that the columns need.
func (w caseWidths) total() float32 {
	end := w.begin() - w.gap + caseBarRoom
	for _, least := range w.least {
		if least > 0 {
			end += least + w.gap
		}
	}
	return end
}
