package cli

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zoomscope/app/worklist"
)

// archive is a folder of n slides, one of them bad, and the kit to triage it with.
type archive struct {
	kit
	dir, db string
}

func newArchive(t *testing.T, n int) archive {
	t.Helper()
	a := archive{kit: newKit(t), dir: t.TempDir()}
	a.db = filepath.Join(t.TempDir(), "work", "list.db")
	long := time.Now().Add(-time.Hour) // long enough not to be taken for a copy under way
	for i := range n {
		path := tissuePNG(t, filepath.Join(a.dir, strconv.Itoa(i%3), "slide"+strconv.Itoa(i)+".png"), 700+20*i, 600)
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func (a archive) triage(args ...string) []string {
	return a.with(append([]string{"triage", a.dir, "--db", a.db, "--images", "--magnification", "20"}, args...)...)
}

func TestTriageCommand(t *testing.T) {
	m, a := withRuntime(t), newArchive(t, 4)
	out := filepath.Join(t.TempDir(), "list.csv")
	s := m.run(t, a.triage("--rank", "probability:malignant", "--csv", out)...)
	s.want(t, exitDone, "[1/4] slide0.png done", "[4/4] ")
	for _, text := range []string{`Ranked: highest probability of "malignant" first.`, "rank  slide", "4 slides, 4 done. Analysed now: 4.", "Model small, encoder mean, device cpu (", "The model is untrained", "research use"} {
		if !strings.Contains(s.stdout, text) {
			t.Errorf("stdout does not say %q:\n%s", text, s.stdout)
		}
	}
	lines, err := csv.NewReader(strings.NewReader(string(read(t, out)))).ReadAll()
	if err != nil || len(lines) != 5 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	column := slices.Index(lines[0], "probability:malignant")
	if !slices.IsSortedFunc(lines[1:], func(a, b []string) int { return strings.Compare(b[column], a[column]) }) {
		t.Errorf("not ranked: %q", lines)
	}

	again := m.run(t, a.triage("--top", "2")...)
	again.want(t, exitDone)
	if !strings.Contains(again.stdout, "Analysed now: 0.") || strings.Count(again.stdout, ".png") != 2 || !strings.Contains(again.stdout, "least margin") {
		t.Errorf("again: %s", again.stdout)
	}
	sub := m.run(t, a.with("triage", filepath.Join(a.dir, "1"), "--db", a.db, "--images", "--quiet")...)
	sub.want(t, exitDone)
	if strings.Count(sub.stdout, ".png") != 1 || sub.stderr != "" {
		t.Errorf("a subfolder: %s%s", sub.stdout, sub.stderr)
	}
	all := m.run(t, a.with("triage", "--db", a.db)...)
	all.want(t, exitDone)
	if strings.Count(all.stdout, ".png") != 4 {
		t.Errorf("without a folder: %s", all.stdout)
	}
}

func TestTriageFailures(t *testing.T) {
	m, a := withRuntime(t), newArchive(t, 2)
	write(t, filepath.Join(a.dir, "bad.png"), []byte("cut off"))
	for range 2 { // it stays failed
		s := m.run(t, a.triage("--json")...)
		s.want(t, exitSome, "1 of 3 slides failed")
		var cases []caseJSON
		s.document(t, &cases)
		if len(cases) != 3 || cases[2].State != worklist.Failed || cases[2].Reason == "" || cases[0].State != worklist.Done || cases[0].Rank != 1 ||
			len(cases[0].Probabilities) != 2 || cases[0].Warnings == nil || len(cases[0].Paths) != 1 || cases[0].Path != cases[0].Paths[0] {
			t.Errorf("%+v", cases)
		}
	}
	s := m.run(t, a.triage()...)
	s.want(t, exitSome)
	if !strings.Contains(s.stdout, "bad.png") || !strings.Contains(s.stdout, "failed") || !strings.Contains(s.stdout, "3 slides, 2 done, 1 failed.") {
		t.Errorf("%s", s.stdout)
	}
	m.run(t, a.triage("--retry-failed")...).want(t, exitSome, "bad.png: ")
	tissuePNG(t, filepath.Join(a.dir, "bad.png"), 500, 500) // copied again
	s = m.run(t, a.triage()...)
	s.want(t, exitDone)
	if !strings.Contains(s.stdout, "3 slides, 3 done") {
		t.Errorf("%s", s.stdout)
	}
}

// Folders and files that cannot be looked at are told apart from the slides.
func TestTriageUnread(t *testing.T) {
	m, a := withRuntime(t), newArchive(t, 1)
	file, folder := write(t, filepath.Join(a.dir, "locked.png"), []byte("x")), filepath.Join(a.dir, "closed")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, folder} {
		if err := os.Chmod(path, 0); err != nil {
			t.Skip(err)
		}
		t.Cleanup(func() { os.Chmod(path, 0o755) })
	}
	if _, err := os.ReadFile(file); err == nil {
		t.Skip("this user may read everything")
	}
	s := m.run(t, a.triage()...)
	s.want(t, exitSome, "zoomscope: 2 files or folders could not be looked at; the others are done", "locked.png", "closed")
	if !strings.Contains(s.stdout, "1 slide, 1 done.") {
		t.Errorf("stdout %q", s.stdout)
	}
}

func TestTriageUsage(t *testing.T) {
	m, a := withRuntime(t), newArchive(t, 0)
	file := write(t, filepath.Join(t.TempDir(), "file.svs"), []byte("x"))
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"two folders":            {[]string{"triage", "a", "b"}, exitUsage, "see zoomscope triage --help"},
		"no such rule":           {a.triage("--rank", "colour"), exitUsage, "--rank"},
		"no class":               {a.triage("--rank", "probability"), exitUsage, "probability:CLASS"},
		"no such class":          {a.triage("--rank", "probability:medium"), exitUsage, `"benign" "malignant"`},
		"negative top":           {a.triage("--top", "-1"), exitUsage, "--top"},
		"watch without a folder": {[]string{"triage", "--watch"}, exitUsage, "FOLDER"},
		"a file":                 {[]string{"triage", file}, exitUsage, "analyze"},
		"no such folder":         {a.with("triage", filepath.Join(a.dir, "none"), "--db", a.db), exitFailed, "none"},
		"no such model":          {[]string{"triage", a.dir, "--model", "none"}, exitFailed, "no such model"},
		"not a worklist":         {a.with("triage", a.dir, "--db", file), exitFailed, "not a worklist"},
	} {
		t.Run(name, func(t *testing.T) { m.run(t, c.args...).want(t, c.status, c.says) })
	}
	if s := m.run(t, a.with("triage", a.dir, "--db", a.db)...); s.status != exitDone || !strings.Contains(s.stdout, "No slides.") {
		t.Errorf("an empty folder: %+v", s)
	}
	list, err := worklist.Open(t.Context(), a.db)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	m.run(t, a.triage()...).want(t, exitFailed, "in use by another zoomscope", "--db FILE")
}

