package texts

// Path are the words of the zoom path.
type Path struct {
	Title     string `json:"title"`
	None      string `json:"none"`
	Hidden    string `json:"hidden"`   // until the verdict of a blinded reading
	Section   string `json:"section"`  // %s: magnification, %s: patches
	ShowAll   string `json:"show_all"` // %s: patches
	ShowFewer string `json:"show_fewer"`
	Previous  string `json:"previous"`
	Next      string `json:"next"`
	Up        string `json:"up"`
	Down      string `json:"down"`
	Hint      string `json:"hint"`
	At        string `json:"at"`        // %s: which, %s: of how many, %s: magnification
	OfZoom    string `json:"of_zoom"`   // %s: share
	OfPooled  string `json:"of_pooled"` // %s: share
	Nowhere   string `json:"nowhere"`
	// What the shares of a magnification are parts of.
	SharesZoom   string `json:"shares_zoom"`
	SharesPooled string `json:"shares_pooled"`
}
