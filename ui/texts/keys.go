package texts

// Keys are the words of the table of keys.
type Keys struct {
	Title string `json:"title"`
}
