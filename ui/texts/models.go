package texts

// Models are the words of the models panel.
type Models struct {
	Title         string `json:"title"`
	Models        string `json:"models"`
	Encoders      string `json:"encoders"`
	Import        string `json:"import"`
	ImportHint    string `json:"import_hint"`
	Importing     string `json:"importing"`      // %s: file
	Imported      string `json:"imported"`       // %s: name
	Refused       string `json:"refused"`        // %s: file
	Failed        string `json:"failed"`         // %s: file; not for what is in it
	NoNetwork     string `json:"no_network"`     // %s: file
	HoldsFeatures string `json:"holds_features"` // %s: file
	NeedsConfig   string `json:"needs_config"`
	NeedsCard     string `json:"needs_card"`
	PickConfig    string `json:"pick_config"`
	PickCard      string `json:"pick_card"`
	NameTaken     string `json:"name_taken"`
	ImportAs      string `json:"import_as"`
	NewName       string `json:"new_name"`
	Dismiss       string `json:"dismiss"`
	Default       string `json:"default"`
	MakeDefault   string `json:"make_default"`
	Bundled       string `json:"bundled"`
	BuiltIn       string `json:"built_in"`
	Untrained     string `json:"untrained"`
	Synthetic     string `json:"synthetic"`
	NoEncoder     string `json:"no_encoder"` // %s: encoder
	Broken        string `json:"broken"`
	Remove        string `json:"remove"`
	Sure          string `json:"sure"`         // %s: name
	SureEncoder   string `json:"sure_encoder"` // %s: name, %s: models
	Yes           string `json:"yes"`
	No            string `json:"no"`
	Removed       string `json:"removed"` // %s: where the file lies now
	Classes       string `json:"classes"`
	Method        string `json:"method"`
	Looks         string `json:"looks"`
	Zooms         string `json:"zooms"`
	AllPatches    string `json:"all_patches"`
	Encoder       string `json:"encoder"`
	Trained       string `json:"trained"`
	TrainedOn     string `json:"trained_on"` // %s: OnSlides, %s: Numbers.Epochs
	OnSlide       string `json:"on_slide"`   // %s: 1
	OnSlides      string `json:"on_slides"`  // %s: how many
	NotTrained    string `json:"not_trained"`
	Validation    string `json:"validation"`
	Optimistic    string `json:"optimistic"` // where there are figures of the validation alone
	Test          string `json:"test"`
	IntendedUse   string `json:"intended_use"`
	Licence       string `json:"licence"`
	NotStated     string `json:"not_stated"`
	File          string `json:"file"`
	Digest        string `json:"digest"`
	Values        string `json:"values"` // %s: how many
	Dim           string `json:"dim"`
	Resolution    string `json:"resolution"`
	AnyResolution string `json:"any_resolution"`
	Range         string `json:"range"` // %s, %s: micrometres per pixel
	UsedBy        string `json:"used_by"`
	NotUsed       string `json:"not_used"`
	About         string `json:"about"`
}
