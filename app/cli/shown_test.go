package cli

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

func TestShown(t *testing.T) {
	for name, want := range map[string]string{
		"a b.svs": "a b.svs", "größe 日本.tif": "größe 日本.tif", `it's "x".png`: `it's "x".png`, "": "",
		"esc\x1b[31mred.tiff": `"esc\x1b[31mred.tiff"`, "two\nlines": `"two\nlines"`, "bad\xff": `"bad\xff"`, "turned\u202e": `"turned\u202e"`,
	} {
		if got := shown(name); got != want {
			t.Errorf("%q is shown as %s", name, got)
		}
	}
	err := &fs.PathError{Op: "open", Path: "a\nb", Err: errors.New("no")}
	if got := shownIn(err.Error()+" c\x1bd", err, "c\x1bd"); got != `open "a\nb": no "c\x1bd"` {
		t.Errorf("%s", got)
	}
}

func TestHarmless(t *testing.T) {
	for text, want := range map[string]string{
		"a\tb\nä": "a\tb\nä", "\x1b[31m\x07\r": `\u001b[31m\u0007\u000d`, "\u009b1m": `\u009b1m`, "\xff\x9b": `\xff\x9b`, "\u2066": `\u2066`, "\ufffd": "\ufffd",
	} {
		var b strings.Builder
		if n, err := (harmless{&b}).Write([]byte(text)); n != len(text) || err != nil || b.String() != want {
			t.Errorf("%q: %d of %d, %v, %q", text, n, len(text), err, b.String())
		}
	}
	var b strings.Builder
	name := "del\x7f\x1b\u0085\u202e"
	if err := printJSON(harmless{&b}, name); err != nil {
		t.Fatal(err)
	}
	var back string
	if err := json.Unmarshal([]byte(b.String()), &back); err != nil || back != name {
		t.Errorf("%s is %q, %v", b.String(), back, err)
	}
}

// Names of files that would steer a terminal, or end a line, are quoted wherever they
// are shown.
func TestNamesAreQuoted(t *testing.T) {
	m, k, out := withRuntime(t), newKit(t), t.TempDir()
	const odd, quoted = "esc\x1b[31mred\nzoomscope: fine.png", `esc\x1b[31mred\nzoomscope: fine.png"`
	a := newArchive(t, 0)
	slide := write(t, filepath.Join(a.dir, odd), read(t, k.slide))
	none := filepath.Join(a.dir, "not\x1bthere\n.png")
	for name, args := range map[string][]string{
		"info":         {"info", slide},
		"analyze":      k.with("analyze", slide, "--magnification", "20", "--out", out),
		"extract":      k.with("extract", slide, "--magnification", "20", "--out", out),
		"triage":       a.triage(),
		"encoders run": {"encoders", "run", k.encoder, slide, "--out", filepath.Join(out, odd)},
		"missing":      k.with("analyze", none, none+"x", "--magnification", "20", "--out", out),
		"no slide":     {"info", none},
		"unknown":      k.with("analyze", slide, "--out", out),
	} {
		t.Run(name, func(t *testing.T) {
			s := m.run(t, args...)
			said := s.stdout + s.stderr
			if strings.Contains(said, "\x1b") || strings.Contains(said, "\nzoomscope: fine") || strings.Contains(said, "there\n.png") {
				t.Errorf("%q", said)
			}
			if !strings.Contains(said, quoted) && !strings.Contains(said, `not\x1bthere\n.png`) {
				t.Errorf("not quoted: %q", said)
			}
		})
	}
}
