package assets

import (
	"encoding/json"
	"testing"
)

func TestText(t *testing.T) {
	for _, lang := range Languages() {
		if !json.Valid(Text(lang)) {
			t.Errorf("texts of %q are not JSON", lang)
		}
	}
	for _, lang := range []string{"", "xx", "../synthetic"} {
		if Text(lang) != nil {
			t.Errorf("there are texts of %q", lang)
		}
	}
}
