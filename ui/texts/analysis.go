package texts

// Analysis are the words of the analysis panel.
type Analysis struct {
	Title          string `json:"title"`
	Model          string `json:"model"`
	NoModel        string `json:"no_model"`
	Device         string `json:"device"`
	Auto           string `json:"auto"`
	NoDevice       string `json:"no_device"`
	Classes        string `json:"classes"`        // %s: the classes
	Magnifications string `json:"magnifications"` // %s: the magnifications
	Untrained      string `json:"untrained"`
	Synthetic      string `json:"synthetic"`
	DarkGround     string `json:"dark_ground"`
	TooCoarse      string `json:"too_coarse"` // %s: magnification of the scan, %s: the model's highest
	Run            string `json:"run"`
	Cancel         string `json:"cancel"`
	OpenFirst      string `json:"open_first"`
	Progress       string `json:"progress"` // %s: percent, %s: time
	Prediction     string `json:"prediction"`
	Counts         string `json:"counts"`         // %s: patches read, %s: patches in all, %s: share
	Details        string `json:"details"`        // %s: time, %s: device
	TimeParts      string `json:"time_parts"`     // %s: tissue, %s: reading, %s: encoding, %s: heads
	RanOn          string `json:"ran_on"`         // %s: device
	AskedFor       string `json:"asked_for"`      // %s: device asked for, %s: the reason
	AskedForOnly   string `json:"asked_for_only"` // %s: device asked for
	MadeBy         string `json:"made_by"`        // %s: model
	MadeByOther    string `json:"made_by_other"`
}
