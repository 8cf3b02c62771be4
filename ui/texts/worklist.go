package texts

// Worklist are the words of the worklist.
type Worklist struct {
	Title     string `json:"title"`
	Empty     string `json:"empty"`
	AddFolder string `json:"add_folder"`
	AddShort  string `json:"add_short"`
	NonePass  string `json:"none_pass"`
	Clear     string `json:"clear"`

	Start     string `json:"start"`
	Pause     string `json:"pause"`
	Pausing   string `json:"pausing"`
	Blinded   string `json:"blinded"`
	Report    string `json:"report"`
	ExportCSV string `json:"export_csv"`
	Model     string `json:"model"`    // %s: its name
	NoModel   string `json:"no_model"` // what to do
	Progress  string `json:"progress"` // %s of %s slides
	Rate      string `json:"rate"`     // %s: slides in an hour
	Left      string `json:"left"`     // %s: time

	Folders     string `json:"folders"`
	Reader      string `json:"reader"`     // %s: name
	AskReader   string `json:"ask_reader"` // %s: name
	ReaderYes   string `json:"reader_yes"`
	ReaderOther string `json:"reader_other"`
	RetryAll    string `json:"retry_all"`
	Waiting     string `json:"waiting"`
	OtherModel  string `json:"other_model"` // %s: that triage works with

	Mend      string `json:"mend"` // how a slide of unknown resolution is mended
	MendDo    string `json:"mend_do"`
	MendAll   string `json:"mend_all"` // %s: how many cases
	Stated    string `json:"stated"`   // %s: magnification
	NotStated string `json:"not_stated"`

	FindHint    string `json:"find_hint"`
	AnyState    string `json:"any_state"`
	AnyClass    string `json:"any_class"`
	UnreadOnly  string `json:"unread_only"`
	WithWarning string `json:"with_warning"`

	CountOne    string `json:"count_one"`
	Count       string `json:"count"`       // %s: how many cases
	ShownOf     string `json:"shown_of"`    // %s of %s cases that pass the filter
	CountParts  string `json:"count_parts"` // %s: how many cases, %s: of which states
	CountState  string `json:"count_state"` // %s: how many, %s: state
	CountUnread string `json:"count_unread"`
	ManyQueued  string `json:"many_queued"`  // state of several cases
	ManyRunning string `json:"many_running"` // the same
	AllRead     string `json:"all_read"`

	Queued    string `json:"queued"`
	Running   string `json:"running"`
	RunningAt string `json:"running_at"` // %s: how far, in percent
	Done      string `json:"done"`
	Failed    string `json:"failed"`
	FailedFor string `json:"failed_for"` // %s: reason
	WaitsFor  string `json:"waits_for"`  // %s: reason
	NotQueued string `json:"not_queued"`
	Missing   string `json:"missing"`

	ColumnName        string `json:"column_name"`
	ColumnPrediction  string `json:"column_prediction"`
	ColumnUncertainty string `json:"column_uncertainty"`
	ColumnState       string `json:"column_state"`
	ColumnWarnings    string `json:"column_warnings"`
	ColumnVerdict     string `json:"column_verdict"`
	Places            string `json:"places"` // %s: folder, %d: how many files
	Margin            string `json:"margin"`
	Entropy           string `json:"entropy"`
	WarningOne        string `json:"warning_one"`
	WarningMany       string `json:"warning_many"`
	Hidden            string `json:"hidden"`
	Unread            string `json:"unread"`

	SortedBy     string    `json:"sorted_by"`
	Reverse      string    `json:"reverse"`
	BlindedOrder string    `json:"blinded_order"`
	Rules        SortRules `json:"rules"`

	NothingSelected string `json:"nothing_selected"`
	Open            string `json:"open"`
	Prediction      string `json:"prediction"`
	Retry           string `json:"retry"`
	WhatToDo        string `json:"what_to_do"` // where the reason does not say
	NotYet          string `json:"not_yet"`

	YourVerdict string `json:"your_verdict"`
	NameClass   string `json:"name_class"`
	WhichClass  string `json:"which_class"`
	WithKey     string `json:"with_key"`  // %s: button, %s: its key
	ClassKey    string `json:"class_key"` // %d: number of a function key
	Agree       string `json:"agree"`
	AgreeKey    string `json:"agree_key"`
	Disagree    string `json:"disagree"`
	DisagreeKey string `json:"disagree_key"`
	Unsure      string `json:"unsure"`
	OtherGiven  string `json:"other_given"` // a verdict, on what another model said
	OtherSays   string `json:"other_says"`  // what such a verdict means
	UnsureKey   string `json:"unsure_key"`
	TakeBack    string `json:"take_back"`
	ReadClass   string `json:"read_class"` // %s: class in the reader's view
	ReadBlinded string `json:"read_blinded"`
	NoteHint    string `json:"note_hint"`
	NoteHelp    string `json:"note_help"`

	Agreement Agreement       `json:"agreement"`
	Folder    WorklistFolders `json:"folder"`
	Who       WorklistReader  `json:"who"`
}

