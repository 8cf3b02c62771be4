package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/x448/float16"

	"zoomscope/engine/nn"
	"zoomscope/packaging/testenv"
)

// file makes the bytes of a file from a header text and its data.
func file(header string, data ...byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

func TestRoundTrip(t *testing.T) {
	boolean := nn.U8Tensor([]uint8{1, 0, 1}, 3)
	boolean.Type = nn.Bool
	tensors := map[string]*nn.Tensor{
		"f32":    nn.F32Tensor([]float32{1, -2.5, 3e-40, float32(math.Inf(1)), 0, 7}, 2, 3),
		"f64":    nn.F64Tensor([]float64{math.Pi}, 1),
		"i64":    nn.I64Tensor([]int64{-1, math.MaxInt64}, 1, 2),
		"u8":     nn.U8Tensor([]uint8{1, 2, 255}, 3),
		"bool":   boolean,
		"scalar": nn.F32Tensor([]float32{42}),
		"empty":  nn.F32Tensor([]float32{}, 0, 4),
		"naïve":  nn.U8Tensor([]uint8{}, 3, 0),
	}
	raw := map[string]Raw{}
	for name, tensor := range tensors {
		raw[name] = FromTensor(tensor)
	}
	meta := map[string]string{"format": "x", "config": `{"a": "b\n"}`}
	path := filepath.Join(t.TempDir(), "a.safetensors")
	if err := WriteFile(path, raw, meta); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if diff := cmp.Diff(meta, f.Metadata()); diff != "" {
		t.Error(diff)
	}
	if got := f.Names(); len(got) != len(tensors) || !slices.IsSorted(got) {
		t.Errorf("names %q", got)
	}
	for name, want := range tensors {
		got, err := f.Tensor(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestWriteIsDeterministicAndAligned(t *testing.T) {
	tensors := map[string]Raw{
		"a": FromTensor(nn.U8Tensor([]uint8{1, 2, 3}, 3)),
		"b": FromFloat32([]float32{1, 2, 3}, F16, 3),
		"c": FromFloat32([]float32{1}, F32, 1),
		"d": FromTensor(nn.I64Tensor([]int64{5}, 1)),
		"e": FromInt32([]int32{-1, 5}, 2),
	}
	var first, second bytes.Buffer
	for _, w := range []*bytes.Buffer{&first, &second} {
		if err := Write(w, tensors, map[string]string{"z": "1", "a": "2", "m": "3"}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two writes differ")
	}
	f, err := Parse(first.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	base := first.Len() - len(f.data)
	for name, e := range f.head.entries {
		if (base+e.begin)%e.dtype.Size() != 0 {
			t.Errorf("%s at byte %d is not aligned", name, base+e.begin)
		}
	}
	if e, err := f.Tensor("e"); err != nil || !slices.Equal(e.I64, []int64{-1, 5}) {
		t.Errorf("I32 read as %v, %v", e, err)
	}
}

func TestPlanMatchesWrite(t *testing.T) {
	tensors := map[string]Raw{
		"x": FromFloat32([]float32{1, 2}, F16, 1, 2),
		"y": FromInt32([]int32{7, 8}, 1, 2),
	}
	var b bytes.Buffer
	if err := Write(&b, tensors, nil); err != nil {
		t.Fatal(err)
	}
	l, err := Plan([]Spec{{"x", F16, []int{1, 2}}, {"y", I32, []int{1, 2}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if l.Size != b.Len() {
		t.Errorf("planned %d bytes, wrote %d", l.Size, b.Len())
	}
	for name, raw := range tensors {
		at := l.Offset[name]
		if got := b.Bytes()[at : at+len(raw.Data)]; !bytes.Equal(got, raw.Data) {
			t.Errorf("%s: %v at its planned place, want %v", name, got, raw.Data)
		}
	}
}

// The halves are compared with a search for the nearest value, ties to even.
func TestRoundsToNearestEven(t *testing.T) {
	for _, d := range []DType{F16, BF16} {
		t.Run(string(d), func(t *testing.T) {
			table := make([]float32, 1<<15-1) // the non-negative ones in order, NaNs at the end
			raw := []byte{}
			for i := range table {
				raw = le.AppendUint16(raw, uint16(i))
			}
			DecodeFloat32(table, d, raw)
			top := slices.IndexFunc(table, func(v float32) bool { return math.IsInf(float64(v), 1) })
			table = table[:top]
			for _, v := range []float32{0, 1e-8, 2.9802322e-08, 1.0004883, 1.00146484, 1.0009766, 3.14159, 65503, 1.00390625, 1.01171875, 5e-39} {
				got := le.Uint16(AppendFloat32(nil, d, []float32{v}))
				if want := nearest(table, v); got != want {
					t.Errorf("%g becomes %#x, want %#x", v, got, want)
				}
				if neg := le.Uint16(AppendFloat32(nil, d, []float32{-v})); v != 0 && neg != got|0x8000 {
					t.Errorf("%g becomes %#x", -v, neg)
				}
			}
			var back [1]float32
			DecodeFloat32(back[:], d, AppendFloat32(nil, d, []float32{float32(math.NaN())}))
			if back[0] == back[0] {
				t.Errorf("NaN becomes %g", back[0])
			}
		})
	}
}

func nearest(table []float32, v float32) uint16 {
	best := 0
	for i, x := range table {
		d, e := math.Abs(float64(x)-float64(v)), math.Abs(float64(table[best])-float64(v))
		if d < e || d == e && i%2 == 0 {
			best = i
		}
	}
	return uint16(best)
}

func TestFloat32Converts(t *testing.T) {
	want := []float32{1.5, -0.25, 1024}
	for _, d := range []DType{F64, F32, F16, BF16} {
		var b bytes.Buffer
		if err := Write(&b, map[string]Raw{"x": FromFloat32(want, d, 3)}, nil); err != nil {
			t.Fatal(err)
		}
		f, err := Parse(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Float32("x"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", d, got, err)
		}
	}
	f, err := Parse(file(`{"i":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}}`, 1, 0xff))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Float32("i"); err == nil {
		t.Error("integers given as floats without an error")
	}
	if i, err := f.Tensor("i"); err != nil || !slices.Equal(i.I64, []int64{1, -1}) {
		t.Errorf("I8 read as %v, %v", i, err)
	}
	if _, err := f.Tensor("none"); err == nil {
		t.Error("no error for a tensor that is not there")
	}
}

func TestHostileFiles(t *testing.T) {
	tensor := func(dtype, shape, offsets string) string {
		return fmt.Sprintf(`{"a":{"dtype":%q,"shape":%s,"data_offsets":%s}}`, dtype, shape, offsets)
	}
	deep := strings.Repeat("[", 100000)
	tests := map[string]struct {
		data []byte
		want string // part of the error
	}{
		"empty":              {nil, "too few"},
		"no length":          {[]byte{1, 2, 3}, "too few"},
		"zero length":        {file(""), "not a JSON object"},
		"huge header":        {append(le.AppendUint64(nil, 1<<63), '{'), "not a safetensors file"},
		"header beyond file": {append(le.AppendUint64(nil, 100), "{}"...), "truncated"},
		"not an object":      {file("[]"), "not a JSON object"},
		"leading space":      {file(" {}"), "not a JSON object"},
		"not UTF-8":          {file("{\"\xff\":1}"), "UTF-8"},
		"cut JSON":           {file(`{"a"`), "unexpected EOF"},
		"trailing":           {file(`{} {}`), "follows"},
		"tensor twice":       {file(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`), "twice"},
		"field twice":        {file(`{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}`, 0), "twice"},
		"metadata twice":     {file(`{"__metadata__":{"a":"1","a":"2"}}`), "twice"},
		"metadata number":    {file(`{"__metadata__":{"a":1}}`), "string is expected"},
		"unknown field":      {file(`{"a":{"dtype":"U8","shape":[1],"offset":[0,1]}}`, 0), "unknown field"},
		"no shape":           {file(`{"a":{"dtype":"U8","data_offsets":[0,1]}}`, 0), "needs dtype"},
		"one offset":         {file(tensor("U8", "[1]", "[0]"), 0), "needs dtype"},
		"three offsets":      {file(tensor("U8", "[1]", "[0,1,2]"), 0), "more than 2"},
		"unknown type":       {file(tensor("F12", "[1]", "[0,1]"), 0), "unknown element type"},
		"overflow":           {file(tensor("F32", "[4294967296,4294967296,4]", "[0,0]")), "overflows"},
		"overflow hidden":    {file(tensor("F32", "[4611686018427387904,4]", "[0,0]")), "overflows"},
		"size beyond int":    {file(tensor("F32", "[9223372036854775808]", "[0,0]")), "not a size"},
		"negative size":      {file(tensor("F32", "[-1]", "[0,4]"), 0, 0, 0, 0), "not a size"},
		"fraction":           {file(tensor("U8", "[1.0]", "[0,1]"), 0), "not a size"},
		"size as text":       {file(tensor("U8", `["1"]`, "[0,1]"), 0), "number is expected"},
		"deep":               {file(`{"a":{"dtype":"U8","shape":` + deep), "number is expected"},
		"rank":               {file(tensor("U8", "["+strings.Repeat("1,", 40)+"1]", "[0,1]"), 0), "more than 32"},
		"wrong length":       {file(tensor("F32", "[2]", "[0,4]"), 0, 0, 0, 0), "takes 8 bytes"},
		"beyond file":        {file(tensor("F32", "[2]", "[0,8]"), 0, 0, 0, 0), "truncated"},
		"offsets reversed":   {file(tensor("F32", "[1]", "[8,4]"), 0, 0, 0, 0), "not in order"},
		"data left over":     {file(tensor("U8", "[1]", "[0,1]"), 0, 0), "data at 2"},
		"hole":               {file(tensor("U8", "[1]", "[1,2]"), 0, 0), "expected 0"},
		"overlap":            {file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 0, 0, 0), "expected 2"},
		"long name":          {file(`{"` + strings.Repeat("n", MaxName+1) + `":{}}`), "name of"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(test.data)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			path := filepath.Join(t.TempDir(), "bad.safetensors")
			if err := os.WriteFile(path, test.data, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v does not name the file", err)
			}
		})
	}
}

func TestOpenFolder(t *testing.T) {
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder opened")
	}
}

func TestUseAfterClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.safetensors")
	if err := WriteFile(path, map[string]Raw{"x": FromInt32([]int32{1}, 1)}, nil); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Bytes("x"); err == nil {
		t.Error("read after Close")
	}
	if err := f.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestWriteRefuses(t *testing.T) {
	tests := map[string]map[string]Raw{
		"length":  {"a": {DType: F32, Shape: []int{2}, Data: make([]byte, 4)}},
		"type":    {"a": {DType: "F12", Shape: []int{2}, Data: make([]byte, 4)}},
		"name":    {"__metadata__": {DType: U8, Shape: []int{1}, Data: make([]byte, 1)}},
		"not UTF": {"\xff": {DType: U8, Shape: []int{1}, Data: make([]byte, 1)}},
	}
	for name, tensors := range tests {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Write(&b, tensors, nil); err == nil || b.Len() > 0 {
				t.Errorf("error %v after %d bytes", err, b.Len())
			}
		})
	}
}

// Files that another implementation wrote.
func TestReadsGoldenVectors(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(testenv.Golden(t), "*", "*.safetensors"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, path := range paths {
		f, err := Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, name := range f.Names() {
			if _, err := f.Tensor(name); err != nil {
				t.Error(err)
			}
		}
		f.Close()
	}
}

func FuzzParse(f *testing.F) {
	f.Add(file(`{}`))
	f.Add(file(`{"__metadata__":{"a":"b"},"x":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]}}   `, 1, 2, 3, 4))
	f.Add(file(`{"x":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"I16","shape":[],"data_offsets":[1,3]}}`, 1, 2, 3))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil {
			return
		}
		total := 0
		tensors := map[string]Raw{}
		for _, name := range file.Names() {
			tensor, err := file.Tensor(name)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := file.Bytes(name)
			if err != nil {
				t.Fatal(err)
			}
			total += len(raw)
			d, shape, _ := file.Info(name)
			if tensor.Len()*d.Size() != len(raw) {
				t.Fatalf("%s: %d elements in %d bytes", name, tensor.Len(), len(raw))
			}
			tensors[name] = Raw{DType: d, Shape: shape, Data: raw}
		}
		if total > len(data) {
			t.Fatalf("%d bytes of tensors in %d of file", total, len(data))
		}
		var again bytes.Buffer
		if err := Write(&again, tensors, file.Metadata()); err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(again.Bytes()); err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
	})
}

// All 65536 numbers, against the library.
func TestHalfToFloat(t *testing.T) {
	for h := range 1 << 16 {
		got, want := halfToFloat(uint16(h)), float16.Frombits(uint16(h)).Float32()
		if math.Float32bits(got) != math.Float32bits(want) && (got == got || want == want) {
			t.Fatalf("%#04x is %v, want %v", h, got, want)
		}
	}
}

func BenchmarkDecodeHalf(b *testing.B) {
	raw, dst := make([]byte, 2<<20), make([]float32, 1<<20)
	for i := range raw {
		raw[i] = byte(0x30 + i%7)
	}
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		DecodeFloat32(dst, F16, raw)
	}
}
