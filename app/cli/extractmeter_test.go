package cli

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"zoomscope/app"
	"zoomscope/engine/result"
)

// extractEvents are two slides of a few stages, a report every second.
func extractEvents() []app.Event {
	var events []app.Event
	for i, name := range []string{"a.svs", "b.svs"} {
		for _, stage := range []string{"finding tissue", "encoding 5x"} {
			for done := range 13 {
				events = append(events, app.Event{Slide: name, Index: i, Count: 2, Pace: &app.Pace{}, Progress: result.Progress{Stage: stage, Done: done, Total: 12}})
			}
		}
	}
	return events
}

func TestExtractLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		m := newExtractMeter(&b, false)
		for _, e := range extractEvents() {
			m.update(e)
			time.Sleep(time.Second)
		}
		m.clear()
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		if len(lines) != 12 || lines[0] != "[1/2] a.svs: finding tissue 0 of 12" || lines[1] != "[1/2] a.svs: finding tissue 5 of 12" || lines[11] != "[2/2] b.svs: encoding 5x 10 of 12" {
			t.Errorf("%q", lines)
		}
	})
}

func TestExtractMeterQuiet(t *testing.T) {
	var b bytes.Buffer
	m := newExtractMeter(&b, true)
	for _, e := range extractEvents() {
		m.update(e)
	}
	m.clear()
	if b.Len() > 0 {
		t.Errorf("%q", b.String())
	}
}

// The bar leaves nothing that a later line would run into.
func TestExtractBar(t *testing.T) {
	var b bytes.Buffer
	m := &extractBar{w: &b}
	for _, e := range extractEvents() {
		m.update(e)
	}
	m.clear()
	m.clear()
	m.update(extractEvents()[0])
	m.clear()
}
