package texts

// Start are the words of the window before a slide is open.
type Start struct {
	Title    string `json:"title"`
	Sentence string `json:"sentence"`
	Open     string `json:"open"`
	Demo     string `json:"demo"`
	Drop     string `json:"drop"`
	Recent   string `json:"recent"`
	Folder   string `json:"folder"`
}
