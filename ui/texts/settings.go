package texts

// Settings are the words of the settings.
type Settings struct {
	Title string `json:"title"`
}
