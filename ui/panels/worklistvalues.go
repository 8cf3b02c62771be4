package panels

import (
	"image"
	"time"
)

// WorklistState is where the analysis of a case stands.
type WorklistState string

// The states there are; the first is a case that is not to be analysed yet.
const (
	WorklistUnqueued WorklistState = ""
	WorklistQueued   WorklistState = "queued"
	WorklistRunning  WorklistState = "running"
	WorklistDone     WorklistState = "done"
	WorklistFailed   WorklistState = "failed"
)

// WorklistOpinionKind is how a reader's view stands to the model's.
type WorklistOpinionKind string

// The opinions there are. A verdict that names a class before the model had its say
// has none.
const (
	WorklistNoOpinion WorklistOpinionKind = ""
	WorklistAgree     WorklistOpinionKind = "agree"
	WorklistDisagree  WorklistOpinionKind = "disagree"
	WorklistUnsure    WorklistOpinionKind = "unsure"
)

// WorklistSpot is a place that the model attends to: a rectangle in fractions of
// the slide's width and height.
type WorklistSpot struct{ X, Y, Width, Height float64 }

// WorklistOpinion is what a model says of a case.
type WorklistOpinion struct {
	Label         string
	Probabilities []float64      // of the setup's classes
	Margin        float64        // between the two highest
	Entropy       float64        // 0 to 1
	Spots         []WorklistSpot // the most attended to first; the first few are shown
}

// WorklistVerdict is what the reader says of a case.
type WorklistVerdict struct {
	Opinion WorklistOpinionKind
	Class   string // in the reader's view; "" where it was not said
	Note    string
	Blinded bool // the model's opinion was hidden
}

// WorklistCase is a case as the list shows it.
type WorklistCase struct {
	ID      int64
	Name    string      // of the file
	Folder  string      // where it lies
	Places  int         // how many files have its content
	Missing bool        // it lies nowhere any more
	Thumb   *image.RGBA // about twice as large as theme.ThumbSide; nil while there is none

	State    WorklistState
	Fraction float64 // of WorklistRunning
	Reason   string  // why it failed, or waits; "" for nothing to tell
	Advice   string  // what to do about it; "" for what is usual

	Warnings int // how many

	Opinion *WorklistOpinion // nil where there is none, or it is hidden
	Hidden  bool             // there is one that is not to be seen before the verdict
	Verdict *WorklistVerdict // nil for none
	Note    string           // the reader's, while there is no verdict

	Unsized bool    // it failed for want of a magnification
	Stated  float64 // magnification that the user stated; 0 for none
}

// opinion is what may be shown of the model's opinion.
func (c WorklistCase) opinion() *WorklistOpinion {
	if c.Hidden || c.State != WorklistDone {
		return nil
	}
	return c.Opinion
}

// WorklistStatement is at which magnification a case was scanned.
type WorklistStatement struct {
	ID            int64
	Magnification float64 // 0 leaves it to the file
	All           bool    // the same holds for the cases of its folder that fail for want of one
}

// note is what the reader noted, with a verdict or without.
func (c WorklistCase) note() string {
	if c.Verdict != nil {
		return c.Verdict.Note
	}
	return c.Note
}

// WorklistPage is some cases of the list, from an index on.
type WorklistPage struct {
	From  int
	Cases []WorklistCase
}

// WorklistSetup is what cases are judged with.
type WorklistSetup struct {
	Model     string // name; "" where none is chosen
	Classes   []string
	Ranked    string // class that the column of predictions sorts by; "" is the last
	Untrained bool
	Synthetic bool // the model was trained on synthetic tissue
}

// ranked is the class that the column of predictions sorts by.
func (s WorklistSetup) ranked() string {
	if n := len(s.Classes); s.Ranked == "" && n > 0 {
		return s.Classes[n-1]
	}
	return s.Ranked
}

// WorklistCounts are how many cases there are.
type WorklistCounts struct {
	Total                         int // in the list, whatever the filter
	Shown                         int // that pass the filter
	Done, Failed, Queued, Running int // of Shown; the rest is not queued
	Unread                        int // of Shown: without a verdict
}

// WorklistTriage is whether the worklist is worked through, and how far that is.
type WorklistTriage struct {
	Running bool
	Pausing bool          // the slide at hand is worked off first
	Waiting bool          // all is done, and folders are watched
	Current string        // what is worked on
	Done    int           // slides since the start
	Of      int           // slides to do since the start
	Rate    float64       // slides an hour; 0 unknown
	Left    time.Duration // 0 unknown
	Trouble string        // what is wrong with a folder or the disk; "" for nothing
	Model   string        // that it works with, where the list is of another; "" where it is the list's
}

// WorklistFilter is which cases are shown. The zero value shows all.
type WorklistFilter struct {
	Text     string        // in the name
	State    WorklistState // "" is any
	Class    string        // predicted; "" is any
	Unread   bool          // without a verdict
	Warnings bool          // with warnings
}

// WorklistJudgement is a verdict on a case.
type WorklistJudgement struct {
	ID      int64
	Opinion WorklistOpinionKind // "" where it follows from Class
	Class   string              // "" where it was not said
	Note    string              // as it stands in the field
}
