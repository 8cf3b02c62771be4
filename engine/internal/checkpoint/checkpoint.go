package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"zoomscope/engine/internal/filemap"
	"zoomscope/engine/nn"
	"zoomscope/engine/safetensors"
)

// File is a checkpoint being read. Its methods may be called from several
// goroutines at once, except Close.
type File struct {
	path   string
	source source
	mapped *filemap.Map
}

// source is one of the formats.
type source interface {
	names() []string
	shape(name string) ([]int, error)
	tensor(name string) (*nn.Tensor, error)
}

// Open reads the list of tensors of the checkpoint at path, whose format is
// told by its content. The error names the file.
func Open(path string) (*File, error) {
	mapped, err := filemap.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := Parse(mapped.Data)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), mapped.Close())
	}
	f.path, f.mapped = path, mapped
	return f, nil
}

// Parse reads a checkpoint that is in memory and keeps data, which must not
// change while the File is in use.
func Parse(data []byte) (*File, error) {
	s, err := parse(data)
	if err != nil {
		return nil, err
	}
	if len(s.names()) == 0 {
		return nil, errors.New("no tensors in this checkpoint")
	}
	return &File{source: s}, nil
}

func parse(data []byte) (source, error) {
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return parseZip(data)
	case bytes.HasPrefix(data, legacyMagic):
		return parseLegacy(data)
	case len(data) > 262 && string(data[257:262]) == "ustar":
		return nil, errors.New("a PyTorch file of before 2017, in tar format, which is not supported; save it again with a newer PyTorch")
	case looksLikeSafetensors(data):
		f, err := safetensors.Parse(data)
		return safe{f}, err
	}
	return nil, errors.New("neither a PyTorch nor a safetensors file")
}

func looksLikeSafetensors(data []byte) bool {
	return len(data) > 8 && data[8] == '{' && binary.LittleEndian.Uint64(data) <= safetensors.MaxHeader
}

// Names lists the tensors in alphabetical order. Dicts inside the dict are
// joined with dots, as in "encoder.layer1.0.weight"; the usual wrappings, a
// dict under "state_dict", "model_state_dict", "model" or "net" beside other
// things and the prefix "module." of parallel training, are taken off.
func (f *File) Names() []string { return f.source.names() }

// Has says whether the checkpoint holds the tensor.
func (f *File) Has(name string) bool {
	_, found := slices.BinarySearch(f.Names(), name)
	return found
}

// Shape is the shape of a tensor, empty for a scalar.
func (f *File) Shape(name string) ([]int, error) {
	shape, err := f.source.shape(name)
	return shape, f.wrap(err)
}

// Tensor reads a tensor: floating-point types of any width as nn.Float32, signed
// integers as nn.Int64, bytes and booleans as they are.
func (f *File) Tensor(name string) (*nn.Tensor, error) {
	t, err := f.source.tensor(name)
	return t, f.wrap(err)
}

// Close releases the file. Tensors that were read stay valid.
func (f *File) Close() error {
	if f.mapped == nil {
		return nil
	}
	return f.mapped.Close()
}

func (f *File) wrap(err error) error {
	if err == nil || f.path == "" {
		return err
	}
	return fmt.Errorf("%s: %w", f.path, err)
}

// safe is a safetensors file.
type safe struct{ f *safetensors.File }

func (s safe) names() []string { return s.f.Names() }

func (s safe) shape(name string) ([]int, error) {
	_, shape, err := s.f.Info(name)
	return shape, err
}

func (s safe) tensor(name string) (*nn.Tensor, error) {
	t, err := s.f.Tensor(name)
	if err != nil || t.Type != nn.Float64 {
		return t, err
	}
	values, err := s.f.Float32(name)
	if err != nil {
		return nil, err
	}
	return nn.F32Tensor(values, t.Shape...), nil
}

// pickled is a file whose tensors a pickle describes.
type pickled struct {
	tensors map[string]tensor
	sorted  []string
	// bytes is the content of a storage, which has the length its tensors ask for.
	bytes func(storage) ([]byte, error)
}

// newPickled collects the tensors of the value that a pickle holds.
func newPickled(root any, storageBytes func(storage) ([]byte, error)) (*pickled, error) {
	c := collector{tensors: map[string]tensor{}}
	if t, ok := root.(tensor); ok {
		return nil, fmt.Errorf("a single tensor of shape %v; a state dict is needed", t.shape)
	}
	d, ok := root.(*dict)
	if !ok {
		return nil, errors.New("not a dict of tensors")
	}
	if err := c.collect("", unwrap(d), 0); err != nil {
		return nil, err
	}
	p := &pickled{tensors: c.tensors, bytes: storageBytes}
	p.stripModule()
	for name := range p.tensors {
		p.sorted = append(p.sorted, name)
	}
	slices.Sort(p.sorted)
	return p, nil
}

// unwrap finds the state dict inside the dict that training scripts save.
func unwrap(d *dict) *dict {
	for range maxDepth {
		inner := d
		for _, key := range []string{"state_dict", "model_state_dict", "model", "net"} {
			if found, ok := d.get(key).(*dict); ok {
				inner = found
				break
			}
		}
		if inner == d {
			break
		}
		d = inner
	}
	return d
}

type collector struct {
	tensors map[string]tensor
	visited int
	named   int // bytes of the names of tensors
}

// collect walks dicts inside dicts. A file can make one dict the child of many,
// or of itself, so that depth, number of visits and length of names are bounded.
func (c *collector) collect(prefix string, d *dict, depth int) error {
	if depth >= maxDepth {
		return fmt.Errorf("dicts inside each other more than %d deep", maxDepth)
	}
	if c.visited += 1 + len(d.keys); c.visited > maxObjects {
		return fmt.Errorf("more than %d entries", maxObjects)
	}
	for i, key := range d.keys {
		key, ok := key.(string)
		if !ok {
			continue // numbers: the state of an optimizer
		}
		if len(prefix)+len(key) > maxName {
			return fmt.Errorf("tensor name of %d bytes", len(prefix)+len(key))
		}
		name := prefix + key
		switch v := d.values[i].(type) {
		case *dict:
			if err := c.collect(name+".", v, depth+1); err != nil {
				return err
			}
		case tensor:
			if _, ok := c.tensors[name]; ok {
				return fmt.Errorf("tensor %q stands twice", name)
			}
			if c.named += len(name); c.named > maxNames {
				return fmt.Errorf("tensor names of more than %d bytes", maxNames)
			}
			c.tensors[name] = v
		}
	}
	return nil
}

func (p *pickled) stripModule() {
	stripped := make(map[string]tensor, len(p.tensors))
	for name, t := range p.tensors {
		short, ok := strings.CutPrefix(name, "module.")
		if !ok {
			return
		}
		stripped[short] = t
	}
	p.tensors = stripped
}

func (p *pickled) names() []string { return p.sorted }

func (p *pickled) shape(name string) ([]int, error) {
	t, ok := p.tensors[name]
	if !ok {
		return nil, fmt.Errorf("tensor %q: no such tensor", name)
	}
	return slices.Clone(t.shape), nil
}

func (p *pickled) tensor(name string) (*nn.Tensor, error) {
	t, ok := p.tensors[name]
	if !ok {
		return nil, fmt.Errorf("tensor %q: no such tensor", name)
	}
	t.shape = slices.Clone(t.shape)
	if t.len() == 0 {
		return t.decode(nil), nil
	}
	raw, err := p.bytes(t.storage)
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w", name, err)
	}
	return t.decode(raw), nil
}