// Watching ends with Ctrl-C, which is no failure; the CSV is there before.
func TestTriageWatchCommand(t *testing.T) {
	m, a := withRuntime(t), newArchive(t, 2)
	out := filepath.Join(t.TempDir(), "list.csv")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var done int
	m.onStderr = func(text string) {
		if done += strings.Count(text, " done\n"); done == 2 {
			go func() {
				for {
					if _, err := os.Stat(out); err == nil {
						stop()
						return
					}
				}
			}()
		}
	}
	s := m.runWith(t, ctx, a.triage("--watch", "--csv", out)...)
	s.want(t, exitDone)
	if !strings.Contains(s.stdout, "2 slides, 2 done") {
		t.Errorf("%s", s.stdout)
	}
}

// TestTriageAgreement compares a reader with the model, in a report, a table and JSON.
func TestTriageAgreement(t *testing.T) {
	m, a := withRuntime(t), newArchive(t, 5)
	m.run(t, a.triage()...).want(t, exitDone)
	agreement := func(args ...string) []string {
		return a.with(append([]string{"triage", a.dir, "--db", a.db}, args...)...)
	}
	out := t.TempDir()
	pdf, table := filepath.Join(out, "a.PDF"), filepath.Join(out, "a.csv")
	m.run(t, agreement("--agreement", pdf)...).want(t, exitFailed, "nobody has given a verdict")

	judge(t, a.db, "Dr. One", []worklist.Opinion{worklist.Agree, worklist.Agree, worklist.Disagree, worklist.Unsure})
	s := m.run(t, agreement("--agreement", pdf, "--language", "de")...)
	s.want(t, exitDone)
	if !strings.Contains(s.stdout, "Dr. One against small: agree on 2 of 3 cases") || !strings.Contains(s.stdout, "Unsure 1, not read 1") {
		t.Errorf("stdout: %s", s.stdout)
	}
	if data := read(t, pdf); !strings.HasPrefix(string(data), "%PDF-") {
		t.Errorf("the report begins with %q", data[:min(8, len(data))])
	}
	judge(t, a.db, "Dr. Two", []worklist.Opinion{worklist.Disagree})
	m.run(t, agreement("--agreement", pdf)...).want(t, exitUsage, "Dr. One", "Dr. Two")
	var j agreementJSON
	m.run(t, agreement("--agreement", table, "--reader", "Dr. One", "--json")...).document(t, &j)
	if j.Agree != 2 || j.Disagree != 1 || j.Unsure != 1 || j.Reader != "Dr. One" || len(j.Table) != len(j.Classes) {
		t.Errorf("%+v", j)
	}
	if lines, err := csv.NewReader(strings.NewReader(string(read(t, table)))).ReadAll(); err != nil || len(lines) != 5 {
		t.Errorf("%d lines, %v", len(lines), err)
	}
	for _, wrong := range [][]string{
		{"--agreement", "report.txt"}, {"--reader", "Dr. One"}, {"--agreement", pdf, "--watch"}, {"--agreement", pdf, "--language", "fr"},
	} {
		m.run(t, agreement(wrong...)...).want(t, exitUsage)
	}
}

// judge gives verdicts on the first cases of a worklist.
func judge(t *testing.T, db, reader string, opinions []worklist.Opinion) {
	t.Helper()
	list, err := worklist.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	setups, err := list.Setups(t.Context())
	if err != nil || len(setups) == 0 {
		t.Fatal(setups, err)
	}
	ids, err := list.Order(t.Context(), worklist.Query{Setup: setups[0]})
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range opinions {
		if _, err := list.Judge(t.Context(), setups[0], ids[i], worklist.Verdict{Reader: reader, Opinion: o, Note: "a note"}); err != nil {
			t.Fatal(err)
		}
	}
}
