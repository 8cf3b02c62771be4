package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text string
		check      func(Settings) bool // nil: an error is wanted
	}{
		{"what is lacking has its default", `{"version": 1, "theme": "dark"}`, func(s Settings) bool {
			d := Defaults()
			d.Theme = "dark"
			return reflect.DeepEqual(s, d)
		}},
		{"what is not known is ignored", `{"version": 1, "zebra": [1, 2], "window": {"width": 1000, "depth": 3}}`, func(s Settings) bool {
			return s.Window.Width == 1000 && s.Window.Height == Defaults().Window.Height
		}},
		{"ranges", `{"version": 1, "window": {"width": -5, "height": 1000000}, "threads": -1, "theme": "pink", "language": "xx",
			"overlay": {"opacity": 7, "kind": "?", "scale": "?"}, "export": {"side": 1}, "training": {"stated": -20}}`, func(s Settings) bool {
			d := Defaults()
			d.Overlay.On, d.Overlay.Auto = s.Overlay.On, s.Overlay.Auto
			return reflect.DeepEqual(s, d)
		}},
		{"the largest picture", `{"version": 1, "export": {"side": 8192}}`, func(s Settings) bool { return s.Export.Side == 8192 }},
		{"a larger one than is written", `{"version": 1, "export": {"side": 8193}}`, func(s Settings) bool { return s.Export.Side == Defaults().Export.Side }},
		{"recent slides", fmt.Sprintf(`{"version": 1, "recent": ["a", "", "b", "a", %q]}`, strings.Repeat("x", maxText+1)), func(s Settings) bool {
			return slices.Equal(s.Recent, []string{"a", "b"})
		}},
		{"scanners", `{"version": 1, "scanners": {"a": 0.25, "": 0.5, "b": 0, "c": 1e9}}`, func(s Settings) bool {
			return reflect.DeepEqual(s.Scanners, map[string]float64{"a": 0.25})
		}},
		{"null", `{"version": 1, "recent": null, "scanners": null, "window": null}`, func(s Settings) bool {
			return reflect.DeepEqual(s, Defaults())
		}},
		{"no JSON", `{"version": 1`, nil},
		{"empty", ``, nil},
		{"no version", `{}`, nil},
		{"a wrong type", `{"version": 1, "window": 7}`, nil},
		{"text for a number", `{"version": "1"}`, nil},
		{"more behind it", `{"version": 1} {}`, nil},
		{"newer", `{"version": 2, "window": 7}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := parse([]byte(c.text))
			if (err != nil) != (c.check == nil) || errors.Is(err, ErrNewer) != (c.name == "newer") {
				t.Fatalf("error %v", err)
			}
			if c.check != nil && !c.check(s) {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestAddRecent(t *testing.T) {
	s := Defaults()
	for i := range MaxRecent + 5 {
		s.AddRecent(fmt.Sprint(i))
	}
	s.AddRecent("20")
	s.AddRecent("")
	if len(s.Recent) != MaxRecent || s.Recent[0] != "20" || s.Recent[1] != "24" || slices.Contains(s.Recent, "4") {
		t.Errorf("%v", s.Recent)
	}
	seen := map[string]bool{}
	for _, r := range s.Recent {
		if seen[r] {
			t.Errorf("%s is there twice", r)
		}
		seen[r] = true
	}
}

func TestSetScanner(t *testing.T) {
	s := Defaults()
	s.SetScanner("a", 0.25)
	s.SetScanner("b", 0.5)
	s.SetScanner("", 0.5)
	s.SetScanner("b", 0)
	if !reflect.DeepEqual(s.Scanners, map[string]float64{"a": 0.25}) {
		t.Errorf("%v", s.Scanners)
	}
}

// FuzzParse: whatever is read can be written, and is read again as it was.
func FuzzParse(f *testing.F) {
	all, err := json.Marshal(Defaults())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(all), `{"version":1}`, `{"version":2}`, `{"version":1,"scanners":{"x":0.5},"recent":["\u0000","é"]}`,
		`{"version":1,"overlay":{"opacity":-0}}`, `{"Version":1,"version":1}`, `null`, `[]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parse(data)
		if err != nil {
			return
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parse(text)
		if err != nil {
			t.Fatalf("%v, written as %s", err, text)
		}
		if len(s.Scanners) == 0 { // an empty map is written as null or as {}
			s.Scanners, again.Scanners = nil, nil
		}
		if !reflect.DeepEqual(s, again) {
			t.Errorf("%+v becomes %+v", s, again)
		}
	})
}
