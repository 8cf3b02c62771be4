// Package sentences says what the engine says in English, and people see, in other
// languages.
package sentences

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"zoomscope/assets"
)

// Sentences translates into one language. The zero value leaves all as it is. It
// does not change and may be used by several goroutines.
type Sentences struct{ all []sentence }

// sentence is a pattern and how it is said. Both have placeholders in braces, which
// stand for the same text, its kind given by the first letter:
//
//	{name}   what is said as it is
//	{#name}  numbers, which get a decimal comma
//	{@name}  what is a sentence, or a part of one, itself
//	{*name}  several of these, with semicolons between them
type sentence struct {
	english *regexp.Regexp
	names   []string // of the placeholders, in order
	said    string
}

// New reads the sentences of a language of assets.Languages; those of English, and
// of any other language, are none.
func New(lang string) (*Sentences, error) {
	data := assets.Sentences(lang)
	if data == nil {
		return &Sentences{}, nil
	}
	s, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("sentences in %q: %w", lang, err)
	}
	return s, nil
}

func parse(data []byte) (*Sentences, error) {
	var pairs [][2]string
	if err := json.Unmarshal(data, &pairs); err != nil {
		return nil, err
	}
	s := &Sentences{all: make([]sentence, len(pairs))}
	for i, p := range pairs {
		var err error
		if s.all[i], err = newSentence(p[0], p[1]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

var placeholder = regexp.MustCompile(`\{([#@*]?[a-z0-9]+)\}`)

func newSentence(english, said string) (sentence, error) {
	s := sentence{said: said}
	pattern, from := "(?s)^", 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(english, -1) {
		name := english[at[2]:at[3]]
		any := `(.+?)`
		if name[0] == '#' {
			any = `([0-9][-+.,0-9ex ]*?)`
		}
		pattern += regexp.QuoteMeta(english[from:at[0]]) + any
		from = at[1]
		s.names = append(s.names, name)
		if strings.Count(said, "{"+name+"}") != 1 {
			return s, fmt.Errorf("%q has not one %q", said, name)
		}
	}
	if n := len(placeholder.FindAllString(said, -1)); n != len(s.names) {
		return s, fmt.Errorf("%q has %d placeholders of %d", said, n, len(s.names))
	}
	s.english = regexp.MustCompile(pattern + regexp.QuoteMeta(english[from:]) + "$")
	return s, nil
}

// Say gives a sentence in the language; one that is not known stays as it is.
func (s *Sentences) Say(text string) string {
	for i := range s.all {
		if m := s.all[i].english.FindStringSubmatch(text); m != nil {
			return s.say(&s.all[i], m[1:])
		}
	}
	return text
}

// say fills in the placeholders.
func (s *Sentences) say(p *sentence, texts []string) string {
	pairs := make([]string, 0, 2*len(texts))
	for i, name := range p.names {
		pairs = append(pairs, "{"+name+"}", s.part(name, texts[i]))
	}
	return strings.NewReplacer(pairs...).Replace(p.said)
}

var point = regexp.MustCompile(`([0-9])\.([0-9])`)

func (s *Sentences) part(name, text string) string {
	switch name[0] {
	case '#':
		return point.ReplaceAllString(text, "$1,$2")
	case '@':
		return s.Say(text)
	case '*':
		parts := strings.Split(text, "; ")
		for i := range parts {
			parts[i] = s.Say(parts[i])
		}
		return strings.Join(parts, "; ")
	}
	return text
}
