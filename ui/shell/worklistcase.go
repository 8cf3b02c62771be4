package shell

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"zoomscope/app"
	"zoomscope/engine/result"
	"zoomscope/ui/panels"
)

// openCase opens the slide of a case, with what the model said of it laid over.
func (s *Shell) openCase(id int64) {
	r := &s.review
	if r.store == nil || s.occupied() {
		return
	}
	r.going = id
	store, q := r.store, r.query
	background(s, func(ctx context.Context) ([]app.WorklistCase, error) { return store.Get(ctx, q, id) },
		func(found []app.WorklistCase, err error) {
			if r.going != id {
				return // on to another one meanwhile
			}
			r.going = 0
			if err != nil || len(found) == 0 || q.Blinded != r.query.Blinded {
				s.unless(err)
				return
			}
			s.showCase(found[0])
		})
}

// coming says, where a case is being opened, that the slide on the screen is still
// the one before, on which nobody means to act any more.
func (s *Shell) coming() bool {
	if s.review.going == 0 {
		return false
	}
	s.say(s.texts.Review.NotSeen)
	return true
}

// showCase shows the slide of a case.
func (s *Shell) showCase(k app.WorklistCase) {
	if k.Path == "" || k.Missing {
		s.say(fmt.Sprintf(s.texts.Review.Gone, k.Path))
		return
	}
	s.hideWorklist()
	before := len(s.slides)
	c := s.add(k.Path)
	c.visiting = c.visiting || len(s.slides) > before
	s.know(c, k)
	if i := slices.Index(s.review.ids, k.ID); i >= 0 {
		s.review.panel.Select(i)
	}
	s.choose(c)
	s.showTaken(c)
	s.layOver(c)
	s.trimVisits()
}

// mostVisits is how many slides that the worklist opened stay open.
const mostVisits = 6

// trimVisits closes the slides that the worklist opened first when there are many.
func (s *Shell) trimVisits() {
	var visits []*slide
	for _, c := range s.slides {
		if c.visiting && c != s.current && c.run == nil {
			visits = append(visits, c)
		}
	}
	for _, c := range visits[:max(0, len(visits)-mostVisits+1)] {
		s.slides = slices.DeleteFunc(s.slides, func(other *slide) bool { return other == c })
		s.drop(c)
	}
	s.showSlides()
}

// know notes what is known of the case of a slide. What the model says is put away
// while it is hidden, and taken when it is not any more; true where that changed
// what is seen.
func (s *Shell) know(c *slide, k app.WorklistCase) (changed bool) {
	was := c.known != nil && c.known.Hidden
	k.Hidden = s.review.query.Blinded && k.Verdict == nil // whatever the model at hand has said
	c.known = &k
	switch {
	case k.Hidden && c.result != nil:
		c.withheld = c.result
		s.forget(c)
		return true
	case !k.Hidden && c.withheld != nil:
		r := c.withheld
		c.withheld = nil
		if fits(c.view, r) {
			s.take(c, r)
		}
		return true
	}
	return was != k.Hidden
}

// withholds puts a result away that is not to be seen yet.
func (s *Shell) withholds(c *slide, r *result.Result) bool {
	if !c.hidden() {
		return false
	}
	s.forget(c)
	c.withheld = r
	return true
}

// coverSlides puts away what the model says of the slides that are open, where it is
// hidden until the reader's verdict, without waiting for the list to be read.
func (s *Shell) coverSlides() {
	for _, c := range s.slides {
		if s.review.query.Blinded && c.known != nil && s.know(c, *c.known) {
			s.showTaken(c)
		}
	}
}

// hidden reports whether what the model says of a slide is not to be seen yet.
func (c *slide) hidden() bool { return c.known != nil && c.known.Hidden }

// caseChanged brings the slide of a case in line with it.
func (s *Shell) caseChanged(k app.WorklistCase) {
	for _, c := range s.slides {
		if c.known == nil || c.known.ID != k.ID {
			continue
		}
		if s.know(c, k) {
			s.showTaken(c)
		}
		s.layOver(c)
	}
}

// showTaken shows what became of a slide's result.
func (s *Shell) showTaken(c *slide) {
	s.showSlides()
	if s.current == c {
		s.followZoom()
		s.showAnalysis()
		s.showAttention()
		s.showPath()
		s.showJobs()
	}
}

// layOver lays what the worklist keeps of a slide over it, once for each run of the
// model.
func (s *Shell) layOver(c *slide) {
	k := c.known
	if k == nil || c.view == nil || k.State != app.WorklistDone || c.laid == k.Run || c.result != nil || c.withheld != nil || c.run != nil {
		return
	}
	c.laid = k.Run
	if k.Stated > 0 && !c.view.Resolution().Stated {
		c.view.StateMagnification(k.Stated)
		s.showResolution(c)
	}
	store, known := s.review.store, *k
	background(s, func(ctx context.Context) (*result.Result, error) { return app.TriageResult(ctx, store, known) },
		func(r *result.Result, err error) {
			if err != nil {
				s.unless(err)
				return
			}
			if slices.Contains(s.slides, c) && c.result == nil && c.run == nil && fits(c.view, r) {
				s.take(c, r)
				s.showTaken(c)
			}
		})
}

// fits reports whether a result was made at the resolution that a slide is taken
// for.
func fits(v *app.View, r *result.Result) bool {
	return v != nil && math.Abs(r.Slide.MPP[0]/max(v.Resolution().X, 1e-9)-1) <= 0.001
}

