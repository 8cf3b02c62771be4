package texts

// Jobs are the words of the job bar.
type Jobs struct {
	Title string `json:"title"`
}
