package texts

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"zoomscope/assets"
)

// words walks a value of nested structs and tells each string with its place.
func words(v reflect.Value, place string, tell func(place, word string)) {
	if v.Kind() == reflect.String {
		tell(place, v.String())
		return
	}
	for i := range v.NumField() {
		if name := v.Type().Field(i).Tag.Get("json"); name != "-" {
			words(v.Field(i), place+"/"+name, tell)
		}
	}
}

func load(t *testing.T, lang string) map[string]string {
	t.Helper()
	all, err := Load(lang)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	words(reflect.ValueOf(*all), "", func(place, word string) { found[place] = word })
	return found
}

func TestNothingIsMissing(t *testing.T) {
	for _, lang := range assets.Languages() {
		for place, word := range load(t, lang) {
			if strings.TrimSpace(word) == "" {
				t.Errorf("%s: %s is empty", lang, place)
			}
			if word != strings.TrimSpace(word) {
				t.Errorf("%s: %s begins or ends with a space: %q", lang, place, word)
			}
		}
	}
}

func TestNothingIsUnknown(t *testing.T) {
	for _, lang := range assets.Languages() {
		d := json.NewDecoder(bytes.NewReader(assets.Text(lang)))
		d.DisallowUnknownFields()
		if err := d.Decode(&Texts{}); err != nil {
			t.Errorf("%s: %v", lang, err)
		}
	}
}

func TestSameVerbs(t *testing.T) {
	verb := regexp.MustCompile(`%(\[\d\])?[a-z%]`)
	english := load(t, "en")
	for _, lang := range assets.Languages()[1:] {
		for place, word := range load(t, lang) {
			got, want := verb.FindAllString(word, -1), verb.FindAllString(english[place], -1)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s has the verbs %v, English %v", lang, place, got, want)
			}
		}
	}
}

// Words that stand in one place under one key only: the same key twice in an
// object would hide the first.
func TestNoKeyTwice(t *testing.T) {
	for _, lang := range assets.Languages() {
		d := json.NewDecoder(bytes.NewReader(assets.Text(lang)))
		if twice := repeated(d); len(twice) > 0 {
			t.Errorf("%s: twice: %v", lang, twice)
		}
	}
}

func repeated(d *json.Decoder) []string {
	var found, path []string
	seen := []map[string]bool{}
	isKey := false
	for {
		token, err := d.Token()
		if err != nil {
			return found
		}
		switch v := token.(type) {
		case json.Delim:
			if v == '{' {
				seen = append(seen, map[string]bool{})
			} else {
				seen = seen[:len(seen)-1]
				path = path[:max(len(path)-1, 0)]
			}
			isKey = true
		case string:
			if !isKey {
				path, isKey = path[:len(path)-1], true
				continue
			}
			path, isKey = append(path, v), false
			if last := seen[len(seen)-1]; last[v] {
				found = append(found, strings.Join(path, "/"))
			}
			seen[len(seen)-1][v] = true
		}
	}
}

func TestRepeatedFindsWhatIsTwice(t *testing.T) {
	d := json.NewDecoder(strings.NewReader(`{"a": {"x": "1", "y": "2", "x": "3"}, "b": {"x": "1"}, "a": {"q": "1"}}`))
	if got := repeated(d); !slices.Equal(got, []string{"a/x", "a"}) {
		t.Errorf("%v", got)
	}
}

func TestLoadChoosesLanguage(t *testing.T) {
	for _, c := range []struct{ asked, lcAll, lang, want string }{
		{"de", "", "en_GB.UTF-8", "de"},
		{"DE-at", "", "", "de"},
		{"", "", "de_DE.UTF-8", "de"},
		{"", "en_US.UTF-8", "de_DE.UTF-8", "en"},
		{"", "C", "", "en"},
		{"", "", "", "en"},
		{"fr", "", "de_DE.UTF-8", "en"},
		{"deutsch", "", "", "en"},
	} {
		t.Run(c.asked+"/"+c.lcAll+"/"+c.lang, func(t *testing.T) {
			t.Setenv("LC_ALL", c.lcAll)
			t.Setenv("LC_MESSAGES", "")
			t.Setenv("LANG", c.lang)
			got, err := Load(c.asked)
			if err != nil || got.Language != c.want {
				t.Errorf("Load(%q) speaks %q, %v; want %q", c.asked, got.Language, err, c.want)
			}
		})
	}
}
