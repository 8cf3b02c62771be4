package bag

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math"
	"os"
	"runtime"

	"zoomscope/engine/grid"
	"zoomscope/engine/safetensors"
)

// Writer writes a bag as its features are made. It belongs to one goroutine.
// One of Commit, Close and Discard ends it; Close after another does nothing,
// so that it can be deferred.
type Writer struct {
	path     string
	manifest Manifest
	dtype    safetensors.DType
	levels   []place
	part     *os.File // nil once ended
	journal  *journal
	buffer   []byte
}

// place is where the features of a magnification go.
type place struct {
	offset int64
	n      int // rows
	done   int // rows that are written
}

// Create starts the bag that will stand at path, with features as F16 or F32;
// cells are the places of all patches, lowest magnification first. Where an
// earlier run for the same manifest, cells and type broke off, it goes on:
// Done says how many rows of each level are there already. While another Writer,
// of this program or another, has the same path, it is an error.
func Create(path string, m Manifest, cells [][]grid.Cell, d safetensors.DType) (*Writer, error) {
	w, err := create(path, m, cells, d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return w, nil
}

func create(path string, m Manifest, cells [][]grid.Cell, d safetensors.DType) (*Writer, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if err := m.checkCells(cells); err != nil {
		return nil, err
	}
	if d != safetensors.F16 && d != safetensors.F32 {
		return nil, fmt.Errorf("features as %s, must be F16 or F32", d)
	}
	layout, err := plan(m, cells, d)
	if err != nil {
		return nil, err
	}
	w := &Writer{path: path, manifest: m.clone(), dtype: d}
	for i, magnification := range m.Magnifications {
		w.levels = append(w.levels, place{offset: int64(layout.Offset[featuresName(magnification)]), n: len(cells[i])})
	}
	if w.part, err = openPart(path + ".part"); err != nil {
		return nil, err
	}
	if err := w.begin(layout, cells); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// openPart opens the unfinished file for one Writer alone: of two, each would
// write over what the other has.
func openPart(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(fmt.Errorf("another program is writing it (%w)", err), f.Close())
	}
	// The one before may have finished it, between opening and locking.
	mine, err := f.Stat()
	if err == nil {
		var there os.FileInfo
		if there, err = os.Stat(path); err == nil && !os.SameFile(mine, there) {
			err = errors.New("another program has just written it")
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func plan(m Manifest, cells [][]grid.Cell, d safetensors.DType) (*safetensors.Layout, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	var specs []safetensors.Spec
	for i, magnification := range m.Magnifications {
		n := len(cells[i])
		specs = append(specs,
			safetensors.Spec{Name: gridName(magnification), DType: safetensors.I32, Shape: []int{n, 2}},
			safetensors.Spec{Name: featuresName(magnification), DType: d, Shape: []int{n, m.Encoder.Dim}})
	}
	return safetensors.Plan(specs, map[string]string{"format": m.format(), "manifest": string(text)})
}

// begin writes everything but the features, and finds out which of those are
// there.
func (w *Writer) begin(layout *safetensors.Layout, cells [][]grid.Cell) error {
	if err := w.part.Truncate(int64(layout.Size)); err != nil {
		return err
	}
	if _, err := w.part.WriteAt(layout.Header, 0); err != nil {
		return err
	}
	identity := newIdentity(layout.Header)
	for i, magnification := range w.manifest.Magnifications {
		raw := packCells(cells[i])
		identity.Write(raw)
		if _, err := w.part.WriteAt(raw, int64(layout.Offset[gridName(magnification)])); err != nil {
			return err
		}
	}
	var err error
	w.journal, err = openJournal(w.path+".journal", identity.Sum(nil), w.resume)
	return err
}

func packCells(cells []grid.Cell) []byte {
	raw := make([]byte, 0, 8*len(cells))
	for _, c := range cells {
		raw = binary.LittleEndian.AppendUint32(raw, uint32(c.Column))
		raw = binary.LittleEndian.AppendUint32(raw, uint32(c.Row))
	}
	return raw
}

// resume takes up a batch of an earlier run if it follows on what is there and
// its rows are as they were written.
func (w *Writer) resume(b batch) bool {
	if int(b.level) >= len(w.levels) {
		return false
	}
	l := &w.levels[b.level]
	if int(b.first) != l.done || b.count == 0 || int(b.count) > l.n-l.done {
		return false
	}
	size := int64(w.rowSize())
	sum, err := checksum(w.part, l.offset+int64(b.first)*size, int64(b.count)*size)
	if err != nil || sum != b.sum {
		return false
	}
	l.done += int(b.count)
	return true
}

func (w *Writer) rowSize() int { return w.manifest.Encoder.Dim * w.dtype.Size() }

// Done is the number of rows of a level that are written.
func (w *Writer) Done(level int) int { return w.levels[level].done }

// Append writes the next rows [n, D] of a level. Values that are not finite, or
// too large for F16, are an error, after which the same rows can be given again.
func (w *Writer) Append(level int, features []float32) error {
	l, dim := &w.levels[level], w.manifest.Encoder.Dim
	n := len(features) / dim
	if len(features)%dim != 0 || n > l.n-l.done {
		panic(fmt.Sprintf("bag: %d values for %d rows of %d", len(features), l.n-l.done, dim))
	}
	if n == 0 {
		return nil
	}
	if err := w.append(level, n, features); err != nil {
		return fmt.Errorf("%s: %gx: %w", w.path, w.manifest.Magnifications[level], err)
	}
	l.done += n
	return nil
}

func (w *Writer) append(level, n int, features []float32) error {
	l := w.levels[level]
	if w.part == nil {
		return os.ErrClosed
	}
	limit := float64(math.MaxFloat32)
	if w.dtype == safetensors.F16 {
		limit = 65504 + 15 // what still rounds to the largest half
	}
	for i, v := range features {
		if !(math.Abs(float64(v)) <= limit) {
			return fmt.Errorf("value %v of patch %d cannot be kept as %s", v, l.done+i/w.manifest.Encoder.Dim, w.dtype)
		}
	}
	w.buffer = safetensors.AppendFloat32(w.buffer[:0], w.dtype, features)
	if _, err := w.part.WriteAt(w.buffer, l.offset+int64(l.done*w.rowSize())); err != nil {
		return err
	}
	return w.journal.add(batch{
		level: uint32(level),
		first: uint32(l.done),
		count: uint32(n),
		sum:   crc32.Checksum(w.buffer, castagnoli),
	})
}

// Commit puts the bag at its place. Rows that are missing are an error, and the
// part stays.
func (w *Writer) Commit() error {
	if w.part == nil {
		return fmt.Errorf("%s: %w", w.path, os.ErrClosed)
	}
	for i, l := range w.levels {
		if l.done < l.n {
			return errors.Join(fmt.Errorf("%s: %gx has %d of %d patches", w.path, w.manifest.Magnifications[i], l.done, l.n), w.Close())
		}
	}
	if err := w.part.Sync(); err != nil {
		return errors.Join(err, w.Close())
	}
	return w.publish()
}

// publish gives the part its name while it is still locked, so that no other
// Writer comes in between. Windows renames no file that is open.
func (w *Writer) publish() error {
	if runtime.GOOS == "windows" {
		if err := w.Close(); err != nil {
			return err
		}
	}
	err := os.Rename(w.path+".part", w.path)
	if err == nil {
		err = os.Remove(w.path + ".journal")
	}
	return errors.Join(err, w.Close())
}

// Close ends the writing and keeps what is there, for Create to go on with.
func (w *Writer) Close() error {
	if w.part == nil {
		return nil
	}
	err := w.part.Close()
	w.part = nil
	if w.journal != nil {
		err = errors.Join(err, w.journal.close())
	}
	return err
}

// Discard ends the writing and removes what was written.
func (w *Writer) Discard() error {
	return errors.Join(w.Close(), os.Remove(w.path+".part"), os.Remove(w.path+".journal"))
}

// Save writes a bag that is in memory, from the start.
func (b *Bag) Save(path string, d safetensors.DType) error {
	if err := os.Remove(path + ".journal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var cells [][]grid.Cell
	for _, l := range b.levels {
		cells = append(cells, l.Cells)
	}
	w, err := Create(path, b.manifest, cells, d)
	if err != nil {
		return err
	}
	defer w.Close()
	for i, l := range b.levels {
		if err := w.Append(i, l.Features); err != nil {
			return errors.Join(err, w.Discard())
		}
	}
	return w.Commit()
}
