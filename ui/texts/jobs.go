package texts

// Jobs are the words of the job bar.
type Jobs struct {
	Idle          string `json:"idle"`
	Stage         string `json:"stage"` // %s: what is worked on, %s: what is done
	Job           string `json:"job"`   // %s: what is done, %s: percent
	More          string `json:"more"`  // %d: how many
	ResearchShort string `json:"research_short"`
	ResearchFull  string `json:"research_full"`
}
