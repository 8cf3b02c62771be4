package worklist

import (
	"maps"
	"slices"
	"sync"
)

// Change says what changed in a worklist.
type Change struct {
	What  ChangeKind
	Cases []int64 // which cases; nil for many
}

// ChangeKind is a kind of change.
type ChangeKind string

// The kinds of change.
const (
	CasesChanged    ChangeKind = "cases"    // they came, moved, or have another priority
	RunsChanged     ChangeKind = "runs"     // states and results
	VerdictsChanged ChangeKind = "verdicts" //
	PicturesChanged ChangeKind = "pictures" //
)

// Subscribe has f called after every change, until cancel is called. f is called
// from the goroutine that made the change, which waits for it: f should pass the
// word on and return. It must not call methods that change the worklist.
func (s *Store) Subscribe(f func(Change)) (cancel func()) { return s.changes.add(f) }

type subscribers struct {
	mu   sync.Mutex
	next int
	all  map[int]func(Change)
}

func (s *subscribers) add(f func(Change)) (cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[int]func(Change){}
	}
	id := s.next
	s.next++
	s.all[id] = f
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.all, id)
	}
}

func (s *subscribers) tell(c Change) {
	s.mu.Lock()
	all := slices.Collect(maps.Values(s.all))
	s.mu.Unlock()
	for _, f := range all {
		f(c)
	}
}
