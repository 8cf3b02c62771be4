package shell

import (
	"context"
	"errors"
	"image"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/ui/panels"
	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// review is the worklist in the window. Its fields belong to the goroutine that
// draws, but for those that say otherwise.
type review struct {
	panel *panels.Worklist
	room  *fyne.Container // what stands in place of the slide: the panel, or why there is none
	shown bool

	store   *app.Worklist // nil until it is open
	then    func()        // once it is open; nil for nothing
	closing *app.Worklist // the same, of the goroutine that opens it, and of ended
	opening bool
	fault   error         // why it is not open
	changed chan struct{} // holds a value when the store changed since it was read
	end     func()        // of the subscription

	query   app.WorklistQuery
	engine  app.EngineOptions // that the query's setup is of
	ids     []int64           // of the cases, in their order
	cases   map[int64]app.WorklistCase
	refit   bool // the setup is to be looked up again
	reading bool
	stale   bool // it is to be read again once it is read
	list    int  // number of the list that is shown
	thumbs  *thumbs
	drafts  map[int64]string // notes on cases without a verdict that were typed since they were last read
	going   int64            // case that is being opened; 0 for none
	told    map[int64]bool   // cases whose opinion the reader has seen in this sitting
	changes changes

	triage triageState
}

// buildWorklist makes what stands in place of the slide while the worklist is shown.
func (s *Shell) buildWorklist() fyne.CanvasObject {
	r := &s.review
	r.changed, r.cases, r.drafts = make(chan struct{}, 1), map[int64]app.WorklistCase{}, map[int64]string{}
	r.told = map[int64]bool{}
	r.thumbs = &thumbs{of: map[int64]*image.RGBA{}}
	r.panel = panels.NewWorklist(s.texts, s.worklistEvents())
	r.query.Reader = s.reader()
	r.panel.SetReader(r.query.Reader, s.look.Worklist.Reader != "")
	r.query.Blinded = s.look.Worklist.Blinded
	r.panel.SetBlinded(r.query.Blinded)
	if !r.query.Blinded {
		r.panel.SetSort(panels.WorklistSort{By: panels.WorklistByUncertainty})
	}
	r.query.Sort = sortOf(r.panel.Sort())
	r.room = container.NewStack(r.panel.Object())
	r.room.Hide()
	return r.room
}

func (s *Shell) worklistEvents() panels.WorklistEvents {
	return panels.WorklistEvents{
		Need: s.needCases, Select: s.showCaseDetail, Open: s.openCase,
		Sort: func(o panels.WorklistSort) {
			s.review.query.Sort = sortOf(o)
			s.readWorklist()
		},
		Filter: func(f panels.WorklistFilter) {
			s.review.query.Filter = filterOf(f)
			s.readWorklist()
		},
		AddFolder: s.addFolder, Folders: s.showFolders, Start: s.startTriage, Pause: s.pauseTriage,
		Retry: s.retryCase, RetryAll: s.retryFailed, State: s.stateCase, Reader: s.askReader, Confirm: s.confirmReader,
		Blind: s.readBlinded, Report: s.showAgreement, ExportCSV: s.exportWorklist,
		Judge: s.judgeCase, Withdraw: s.withdraw, Note: s.keepNote, Left: s.focusLost,
	}
}

// toggleWorklist shows the worklist in place of the slide, or the slide again.
func (s *Shell) toggleWorklist() {
	switch {
	case s.occupied():
	case s.review.shown:
		s.hideWorklist()
	default:
		s.showWorklist()
	}
}

func (s *Shell) showWorklist() {
	s.leave()
	s.review.shown = true
	s.review.refit = true // models may have changed
	s.openWorklist()
	s.showStart()
	s.readWorklist()
}

// withWorklist shows the list and does something with it once it is open.
func (s *Shell) withWorklist(do func()) {
	if s.occupied() {
		return
	}
	if !s.review.shown {
		s.showWorklist()
	}
	if s.review.store != nil {
		do()
		return
	}
	s.review.then = do
}

func (s *Shell) hideWorklist() {
	if s.review.shown {
		s.review.shown = false
		s.showStart()
		s.refocus()
	}
}

// openWorklist opens the store beside the window, once.
func (s *Shell) openWorklist() {
	r := &s.review
	if r.store != nil || r.opening {
		return
	}
	r.opening, r.fault = true, nil
	s.showRoom()
	s.work(func(ctx context.Context) {
		store, err := s.Workspace.OpenWorklist(ctx)
		r.closing = store // taken up here, as nobody may be there to take the result
		s.show(func() { s.worklistOpened(store, err) })
	})
}

func (s *Shell) worklistOpened(store *app.Worklist, err error) {
	r := &s.review
	r.opening, r.store, r.fault = false, store, err
	then := r.then
	r.then = nil
	if err != nil {
		s.Log.Warn("worklist not opened", "fault", app.WorklistFaultOf(err))
		s.showRoom()
		return
	}
	s.Log.Info("worklist open")
	r.end = store.Subscribe(func(c app.WorklistChange) {
		if c.What == app.WorklistPicturesChanged {
			r.thumbs.forget(c.Cases)
		}
		select {
		case r.changed <- struct{}{}:
		default:
		}
	})
	s.work(s.hearWorklist)
	s.showRoom()
	s.readWorklist()
	if then != nil {
		then()
	}
}

// closeWorklist ends the store's use, once nothing runs beside the window any more.
// A note that is being typed is kept.
func (s *Shell) closeWorklist() error {
	r := &s.review
	if r.closing == nil {
		return nil
	}
	r.panel.KeepNote()
	s.workers.Wait()
	if r.end != nil {
		r.end()
	}
	return errors.Join(r.changes.failed(), r.closing.Close())
}

// showRoom shows the list, or why there is none.
func (s *Shell) showRoom() {
	r := &s.review
	var there fyne.CanvasObject
	switch {
	case r.fault != nil:
		there = s.worklistTrouble(r.fault)
	case r.store == nil:
		there = container.NewCenter(widgets.NewQuiet(s.texts.Review.Opening))
	default:
		there = r.panel.Object()
	}
	if len(r.room.Objects) != 1 || r.room.Objects[0] != there {
		r.room.Objects = []fyne.CanvasObject{there}
		r.room.Refresh()
	}
}

// troubleWidth is the width of what is said where the list would be.
const troubleWidth = 400

// worklistTrouble tells why there is no list, and what to do.
func (s *Shell) worklistTrouble(err error) fyne.CanvasObject {
	p := s.worklistProblem(err)
	return container.NewCenter(widgets.NewAtLeast(troubleWidth, 0, widgets.NewColumn(2*theme.Gap,
		widgets.NewStrong(p.What), widgets.NewBody(p.Do),
		widgets.NewFlow(theme.Gap, widgets.NewButton(s.texts.Slides.Again, s.openWorklist)),
		widgets.NewNote(err.Error()))))
}

func (s *Shell) worklistProblem(err error) texts.Problem {
	t := s.texts.Review
	switch app.WorklistFaultOf(err) {
	case app.WorklistInUse:
		return t.InUse
	case app.WorklistDamaged:
		return t.Damaged
	case app.WorklistNewer:
		return t.Newer
	case app.WorklistForeign:
		return t.Foreign
	}
	if app.KindOf(err) == app.ErrorOther {
		return t.CannotRead
	}
	return s.problem(err)
}

// unless tells of an error of the store that the user has to know of.
func (s *Shell) unless(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.Log.Warn("worklist", "kind", app.KindOf(err))
		s.fail(s.texts.Worklist.Title, err)
	}
}

