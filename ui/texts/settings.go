package texts

// Settings are the words of the settings.
type Settings struct {
	Title          string `json:"title"`
	Look           string `json:"look"`
	System         string `json:"system"`
	Light          string `json:"light"`
	Dark           string `json:"dark"`
	Language       string `json:"language"`
	LanguageSystem string `json:"language_system"`
	LanguageNote   string `json:"language_note"`
	Threads        string `json:"threads"`
	ThreadsAuto    string `json:"threads_auto"`
	ThreadsNote    string `json:"threads_note"`
	Map            string `json:"map"`
	MapNote        string `json:"map_note"`
}
