package tissue

import (
	"encoding/json"
	"testing"
)

func TestPresetsAreValidAndFound(t *testing.T) {
	for _, s := range Presets() {
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", s.Preset, err)
		}
		if got, ok := Preset(s.Preset); !ok || got != s {
			t.Errorf("%s: found %v %+v", s.Preset, ok, got)
		}
	}
	if _, ok := Preset("no such"); ok {
		t.Error("a preset that does not exist is found")
	}
}

func TestSettingsSurviveJSON(t *testing.T) {
	for _, s := range Presets() {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back Settings
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if back != s {
			t.Errorf("%s becomes %+v", text, back)
		}
	}
}

func TestSettingsAtAnotherPower(t *testing.T) {
	for _, c := range []struct {
		preset       string
		power        float64
		downsampling float64
		sigma        float64
		kernel, size int
	}{
		{"bright", 1.25, 1, 20, 100, 10},
		{"bright", 0.625, 1, 10, 50, 3},
		{"bright", 0.3125, 1, 5, 25, 1},
		{"bright", 5, 4, 20, 100, 10},
		{"crc", 5, 4, 10, 7, 10},
		{"crc", 2.5, 2, 10, 7, 10},
		{"crc", 1.25, 1, 10, 7, 10},
		{"crc", 0.625, 1, 5, 4, 3},
		{"camelyon16", 10. / 7, 8. / 7, 20, 100, 10},
		{"default", 3, 4, 20, 20, 10},
	} {
		s, _ := Preset(c.preset)
		got := s.At(c.power)
		want := s
		want.Downsampling, want.Sigma, want.Kernel, want.MinSize = c.downsampling, c.sigma, c.kernel, c.size
		if s.Magnification != 0 {
			want.Magnification = c.power
		}
		if got != want {
			t.Errorf("%s at %v: %+v, want %+v", c.preset, c.power, got, want)
		}
		if got.At(c.power) != got {
			t.Errorf("%s at %v: scaled twice", c.preset, c.power)
		}
	}
}
