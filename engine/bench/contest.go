package bench

import (
	"context"
	"fmt"
	"slices"

	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

// Entry is a contestant and how it is trained: of the trial, the seed and the
// folder are those of each run.
type Entry struct {
	Contestant
	Trial Trial
}

// Read is how many patches the entry's method encodes of a test slide, in the mean.
func (e Entry) Read() float64 {
	samples, total := e.Trial.Data.In(train.Test), 0.0
	for _, s := range samples {
		total += e.reads(s.Patches)
	}
	return total / float64(len(samples))
}

// reads is how many patches are encoded of a slide that has so many at each
// magnification, all being as finely divided as they are in the mean.
func (e Entry) reads(patches []int) float64 {
	n := float64(patches[0])
	total := n
	for i, higher := range patches[1:] {
		if e.K != nil {
			n = min(n, float64(e.K[i])) * float64(higher) / float64(patches[i])
		} else {
			n = float64(higher)
		}
		total += n
	}
	return total
}

// TestPatches are how many patches a test slide of a dataset has at each
// magnification, in the mean.
func TestPatches(d *train.Dataset) []float64 {
	means := make([]float64, len(d.Magnifications))
	samples := d.In(train.Test)
	for _, s := range samples {
		for i, n := range s.Patches {
			means[i] += float64(n) / float64(len(samples))
		}
	}
	return means
}

// Standing is how a contestant did on the test split, over the seeds.
type Standing struct {
	WeightedF1 Spread  `json:"weighted_f1"`
	Accuracy   Spread  `json:"accuracy"`
	AUC        Spread  `json:"auc"`
	Confusion  [][]int `json:"confusion"` // [truth][predicted], of all seeds together
}

// Contest trains and tests every entry with every seed.
type Contest struct {
	Entries []Entry
	Seeds   []uint64
	Folder  string // keeps the runs: those that have ended are not run again
}

// heat is one run of a contest.
type heat struct {
	entry, seed int
	trial       Trial
}

// Run gives the standing of each entry, and what the runs warn of. When ctx ends,
// what was done so far stays in the folder to be gone on with.
func (c *Contest) Run(ctx context.Context, progress func(result.Progress)) (_ []Standing, warnings []string, _ error) {
	tests := make([][]*train.Metrics, len(c.Entries))
	for i := range tests {
		tests[i] = make([]*train.Metrics, len(c.Seeds))
	}
	heats := c.heats()
	runs := newRuns(progress)
	for _, h := range heats {
		runs.expect(h.trial)
	}
	for _, h := range heats {
		s, err := runs.run(ctx, fmt.Sprintf("%s, seed %d", c.Entries[h.entry].Name, c.Seeds[h.seed]), h.trial)
		if err != nil {
			return nil, nil, err
		}
		for _, w := range s.Warnings {
			if !slices.Contains(warnings, w) {
				warnings = append(warnings, w)
			}
		}
		tests[h.entry][h.seed] = s.Test
	}
	standings := make([]Standing, len(c.Entries))
	for i := range tests {
		standings[i] = standing(tests[i])
	}
	return standings, warnings, nil
}

// heats are all runs, seed by seed.
func (c *Contest) heats() []heat {
	var all []heat
	for j, seed := range c.Seeds {
		for i, e := range c.Entries {
			t := e.Trial
			t.Config.Seed, t.Folder = seed, TrialFolder(c.Folder, e.Key(), seed)
			all = append(all, heat{i, j, t})
		}
	}
	return all
}

// standing sums up the tests of all seeds.
func standing(tests []*train.Metrics) Standing {
	var f1, accuracy, auc []float64
	var confusion [][]int
	for _, m := range tests {
		f1, accuracy, auc = append(f1, float64(m.WeightedF1)), append(accuracy, float64(m.Accuracy)), append(auc, float64(m.AUC.Value))
		if confusion == nil {
			confusion = make([][]int, len(m.Confusion))
		}
		for i, row := range m.Confusion {
			if confusion[i] == nil {
				confusion[i] = make([]int, len(row))
			}
			for j, n := range row {
				confusion[i][j] += n
			}
		}
	}
	return Standing{spread(f1), spread(accuracy), spread(auc), confusion}
}
