package tiff

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// headerSize is left free at the start for the header, which is written last;
// a classic header fills half of it.
const headerSize = 16

// classicLimit is the size from which a file must be a BigTIFF.
const classicLimit = 1<<32 - 1

// place is where the bytes of a tile stand in the file.
type place struct {
	offset uint64
	size   uint32
}

// file is a TIFF being written: tiles in any order, then the directories.
type file struct {
	spec   Spec
	w      io.WriteSeeker
	end    uint64
	limit  uint64 // classicLimit, smaller in tests
	places [][]place
	stored map[[sha256.Size]byte]place
}

func newFile(w io.WriteSeeker, spec Spec) (*file, error) {
	f := &file{spec: spec, w: w, limit: classicLimit, stored: map[[sha256.Size]byte]place{}}
	for i := range spec.Levels {
		g := spec.grid(i)
		f.places = append(f.places, make([]place, g.X*g.Y))
	}
	return f, f.write(make([]byte, headerSize))
}

func (f *file) write(b []byte) error {
	n, err := f.w.Write(b)
	f.end += uint64(n)
	return err
}

// store writes the bytes of a tile, unless they stand in the file already.
func (f *file) store(data []byte) (place, error) {
	if len(data) > math.MaxUint32 {
		return place{}, fmt.Errorf("%w: tile of %d bytes", ErrSpec, len(data))
	}
	sum := sha256.Sum256(data)
	if p, ok := f.stored[sum]; ok {
		return p, nil
	}
	p := place{f.end, uint32(len(data))}
	if err := f.write(data); err != nil {
		return place{}, err
	}
	f.stored[sum] = p
	return p, nil
}

// set enters the place of a tile.
func (f *file) set(at address, p place) {
	f.places[at.level][at.row*f.spec.grid(at.level).X+at.col] = p
}

// finish writes directories and header.
func (f *file) finish() error {
	big := f.spec.BigTIFF || f.end+f.directoriesSize() > f.limit
	l := layout{big: big}
	if err := f.align(); err != nil {
		return err
	}
	first := f.end
	for i := range f.places {
		b := l.directory(f.entries(i), f.end, i == len(f.places)-1)
		if err := f.write(b); err != nil {
			return err
		}
	}
	if _, err := f.w.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := f.w.Write(l.header(first))
	return err
}

// align pads to the even offset that TIFF wants of a directory.
func (f *file) align() error {
	if pad := -f.end % 8; pad != 0 {
		return f.write(make([]byte, pad))
	}
	return nil
}

// directoriesSize is at least what the directories take.
func (f *file) directoriesSize() uint64 {
	n := uint64(0)
	for i, p := range f.places {
		n += uint64(len(p))*12 + uint64(len(f.spec.description(i))+len(f.spec.Software)) + 1024
	}
	return n
}

// Tags and values by their names in the TIFF 6 specification.
const (
	tagNewSubfileType  = 254
	tagImageWidth      = 256
	tagImageLength     = 257
	tagBitsPerSample   = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagDescription     = 270
	tagSamplesPerPixel = 277
	tagXResolution     = 282
	tagYResolution     = 283
	tagPlanarConfig    = 284
	tagResolutionUnit  = 296
	tagSoftware        = 305
	tagPredictor       = 317
	tagTileWidth       = 322
	tagTileLength      = 323
	tagTileOffsets     = 324
	tagTileByteCounts  = 325
	tagSubsampling     = 530
)

// entries are the fields of a level's directory, by ascending tag.
func (f *file) entries(level int) []entry {
	s := &f.spec
	var es []entry
	add := func(e entry) { es = append(es, e) }
	add(long(tagNewSubfileType, uint64(min(level, 1))))
	add(long(tagImageWidth, uint64(s.Levels[level].X)))
	add(long(tagImageLength, uint64(s.Levels[level].Y)))
	add(short(tagBitsPerSample, 8, 8, 8))
	add(short(tagCompression, map[Compression]uint16{JPEG: 7, Deflate: 8, None: 1}[s.Compression]))
	add(short(tagPhotometric, map[bool]uint16{true: 6, false: 2}[s.Compression == JPEG]))
	if text := s.description(level); text != "" {
		add(ascii(tagDescription, text))
	}
	add(short(tagSamplesPerPixel, 3))
	if s.MPPX > 0 {
		x, y := s.mpp(level)
		add(rational(tagXResolution, 10000/x))
		add(rational(tagYResolution, 10000/y))
	}
	add(short(tagPlanarConfig, 1))
	if s.MPPX > 0 {
		add(short(tagResolutionUnit, 3)) // centimetre
	}
	add(ascii(tagSoftware, s.Software))
	if s.Compression == Deflate {
		add(short(tagPredictor, 2))
	}
	add(long(tagTileWidth, uint64(s.TileSize)))
	add(long(tagTileLength, uint64(s.TileSize)))
	add(f.offsets(level))
	add(f.counts(level))
	if s.Compression == JPEG {
		add(short(tagSubsampling, 2, 2))
	}
	return es
}

