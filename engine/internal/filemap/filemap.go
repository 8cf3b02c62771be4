// Package filemap maps files into memory for reading, so that only the pages
// that are touched take memory.
package filemap

import (
	"fmt"
	"os"

	"github.com/edsrzf/mmap-go"
)

// A Map is a file's content in memory. It must not be written to, and its file
// must not be shortened while it is in use: files here are replaced whole.
type Map struct {
	Data   []byte // nil for an empty file and after Close
	mapped mmap.MMap
}

// Open maps the regular file at path. The error names the file.
func Open(path string) (*Map, error) {
	// A pipe or device in the place of the file would block, so look first.
	stat, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !stat.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	if stat.Size() == 0 { // nothing can be mapped
		return &Map{}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // the mapping stays
	mapped, err := mmap.Map(f, mmap.RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: map into memory: %w", path, err)
	}
	return &Map{Data: mapped, mapped: mapped}, nil
}

// Close unmaps the file; a second Close does nothing. Touching a slice of Data
// afterwards ends the program.
func (m *Map) Close() error {
	if m.mapped == nil {
		return nil
	}
	err := m.mapped.Unmap()
	m.Data, m.mapped = nil, nil
	return err
}
