package texts

// Errors are what error dialogs say.
type Errors struct {
	Title string `json:"title"`
}
