package texts

// Training are the words of the training panel.
type Training struct {
	Title string `json:"title"`

	Dataset        string `json:"dataset"`
	DatasetHint    string `json:"dataset_hint"`
	PickTable      string `json:"pick_table"`
	PickFolder     string `json:"pick_folder"`
	Images         string `json:"images"`
	Looking        string `json:"looking"`      // %s: how far
	Slides         string `json:"slides"`       // Numbers.Slides, Classes, Patients
	SlidesOnly     string `json:"slides_only"`  // Numbers.Slides, Classes
	FromFolders    string `json:"from_folders"` // %s: name of the table, %s: its folder
	Class          string `json:"class"`
	Train          string `json:"train"`
	Val            string `json:"val"`
	Test           string `json:"test"`
	All            string `json:"all"`
	Missing        string `json:"missing"`       // %s: how many
	Unreadable     string `json:"unreadable"`    // %s: how many
	NoResolution   string `json:"no_resolution"` // %s: how many
	Duplicate      string `json:"duplicate"`     // %s: how many
	Contradiction  string `json:"contradiction"` // %s: how many
	Patients       string `json:"patients"`      // %s: how many
	Division       string `json:"division"`
	NoPatients     string `json:"no_patients"`
	FewSlides      string `json:"few_slides"` // %s: classes
	Loose          string `json:"loose"`      // %s: how many
	StatedAt       string `json:"stated_at"`
	AsFiles        string `json:"as_files"`
	ShowNames      string `json:"show_names"`
	HideNames      string `json:"hide_names"`
	MoreNames      string `json:"more_names"` // %s: how many
	DatasetProblem string `json:"dataset_problem"`

	Features       string `json:"features"`
	FeaturesHint   string `json:"features_hint"`
	Encoder        string `json:"encoder"`
	NoEncoder      string `json:"no_encoder"`
	Preset         string `json:"preset"`
	PresetNote     string `json:"preset_note"` // %s: magnifications, %s: patches zoomed into
	Estimate       string `json:"estimate"`
	Estimating     string `json:"estimating"`
	EstimateWork   string `json:"estimate_work"`   // %s: patches, %s: slides, %s: patches a second, %s: device
	EstimateTime   string `json:"estimate_time"`   // %s: time, %s: bytes
	EstimateTrain  string `json:"estimate_train"`  // %s: time, Numbers.Epochs
	EstimateSpread string `json:"estimate_spread"` // %s: slides looked at, %s: fewest, %s: most patches
	EstimateDone   string `json:"estimate_done"`
	Extract        string `json:"extract"`
	Extracting     string `json:"extracting"`      // %s: slide
	Extracted      string `json:"extracted"`       // %s: slides done, %s: slides
	ExtractFailed  string `json:"extract_failed"`  // %s: how many
	FeaturesFolder string `json:"features_folder"` // %s: path
	BytesMB        string `json:"bytes_mb"`        // %s
	BytesGB        string `json:"bytes_gb"`        // %s

	Learn       string `json:"learn"`
	LearnHint   string `json:"learn_hint"`
	Method      string `json:"method"`
	Epochs      string `json:"epochs"`
	K           string `json:"k"`
	Seed        string `json:"seed"`
	RunName     string `json:"run_name"`
	BadEpochs   string `json:"bad_epochs"` // %s: most
	BadK        string `json:"bad_k"`      // %s: most
	BadSeed     string `json:"bad_seed"`
	BadName     string `json:"bad_name"`
	Start       string `json:"start"`
	Pause       string `json:"pause"`
	Pausing     string `json:"pausing"`
	Resume      string `json:"resume"`
	KeepBest    string `json:"keep_best"`
	KeepHint    string `json:"keep_hint"`
	Preparing   string `json:"preparing"`
	Epoch       string `json:"epoch"`      // %s: epoch, %s: epochs
	EpochLeft   string `json:"epoch_left"` // %s: epoch, %s: epochs, %s: time
	Best        string `json:"best"`       // %s: epoch
	Paused      string `json:"paused"`     // %s: epochs done, %s: epochs
	Ended       string `json:"ended"`      // %s: epochs
	EndedOne    string `json:"ended_one"`
	EndedEarly  string `json:"ended_early"`
	EndedByUser string `json:"ended_by_user"`
	Loss        string `json:"loss"`
	Scores      string `json:"scores"`
	Rate        string `json:"rate"` // %s: learning rate
	LossTrain   string `json:"loss_train"`
	TrainOwn    string `json:"loss_train_own"` // of a training whose loss is one of its own
	LossOwn     string `json:"loss_own"`
	LossVal     string `json:"loss_val"`
	F1          string `json:"f1"`
	AUC         string `json:"auc"`
	EpochAt     string `json:"epoch_at"` // %s: epoch
	Watch       string `json:"watch"`
	WatchNone   string `json:"watch_none"`
	WatchHint   string `json:"watch_hint"`
	WatchEpoch  string `json:"watch_epoch"`
	WatchBest   string `json:"watch_best"` // %s: epoch
	WatchShow   string `json:"watch_show"`

	LooksAt            string `json:"looks_at"`
	LooksAtAll         string `json:"looks_at_all"`
	Zooming            string `json:"zooming"`
	Exhaustive         string `json:"exhaustive"`
	AboutZoomMIL       string `json:"about_zoommil"`
	AboutMaxMIL        string `json:"about_maxmil"`
	AboutMeanMIL       string `json:"about_meanmil"`
	AboutABMIL         string `json:"about_abmil"`
	AboutCLAM          string `json:"about_clam"`
	AboutTransMIL      string `json:"about_transmil"`
	AboutDSMIL         string `json:"about_dsmil"`
	AboutMSMIL         string `json:"about_msmil"`
	AboutSparseConvMIL string `json:"about_sparseconvmil"`
	LearningRate       string `json:"learning_rate"`

	Result       string `json:"result"`
	ResultHint   string `json:"result_hint"`
	ResultOf     string `json:"result_of"` // %s: run, %s: slides
	Matrix       string `json:"matrix"`
	MatrixHint   string `json:"matrix_hint"`
	Cell         string `json:"cell"`        // %s: class, %s: class answered, %s: slides
	CellRight    string `json:"cell_right"`  // %s: class, %s: slides
	MoreSlides   string `json:"more_slides"` // %s: how many
	Accuracy     string `json:"accuracy"`
	Balanced     string `json:"balanced"`
	MacroF1      string `json:"macro_f1"`
	WeightedF1   string `json:"weighted_f1"`
	Kappa        string `json:"kappa"`
	Interval     string `json:"interval"` // %s: value, %s: low, %s: high
	IntervalNote string `json:"interval_note"`
	Undefined    string `json:"undefined"`
	TestTitle    string `json:"test_title"`
	TestLocked   string `json:"test_locked"` // %s: slides
	TestNever    string `json:"test_never"`
	TestOnce     string `json:"test_once"`
	TestOften    string `json:"test_often"` // %s: how often
	TestOpen     string `json:"test_open"`
	TestSure     string `json:"test_sure"`
	TestYes      string `json:"test_yes"`
	TestNo       string `json:"test_no"`
	TestNone     string `json:"test_none"`

	Runs       string `json:"runs"`
	RunsHint   string `json:"runs_hint"`
	PickRuns   string `json:"pick_runs"`
	ShowResult string `json:"show_result"`
	StateEnded string `json:"state_ended"`
	StateOpen  string `json:"state_open"`
	BestEpoch  string `json:"best_epoch"`
	Looks      string `json:"looks"`
	NoRuns     string `json:"no_runs"`
	Most       string `json:"most"` // %s: how many runs can be compared
	Export     string `json:"export"`
	ExportName string `json:"export_name"`
	ExportHint string `json:"export_hint"`
	Exported   string `json:"exported"` // %s: name
}