// WorklistFolders are the words about the folders of the worklist.
type WorklistFolders struct {
	Title      string `json:"title"`
	None       string `json:"none"`
	Count      string `json:"count"` // %s: how many cases
	CountOne   string `json:"count_one"`
	Watch      string `json:"watch"`
	Images     string `json:"images"`
	Remove     string `json:"remove"`
	WatchNote  string `json:"watch_note"`
	RemoveNote string `json:"remove_note"`
}

// WorklistReader are the words about who reads.
type WorklistReader struct {
	Title string `json:"title"`
	Name  string `json:"name"`
	Known string `json:"known"`
	Note  string `json:"note"`
	Use   string `json:"use"`
}

// SortRules are the orders of the worklist in words, each with its reverse.
type SortRules struct {
	Name            string `json:"name"`
	NameBack        string `json:"name_back"`
	Added           string `json:"added"`
	AddedBack       string `json:"added_back"`
	Changed         string `json:"changed"`
	ChangedBack     string `json:"changed_back"`
	State           string `json:"state"`
	StateBack       string `json:"state_back"`
	Priority        string `json:"priority"`
	PriorityBack    string `json:"priority_back"`
	Probability     string `json:"probability"`      // %s: class
	ProbabilityBack string `json:"probability_back"` // %s: class
	Uncertainty     string `json:"uncertainty"`
	UncertaintyBack string `json:"uncertainty_back"`
	Entropy         string `json:"entropy"`
	EntropyBack     string `json:"entropy_back"`
	Warnings        string `json:"warnings"`
	WarningsBack    string `json:"warnings_back"`
	Label           string `json:"label"`
	LabelBack       string `json:"label_back"`
	Verdict         string `json:"verdict"`
	VerdictBack     string `json:"verdict_back"`
}

// Agreement are the words of the report on how readers agree with a model.
type Agreement struct {
	Between   string `json:"between"` // %s: reader, %s: model
	Reader    string `json:"reader"`
	Model     string `json:"model"`
	Another   string `json:"another"`
	None      string `json:"none"`
	Agree     string `json:"agree"`    // %s of %s cases
	Observed  string `json:"observed"` // label of the share
	Kappa     string `json:"kappa"`
	Interval  string `json:"interval"` // %s to %s
	NoKappa   string `json:"no_kappa"`
	Meaning   string `json:"meaning"`
	Unsure    string `json:"unsure"`  // %s: how many cases
	Unread    string `json:"unread"`  // %s: how many cases
	Blinded   string `json:"blinded"` // %s of %s verdicts
	ByClass   string `json:"by_class"`
	Class     string `json:"class"`
	Both      string `json:"both"`
	Share     string `json:"share"` // of agreement on a class
	ShareNote string `json:"share_note"`
	CSV       string `json:"csv"`
	PDF       string `json:"pdf"`
}
