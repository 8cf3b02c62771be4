package shell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"zoomscope/app"
	"zoomscope/ui/panels"
)

// triageState is how far the worklist is worked through.
type triageState struct {
	job     *job // triage, or the look for slides; nil for none
	finding bool // slides are looked for
	next    bool // triage begins once this ends
	relook  bool // folders are looked through again once this ends, before triage
	pausing bool
	idle    bool // all is done, and folders are watched

	engine   app.EngineOptions // that it works with
	event    app.TriageEvent   // the last one of a slide
	at       int64             // case at hand
	fraction float64           // of it that is done
	began    time.Time         // with the first slide
	trouble  []string
}

// addFolder asks for a folder and puts its slides on the worklist.
func (s *Shell) addFolder() {
	if s.occupied() || s.review.store == nil {
		return
	}
	t, dir := s.texts.Review, s.look.LastFolder
	s.native(func() (string, error) { return s.Dialogs.Folder(t.ChooseFolder, dir) }, s.folderAdded)
}

func (s *Shell) folderAdded(path string) {
	store := s.review.store
	background(s, func(ctx context.Context) (struct{}, error) {
		folder := app.WorklistFolder{Path: path}
		kept, err := store.Folders(ctx)
		for _, f := range kept {
			if f.Path == path {
				folder = f // as it is looked through already
			}
		}
		return struct{}{}, errors.Join(err, store.AddFolder(ctx, folder))
	}, func(_ struct{}, err error) {
		if err != nil {
			s.unless(err)
			return
		}
		s.lookForCases()
	})
}

// lookForCases lists the slides of the folders. A triage under way begins again, as
// it looks too.
func (s *Shell) lookForCases() {
	if s.review.triage.job == nil {
		s.runTriage(true)
		return
	}
	s.beginAgain()
}

// beginAgain has triage, or the look for slides, begin anew, with the folders as
// they are now.
func (s *Shell) beginAgain() {
	t := &s.review.triage
	if t.job != nil {
		t.relook = t.finding
		t.next = !t.finding || t.next
		t.job.cancel()
	}
}

// startTriage has the worklist worked through.
func (s *Shell) startTriage() {
	r := &s.review
	switch {
	case r.store == nil:
	case r.triage.job == nil:
		s.runTriage(false)
	case r.triage.finding:
		r.triage.next = true
	}
}

// pauseTriage ends triage; the slide at hand is queued again.
func (s *Shell) pauseTriage() {
	if t := &s.review.triage; t.job != nil {
		t.next, t.relook, t.pausing = false, false, true
		t.job.cancel()
		s.showTriage()
	}
}

// toggleTriage is the menu's start and pause.
func (s *Shell) toggleTriage() {
	switch t := s.review.triage; {
	case s.occupied():
	case t.job != nil && !t.finding:
		s.pauseTriage()
	default:
		s.withWorklist(s.startTriage)
	}
}

// runTriage looks for slides in the folders, and unless that is all analyses what
// is queued.
func (s *Shell) runTriage(finding bool) {
	r := &s.review
	title := s.texts.Worklist.Title
	if finding {
		title = s.texts.Review.Looking
	}
	store, engine := r.store, s.engineOptions()
	r.triage = triageState{finding: finding, engine: engine}
	r.triage.job = start(s, title, func(ctx context.Context, report func(panels.Job)) (*app.TriageReport, error) {
		return s.triage(ctx, store, engine, finding, report)
	}, func(report *app.TriageReport, err error) { s.triageEnded(finding, report, err) })
	s.Log.Info("triage begun", "finding", finding)
	s.showTriage()
}

// triage works, beside the window.
func (s *Shell) triage(ctx context.Context, store *app.Worklist, engine app.EngineOptions, finding bool, report func(panels.Job)) (*app.TriageReport, error) {
	folders, err := store.Folders(ctx)
	if err != nil {
		return nil, err
	}
	req := app.TriageRequest{Folders: folders, Engine: engine}
	tell := func(e app.TriageEvent) {
		report(s.triageLine(e))
		s.show(func() { s.triageTold(e) })
	}
	if finding {
		return s.Workspace.FindCases(ctx, store, req, tell)
	}
	return s.Workspace.Triage(ctx, store, req, tell)
}

// triageLine is the line of the job bar. It is called beside the window.
func (s *Shell) triageLine(e app.TriageEvent) panels.Job {
	line := panels.Job{}
	switch at := cmp.Or(e.Slide, e.Folder); {
	case at != "":
		line.Stage = filepath.Base(at)
	case e.Kind == app.TriageIdle:
		line.Stage = s.texts.Worklist.Waiting
	}
	if all := e.Ended + e.Left; all > 0 {
		line.Fraction = (float64(e.Ended) + e.Fraction) / float64(all)
	}
	return line
}

