package tifftiles

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"slices"
	"strings"
	"testing"

	"zoomscope/slideio/tiff"
)

// value is a field to be written.
type value struct {
	tag, kind uint16
	values    []uint64
}

// build writes a TIFF file of directories alone; the last one names next as the
// one that follows it.
func build(order binary.AppendByteOrder, big bool, next uint64, dirs ...[]value) []byte {
	word := func(b []byte, v uint64) []byte {
		if big {
			return order.AppendUint64(b, v)
		}
		return order.AppendUint32(b, uint32(v))
	}
	name := map[string]string{"LittleEndian": "II", "BigEndian": "MM"}[order.String()]
	head, size := order.AppendUint16([]byte(name), 42), 4
	if big {
		head = order.AppendUint16(order.AppendUint16(order.AppendUint16([]byte(name), 43), 8), 0)
		size = 8
	}
	out := word(head, uint64(len(head)+size))
	for i, d := range dirs {
		at := len(out)
		fixed := 2 + len(d)*(4+2*size) + size
		if big {
			fixed += 6
		}
		var fields, tail []byte
		for _, v := range d {
			var b []byte
			for _, x := range v.values {
				b = appendValue(order, b, v.kind, x)
			}
			fields = word(order.AppendUint16(order.AppendUint16(fields, v.tag), v.kind), uint64(len(v.values)))
			if len(b) > size {
				place := at + fixed + len(tail)
				tail = append(tail, b...)
				b = word(nil, uint64(place))
			}
			fields = append(append(fields, b...), make([]byte, size-len(b))...)
		}
		if big {
			out = order.AppendUint64(out, uint64(len(d)))
		} else {
			out = order.AppendUint16(out, uint16(len(d)))
		}
		follows := uint64(at + fixed + len(tail))
		if i == len(dirs)-1 {
			follows = next
		}
		out = append(word(append(out, fields...), follows), tail...)
	}
	return out
}

func appendValue(order binary.AppendByteOrder, b []byte, kind uint16, x uint64) []byte {
	switch kind {
	case kindShort:
		return order.AppendUint16(b, uint16(x))
	case kindLong:
		return order.AppendUint32(b, uint32(x))
	case kindLong8:
		return order.AppendUint64(b, x)
	}
	return append(b, byte(x))
}

// sound is a directory of 4 x 3 tiles of 64 x 32 pixels that lie in the header.
func sound() []value {
	twelve := slices.Repeat([]uint64{2}, 12)
	return []value{
		{tagImageWidth, kindLong, []uint64{250}}, {tagImageLength, kindShort, []uint64{90}},
		{tagBitsPerSample, kindShort, []uint64{8, 8, 8}}, {tagCompression, kindShort, []uint64{7}},
		{tagPhotometric, kindShort, []uint64{6}}, {tagSamplesPerPixel, kindShort, []uint64{3}},
		{tagPlanarConfig, kindShort, []uint64{1}}, {tagTileWidth, kindShort, []uint64{64}},
		{tagTileLength, kindLong, []uint64{32}}, {tagTileOffsets, kindLong, twelve},
		{tagTileByteCounts, kindShort, twelve},
	}
}

// with is the sound directory with some of its fields replaced, or more of them; a
// field of no values is left out.
func with(changes ...value) []value {
	d := sound()
	for _, c := range changes {
		d = slices.DeleteFunc(d, func(v value) bool { return v.tag == c.tag })
		if len(c.values) > 0 {
			d = append(d, c)
		}
	}
	return d
}

func TestParseVariants(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, big := range []bool{false, true} {
			name := order.String() + map[bool]string{true: " big"}[big]
			t.Run(name, func(t *testing.T) {
				rgb := with(value{tagPhotometric, kindShort, []uint64{2}}, value{tagImageWidth, kindLong, []uint64{200}})
				f := fromBytes(t, build(order, big, 0, sound(), rgb), NewCache(1))
				if len(f.levels) != 2 || len(f.others) != 0 {
					t.Fatalf("%d levels, %d others", len(f.levels), len(f.others))
				}
				l := f.levels[0]
				if l.Width != 250 || l.Height != 90 || l.TileWidth != 64 || l.TileHeight != 32 || l.cols != 4 || l.rgb || !f.levels[1].rgb {
					t.Errorf("%+v", l)
				}
				if want := slices.Repeat([]extent{{2, 2}}, 12); !slices.Equal(l.tiles, want) {
					t.Errorf("tiles %v", l.tiles)
				}
			})
		}
	}
}

