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
			report(Progress{"reading", i, 1000})
			time.Sleep(10 * time.Millisecond)
		}
		report(Progress{"writing", 0, 5})
		if n := len(got); n < 90 || n > 103 {
			t.Errorf("%d reports in ten seconds", n)
		}
		if got[0].Done != 0 || got[len(got)-2].Done != 1000 || got[len(got)-1].Stage != "writing" {
			t.Errorf("first %v, last %v: ends of stages are missing", got[0], got[len(got)-2:])
		}
	})
	Throttle(nil)(Progress{}) // nobody listens
}
