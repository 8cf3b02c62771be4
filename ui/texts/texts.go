// Package texts holds every word of the window in one value, a section for each of
// its parts, in the languages that ship with the program.
package texts

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"zoomscope/assets"
)

// Texts are the words of the window in one language. Strings with verbs are made
// for fmt.Sprintf; the comment of the field says with what.
type Texts struct {
	// Language is the language's code, one of assets.Languages.
	Language string `json:"-"`

	Numbers   Numbers   `json:"numbers"`
	Shell     Shell     `json:"shell"`
	Errors    Errors    `json:"errors"`
	Slides    Slides    `json:"slides"`
	Analysis  Analysis  `json:"analysis"`
	Attention Attention `json:"attention"`
	Path      Path      `json:"path"`
	Slide     Slide     `json:"slide"`
	Settings  Settings  `json:"settings"`
	Start     Start     `json:"start"`
	Export    Export    `json:"export"`
	Jobs      Jobs      `json:"jobs"`
	Keys      Keys      `json:"keys"`
	Training  Training  `json:"training"`
	Models    Models    `json:"models"`
	Worklist  Worklist  `json:"worklist"`
	Review    Review    `json:"review"`
}

// Load reads the words of a language: "de", also "de_DE.UTF-8". "" means the
// language of the environment; a language that does not ship becomes English.
func Load(lang string) (*Texts, error) {
	if lang == "" {
		lang = fromEnvironment()
	}
	lang = code(lang)
	t := &Texts{Language: lang}
	if err := json.Unmarshal(assets.Text(lang), t); err != nil {
		return nil, fmt.Errorf("texts of language %s: %w", lang, err)
	}
	return t, nil
}

// fromEnvironment reads the variables that name a person's language, in the order
// of POSIX.
func fromEnvironment() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			return v
		}
	}
	return ""
}

// code cuts a locale down to a language that ships.
func code(locale string) string {
	lang, _, _ := strings.Cut(strings.ToLower(locale), "_")
	lang, _, _ = strings.Cut(lang, "-")
	lang, _, _ = strings.Cut(lang, ".")
	if slices.Contains(assets.Languages(), lang) {
		return lang
	}
	return assets.Languages()[0]
}
