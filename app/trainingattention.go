package app

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"zoomscope/engine/result"
	"zoomscope/slideio/atomicfile"
)

// Where a model in training looks on the slide that is watched is kept in the folder
// of its run: of each slide a folder, with a file for each epoch that is kept. Those
// are the first one, about mostKept spread over the epochs that are planned, the best
// one and the latest one.
const (
	attentionFolder = "attention"
	attentionExt    = ".json.gz"
	attentionDigest = 8 // bytes of the digest that a slide's folder is called by
	mostKept        = 24
	mostKeptBytes   = 64 << 20 // of a run; slides that were watched before go first
	mostAttention   = 1 << 28  // bytes of one file, unpacked
)

// attentionDir is the folder of a slide, whose name may hold anything.
func attentionDir(run, slide string) string {
	sum := sha256.Sum256([]byte(slide))
	return filepath.Join(run, attentionFolder, hex.EncodeToString(sum[:attentionDigest]))
}

func attentionFile(dir string, epoch int) string {
	return filepath.Join(dir, strconv.Itoa(epoch)+attentionExt)
}

// AttentionEpochs lists the epochs of a run after which it was kept where the model
// looked on a slide, ascending; none where the slide was not watched.
func (w *Workspace) AttentionEpochs(run, slide string) ([]int, error) {
	return keptEpochs(attentionDir(run, slide))
}

func keptEpochs(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var epochs []int
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), attentionExt)
		if epoch, err := strconv.Atoi(name); ok && err == nil && epoch > 0 {
			epochs = append(epochs, epoch)
		}
	}
	slices.Sort(epochs)
	return epochs, nil
}

// AttentionAfter reads where the model of a run looked on a slide after an epoch of
// AttentionEpochs.
func (w *Workspace) AttentionAfter(run, slide string, epoch int) (*result.Result, error) {
	path := attentionFile(attentionDir(run, slide), epoch)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := readAttention(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func readAttention(packed io.Reader) (*result.Result, error) {
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(unpacked, mostAttention+1))
	if err != nil {
		return nil, err
	}
	if len(text) > mostAttention {
		return nil, fmt.Errorf("more than %d bytes", mostAttention)
	}
	r := &result.Result{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, err
	}
	return r, wholeAttention(r)
}

// wholeAttention reports what the rest of the program takes for granted of a result
// and a file may not have.
func wholeAttention(r *result.Result) error {
	if r.Version != result.Version {
		return fmt.Errorf("version is %d, expected %d", r.Version, result.Version)
	}
	if len(r.Levels) == 0 || len(r.Prediction.Probabilities) != len(r.Model.Classes) {
		return errors.New("no whole result")
	}
	above := 0
	for _, level := range r.Levels {
		for i, p := range level.Patches {
			if p.Size <= 0 || p.Height <= 0 || p.Parent < -1 || p.Parent >= above {
				return fmt.Errorf("patch %d at magnification %g makes no sense", i, level.Magnification)
			}
		}
		above = len(level.Patches)
	}
	return nil
}

// attentionKeeper keeps where a model looks on slides of a run.
type attentionKeeper struct {
	run     string
	planned int   // epochs
	bytes   int64 // at most, of the run
}

// keep writes an epoch and takes away what is not kept any more. It returns the
// epochs that are.
func (k attentionKeeper) keep(slide string, epoch, best int, r *result.Result) ([]int, error) {
	dir := attentionDir(k.run, slide)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if err := errors.Join(json.NewEncoder(z).Encode(r), z.Close()); err != nil {
		return nil, err
	}
	path := attentionFile(dir, epoch)
	if err := atomicfile.WriteBytes(path, packed.Bytes()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	step := max(1, (k.planned+mostKept-1)/mostKept)
	if err := k.thin(dir, step, epoch, best); err != nil {
		return nil, err
	}
	if err := k.bound(dir, step, epoch, best); err != nil {
		return nil, err
	}
	return keptEpochs(dir)
}

// thin takes away the epochs between steps.
func (k attentionKeeper) thin(dir string, step, latest, best int) error {
	epochs, err := keptEpochs(dir)
	if err != nil {
		return err
	}
	for _, e := range epochs {
		if e == latest || e == best || e < latest && (e == 1 || e%step == 0) {
			continue
		}
		if err := os.Remove(attentionFile(dir, e)); err != nil {
			return err
		}
	}
	return nil
}

// bound keeps within the bytes of the run: slides that were watched before go, the
// earliest first, then epochs of this one.
func (k attentionKeeper) bound(dir string, step, latest, best int) error {
	for {
		total, earliest, err := k.kept(dir)
		switch {
		case err != nil || total <= k.bytes:
			return err
		case earliest != "":
			err = os.RemoveAll(earliest)
		case step > latest:
			return nil // as few as there can be
		default:
			step *= 2
			err = k.thin(dir, step, latest, best)
		}
		if err != nil {
			return err
		}
	}
}

// kept sums what is kept of all slides, and finds the one that was watched longest
// ago, besides that of dir; "" for none.
func (k attentionKeeper) kept(dir string) (total int64, earliest string, err error) {
	root := filepath.Join(k.run, attentionFolder)
	slides, err := os.ReadDir(root)
	if err != nil {
		return 0, "", err
	}
	var at time.Time
	for _, s := range slides {
		path := filepath.Join(root, s.Name())
		if digest, err := hex.DecodeString(s.Name()); err != nil || len(digest) != attentionDigest || !s.IsDir() {
			continue // not of this program
		}
		files, err := os.ReadDir(path)
		if err != nil {
			return 0, "", err
		}
		var last time.Time
		for _, f := range files {
			st, err := f.Info()
			if err != nil {
				return 0, "", err
			}
			total += st.Size()
			if st.ModTime().After(last) {
				last = st.ModTime()
			}
		}
		if path != dir && (earliest == "" || cmp.Or(last.Compare(at), strings.Compare(path, earliest)) < 0) {
			earliest, at = path, last
		}
	}
	return total, earliest, nil
}
