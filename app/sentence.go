package app

import "zoomscope/app/sentences"

// Sentences says in one language what the engine says in English: doubts, warnings,
// reasons, notes. Sentences that it does not know stay English.
type Sentences = sentences.Sentences

// NewSentences gives those of a language of assets.Languages, once for many
// sentences; those of any other language are English.
func NewSentences(lang string) (*Sentences, error) { return sentences.New(lang) }

// Sentence says one sentence in a language; see NewSentences for many.
func Sentence(lang, text string) string {
	s, err := NewSentences(lang)
	if err != nil {
		return text
	}
	return s.Say(text)
}
