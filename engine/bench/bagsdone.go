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
	"strings"

	"zoomscope/engine/internal/strictjson"
	"zoomscope/slideio/atomicfile"
)

// foldsDone are the folds of a BagsCase that are tested, on disk.
type foldsDone struct {
	Settings foldSettings `json:"settings"`
	// Accuracies are those of the folds, repetition by repetition.
	Accuracies []float64 `json:"accuracies"`

	path string // "" keeps nothing
}

// foldSettings are all that the accuracy of a fold depends on.
type foldSettings struct {
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

const maxFoldsText = 1 << 20 // bytes of JSON

// done reads the folds that the folder of the case has. Those of other settings
// are an error.
func (c *BagsCase) done() (*foldsDone, error) {
	d := &foldsDone{Settings: c.settings()}
	if c.Folder == "" {
		return d, nil
	}
	d.path = filepath.Join(c.Folder, c.Name+"-"+strings.ReplaceAll(c.method(), " ", "-")+".json")
	text, err := os.ReadFile(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return d, os.MkdirAll(c.Folder, 0o755)
	}
	if err != nil {
		return nil, err
	}
	var old foldsDone
	if err := strictjson.Decode(text, maxFoldsText, &old); err != nil {
		return nil, fmt.Errorf("%s: %w", d.path, err)
	}
	if old.Settings != d.Settings {
		return nil, fmt.Errorf("%s: made with other settings or data; take another folder, or remove the file", d.path)
	}
	for i, a := range old.Accuracies {
		if math.IsNaN(a) || a < 0 || a > 1 {
			return nil, fmt.Errorf("%s: accuracy %d is %v", d.path, i, a)
		}
	}
	d.Accuracies = old.Accuracies
	return d, nil
}

// add keeps one more fold.
func (d *foldsDone) add(accuracy float64) error {
	d.Accuracies = append(d.Accuracies, accuracy)
	if d.path == "" {
		return nil
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(d.path, text)
}

func (c *BagsCase) method() string {
	if c.Ungated {
		return "attention"
	}
	return "gated attention"
}

func (c *BagsCase) settings() foldSettings {
	sum := sha256.New()
	for i := range c.Data.Bags {
		b := &c.Data.Bags[i]
		fmt.Fprintln(sum, b.Class, b.Dim, b.Values)
	}
	return foldSettings{
		Dataset: c.Name, SHA256: hex.EncodeToString(sum.Sum(nil)), Method: c.method(), Folds: c.Folds, Epochs: c.Epochs,
		Rate: c.Rate, Decay: c.Decay, Dropout: c.Dropout, Seed: c.Seed,
	}
}
