package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// staged is a folder that gets its new files all at once.
type staged struct {
	dir  string // the folder
	part string // a folder in it, where the files are written
}

const stagePattern = ".new-*"

// abandoned is the age of a folder of new files from which on nobody writes to it any
// more: its writer was killed.
const abandoned = 24 * time.Hour

// stage makes the folder, where it is missing, and the one for its new files.
func stage(dir string) (*staged, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	old, err := fs.Glob(os.DirFS(dir), stagePattern)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	for _, name := range old {
		if st, err := os.Stat(filepath.Join(dir, name)); err == nil && st.IsDir() && time.Since(st.ModTime()) > abandoned {
			os.RemoveAll(filepath.Join(dir, name))
		}
	}
	part, err := os.MkdirTemp(dir, stagePattern)
	return &staged{dir: dir, part: part}, err
}

// drop removes the new files that are not at their place.
func (s *staged) drop() { os.RemoveAll(s.part) }

// naming has an error name files by their place.
func (s *staged) naming(err error) error { return &placed{err, s} }

// placed is an error about new files.
type placed struct {
	error
	at *staged
}

// Error implements error.
func (p *placed) Error() string { return strings.ReplaceAll(p.error.Error(), p.at.part, p.at.dir) }

// Unwrap gives the cause.
func (p *placed) Unwrap() error { return p.error }

// install puts new files, given in the order of their writing, in the place of those
// that an earlier analysis left, and returns where they are. Of those, result.json
// goes first.
func (s *staged) install(written []string) ([]string, error) {
	if err := os.Remove(filepath.Join(s.dir, ResultFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	err := errors.Join(removeAll(s.dir, "attention-*x.png"), removeAll(s.dir, "zoom-path.png"), removeAll(s.dir, ReportFile),
		removePatches(filepath.Join(s.dir, patchFolder)))
	if err != nil {
		return nil, err
	}
	var there []string
	for _, path := range written {
		name, err := filepath.Rel(s.part, path)
		if err != nil {
			return there, err
		}
		to := filepath.Join(s.dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return there, err
		}
		if err := os.Rename(path, to); err != nil {
			return there, s.naming(err)
		}
		there = append(there, to)
	}
	return there, nil
}
