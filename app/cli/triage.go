package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/app/worklist"
	"zoomscope/assets"
	"zoomscope/engine/result"
	"zoomscope/slideio/atomicfile"
)

// triageOptions are the flags of triage.
type triageOptions struct {
	common
	folder        string // absolute; "" is none
	db, csv, rank string
	agreement     string // file to compare a reader with the model in; "" is none
	reader        string
	language      string // of the report
	top           int
	watch, images bool
	retry         bool
	magnification float64
	stated        bool // --magnification was given
	sort          worklist.Sort
}

func (p *Program) triage() *cobra.Command {
	var o triageOptions
	c := &cobra.Command{
		Use:   "triage [FOLDER]",
		Short: "Analyse what is new in a folder of slides, and rank them by what needs reading first",
		Long: `Look for slides in FOLDER and its subfolders, analyse those that the worklist has
no result of by this model, and print them ranked. Without FOLDER, do what is queued
and print the whole worklist. A slide is known by its content: moved or renamed it
keeps its results, and a new model analyses it again. What was interrupted is gone
on with, slides that fail do not stop the others, and what cannot be read for now is
tried again.

--rank says what comes first:
  uncertainty         the least margin between the two most probable classes
  entropy             the highest entropy of the probabilities
  probability:CLASS   the highest probability of a class
  warnings            the most warnings of tissue and resolution

With --watch the folder is watched until Ctrl-C; the file of --csv is written anew
whenever all is done. With --json an array of cases is printed, each with its state.
The status is 3 when some slides failed or are still waiting.

With --agreement nothing is analysed: how a reader's verdicts, given in the window,
agree with the model is written to a file, a report (.pdf) or one line for each case
(.csv), and printed in short.`,
		Example: `  zoomscope triage archive/2026 --rank probability:malignant --top 20
  zoomscope triage incoming --watch --csv worklist.csv
  zoomscope triage archive/2026 --agreement agreement.pdf --reader "Dr. Weiss"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			o.stated = cmd.Flags().Changed("magnification")
			if err := o.check(args); err != nil {
				return err
			}
			if o.agreement != "" {
				return p.runAgreement(cmd.Context(), &o)
			}
			return p.runTriage(cmd.Context(), &o)
		},
	}
	o.addOutput(c)
	o.addCompute(c, seedOfStandIn)
	o.addModel(c)
	c.Flags().StringVar(&o.db, "db", "", "`file` of the worklist; made when missing (default: worklist.db among the program's data)")
	c.Flags().StringVar(&o.rank, "rank", string(worklist.ByUncertainty), "what comes first: uncertainty, entropy, probability:CLASS or warnings")
	c.Flags().IntVar(&o.top, "top", 0, "show only the first `N`")
	c.Flags().StringVar(&o.csv, "csv", "", "`file` to write the table to as well")
	c.Flags().StringVar(&o.agreement, "agreement", "", "`file` (.pdf or .csv) to write how a reader agrees with the model to; nothing is analysed")
	c.Flags().StringVar(&o.reader, "reader", "", "`name` of the reader (default: the one there is)")
	c.Flags().StringVar(&o.language, "language", "en", "of the report of --agreement: "+strings.Join(assets.Languages(), " or "))
	c.Flags().BoolVar(&o.watch, "watch", false, "go on with what comes into the folder, until Ctrl-C")
	c.Flags().BoolVar(&o.images, "images", false, "plain PNG and JPEG pictures are slides too")
	c.Flags().BoolVar(&o.retry, "retry-failed", false, "try slides again that failed")
	c.Flags().Float64Var(&o.magnification, "magnification", 0, "magnification that slides in FOLDER were scanned at whose files do not say; it is remembered for them, 0 forgets it")
	return c
}

func (o *triageOptions) check(args []string) (err error) {
	if err := checkMagnification(o.magnification); err != nil {
		return err
	}
	if o.sort, err = worklist.ParseSort(o.rank); err != nil {
		return usagef("--rank: %w", err)
	}
	if o.top < 0 {
		return usagef("--top %d: give 1 or more", o.top)
	}
	if err := o.checkAgreement(); err != nil {
		return err
	}
	if len(args) == 0 {
		if o.watch || o.images || o.stated {
			return usagef("triage: --watch, --images and --magnification are about a FOLDER: name one")
		}
		return nil
	}
	o.folder, err = filepath.Abs(args[0])
	if err != nil {
		return err
	}
	if st, err := os.Stat(o.folder); err == nil && !st.IsDir() {
		return usagef("%s is a file; triage takes a folder, analyze a slide", args[0])
	}
	return nil
}

func (o *triageOptions) request() app.TriageRequest {
	req := app.TriageRequest{Only: o.folder, Engine: o.engine(), RetryFailed: o.retry}
	if o.folder != "" {
		req.Folders = []worklist.Folder{{Path: o.folder, Images: o.images, Watch: o.watch}}
	}
	if o.stated {
		req.Magnification = &o.magnification
	}
	return req
}

// useWorklist opens the worklist and has it used under the setup that is asked for.
// The caller closes it.
func (p *Program) useWorklist(ctx context.Context, o *triageOptions) (list *worklist.Store, setup worklist.Setup, err error) {
	if setup, err = p.triageSetup(o); err != nil {
		return nil, setup, err
	}
	if list, err = p.openWorklist(ctx, o); err != nil {
		return nil, setup, err
	}
	if setup, err = list.Use(ctx, setup); err != nil {
		return nil, setup, errors.Join(err, list.Close())
	}
	return list, setup, nil
}

func (p *Program) runTriage(ctx context.Context, o *triageOptions) error {
	list, setup, err := p.useWorklist(ctx, o)
	if err != nil {
		return err
	}
	defer list.Close()
	told := p.newTriageTeller(o)
	told.idle = func() error { return writeTriageCSV(ctx, list, setup, o) }
	report, err := p.Workspace.Triage(ctx, list, o.request(), told.tell)
	told.clear()
	if report == nil {
		return err
	}
	if o.watch && stopped(ctx, err) {
		err = nil // as it should be
	}
	return p.endTriage(context.WithoutCancel(ctx), list, setup, report, o, err)
}

func (p *Program) openWorklist(ctx context.Context, o *triageOptions) (*worklist.Store, error) {
	path := cmp.Or(o.db, filepath.Join(p.Workspace.DataDir, worklist.FileName))
	for _, out := range []string{o.csv, o.agreement} {
		if err := p.Workspace.PrepareTriageOutput(out, path, o.engine()); err != nil {
			return nil, err
		}
	}
	return worklist.Open(ctx, path)
}

// triageSetup is what slides are analysed with, once the rule is known to fit it.
func (p *Program) triageSetup(o *triageOptions) (worklist.Setup, error) {
	u, err := p.Workspace.TriageSetup(o.engine())
	if err != nil || o.sort.By != worklist.ByProbability {
		return u, err
	}
	if _, err := u.Class(o.sort.Class); err != nil {
		return u, usagef("--rank %s: %w", o.rank, err)
	}
	return u, nil
}

// endTriage tells what there is, also of a triage that ended with an error.
func (p *Program) endTriage(ctx context.Context, list *worklist.Store, u worklist.Setup, report *app.TriageReport, o *triageOptions, ended error) error {
	cases, err := triageCases(ctx, list, u, o)
	if err != nil {
		return errors.Join(ended, err)
	}
	if len(cases.all) > 0 || ended == nil {
		err = p.printTriage(ctx, list, u, cases, report, o)
	}
	if ended != nil || err != nil {
		return errors.Join(ended, err)
	}
	failed := cases.states[worklist.Failed]
	return triageError(failed, cases.undone-failed, len(cases.all), len(report.Problems))
}

// triageList is what a triage has to show.
type triageList struct {
	all    []worklist.Case // ranked
	states map[worklist.State]int
	undone int // failed, or still waiting
	lost   int // slides that went away before they were analysed; not in all
}

func triageCases(ctx context.Context, list *worklist.Store, u worklist.Setup, o *triageOptions) (triageList, error) {
	l := triageList{states: map[worklist.State]int{}}
	cases, err := list.List(ctx, worklist.Query{Setup: u, Sort: o.sort, Filter: worklist.Filter{Folder: o.folder}})
	for _, c := range cases {
		if c.Missing && c.State != worklist.Done {
			l.lost++
			continue
		}
		l.states[c.State]++
		if c.State != worklist.Done {
			l.undone++
		}
		l.all = append(l.all, c)
	}
	return l, err
}

// top are the cases to be shown.
func (l triageList) top(o *triageOptions) []worklist.Case {
	if o.top == 0 {
		return l.all
	}
	return l.all[:min(o.top, len(l.all))]
}

func writeTriageCSV(ctx context.Context, list *worklist.Store, u worklist.Setup, o *triageOptions) error {
	if o.csv == "" {
		return nil
	}
	l, err := triageCases(ctx, list, u, o)
	if err != nil {
		return err
	}
	return atomicfile.Write(o.csv, func(w io.Writer) error { return worklist.WriteCSV(w, u, l.top(o)) })
}

func (p *Program) printTriage(ctx context.Context, list *worklist.Store, u worklist.Setup, l triageList, report *app.TriageReport, o *triageOptions) error {
	if err := writeTriageCSV(ctx, list, u, o); err != nil {
		return err
	}
	if o.json {
		return p.printTriageJSON(ctx, list, u, l.top(o))
	}
	if len(l.all) == 0 {
		fmt.Fprintln(p.Stdout, "No slides.")
		if o.folder != "" && !o.images {
			fmt.Fprintln(p.Stdout, "Plain PNG and JPEG pictures count only with --images.")
		}
		return nil
	}
	fmt.Fprintf(p.Stdout, "Ranked: %v.\n\n", o.sort)
	if err := printRanking(p.Stdout, l.top(o), u, o.sort); err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "\n%s. Analysed now: %d.\n", l, report.Done)
	fmt.Fprintf(p.Stdout, "Model %s, encoder %s%s. Worklist %s\n", u.Model, u.Encoder, devicesOf(report), shown(list.Path()))
	switch {
	case !u.Trained:
		fmt.Fprintln(p.Stdout, "The model is untrained: what it says means nothing.")
	case u.Note != "":
		fmt.Fprintln(p.Stdout, u.Note)
	}
	fmt.Fprintln(p.Stdout, result.ResearchUse)
	return nil
}

// devicesOf are those that slides were analysed on just now.
func devicesOf(report *app.TriageReport) string {
	text := ""
	for _, d := range report.Devices {
		text += fmt.Sprintf(", device %s (%s)", d.Used, d.Name)
	}
	return text
}

// String counts the slides by their states.
func (l triageList) String() string {
	parts := []string{counted(len(l.all), "slide", "slides")}
	for _, s := range []worklist.State{worklist.Done, worklist.Failed, worklist.Queued} {
		if n := l.states[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	if l.lost > 0 {
		parts = append(parts, fmt.Sprintf("%d more went away before they were analysed", l.lost))
	}
	return strings.Join(parts, ", ")
}

// printRanking prints a table of cases, with the number that decides their order.
func printRanking(w io.Writer, cases []worklist.Case, u worklist.Setup, s worklist.Sort) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	column := "margin"
	if s.By == worklist.ByProbability {
		column = s.Class
	} else if s.By == worklist.ByEntropy {
		column = "entropy"
	}
	fmt.Fprintf(t, "rank\tslide\tprediction\tprobability\t%s\tstate\tnotes\n", column)
	for i, c := range cases {
		rank, prediction, probability, value := "-", "-", "-", "-"
		if o := c.Opinion; o != nil {
			rank = strconv.Itoa(i + 1)
			prediction, probability, value = o.Label, percent(slices.Max(o.Probabilities)), rankValue(o, u, s)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", rank, shown(c.Name), prediction, probability, value, c.State, notes(c))
	}
	return t.Flush()
}

func rankValue(o *worklist.ModelOpinion, u worklist.Setup, s worklist.Sort) string {
	switch s.By {
	case worklist.ByProbability:
		class, err := u.Class(s.Class)
		if err != nil || class >= len(o.Probabilities) {
			return "-"
		}
		return percent(o.Probabilities[class])
	case worklist.ByEntropy:
		return fmt.Sprintf("%.3f", o.Entropy)
	}
	return fmt.Sprintf("%.3f", o.Margin)
}

func percent(p float64) string { return fmt.Sprintf("%.1f %%", 100*p) }

// notes are what else is to be said of a case in one line.
func notes(c worklist.Case) string {
	var all []string
	if c.Warnings > 0 {
		all = append(all, fmt.Sprintf("warnings: %d", c.Warnings))
	}
	if c.Places > 1 {
		all = append(all, fmt.Sprintf("in %d places", c.Places))
	}
	if c.Missing {
		all = append(all, "file is not there any more")
	}
	if c.Reason != "" {
		reason, _, _ := strings.Cut(strings.TrimPrefix(c.Reason, c.Path+": "), "\n")
		all = append(all, reason)
	}
	return strings.Join(all, "; ")
}

// caseJSON is a case in JSON.
type caseJSON struct {
	Rank          int                `json:"rank"`
	Slide         string             `json:"slide"`
	Path          string             `json:"path"`
	Paths         []string           `json:"paths"` // of all its places
	ContentID     string             `json:"content_id"`
	State         worklist.State     `json:"state"`
	Reason        string             `json:"reason,omitempty"`
	Tries         int                `json:"tries"`
	Missing       bool               `json:"missing,omitempty"`
	Prediction    string             `json:"prediction,omitempty"`
	Probabilities map[string]float64 `json:"probabilities,omitempty"`
	Margin        *float64           `json:"margin,omitempty"`
	Entropy       *float64           `json:"entropy,omitempty"`
	Warnings      []string           `json:"warnings"`
	Encoded       int                `json:"patches_read,omitempty"`
	Exhaustive    int                `json:"patches_in_all,omitempty"`
	Seconds       float64            `json:"seconds,omitempty"`
	Device        string             `json:"device,omitempty"`
	Model         string             `json:"model"`
	ModelSHA256   string             `json:"model_sha256"`
	Encoder       string             `json:"encoder"`
	Verdict       *verdictJSON       `json:"verdict,omitempty"`
}

type verdictJSON struct {
	Opinion worklist.Opinion `json:"opinion"`
	Class   string           `json:"class,omitempty"`
	Note    string           `json:"note,omitempty"`
	Time    string           `json:"time"`
}

func (p *Program) printTriageJSON(ctx context.Context, list *worklist.Store, u worklist.Setup, cases []worklist.Case) error {
	all := make([]caseJSON, 0, len(cases))
	for i, c := range cases {
		j, err := describeCase(ctx, list, u, c)
		if err != nil {
			return err
		}
		j.Rank = i + 1
		all = append(all, j)
	}
	return printJSON(p.Stdout, all)
}

func describeCase(ctx context.Context, list *worklist.Store, u worklist.Setup, c worklist.Case) (caseJSON, error) {
	j := caseJSON{
		Slide: c.Name, Path: c.Path, ContentID: c.Content, State: c.State, Reason: c.Reason, Tries: c.Tries, Missing: c.Missing, Warnings: []string{},
		Encoded: c.Encoded, Exhaustive: c.Exhaustive, Seconds: c.Seconds, Device: c.Device, Model: u.Model, ModelSHA256: u.ModelSHA256, Encoder: u.Encoder,
	}
	places, err := list.PlacesOf(ctx, c.ID)
	j.Paths = slices.Sorted(maps.Keys(places))
	if err == nil && c.Warnings > 0 {
		j.Warnings, err = list.Warnings(ctx, c.Run)
	}
	if o := c.Opinion; o != nil {
		j.Prediction, j.Margin, j.Entropy, j.Probabilities = o.Label, &o.Margin, &o.Entropy, map[string]float64{}
		for i, p := range o.Probabilities {
			j.Probabilities[u.Classes[i]] = p
		}
	}
	if v := c.Verdict; v != nil {
		j.Verdict = &verdictJSON{v.Opinion, v.Class, v.Note, v.Time.Format(time.RFC3339)}
	}
	return j, err
}

// triageTeller shows how far triage has come: on a terminal a bar for the slide at
// hand, elsewhere a line for each slide that is done.
type triageTeller struct {
	meter
	w        io.Writer
	quiet    bool
	terminal bool
	idle     func() error
	runs     func(result.Device)
}

func (p *Program) newTriageTeller(o *triageOptions) *triageTeller {
	t := &triageTeller{w: p.Stderr, quiet: o.quiet, meter: silent{}}
	_, t.terminal = terminal(p.Stderr)
	if t.terminal {
		t.meter = newMeter(p.Stderr, o.quiet)
	}
	t.runs = p.deviceTeller(t, &result.Device{})
	return t
}

// tell is called from one goroutine at a time.
func (t *triageTeller) tell(e app.TriageEvent) {
	number := fmt.Sprintf("[%d/%d] ", e.Ended, e.Ended+e.Left)
	switch e.Kind {
	case app.TriageProgress:
		t.update(fmt.Sprintf("[%d/%d] %s", e.Ended+1, e.Ended+e.Left, shown(filepath.Base(e.Slide))), e.Progress)
		return
	case app.TriageLooking:
		t.say(fmt.Sprintf("%s: %s", shown(e.Folder), counted(e.Count, "slide", "slides")))
	case app.TriageRuns:
		t.runs(e.Device)
	case app.TriageDone:
		t.say(number + shown(filepath.Base(e.Slide)) + " done")
	case app.TriageFailed:
		t.always(explain(e.Err, e.Slide))
	case app.TriagePostponed:
		t.always(shownIn(e.Err.Error(), e.Err, e.Slide) + "\n  It is tried again later.")
	case app.TriageProblem:
		t.always(explain(e.Err))
	case app.TriageIdle:
		if err := t.idle(); err != nil {
			t.always(explain(err))
		}
	}
}

func (t *triageTeller) say(text string) {
	if !t.quiet {
		t.clear()
		fmt.Fprintln(t.w, text)
	}
}

func (t *triageTeller) always(text string) {
	t.clear()
	fmt.Fprintln(t.w, "zoomscope: "+text)
}
