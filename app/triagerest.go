package app

import "time"

// triageTimes are how long triage waits for things. None is a deadline: a machine
// that slept goes on where it was.
type triageTimes struct {
	rest     time.Duration // a file rests that is the same after this long
	old      time.Duration // so does one that last changed this long ago
	looks    int           // for files to come to rest, unless folders are watched
	period   time.Duration // between looks at watched folders, at least
	settle   time.Duration // after something changed in one
	patience time.Duration // the longest wait for a retry, unless folders are watched
	retry    time.Duration // before the first retry; later ones wait four times as long each
}

func usualTimes() triageTimes {
	return triageTimes{
		rest: 2 * time.Second, old: time.Minute, looks: 15, period: time.Minute, settle: time.Second,
		patience: 20 * time.Second, retry: 2 * time.Second,
	}
}

// delay is how long to wait after n failures before the next try.
func (t triageTimes) delay(n int) time.Duration {
	d := t.retry
	for range min(n, 10) {
		if d *= 4; d > 10*time.Minute {
			return 10 * time.Minute
		}
	}
	return d
}

// resting tells files that are still being written from those that are done.
type resting struct {
	times triageTimes
	now   func() time.Time
	round int
	last  map[string]sight
}

// sight is when a file first looked as it does.
type sight struct {
	file  slideFile
	at    time.Time
	round int // when it was last looked at
}

func newResting(times triageTimes) *resting {
	return &resting{times: times, now: time.Now, last: map[string]sight{}}
}

// look takes a file in and reports whether it is at rest. A time of change that lies
// in the future, as a file server's clock may have it, tells nothing.
func (r *resting) look(f slideFile) bool {
	now := r.now()
	before, known := r.last[f.path]
	if !known || !before.file.same(f) {
		before = sight{file: f, at: now}
	}
	if now.Sub(before.at) >= r.times.rest || now.Sub(f.modified) >= r.times.old {
		delete(r.last, f.path)
		return true
	}
	before.round = r.round
	r.last[f.path] = before
	return false
}

// end ends a round of looks: files that were not looked at are gone.
func (r *resting) end() {
	for path, s := range r.last {
		if s.round != r.round {
			delete(r.last, path)
		}
	}
	r.round++
}

// waiting counts the files that are not at rest.
func (r *resting) waiting() int { return len(r.last) }
