package hdf5

import (
	"bytes"
	"fmt"
)

// Types of header messages.
const (
	msgDataspace    = 0x01
	msgLinkInfo     = 0x02
	msgDatatype     = 0x03
	msgLink         = 0x06
	msgLayout       = 0x08
	msgFilters      = 0x0b
	msgAttribute    = 0x0c
	msgContinuation = 0x10
	msgSymbolTable  = 0x11
	msgAttrInfo     = 0x15
)

// message is one of those that an object header is made of.
type message struct {
	kind   int
	shared bool // the data is elsewhere
	data   []byte
}

// header reads all messages of an object.
func (f *File) header(at uint64) ([]message, error) {
	head, err := f.read(at, 16)
	if err != nil {
		return nil, err
	}
	p := headerParser{file: f}
	if string(head[:4]) == "OHDR" {
		err = p.begin2(at, head)
	} else if head[0] == 1 {
		p.v1 = true
		p.blocks = append(p.blocks, block{at + 16, uint64(le.Uint32(head[8:]))})
	} else {
		err = fmt.Errorf("%w: no object at %d", errDamaged, at)
	}
	for i := 0; err == nil && i < len(p.blocks); i++ {
		err = p.read(p.blocks[i], i == 0)
	}
	return p.messages, err
}

// block is part of an object header.
type block struct{ at, size uint64 }

type headerParser struct {
	file     *File
	v1       bool // of the two forms of headers
	ordered  bool // messages have a creation order
	blocks   []block
	messages []message
}

// begin2 finds the first block of a version 2 header.
func (p *headerParser) begin2(at uint64, head []byte) error {
	flags := head[5]
	if head[4] != 2 {
		return fmt.Errorf("object header of version %d: %w", head[4], ErrUnsupported)
	}
	skip := uint64(6)
	if flags&0x20 != 0 {
		skip += 16
	}
	if flags&0x10 != 0 {
		skip += 4
	}
	width := uint64(1) << (flags & 3)
	b, err := p.file.read(at+skip, width)
	if err != nil {
		return err
	}
	p.ordered = flags&4 != 0
	p.blocks = append(p.blocks, block{at + skip + width, number(b)})
	return nil
}

// number reads up to eight bytes, little end first.
func number(b []byte) uint64 {
	var n [8]byte
	copy(n[:], b)
	return le.Uint64(n[:])
}

// read reads the messages of a block.
func (p *headerParser) read(b block, first bool) error {
	if b.size > maxBlock {
		return fmt.Errorf("%w: object header of %d bytes", errDamaged, b.size)
	}
	data, err := p.file.read(b.at, b.size)
	if err != nil {
		return err
	}
	if !p.v1 && !first {
		if len(data) < 8 || string(data[:4]) != "OCHK" {
			return fmt.Errorf("%w: no object header at %d", errDamaged, b.at)
		}
		data = data[4 : len(data)-4]
	}
	for c := (cursor{b: data}); len(c.b) >= p.prefix(); {
		m, err := p.message(&c)
		if err != nil {
			return err
		}
		if err := p.add(m); err != nil {
			return err
		}
	}
	return nil
}

// prefix is the length of what stands before a message.
func (p *headerParser) prefix() int {
	switch {
	case p.v1:
		return 8
	case p.ordered:
		return 6
	}
	return 4
}

func (p *headerParser) message(c *cursor) (message, error) {
	var m message
	var size, flags int
	if p.v1 {
		m.kind, size, flags = c.u16(), c.u16(), c.u8()
		c.take(3)
	} else {
		m.kind, size, flags = c.u8(), c.u16(), c.u8()
		if p.ordered {
			c.take(2)
		}
	}
	m.shared, m.data = flags&2 != 0, c.take(size)
	return m, c.err("an object header")
}

func (p *headerParser) add(m message) error {
	if m.kind == msgContinuation {
		c := cursor{b: m.data}
		p.blocks = append(p.blocks, block{c.u64(), c.u64()})
	} else {
		p.messages = append(p.messages, m)
	}
	if len(p.blocks) > maxBlocks || len(p.messages) > maxMessages {
		return fmt.Errorf("%w: object header without end", errDamaged)
	}
	return nil
}

