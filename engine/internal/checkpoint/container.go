package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"sync"
)

// archive is the zip file of PyTorch 1.6 and later: NAME/data.pkl, and one
// entry NAME/data/KEY per storage.
type archive struct {
	data    []byte
	entries map[string]*zip.File // by their name without NAME/
	mu      sync.Mutex
	checked map[string]bool // entries whose checksum was compared
}

func parseZip(data []byte) (source, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("zip archive: %w: file truncated?", err)
	}
	a := &archive{data: data, entries: map[string]*zip.File{}, checked: map[string]bool{}}
	prefix, err := archiveName(r)
	if err != nil {
		return nil, err
	}
	for _, f := range r.File {
		name, ok := strings.CutPrefix(f.Name, prefix)
		if !ok {
			continue
		}
		if a.entries[name] != nil {
			return nil, fmt.Errorf("zip archive: %.100q stands twice", f.Name)
		}
		a.entries[name] = f
	}
	if order, err := a.content("byteorder"); err == nil && string(order) == "big" {
		return nil, errors.New("written on a big-endian machine, which is not supported")
	}
	if a.entries["constants.pkl"] != nil {
		return nil, errors.New("a TorchScript program; a state dict is needed")
	}
	program, err := a.content("data.pkl")
	if err != nil {
		return nil, err
	}
	if len(program) > maxPickle {
		return nil, fmt.Errorf("data.pkl of %d bytes, the limit is %d", len(program), maxPickle)
	}
	root, _, err := unpickle(program, torch{map[string]storage{}})
	if err != nil {
		return nil, err
	}
	return newPickled(root, a.storage)
}

// archiveName is the folder inside the archive that holds data.pkl.
func archiveName(r *zip.Reader) (string, error) {
	for _, f := range r.File {
		if prefix, ok := strings.CutSuffix(f.Name, "/data.pkl"); ok && !strings.Contains(prefix, "/") {
			return prefix + "/", nil
		}
	}
	return "", errors.New("zip archive without data.pkl: not a PyTorch file")
}

// content is an entry as it lies in the file. PyTorch stores entries plain; a
// compressed one is refused, so that no entry is larger than the file.
func (a *archive) content(name string) ([]byte, error) {
	f := a.entries[name]
	if f == nil {
		return nil, fmt.Errorf("%s is missing from the archive", name)
	}
	if f.Method != zip.Store || f.UncompressedSize64 != f.CompressedSize64 {
		return nil, fmt.Errorf("%s is compressed, which PyTorch does not do", name)
	}
	offset, err := f.DataOffset()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if offset < 0 || offset > int64(len(a.data)) || f.UncompressedSize64 > uint64(int64(len(a.data))-offset) {
		return nil, fmt.Errorf("%s: %d bytes at %d of a file of %d: file truncated?", name, f.UncompressedSize64, offset, len(a.data))
	}
	raw := a.data[offset : offset+int64(f.UncompressedSize64)]
	return raw, a.checksum(name, f.CRC32, raw)
}

// checksum compares once per entry: many tensors can share a storage.
func (a *archive) checksum(name string, want uint32, raw []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.checked[name] {
		return nil
	}
	if got := crc32.ChecksumIEEE(raw); got != want {
		return fmt.Errorf("%s: checksum %08x, expected %08x: file damaged?", name, got, want)
	}
	a.checked[name] = true
	return nil
}

func (a *archive) storage(s storage) ([]byte, error) {
	raw, err := a.content("data/" + s.key)
	if err != nil {
		return nil, err
	}
	if len(raw)/s.dtype.Size() < s.len {
		return nil, fmt.Errorf("storage %q has %d bytes for %d elements of %s", s.key, len(raw), s.len, s.dtype)
	}
	return raw, nil
}

// legacyMagic starts the format before PyTorch 1.6: pickles of a magic number,
// the protocol, the machine, the object and the list of storage keys, then each
// storage as a count and its elements.
var legacyMagic = []byte{0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'}

func parseLegacy(data []byte) (source, error) {
	at := len(legacyMagic)
	build := torch{map[string]storage{}}
	var parts [4]any
	for i := range parts {
		v, n, err := unpickle(data[at:], build)
		if err != nil {
			return nil, err
		}
		parts[i] = v
		at += n
	}
	if machine, ok := parts[1].(*dict); !ok || machine.get("little_endian") != true {
		return nil, errors.New("written on a big-endian machine, which is not supported")
	}
	keys, ok := parts[3].(*list)
	if !ok {
		return nil, errors.New("no list of storages")
	}
	l := &legacy{data: data, places: map[string]int{}}
	if err := l.locate(at, keys.items, build.storages); err != nil {
		return nil, err
	}
	return newPickled(parts[2], l.storage)
}

type legacy struct {
	data   []byte
	places map[string]int // where the elements of each storage start
}

// locate finds the storages, which stand behind each other from byte at on, in
// the order of keys, each with its number of elements in front.
func (l *legacy) locate(at int, keys []any, storages map[string]storage) error {
	for _, key := range keys {
		key, _ := key.(string)
		s, ok := storages[key]
		if !ok {
			return fmt.Errorf("storage %.100q belongs to nothing", key)
		}
		if len(l.data)-at < 8 {
			return errShort
		}
		n := binary.LittleEndian.Uint64(l.data[at:])
		at += 8
		if n != uint64(s.len) {
			return fmt.Errorf("storage %.100q has %d elements, expected %d", key, n, s.len)
		}
		if s.len > (len(l.data)-at)/s.dtype.Size() {
			return fmt.Errorf("storage %.100q: %w", key, errShort)
		}
		l.places[key] = at
		at += s.len * s.dtype.Size()
	}
	return nil
}

func (l *legacy) storage(s storage) ([]byte, error) {
	at, ok := l.places[s.key]
	if !ok {
		return nil, fmt.Errorf("storage %.100q is missing", s.key)
	}
	return l.data[at : at+s.len*s.dtype.Size()], nil
}
