package shell

import (
	"context"
	"image"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zoomscope/app"
	"zoomscope/ui/panels"
)

// betweenReads is how long the list is left alone after it was read for a change.
const betweenReads = 300 * time.Millisecond

// hearWorklist reads the list again when the store changed, a few times a second.
func (s *Shell) hearWorklist(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.review.changed:
		}
		s.show(s.readWorklist)
		select {
		case <-ctx.Done():
			return
		case <-time.After(betweenReads):
		}
	}
}

// readRequest is what the list is read by.
type readRequest struct {
	query  app.WorklistQuery
	engine app.EngineOptions
	known  bool    // the query's setup is of engine
	from   int     // the rows in sight, and as many before and behind them
	n      int     //
	at     int64   // the case at hand; 0 for none
	open   []int64 // cases whose slides are open
	list   int
}

// readResult is what the list comes to.
type readResult struct {
	setup      app.WorklistSetup
	setupErr   error
	ids        []int64
	all, shown app.WorklistCounts
	pages      []casePage
	open       []app.WorklistCase
}

// casePage is some cases of the list with their pictures.
type casePage struct {
	from   int
	cases  []app.WorklistCase
	thumbs map[int64]*image.RGBA
}

// worklistWanted reports whether anything shows what is on the worklist.
func (s *Shell) worklistWanted() bool {
	return s.review.shown || slices.ContainsFunc(s.slides, func(c *slide) bool { return c.known != nil })
}

// readWorklist reads the list beside the window and shows it; of several calls
// while it is being read the last one counts.
func (s *Shell) readWorklist() {
	r := &s.review
	if r.store == nil || !s.worklistWanted() {
		return
	}
	if r.reading {
		r.stale = true
		return
	}
	r.reading, r.stale = true, false
	req := s.readRequest()
	r.refit = false
	store, pictures, workspace := r.store, r.thumbs, s.Workspace
	background(s, func(ctx context.Context) (readResult, error) {
		return readList(ctx, workspace, store, pictures, req)
	}, func(got readResult, err error) {
		r.reading = false
		switch {
		case err != nil:
			s.Log.Warn("worklist not read", "kind", app.KindOf(err), "error", err)
			s.say(s.texts.Review.CannotRead.What)
			r.refit = r.refit || !req.known // it was not taken in
		case req.list != r.list:
			r.refit = r.refit || !req.known
		default:
			s.gotWorklist(req, got)
		}
		if r.stale {
			s.readWorklist()
		}
	})
}

func (s *Shell) engineOptions() app.EngineOptions {
	return app.EngineOptions{Model: s.look.Model, Device: s.look.Device, Threads: s.look.Threads}
}

func (s *Shell) readRequest() readRequest {
	r := &s.review
	req := readRequest{query: r.query, engine: s.engineOptions(), list: r.list, at: s.caseAtHand()}
	req.known = !r.refit && r.query.Setup.ID != 0 && r.engine.Model == req.engine.Model
	req.from, req.n = r.panel.Seen()
	for _, c := range s.slides {
		if c.known != nil {
			req.open = append(req.open, c.known.ID)
		}
	}
	return req
}

// caseAtHand is the case selected in the list; 0 for none.
func (s *Shell) caseAtHand() int64 {
	if i := s.review.panel.Selected(); i >= 0 && i < len(s.review.ids) {
		return s.review.ids[i]
	}
	return 0
}

// readList reads order, counts, and the rows in sight.
func readList(ctx context.Context, w *app.Workspace, store *app.Worklist, pictures *thumbs, req readRequest) (got readResult, err error) {
	got.setup = req.query.Setup
	if !req.known {
		if got.setup, got.setupErr = w.TriageSetup(req.engine); got.setupErr == nil {
			if got.setup, err = store.Use(ctx, got.setup); err != nil {
				return got, err
			}
		}
	}
	q := fitting(req.query, got.setup)
	if got.ids, err = store.Order(ctx, q); err != nil {
		return got, err
	}
	if got.shown, err = store.Count(ctx, q); err != nil {
		return got, err
	}
	q.Filter = app.WorklistFilter{}
	if got.all, err = store.Count(ctx, q); err != nil {
		return got, err
	}
	for _, page := range pagesOf(req.from, req.n, slices.Index(got.ids, req.at), len(got.ids)) {
		p, err := readPage(ctx, store, pictures, q, page, got.ids[page:min(page+panels.WorklistPageSize, len(got.ids))])
		if err != nil {
			return got, err
		}
		got.pages = append(got.pages, p)
	}
	got.open, err = store.Get(ctx, q, req.open...)
	return got, err
}

