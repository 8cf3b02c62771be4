package texts

// Export are the words of the export form.
type Export struct {
	Title         string `json:"title"`
	What          string `json:"what"`
	Attention     string `json:"attention"`
	View          string `json:"view"`
	Patches       string `json:"patches"`
	GeoJSON       string `json:"geojson"`
	CSV           string `json:"csv"`
	TIFF          string `json:"tiff"`
	PDF           string `json:"pdf"`
	Everything    string `json:"everything"`
	Level         string `json:"level"`
	AllLevels     string `json:"all_levels"`
	Side          string `json:"side"`
	Legend        string `json:"legend"`
	Folder        string `json:"folder"`
	NoFolder      string `json:"no_folder"`
	Pick          string `json:"pick"`
	Privacy       string `json:"privacy"`
	NeedsResult   string `json:"needs_result"`
	NothingChosen string `json:"nothing_chosen"`
	BadSide       string `json:"bad_side"` // %s: least, %s: most
	PickFolder    string `json:"pick_folder"`
	ThereTitle    string `json:"there_title"`
	ThereOne      string `json:"there_one"`  // %s: folder; one thing is there
	ThereMany     string `json:"there_many"` // %s: folder
	ThereMore     string `json:"there_more"` // %s: how many
	ThereHint     string `json:"there_hint"` // %s: what new names begin with
	Replace       string `json:"replace"`
	KeepBoth      string `json:"keep_both"`
}
