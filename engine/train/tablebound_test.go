package train

import (
	"strings"
	"testing"
)

// endless is a table without an end.
type endless struct{ begun bool }

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	if !e.begun {
		e.begun = true
		n = copy(p, "slide\n")
	}
	for i := n; i < len(p); i++ {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestTablesAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes the memory that a table may have")
	}
	if _, err := parseSlides(&endless{}); err == nil || !strings.Contains(err.Error(), "MiB") {
		t.Errorf("a table without an end: error %v", err)
	}
	if _, err := parseSlides(strings.NewReader("slide\n" + strings.Repeat("a\n", maxRows+1))); err == nil || !strings.Contains(err.Error(), "lines") {
		t.Errorf("a table of too many lines: error %v", err)
	}
}
