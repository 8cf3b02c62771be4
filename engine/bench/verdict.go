package bench

// A Verdict holds a measured value against its budget.
type Verdict struct {
	What   string  `json:"what"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit,omitempty"` // "" for a ratio
	Budget float64 `json:"budget"`
	Least  bool    `json:"least"` // the budget is the least that will do, not the most
	Met    bool    `json:"met"`
}

// AtLeast is the verdict on a ratio that must reach a budget.
func AtLeast(what string, value, budget float64) Verdict {
	return Verdict{What: what, Value: value, Budget: budget, Least: true, Met: value >= budget}
}

// AtMost is the verdict on a value that must not exceed a budget.
func AtMost(what string, value, budget float64, unit string) Verdict {
	return Verdict{What: what, Value: value, Budget: budget, Unit: unit, Met: value <= budget}
}
