package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// shown is the name of a file as it can be put into a line: as it is, or quoted where
// it holds what would end the line or steer a terminal.
func shown(name string) string {
	if utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsGraphic(r) }) {
		return name
	}
	return strconv.Quote(name)
}

// shownIn is a text with some names, and the one that err is about, as shown has them.
func shownIn(text string, err error, names ...string) string {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		names = append(names, path.Path)
	}
	for _, name := range names {
		if s := shown(name); s != name {
			text = strings.ReplaceAll(text, name, s)
		}
	}
	return text
}

// harmless writes on what does not steer a terminal: of control characters, and of
// those that turn the direction of writing, only ends of lines and tabs. Others are
// written as Go and JSON have them in strings, so that a document stays what it is.
// Every call must have whole characters.
type harmless struct{ w io.Writer }

func (h harmless) Write(p []byte) (int, error) {
	if strings.IndexFunc(string(p), steers) < 0 {
		return h.w.Write(p)
	}
	var b strings.Builder
	for i, n := 0, 0; i < len(p); i += n {
		r := rune(0)
		r, n = utf8.DecodeRune(p[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, p[i])
		case r != utf8.RuneError && steers(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	if _, err := io.WriteString(h.w, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// steers reports whether a terminal does something else with a character than to show
// it; what is no character is taken for one that does.
func steers(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\t' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// terminal gives the terminal that w writes to, if it does.
func terminal(w io.Writer) (*os.File, bool) {
	if h, ok := w.(harmless); ok {
		w = h.w
	}
	f, ok := w.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}
