package texts

// Viewer are the words drawn over the slide.
type Viewer struct {
	Title string `json:"title"`
}
