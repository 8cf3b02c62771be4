package app

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zoomscope/engine/encoder"
	"zoomscope/engine/mil"
)

// ModelDetails are a model of this machine with all that is known of it.
type ModelDetails struct {
	ModelChoice
	Path        string // "" for the bundled one, which cannot be removed
	Bytes       int64  // of the file, 0 for the bundled one
	Training    mil.Training
	IntendedUse string
	Licence     string
}

// Removable says that the model is a file of its own, in the data folder.
func (m *ModelDetails) Removable() bool { return m.Path != "" }

// ModelDetails lists the models of this machine, the bundled one first.
func (w *Workspace) ModelDetails() ([]ModelDetails, error) {
	models, err := w.Models()
	if err != nil {
		return nil, err
	}
	encoders, err := w.Encoders()
	if encoders == nil && err != nil {
		return nil, err
	}
	list := make([]ModelDetails, len(models))
	for i, m := range models {
		list[i] = ModelDetails{
			ModelChoice: modelChoice(m, encoders), Path: m.Path, Bytes: sizeOf(m.Path),
			Training: m.Config.Training, IntendedUse: m.Config.IntendedUse, Licence: m.Config.Licence,
		}
	}
	return list, nil
}

func sizeOf(path string) int64 {
	st, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return st.Size()
}

// EncoderDetails are an encoder of this machine with all that is known of it.
type EncoderDetails struct {
	encoder.Card
	Path   string   // "" for the built-in one, which cannot be removed
	Bytes  int64    // of the file, 0 for the built-in one
	Models []string // names of the installed models that were made for it
	Err    error    // why the file cannot be used; all but Name and Path is then empty
}

// Removable says that the encoder is a file of its own, in the data folder.
func (e *EncoderDetails) Removable() bool { return e.Path != "" }

// EncoderDetails lists the encoders of this machine, the built-in one first. A file
// that is damaged is listed with its error.
func (w *Workspace) EncoderDetails() ([]EncoderDetails, error) {
	builtin, err := encoder.Builtin()
	if err != nil {
		return nil, err
	}
	files, err := w.encoderFiles()
	if err != nil {
		return nil, err
	}
	list := append([]EncoderDetails{{Card: builtin.Card()}}, files...)
	models, err := w.Models()
	if err != nil {
		return nil, err
	}
	for i := range list {
		for _, m := range models {
			if m.Err == nil && list[i].Err == nil && hasEncoder(m.Config, []encoder.Card{list[i].Card}) {
				list[i].Models = append(list[i].Models, m.Config.Name)
			}
		}
	}
	return list, nil
}

// encoderFiles are the encoders in the data folder, by name.
func (w *Workspace) encoderFiles() ([]EncoderDetails, error) {
	entries, err := os.ReadDir(w.encoders.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var list []EncoderDetails
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != ".onnx" {
			continue
		}
		d := EncoderDetails{Path: filepath.Join(w.encoders.Dir, e.Name())}
		d.Bytes = sizeOf(d.Path)
		spec, err := encoder.Load(d.Path)
		if d.Err = err; err == nil {
			d.Card = spec.Card()
		} else {
			d.Name = e.Name()
		}
		list = append(list, d)
	}
	slices.SortStableFunc(list, func(a, b EncoderDetails) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.SHA256, b.SHA256))
	})
	return list, nil
}

// ErrNotInstalled: a file that is to be removed is none that was installed.
var ErrNotInstalled = errors.New("not installed in the data folder")

// trashFolder is where what is removed lies, beside what is installed.
const trashFolder = "trash"

// RemoveModel takes a model out of the list, given by its ModelChoice.ID, and
// returns where its file lies from then on: it is not deleted.
func (w *Workspace) RemoveModel(id string) (string, error) {
	path := filepath.Join(w.modelDir(), id+modelExt)
	if id == "" || filepath.Base(id) != id || !exists(path) {
		return "", fmt.Errorf("model %q: %w", id, ErrNotInstalled)
	}
	return toTrash(path, time.Now())
}

// RemoveEncoder does the same with an encoder, given by EncoderDetails.Path.
func (w *Workspace) RemoveEncoder(path string) (string, error) {
	if filepath.Dir(path) != filepath.Clean(w.encoders.Dir) || !exists(path) {
		return "", fmt.Errorf("%s: %w", path, ErrNotInstalled)
	}
	return toTrash(path, time.Now())
}

// toTrash moves a file into the trash beside it, under a name that is free there.
func toTrash(path string, now time.Time) (string, error) {
	dir := filepath.Join(filepath.Dir(path), trashFolder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	name, ext := filepath.Base(path), filepath.Ext(path)
	for n := 0; ; n++ {
		target := filepath.Join(dir, strings.TrimSuffix(name, ext)+now.Format("-20060102-150405")+ext)
		if n > 0 {
			target = strings.TrimSuffix(target, ext) + fmt.Sprintf("-%d", n) + ext
		}
		if exists(target) {
			continue
		}
		return target, os.Rename(path, target)
	}
}
