package texts

// Slide are the words of the slide's information.
type Slide struct {
	Title string `json:"title"`
}
