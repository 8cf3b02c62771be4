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

// staged is a folder that gets its new files all at once, in the place of older ones.
type staged struct {
	dir  string // the folder
	part string // a folder in it, where the files are written
	made bool   // dir was missing
}

const stagePattern = ".zoomscope-new-*"

// abandoned is the age of a folder of new files from which on nobody writes to it any
// more: its writer was killed.
const abandoned = 24 * time.Hour

// stage makes the folder, where it is missing, and the one for its new files.
func stage(dir string) (*staged, error) {
	_, err := os.Stat(dir)
	s := &staged{dir: dir, made: errors.Is(err, fs.ErrNotExist)}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	left, err := fs.Glob(os.DirFS(dir), stagePattern)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	for _, name := range left {
		if st, err := os.Stat(filepath.Join(dir, name)); err == nil && st.IsDir() && time.Since(st.ModTime()) > abandoned {
			os.RemoveAll(filepath.Join(dir, name))
		}
	}
	s.part, err = os.MkdirTemp(dir, stagePattern)
	return s, err
}

// drop removes the new files that are not at their place, and the folder where it is
// empty and was not there before.
func (s *staged) drop() {
	os.RemoveAll(s.part)
	if s.made {
		os.Remove(s.dir) // refused unless it is empty
	}
}

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

// install puts new files, given in the order of their writing, in the place of older
// ones, which are those of the same names and those that match patterns, in that
// order; it returns where the new ones are. Where one cannot be replaced, because
// another program holds it open, all stay as they were.
func (s *staged) install(written []string, patterns ...string) (there []string, err error) {
	old, err := s.older(written, patterns)
	if err != nil {
		return nil, err
	}
	var done moves
	defer func() {
		if err != nil {
			done.back()
			there = nil
		}
	}()
	aside := filepath.Join(s.part, "old")
	for _, name := range old {
		if err := done.move(filepath.Join(s.dir, name), filepath.Join(aside, name)); err != nil {
			return nil, err
		}
	}
	for _, path := range written {
		name, err := filepath.Rel(s.part, path)
		if err != nil {
			return nil, err
		}
		to := filepath.Join(s.dir, name)
		if err := done.move(path, to); err != nil {
			return nil, s.naming(err)
		}
		there = append(there, to)
	}
	return there, nil
}

// older are the files to be replaced, by their paths below the folder.
func (s *staged) older(written, patterns []string) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	add := func(name string) error {
		st, err := os.Lstat(filepath.Join(s.dir, name))
		switch {
		case errors.Is(err, fs.ErrNotExist) || seen[name]:
			return nil
		case err != nil:
			return err
		case st.IsDir():
			return fmt.Errorf("%s: a folder is in the way", filepath.Join(s.dir, name))
		}
		seen[name] = true
		names = append(names, name)
		return nil
	}
	for _, pattern := range patterns {
		found, err := fs.Glob(os.DirFS(s.dir), pattern)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.dir, err)
		}
		for _, name := range found {
			if err := add(filepath.FromSlash(name)); err != nil {
				return nil, err
			}
		}
	}
	for _, path := range written {
		name, err := filepath.Rel(s.part, path)
		if err == nil {
			err = add(name)
		}
		if err != nil {
			return nil, err
		}
	}
	return names, nil
}

// moves are files that were moved, each from and to a path.
type moves [][2]string

// move moves a file; the error names the place that it should come to, or where it
// cannot be taken from.
func (m *moves) move(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		if link := (*os.LinkError)(nil); errors.As(err, &link) {
			return &fs.PathError{Op: "replace", Path: from, Err: link.Err}
		}
		return err
	}
	*m = append(*m, [2]string{from, to})
	return nil
}

// back undoes the moves, as far as that goes.
func (m moves) back() {
	for i := len(m) - 1; i >= 0; i-- {
		os.Rename(m[i][1], m[i][0])
	}
}
