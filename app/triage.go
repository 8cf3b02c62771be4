package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"zoomscope/app/worklist"
	"zoomscope/engine/result"
)

// TriageRequest asks for the slides of folders to be analysed, as far as they are
// not yet.
type TriageRequest struct {
	// Folders are looked through for slides, those that are watched again and again:
	// then triage goes on until it is cancelled. None: what is queued is done.
	Folders []worklist.Folder
	Only    string // work on the cases of this folder alone; "" is all
	Engine  EngineOptions

	RetryFailed bool // queue again what failed

	// Magnification that the slides in the folders were scanned at whose files do not
	// say; it is remembered for them. A slide that one was stated of before keeps that,
	// and a TriageProblem tells of such slides. 0 forgets what was stated of any, nil
	// leaves it.
	Magnification *float64
}

// TriageEvent is a step of triage.
type TriageEvent struct {
	Kind     TriageEventKind
	Folder   string // of TriageLooking
	Slide    string // path of the slide at hand
	Case     int64
	Count    int // of TriageLooking: slides in the folder
	Ended    int // slides done or failed since the start
	Left     int // slides that are queued or running
	Progress result.Progress
	Fraction float64       // of the slide at hand that is done, 0 to 1, with Progress
	Err      error         // of TriageFailed, TriagePostponed and TriageProblem
	Device   result.Device // of TriageRuns
}

// TriageEventKind is a kind of event.
type TriageEventKind string

// The kinds of event.
const (
	TriageLooking   TriageEventKind = "looking"   // a folder was looked through
	TriageRuns      TriageEventKind = "runs"      // slides are analysed on a device, once for each
	TriageProgress  TriageEventKind = "progress"  // of the slide at hand, at most ten a second
	TriageDone      TriageEventKind = "done"      // a slide was
	TriageFailed    TriageEventKind = "failed"    // a slide has
	TriagePostponed TriageEventKind = "postponed" // a slide is tried again later
	TriageProblem   TriageEventKind = "problem"   // with a folder or a file, or with keeping results
	TriageIdle      TriageEventKind = "idle"      // there is nothing to do at the moment
)

// TriageReport is what a triage came to.
type TriageReport struct {
	Setup        worklist.Setup
	Devices      []result.Device // that slides were analysed on
	Done, Failed int             // slides, by this triage
	Problems     []error         // at its end, with folders, and with files that are not on the worklist
}

// ErrEngineTrouble: one slide after the other failed for a reason that is not the
// slides'.
var ErrEngineTrouble = errors.New("the analysis itself fails")

// TriageSetup is the setup that options stand for. It is not kept yet.
func (w *Workspace) TriageSetup(o EngineOptions) (worklist.Setup, error) {
	model, spec, err := w.modelAndEncoder(o)
	if err != nil {
		return worklist.Setup{}, err
	}
	c, card := model.Result(), spec.Card()
	return worklist.Setup{
		Model: c.Name, ModelSHA256: c.SHA256, Encoder: card.Name, EncoderSHA256: card.SHA256,
		K: c.K, Magnifications: c.Magnifications, Classes: c.Classes, Trained: c.Trained, Note: c.Note,
	}, nil
}

// Triage looks for slides, and analyses one after the other what the worklist has no
// result of by this model, in the order of worklist.Store.Next, while the next one is
// opened. A slide that fails does not end it. What cannot be read for now, because a
// drive was removed or a disk is full, is tried again later. However it ends, what is
// done is kept, and the queue too.
//
// A worklist serves one triage at a time: a second one gets worklist.ErrBusy.
//
// Without watched folders it returns when nothing is left that it can do. events may
// be nil; it is called from one goroutine at a time, and must not call the
// workspace. The error is for what concerns all slides: no such model, no runtime,
// no such folder, a full disk, ErrEngineTrouble, ctx cancelled; a report is returned
// with it once folders were looked at.
func (w *Workspace) Triage(ctx context.Context, list *worklist.Store, req TriageRequest, events func(TriageEvent)) (*TriageReport, error) {
	return w.triage(ctx, list, req, events, usualTimes())
}

func (w *Workspace) triage(ctx context.Context, list *worklist.Store, req TriageRequest, events func(TriageEvent), times triageTimes) (*TriageReport, error) {
	t := w.newTriage(list, req, events, times)
	give, err := list.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer give()
	defer t.ahead.drop()
	defer list.Subscribe(func(worklist.Change) { ring(t.bell) })() // others queue too
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return t.look(groupCtx) })
	group.Go(func() error { return t.work(groupCtx) })
	err = group.Wait()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return t.report(), err
}

