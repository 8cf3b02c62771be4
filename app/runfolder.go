package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"zoomscope/engine/train"
)

// checkRunFolder refuses a folder that holds files but no run: a run's would lie
// among them. Hidden files, as systems and interrupted runs leave them, do not count,
// nor what a run leaves that was stopped before its first file.
func checkRunFolder(dir string) error {
	if isRun(dir) {
		return nil
	}
	entries, err := readOut(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); name != studyFile && name != train.LockFile && !strings.HasPrefix(name, ".") {
			return fmt.Errorf("%s is not empty and holds no run, but %s: give a new folder", dir, name)
		}
	}
	return nil
}

// checkStudyFolder refuses a folder of bags for the runs and tables of a comparison.
func checkStudyFolder(dir string) error {
	entries, err := readOut(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), train.BagExt) {
			return fmt.Errorf("%s holds bags, such as %s: give another folder", dir, e.Name())
		}
	}
	return nil
}

// readOut lists a folder that is made when missing, and is none for "".
func readOut(dir string) ([]fs.DirEntry, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(filepath.Clean(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}
