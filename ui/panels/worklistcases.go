package panels

// keptCases is how many cases are kept at most: they carry pictures.
const keptCases = 12 * WorklistPageSize

// caseStore keeps the cases of a list that were fetched.
type caseStore struct {
	length int
	cases  map[int]*WorklistCase
	index  map[int64]int // by ID
	asked  map[int]bool  // pages
}

func newCaseStore() *caseStore {
	s := &caseStore{}
	s.reset(0)
	return s
}

// reset forgets everything.
func (s *caseStore) reset(length int) {
	s.length, s.cases, s.index, s.asked = length, map[int]*WorklistCase{}, map[int64]int{}, map[int]bool{}
}

// at is the case of an index; nil where it is not there.
func (s *caseStore) at(index int) *WorklistCase { return s.cases[index] }

func (s *caseStore) put(from int, cases []WorklistCase) {
	for i, c := range cases {
		if at := from + i; at >= 0 && at < s.length {
			s.forget(at)
			s.cases[at] = &c
			s.index[c.ID] = at
		}
	}
}

// forget leaves a case away.
func (s *caseStore) forget(at int) {
	if c := s.cases[at]; c != nil && s.index[c.ID] == at {
		delete(s.index, c.ID)
	}
	delete(s.cases, at)
}

// want asks for the pages of a range that are neither there nor asked for.
func (s *caseStore) want(from, n int, ask func(from, n int)) {
	first, end := max(0, from)/WorklistPageSize, min(from+n, s.length)
	for page := first; page*WorklistPageSize < end; page++ {
		start := page * WorklistPageSize
		size := min(WorklistPageSize, s.length-start)
		if !s.asked[page] && !s.has(start, size) {
			s.asked[page] = true
			ask(start, size)
		}
	}
}

func (s *caseStore) has(from, n int) bool {
	for i := range n {
		if s.cases[from+i] == nil {
			return false
		}
	}
	return true
}

// drop forgets the pages farthest from the middle of what is seen when too many
// cases are kept; that of the case at hand stays.
func (s *caseStore) drop(middle, atHand int) {
	if len(s.cases) <= keptCases {
		return
	}
	for i := range s.cases {
		page := i / WorklistPageSize
		away := page*WorklistPageSize + WorklistPageSize/2 - middle
		if max(away, -away) > keptCases/3 && page != atHand/WorklistPageSize {
			s.forget(i)
			delete(s.asked, page)
		}
	}
}
