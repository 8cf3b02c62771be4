package texts

// Review are the words of the window about the worklist, besides those on it.
type Review struct {
	Menu      string `json:"menu"`
	Worklist  string `json:"worklist"`
	AddFolder string `json:"add_folder"`
	Triage    string `json:"triage"`
	Agree     string `json:"agree"`
	Disagree  string `json:"disagree"`
	Unsure    string `json:"unsure"`
	Blinded   string `json:"blinded"`
	Agreement string `json:"agreement"`

	// What is asked before the report is seen in the middle of a blinded reading.
	EarlyOne  string `json:"early_one"`
	Early     string `json:"early"` // %s: cases
	EarlyOpen string `json:"early_open"`

	Opening    string  `json:"opening"`
	InUse      Problem `json:"in_use"`
	Damaged    Problem `json:"damaged"`
	Newer      Problem `json:"newer"`
	Foreign    Problem `json:"foreign"`
	CannotRead Problem `json:"cannot_read"`

	Looking      string `json:"looking"` // for slides in the folders
	ChooseFolder string `json:"choose_folder"`
	Found        string `json:"found"`   // %d: cases
	Through      string `json:"through"` // %d analysed, %d failed
	StillQueued  string `json:"still_queued"`
	ModelInUse   string `json:"model_in_use"` // by triage, so that it is not removed
	Paused       string `json:"paused"`       //
	LastCase     string `json:"last"`         //
	FirstCase    string `json:"first"`        //
	Gone         string `json:"gone"`         // %s: file
	Judged       string `json:"judged"`       // %s: file, %s: verdict
	Hidden       string `json:"hidden"`       // what to do before a hidden opinion is seen
	NameIt       string `json:"name_it"`      // %s: keys
	Withheld     string `json:"withheld"`     // why a slide is not analysed
	SaveCSV      string `json:"save_csv"`
	CSVFilter    string `json:"csv_filter"`
	NotSeen      string `json:"not_seen"`  // the slide of a verdict
	OrUnsure     string `json:"or_unsure"` // ends the keys of name_it
	Folders      string `json:"folders"`
	Reader       string `json:"reader"`
	SavePDF      string `json:"save_pdf"`
	PDFFilter    string `json:"pdf_filter"`
	RequeuedOne  string `json:"requeued_one"`
	Requeued     string `json:"requeued"` // %d: cases
	Removed      string `json:"removed"`  // %s: folder
	Trouble      string `json:"trouble"`  // %s: the first, %d more
}
