package app

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"zoomscope/app/export"
	"zoomscope/engine/bench"
	"zoomscope/engine/result"
	"zoomscope/slideio/atomicfile"
)

// StudyEvents are told how a study goes, from one goroutine. Any of them may be nil.
type StudyEvents struct {
	Started  func(result.Device) // where it runs
	Progress func(result.Progress)
}

// benchStudy is a comparison that can be written into a folder.
type benchStudy interface {
	Print(io.Writer) error
	WriteCSV(io.Writer) error
}

// writeStudy writes a study as text, CSV and picture into a folder, which is made
// when missing.
func writeStudy(dir, name string, s benchStudy, picture func(io.Writer) error) error {
	put := func(ending string, write func(io.Writer) error) error {
		return atomicfile.Write(filepath.Join(dir, name+ending), write)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return errors.Join(put(".txt", s.Print), put(".csv", s.WriteCSV), put(".png", picture))
}

// drawTable draws a table with what the head of its study says.
func drawTable(title string, t bench.Table, head []string) func(io.Writer) error {
	return func(w io.Writer) error {
		return export.WriteTable(w, export.TablePicture{Title: title, Head: t.Head, Rows: t.Rows, Notes: head})
	}
}
