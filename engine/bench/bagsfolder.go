package bench

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"zoomscope/engine/train"
	"zoomscope/slideio/atomicfile"
)

// BagsFolder is a folder of folds that are tested, which this process has to itself
// until it is closed.
type BagsFolder struct {
	io.Closer
	dir string
}

// OpenBagsFolder makes the folder, if there is none, and makes sure that what is in
// it can be read. The error for one that another process works in wraps
// train.ErrBusy.
func OpenBagsFolder(dir string) (*BagsFolder, error) {
	lock, err := train.LockFolder(dir)
	if err != nil {
		return nil, err
	}
	f := &BagsFolder{lock, dir}
	if _, err := f.Rows(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Rows are all whole repetitions of all datasets in the folder, ordered by dataset
// and method; those of which no repetition is complete are left out.
func (f *BagsFolder) Rows() ([]*BagsRow, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	var rows []*BagsRow
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "-attention.json") {
			continue
		}
		d, err := readFolds(filepath.Join(f.dir, e.Name()))
		if err != nil {
			return nil, err
		}
		// A file of another name is a copy of one.
		if whole := len(d.Accuracies) / d.Settings.Folds; whole > 0 && e.Name() == d.Settings.file() {
			rows = append(rows, d.row(whole))
		}
	}
	slices.SortFunc(rows, func(a, b *BagsRow) int {
		return cmp.Or(cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Method, b.Method))
	})
	return rows, nil
}

// WriteTable writes bags.csv of all that is in the folder.
func (f *BagsFolder) WriteTable() error {
	rows, err := f.Rows()
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(f.dir, "bags.csv"), func(w io.Writer) error { return WriteBags(w, rows) })
}
