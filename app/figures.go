package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"zoomscope/app/export"
	"zoomscope/engine/train"
	"zoomscope/slideio/atomicfile"
)

// figuresDir is the folder of figures in a run folder.
const figuresDir = "figures"

// figures are those of a run.
type figures struct {
	dir  string
	name string // of the model
	last time.Time
	own  bool // the loss of training is not that of validation
}

// redraw is how often the figures of a run at work are drawn again at the most.
const redraw = 10 * time.Second

// update draws the curves of a run at work, unless they were drawn lately.
func (f *figures) update(history []train.Epoch, best int) error {
	if time.Since(f.last) < redraw {
		return nil
	}
	_, err := f.curves(history, best)
	f.last = time.Now()
	return err
}

// all draws what there is of a run that has ended, and returns the paths.
func (f *figures) all(history []train.Epoch, s *train.Summary) ([]string, error) {
	paths, err := f.curves(history, s.Best)
	if err != nil {
		return paths, err
	}
	m, split := s.Test, "test"
	if m == nil {
		m, split = s.Validation, "validation"
	}
	var classes []string
	for _, c := range m.Classes {
		classes = append(classes, c.Class)
	}
	path, err := f.write("confusion.png", func(w io.Writer) error {
		return export.WriteConfusion(w, fmt.Sprintf("%s: %s, %d slides", f.name, split, m.Slides), classes, m.Confusion)
	})
	return append(paths, path), err
}

func (f *figures) curves(history []train.Epoch, best int) ([]string, error) {
	t := export.Training{Name: f.name, Epochs: history, Best: best, OwnLoss: f.own}
	loss, err := f.write("loss.png", func(w io.Writer) error { return export.WriteLossCurve(w, t) })
	metrics, err2 := f.write("metrics.png", func(w io.Writer) error { return export.WriteMetricCurves(w, t) })
	return []string{loss, metrics}, errors.Join(err, err2)
}

// write draws one picture: in memory first, so that little time is left for a
// kill to leave a half of it.
func (f *figures) write(name string, draw func(io.Writer) error) (string, error) {
	path := filepath.Join(f.dir, name)
	var picture bytes.Buffer
	err := draw(&picture)
	if err == nil {
		err = os.MkdirAll(f.dir, 0o755)
	}
	if err == nil {
		err = atomicfile.WriteBytes(path, picture.Bytes())
	}
	if err != nil {
		return path, fmt.Errorf("%s: %w", path, err)
	}
	return path, nil
}
