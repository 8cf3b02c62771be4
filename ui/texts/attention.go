package texts

// Attention are the words of the attention panel.
type Attention struct {
	Title       string `json:"title"`
	Show        string `json:"show"`
	None        string `json:"none"`
	Absent      string `json:"absent"` // the method has no attention
	Hidden      string `json:"hidden"` // until the verdict of a blinded reading
	Level       string `json:"level"`
	Auto        string `json:"auto"`
	AutoShows   string `json:"auto_shows"` // %s: magnification
	Kind        string `json:"kind"`
	Pooled      string `json:"pooled"`
	Zoom        string `json:"zoom"`
	PooledNote  string `json:"pooled_note"`
	ZoomNote    string `json:"zoom_note"`
	NoZoom      string `json:"no_zoom"`
	Opacity     string `json:"opacity"`
	Scale       string `json:"scale"`
	Raw         string `json:"raw"`
	Percentile  string `json:"percentile"`
	Map         string `json:"map"`
	Outlines    string `json:"outlines"`
	LegendTitle string `json:"legend_title"` // %s: magnification, %s: kind, %s: scale
	EvenShare   string `json:"even_share"`   // %s: the share
	ColorIsRank string `json:"color_is_rank"`
	Median      string `json:"median"` // %s: the share
}
