package texts

// Path are the words of the zoom path.
type Path struct {
	Title string `json:"title"`
}
