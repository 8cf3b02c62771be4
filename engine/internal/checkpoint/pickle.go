package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// The values of the machine are nil, bool, int64, float64, string, tuple, and
// those below.
type (
	tuple []any
	list  struct{ items []any }
	// class is a name that the file wants looked up, one of those allowed.
	class string
	// inert is a value that takes no part: a Size, a device, an element type.
	inert struct{}
	mark  struct{}
)

// dict keeps the order of its keys. Only keys that are strings can be found.
type dict struct {
	keys, values []any
	index        map[string]int
}

func (d *dict) set(key, value any) {
	if name, ok := key.(string); ok {
		if i, ok := d.index[name]; ok {
			d.values[i] = value
			return
		}
		if d.index == nil {
			d.index = map[string]int{}
		}
		d.index[name] = len(d.keys)
	}
	d.keys = append(d.keys, key)
	d.values = append(d.values, value)
}

// get is nil for a key that is not there.
func (d *dict) get(key string) any {
	if i, ok := d.index[key]; ok {
		return d.values[i]
	}
	return nil
}

// builder gives meaning to what a pickle asks for from outside itself.
type builder interface {
	// call is the class or function applied to args.
	call(c class, args tuple) (any, error)
	// persistent is the object behind a persistent id.
	persistent(id any) (any, error)
}

// allowed are the names a pickle may look up, beside the storages and element
// types of torch.
var allowed = map[class]bool{
	"collections.OrderedDict":                    true,
	"torch._utils._rebuild_tensor":               true,
	"torch._utils._rebuild_tensor_v2":            true,
	"torch._utils._rebuild_parameter":            true,
	"torch._utils._rebuild_parameter_with_state": true,
	"torch.Size":   true,
	"torch.device": true,
}

// machine runs one pickle. It takes at most one object per byte of input, and
// no more than maxObjects in all.
type machine struct {
	data  []byte
	at    int
	stack []any
	memo  map[uint32]any
	spent int
	build builder
}

// unpickle runs the pickle at the start of data and returns its value and its
// length in bytes.
func unpickle(data []byte, b builder) (value any, n int, err error) {
	m := &machine{data: data[:min(len(data), maxPickle)], memo: map[uint32]any{}, build: b}
	for {
		op, err := m.byte()
		if err != nil {
			return nil, 0, fmt.Errorf("pickle: %w", err)
		}
		if op == '.' {
			value, err = m.pop()
			if err != nil {
				return nil, 0, fmt.Errorf("pickle: %w", err)
			}
			return value, m.at, nil
		}
		if err := m.step(op); err != nil {
			return nil, 0, fmt.Errorf("pickle: byte %d: %w", m.at, err)
		}
	}
}

// step runs one opcode; the letters are those of Python's pickletools.
func (m *machine) step(op byte) error {
	switch op {
	case 0x80: // PROTO
		return m.skip(1)
	case 0x95: // FRAME
		return m.skip(8)
	case 'N':
		return m.push(nil)
	case 0x88, 0x89: // NEWTRUE, NEWFALSE
		return m.push(op == 0x88)
	case 'J', 'K', 'M', 0x8a: // BININT, BININT1, BININT2, LONG1
		return m.pushInt(op)
	case 'G': // BINFLOAT
		raw, err := m.take(8)
		if err != nil {
			return err
		}
		return m.push(math.Float64frombits(binary.BigEndian.Uint64(raw)))
	case 'X', 0x8c, 0x8d, 'T', 'U', 'B', 'C', 0x8e: // texts and bytes
		return m.pushText(op)
	case ']', '}', ')', '(':
		return m.push(empty(op))
	case 'q', 'r', 0x94, 'h', 'j': // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
		return m.remember(op)
	case 'c', 0x93: // GLOBAL, STACK_GLOBAL
		return m.lookUp(op)
	}
	return m.combine(op)
}

func empty(op byte) any {
	switch op {
	case ']':
		return &list{}
	case '}':
		return &dict{}
	case ')':
		return tuple(nil)
	}
	return mark{}
}

