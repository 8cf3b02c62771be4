package assets

import "embed"

//go:embed sentences/*.json
var sentences embed.FS

// Sentences is the JSON of how what the engine says in English is said in another
// language of Languages, a list of pairs of patterns; nil for English and for any
// other language.
func Sentences(lang string) []byte {
	data, err := sentences.ReadFile("sentences/" + lang + ".json")
	if err != nil {
		return nil
	}
	return data
}
