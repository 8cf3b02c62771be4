package safetensors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

// entry is one tensor of a header; begin and end count from the first data byte.
type entry struct {
	dtype      DType
	shape      []int
	begin, end int
}

type header struct {
	entries map[string]entry
	meta    map[string]string
}

// parseHeader reads the JSON text of a header and checks it against the number
// of data bytes that follow it.
func parseHeader(text []byte, dataLen int) (*header, error) {
	if len(text) == 0 || text[0] != '{' {
		return nil, errors.New("header is not a JSON object")
	}
	if !utf8.Valid(text) {
		return nil, errors.New("header is not UTF-8")
	}
	h := &header{entries: map[string]entry{}, meta: map[string]string{}}
	p := parser{json.NewDecoder(bytes.NewReader(text))}
	p.dec.UseNumber()
	if err := p.object(h.add(p)); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if _, err := p.dec.Token(); err != io.EOF {
		return nil, errors.New("header: something follows the JSON object")
	}
	return h, h.checkCover(dataLen)
}

// add returns what takes in one member of the header.
func (h *header) add(p parser) func(name string) error {
	return func(name string) error {
		if name == "__metadata__" {
			return p.object(func(key string) error {
				value, err := p.string()
				h.meta[key] = value
				return err
			})
		}
		if len(name) > MaxName {
			return fmt.Errorf("name of %d bytes, the limit is %d", len(name), MaxName)
		}
		e, err := p.entry()
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		h.entries[name] = e
		return nil
	}
}

// checkCover makes sure that the tensors cover the data without holes or overlap.
func (h *header) checkCover(dataLen int) error {
	names := make([]string, 0, len(h.entries))
	for name := range h.entries {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		x, y := h.entries[a], h.entries[b]
		if x.begin != y.begin {
			return x.begin - y.begin
		}
		return x.end - y.end
	})
	at := 0
	for _, name := range names {
		e := h.entries[name]
		if e.begin != at {
			return fmt.Errorf("tensor %q starts at byte %d, expected %d", name, e.begin, at)
		}
		if e.end > dataLen {
			return fmt.Errorf("tensor %q ends at byte %d of %d: file truncated?", name, e.end, dataLen)
		}
		at = e.end
	}
	if at != dataLen {
		return fmt.Errorf("tensors end at byte %d, data at %d", at, dataLen)
	}
	return nil
}

// parser walks JSON by tokens, which is what shows a name that stands twice.
type parser struct{ dec *json.Decoder }

// object reads an object and calls member for each name, to read its value.
func (p parser) object(member func(name string) error) error {
	if err := p.delim('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for p.dec.More() {
		name, err := p.string()
		if err != nil {
			return err
		}
		if seen[name] {
			return fmt.Errorf("%.100q stands twice", name)
		}
		seen[name] = true
		if err := member(name); err != nil {
			return err
		}
	}
	return p.delim('}')
}

func (p parser) entry() (entry, error) {
	var e entry
	var offsets []int
	seen := 0
	err := p.object(func(name string) (err error) {
		seen++
		switch name {
		case "dtype":
			var text string
			text, err = p.string()
			e.dtype = DType(text)
		case "shape":
			e.shape, err = p.ints(MaxRank)
		case "data_offsets":
			offsets, err = p.ints(2)
		default:
			err = fmt.Errorf("unknown field %.100q", name)
		}
		return err
	})
	if err != nil {
		return e, err
	}
	if seen != 3 || len(offsets) != 2 {
		return e, errors.New("needs dtype, shape and two data_offsets")
	}
	e.begin, e.end = offsets[0], offsets[1]
	return e, e.check()
}

// check compares the place of the data with the size of the shape.
func (e entry) check() error {
	n, err := byteLen(e.dtype, e.shape)
	if err != nil {
		return err
	}
	if e.begin > e.end {
		return fmt.Errorf("data_offsets [%d, %d] are not in order", e.begin, e.end)
	}
	if e.end-e.begin != n {
		return fmt.Errorf("%s %v takes %d bytes, data_offsets hold %d", e.dtype, e.shape, n, e.end-e.begin)
	}
	return nil
}

func (p parser) delim(want json.Delim) error {
	token, err := p.token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("%.100v where %q is expected", token, want.String())
	}
	return nil
}

func (p parser) string() (string, error) {
	token, err := p.token()
	if err != nil {
		return "", err
	}
	text, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("%.100v where a string is expected", token)
	}
	return text, nil
}

// ints reads an array of at most limit whole numbers, none negative.
func (p parser) ints(limit int) ([]int, error) {
	if err := p.delim('['); err != nil {
		return nil, err
	}
	values := []int{}
	for p.dec.More() {
		if len(values) == limit {
			return nil, fmt.Errorf("more than %d numbers", limit)
		}
		token, err := p.token()
		if err != nil {
			return nil, err
		}
		number, ok := token.(json.Number)
		if !ok {
			return nil, fmt.Errorf("%.100v where a number is expected", token)
		}
		n, err := strconv.ParseUint(number.String(), 10, strconv.IntSize-1)
		if err != nil {
			return nil, fmt.Errorf("%.100q is not a size", number)
		}
		values = append(values, int(n))
	}
	return values, p.delim(']')
}

func (p parser) token() (json.Token, error) {
	token, err := p.dec.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return token, err
}
