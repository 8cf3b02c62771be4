package train

import (
	"errors"
	"fmt"
	"strings"
)

// maxListed is how many problems of a kind an error or a warning spells out.
const maxListed = 10

// problems are findings of one kind, to be told together.
type problems []string

func (p *problems) add(format string, args ...any) {
	*p = append(*p, fmt.Sprintf(format, args...))
}

// err is nil when there are none; else it says what they are, and what to do.
func (p problems) err(what, todo string) error {
	if len(p) == 0 {
		return nil
	}
	if todo != "" {
		todo = ": " + todo
	}
	return errors.New(p.text(what) + todo)
}

// warn adds them to warnings, if there are any.
func (p problems) warn(warnings []string, what string) []string {
	if len(p) == 0 {
		return warnings
	}
	return append(warnings, p.text(what)+".")
}

// text says what they are, how many, and the first of them.
func (p problems) text(what string) string {
	text := fmt.Sprintf("%s (%d): %s", what, len(p), strings.Join(p[:min(len(p), maxListed)], "; "))
	if rest := len(p) - maxListed; rest > 0 {
		text += fmt.Sprintf("; and %d more", rest)
	}
	return text
}
