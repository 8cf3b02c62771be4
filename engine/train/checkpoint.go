package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"zoomscope/engine/internal/strictjson"
	"zoomscope/engine/nn"
	"zoomscope/engine/safetensors"
)

// Epoch is what an epoch came to.
type Epoch struct {
	Epoch        int      `json:"epoch"` // from 1
	LearningRate float64  `json:"learning_rate"`
	TrainLoss    Number   `json:"train_loss"` // mean over the steps, each before it was taken
	Validation   *Metrics `json:"validation"`
}

// checkpoint is all that a run needs to go on. The learning rate, the best epoch
// and the end follow from the history.
type checkpoint struct {
	run     string // digest of the run.json it belongs to
	history []Epoch
	state   map[string]*nn.Tensor
	best    map[string]*nn.Tensor // empty before the first epoch
}

// Parts of a checkpoint's tensor names, and the tensor of the history as JSON.
const (
	statePrefix = "state/"
	bestPrefix  = "best/"
	historyName = "history"
	maxHistory  = 1 << 30
)

func (c *checkpoint) write(w io.Writer) error {
	text, err := json.Marshal(c.history)
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	tensors := map[string]safetensors.Raw{
		historyName: {DType: safetensors.U8, Shape: []int{len(text)}, Data: text},
	}
	for name, t := range c.state {
		tensors[statePrefix+name] = safetensors.FromTensor(t)
	}
	for name, t := range c.best {
		tensors[bestPrefix+name] = safetensors.FromTensor(t)
	}
	return safetensors.Write(w, tensors, map[string]string{"format": CheckpointFormat, "run": c.run})
}

// readCheckpoint reads the file at path. The error names it; one that wraps
// fs.ErrNotExist says that there is none.
func readCheckpoint(path string) (*checkpoint, error) {
	return openCheckpoint(path, decodeCheckpoint)
}

func openCheckpoint(path string, decode func(*safetensors.File) (*checkpoint, error)) (*checkpoint, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w: the checkpoint cannot be used; start again in another folder", err)
		}
		return nil, err
	}
	c, err := decode(f)
	if err != nil {
		err = fmt.Errorf("%s: %w: the checkpoint cannot be used; start again in another folder", path, err)
	}
	return c, errors.Join(err, f.Close())
}

func decodeCheckpoint(f *safetensors.File) (*checkpoint, error) {
	c, err := decodeHistory(f)
	if err != nil {
		return nil, err
	}
	c.state, c.best = map[string]*nn.Tensor{}, map[string]*nn.Tensor{}
	for _, name := range f.Names() {
		if err := c.take(f, name); err != nil {
			return nil, err
		}
	}
	if len(c.history) > 0 && len(c.best) == 0 {
		return nil, errors.New("weights of the best epoch are missing")
	}
	return c, nil
}

// decodeHistory reads all but the state and the best weights.
func decodeHistory(f *safetensors.File) (*checkpoint, error) {
	meta := f.Metadata()
	if format := meta["format"]; format != CheckpointFormat {
		return nil, fmt.Errorf("format is %.100q, expected %q", format, CheckpointFormat)
	}
	text, err := f.Bytes(historyName)
	if err != nil {
		return nil, err
	}
	c := &checkpoint{run: meta["run"]}
	if err := strictjson.Decode(text, maxHistory, &c.history); err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	for i, e := range c.history {
		if e.Epoch != i+1 || e.Validation == nil {
			return nil, fmt.Errorf("history: entry %d is of epoch %d, or has no validation", i+1, e.Epoch)
		}
	}
	return c, nil
}

// take reads one tensor to where it belongs.
func (c *checkpoint) take(f *safetensors.File, name string) error {
	if name == historyName {
		return nil
	}
	t, err := f.Tensor(name)
	if err != nil {
		return err
	}
	if rest, ok := strings.CutPrefix(name, statePrefix); ok {
		c.state[rest] = t
	} else if rest, ok := strings.CutPrefix(name, bestPrefix); ok {
		c.best[rest] = t
	} else {
		return fmt.Errorf("tensor %.100q does not belong here", name)
	}
	return nil
}

// History reads what the epochs of a run came to so far, from its folder, and
// nothing else of the checkpoint.
func History(dir string) ([]Epoch, error) {
	c, err := openCheckpoint(filepath.Join(dir, CheckpointFile), decodeHistory)
	if err != nil {
		return nil, err
	}
	return c.history, nil
}

// copyTensors copies tensors that may change.
func copyTensors(tensors map[string]*nn.Tensor) map[string]*nn.Tensor {
	out := make(map[string]*nn.Tensor, len(tensors))
	for name, t := range tensors {
		c := *t
		c.Shape = slices.Clone(t.Shape)
		c.F32, c.F64 = slices.Clone(t.F32), slices.Clone(t.F64)
		c.I64, c.U8 = slices.Clone(t.I64), slices.Clone(t.U8)
		out[name] = &c
	}
	return out
}

// part is how atomicfile calls a file that is being written.
var part = regexp.MustCompile(`^\.[0-9a-f]{16}\.part$`)

// removeParts removes what a killed process left half written in a run folder,
// which the caller has to himself.
func removeParts(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !part.MatchString(e.Name()) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
