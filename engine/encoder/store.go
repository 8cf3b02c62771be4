package encoder

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Store is a folder of encoders, one .onnx file each. The folder need not exist
// until something is added. Other programs' files in it are an error of List
// alone.
type Store struct{ Dir string }

const (
	extension = ".onnx"
	minDigest = 8 // hexadecimal digits by which an encoder can be asked for
)

// List reads the cards of all encoders, by name. Files that cannot be read are
// left out; the error, which may come with a list, joins theirs.
func (s Store) List() ([]Card, error) {
	var cards []Card
	err := s.each(func(spec *Spec) { cards = append(cards, spec.Card()) })
	slices.SortFunc(cards, func(a, b Card) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.SHA256, b.SHA256))
	})
	return slices.Compact(cards), err // files that are copies of another follow it
}

// Find loads the encoder of a name, or of a digest of which at least 8 digits
// are given. If there is none the error wraps fs.ErrNotExist; if there are
// several it asks for more digits.
func (s Store) Find(ref string) (*Spec, error) {
	found := map[string]*Spec{} // by digest: copies of one file are one encoder
	unread := s.each(func(spec *Spec) {
		if matches(spec.Card(), ref) {
			found[spec.card.SHA256] = spec
		}
	})
	digests := slices.Sorted(maps.Keys(found))
	switch len(digests) {
	case 0:
		return nil, errors.Join(fmt.Errorf("encoder %q: %w in %s", ref, fs.ErrNotExist, s.Dir), unread)
	case 1:
		return found[digests[0]], nil
	}
	return nil, fmt.Errorf("encoder %q: there are %d of that name in %s; name it by its sha256, such as %.12s or %.12s",
		ref, len(digests), s.Dir, digests[0], digests[1])
}

func matches(c Card, ref string) bool {
	return c.Name == ref || len(ref) >= minDigest && strings.HasPrefix(c.SHA256, strings.ToLower(ref))
}

// Add keeps an encoder. One that is there already is not written again.
func (s Store) Add(spec *Spec) error {
	path := filepath.Join(s.Dir, fileName(spec.Card()))
	if have, err := Load(path); err == nil && have.card.SHA256 == spec.card.SHA256 {
		return nil
	}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return err
	}
	return spec.Save(path)
}

// each loads one encoder after the other. Its error joins those of the files
// that could not be read.
func (s Store) each(f func(*Spec)) error {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != extension {
			continue
		}
		spec, err := Load(filepath.Join(s.Dir, e.Name()))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		f(spec)
	}
	return errors.Join(errs...)
}

// fileName is the name with what is not a letter, digit, dot or dash replaced,
// and enough of the digest to tell apart encoders of one name.
func fileName(c Card) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._", r) {
			return r
		}
		return '_'
	}, c.Name)
	return fmt.Sprintf("%s-%.12s%s", strings.TrimLeft(name, "."), c.SHA256, extension)
}
