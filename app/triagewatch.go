package app

import (
	"sync"

	"github.com/fsnotify/fsnotify"
)

// watcher hears of changes in folders, as far as the system tells of them: of those
// on network drives it does not.
type watcher struct {
	changed chan struct{} // holds one value when something changed
	system  *fsnotify.Watcher
	done    sync.WaitGroup
}

// newWatcher makes a watcher. Where the system has none to give it hears nothing, and
// the error says why.
func newWatcher() (*watcher, error) {
	w := &watcher{changed: make(chan struct{}, 1)}
	var err error
	if w.system, err = fsnotify.NewWatcher(); err != nil {
		return w, err
	}
	w.done.Go(w.hear)
	return w, nil
}

// hear passes on until the watcher is closed.
func (w *watcher) hear() {
	errors := w.system.Errors
	for {
		select {
		case _, open := <-w.system.Events:
			if !open {
				return
			}
		case _, open := <-errors: // something was missed
			if !open {
				errors = nil
				continue
			}
		}
		ring(w.changed)
	}
}

// add hears of what happens in these folders too, from now on.
func (w *watcher) add(dirs []string) error {
	if w.system == nil {
		return nil
	}
	for _, dir := range dirs {
		if err := w.system.Add(dir); err != nil {
			return err
		}
	}
	return nil
}

func (w *watcher) close() {
	if w.system != nil {
		w.system.Close()
	}
	w.done.Wait()
}

// ring puts a value into a channel that holds one.
func ring(bell chan<- struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}