// TestUnusualDirectories leaves what it does not read to others.
func TestUnusualDirectories(t *testing.T) {
	one := func(tag uint16, v ...uint64) value { return value{tag, kindShort, v} }
	for name, d := range map[string][]value{
		"JPEG 2000":          with(one(tagCompression, 33005)),
		"old JPEG":           with(one(tagCompression, 6)),
		"no compression":     with(one(tagCompression)),
		"grey":               with(one(tagPhotometric, 1)),
		"four samples":       with(one(tagSamplesPerPixel, 4)),
		"alpha":              with(one(tagExtraSamples, 1)),
		"16 bits":            with(one(tagBitsPerSample, 16, 16, 16)),
		"one size of sample": with(one(tagBitsPerSample, 8)),
		"planes":             with(one(tagPlanarConfig, 2)),
		"turned":             with(one(tagOrientation, 6)),
		"floats":             with(one(tagSampleFormat, 3, 3, 3)),
		"volume":             with(one(tagImageDepth, 5)),
		"odd tiles":          with(one(tagTileWidth, 60)),
		"huge tiles":         with(one(tagTileWidth, 4096), one(tagTileLength, 4096)),
		"strips":             with(one(tagTileWidth), one(tagTileLength)),
		"two widths":         with(one(tagImageWidth, 250, 250)),
		"no width":           with(one(tagImageWidth, 0)),
		"text for a width":   with(value{tagImageWidth, 2, []uint64{250}}),
		"missing offsets":    with(one(tagTileOffsets, 2, 2)),
		"many sizes":         with(value{tagTileByteCounts, kindShort, slices.Repeat([]uint64{2}, 13)}),
		"too many tiles":     with(value{tagImageWidth, kindLong, []uint64{1 << 30}}, value{tagImageLength, kindLong, []uint64{1 << 30}}),
		"tables of text":     with(value{tagJPEGTables, 2, []uint64{0xff, 0xd8, 0xff, 0xd9}}),
		"tables cut off":     with(value{tagJPEGTables, kindUndefined, []uint64{0xff, 0xd8, 0xff, 0xdb, 0, 67, 0}}),
		"an image as tables": with(value{tagJPEGTables, kindUndefined, []uint64{0xff, 0xd8, 0xff, 0xc0, 0, 2, 0xff, 0xd9}}),
	} {
		t.Run(name, func(t *testing.T) {
			f := fromBytes(t, build(binary.LittleEndian, false, 0, d), NewCache(1))
			if len(f.levels) != 0 || len(f.others) != 1 {
				t.Errorf("%d levels, %d others", len(f.levels), len(f.others))
			}
		})
	}
}

func TestBrokenFiles(t *testing.T) {
	le := binary.LittleEndian
	good := build(le, false, 0, sound())
	for name, b := range map[string][]byte{
		"empty":              nil,
		"text":               []byte("no TIFF file, but a text"),
		"no version":         []byte("II\x2c\x00\x08\x00\x00\x00"),
		"odd BigTIFF":        []byte("II\x2b\x00\x04\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"),
		"header alone":       good[:8],
		"cut in directory":   good[:60],
		"chain goes outside": build(le, false, 1<<20, sound()),
		"chain loops":        build(le, false, 8, sound()),
		"no fields":          build(le, false, 0, nil),
		"many directories":   build(le, false, 0, slices.Repeat([][]value{sound()}, maxDirectories+1)...),
		"many fields":        build(le, false, 0, slices.Repeat(sound(), 60)),
		"huge count":         append([]byte("II\x2b\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"), bytes.Repeat([]byte{0xff}, 64)...),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := newFile(bytes.NewReader(b), int64(len(b)), NewCache(1)); !errors.Is(err, ErrFormat) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestTilesOutside: a tile that is not in the file counts as missing.
func TestTilesOutside(t *testing.T) {
	at := slices.Repeat([]uint64{2}, 12)
	at[1], at[2], at[3] = 0, 1<<31, 1<<32-1
	f := fromBytes(t, build(binary.LittleEndian, false, 0, with(value{tagTileOffsets, kindLong, at})), NewCache(1))
	want := slices.Repeat([]extent{{2, 2}}, 12)
	want[1], want[2], want[3] = extent{}, extent{}, extent{}
	if got := f.levels[0].tiles; !slices.Equal(got, want) {
		t.Errorf("tiles %v", got)
	}
}

func TestLevel(t *testing.T) {
	b := slide(t, 100, 60, tiff.Encoding{TileSize: 32})
	f := fromBytes(t, b, NewCache(1<<20))
	if l := f.Level(image.Pt(100, 60), image.Pt(32, 32)); l == nil || l.Width != 100 {
		t.Errorf("level %+v", l)
	}
	for _, c := range []struct{ size, tile image.Point }{
		{image.Pt(100, 61), image.Pt(32, 32)},
		{image.Pt(100, 60), image.Pt(32, 64)},
		{image.Pt(25, 15), image.Pt(0, 0)},
	} {
		if l := f.Level(c.size, c.tile); l != nil {
			t.Errorf("%v in tiles of %v: %+v", c.size, c.tile, l)
		}
	}
	twice := fromBytes(t, build(binary.LittleEndian, false, 0, sound(), with(value{tagCompression, kindShort, []uint64{33003}})), NewCache(1))
	if twice.Level(image.Pt(250, 90), image.Pt(64, 32)) != nil {
		t.Error("chose one of two images of the same size")
	}
}

func FuzzFile(f *testing.F) {
	jpg := slide(f, 70, 40, tiff.Encoding{TileSize: 32, Aperio: true, MPPX: 0.5, MPPY: 0.5})
	f.Add(jpg)
	f.Add(slide(f, 40, 40, tiff.Encoding{TileSize: 16, BigTIFF: true, Quality: 1}))
	f.Add(build(binary.BigEndian, true, 0, sound()))
	f.Add([]byte(strings.Repeat("II*\x00\x08\x00\x00\x00", 9)))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := newFile(bytes.NewReader(b), int64(len(b)), NewCache(1<<20))
		if err != nil {
			return
		}
		for _, l := range file.levels[:min(len(file.levels), 4)] {
			if l.TileWidth*l.TileHeight > 1<<16 {
				continue // as the others, only slower
			}
			for i, e := range l.tiles[:min(len(l.tiles), 8)] {
				if e.offset+e.size > uint64(len(b)) {
					t.Fatalf("tile %d lies outside the file: %+v", i, e)
				}
				r := l.tileRect(i).Intersect(image.Rect(0, 0, l.Width, l.Height))
				left := 0
				err := l.Read(t.Context(), make([]byte, 4*r.Dx()*r.Dy()), 4*r.Dx(), r, func(part image.Rectangle) error {
					if left++; part != r {
						t.Errorf("left %v of %v", part, r)
					}
					return nil
				})
				if err != nil || left > 1 {
					t.Errorf("tile %d: %d parts left: %v", i, left, err)
				}
			}
		}
	})
}
