package texts

// Export are the words of the export form.
type Export struct {
	Title string `json:"title"`
}
