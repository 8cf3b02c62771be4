package export

import (
	"bytes"
	"encoding/json"
	"fmt"

	"zoomscope/assets"
)

// AgreementTexts are the words of an agreement report in one language, besides those
// that it shares with the report of a slide. Those with a %s take what the comment
// says, in that order.
type AgreementTexts struct {
	Title          string `json:"title"`
	Between        string `json:"between"` // reader, model
	Reader         string `json:"reader"`
	Model          string `json:"model"`
	Digest         string `json:"digest"`
	Encoder        string `json:"encoder"`
	Magnifications string `json:"magnifications"`
	Verdicts       string `json:"verdicts"`
	Span           string `json:"span"` // first day, last day
	Compared       string `json:"compared"`
	Unsure         string `json:"unsure"`
	UnsureNote     string `json:"unsure_note"` // how many
	Unread         string `json:"unread"`
	UnreadNote     string `json:"unread_note"` // how many
	Blinded        string `json:"blinded"`
	Of             string `json:"of"` // how many, of how many
	Untrained      string `json:"untrained"`
	Nothing        string `json:"nothing"`

	Observed   string `json:"observed"`
	ObservedOf string `json:"observed_of"` // how many, of how many, interval
	Kappa      string `json:"kappa"`
	Interval   string `json:"interval"`
	IntervalOf string `json:"interval_of"` // from, to
	NoKappa    string `json:"no_kappa"`
	Meaning    string `json:"meaning"`

	Table       string `json:"table"`
	Rows        string `json:"rows"`
	Columns     string `json:"columns"`
	All         string `json:"all"`
	Another     string `json:"another"`
	MoreClasses string `json:"more_classes"` // how many
	ByClass     string `json:"by_class"`
	Class       string `json:"class"`
	Both        string `json:"both"`
	Share       string `json:"share"`
	ShareNote   string `json:"share_note"`

	Disagreements     string `json:"disagreements"` // how many
	DisagreementsNote string `json:"disagreements_note"`
	None              string `json:"none"`
	UnsureCases       string `json:"unsure_cases"` // how many
	Slide             string `json:"slide"`
	Probability       string `json:"probability"`
	Given             string `json:"given"`
	Day               string `json:"day"` // a layout of package time
	How               string `json:"how"`
	Blind             string `json:"blind"`
	Seen              string `json:"seen"`
	Page              string `json:"page"` // which, of how many

	shared ReportTexts
}

// LoadAgreementTexts gives the words in a language of assets.Languages; those of
// any other language are English.
func LoadAgreementTexts(language string) (AgreementTexts, error) {
	var t AgreementTexts
	data := assets.AgreementText(language)
	if data == nil {
		data = assets.AgreementText("en")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&t); err != nil {
		return t, fmt.Errorf("words of the agreement report in %q: %w", language, err)
	}
	var err error
	t.shared, err = LoadReportTexts(language)
	return t, err
}
