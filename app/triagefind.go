package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// slideEndings are those of slide files, whose formats OpenSlide reads.
var slideEndings = []string{".svs", ".tif", ".tiff", ".ndpi", ".vms", ".vmu", ".scn", ".mrxs", ".svslide", ".bif", ".czi", dicomEnding}

// imageEndings are those of plain pictures.
var imageEndings = []string{".png", ".jpg", ".jpeg"}

const dicomEnding = ".dcm"

// slideFile is a file that looks like a slide, with what tells whether it changed.
type slideFile struct {
	path     string
	size     int64 // of all files of the slide
	modified time.Time
}

func (f slideFile) same(o slideFile) bool { return f.size == o.size && f.modified.Equal(o.modified) }

// add takes in another file of the slide.
func (f *slideFile) add(st fs.FileInfo) {
	f.size += st.Size()
	if st.ModTime().After(f.modified) {
		f.modified = st.ModTime()
	}
}

// found is what is in a folder and its subfolders.
type found struct {
	files    []slideFile // by path
	dirs     []string    // that were looked into
	problems []error     // folders and files that could not be looked at
}

// findSlides looks for slides below a folder; images says whether plain pictures
// count. Hidden files and folders are passed over, links followed, each folder looked
// into once. The folder itself out of reach is an error.
func findSlides(root string, images bool) (*found, error) {
	w := &walk{images: images, seen: map[string]bool{}, found: &found{}}
	if err := w.dir(root); err != nil {
		return nil, err
	}
	for len(w.links) > 0 { // after all that is really there
		link := w.links[0]
		w.links = w.links[1:]
		w.problem(w.dir(link))
	}
	slices.SortFunc(w.found.files, func(a, b slideFile) int { return strings.Compare(a.path, b.path) })
	return w.found, nil
}

// walk is one look through a folder.
type walk struct {
	images bool
	seen   map[string]bool // folders, by what their links lead to
	links  []string        // to folders, still to be followed
	found  *found
}

func (w *walk) problem(err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // what went away meanwhile is none
		w.found.problems = append(w.found.problems, err)
	}
}

func (w *walk) dir(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	if w.seen[real] {
		return nil
	}
	w.seen[real] = true
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	w.found.dirs = append(w.found.dirs, path)
	parts := partsOf(entries)
	for _, e := range entries {
		if name := e.Name(); name[0] != '.' && !parts(e) {
			w.entry(filepath.Join(path, name), e)
		}
	}
	return nil
}

func (w *walk) entry(path string, e fs.DirEntry) {
	mode := e.Type()
	if mode&fs.ModeSymlink != 0 {
		st, err := os.Stat(path)
		if err != nil {
			w.problem(err)
			return
		}
		if mode = st.Mode().Type(); mode.IsDir() {
			w.links = append(w.links, path)
			return
		}
	}
	switch {
	case mode.IsDir():
		w.problem(w.dir(path))
	case mode.IsRegular() && w.wanted(path):
		f, err := lookAt(path)
		w.problem(err)
		if err == nil {
			w.found.files = append(w.found.files, f)
		}
	}
}

func (w *walk) wanted(path string) bool {
	ending := strings.ToLower(filepath.Ext(path))
	return slices.Contains(slideEndings, ending) || w.images && slices.Contains(imageEndings, ending)
}

// partsOf tells which entries of a folder belong to a slide of several files: the
// folder of an .mrxs, called as it is, and the pictures of a .vms or .vmu, whose
// names begin with its name.
func partsOf(entries []fs.DirEntry) func(fs.DirEntry) bool {
	folders := map[string]bool{}
	var beginnings []string
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		switch ending := filepath.Ext(name); ending {
		case ".mrxs":
			folders[strings.TrimSuffix(name, ending)] = true
		case ".vms", ".vmu":
			beginnings = append(beginnings, strings.TrimSuffix(name, ending))
		}
	}
	return func(e fs.DirEntry) bool {
		name := strings.ToLower(e.Name())
		if e.IsDir() {
			return folders[name]
		}
		return slices.Contains(imageEndings, filepath.Ext(name)) &&
			slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(name, b) })
	}
}

// lookAt says how large a slide's file is and when it changed, the folder of an
// .mrxs counted in.
func lookAt(path string) (slideFile, error) {
	f := slideFile{path: path}
	st, err := os.Stat(path)
	if err != nil {
		return f, err
	}
	f.add(st)
	if !strings.EqualFold(filepath.Ext(path), ".mrxs") {
		return f, nil
	}
	entries, err := os.ReadDir(strings.TrimSuffix(path, filepath.Ext(path)))
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil // opening it will say so
	}
	for _, e := range entries {
		if part, err := e.Info(); err == nil && part.Mode().IsRegular() {
			f.add(part)
		}
	}
	return f, err
}
