package assets

import "embed"

//go:embed texts/*.json
var texts embed.FS

// Languages lists the languages the window speaks, the default first.
func Languages() []string { return []string{"en", "de"} }

// Text is the JSON of the window's words in a language of Languages, an object of
// sections; nil for any other language.
func Text(lang string) []byte {
	data, err := texts.ReadFile("texts/" + lang + ".json")
	if err != nil {
		return nil
	}
	return data
}
