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

// err is nil when there are none; what is said of all of them, with their number
// as its first argument.
func (p problems) err(what string) error {
	if len(p) == 0 {
		return nil
	}
	return errors.New(p.text(what))
}

func (p problems) text(what string) string {
	text := fmt.Sprintf(what, len(p)) + ": " + strings.Join(p[:min(len(p), maxListed)], "; ")
	if rest := len(p) - maxListed; rest > 0 {
		text += fmt.Sprintf("; and %d more", rest)
	}
	return text
}
