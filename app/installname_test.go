package app

import (
	"errors"
	"testing"
)

// TestBadModelName wants names refused that no file can have on some system, as well as
// those that a model could not be asked for by.
func TestBadModelName(t *testing.T) {
	for name, bad := range map[string]bool{
		"small": false, "v1.2": false, "kidney (new)": false, "größe µm": false, "nullable": false, "com": false,
		"com10": false, "console": false, "my nul": false, "lptx": false,
		"a?b": true, "x*": true, "a<b": true, "a>b": true, `a"b`: true, "a|b": true, "a/b": true, `a\b`: true, "c:b": true,
		"ends.": true, "ends ": true, " begins": true, "a\x01b": true, "": true, ".hidden": true, "-flag": true,
		"NUL": true, "nul": true, "nul.v2": true, "nul .v2": true, "CON": true, "aux": true, "prn": true, "conin$": true,
		"com1": true, "LPT9": true, "lpt².x": true, "small" + modelExt: true,
	} {
		t.Run(name, func(t *testing.T) {
			if err := badModelName("file", name); (err != nil) != bad || bad && !errors.Is(err, ErrBadName) {
				t.Errorf("error %v, want one: %t", err, bad)
			}
		})
	}
}

// TestFileNameIsNoBadModelName wants what an export makes of a name to hold nothing that
// a model's name is refused for.
func TestFileNameIsNoBadModelName(t *testing.T) {
	for _, c := range notInFileNames {
		if name := fileName("a" + string(c) + "b."); badModelName("file", name) != nil {
			t.Errorf("%q becomes %q, which is refused", c, name)
		}
	}
}
