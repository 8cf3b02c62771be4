package shell

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/packaging/testenv"
	"zoomscope/ui/panels"
)

// plainPictures is a folder of n pictures of unknown resolution, all different.
func plainPictures(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	for i := range n {
		name := string(rune('a'+i)) + ".png"
		data, err := os.ReadFile(picture(t, name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, append(data, byte(i)), 0o644); err != nil { // another content
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestMendUnsized adds a folder of plain pictures, has them fail, states their
// magnification from the list, and has them analysed. In German, as far as one can
// see.
func TestMendUnsized(t *testing.T) {
	testenv.ORT(t)
	s := newStand(t, func(l *settings.Settings) { l.Language = "de" })
	s.probe()
	s.dialogs.path = plainPictures(t, 3)
	s.toggleWorklist()
	s.until("open", func() bool { return s.review.store != nil })
	s.addFolder()
	s.until("looked", func() bool { return s.review.triage.job == nil && !s.review.reading && len(s.foldersKept()) == 1 })
	if len(s.review.ids) != 0 {
		t.Fatal("plain pictures count unasked")
	}
	s.changeFolder(panels.WorklistFolder{Path: s.dialogs.path, Images: true}, panels.NewFoldersView(s.texts, panels.FoldersEvents{}))
	s.until("found", func() bool { return len(s.review.ids) == 3 && s.review.triage.job == nil })
	s.startTriage()
	s.until("failed", func() bool { return s.review.triage.job == nil && s.allOf(3, app.WorklistFailed) })

	p := s.review.panel
	p.Select(0)
	cells := p.Row(0).Cells()
	if want := s.texts.Errors.NoResolution.What; !strings.Contains(cells.State, want) {
		t.Errorf("the row says %q", cells.State)
	}
	s.stateCase(panels.WorklistStatement{ID: s.review.ids[0], Magnification: 20, All: true})
	s.until("queued", func() bool { return s.allOf(3, app.WorklistQueued) })
	s.startTriage()
	s.until("done", func() bool { return s.review.triage.job == nil && s.allDone(3) })
	mended := s.review.ids[0]
	if c := s.review.cases[mended]; c.Stated != 20 || s.caseOf(c, nil).Stated != 20 {
		t.Errorf("%+v", c)
	}
	s.stateCase(panels.WorklistStatement{ID: mended})
	s.until("as it was", func() bool { return s.review.cases[mended].State == app.WorklistFailed })
	s.retryFailed()
	s.until("again", func() bool { return s.review.cases[mended].State == app.WorklistQueued })
}

func (s *stand) allOf(n int, state app.WorklistState) bool {
	found := 0
	for _, c := range s.review.cases {
		if c.State == state {
			found++
		}
	}
	return found == n
}

func (s *stand) foldersKept() []app.WorklistFolder {
	s.t.Helper()
	all, err := s.review.store.Folders(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// TestReasonsInWords wants reasons in the window's language, whatever they are.
func TestReasonsInWords(t *testing.T) {
	s := newStand(t, func(l *settings.Settings) { l.Language = "de" })
	for name, c := range map[string]struct {
		kind         app.ErrorKind
		reason, want string
	}{
		"a kind":       {app.ErrorDamaged, "/a/b.svs: slide file is damaged", s.texts.Errors.Damaged.What},
		"of triage":    {"", "the program ended while it was analysed", "das Programm endete während der Analyse"},
		"out of reach": {"", "the folder is out of reach", "der Ordner ist nicht erreichbar"},
		"another":      {app.ErrorOther, "/a/b.svs: what nobody thought of\nand more", "what nobody thought of"},
		"none":         {"", "", ""},
	} {
		got, advice := s.reasonOf(app.WorklistCase{Path: "/a/b.svs", Kind: string(c.kind), Reason: c.reason})
		if got != c.want || (advice != "") != (c.kind == app.ErrorDamaged) {
			t.Errorf("%s: %q, %q", name, got, advice)
		}
	}
}

// TestFolderRemoved removes a folder while triage works on it: its cases are off the
// list, and back with their verdicts when it is added again.
func TestFolderRemoved(t *testing.T) {
	s := listed(t, 2, true, nil)
	view := panels.NewFoldersView(s.texts, panels.FoldersEvents{})
	first := s.review.ids[0]
	s.review.panel.Select(0)
	s.typed('y')
	s.until("agreed", func() bool { return s.review.cases[first].Verdict != nil })
	path := s.dialogs.path
	s.changeFolder(panels.WorklistFolder{Path: path, Watch: true}, view)
	s.until("looked", func() bool { return s.review.triage.job == nil && len(s.foldersKept()) == 1 })
	s.startTriage()
	s.until("watching", func() bool { return s.review.triage.idle })

	s.removeFolder(path, view)
	s.until("off the list", func() bool { return len(s.review.ids) == 0 && len(s.foldersKept()) == 0 })
	s.until("triage over", func() bool { return s.review.triage.job == nil })
	s.folderAdded(path)
	s.until("back", func() bool { return len(s.review.ids) == 2 && s.review.triage.job == nil })
	s.settled()
	if c := s.review.cases[first]; c.Verdict == nil || c.State != app.WorklistDone {
		t.Errorf("%+v", c)
	}
	s.showFolders()
	s.until("asked", func() bool { return s.question != nil })
	s.dismiss()
}

// TestReaders gives verdicts under two names, and notes without a verdict, of which
// one is being typed as the window closes.
func TestReaders(t *testing.T) {
	s := listed(t, 2, true, nil)
	first, second := s.review.ids[0], s.review.ids[1]
	p := s.review.panel
	if s.look.Worklist.Reader != "" {
		t.Fatal("somebody was asked already")
	}
	s.confirmReader()
	one := s.reader()
	if s.Settings.Get().Worklist.Reader != one || one == "" {
		t.Errorf("kept as %q", s.Settings.Get().Worklist.Reader)
	}
	p.Select(0)
	s.typed('y')
	s.until("agreed", func() bool { return s.review.cases[first].Verdict != nil })
	s.keepNote(second, "of the first reader")
	s.askReader()
	s.until("asked", func() bool { return s.question != nil })
	s.dismiss()
	s.setReader("Dr. Two")
	s.until("other verdicts", func() bool { c, ok := s.review.cases[first]; return ok && c.Verdict == nil })
	s.settled()
	if note := s.noteOf(s.review.cases[second]); note != "" {
		t.Errorf("the other reader's note is seen: %q", note)
	}
	p.Select(1)
	s.typed('n')
	s.until("disagreed", func() bool { return s.review.cases[second].Verdict != nil })
	s.setReader(one)
	s.until("the first one's", func() bool { return s.review.cases[first].Verdict != nil && s.review.cases[second].Note != "" })

	a, err := s.review.store.Agreement(t.Context(), s.review.query)
	if err != nil || a.Reader != one || a.Agree != 1 || a.Unread != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	out := filepath.Join(t.TempDir(), "agreement.pdf")
	s.dialogs.path = out
	s.reportAgreement(a)
	s.until("written", func() bool {
		data, err := os.ReadFile(out)
		return err == nil && bytes.HasPrefix(data, []byte("%PDF-"))
	})

	s.keepNote(second, "typed until the end")
	store := s.review.store
	s.cancel()
	s.workers.Wait()
	c, err := store.Get(t.Context(), s.review.query, second)
	if err != nil || len(c) != 1 || c[0].Note != "typed until the end" {
		t.Errorf("%+v, %v", c, err)
	}
}
