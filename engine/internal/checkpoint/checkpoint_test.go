package checkpoint

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"zoomscope/engine/nn"
	"zoomscope/engine/safetensors"
)

// expected are the tensors of testdata/make.py.
func expected() map[string]*nn.Tensor {
	grid := make([]float32, 12)
	for i := range grid {
		grid[i] = float32(i)/8 - 0.5
	}
	transposed := make([]float32, 12)
	thirds := make([]float32, 12)
	for i := range grid {
		transposed[i%4*3+i/4] = grid[i]
		thirds[i] = float32(float64(grid[i]) / 3)
	}
	truth := nn.U8Tensor([]uint8{1, 0, 1}, 3)
	truth.Type = nn.Bool
	return map[string]*nn.Tensor{
		"plain":      nn.F32Tensor(grid, 3, 4),
		"transposed": nn.F32Tensor(transposed, 4, 3),
		"step":       nn.F32Tensor([]float32{1, 4, 7, 10, 13, 16, 19}, 7),
		"window":     nn.F32Tensor([]float32{7, 8, 12, 13}, 2, 2),
		"half":       nn.F32Tensor(grid, 3, 4), // exact: multiples of an eighth
		"bfloat":     nn.F32Tensor(grid, 3, 4),
		"double":     nn.F32Tensor(thirds, 3, 4),
		"long":       nn.I64Tensor([]int64{-3, 1 << 40}, 2),
		"int":        nn.I64Tensor([]int64{-3, 7}, 2),
		"short":      nn.I64Tensor([]int64{-300, 7}, 2),
		"char":       nn.I64Tensor([]int64{-3, 7}, 2),
		"byte":       nn.U8Tensor([]uint8{0, 200}, 2),
		"bool":       truth,
		"scalar":     nn.I64Tensor([]int64{7}),
		"empty":      nn.F32Tensor(nil, 0, 3),
		"parameter":  nn.F32Tensor([]float32{1, 1}, 2),
	}
}

func open(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func compare(t *testing.T, f *File, want map[string]*nn.Tensor) {
	t.Helper()
	if len(f.Names()) != len(want) {
		t.Errorf("names %q, want %d", f.Names(), len(want))
	}
	for name, want := range want {
		got, err := f.Tensor(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if shape, err := f.Shape(name); err != nil || !slices.Equal(shape, want.Shape) {
			t.Errorf("%s: shape %v, %v", name, shape, err)
		}
	}
}

func TestPyTorchFiles(t *testing.T) {
	for _, name := range []string{"tensors.pt", "tensors_legacy.pth"} {
		t.Run(name, func(t *testing.T) {
			compare(t, open(t, filepath.Join("testdata", name)), expected())
		})
	}
}

func TestSafetensors(t *testing.T) {
	raw := map[string]safetensors.Raw{}
	for name, tensor := range expected() {
		raw[name] = safetensors.FromTensor(tensor)
	}
	raw["double"] = safetensors.FromFloat32(expected()["double"].F32, safetensors.F64, 3, 4)
	path := filepath.Join(t.TempDir(), "a.safetensors")
	if err := safetensors.WriteFile(path, raw, nil); err != nil {
		t.Fatal(err)
	}
	compare(t, open(t, path), expected())
}

func TestUnwraps(t *testing.T) {
	f := open(t, filepath.Join("testdata", "training.pt"))
	want := []string{"0.bias", "0.weight", "1.bias", "1.num_batches_tracked", "1.running_mean", "1.running_var", "1.weight"}
	if diff := cmp.Diff(want, f.Names()); diff != "" {
		t.Error(diff)
	}
	if n, err := f.Tensor("1.num_batches_tracked"); err != nil || n.I64[0] != 1 {
		t.Errorf("batches %v, %v", n, err)
	}
	if shape, err := f.Shape("0.weight"); err != nil || !slices.Equal(shape, []int{2, 3, 3, 3}) {
		t.Errorf("shape %v, %v", shape, err)
	}
	if !f.Has("0.bias") || f.Has("0") {
		t.Error("Has")
	}
	nested := open(t, filepath.Join("testdata", "nested.pt"))
	if diff := cmp.Diff([]string{"encoder.a", "head.b"}, nested.Names()); diff != "" {
		t.Error(diff)
	}
}

func TestRefuses(t *testing.T) {
	tests := map[string]string{
		"evil.pt":     `class "posix.system"`,
		"module.pt":   `class "torch.nn.modules.container.Sequential"`,
		"bare.pt":     "single tensor",
		"expanded.pt": "in a storage of 1 elements",
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name)
			_, err := Open(path)
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %q and the path", err, want)
			}
		})
	}
}

