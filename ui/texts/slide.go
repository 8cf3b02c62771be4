package texts

// Slide are the words of the slide panel.
type Slide struct {
	Title            string `json:"title"`
	None             string `json:"none"`
	Information      string `json:"information"`
	File             string `json:"file"`
	Folder           string `json:"folder"`
	Vendor           string `json:"vendor"`
	Size             string `json:"size"`
	Pixels           string `json:"pixels"`      // %s: width, %s: height
	Millimetres      string `json:"millimetres"` // %s: width, %s: height
	Resolution       string `json:"resolution"`
	PerPixel         string `json:"per_pixel"` // %s: micrometres, %s: magnification
	UnknownSize      string `json:"unknown_size"`
	Scanner          string `json:"scanner"`
	Source           string `json:"source"`
	Bounds           string `json:"bounds"`
	BoundsAt         string `json:"bounds_at"` // %s: width, %s: height, %s: left, %s: top
	Levels           string `json:"levels"`
	Reduced          string `json:"reduced"` // %s: factor
	Doctor           string `json:"doctor"`
	DoctorUnknown    string `json:"doctor_unknown"`
	DoctorKnown      string `json:"doctor_known"`
	DoctorStated     string `json:"doctor_stated"`
	ScannedAt        string `json:"scanned_at"`
	OtherHint        string `json:"other_hint"`
	Apply            string `json:"apply"`
	MeasureTitle     string `json:"measure_title"`
	Measure          string `json:"measure"`
	MeasureNow       string `json:"measure_now"`
	Measured         string `json:"measured"` // %s: pixels
	LengthHint       string `json:"length_hint"`
	Micrometres      string `json:"micrometres"`
	Millimetre       string `json:"millimetre"`
	Remember         string `json:"remember"` // %s: scanner
	RememberFile     string `json:"remember_file"`
	Reset            string `json:"reset"`
	BadMagnification string `json:"bad_magnification"`
	BadLength        string `json:"bad_length"`
	Properties       string `json:"properties"`
	Search           string `json:"search"`
	NoMatch          string `json:"no_match"`
	MoreMatches      string `json:"more_matches"` // %s: how many
	Images           string `json:"images"`
	Privacy          string `json:"privacy"`
	ShowImages       string `json:"show_images"`
	HideImages       string `json:"hide_images"`
	NoImages         string `json:"no_images"`
}
