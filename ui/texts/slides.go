package texts

// Slides are the words of the list of slides.
type Slides struct {
	Title     string `json:"title"`
	Empty     string `json:"empty"`
	EmptyHint string `json:"empty_hint"`
	Opening   string `json:"opening"`
	Queued    string `json:"queued"`
	Running   string `json:"running"` // %s: how far, in percent
	Done      string `json:"done"`    // %s: class, %s: its probability
	Failed    string `json:"failed"`  // %s: the reason
	Synthetic string `json:"synthetic"`
	Untrained string `json:"untrained"`
	Again     string `json:"again"`
	Remove    string `json:"remove"`
}
