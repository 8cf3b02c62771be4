package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"zoomscope/engine/result"
)

// analyzed is the result of a slide.
func (m *machine) analyzed(t *testing.T, args ...string) *result.Result {
	t.Helper()
	s := m.run(t, append(args, "--out", t.TempDir(), "--magnification", "20", "--json", "--quiet")...)
	s.want(t, exitDone)
	r := &result.Result{}
	s.document(t, r)
	return r
}

func TestAnalyzeWithBags(t *testing.T) {
	m, k, bags := withRuntime(t), newKit(t), t.TempDir()
	want := m.analyzed(t, k.with("analyze", k.slide)...)
	// The model's own tissue settings, at its magnifications.
	m.run(t, k.with("extract", k.slide, "--out", bags, "--magnification", "20", "--quiet", "--float32")...).want(t, exitDone)

	got := m.analyzed(t, k.with("analyze", k.slide, "--bags", bags)...)
	if n := len(got.Warnings); n == 0 || !strings.Contains(got.Warnings[n-1], "taken from the bag "+filepath.Join(bags, "slide.bag.safetensors")) {
		t.Errorf("warnings %q", got.Warnings)
	}
	if got.Seconds.Encode != 0 {
		t.Errorf("seconds %+v", got.Seconds)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(result.Result{}, "Warnings", "Seconds")); diff != "" {
		t.Error(diff)
	}

	// A bag of the slide that does not fit is not used, which is said.
	other := t.TempDir()
	m.run(t, k.with("extract", k.slide, "--out", other, "--magnification", "20", "--quiet", "--tissue", "bright")...).want(t, exitDone)
	write(t, filepath.Join(other, "slide-2.bag.safetensors"), []byte("damaged"))
	got = m.analyzed(t, k.with("analyze", k.slide, "--bags", other)...)
	if n := len(got.Warnings); n == 0 || !strings.Contains(got.Warnings[n-1], "not used") || got.Seconds.Encode == 0 {
		t.Errorf("warnings %q, seconds %+v", got.Warnings, got.Seconds)
	}

	// No bag of the slide: nothing is said.
	got = m.analyzed(t, k.with("analyze", k.slide, "--bags", t.TempDir())...)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(result.Result{}, "Seconds")); diff != "" {
		t.Error(diff)
	}
	m.run(t, k.with("analyze", k.slide, "--out", t.TempDir(), "--bags", filepath.Join(bags, "none"))...).want(t, exitFailed, "none")
}

// A bag called after the slide that is of another is left alone.
func TestAnalyzeWithBagOfAnother(t *testing.T) {
	m, k, bags := withRuntime(t), newKit(t), t.TempDir()
	namesake := tissuePNG(t, filepath.Join(t.TempDir(), "slide.png"), 800, 500)
	m.run(t, k.with("extract", namesake, "--out", bags, "--magnification", "20", "--quiet")...).want(t, exitDone)
	got := m.analyzed(t, k.with("analyze", k.slide, "--bags", bags)...)
	if len(got.Warnings) > 0 && strings.Contains(strings.Join(got.Warnings, " "), "bag") || got.Seconds.Encode == 0 {
		t.Errorf("warnings %q, seconds %+v", got.Warnings, got.Seconds)
	}
	// And its own can stand beside it.
	s := m.run(t, k.with("extract", k.slide, "--out", bags, "--magnification", "20", "--quiet", "--json")...)
	s.want(t, exitDone)
	if got := files(t, bags); len(got) != 2 || !strings.HasPrefix(got[0], "slide-") || got[1] != "slide.bag.safetensors" {
		t.Errorf("files %q", got)
	}
	if got := m.analyzed(t, k.with("analyze", k.slide, "--bags", bags)...); got.Seconds.Encode != 0 {
		t.Errorf("warnings %q", got.Warnings)
	}
}