// list finds the objects of a group.
func (f *File) list(messages []message) error {
	for _, m := range messages {
		c := cursor{b: m.data}
		switch m.kind {
		case msgSymbolTable:
			tree, heap := c.u64(), c.u64()
			if err := f.symbols(tree, heap); err != nil {
				return err
			}
		case msgLink:
			if err := f.link(&c); err != nil {
				return err
			}
		case msgLinkInfo:
			if err := linkInfo(&c); err != nil {
				return err
			}
		}
	}
	return nil
}

// linkInfo refuses links that are kept outside the header.
func linkInfo(c *cursor) error {
	c.u8()
	if c.u8()&1 != 0 {
		c.take(8)
	}
	if heap := c.u64(); heap != undefined && !c.short {
		return fmt.Errorf("links in a heap: %w", ErrUnsupported)
	}
	return c.err("link information")
}

// link adds the object of a link message; links that are not hard are left out.
func (f *File) link(c *cursor) error {
	version, flags, kind := c.u8(), c.u8(), 0
	if version != 1 {
		return fmt.Errorf("link of version %d: %w", version, ErrUnsupported)
	}
	if flags&8 != 0 {
		kind = c.u8()
	}
	if flags&4 != 0 {
		c.take(8)
	}
	if flags&16 != 0 {
		c.take(1)
	}
	n := number(c.take(1 << (flags & 3)))
	name := string(c.take(int(min(n, maxBlock))))
	if kind != 0 {
		return nil
	}
	return f.add(name, c.u64(), c.err("a link"))
}

func (f *File) add(name string, at uint64, err error) error {
	if err != nil {
		return err
	}
	if len(f.datasets) >= maxEntries {
		return fmt.Errorf("more than %d objects: %w", maxEntries, ErrUnsupported)
	}
	f.datasets[name] = at
	return nil
}

// symbols adds the objects of a symbol table: a tree whose leaves have the
// objects, and a heap of their names.
func (f *File) symbols(tree, heapAt uint64) error {
	head, err := f.marked(heapAt, 32, "HEAP")
	if err != nil {
		return err
	}
	size := le.Uint64(head[8:])
	if size > maxBlock {
		return fmt.Errorf("%w: names of %d bytes", errDamaged, size)
	}
	names, err := f.read(le.Uint64(head[24:]), size)
	if err != nil {
		return err
	}
	budget := maxEntries
	return f.walk(tree, 0, 8, -1, &budget, func(_ []byte, child uint64) error {
		return f.symbolNode(child, names)
	})
}

func (f *File) symbolNode(at uint64, names []byte) error {
	head, err := f.marked(at, 8, "SNOD")
	if err != nil {
		return err
	}
	const size = 40
	b, err := f.read(at+8, uint64(le.Uint16(head[6:]))*size)
	if err != nil {
		return err
	}
	for ; len(b) >= size; b = b[size:] {
		offset := le.Uint64(b)
		if offset >= uint64(len(names)) {
			return fmt.Errorf("%w: name at %d of %d", errDamaged, offset, len(names))
		}
		name, _, _ := bytes.Cut(names[offset:], []byte{0})
		if err := f.add(string(name), le.Uint64(b[8:]), nil); err != nil {
			return err
		}
	}
	return nil
}

// walk visits the entries at the bottom of a version 1 B-tree: keys of a size,
// each with the address below it. kind is 0 for groups and 1 for chunks; level
// is that which the node must have, -1 for any. Each entry takes one from the
// budget, so that a tree that bites its tail ends.
func (f *File) walk(at uint64, kind byte, keySize, level int, budget *int, visit func(key []byte, child uint64) error) error {
	head, err := f.marked(at, 24, "TREE")
	if err != nil {
		return err
	}
	if head[4] != kind || level >= 0 && int(head[5]) != level {
		return fmt.Errorf("%w: tree node at %d is of kind %d, level %d", errDamaged, at, head[4], head[5])
	}
	n, each := int(le.Uint16(head[6:])), keySize+8
	b, err := f.read(at+24, uint64(n*each))
	if err != nil {
		return err
	}
	if *budget -= n; *budget < 0 {
		return fmt.Errorf("%w: tree at %d has too many entries", errDamaged, at)
	}
	for i := range n {
		key, child := b[i*each:i*each+keySize], le.Uint64(b[i*each+keySize:])
		if head[5] == 0 {
			err = visit(key, child)
		} else {
			err = f.walk(child, kind, keySize, int(head[5])-1, budget, visit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
