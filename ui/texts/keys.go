package texts

// Keys are the words of the table of keys: fields that end in Keys name keys, the others what they do.
type Keys struct {
	Title         string `json:"title"`
	Look          string `json:"look"`
	Attention     string `json:"attention"`
	Path          string `json:"path"`
	Slides        string `json:"slides"`
	Window        string `json:"window"`
	WheelKeys     string `json:"wheel_keys"`
	Wheel         string `json:"wheel"`
	PanKeys       string `json:"pan_keys"`
	Pan           string `json:"pan"`
	PresetKeys    string `json:"preset_keys"`
	Preset        string `json:"preset"`
	FitKeys       string `json:"fit_keys"`
	Fit           string `json:"fit"`
	ToggleKeys    string `json:"toggle_keys"`
	Toggle        string `json:"toggle"`
	LayerKeys     string `json:"layer_keys"`
	Layer         string `json:"layer"`
	OpacityKeys   string `json:"opacity_keys"`
	Opacity       string `json:"opacity"`
	NextKeys      string `json:"next_keys"`
	Next          string `json:"next"`
	PreviousKeys  string `json:"previous_keys"`
	Previous      string `json:"previous"`
	LevelKeys     string `json:"level_keys"`
	Level         string `json:"level"`
	RunKeys       string `json:"run_keys"`
	Run           string `json:"run"`
	CancelKeys    string `json:"cancel_keys"`
	Cancel        string `json:"cancel"`
	SlideKeys     string `json:"slide_keys"`
	Slide         string `json:"slide"`
	OpenKeys      string `json:"open_keys"`
	Open          string `json:"open"`
	ExportKeys    string `json:"export_keys"`
	Export        string `json:"export"`
	ReportKeys    string `json:"report_keys"`
	Report        string `json:"report"`
	FoldKeys      string `json:"fold_keys"`
	Fold          string `json:"fold"`
	SlideOnlyKeys string `json:"slide_only_keys"`
	SlideOnly     string `json:"slide_only"`
	DoubleKeys    string `json:"double_keys"`
	Double        string `json:"double"`
	CloseKeys     string `json:"close_keys"`
	Close         string `json:"close"`
	TwoKeys       string `json:"two_keys"`
	Two           string `json:"two"`
	QuitKeys      string `json:"quit_keys"`
	Quit          string `json:"quit"`
	HelpKeys      string `json:"help_keys"`
	Help          string `json:"help"`
}
