package texts

// Start are the words of the window before a slide is open.
type Start struct {
	Title string `json:"title"`
}
