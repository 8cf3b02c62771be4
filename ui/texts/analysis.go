package texts

// Analysis are the words of the analysis panel.
type Analysis struct {
	Title string `json:"title"`
}
