package train

import (
	"cmp"
	"path/filepath"
)

// DivideAs assigns to the samples the splits that the run in dir gave the same
// slides, told by content, or by name where that is not known; the others are
// Unassigned. It returns how many the run knows; when it knows none, nothing is
// changed. The error for a folder without a run wraps fs.ErrNotExist.
func (d *Dataset) DivideAs(dir string) (known int, err error) {
	var r record
	if _, err := readJSON(filepath.Join(dir, RunFile), &r); err != nil {
		return 0, err
	}
	splits := map[string]Split{}
	for name, members := range r.Splits {
		split, err := ParseSplit(name)
		if err != nil {
			return 0, err
		}
		for _, m := range members {
			splits[sameSlide(m.ContentID, m.Slide)] = split
		}
	}
	given := make([]Split, len(d.Samples))
	for i, s := range d.Samples {
		if given[i] = splits[sameSlide(s.ContentID, s.Name)]; given[i] != Unassigned {
			known++
		}
	}
	for i := range d.Samples {
		if known > 0 {
			d.Samples[i].Split = given[i]
		}
	}
	return known, nil
}

// sameSlide is equal for the same slide.
func sameSlide(contentID, name string) string {
	return cmp.Or(contentID, "name "+name)
}