// fitting is a query under a setup: what names a class that the setup does not have
// is left out.
func fitting(q app.WorklistQuery, u app.WorklistSetup) app.WorklistQuery {
	q.Setup = u
	if q.Sort.Class != "" && !slices.Contains(u.Classes, q.Sort.Class) {
		q.Sort = app.WorklistSort{}
	}
	if q.Filter.Label != "" && !slices.Contains(u.Classes, q.Filter.Label) {
		q.Filter.Label = ""
	}
	return q
}

// pagesOf lists where the pages begin that hold rows in sight, as many around them,
// and the row at hand.
func pagesOf(from, n, at, length int) []int {
	const size = panels.WorklistPageSize
	var pages []int
	first, end := max(0, from-n/2)/size, min(from+n+max(n/2, 1), length)
	for p := first * size; p < end; p += size {
		pages = append(pages, p)
	}
	if p := at / size * size; at >= 0 && !slices.Contains(pages, p) {
		pages = append(pages, p)
	}
	return pages
}

func readPage(ctx context.Context, store *app.Worklist, pictures *thumbs, q app.WorklistQuery, from int, ids []int64) (casePage, error) {
	p := casePage{from: from}
	var err error
	if p.cases, err = store.Get(ctx, q, ids...); err != nil {
		return p, err
	}
	p.thumbs, err = pictures.get(ctx, store, p.cases)
	return p, err
}

// gotWorklist shows what was read.
func (s *Shell) gotWorklist(req readRequest, got readResult) {
	r := &s.review
	if !req.known {
		s.gotSetup(req.engine, got)
	}
	at, was := s.caseAtHand(), r.panel.Selected()
	r.ids = got.ids
	clear(r.cases)
	pages := make([]panels.WorklistPage, len(got.pages))
	for i, p := range got.pages {
		pages[i] = s.page(p)
	}
	selected := slices.Index(r.ids, at)
	if selected < 0 && was >= 0 {
		selected = min(was, len(r.ids)-1) // it does not pass the filter any more: the next one
	}
	r.list++
	r.panel.SetCounts(countsOf(got))
	r.panel.SetList(len(r.ids), selected, pages...)
	if id := s.caseAtHand(); id != 0 {
		s.showCaseDetail(id)
	}
	for _, c := range got.open {
		s.note(c)
		s.caseChanged(c)
	}
}

// gotSetup shows what cases are judged with.
func (s *Shell) gotSetup(engine app.EngineOptions, got readResult) {
	r := &s.review
	if got.setupErr != nil {
		s.Log.Warn("nothing to analyse the worklist with", "kind", app.KindOf(got.setupErr))
	}
	r.query = fitting(r.query, got.setup)
	r.engine = engine
	synthetic := false
	for _, m := range s.models {
		synthetic = synthetic || m.ID == engine.Model && m.Synthetic
	}
	r.panel.SetSetup(panels.WorklistSetup{
		Model: got.setup.Model, Classes: got.setup.Classes, Untrained: got.setup.Model != "" && !got.setup.Trained, Synthetic: synthetic,
	})
	r.panel.SetSort(panels.WorklistSort{By: panels.WorklistKey(r.query.Sort.By), Class: r.query.Sort.Class, Reverse: r.query.Sort.Reverse})
}

// needCases brings rows that come into sight.
func (s *Shell) needCases(from, n int) {
	r := &s.review
	if r.store == nil || from+n > len(r.ids) {
		return
	}
	store, pictures, q, list := r.store, r.thumbs, r.query, r.list
	ids := slices.Clone(r.ids[from : from+n])
	background(s, func(ctx context.Context) (casePage, error) {
		return readPage(ctx, store, pictures, q, from, ids)
	}, func(p casePage, err error) {
		switch {
		case list != r.list: // it was asked for again
		case err != nil:
			s.Log.Warn("rows of the worklist not read", "error", err)
		default:
			page := s.page(p)
			r.panel.SetRows(page.From, page.Cases)
		}
	})
}

// page notes the cases of a page and gives them as the list shows them.
func (s *Shell) page(p casePage) panels.WorklistPage {
	page := panels.WorklistPage{From: p.from, Cases: make([]panels.WorklistCase, len(p.cases))}
	for i, c := range p.cases {
		s.note(c)
		page.Cases[i] = s.caseOf(c, p.thumbs[c.ID])
	}
	return page
}

