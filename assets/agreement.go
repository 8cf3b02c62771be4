package assets

import "embed"

//go:embed agreement/*.json
var agreement embed.FS

// AgreementText is the JSON of the words of the agreement report in a language of
// Languages; nil for any other language.
func AgreementText(lang string) []byte {
	data, err := agreement.ReadFile("agreement/" + lang + ".json")
	if err != nil {
		return nil
	}
	return data
}
