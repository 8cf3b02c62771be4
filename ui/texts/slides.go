package texts

// Slides are the words of the list of slides.
type Slides struct {
	Title string `json:"title"`
}
