package bag

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"os"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// batch is one entry of the journal: rows of a level that are in the part.
type batch struct {
	level, first, count uint32
	sum                 uint32 // of the rows' bytes
}

// batchSize is the length of an entry: the four numbers and their own checksum.
const batchSize = 20

func (b batch) pack() []byte {
	var raw []byte
	for _, v := range []uint32{b.level, b.first, b.count, b.sum} {
		raw = binary.LittleEndian.AppendUint32(raw, v)
	}
	return binary.LittleEndian.AppendUint32(raw, crc32.Checksum(raw, castagnoli))
}

// unpack reports false for an entry that was not written whole.
func unpack(raw []byte) (batch, bool) {
	if len(raw) < batchSize {
		return batch{}, false
	}
	v := func(i int) uint32 { return binary.LittleEndian.Uint32(raw[4*i:]) }
	return batch{v(0), v(1), v(2), v(3)}, crc32.Checksum(raw[:16], castagnoli) == v(4)
}

// newIdentity starts the digest of what a part is of: its header, then its
// grids. A journal begins with that digest.
func newIdentity(header []byte) hash.Hash {
	h := sha256.New()
	h.Write(header)
	return h
}

// journal is the list of batches that are done, open to be added to.
type journal struct{ file *os.File }

// openJournal opens the journal at path and hands its entries to take, in order,
// up to the first that is damaged or not taken; what follows is cut off. A
// journal of another identity is begun anew.
func openJournal(path string, identity []byte, take func(batch) bool) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	good, err := replay(f, identity, take)
	if err == nil {
		err = f.Truncate(good)
	}
	if err == nil {
		_, err = f.WriteAt(identity, 0)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekEnd)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &journal{f}, nil
}

// replay returns the length of the part of the journal that holds; 0 for a
// journal of another identity.
func replay(r io.Reader, identity []byte, take func(batch) bool) (int64, error) {
	head := make([]byte, len(identity))
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, ignoreEOF(err)
	}
	if !bytes.Equal(head, identity) {
		return 0, nil
	}
	good := int64(len(identity))
	entry := make([]byte, batchSize)
	for {
		if _, err := io.ReadFull(r, entry); err != nil {
			return good, ignoreEOF(err)
		}
		b, ok := unpack(entry)
		if !ok || !take(b) {
			return good, nil
		}
		good += batchSize
	}
}

func ignoreEOF(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}

func (j *journal) add(b batch) error {
	_, err := j.file.Write(b.pack())
	return err
}

func (j *journal) close() error { return j.file.Close() }

// checksum is that of n bytes of r from offset on.
func checksum(r io.ReaderAt, offset, n int64) (uint32, error) {
	h := crc32.New(castagnoli)
	_, err := io.Copy(h, io.NewSectionReader(r, offset, n))
	return h.Sum32(), err
}