// showResolution shows a resolution that the worklist knows of.
func (s *Shell) showResolution(c *slide) {
	if s.current == c {
		for _, v := range s.views() {
			v.SetResolution(c.view.Resolution().X)
		}
		s.showInformation()
	}
}

// stepCase opens the case that is n places further down the worklist than the one
// on the screen, or being opened.
func (s *Shell) stepCase(n int) {
	r := &s.review
	from := r.going
	if from == 0 {
		from = s.current.known.ID
	}
	to := slices.Index(r.ids, from) + n
	if to-n < 0 { // it left the list: the selected one has come to its place
		to = r.panel.Selected() + min(n, 0)
		if n > 0 {
			to += n - 1
		}
	}
	switch {
	case to < 0:
		s.say(s.texts.Review.FirstCase)
	case to >= len(r.ids):
		s.say(s.texts.Review.LastCase)
	default:
		s.openCase(r.ids[to])
	}
}

// judgeCase keeps the reader's verdict on a case.
func (s *Shell) judgeCase(j panels.WorklistJudgement) {
	r := &s.review
	c, ok := s.knownCase(j.ID)
	if !ok {
		return
	}
	s.keepVerdict(c, app.WorklistVerdict{
		Opinion: app.WorklistOpinion(j.Opinion), Class: j.Class, Note: j.Note,
		Blinded: r.query.Blinded && c.Opinion == nil && !r.told[j.ID],
	})
}

// knownCase is what was last read of a case.
func (s *Shell) knownCase(id int64) (app.WorklistCase, bool) {
	if c, ok := s.review.cases[id]; ok {
		return c, true
	}
	for _, c := range s.slides {
		if c.known != nil && c.known.ID == id {
			return *c.known, true
		}
	}
	return app.WorklistCase{}, false
}

func (s *Shell) keepVerdict(c app.WorklistCase, v app.WorklistVerdict) {
	r := &s.review
	v.Reader = r.query.Reader
	store, setup := r.store, r.query.Setup
	change(s, func(ctx context.Context) (app.WorklistVerdict, error) { return store.Judge(ctx, setup, c.ID, v) },
		func(kept app.WorklistVerdict, err error) {
			if err != nil {
				s.unless(err)
				return
			}
			delete(r.drafts, c.ID)
			s.say(fmt.Sprintf(s.texts.Review.Judged, c.Name, s.verdictWords(kept)))
			s.readWorklist()
		})
}

// verdictWords is a verdict in a few words.
func (s *Shell) verdictWords(v app.WorklistVerdict) string {
	t := s.texts.Worklist
	words := v.Class
	switch panels.WorklistOpinionKind(v.Opinion) {
	case panels.WorklistAgree:
		words = t.Agree
	case panels.WorklistDisagree:
		words = t.Disagree
	case panels.WorklistUnsure:
		words = t.Unsure
	}
	if v.Class != "" && words != v.Class {
		words += ", " + v.Class
	}
	return words
}

// withdraw takes the verdict on a case back.
func (s *Shell) withdraw(id int64) {
	r := &s.review
	delete(r.drafts, id) // what was noted with the verdict is the note now
	store, reader := r.store, r.query.Reader
	change(s, func(ctx context.Context) (struct{}, error) { return struct{}{}, store.Withdraw(ctx, reader, id) },
		func(_ struct{}, err error) {
			s.unless(err)
			s.readWorklist()
		})
}

// keepNote keeps a note with the verdict that there is, or until there is one.
func (s *Shell) keepNote(id int64, note string) {
	r := &s.review
	if _, ok := s.knownCase(id); !ok {
		return
	}
	r.drafts[id] = note
	store, reader := r.store, r.query.Reader
	change(s, func(ctx context.Context) (struct{}, error) { return struct{}{}, store.SetNote(ctx, reader, id, note) },
		func(_ struct{}, err error) {
			s.unless(err)
			s.readWorklist()
		})
}

// judgeShown gives a verdict on the case whose slide is on the screen.
func (s *Shell) judgeShown(opinion panels.WorklistOpinionKind) {
	k := s.current.known
	if s.coming() {
		return
	}
	if s.current.view == nil { // nobody has seen it
		s.say(s.texts.Review.NotSeen)
		return
	}
	if opinion != panels.WorklistUnsure && k.Opinion == nil {
		s.say(s.texts.Review.Hidden)
		return
	}
	s.judgeCase(panels.WorklistJudgement{ID: k.ID, Opinion: opinion, Note: s.noteOf(*k)})
}

// nameShown names the class of the case whose slide is on the screen.
func (s *Shell) nameShown(class int) {
	classes := s.review.query.Setup.Classes
	switch k := s.current.known; {
	case s.coming():
	case s.current.view == nil:
		s.say(s.texts.Review.NotSeen)
	case class < len(classes):
		s.judgeCase(panels.WorklistJudgement{ID: k.ID, Class: classes[class], Note: s.noteOf(*k)})
	}
}

func (s *Shell) noteOf(k app.WorklistCase) string {
	if k.Verdict != nil {
		return k.Verdict.Note
	}
	if draft, ok := s.review.drafts[k.ID]; ok {
		return draft
	}
	return k.Note
}

// classKeys tells which key names which class.
func (s *Shell) classKeys() string {
	var keys []string
	for i, class := range s.review.query.Setup.Classes[:min(len(s.review.query.Setup.Classes), mostClassKeys)] {
		keys = append(keys, fmt.Sprintf("F%d %s", firstClassKey+i, class))
	}
	return strings.Join(append(keys, s.texts.Review.OrUnsure), ", ")
}
