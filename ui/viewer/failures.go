package viewer

import "time"

// patience is how long a tile that could not be read is left alone. Slides on a
// network drive come back by themselves.
const patience = 5 * time.Second

// failures are the tiles that could not be read.
type failures struct {
	at      map[tileKey]time.Time // when each was tried last
	told    bool                  // of this source
	waiting bool                  // those in view are about to be tried again
}

func newFailures() failures { return failures{at: make(map[tileKey]time.Time)} }

// forget is for another source.
func (f *failures) forget() {
	clear(f.at)
	f.told = false
}

// has tells whether a tile could not be read when it was last tried.
func (f *failures) has(k tileKey) bool {
	_, ok := f.at[k]
	return ok
}

// lately tells whether a tile is not to be tried again yet.
func (f *failures) lately(k tileKey) bool {
	at, ok := f.at[k]
	return ok && time.Since(at) < patience
}

// fail notes a tile that could not be read, and tells of the first of a source.
func (v *Viewer) fail(a arrival) {
	v.failed.at[a.key] = time.Now()
	if v.showing.has(a.key) {
		v.tryLater(rankSeen)
	}
	if !v.failed.told && v.OnTileError != nil {
		v.failed.told = true
		v.OnTileError(a.err)
	}
}

// tryLater has what is seen and could not be read tried again in a while: one timer
// for all of it, and none where it is out of view.
func (v *Viewer) tryLater(rank int) {
	if rank == rankSeen && !v.failed.waiting {
		v.failed.waiting = true
		v.loader.after(patience, v.tryAgain)
	}
}

// tryAgain asks for the view's tiles once more; those at hand cost nothing. It runs
// on the UI thread.
func (v *Viewer) tryAgain() {
	v.failed.waiting = false
	v.wanting = tileRange{}
	v.arrange()
}