func (f *file) offsets(level int) entry {
	e := entry{tag: tagTileOffsets, kind: kindOffset}
	for _, p := range f.places[level] {
		e.values = append(e.values, p.offset)
	}
	return e
}

func (f *file) counts(level int) entry {
	e := entry{tag: tagTileByteCounts, kind: kindLong}
	for _, p := range f.places[level] {
		e.values = append(e.values, uint64(p.size))
	}
	return e
}

// kind is the type of a field's values.
type kind uint16

const (
	kindASCII    kind = 2
	kindShort    kind = 3
	kindLong     kind = 4
	kindRational kind = 5  // value holds the numerator above the denominator
	kindOffset   kind = 16 // LONG8 in a BigTIFF, LONG in a classic one
)

// entry is one field of a directory.
type entry struct {
	tag    uint16
	kind   kind
	values []uint64
}

func short(tag uint16, vs ...uint16) entry {
	e := entry{tag: tag, kind: kindShort}
	for _, v := range vs {
		e.values = append(e.values, uint64(v))
	}
	return e
}

func long(tag uint16, v uint64) entry { return entry{tag, kindLong, []uint64{v}} }

func ascii(tag uint16, s string) entry {
	e := entry{tag: tag, kind: kindASCII}
	for _, c := range []byte(s + "\x00") {
		e.values = append(e.values, uint64(c))
	}
	return e
}

// rational takes v to as many decimals as 32 bits hold, nine at most.
func rational(tag uint16, v float64) entry {
	den := 1.0
	for den < 1e9 && v*den*10 < math.MaxUint32 {
		den *= 10
	}
	num := math.Round(min(v*den, math.MaxUint32))
	return entry{tag, kindRational, []uint64{uint64(num)<<32 | uint64(den)}}
}

// layout is the difference between classic and BigTIFF.
type layout struct{ big bool }

func (l layout) header(first uint64) []byte {
	b := []byte("II")
	if !l.big {
		b = binary.LittleEndian.AppendUint16(b, 42)
		return binary.LittleEndian.AppendUint32(b, uint32(first))
	}
	b = binary.LittleEndian.AppendUint16(b, 43)
	b = binary.LittleEndian.AppendUint16(b, 8) // bytes of an offset
	b = binary.LittleEndian.AppendUint16(b, 0)
	return binary.LittleEndian.AppendUint64(b, first)
}

// word is the size of an offset.
func (l layout) word() int {
	if l.big {
		return 8
	}
	return 4
}

// appendWord appends an offset or a count.
func (l layout) appendWord(b []byte, v uint64) []byte {
	if l.big {
		return binary.LittleEndian.AppendUint64(b, v)
	}
	return binary.LittleEndian.AppendUint32(b, uint32(v))
}

// directory returns the bytes of a directory that stands at the offset at,
// followed by the values too long for its fields and, unless it is the last,
// by the next directory.
func (l layout) directory(es []entry, at uint64, last bool) []byte {
	w := l.word()
	count, field := 2, 12
	if l.big {
		count, field = 8, 20
	}
	fixed := count + field*len(es) + w
	var head, tail []byte
	if l.big {
		head = binary.LittleEndian.AppendUint64(head, uint64(len(es)))
	} else {
		head = binary.LittleEndian.AppendUint16(head, uint16(len(es)))
	}
	tailAt := (at + uint64(fixed) + 7) &^ 7
	for _, e := range es {
		k, value := l.encode(e)
		head = binary.LittleEndian.AppendUint16(head, e.tag)
		head = binary.LittleEndian.AppendUint16(head, uint16(k))
		head = l.appendWord(head, uint64(len(e.values)))
		if len(value) <= w {
			head = append(head, value...)
			head = append(head, make([]byte, w-len(value))...)
			continue
		}
		head = l.appendWord(head, tailAt+uint64(len(tail)))
		tail = append(tail, value...)
		tail = append(tail, make([]byte, -len(tail)&7)...)
	}
	next := tailAt + uint64(len(tail))
	if last {
		next = 0
	}
	head = l.appendWord(head, next)
	head = append(head, make([]byte, int(tailAt-at)-len(head))...)
	return append(head, tail...)
}

// encode returns the values of a field and the type they have in the file.
func (l layout) encode(e entry) (kind, []byte) {
	k := e.kind
	if k == kindOffset && !l.big {
		k = kindLong
	}
	var b []byte
	for _, v := range e.values {
		switch k {
		case kindASCII:
			b = append(b, byte(v))
		case kindShort:
			b = binary.LittleEndian.AppendUint16(b, uint16(v))
		case kindLong:
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		case kindRational:
			b = binary.LittleEndian.AppendUint32(b, uint32(v>>32))
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		case kindOffset:
			b = binary.LittleEndian.AppendUint64(b, v)
		}
	}
	return k, b
}
