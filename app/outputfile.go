package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"zoomscope/engine/train"
)

// ErrOutput: what a file is to be written to is something else that is needed.
var ErrOutput = errors.New("nothing can be written there")

// CheckOutput refuses a file to be written that is a folder, or one of the files that
// are read, by whatever name or link. The error wraps ErrOutput and names both. Of out
// and inputs "" is none; inputs that are not there count by their names.
func CheckOutput(out string, inputs ...string) error {
	if out == "" {
		return nil
	}
	if st, err := os.Stat(out); err == nil && st.IsDir() {
		return fmt.Errorf("%s: %w: it is a folder; name a file", out, ErrOutput)
	}
	for _, in := range inputs {
		if in != "" && sameFile(out, in) {
			return fmt.Errorf("%s: %w: it is the file %s, which is read; name another", out, ErrOutput, in)
		}
	}
	return nil
}

// PrepareOutput is CheckOutput before work that may take hours: besides, the file's
// folder is made when missing, and must let files be written.
func PrepareOutput(out string, inputs ...string) error {
	if err := CheckOutput(out, inputs...); err != nil || out == "" {
		return err
	}
	return prepareFolder(filepath.Dir(out))
}

// sameFile reports whether two paths lead to one file, or would once it is there.
func sameFile(a, b string) bool {
	x, missingA := os.Stat(a)
	y, missingB := os.Stat(b)
	if missingA == nil && missingB == nil {
		return os.SameFile(x, y)
	}
	return missingA != nil && missingB != nil && wholePath(a) == wholePath(b)
}

// wholePath is an absolute path without links, as far as its folder is there.
func wholePath(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return path
	}
	return filepath.Join(dir, filepath.Base(path))
}

// readBy are the files of the model and the encoder that options name, as far as they
// are files.
func (w *Workspace) readBy(o EngineOptions) []string {
	var files []string
	if path, err := w.modelPath(o.Model); err == nil && o.Model != "" {
		files = append(files, path)
	}
	if exists(o.Encoder) {
		files = append(files, o.Encoder)
	}
	installed, err := os.ReadDir(w.encoders.Dir)
	if err != nil {
		return files
	}
	for _, e := range installed {
		files = append(files, filepath.Join(w.encoders.Dir, e.Name()))
	}
	return files
}

// PrepareTriageOutput is PrepareOutput for a table of a triage: what is read are the
// worklist, the model and the encoder, and every slide.
func (w *Workspace) PrepareTriageOutput(out, list string, o EngineOptions) error {
	inputs := append(w.readBy(o), list, list+"-wal", list+"-shm", list+".lock")
	if err := CheckOutput(out, inputs...); err != nil || out == "" {
		return err
	}
	if exists(out) && ofSlideFile(out) {
		return fmt.Errorf("%s: %w: it is a slide, or a part of one; name another", out, ErrOutput)
	}
	return prepareFolder(filepath.Dir(out))
}

// ofSlideFile reports whether a path that is there, or what it is a link to, is called
// as a slide or a picture, or lies in the folder of an .mrxs.
func ofSlideFile(path string) bool {
	names := []string{path}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		names = append(names, real)
	}
	return slices.ContainsFunc(names, func(name string) bool {
		ending := strings.ToLower(filepath.Ext(name))
		return slices.Contains(slideEndings, ending) || slices.Contains(imageEndings, ending) || exists(filepath.Dir(name)+".mrxs")
	})
}

// runFiles are the files of a run, none where a folder holds none.
func runFiles(dir string) []string {
	if !isRun(dir) {
		return nil
	}
	var files []string
	for _, name := range []string{
		train.RunFile, train.CheckpointFile, train.MetricsFile, train.ModelFile, train.PredictionsFile, train.EvaluationFile, studyFile,
	} {
		files = append(files, filepath.Join(dir, name))
	}
	return files
}
