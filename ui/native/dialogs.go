//go:build !headless

package native

import (
	"errors"
	"runtime"
	"sync"

	"github.com/sqweek/dialog"

	"zoomscope/ui/shell"
)

// dialogs are the system's own file dialogs. They wait for the user: they are
// called off the goroutine that draws, one at a time.
type dialogs struct{ mu sync.Mutex }

// OpenSlide implements shell.Dialogs.
func (d *dialogs) OpenSlide(title, filter, dir string) (string, error) {
	return d.OpenFile(title, filter, dir, shell.SlideEndings()...)
}

// OpenFile implements shell.Dialogs.
func (d *dialogs) OpenFile(title, filter, dir string, endings ...string) (string, error) {
	return d.ask(func() (string, error) {
		return dialog.File().Title(title).SetStartDir(dir).Filter(filter, endings...).Load()
	})
}

// SaveFile implements shell.Dialogs.
func (d *dialogs) SaveFile(title, filter, dir, name, ending string) (string, error) {
	return d.ask(func() (string, error) {
		return dialog.File().Title(title).SetStartDir(dir).SetStartFile(name).Filter(filter, ending).Save()
	})
}

// Folder implements shell.Dialogs.
func (d *dialogs) Folder(title, dir string) (string, error) {
	return d.ask(func() (string, error) {
		return dialog.Directory().Title(title).SetStartDir(dir).Browse()
	})
}

// ask shows one dialog. The toolkits behind them want one thread.
func (d *dialogs) ask(show func() (string, error)) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	path, err := show()
	if errors.Is(err, dialog.ErrCancelled) {
		return "", shell.ErrCancelled
	}
	return path, err
}
