package result

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []Progress
		report := Throttle(func(p Progress) { got = append(got, p) })
		for i := range 1001 { // ten seconds of one stage
			report(Progress{Stage: "reading", Done: i, Total: 1000})
			time.Sleep(10 * time.Millisecond)
		}
		report(Progress{Stage: "writing", Total: 5, Now: "a.csv"})
		report(Progress{Stage: "writing", Total: 5, Now: "b.csv"})
		if n := len(got); n < 90 || n > 103 {
			t.Errorf("%d reports in ten seconds", n)
		}
		if got[0].Done != 0 || got[len(got)-3].Done != 1000 || got[len(got)-2].Now != "a.csv" || got[len(got)-1].Now != "b.csv" {
			t.Errorf("first %v, last %v: ends of stages, or parts, are missing", got[0], got[len(got)-3:])
		}
	})
	Throttle(nil)(Progress{}) // nobody listens
}