// triageTold takes in a step of triage.
func (s *Shell) triageTold(e app.TriageEvent) {
	t := &s.review.triage
	if t.job == nil {
		return
	}
	t.idle = e.Kind == app.TriageIdle || t.idle && e.Kind == app.TriageLooking
	switch e.Kind {
	case app.TriageProgress:
		if t.began.IsZero() {
			t.began = time.Now()
		}
		t.event, t.at, t.fraction = e, e.Case, e.Fraction
		if t.engine.Model == s.review.engine.Model { // the list shows what this model makes of the case
			s.review.panel.SetProgress(e.Case, e.Fraction)
		}
	case app.TriageDone, app.TriageFailed, app.TriagePostponed:
		t.event, t.at, t.fraction = e, 0, 0
	case app.TriageProblem:
		t.trouble = append(t.trouble, s.sentenceOf(e.Err))
	}
	s.showTriage()
}

// sentenceOf is an error in a sentence that says what it is about.
func (s *Shell) sentenceOf(err error) string {
	said := s.translated(err.Error())
	if app.KindOf(err) == app.ErrorOther {
		return said
	}
	return s.phrase(err) + " (" + said + ")"
}

// showTriage tells the panel how far triage is.
func (s *Shell) showTriage() {
	t := s.review.triage
	now := panels.WorklistTriage{Running: t.job != nil && !t.finding, Pausing: t.pausing, Trouble: s.troubles(t.trouble)}
	e := t.event
	if now.Running {
		if t.engine.Model != s.look.Model {
			now.Model = s.modelName(t.engine.Model)
		}
		now.Done, now.Of = e.Ended, e.Ended+e.Left
		if e.Slide != "" {
			now.Current = filepath.Base(e.Slide)
		}
		now.Waiting = t.idle
		now.Rate, now.Left = rate(float64(e.Ended)+t.fraction, float64(e.Ended+e.Left), time.Since(t.began))
		if e.Ended == 0 || t.began.IsZero() {
			now.Rate, now.Left = 0, 0
		}
	}
	s.review.panel.SetTriage(now)
}

// rate is how many are done in an hour, and how long the rest takes.
func rate(done, of float64, took time.Duration) (hourly float64, left time.Duration) {
	if done <= 0 || took <= 0 {
		return 0, 0
	}
	hourly = done / took.Hours()
	return hourly, time.Duration((of - done) / hourly * float64(time.Hour))
}

func (s *Shell) troubles(list []string) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0]
	}
	return fmt.Sprintf(s.texts.Review.Trouble, list[0], len(list)-1)
}

// triageEnded takes in that triage, or the look for slides, has ended.
func (s *Shell) triageEnded(finding bool, report *app.TriageReport, err error) {
	r, t := &s.review, s.texts.Review
	again, relook, paused := r.triage.next, r.triage.relook, r.triage.pausing
	r.triage.job, r.triage.next, r.triage.relook, r.triage.pausing = nil, false, false, false
	r.refit = true // what it used is the setup from now on
	s.showTriage()
	s.readWorklist()
	s.Log.Info("triage ended", "finding", finding, "kind", app.KindOf(err))
	switch {
	case relook && !paused:
		s.runTriage(true)
		r.triage.next = again
	case again && !paused:
		s.runTriage(false)
	case errors.Is(err, ErrCancelled):
		s.say(t.Paused)
	case err != nil:
		s.unless(err)
	case !finding:
		s.sayThrough(report)
	default:
		s.sayFound()
	}
}

// modelName is how the model of an ID is called.
func (s *Shell) modelName(id string) string {
	for _, m := range s.models {
		if m.ID == id {
			return m.Name
		}
	}
	return id
}

// triages reports whether triage works with a model.
func (s *Shell) triages(model string) bool {
	t := s.review.triage
	return t.job != nil && !t.finding && t.engine.Model == model
}

// sayThrough tells what triage came to, and how many cases it could not work on.
func (s *Shell) sayThrough(report *app.TriageReport) {
	store, q := s.review.store, s.review.query
	q.Filter, q.Setup = app.WorklistFilter{}, report.Setup
	background(s, func(ctx context.Context) (app.WorklistCounts, error) { return store.Count(ctx, q) },
		func(n app.WorklistCounts, err error) {
			words := fmt.Sprintf(s.texts.Review.Through, report.Done, report.Failed)
			if left := n.States[app.WorklistQueued]; err == nil && left > 0 {
				words += " " + fmt.Sprintf(s.texts.Review.StillQueued, left)
			}
			s.say(words)
		})
}

// sayFound tells how many cases there are now, and what to do with them.
func (s *Shell) sayFound() {
	store, q := s.review.store, s.review.query
	q.Filter = app.WorklistFilter{}
	background(s, func(ctx context.Context) (app.WorklistCounts, error) { return store.Count(ctx, q) },
		func(n app.WorklistCounts, err error) {
			if err == nil {
				s.say(fmt.Sprintf(s.texts.Review.Found, n.Total))
			}
		})
}
