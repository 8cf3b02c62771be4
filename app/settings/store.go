package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"zoomscope/slideio/atomicfile"
)

const (
	// settle is how long changes are gathered before they are written.
	settle = 500 * time.Millisecond
	// maxFile bounds the size of a file that is read.
	maxFile = 1 << 20
)

// Store is the settings and their file. Its methods may be called from several
// goroutines at once.
type Store struct {
	path     string
	readOnly error // why nothing is written; nil where it is

	mu    sync.Mutex
	now   Settings
	dirty bool
	timer *time.Timer // runs while there is something to write
	err   error       // of the last write in the background

	writing sync.Mutex // one write at a time; taken before mu
}

// Open reads the settings of a file, which need not exist. The store can be used
// also when there is an error, which is for telling the user:
//
//   - ErrNewer: a newer version wrote the file; the settings are the defaults, and
//     the file is left as it is, whatever is changed.
//   - A damaged file is kept beside, as PATH.damaged; the settings are the defaults.
//   - A file that cannot be read is left as it is, like one of a newer version.
func Open(path string) (*Store, error) {
	s := &Store{path: path, now: Defaults()}
	data, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		s.readOnly = err
		return s, err
	}
	now, err := parse(data)
	switch {
	case err == nil:
		s.now = now
		return s, nil
	case errors.Is(err, ErrNewer):
		s.readOnly = fmt.Errorf("%s: %w", path, err)
		return s, s.readOnly
	}
	err = fmt.Errorf("%s: damaged: %w", path, err)
	if rerr := os.Rename(path, path+".damaged"); rerr != nil {
		s.readOnly = errors.Join(err, rerr)
		return s, s.readOnly
	}
	return s, err
}

// read reads a file that is not too large to be one.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	return data, nil
}

// Get is a copy of the settings.
func (s *Store) Get() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.clone()
}

// Update changes the settings, which f gets within their ranges and which are
// brought into them again. They are written a moment later, together with other
// changes. The error is that of an earlier write, told once, or why nothing is
// written; the settings are changed all the same. f must not call the store.
func (s *Store) Update(f func(*Settings)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.now)
	s.now.repair()
	if s.readOnly != nil {
		return s.readOnly
	}
	s.dirty = true
	if s.timer == nil {
		s.timer = time.AfterFunc(settle, s.inBackground)
	}
	err := s.err
	s.err = nil
	return err
}

func (s *Store) inBackground() {
	err := s.write()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.err = err
	}
}

// write writes what has changed.
func (s *Store) write() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	now, dirty := s.now.clone(), s.dirty
	s.dirty, s.timer = false, nil
	s.mu.Unlock()
	if !dirty {
		return nil
	}
	err := save(s.path, now)
	if err != nil {
		s.mu.Lock()
		s.dirty = true // to be tried again with the next change, or at the end
		s.mu.Unlock()
	}
	return err
}

func save(path string, s Settings) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, append(data, '\n'))
}

// Close writes what has not been written. The store can be used on.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	s.mu.Unlock()
	return s.write()
}
