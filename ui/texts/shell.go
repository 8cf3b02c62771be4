package texts

// Shell are the words of the window itself: its title, menus, and what it says of
// work under way.
type Shell struct {
	Title      string `json:"title"`
	TitleSlide string `json:"title_slide"` // %s: the slide's name

	File            string `json:"file"`
	Open            string `json:"open"`
	OpenDemo        string `json:"open_demo"`
	Recent          string `json:"recent"`
	NoRecent        string `json:"no_recent"`
	ClearRecent     string `json:"clear_recent"`
	Missing         string `json:"missing"` // %s: a file that is not there
	Close           string `json:"close"`
	Export          string `json:"export"`
	Report          string `json:"report"`
	Quit            string `json:"quit"`
	View            string `json:"view"`
	Fit             string `json:"fit"`
	ZoomIn          string `json:"zoom_in"`
	ZoomOut         string `json:"zoom_out"`
	Two             string `json:"two"`
	SlideList       string `json:"slide_list"`
	Panels          string `json:"panels"`
	SlideOnly       string `json:"slide_only"`
	SlideMenu       string `json:"slide_menu"`
	Run             string `json:"run"`
	Cancel          string `json:"cancel"`
	Next            string `json:"next"`
	Previous        string `json:"previous"`
	AttentionToggle string `json:"attention_toggle"`
	NextLayer       string `json:"next_layer"`
	NextPatch       string `json:"next_patch"`
	PreviousPatch   string `json:"previous_patch"`
	Help            string `json:"help"`
	Keys            string `json:"keys"`
	Diagnostics     string `json:"diagnostics"`
	Copied          string `json:"copied"`
	ShowLog         string `json:"show_log"`
	About           string `json:"about"`
	AboutText       string `json:"about_text"` // %s: version; %s: the research-use line

	ToolOpen   string `json:"tool_open"`
	ToolRun    string `json:"tool_run"`
	ToolExport string `json:"tool_export"`
	ToolFit    string `json:"tool_fit"`

	NothingAbove string `json:"nothing_above"`
	NothingBelow string `json:"nothing_below"`

	StateResolution string `json:"state_resolution"`
	ShowResolution  string `json:"show_resolution"`

	OK       string `json:"ok"`
	SlidesOf string `json:"slides_of"` // the filter of the open dialog

	Opening      string `json:"opening"`      // %s: slide
	Analysing    string `json:"analysing"`    // %s: slide
	Exporting    string `json:"exporting"`    // %s: slide
	Drawing      string `json:"drawing"`      // of the demo slide
	Probing      string `json:"probing"`      // devices are being tried
	Exported     string `json:"exported"`     // %d files, %s: folder
	ExportedOne  string `json:"exported_one"` // %s: file
	ShowFolder   string `json:"show_folder"`
	Cancelled    string `json:"cancelled"`
	SaveReport   string `json:"save_report"`
	ReportFilter string `json:"report_filter"`
	ChooseFolder string `json:"choose_folder"`
	ExportTitle  string `json:"export_title"` // %s: slide
	NoResult     string `json:"no_result"`    // what to do before there is anything to export
	SettingsLost string `json:"settings_lost"`

	StageOpening  string `json:"stage_opening"`
	StageTissue   string `json:"stage_tissue"`
	StageEncoding string `json:"stage_encoding"` // %s: magnification

	ModelMenu     string `json:"model_menu"`
	Train         string `json:"train"`
	Models        string `json:"models"`
	PickTable     string `json:"pick_table"`
	TableFilter   string `json:"table_filter"`
	PickClasses   string `json:"pick_classes"`
	PickRuns      string `json:"pick_runs"`
	PickModel     string `json:"pick_model"`
	ModelFilter   string `json:"model_filter"`
	PickCompanion string `json:"pick_companion"`
	JSONFilter    string `json:"json_filter"`
	Inspecting    string `json:"inspecting"`       // %s: dataset
	Estimating    string `json:"estimating"`       // %s: dataset
	FeaturesOf    string `json:"features_of"`      // %s: dataset
	TrainingOf    string `json:"training_of"`      // %s: run
	Judging       string `json:"judging"`          // %s: run
	Installing    string `json:"installing"`       // %s: file
	TableInTheWay string `json:"table_in_the_way"` // %s: file
	TrainingBusy  string `json:"training_busy"`
	RunThere      string `json:"run_there"` // %s: run
	BadModelName  string `json:"bad_model_name"`

	ReadoutUnread string `json:"readout_unread"` // %s: magnification
	ReadoutRank   string `json:"readout_rank"`   // %s: share; %d of %d: rank
}
