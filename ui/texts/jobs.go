package texts

// Jobs are the words of the job bar.
type Jobs struct {
	Idle          string `json:"idle"`
	Job           string `json:"job"`      // %s: what is done, %s: percent
	JobLeft       string `json:"job_left"` // %s: what is done, %s: percent, %s: time
	More          string `json:"more"`     // %d: how many
	ResearchShort string `json:"research_short"`
	ResearchFull  string `json:"research_full"`
}
