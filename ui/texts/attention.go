package texts

// Attention are the words of the attention panel.
type Attention struct {
	Title string `json:"title"`
}
