package slideio

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

// idPart is how much is read of each part of a file for its ContentID.
const idPart = 1 << 20

// ContentID is a quick identity of a slide file's content, the same wherever the
// file lies and whatever it is called: the SHA-256, in hexadecimal, of its size
// (eight bytes, little end first), then its first, middle and last MiB; of a file
// of at most 3 MiB, its size and all of it. Of a slide made of several files it
// is the one named.
func ContentID(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !st.Mode().IsRegular() {
		return "", fmt.Errorf("%s: is not a plain file", path)
	}
	size := st.Size()
	parts := []*io.SectionReader{io.NewSectionReader(f, 0, size)}
	if size > 3*idPart {
		parts = []*io.SectionReader{
			io.NewSectionReader(f, 0, idPart),
			io.NewSectionReader(f, (size-idPart)/2, idPart),
			io.NewSectionReader(f, size-idPart, idPart),
		}
	}
	sum := sha256.New()
	sum.Write(binary.LittleEndian.AppendUint64(nil, uint64(size)))
	for _, p := range parts {
		if n, err := io.Copy(sum, p); err != nil || n != p.Size() {
			return "", fmt.Errorf("%s: read %d of %d bytes: %w", path, n, p.Size(), errOr(err, io.ErrUnexpectedEOF))
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
