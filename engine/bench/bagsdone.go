package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"zoomscope/engine/internal/strictjson"
	"zoomscope/engine/train"
	"zoomscope/slideio/atomicfile"
)

// foldsDone are the folds of a BagsCase that are tested, on disk.
type foldsDone struct {
	Settings BagsSettings `json:"settings"`
	// Size is nil in files of earlier versions.
	Size *BagsSize `json:"size,omitempty"`
	// Accuracies are those of the folds, repetition by repetition.
	Accuracies []float64 `json:"accuracies"`

	path string // "" keeps nothing
}

// BagsSettings are all that the accuracy of a fold depends on.
type BagsSettings struct {
	Dataset string  `json:"dataset"`
	SHA256  string  `json:"sha256"` // of the values and labels of all bags
	Method  string  `json:"method"`
	Folds   int     `json:"folds"`
	Epochs  int     `json:"epochs"`
	Rate    float64 `json:"learning_rate"`
	Decay   float64 `json:"weight_decay"`
	Dropout float64 `json:"dropout"`
	Seed    uint64  `json:"seed"`
}

// BagsSize is how large a dataset is; all 0 is not known.
type BagsSize struct {
	Bags      int `json:"bags"`
	Instances int `json:"instances"`
	Features  int `json:"features"` // of an instance
}

const maxFoldsText = 1 << 20 // bytes of JSON

// done reads the folds that the folder of the case has. Those of other settings
// are an error.
func (c *BagsCase) done() (*foldsDone, error) {
	size := c.size()
	d := &foldsDone{Settings: c.settings(), Size: &size}
	if c.Folder == "" {
		return d, nil
	}
	d.path = filepath.Join(c.Folder, d.Settings.file())
	old, err := readFolds(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return d, os.MkdirAll(c.Folder, 0o755)
	}
	if err != nil {
		return nil, err
	}
	if old.Settings != d.Settings {
		return nil, fmt.Errorf("%s: made with other settings or data; take another folder, or remove the file", d.path)
	}
	d.Accuracies = old.Accuracies
	if old.Size == nil {
		return d, d.save()
	}
	return d, nil
}

// file is the name of that of the folds.
func (s *BagsSettings) file() string {
	return s.Dataset + "-" + strings.ReplaceAll(s.Method, " ", "-") + ".json"
}

// readFolds reads a file of folds. The error names it.
func readFolds(path string) (*foldsDone, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d := &foldsDone{path: path}
	if err := strictjson.Decode(text, maxFoldsText, d); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if d.Settings.Folds < 2 {
		return nil, fmt.Errorf("%s: %d folds, must be 2 or more", path, d.Settings.Folds)
	}
	for i, a := range d.Accuracies {
		if a < 0 || a > 1 {
			return nil, fmt.Errorf("%s: accuracy %d is %v", path, i, a)
		}
	}
	return d, nil
}

// add keeps one more fold.
func (d *foldsDone) add(accuracy float64) error {
	d.Accuracies = append(d.Accuracies, accuracy)
	return d.save()
}

func (d *foldsDone) save() error {
	if d.path == "" {
		return nil
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(d.path, text)
}

// row sums up the first repetitions, which are there.
func (d *foldsDone) row(repetitions int) *BagsRow {
	s := d.Settings
	all := d.Accuracies[:repetitions*s.Folds]
	row := &BagsRow{BagsSettings: s, RepetitionsSD: train.Undefined(), Published: publishedBags(s.Dataset, s.Method == gatedAttention)}
	if d.Size != nil {
		row.BagsSize = *d.Size
	}
	for fold := range slices.Chunk(all, s.Folds) {
		row.Repetitions = append(row.Repetitions, float64(spread(fold).Mean))
	}
	if repetitions > 1 {
		row.RepetitionsSD = spread(row.Repetitions).SD
	}
	over := spread(all)
	row.Accuracy, row.Error = float64(over.Mean), float64(over.SD)/math.Sqrt(float64(len(all)))
	return row
}

// The methods, as rows and files call them.
const (
	attention      = "attention"
	gatedAttention = "gated attention"
)

func (c *BagsCase) method() string {
	if c.Ungated {
		return attention
	}
	return gatedAttention
}

func (c *BagsCase) size() BagsSize {
	s := BagsSize{Bags: len(c.Data.Bags), Features: c.Data.Dim}
	for i := range c.Data.Bags {
		s.Instances += c.Data.Bags[i].Len(0)
	}
	return s
}

func (c *BagsCase) settings() BagsSettings {
	sum := sha256.New()
	for i := range c.Data.Bags {
		b := &c.Data.Bags[i]
		fmt.Fprintln(sum, b.Class, b.Dim, b.Values)
	}
	return BagsSettings{
		Dataset: c.Name, SHA256: hex.EncodeToString(sum.Sum(nil)), Method: c.method(), Folds: c.Folds, Epochs: c.Epochs,
		Rate: c.Rate, Decay: c.Decay, Dropout: c.Dropout, Seed: c.Seed,
	}
}