// A file cut anywhere gives an error, when it is opened or when the tensor
// that is gone is read.
func TestTruncated(t *testing.T) {
	for _, name := range []string{"tensors.pt", "tensors_legacy.pth"} {
		whole, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for n := range whole {
			f, err := Parse(whole[:n])
			if err != nil {
				continue
			}
			if err := readAll(f); err == nil {
				t.Fatalf("%s cut at byte %d read without an error", name, n)
			}
		}
	}
}

// A byte that changed inside the data of a tensor is found by the checksum.
func TestDamaged(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join("testdata", "tensors.pt"))
	if err != nil {
		t.Fatal(err)
	}
	one := []byte{0, 0, 0x80, 0x3f}
	whole[bytes.Index(whole, one)] = 1
	f, err := Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := readAll(f); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("error %v, want one about the checksum", err)
	}
}

// Of two entries of one name, readers disagree which counts.
func TestEntryTwice(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, program := range []string{"}.", "}K\x01K\x02s."} {
		entry, err := w.CreateHeader(&zip.FileHeader{Name: "a/data.pkl", Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte(program)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(b.Bytes()); err == nil || !strings.Contains(err.Error(), "stands twice") {
		t.Errorf("error %v", err)
	}
}

func readAll(f *File) error {
	for _, name := range f.Names() {
		if _, err := f.Tensor(name); err != nil {
			return err
		}
	}
	return nil
}

func TestUnpickle(t *testing.T) {
	long := func(b ...byte) string { return "\x8a" + string(byte(len(b))) + string(b) + "." }
	tests := map[string]struct {
		program string
		want    any
	}{
		"none":           {"N.", nil},
		"true":           {"\x88.", true},
		"int":            {"J\xff\xff\xff\xff.", int64(-1)},
		"two bytes":      {"M\x01\x02.", int64(0x201)},
		"long":           {long(0xff, 0), int64(255)},
		"negative long":  {long(0xff), int64(-1)},
		"empty long":     {long(), int64(0)},
		"widest long":    {long(0, 0, 0, 0, 0, 0, 0, 0x80), int64(math.MinInt64)},
		"float":          {"G\x3f\xf0\x00\x00\x00\x00\x00\x00.", 1.0},
		"text":           {"X\x02\x00\x00\x00\xc3\xa9.", "é"},
		"short text":     {"\x8c\x01a.", "a"},
		"old string":     {"U\x01a.", "a"},
		"tuple":          {"(K\x01K\x02t.", tuple{int64(1), int64(2)}},
		"remembered":     {"K\x07q\x05h\x05\x86.", tuple{int64(7), int64(7)}},
		"protocol 4":     {"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x01a\x94h\x00\x86.", tuple{"a", "a"}},
		"popped":         {"K\x01K\x020.", int64(1)},
		"popped to mark": {"K\x01(NN1.", int64(1)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, n, err := unpickle([]byte(test.program+"rest"), torch{map[string]storage{}})
			if err != nil {
				t.Fatal(err)
			}
			if !cmp.Equal(got, test.want) {
				t.Errorf("%#v, want %#v", got, test.want)
			}
			if n != len(test.program) {
				t.Errorf("%d bytes, want %d", n, len(test.program))
			}
		})
	}
}

func TestUnpickleDicts(t *testing.T) {
	program := "ccollections\nOrderedDict\n](\x8c\x01aK\x01\x86\x8c\x01bK\x02\x86e\x85R(\x8c\x01aK\x03\x8c\x01cK\x04u}\x8c\x01_Nsb."
	v, _, err := unpickle([]byte(program), torch{map[string]storage{}})
	if err != nil {
		t.Fatal(err)
	}
	d := v.(*dict)
	if !cmp.Equal(d.keys, []any{"a", "b", "c"}) || !cmp.Equal(d.values, []any{int64(3), int64(2), int64(4)}) {
		t.Errorf("%v %v", d.keys, d.values)
	}
	if d.get("_") != nil {
		t.Error("state is taken as items")
	}
}

// storagePickle is a persistent id, then what follows it.
func storagePickle(elements string, rest string) string {
	return "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu" + elements + "tQ" + rest + "tR."
}

func TestHostilePickles(t *testing.T) {
	huge := "\x8a\x07\xff\xff\xff\xff\xff\xff\x0f" // 2^52 - 1
	tests := map[string]struct{ program, want string }{
		"empty":             {"", "truncated"},
		"no value":          {".", "more values than there are"},
		"stack underflow":   {"K\x01\x86.", "more values than there are"},
		"mark taken":        {"(\x85.", "more values than there are"},
		"no mark":           {"K\x01t.", "mark that is not there"},
		"remember nothing":  {"q\x00.", "nothing to remember"},
		"unknown memory":    {"h\x07.", "nothing remembered at 7"},
		"long text":         {"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "truncated"},
		"text cut":          {"X\xff\xff\xff\x7fa.", "truncated"},
		"text not UTF-8":    {"\x8c\x01\xff.", "UTF-8"},
		"wide number":       {"\x8a\x09123456789.", "9 bytes"},
		"system call":       {"cos\nsystem\n(X\x02\x00\x00\x00lstR.", `class "os.system"`},
		"system, stacked":   {"\x8c\x02os\x8c\x06system\x93.", `class "os.system"`},
		"getattr":           {"c__builtin__\ngetattr\n.", `class "__builtin__.getattr"`},
		"class without end": {"c" + strings.Repeat("a", 2000), "truncated"},
		"call of a number":  {"K\x01)R.", "call of something that is no class"},
		"call of a storage": {"ctorch\nFloatStorage\n)R.", "cannot be called"},
		"new object":        {"ctorch\nSize\n)\x81.", "opcode"},
		"instance":          {"(itorch\nSize\n.", "opcode"},
		"extension":         {"\x82\x01.", "opcode"},
		"state of a number": {"K\x01}b.", "state for"},
		"append to a dict":  {"}K\x01a.", "no list"},
		"odd items":         {"}(K\x01u.", "no dict"},
		"items of a list":   {"](K\x01K\x02u.", "no dict"},
		"other persistent":  {"X\x01\x00\x00\x00aQ.", "persistent id"},
		"huge storage":      {storagePickle("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", "K\x00))"), "not well formed"},
		"negative storage":  {storagePickle("J\xff\xff\xff\xff", "K\x00))"), "not well formed"},
		"negative offset":   {storagePickle("K\x01", "J\xff\xff\xff\xff))"), "element -1"},
		"offset beyond":     {storagePickle("K\x01", "K\x02))"), "element 2"},
		"scalar beyond":     {storagePickle("K\x01", "K\x01))"), "beyond a storage"},
		"shape beyond":      {storagePickle("K\x04", "K\x00K\x05\x85K\x01\x85"), "in a storage of 4"},
		"shape overflow":    {storagePickle("K\x04", "K\x00"+huge+huge+"\x86K\x01K\x01\x86"), "in a storage of 4"},
		"stride beyond":     {storagePickle("K\x04", "K\x00K\x02\x85K\x04\x85"), "beyond a storage"},
		"stride overflow":   {storagePickle("K\x04", "K\x00K\x02K\x02\x86"+huge+huge+"\x86"), "beyond a storage"},
		"stride at offset":  {storagePickle("K\x04", "K\x02K\x02\x85K\x02\x85"), "beyond a storage"},
		"ranks differ":      {storagePickle("K\x04", "K\x00K\x02\x85K\x01K\x01\x86"), "strides"},
		"negative stride":   {storagePickle("K\x04", "K\x00K\x02\x85J\xff\xff\xff\xff\x85"), "is not a size"},
		"size of tuples":    {storagePickle("K\x04", "K\x00"+tupleTree(60)+"\x85K\x01\x85"), "is not a size"},
		"rank":              {storagePickle("K\x01", "K\x00("+strings.Repeat("K\x01", 33)+"t)"), "at most 32"},
		"many objects":      {strings.Repeat("]", maxObjects+1), "objects"},
		"copies": {
			"ccollections\nOrderedDict\nq\x00](" + strings.Repeat(")", 1000) + "eq\x010" + strings.Repeat("h\x00h\x01\x85R0", 3000) + "N.",
			"something else than pairs",
		},
		"copied pairs": {
			"ccollections\nOrderedDict\nq\x00](" + strings.Repeat("NN\x86", 10000) + "eq\x010" + strings.Repeat("h\x00h\x01\x85R0", 300) + "N.",
			"objects",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := unpickle([]byte(test.program), torch{map[string]storage{}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// Dicts that share children make a tree that is exponentially larger than the
// file, or endless.
func TestHostileDicts(t *testing.T) {
	bomb := "}q\x00"
	for range maxDepth - 2 {
		bomb += "q\x010}(" + doubled() + "uq\x00"
	}
	long := "X\x00\x02\x00\x00" + strings.Repeat("a", 512)
	names := strings.TrimSuffix(storagePickle("K\x01", "K\x00))"), ".") + "q\x000}q\x01("
	for i := range maxNames/512 + 1 {
		names += fmt.Sprintf("X\x06\x00\x00\x00%06xh\x00", i)
	}
	tests := map[string]string{
		"bomb":    bomb + ".",
		"names":   names + "u0}" + long + "h\x01s.",
		"endless": "}q\x00X\x01\x00\x00\x00ah\x00s.",
		"wrapped": "}q\x00X\x05\x00\x00\x00modelh\x00s.",
	}
	for name, program := range tests {
		t.Run(name, func(t *testing.T) {
			root, _, err := unpickle([]byte(program), torch{map[string]storage{}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := newPickled(root, nil); err == nil {
				t.Error("no error")
			}
		})
	}
}

// doubled are eight entries that are all the dict remembered at 1.
func doubled() string {
	var b strings.Builder
	for i := range 8 {
		b.WriteString("X\x01\x00\x00\x00" + string(rune('a'+i)) + "h\x01")
	}
	return b.String()
}

// tupleTree is a tuple of two tuples of two tuples and so on, which has 2^depth
// leaves when it is written out.
func tupleTree(depth int) string {
	return ")" + strings.Repeat("q\x00h\x00\x86", depth)
}

// A tensor without elements may stand anywhere in its storage.
func TestEmptyTensor(t *testing.T) {
	for name, place := range map[string]string{
		"contiguous": "K\x02K\x00\x85K\x01\x85",
		"strided":    "K\x02K\x00K\x03\x86K\x01K\x07\x86",
	} {
		t.Run(name, func(t *testing.T) {
			program := "}X\x01\x00\x00\x00a" + strings.TrimSuffix(storagePickle("K\x04", place), ".") + "s."
			root, _, err := unpickle([]byte(program), torch{map[string]storage{}})
			if err != nil {
				t.Fatal(err)
			}
			p, err := newPickled(root, nil)
			if err != nil {
				t.Fatal(err)
			}
			if x, err := p.tensor("a"); err != nil || x.Len() != 0 {
				t.Errorf("%v, %v", x, err)
			}
		})
	}
}

func TestStorageDescribedTwice(t *testing.T) {
	b := torch{map[string]storage{}}
	id := tuple{"storage", class("torch.FloatStorage"), "0", "cpu", int64(4)}
	if _, err := b.persistent(id); err != nil {
		t.Fatal(err)
	}
	if _, err := b.persistent(id); err != nil {
		t.Fatal(err)
	}
	id[4] = int64(5)
	if _, err := b.persistent(id); err == nil {
		t.Error("one storage of two lengths")
	}
}

func FuzzCheckpoint(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.p*t*")
	if err != nil || len(paths) < 5 {
		f.Fatal(paths, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if file, err := Parse(data); err == nil {
			readAll(file)
		}
	})
}

// The pickle alone: a mutated archive fails at its checksums.
func FuzzPickle(f *testing.F) {
	f.Add([]byte(storagePickle("K\x04", "K\x01K\x02\x85K\x01\x85\x89N")))
	f.Add([]byte("}(X\x01\x00\x00\x00a" + strings.TrimSuffix(storagePickle("K\x04", "K\x01K\x02\x85K\x01\x85\x89N"), ".") + "u."))
	f.Add([]byte("ccollections\nOrderedDict\n)R(\x8c\x01aK\x03u}\x8c\x01_Nsb."))
	f.Fuzz(func(t *testing.T, data []byte) {
		root, _, err := unpickle(data, torch{map[string]storage{}})
		if err != nil {
			return
		}
		file, err := newPickled(root, func(s storage) ([]byte, error) {
			if s.len > 1<<20 {
				return nil, errShort
			}
			return make([]byte, s.len*s.dtype.Size()), nil
		})
		if err == nil {
			readAll(&File{source: file})
		}
	})
}