// combine runs the opcodes that take values off the stack.
func (m *machine) combine(op byte) error {
	switch op {
	case 't': // TUPLE
		items, err := m.popMark()
		if err != nil {
			return err
		}
		return m.push(tuple(items))
	case 0x85, 0x86, 0x87: // TUPLE1 to TUPLE3
		items, err := m.popN(int(op - 0x84))
		if err != nil {
			return err
		}
		return m.push(tuple(items))
	case 'a', 'e': // APPEND, APPENDS
		return m.appendItems(op)
	case 's', 'u': // SETITEM, SETITEMS
		return m.setItems(op)
	case '0': // POP
		_, err := m.pop()
		return err
	case '1': // POP_MARK
		_, err := m.popMark()
		return err
	case 'Q': // BINPERSID
		id, err := m.pop()
		if err != nil {
			return err
		}
		return m.pushResult(m.build.persistent(id))
	case 'R': // REDUCE
		return m.reduce()
	case 'b': // BUILD
		return m.setState()
	}
	return fmt.Errorf("opcode %q is not one that a state dict needs", op)
}

func (m *machine) reduce() error {
	pair, err := m.popN(2)
	if err != nil {
		return err
	}
	c, ok := pair[0].(class)
	args, ok2 := pair[1].(tuple)
	if !ok || !ok2 {
		return errors.New("call of something that is no class")
	}
	if c != "collections.OrderedDict" {
		return m.pushResult(m.build.call(c, args))
	}
	return m.pushResult(m.orderedDict(args))
}

// orderedDict makes a dict of no argument or of a list of pairs.
func (m *machine) orderedDict(args tuple) (any, error) {
	d := &dict{}
	if len(args) == 0 {
		return d, nil
	}
	pairs, ok := args[0].(*list)
	if !ok || len(args) > 1 {
		return nil, errors.New("OrderedDict of something else than a list")
	}
	if err := m.spend(len(pairs.items)); err != nil {
		return nil, err
	}
	for _, item := range pairs.items {
		var pair []any
		switch item := item.(type) {
		case tuple:
			pair = item
		case *list:
			pair = item.items
		}
		if len(pair) != 2 {
			return nil, errors.New("OrderedDict of something else than pairs")
		}
		d.set(pair[0], pair[1])
	}
	return d, nil
}

// setState drops the attributes that modules hang on their state dict, such as
// _metadata, and refuses state for anything else.
func (m *machine) setState() error {
	pair, err := m.popN(2)
	if err != nil {
		return err
	}
	if _, ok := pair[0].(*dict); !ok {
		return fmt.Errorf("state for a %T", pair[0])
	}
	return m.push(pair[0])
}

func (m *machine) appendItems(op byte) error {
	items, err := m.popItems(op == 'a', 1)
	if err != nil {
		return err
	}
	l, ok := m.top().(*list)
	if !ok {
		return errors.New("append to something that is no list")
	}
	l.items = append(l.items, items...)
	return nil
}

func (m *machine) setItems(op byte) error {
	items, err := m.popItems(op == 's', 2)
	if err != nil {
		return err
	}
	d, ok := m.top().(*dict)
	if !ok || len(items)%2 != 0 {
		return errors.New("items for something that is no dict")
	}
	for i := 0; i < len(items); i += 2 {
		d.set(items[i], items[i+1])
	}
	return nil
}

// popItems takes n values, or those down to the mark.
func (m *machine) popItems(few bool, n int) ([]any, error) {
	if few {
		return m.popN(n)
	}
	return m.popMark()
}

func (m *machine) remember(op byte) error {
	index := uint32(len(m.memo))
	if op != 0x94 {
		size := 1
		if op == 'r' || op == 'j' {
			size = 4
		}
		n, err := m.uint(size)
		if err != nil {
			return err
		}
		index = uint32(n)
	}
	if op == 'h' || op == 'j' {
		v, ok := m.memo[index]
		if !ok {
			return fmt.Errorf("nothing remembered at %d", index)
		}
		return m.push(v)
	}
	v := m.top()
	if _, ok := v.(mark); ok {
		return errors.New("nothing to remember")
	}
	if err := m.spend(1); err != nil {
		return err
	}
	m.memo[index] = v
	return nil
}

// lookUp pushes a class if its name is one of those allowed.
func (m *machine) lookUp(op byte) error {
	var module, name string
	var err error
	if op == 'c' {
		module, err = m.line()
		if err == nil {
			name, err = m.line()
		}
	} else {
		var pair []any
		if pair, err = m.popN(2); err == nil {
			module, _ = pair[0].(string)
			name, _ = pair[1].(string)
		}
	}
	if err != nil {
		return err
	}
	c := class(module + "." + name)
	if len(c) > maxName {
		return fmt.Errorf("class name of %d bytes", len(c))
	}
	if _, ok := elementTypes[c]; !ok && !allowed[c] {
		return fmt.Errorf("class %q is not one that a state dict needs; it is not loaded", string(c))
	}
	return m.push(c)
}

