package tifftiles

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"testing"
)

// abbreviated encodes a picture and parts its stream: tables, and the rest.
func abbreviated(t *testing.T, m image.Image) (whole, tables, rest []byte) {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	whole = out.Bytes()
	tables, rest = []byte{0xff, markerSOI}, []byte{0xff, markerSOI}
	for at := 2; ; {
		marker, end, err := segment(whole, at)
		switch {
		case err != nil:
			t.Fatal(err)
		case marker == markerDHT || marker == markerDQT:
			tables = append(tables, whole[at:end]...)
		case marker == markerSOF0:
			rest = append(rest, whole[at:end]...)
		default: // the scan, to the end
			return whole, append(tables, 0xff, markerEOI), append(rest, whole[at:]...)
		}
		at = end
	}
}

// TestSharedTables reads a tile whose tables stand in the directory. The directory
// alone says what the components are, whatever they are called.
func TestSharedTables(t *testing.T) {
	picture := image.NewRGBA(image.Rect(0, 0, 64, 32))
	waves{}.Draw(t.Context(), picture, 30, 40)
	whole, tables, tile := abbreviated(t, picture)
	planes, err := jpeg.Decode(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	named := bytes.Clone(tile)
	for i, c := range "RGB" { // in the frame header, and in the scan's
		named[12+3*i], named[26+2*i] = byte(c), byte(c)
	}
	for name, tile := range map[string][]byte{"numbers": tile, "letters": named} {
		for _, photometric := range []uint64{photometricRGB, photometricYCbCr} {
			t.Run(name, func(t *testing.T) {
				got := readOnly(t, tables, tile, photometric)
				if want := slowPaint(planes.(*image.YCbCr), photometric == photometricRGB); !bytes.Equal(got, want) {
					t.Errorf("photometric %d: pixels differ", photometric)
				}
			})
		}
	}
}

// readOnly reads a file of one tile of 64 x 32 pixels.
func readOnly(t *testing.T, tables, tile []byte, photometric uint64) []byte {
	t.Helper()
	file := func(at int) []byte {
		packed := value{tagJPEGTables, kindUndefined, nil}
		for _, b := range tables {
			packed.values = append(packed.values, uint64(b))
		}
		one := func(tag uint16, v int) value { return value{tag, kindLong, []uint64{uint64(v)}} }
		return build(binary.BigEndian, false, 0, with(packed, one(tagImageWidth, 64), one(tagImageLength, 32),
			one(tagPhotometric, int(photometric)), one(tagTileOffsets, at), one(tagTileByteCounts, len(tile))))
	}
	b := append(file(len(file(1))), tile...)
	l := fromBytes(t, b, NewCache(1<<20)).Level(image.Pt(64, 32), image.Pt(64, 32))
	if l == nil {
		t.Fatal("not read")
	}
	pix := make([]byte, 4*64*32)
	if err := l.Read(t.Context(), pix, 4*64, image.Rect(0, 0, 64, 32), noOther); err != nil {
		t.Fatal(err)
	}
	return pix
}
