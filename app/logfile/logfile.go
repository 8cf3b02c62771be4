// Package logfile keeps a log in a file of bounded size.
package logfile

import (
	"io"
	"os"
	"path/filepath"
	"sync"
)

// maxSize is the size at which a log is put aside, as PATH.old, and begun anew.
const maxSize = 2 << 20

// File is a log being written. Its methods may be called from several goroutines
// at once. It is an io.Writer for slog's handlers, which write a line at a time.
type File struct {
	path string
	mu   sync.Mutex
	file *os.File // nil after Close, and where it could not be begun anew
	size int64
}

// Open opens a log to write at its end; its folder is made when missing.
func Open(path string) (*File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f := &File{path: path}
	if err := f.open(); err != nil {
		return nil, err
	}
	return f, nil
}

// open opens the file that is there, or a new one.
func (f *File) open() error {
	file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	st, err := file.Stat()
	if err != nil {
		file.Close()
		return err
	}
	f.file, f.size = file, st.Size()
	return nil
}

// Path is where the log lies.
func (f *File) Path() string { return f.path }

// Write appends to the log, and begins a new one where it would become too large.
func (f *File) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return 0, os.ErrClosed
	}
	if f.size > 0 && f.size+int64(len(p)) > maxSize {
		if err := f.turn(); err != nil {
			return 0, err
		}
	}
	n, err := f.file.Write(p)
	f.size += int64(n)
	return n, err
}

// turn puts the log aside, over an older one. A log that another program has open
// may not be moved: it is then written on.
func (f *File) turn() error {
	f.file.Close()
	f.file = nil
	os.Remove(f.path + ".old") // Windows does not rename over a file that is there
	if err := os.Rename(f.path, f.path+".old"); err != nil {
		return f.open()
	}
	return f.open()
}

// Close closes the log.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	file := f.file
	f.file = nil
	return file.Close()
}

// Tail is the end of the log at a path, whole lines of at most n bytes; less where
// it is shorter.
func Tail(path string, n int64) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		return "", err
	}
	from := max(0, st.Size()-n)
	text, err := io.ReadAll(io.NewSectionReader(file, from, n))
	if from > 0 {
		for i, c := range text {
			if c == '\n' {
				return string(text[i+1:]), err
			}
		}
		return "", err // the middle of a line
	}
	return string(text), err
}