// readBlinded hides what the model says until a verdict is in, or shows it.
func (s *Shell) readBlinded(on bool) {
	r := &s.review
	s.update(func(l *settings.Settings) { l.Worklist.Blinded = on })
	r.query.Blinded, r.query.Sort, r.query.Filter = on, sortOf(r.panel.Sort()), filterOf(r.panel.Filter())
	r.panel.SetBlinded(on)
	r.list++ // what is on the way belongs to the list before
	clear(r.cases)
	s.coverSlides()
	r.panel.SetList(len(r.ids), r.panel.Selected())
	s.showMenu()
	s.readWorklist()
}

// toggleBlinded is the menu's switch.
func (s *Shell) toggleBlinded() {
	if !s.occupied() {
		s.review.panel.Blind(!s.review.query.Blinded)
	}
}

// thumbs keeps small pictures of cases. Its methods may be called from several
// goroutines at once.
type thumbs struct {
	mu sync.Mutex
	of map[int64]*image.RGBA
}

// mostThumbs is how many pictures are kept: about 150 kB each.
const mostThumbs = 256

// get gives the pictures of those cases that have one.
func (t *thumbs) get(ctx context.Context, store *app.Worklist, cases []app.WorklistCase) (map[int64]*image.RGBA, error) {
	found := map[int64]*image.RGBA{}
	var ask []int64
	t.mu.Lock()
	for _, c := range cases {
		if img := t.of[c.ID]; img != nil {
			found[c.ID] = img
		} else if c.Picture {
			ask = append(ask, c.ID)
		}
	}
	t.mu.Unlock()
	if ask == nil {
		return found, nil
	}
	pictures, err := store.Pictures(ctx, ask...)
	if err != nil {
		return found, err
	}
	for id, p := range pictures {
		if img, err := app.DecodeWorklistPicture(p); err == nil {
			found[id] = img
			t.put(id, img)
		}
	}
	return found, nil
}

func (t *thumbs) put(id int64, img *image.RGBA) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.of) >= mostThumbs {
		clear(t.of)
	}
	t.of[id] = img
}

func (t *thumbs) forget(ids []int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ids == nil {
		clear(t.of)
	}
	for _, id := range ids {
		delete(t.of, id)
	}
}
