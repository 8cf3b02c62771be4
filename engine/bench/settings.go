package bench

import (
	"context"

	"zoomscope/engine/zoom"
)

// Setting is an engine that is set up in some way.
type Setting struct {
	Name   string
	Engine *zoom.Engine
}

// SettingTimes is how one of several settings did.
type SettingTimes struct {
	Setting string   `json:"setting"`
	Seconds float64  `json:"seconds"` // median of the analysis
	Ratio   Quotient `json:"ratio"`   // to the first setting
}

// Settings measures the analysis of one slide by each of several engines, the
// first of which the others are compared with.
func Settings(ctx context.Context, slide Opened, settings []Setting, rounds int, begin func(done, total int)) ([]*SettingTimes, error) {
	contenders := make([]Contender, len(settings))
	for i, s := range settings {
		c := AnalysisCase{Slide: slide, Engine: s.Engine}
		contenders[i] = Contender{s.Name, func(ctx context.Context) (Spent, error) {
			_, took, err := analyse(ctx, c)
			return took, err
		}}
	}
	times, err := Alternate(ctx, rounds, contenders, begin)
	if err != nil {
		return nil, err
	}
	out := make([]*SettingTimes, len(settings))
	for i, s := range settings {
		out[i] = &SettingTimes{s.Name, times[i].Seconds(), Ratio(times[i], times[0])}
	}
	return out, nil
}
