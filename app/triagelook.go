package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"zoomscope/app/worklist"
	"zoomscope/slideio"
)

// look keeps the worklist up to date with the folders: once and until their files
// rest, or as long as folders are watched.
func (t *triage) look(ctx context.Context) error {
	defer t.lookedEnough()
	watch, err := newWatcher()
	defer watch.close()
	if err != nil && t.watching() {
		t.problem(fmt.Errorf("changes are not told of by the system, folders are looked at every %v: %w", t.times.period, err))
	}
	for round := 1; ; round++ {
		start := time.Now()
		for _, f := range t.req.Folders {
			if round > 1 && t.rest.waiting() == 0 && !f.Watch {
				continue
			}
			if err := t.lookInto(ctx, f, watch); err != nil {
				return err
			}
		}
		t.rest.end()
		t.lookedOnce()
		if !t.watching() && (t.rest.waiting() == 0 || round >= t.times.looks) {
			t.unrested()
			return nil
		}
		if err := t.untilNextLook(ctx, watch, time.Since(start)); err != nil {
			return err
		}
	}
}

// unrested tells of files that never came to rest.
func (t *triage) unrested() {
	for path := range t.rest.last {
		t.cannotRead(filepath.Dir(path), fmt.Errorf("%s: is still being written; run this again once it is complete", path))
	}
}

// untilNextLook waits until folders should be looked at again.
func (t *triage) untilNextLook(ctx context.Context, watch *watcher, took time.Duration) error {
	wait := max(t.times.period, 20*took) // a slow drive is not kept busy by it
	if t.rest.waiting() > 0 {
		wait = t.times.rest
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
	case <-watch.changed:
		select { // changes come in swarms
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(t.times.settle):
		}
	}
	return nil
}

// lookInto takes in what a folder holds.
func (t *triage) lookInto(ctx context.Context, folder worklist.Folder, watch *watcher) error {
	t.lookAnew(folder.Path)
	there, err := findSlides(folder.Path, folder.Images)
	if err != nil {
		return t.outOfReach(ctx, folder.Path, err)
	}
	if t.away[folder.Path] {
		delete(t.away, folder.Path)
		if err := t.list.Delay(ctx, t.setup.ID, folder.Path, "", 0); err != nil {
			return err
		}
		ring(t.bell)
	}
	for _, err := range there.problems {
		t.cannotRead(folder.Path, err)
	}
	if folder.Watch {
		if err := watch.add(there.dirs); err != nil {
			t.problem(fmt.Errorf("%s: not every change is told of by the system, it is looked at every %v: %w", folder.Path, t.times.period, err))
		}
	}
	known, err := t.list.PlacesUnder(ctx, folder.Path)
	if err != nil {
		return err
	}
	files, err := t.joinSeries(ctx, there.files)
	if err != nil {
		return err
	}
	if err := t.takeIn(ctx, folder, files, known); err != nil {
		return err
	}
	return t.list.Gone(ctx, gone(known))
}

// outOfReach puts off all that lies in a folder that cannot be looked at.
func (t *triage) outOfReach(ctx context.Context, folder string, cause error) error {
	if !t.watching() && !t.anyKnown(ctx, folder) {
		return cause // a folder that was never there
	}
	t.away[folder] = true
	t.cannotRead(folder, fmt.Errorf("folder is out of reach, its slides wait: %w", cause))
	return t.list.Delay(ctx, t.setup.ID, folder, "the folder is out of reach", t.times.delay(3))
}

func (t *triage) anyKnown(ctx context.Context, folder string) bool {
	known, err := t.list.PlacesUnder(ctx, folder)
	return err == nil && len(known) > 0
}

// gone are the places whose files are not there, in folders that are.
func gone(known map[string]worklist.Place) []string {
	var paths []string
	for path, p := range known {
		if p.Missing {
			continue
		}
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// batch is how many slides are kept in one transaction: few enough that the first of
// many are soon worked on.
const batch = 64

// takeIn keeps the files that are new or changed, and queues their slides.
func (t *triage) takeIn(ctx context.Context, folder worklist.Folder, files []slideFile, known map[string]worklist.Place) error {
	var fresh []slideFile
	var seen []worklist.Sighting
	for _, f := range files {
		p, has := known[f.path]
		switch {
		case has && p.Same(f.size, f.modified) && p.Missing:
			seen = append(seen, worklist.Sighting{Path: f.path, Content: p.Content, Size: f.size, Modified: f.modified})
		case has && p.Same(f.size, f.modified):
		case t.rest.look(f):
			fresh = append(fresh, f)
		}
	}
	t.tell(TriageEvent{Kind: TriageLooking, Folder: folder.Path, Count: len(files)})
	if err := t.keep(ctx, folder, seen); err != nil {
		return err
	}
	for part := range slices.Chunk(fresh, batch) {
		seen, err := t.identify(ctx, folder.Path, part)
		if err != nil {
			return err
		}
		if err := t.keep(ctx, folder, seen); err != nil {
			return err
		}
	}
	return nil
}

// keep puts slides that were seen on the worklist and into the queue.
func (t *triage) keep(ctx context.Context, folder worklist.Folder, seen []worklist.Sighting) error {
	return t.persist(ctx, func() error {
		if _, err := t.list.See(ctx, seen); err != nil {
			return err
		}
		_, err := t.list.Enqueue(ctx, t.setup.ID, folder.Path, false)
		ring(t.bell)
		return err
	})
}

// identify reads what files of a folder are by their content, several at a time.
func (t *triage) identify(ctx context.Context, folder string, files []slideFile) ([]worklist.Sighting, error) {
	var mu sync.Mutex
	var seen []worklist.Sighting
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(surveyors)
	for _, f := range files {
		group.Go(func() error {
			id, err := slideio.ContentID(f.path)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, fs.ErrNotExist):
			case err != nil:
				t.cannotRead(folder, err)
			default:
				seen = append(seen, worklist.Sighting{Path: f.path, Content: id, Size: f.size, Modified: f.modified})
			}
			return ctx.Err()
		})
	}
	err := group.Wait()
	slices.SortFunc(seen, func(a, b worklist.Sighting) int { return strings.Compare(a.Path, b.Path) })
	return seen, err
}

// joinSeries makes the DICOM files of one series in one folder one slide, which goes
// by the first of them. What cannot be opened stands for itself: analysing it will
// say why.
func (t *triage) joinSeries(ctx context.Context, files []slideFile) ([]slideFile, error) {
	at := map[string]int{}
	var joined []slideFile
	for _, f := range files {
		series := ""
		if strings.EqualFold(filepath.Ext(f.path), dicomEnding) {
			series = t.seriesOf(ctx, f)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		key := filepath.Dir(f.path) + "\x00" + series
		i, more := at[key]
		if series == "" || !more {
			at[key] = len(joined)
			joined = append(joined, f)
			continue
		}
		joined[i].size += f.size
		if f.modified.After(joined[i].modified) {
			joined[i].modified = f.modified
		}
	}
	return joined, nil
}

// seriesOf is the series that a DICOM file belongs to, "" where that cannot be told.
func (t *triage) seriesOf(ctx context.Context, f slideFile) string {
	if known, ok := t.series[f.path]; ok && known.file.same(f) {
		return known.series
	}
	series := ""
	if slide, err := t.w.Open(ctx, f.path); err == nil {
		series = slide.Info().Properties["dicom.SeriesInstanceUID"]
		slide.Close()
	}
	t.series[f.path] = dicomFile{f, series}
	return series
}

// dicomFile remembers the series of a file.
type dicomFile struct {
	file   slideFile
	series string
}
