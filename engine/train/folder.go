package train

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"zoomscope/engine/internal/strictjson"
	"zoomscope/slideio/atomicfile"
)

// Names of the files of a run folder.
const (
	RunFile         = "run.json"
	CheckpointFile  = "checkpoint.safetensors"
	MetricsFile     = "metrics.csv"
	ModelFile       = "model.safetensors"
	PredictionsFile = "predictions.csv"
	EvaluationFile  = "evaluation.json"
	LockFile        = "run.lock"
)

// Errors for a run folder.
var (
	// ErrExists is wrapped by the error for a folder that has a run already.
	ErrExists = errors.New("there is a run already")
	// ErrOther is wrapped by the error for going on with other settings or data.
	ErrOther = errors.New("the run there is another")
	// ErrBusy is wrapped by the error for a folder that another process works in.
	ErrBusy = errors.New("another process works in this folder")
)

// maxJSON is the most that is read of run.json and evaluation.json.
const maxJSON = 1 << 30

// folder is a run folder that this process has to itself until Close.
type folder struct {
	dir  string
	lock *os.File
	hook func(string) // for tests: called around every change on disk; may be nil
}

func openFolder(dir string, hook func(string)) (*folder, error) {
	f, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	return &folder{dir, f, hook}, nil
}

// LockFolder makes a folder, if there is none, and takes it for this process until
// it is closed, as every run does; it ends with the process, however that ends. The
// error for a folder that another has wraps ErrBusy.
func LockFolder(dir string) (io.Closer, error) {
	f, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func lockFolder(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, LockFile)
	_, absent := os.Lstat(path)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w (%w)", dir, ErrBusy, err), f.Close())
	}
	// In a folder that was no run's, they are somebody else's.
	if absent == nil {
		err = removeParts(dir)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (f *folder) Close() error { return f.lock.Close() }

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f *folder) has(name string) bool {
	_, err := os.Lstat(f.path(name))
	return err == nil
}

// at tells a test how far the run has come.
func (f *folder) at(point string) {
	if f.hook != nil {
		f.hook(point)
	}
}

// write creates a file, whole or not at all.
func (f *folder) write(name string, content func(io.Writer) error) error {
	f.at("before " + name)
	err := atomicfile.Write(f.path(name), func(w io.Writer) error {
		err := content(w)
		f.at("within " + name)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", f.path(name), err)
	}
	f.at("after " + name)
	return nil
}

func (f *folder) writeJSON(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", f.path(name), err)
	}
	return f.write(name, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// readJSON reads a file of the given format into v and returns its digest.
func readJSON(path string, v any) (sum string, err error) {
	text, err := readAll(path)
	if err != nil {
		return "", err
	}
	if err := strictjson.Decode(text, maxJSON, v); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:]), nil
}

func readAll(path string) ([]byte, error) {
	return readFile(path, func(r io.Reader) ([]byte, error) {
		text, err := io.ReadAll(io.LimitReader(r, maxJSON+1))
		if err == nil && len(text) > maxJSON {
			err = fmt.Errorf("more than %d bytes", maxJSON)
		}
		return text, err
	})
}

// CheckFolder makes sure that a run of these settings and data can be begun in a
// folder, or, to be resumed, gone on with. Its errors are those of Run, before it has
// done anything; nothing is written.
func CheckFolder(dir string, c Config, d *Dataset, resume bool) error {
	f := folder{dir: dir}
	_, err := f.check(recordOf(c, d), resume)
	return err
}

// begin makes the folder that of the run r: a new one, or, to be resumed, one
// that asks for the same. It returns the digest of run.json.
func (f *folder) begin(r *record, resume bool) (string, error) {
	sum, err := f.check(r, resume)
	if err != nil || sum != "" {
		return sum, err
	}
	if err := f.writeJSON(RunFile, r); err != nil {
		return "", err
	}
	return readJSON(f.path(RunFile), new(record))
}

// check looks for a run in the folder, and whether it is r. It returns the digest of
// run.json, "" where there is none and one may be begun.
func (f *folder) check(r *record, resume bool) (string, error) {
	var there record
	sum, err := readJSON(f.path(RunFile), &there)
	if errors.Is(err, fs.ErrNotExist) {
		return "", f.unused()
	}
	if err != nil {
		return "", err
	}
	if !resume {
		return "", fmt.Errorf("%s: %w: use --resume to go on with it, or give another folder", f.dir, ErrExists)
	}
	if there.Format != RunFormat {
		return "", fmt.Errorf("%s: format is %.100q, expected %q", f.path(RunFile), there.Format, RunFormat)
	}
	if found := there.differences(r); len(found) > 0 {
		return "", fmt.Errorf("%s: %w: %s: give what it was started with, or another folder", f.dir, ErrOther, found.text("differences"))
	}
	return sum, nil
}

// unused makes sure that a folder without a run has none of its files.
func (f *folder) unused() error {
	for _, name := range []string{CheckpointFile, MetricsFile, ModelFile, PredictionsFile, EvaluationFile} {
		if f.has(name) {
			return fmt.Errorf("%s: there is a %s but no %s: give another folder", f.dir, name, RunFile)
		}
	}
	return nil
}

// writeMetrics writes the history as a table, undefined figures as nothing.
func writeMetrics(w io.Writer, classes []string, history []Epoch) error {
	out := csv.NewWriter(w)
	header := []string{"epoch", "learning_rate", "train_loss", "val_loss", "val_accuracy", "val_balanced_accuracy",
		"val_macro_f1", "val_weighted_f1", "val_auc", "val_auc_low", "val_auc_high", "val_kappa"}
	for _, c := range classes {
		header = append(header, "val_precision "+c, "val_recall "+c, "val_f1 "+c)
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for _, e := range history {
		if err := out.Write(metricsLine(e)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func metricsLine(e Epoch) []string {
	v := e.Validation
	numbers := []Number{Number(e.LearningRate), e.TrainLoss, v.Loss, v.Accuracy, v.BalancedAccuracy,
		v.MacroF1, v.WeightedF1, v.AUC.Value, v.AUC.Low, v.AUC.High, v.Kappa}
	for _, c := range v.Classes {
		numbers = append(numbers, c.Precision, c.Recall, c.F1)
	}
	line := []string{strconv.Itoa(e.Epoch)}
	for _, n := range numbers {
		text := ""
		if n.Defined() {
			text = strconv.FormatFloat(float64(n), 'g', -1, 64)
		}
		line = append(line, text)
	}
	return line
}