func (w *Workspace) newTriage(list *worklist.Store, req TriageRequest, events func(TriageEvent), times triageTimes) *triage {
	return &triage{
		w: w, list: list, req: req, events: events, times: times, bell: make(chan struct{}, 1),
		rest: newResting(times), away: map[string]bool{}, series: map[string]dicomFile{}, unread: map[string][]error{}, said: map[string]bool{},
	}
}

// triage is one triage under way.
type triage struct {
	w     *Workspace
	list  *worklist.Store
	req   TriageRequest
	times triageTimes
	setup worklist.Setup

	bell    chan struct{} // rings when something was queued
	once    atomic.Bool   // folders were looked at
	through atomic.Bool   // and will not be any more

	// Of the goroutine that looks.
	rest   *resting
	away   map[string]bool // folders out of reach
	series map[string]dicomFile

	// Of the goroutine that works.
	ahead   ahead
	trouble int // slides in a row that failed for a reason not theirs

	mu           sync.Mutex // for all below, and for calling events
	events       func(TriageEvent)
	devices      []result.Device // that were told
	done, failed int
	left         int
	unread       map[string][]error // what is wrong with a folder and its files, as last looked at
	said         map[string]bool    // problems that were told
}

// prepare makes the request's paths whole, and the setup and the queue ready.
func (t *triage) prepare(ctx context.Context) (err error) {
	t.req.Folders = append([]worklist.Folder(nil), t.req.Folders...)
	for i := range t.req.Folders {
		if t.req.Folders[i].Path, err = filepath.Abs(t.req.Folders[i].Path); err != nil {
			return err
		}
	}
	if t.req.Only != "" {
		if t.req.Only, err = filepath.Abs(t.req.Only); err != nil {
			return err
		}
	}
	setup, err := t.w.TriageSetup(t.req.Engine)
	if err != nil {
		return err
	}
	if t.setup, err = t.list.Use(ctx, setup); err != nil {
		return err
	}
	for _, f := range t.req.Folders {
		if err := t.list.PutBack(ctx, f.Path); err != nil {
			return err
		}
		if err := t.stateMagnification(ctx, f.Path); err != nil {
			return err
		}
	}
	_, err = t.list.Enqueue(ctx, t.setup.ID, t.req.Only, t.req.RetryFailed)
	return err
}

// stateMagnification keeps what is stated of a folder: that its files are to say it,
// for all slides; a magnification for those that are known to need one and have none. Of
// others that shows when they are opened. What a reader stated of one slide is never
// changed so.
func (t *triage) stateMagnification(ctx context.Context, folder string) error {
	m := t.stated()
	switch {
	case t.req.Magnification == nil:
		return nil
	case m == 0:
		return t.list.StateMagnificationUnder(ctx, 0, folder)
	}
	cases, err := t.list.List(ctx, worklist.Query{Setup: t.setup, Filter: worklist.Filter{Folder: folder}})
	if err != nil {
		return err
	}
	var ids []int64
	keep := 0
	for _, c := range cases {
		switch {
		case c.Stated > 0 && c.Stated != m:
			keep++
		case c.Stated == 0 && c.State == worklist.Failed && c.Kind == string(ErrorResolutionUnknown):
			ids = append(ids, c.ID)
		}
	}
	if keep > 0 {
		t.problem(fmt.Errorf("%s: slides that another magnification was stated of before keep it: %d; stating 0 of the folder forgets it", folder, keep))
	}
	return t.list.StateMagnification(ctx, m, ids...)
}

// stated is the magnification that is stated of the folders, 0 for none.
func (t *triage) stated() float64 {
	if t.req.Magnification == nil {
		return 0
	}
	return *t.req.Magnification
}

// restate keeps, once a slide is open of which nothing is stated, that the magnification
// of its folder is for it if its file does not say one, and queues it for that: a run is
// of one magnification.
func (t *triage) restate(ctx context.Context, o *openedSlide) (again bool, err error) {
	m := t.stated()
	if m == 0 || o.job.Stated > 0 || o.slide == nil || o.slide.Info().Resolution.Known() || !t.inFolders(o.path) {
		return false, nil
	}
	return true, t.persist(ctx, func() error {
		if err := t.list.StateMagnification(ctx, m, o.job.Case); err != nil {
			return err
		}
		_, err := t.list.Enqueue(ctx, t.setup.ID, t.req.Only, false)
		return err
	})
}

