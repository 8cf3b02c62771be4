package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // pictures of cases
	_ "image/png"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"zoomscope/app/worklist"
	"zoomscope/slideio/atomicfile"
)

// What a window needs of a worklist, under names of this package.
type (
	Worklist          = worklist.Store
	WorklistQuery     = worklist.Query
	WorklistFilter    = worklist.Filter
	WorklistSort      = worklist.Sort
	WorklistKey       = worklist.Key
	WorklistSetup     = worklist.Setup
	WorklistCase      = worklist.Case
	WorklistState     = worklist.State
	WorklistCounts    = worklist.Counts
	WorklistVerdict   = worklist.Verdict
	WorklistOpinion   = worklist.Opinion
	WorklistFolder    = worklist.Folder
	WorklistChange    = worklist.Change
	WorklistAgreement = worklist.Agreement
	WorklistPicture   = worklist.Picture
)

// Names of the values that a window tells apart.
const (
	WorklistQueued  = worklist.Queued
	WorklistRunning = worklist.Running
	WorklistDone    = worklist.Done
	WorklistFailed  = worklist.Failed

	WorklistUnsure = worklist.Unsure

	WorklistPicturesChanged = worklist.PicturesChanged

	WorklistAnother = worklist.Another
)

// OpenWorklist opens the worklist of this user: a file in the data folder, which is
// made when missing. The errors are those of worklist.Open; WorklistFault sorts them.
func (w *Workspace) OpenWorklist(ctx context.Context) (*Worklist, error) {
	return worklist.Open(ctx, filepath.Join(w.DataDir, worklist.FileName))
}

// WorklistFault sorts why a worklist cannot be opened.
type WorklistFault string

// The faults there are.
const (
	WorklistOtherFault WorklistFault = "other"
	WorklistInUse      WorklistFault = "in-use"  // by another program
	WorklistDamaged    WorklistFault = "damaged" // it was set aside; the next try makes a new one
	WorklistNewer      WorklistFault = "newer"   // made by a newer version
	WorklistForeign    WorklistFault = "foreign" // the file is something else
)

// WorklistFaultOf sorts an error of OpenWorklist.
func WorklistFaultOf(err error) WorklistFault {
	damaged := (*worklist.DamagedError)(nil)
	switch {
	case errors.Is(err, worklist.ErrInUse):
		return WorklistInUse
	case errors.As(err, &damaged):
		return WorklistDamaged
	case errors.Is(err, worklist.ErrNewer):
		return WorklistNewer
	case errors.Is(err, worklist.ErrNotWorklist):
		return WorklistForeign
	}
	return WorklistOtherFault
}

// DecodeWorklistPicture is the small picture of a case.
func DecodeWorklistPicture(p WorklistPicture) (*image.RGBA, error) {
	img, _, err := image.Decode(bytes.NewReader(p.Data))
	if err != nil {
		return nil, fmt.Errorf("picture of a case: %w", err)
	}
	tight := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(tight, tight.Rect, img, img.Bounds().Min, draw.Src)
	return tight, nil
}

// WriteWorklistCSV writes the cases of a query to a file.
func WriteWorklistCSV(ctx context.Context, list *Worklist, q WorklistQuery, path string) error {
	cases, err := list.List(ctx, q)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error { return worklist.WriteCSV(w, q.Setup, cases) })
}

// FindCases puts the slides of the request's folders on the worklist and queues
// them, and analyses none; it returns once their files rest, also where folders are
// watched. The errors are those of Triage, as far as they are of folders and of the
// worklist.
func (w *Workspace) FindCases(ctx context.Context, list *Worklist, req TriageRequest, events func(TriageEvent)) (*TriageReport, error) {
	t := w.newTriage(list, req, events, usualTimes())
	give, err := list.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer give()
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	for i := range t.req.Folders {
		t.req.Folders[i].Watch = false // one look is enough
	}
	err = t.look(ctx)
	return t.report(), err
}

// UserName is what the system calls its user; never "".
func UserName() string {
	name := os.Getenv("USER")
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username[strings.LastIndexByte(u.Username, '\\')+1:] // without its domain
	}
	if name == "" {
		return "reader"
	}
	return name
}
