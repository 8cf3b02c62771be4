package export

import (
	"bytes"
	"encoding/json"
	"fmt"

	"zoomscope/app/sentences"
	"zoomscope/assets"
)

// ReportTexts are the words of a report in one language. Those with a %s take
// what the comment says, in that order.
type ReportTexts struct {
	Language string `json:"language"` // its code
	Decimal  string `json:"decimal"`  // parts whole from broken
	Date     string `json:"date"`     // a layout of package time

	Title       string `json:"title"`
	Made        string `json:"made"`         // date
	MadeWith    string `json:"made_with"`    // version of the program
	ResearchUse string `json:"research_use"` // says result.ResearchUse
	Places      string `json:"places"`       // what x and y are

	Prediction   string `json:"prediction"`
	NoPrediction string `json:"no_prediction"`
	MoreClasses  string `json:"more_classes"` // how many
	Untrained    string `json:"untrained"`    // a whole sentence

	Model         string `json:"model"`
	Name          string `json:"name"`
	Unnamed       string `json:"unnamed"`
	Method        string `json:"method"`
	Digest        string `json:"digest"`
	State         string `json:"state"`
	TrainedWord   string `json:"trained_word"`
	UntrainedWord string `json:"untrained_word"`
	Encoder       string `json:"encoder"`

	Device   string `json:"device"`
	RanOn    string `json:"ran_on"`
	AskedFor string `json:"asked_for"`
	Reason   string `json:"reason"`

	Slide      string `json:"slide"`
	File       string `json:"file"`
	Format     string `json:"format"`
	Size       string `json:"size"`
	Pixels     string `json:"pixels"` // width, height
	Resolution string `json:"resolution"`
	PerPixel   string `json:"per_pixel"` // micrometres, magnification
	Source     string `json:"source"`    // of the resolution
	Unknown    string `json:"unknown"`

	Parameters     string `json:"parameters"`
	Magnifications string `json:"magnifications"`
	ZoomsInto      string `json:"zooms_into"`
	ZoomsAt        string `json:"zooms_at"` // at most how many, magnification
	Tissue         string `json:"tissue"`
	TissuePatches  string `json:"tissue_patches"` // magnification, how many
	Seed           string `json:"seed"`

	Work    string `json:"work"`
	Read    string `json:"read"`
	ReadAt  string `json:"read_at"` // how many, magnification
	Of      string `json:"of"`
	OfAll   string `json:"of_all"` // how many, share
	Time    string `json:"time"`
	Parts   string `json:"parts"`   // seconds of tissue, reading, encoding, heads
	Seconds string `json:"seconds"` // how many

	Attention    string `json:"attention"`     // magnification
	Pooled       string `json:"pooled"`        // what the colours are
	Zoom         string `json:"zoom"`          // the same of zoom attention
	NoZoom       string `json:"no_zoom"`       // in the legend of a level without zoom attention
	NoAttention  string `json:"no_attention"`  // in place of the pictures of a method without
	ByRank       string `json:"by_rank"`       // added where the colours run by rank
	Numbers      string `json:"numbers"`       // what the numbers in the pictures are
	Alone        string `json:"alone"`         // the slide without attention
	OutlinedZoom string `json:"outlined_zoom"` // how many
	OutlinedSome string `json:"outlined_some"` // how many, of how many zoomed into
	OutlinedTop  string `json:"outlined_top"`  // how many
	Dashed       string `json:"dashed"`        // how many, magnification
	Even         string `json:"even"`          // an even share
	NoneStands   string `json:"none_stands"`   // the share of every patch
	Least        string `json:"least"`         // a share
	Most         string `json:"most"`          // a share
	NothingRead  string `json:"nothing_read"`
	Beyond       string `json:"beyond"` // patches, share

	PatchesZoomed string `json:"patches_zoomed"` // magnification, shown, of how many
	PatchesTop    string `json:"patches_top"`    // magnification, shown, of how many
	Wide          string `json:"wide"`           // length across a patch
	Hatched       string `json:"hatched"`        // what hatching means

	Warnings     string `json:"warnings"`
	MoreWarnings string `json:"more_warnings"` // how many

	sentences *sentences.Sentences // what results say in English; nil leaves it so
}

// LoadReportTexts gives the words in a language of assets.Languages; those of
// any other language are English.
func LoadReportTexts(language string) (ReportTexts, error) {
	data := assets.ReportText(language)
	if data == nil {
		data = assets.ReportText("en")
	}
	var t ReportTexts
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&t); err != nil {
		return ReportTexts{}, fmt.Errorf("words of the report in %q: %w", language, err)
	}
	var err error
	t.sentences, err = sentences.New(t.Language)
	return t, err
}

// say gives a sentence of a result in this language; one that is not known stays
// English.
func (t *ReportTexts) say(sentence string) string {
	if t.sentences == nil {
		return sentence
	}
	return t.sentences.Say(sentence)
}