func (m *machine) pushInt(op byte) error {
	switch op {
	case 'K', 'M':
		v, err := m.uint(int(op-'K')/2 + 1)
		return m.pushResult(int64(v), err)
	case 'J':
		v, err := m.uint(4)
		return m.pushResult(int64(int32(v)), err)
	}
	n, err := m.uint(1)
	if err != nil {
		return err
	}
	raw, err := m.take(int(n))
	if err != nil {
		return err
	}
	if n > 8 {
		return fmt.Errorf("whole number of %d bytes", n)
	}
	var word [8]byte
	copy(word[:], raw)
	if n > 0 && raw[n-1] >= 0x80 { // two's complement, shortened
		for i := n; i < 8; i++ {
			word[i] = 0xff
		}
	}
	return m.push(int64(binary.LittleEndian.Uint64(word[:])))
}

// pushText pushes texts and byte strings alike as string: pickles of Python 2
// hold names as byte strings.
func (m *machine) pushText(op byte) error {
	size := 4
	switch op {
	case 0x8c, 'U', 'C':
		size = 1
	case 0x8d, 0x8e:
		size = 8
	}
	n, err := m.uint(size)
	if err != nil {
		return err
	}
	if n > uint64(len(m.data)-m.at) {
		return errShort
	}
	raw, err := m.take(int(n))
	if err != nil {
		return err
	}
	if (op == 'X' || op == 0x8c || op == 0x8d) && !utf8.Valid(raw) {
		return errors.New("text is not UTF-8")
	}
	return m.push(string(raw))
}

var errShort = errors.New("ends in the middle: file truncated?")

func (m *machine) byte() (byte, error) {
	raw, err := m.take(1)
	if err != nil {
		return 0, err
	}
	return raw[0], nil
}

func (m *machine) take(n int) ([]byte, error) {
	if n > len(m.data)-m.at {
		return nil, errShort
	}
	raw := m.data[m.at : m.at+n]
	m.at += n
	return raw, nil
}

func (m *machine) skip(n int) error {
	_, err := m.take(n)
	return err
}

func (m *machine) uint(size int) (uint64, error) {
	raw, err := m.take(size)
	var v uint64
	for i, b := range raw {
		v |= uint64(b) << (8 * i)
	}
	return v, err
}

func (m *machine) line() (string, error) {
	rest := m.data[m.at:]
	n := bytes.IndexByte(rest[:min(len(rest), maxName)], '\n')
	if n < 0 {
		return "", errShort
	}
	m.at += n + 1
	return string(rest[:n]), nil
}

func (m *machine) spend(n int) error {
	m.spent += n
	if m.spent > maxObjects {
		return fmt.Errorf("more than %d objects", maxObjects)
	}
	return nil
}

func (m *machine) push(v any) error {
	m.stack = append(m.stack, v)
	return m.spend(1)
}

func (m *machine) pushResult(v any, err error) error {
	if err != nil {
		return err
	}
	return m.push(v)
}

// top is the last value, a mark when there is none.
func (m *machine) top() any {
	if len(m.stack) == 0 {
		return mark{}
	}
	return m.stack[len(m.stack)-1]
}

func (m *machine) pop() (any, error) {
	items, err := m.popN(1)
	if err != nil {
		return nil, err
	}
	return items[0], nil
}

// popN takes the last n values; a mark among them is an error.
func (m *machine) popN(n int) ([]any, error) {
	at := len(m.stack) - n
	if at < 0 {
		return nil, errors.New("takes more values than there are")
	}
	items := append([]any(nil), m.stack[at:]...)
	for _, v := range items {
		if _, ok := v.(mark); ok {
			return nil, errors.New("takes more values than there are")
		}
	}
	m.stack = m.stack[:at]
	return items, nil
}

// popMark takes the values above the last mark, and the mark.
func (m *machine) popMark() ([]any, error) {
	for at := len(m.stack) - 1; at >= 0; at-- {
		if _, ok := m.stack[at].(mark); ok {
			items := append([]any(nil), m.stack[at+1:]...)
			m.stack = m.stack[:at]
			return items, nil
		}
	}
	return nil, errors.New("takes values down to a mark that is not there")
}
