package bench

import (
	"context"
	"time"

	"zoomscope/engine/zoom"
)

// Setting is an engine that is set up in some way.
type Setting struct {
	Name   string
	Engine *zoom.Engine
}

// SettingTimes is how one of several settings did.
type SettingTimes struct {
	Setting string  `json:"setting"`
	Seconds float64 `json:"seconds"` // median of the analysis
	Ratio   float64 `json:"ratio"`   // to the time of the first setting
}

// Settings measures the analysis of one slide by each of several engines, the
// first of which the others are compared with.
func Settings(ctx context.Context, slide Opened, settings []Setting, rounds int, begin func(done, total int)) ([]*SettingTimes, error) {
	contenders := make([]Contender, len(settings))
	for i, s := range settings {
		c := AnalysisCase{Slide: slide, Engine: s.Engine}
		contenders[i] = Contender{s.Name, func(ctx context.Context) (time.Duration, error) {
			r, err := analyse(ctx, c)
			if err != nil {
				return 0, err
			}
			return time.Duration(r.Seconds.Total * float64(time.Second)), nil
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
