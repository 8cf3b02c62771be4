package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// ErrCannotWrite: a file or folder cannot be made or written; a WriteError is one.
var ErrCannotWrite = errors.New("cannot be written")

// WriteError tells what an export could not write. Errors in reading the slide are
// none.
type WriteError struct {
	Path string // of the file, or of the folder that was to hold files
	Err  error
}

// Error names the path.
func (e *WriteError) Error() string { return naming(e.Path, e.Err).Error() }

// Unwrap is the cause.
func (e *WriteError) Unwrap() error { return e.Err }

// Is reports whether the target is ErrCannotWrite.
func (e *WriteError) Is(target error) bool { return target == ErrCannotWrite }

// exportFailed names what was to be written, and tells an error in writing it from
// others by what the system was asked to do.
func exportFailed(path string, err error) error {
	if link := (*os.LinkError)(nil); errors.As(err, &link) {
		return &WriteError{path, err}
	}
	writing := []string{"create", "mkdir", "write", "sync", "close", "remove", "unlinkat", "truncate", "rename"}
	if file := (*fs.PathError)(nil); errors.As(err, &file) && slices.Contains(writing, file.Op) {
		return &WriteError{path, err}
	}
	return naming(path, err)
}

// naming makes sure that an error names the file it concerns.
func naming(path string, err error) error {
	if strings.Contains(err.Error(), path) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}
