package app

import (
	"slices"

	"zoomscope/engine/train"
)

// sameContent groups rows by what their slides are, leaving those out that stand
// alone.
func sameContent(rows []train.Row, contents []string) [][]train.Row {
	at := map[string][]train.Row{}
	var order []string
	for i, id := range contents {
		if id == "" {
			continue
		}
		if at[id] == nil {
			order = append(order, id)
		}
		at[id] = append(at[id], rows[i])
	}
	var groups [][]train.Row
	for _, id := range order {
		if len(at[id]) > 1 {
			groups = append(groups, at[id])
		}
	}
	return groups
}

// twins are the slides of one content that agree, as "a = b".
func twins(rows []train.Row, contents []string) []string {
	return grouped(rows, contents, func(a, b train.Row) bool { return agree(a, b) })
}

// clashes are those that do not.
func clashes(rows []train.Row, contents []string) []string {
	return grouped(rows, contents, func(a, b train.Row) bool { return !agree(a, b) })
}

func grouped(rows []train.Row, contents []string, wanted func(a, b train.Row) bool) []string {
	var names []string
	for _, group := range sameContent(rows, contents) {
		for _, other := range group[1:] {
			if wanted(group[0], other) {
				names = append(names, group[0].Slide+" = "+other.Slide)
			}
		}
	}
	return names
}

// agree says that two lines on one slide can both be true.
func agree(a, b train.Row) bool {
	return a.Label == b.Label && a.Split == b.Split && (a.Patient == b.Patient || a.Patient == "" || b.Patient == "")
}

// tornPatients are those that the table has in two splits.
func tornPatients(rows []train.Row) []string {
	seen := map[string]train.Split{}
	var torn []string
	for _, r := range rows {
		if r.Patient == "" || r.Split == train.Unassigned {
			continue
		}
		if first, ok := seen[r.Patient]; ok && first != r.Split && !slices.Contains(torn, r.Patient) {
			torn = append(torn, r.Patient)
		}
		seen[r.Patient] = r.Split
	}
	return torn
}