// inFolders reports whether a file lies in one of the folders.
func (t *triage) inFolders(path string) bool {
	return slices.ContainsFunc(t.req.Folders, func(f worklist.Folder) bool { return liesIn(f.Path, path) })
}

// liesIn reports whether a path lies in a folder or its subfolders.
func liesIn(folder, path string) bool {
	return strings.HasPrefix(path, strings.TrimRight(folder, string(filepath.Separator))+string(filepath.Separator))
}

// watching reports whether the triage goes on until it is cancelled.
func (t *triage) watching() bool {
	for _, f := range t.req.Folders {
		if f.Watch {
			return true
		}
	}
	return false
}

func (t *triage) lookedOnce() {
	t.once.Store(true)
	ring(t.bell)
}

func (t *triage) lookedEnough() {
	t.through.Store(true)
	ring(t.bell)
}

// work does what is queued until nothing is left to be done.
func (t *triage) work(ctx context.Context) error {
	idle := false
	for {
		once, through := t.once.Load(), t.through.Load() // before the queue is asked
		jobs, err := t.list.Next(ctx, t.setup.ID, t.req.Only, 2)
		if err != nil {
			return err
		}
		if len(jobs) > 0 {
			idle = false
			if err := t.do(ctx, jobs); err != nil {
				return err
			}
			continue
		}
		n, wait, err := t.list.Waiting(ctx, t.setup.ID, t.req.Only)
		if err != nil {
			return err
		}
		if once && !idle {
			idle = true
			t.tell(TriageEvent{Kind: TriageIdle})
		}
		if through && (n == 0 || wait > t.times.patience) {
			return nil
		}
		if err := t.pause(ctx, n > 0, wait); err != nil {
			return err
		}
	}
}

// pause waits until there may be something to do again.
func (t *triage) pause(ctx context.Context, timed bool, wait time.Duration) error {
	var after <-chan time.Time
	if timed {
		after = time.After(max(wait, 10*time.Millisecond))
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.bell:
	case <-after:
	}
	return nil
}

// tell passes an event on, with where things stand.
func (t *triage) tell(e TriageEvent) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.events == nil {
		return
	}
	e.Ended, e.Left = t.done+t.failed, t.left
	t.events(e)
}

// problem tells, once, of what is wrong with something other than a slide on the
// worklist.
func (t *triage) problem(err error) {
	t.mu.Lock()
	known := t.said[err.Error()]
	if !known {
		t.said[err.Error()] = true
	}
	t.mu.Unlock()
	if !known {
		t.tell(TriageEvent{Kind: TriageProblem, Err: err})
	}
}

// cannotRead is a problem with a folder or a file in it, until the folder is looked at
// anew.
func (t *triage) cannotRead(folder string, err error) {
	t.mu.Lock()
	t.unread[folder] = append(t.unread[folder], err)
	t.mu.Unlock()
	t.problem(err)
}

// lookAnew forgets what was wrong with a folder.
func (t *triage) lookAnew(folder string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.unread, folder)
}

// runs tells, once for each, of a device that slides are analysed on.
func (t *triage) runs(d result.Device) {
	t.mu.Lock()
	known := slices.ContainsFunc(t.devices, func(o result.Device) bool { return o.Used == d.Used })
	if !known {
		t.devices = append(t.devices, d)
	}
	t.mu.Unlock()
	if !known {
		t.tell(TriageEvent{Kind: TriageRuns, Device: d})
	}
}

func (t *triage) report() *TriageReport {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &TriageReport{Setup: t.setup, Devices: t.devices, Done: t.done, Failed: t.failed}
	for _, folder := range slices.Sorted(maps.Keys(t.unread)) {
		r.Problems = append(r.Problems, t.unread[folder]...)
	}
	return r
}

// persist does what writes to the worklist, again and again while there is no space
// for it: for as long as it takes where folders are watched, else a few times.
func (t *triage) persist(ctx context.Context, write func() error) error {
	for n := 0; ; n++ {
		err := write()
		wait := t.times.delay(n)
		if err == nil || !errors.Is(err, worklist.ErrFull) || !t.watching() && wait > t.times.patience {
			return err
		}
		t.problem(fmt.Errorf("results wait to be kept: %w", err))
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(wait):
		}
	}
}
