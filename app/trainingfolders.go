package app

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// fromFolders makes the table of a folder of classes.
func (d *DatasetInfo) fromFolders(dir string, images bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	lines := [][]string{{"slide", "label"}}
	for _, e := range entries {
		if e.Name()[0] == '.' || !isFolder(dir, e) {
			continue
		}
		slides, err := findSlides(filepath.Join(dir, e.Name()), images)
		if err != nil {
			return err
		}
		for _, f := range slides.files {
			path, err := filepath.Rel(dir, f.path)
			if err != nil {
				return err
			}
			lines = append(lines, []string{filepath.ToSlash(path), e.Name()})
		}
	}
	if len(lines) == 1 {
		return fmt.Errorf("%s: %w", dir, ErrNoClasses)
	}
	d.add(DatasetLoose, looseSlides(entries, images), "")
	var text bytes.Buffer
	err = csv.NewWriter(&text).WriteAll(lines)
	d.text = text.Bytes()
	return err
}

// isFolder follows links.
func isFolder(dir string, e fs.DirEntry) bool {
	st, err := os.Stat(filepath.Join(dir, e.Name()))
	return err == nil && st.IsDir()
}

// looseSlides are the slides that lie in the folder of the classes itself.
func looseSlides(entries []fs.DirEntry, images bool) []string {
	w := walk{images: images}
	parts := partsOf(entries)
	var loose []string
	for _, e := range entries {
		if e.Type().IsRegular() && w.wanted(e.Name()) && !parts(e) {
			loose = append(loose, e.Name())
		}
	}
	return loose
}
