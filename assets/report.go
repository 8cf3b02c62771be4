package assets

import "embed"

//go:embed report/*.json
var report embed.FS

// ReportText is the JSON of the report's words in a language of Languages; nil for
// any other language.
func ReportText(lang string) []byte {
	data, err := report.ReadFile("report/" + lang + ".json")
	if err != nil {
		return nil
	}
	return data
}