// caseOf is a case as the list shows it.
func (s *Shell) caseOf(c app.WorklistCase, thumb *image.RGBA) panels.WorklistCase {
	p := panels.WorklistCase{
		ID: c.ID, Name: c.Name, Folder: filepath.Dir(c.Path), Places: c.Places, Missing: c.Missing, Thumb: thumb,
		State: panels.WorklistState(c.State), Warnings: c.Warnings, Hidden: c.Hidden, Note: s.noteOf(c),
		Unsized: unsized(c), Stated: c.Stated,
	}
	p.Reason, p.Advice = s.reasonOf(c)
	if t := s.review.triage; c.State == app.WorklistRunning && t.at == c.ID {
		p.Fraction = t.fraction
	}
	if o := c.Opinion; o != nil {
		p.Opinion = &panels.WorklistOpinion{Label: o.Label, Probabilities: o.Probabilities, Margin: o.Margin, Entropy: o.Entropy}
		for _, spot := range o.Spots {
			p.Opinion.Spots = append(p.Opinion.Spots, panels.WorklistSpot{X: spot.X, Y: spot.Y, Width: spot.Width, Height: spot.Height})
		}
	}
	if v := c.Verdict; v != nil {
		p.Verdict = &panels.WorklistVerdict{Opinion: panels.WorklistOpinionKind(v.Opinion), Class: v.Class, Note: v.Note, Blinded: v.Blinded}
	}
	return p
}

// reasonOf is why a case failed or waits, in the window's language, and what to do;
// both "" where there is nothing to tell, the latter also where that is not known.
func (s *Shell) reasonOf(c app.WorklistCase) (words, advice string) {
	if kind := app.ErrorKind(c.Kind); toldApart(kind) {
		p := s.problemOf(kind)
		return p.What, p.Do
	}
	return s.translated(plainReason(c)), ""
}

// toldApart reports whether there are words for a kind of error.
func toldApart(kind app.ErrorKind) bool {
	return kind != "" && kind != app.ErrorOther && kind != app.ErrorCancelled
}

// plainReason is why a case failed or waits as it was kept, in one line without its
// path.
func plainReason(c app.WorklistCase) string {
	line, _, _ := strings.Cut(c.Reason, "\n")
	return strings.TrimPrefix(line, c.Path+": ")
}

// unsized reports whether a case failed for want of a magnification.
func unsized(c app.WorklistCase) bool {
	return c.State == app.WorklistFailed && app.ErrorKind(c.Kind) == app.ErrorResolutionUnknown
}

// showCaseDetail brings what is known of a case besides its row.
func (s *Shell) showCaseDetail(id int64) {
	r := &s.review
	c, ok := r.cases[id]
	if !ok || r.store == nil {
		return
	}
	detail := panels.WorklistDetail{ID: id, Path: c.Path}
	if c.State == app.WorklistFailed && !unsized(c) && toldApart(app.ErrorKind(c.Kind)) {
		detail.Reason = plainReason(c)
	}
	store, q := r.store, alike(r.query, c)
	background(s, func(ctx context.Context) (panels.WorklistDetail, error) {
		if unsized(c) {
			n, err := store.Count(ctx, q)
			detail.Alike = n.Total
			return detail, err
		}
		if c.State != app.WorklistDone || c.Warnings == 0 {
			return detail, nil
		}
		warnings, err := store.Warnings(ctx, c.Run)
		for _, w := range warnings {
			detail.Warnings = append(detail.Warnings, s.translated(w))
		}
		return detail, err
	}, func(detail panels.WorklistDetail, err error) {
		if err != nil {
			s.Log.Warn("details of a case not read", "error", err)
		}
		r.panel.SetDetail(detail)
	})
}

func countsOf(got readResult) panels.WorklistCounts {
	n := got.shown
	return panels.WorklistCounts{
		Total: got.all.Total, Shown: n.Total, Unread: n.Total - n.Read,
		Done: n.States[app.WorklistDone], Failed: n.States[app.WorklistFailed],
		Queued: n.States[app.WorklistQueued], Running: n.States[app.WorklistRunning],
	}
}

func sortOf(o panels.WorklistSort) app.WorklistSort {
	return app.WorklistSort{By: app.WorklistKey(o.By), Class: o.Class, Reverse: o.Reverse}
}

func filterOf(f panels.WorklistFilter) app.WorklistFilter {
	q := app.WorklistFilter{Text: f.Text, Label: f.Class, Unread: f.Unread, Warnings: f.Warnings}
	if f.State != panels.WorklistUnqueued {
		q.States = []app.WorklistState{app.WorklistState(f.State)}
	}
	return q
}

// note keeps what was read of a case.
func (s *Shell) note(c app.WorklistCase) {
	s.review.cases[c.ID] = c
	if c.Opinion != nil {
		s.review.told[c.ID] = true
	}
}
