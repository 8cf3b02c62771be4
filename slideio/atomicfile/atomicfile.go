// Package atomicfile writes files that appear whole or not at all: to a
// temporary name in the same folder, synced, then renamed.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// File is a file being written. Exactly one of Commit and Abort takes effect;
// Abort after Commit does nothing, so that it can be deferred.
type File struct {
	*os.File
	path string
	done bool
}

// Create starts to write the file that will stand at path. The folder must exist.
func Create(path string) (*File, error) {
	f, err := temporary(filepath.Dir(path))
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		return nil, &fs.PathError{Op: "create", Path: path, Err: pe.Err}
	}
	if err != nil {
		return nil, err
	}
	return &File{File: f, path: path}, nil
}

// temporary makes a new hidden file, readable by whom the user lets read new
// files. Its name is short, however long that of the finished file is.
func temporary(dir string) (*os.File, error) {
	for {
		name := filepath.Join(dir, fmt.Sprintf(".%016x.part", rand.Uint64()))
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// Commit syncs the file and puts it at its place, over any older one.
func (f *File) Commit() error {
	if f.done {
		return fmt.Errorf("%s: committed twice", f.path)
	}
	f.done = true
	err := f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), f.path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return nil
}

// Abort drops what was written.
func (f *File) Abort() {
	if f.done {
		return
	}
	f.done = true
	f.Close()
	os.Remove(f.Name())
}

// Write creates the file at path with what write puts into it.
func Write(path string, write func(io.Writer) error) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := write(f); err != nil {
		return err
	}
	return f.Commit()
}

// WriteBytes creates the file at path with the given content.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
