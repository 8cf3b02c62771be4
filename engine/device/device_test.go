package device

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
	"zoomscope/packaging/testenv"
)

func manager(t testing.TB) *Manager { return New([]string{testenv.ORT(t)}) }

func choose(t *testing.T, k Kind) *Device {
	t.Helper()
	d, _, err := manager(t).Choose(t.Context(), k, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSessions(t *testing.T) { nntest.Sessions(t, choose(t, CPU)) }

func TestChoose(t *testing.T) {
	m := manager(t)
	for _, k := range Kinds() {
		t.Run(string(k), func(t *testing.T) {
			d, said, err := m.Choose(t.Context(), k, Options{Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			last := said.Tried[len(said.Tried)-1]
			if said.Requested != string(k) || said.Used != string(d.Kind()) || said.Name == "" || !last.OK || last.Device != said.Used {
				t.Errorf("said %+v of a device %s", said, d.Kind())
			}
			if k != Auto && d.Kind() != k && (d.Kind() != CPU || !strings.Contains(said.Reason, string(k)+" was requested, but ")) {
				t.Errorf("fell back to %s: %s", d.Kind(), said.Reason)
			}
			for _, a := range said.Tried[:len(said.Tried)-1] {
				if a.OK || a.Detail == "" || !strings.Contains(said.Reason, a.Detail) && k != Auto {
					t.Errorf("attempt %+v", a)
				}
			}
			if s := nntest.Open(t, d, proofNetwork()); s == nil {
				t.Error("no session")
			}
			if _, again, err := m.Choose(t.Context(), k, Options{Threads: 1}); err != nil || !reflect.DeepEqual(again, said) {
				t.Errorf("said %+v, and when asked again %+v, error %v", said, again, err)
			}
		})
	}
}

func TestThreads(t *testing.T) {
	for given, want := range map[int]int{0: 0, 1: 1, 1 << 30: runtime.NumCPU()} {
		if got := sessionOptions(CPU, Options{Threads: given}).Threads; got != want {
			t.Errorf("%d threads: %d, want %d", given, got, want)
		}
	}
}

// TestNameSaysThreads: the name of a processor says how many threads compute, which
// is never more than there are cores.
func TestNameSaysThreads(t *testing.T) {
	all := fmt.Sprintf(", %d threads", runtime.NumCPU())
	if runtime.NumCPU() == 1 {
		all = ", 1 thread"
	}
	for threads, want := range map[int]string{0: all, 1: ", 1 thread", 1 << 20: all} {
		d, said, err := manager(t).Choose(t.Context(), CPU, Options{Threads: threads})
		if err != nil || !strings.HasSuffix(said.Name, want) || d.Name() != said.Name {
			t.Errorf("%d threads: %q, error %v, want %q", threads, said.Name, err, want)
		}
	}
	for threads, want := range map[int]string{1: ", 1 thread", 3: ", 3 threads"} {
		if got := name(CPU, threads); !strings.HasSuffix(got, want) {
			t.Errorf("%d threads: %q, want %q", threads, got, want)
		}
	}
}

func TestElsewhere(t *testing.T) {
	k := DirectML
	if runtime.GOOS == "windows" {
		k = CoreML
	}
	_, said, err := manager(t).Choose(t.Context(), k, Options{})
	if err != nil || said.Used != "cpu" || !strings.Contains(said.Reason, "is for ") {
		t.Errorf("said %+v, error %v", said, err)
	}
}

func TestChooseEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := manager(t).Choose(ctx, Auto, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestList(t *testing.T) {
	list, err := manager(t).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1+len(accelerators(runtime.GOOS)) || list[0].Kind != CPU || !list[0].OK {
		t.Fatalf("list %+v", list)
	}
	for _, l := range list {
		if l.Name == "" || l.Detail == "" || l.OK != (l.Seconds > 0) {
			t.Errorf("device %+v", l)
		}
	}
}

func TestNoRuntime(t *testing.T) {
	m := New([]string{filepath.Join(t.TempDir(), "libonnxruntime.so.1")})
	_, said, err := m.Choose(t.Context(), Auto, Options{})
	if !errors.Is(err, ErrNoRuntime) || !strings.Contains(err.Error(), Setting) || said.Reason == "" {
		t.Errorf("error %v, said %+v", err, said)
	}
	if _, err := m.List(t.Context()); !errors.Is(err, ErrNoRuntime) {
		t.Errorf("error %v", err)
	}
	text := filepath.Join(t.TempDir(), "libonnxruntime.so.1")
	if err := os.WriteFile(text, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New([]string{text}).List(t.Context()); !errors.Is(err, ErrNoRuntime) || !strings.Contains(err.Error(), text) {
		t.Errorf("a file that is no library: %v", err)
	}
}

func TestCandidates(t *testing.T) {
	t.Setenv(Setting, "")
	list := Candidates("/extra")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	exe, err = filepath.EvalSymlinks(exe)
	if err != nil {
		t.Fatal(err)
	}
	files, _ := libraryNames(runtime.GOOS)
	if list[0] != filepath.Join(filepath.Dir(exe), "lib", files[0]) || !strings.Contains(strings.Join(list, "\n"), filepath.Join("/extra", files[0])) {
		t.Errorf("candidates %v", list)
	}
	t.Setenv(Setting, "/set/lib.so")
	if list := Candidates("/extra"); len(list) != 1 || !strings.HasSuffix(list[0], "lib.so") {
		t.Errorf("with the setting: %v", list)
	}
}

func TestParseKind(t *testing.T) {
	for _, k := range Kinds() {
		if got, err := ParseKind(string(k)); err != nil || got != k {
			t.Errorf("%s: %s, %v", k, got, err)
		}
	}
	if got, err := ParseKind(""); err != nil || got != Auto {
		t.Errorf("empty: %s, %v", got, err)
	}
	if _, err := ParseKind("tpu"); err == nil {
		t.Error("tpu: no error")
	}
}

// The answer in this package and the interpreter agree on the known network.
func TestProofAnswer(t *testing.T) {
	s := nntest.Open(t, nntest.Interpreter{}, proofNetwork())
	if _, err := proofRun(t.Context(), s, 4, 1e-6); err != nil {
		t.Error(err)
	}
}

// wrong is a device that gets one value wrong.
type wrong struct {
	nn.Session
	by float32
}

func (w wrong) Run(ctx context.Context, in, out []*nn.Tensor) error {
	err := w.Session.Run(ctx, in, out)
	out[0].F32[len(out[0].F32)-1] += w.by
	return err
}

func TestProofFindsWrongValues(t *testing.T) {
	s := nntest.Open(t, nntest.Interpreter{}, proofNetwork())
	for _, by := range []float32{1e-3, -1e-3, float32(math.NaN()), float32(math.Inf(1))} {
		if _, err := proofRun(t.Context(), wrong{s, by}, 2, tolerance(WebGPU)); err == nil || !strings.Contains(err.Error(), "wrongly") {
			t.Errorf("off by %v: error %v", by, err)
		}
	}
}

func TestExplain(t *testing.T) {
	cases := []struct{ message, want string }{
		{"provider WebGPU: /onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:65 void onnxruntime::webgpu::WebGpuContext::Initialize() status == wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters.", "no WebGPU adapter"},
		{"provider CUDA: OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library", "CUDA library could not be loaded"},
		{"provider CUDA: CUDA failure 100: no CUDA-capable device is detected ; GPU=-1", "no CUDA device"},
		{"provider WebGPU: Failed to load library d3dcompiler_47.dll", "d3dcompiler_47.dll"},
		{"provider DML: Unknown provider name 'DML'", "built without it"},
		{"This session contains graph nodes that are assigned to the default CPU EP, but fallback to CPU EP has been explicitly disabled by the user.", "left operations to the CPU"},
		{"/src/core/x.cc:12 void f() y was false. the reason\nmore lines", "the reason"},
		{strings.Repeat("long ", 100), "long long"},
	}
	for _, c := range cases {
		kind := WebGPU
		if strings.HasPrefix(c.message, "provider CUDA") {
			kind = CUDA
		}
		got := explain(kind, errors.New(c.message))
		if !strings.Contains(got, c.want) || len(got) > 210 || strings.Contains(got, "\n") || strings.Contains(got, ".cc") {
			t.Errorf("%q: %q, want %q", c.message, got, c.want)
		}
	}
}

func TestPresent(t *testing.T) {
	dir := t.TempDir()
	touch := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("Model: \t NVIDIA  Example\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	library := touch("libonnxruntime.so.1")
	if err := cudaLibrary(library, "linux"); !errors.Is(err, errNoCUDA) {
		t.Errorf("without the provider: %v", err)
	}
	touch("libonnxruntime_providers_shared.so")
	touch("libonnxruntime_providers_cuda.so")
	if err := cudaLibrary(library, "linux"); err != nil {
		t.Errorf("with the provider: %v", err)
	}
	env := map[string]string{"XDG_DATA_DIRS": "/nowhere:" + filepath.Join(dir, "share")}
	touch("share/vulkan/icd.d/driver.json")
	if err := vulkanDriver(func(k string) string { return env[k] }); err != nil {
		t.Errorf("with a driver: %v", err)
	}
	if got := nvidiaName(filepath.Dir(filepath.Dir(touch("gpus/0000:01:00.0/information")))); got != "NVIDIA Example" {
		t.Errorf("card %q", got)
	}
	if got := nvidiaName(filepath.Join(dir, "none")); got != "" {
		t.Errorf("card %q where there is none", got)
	}
}

// child marks the process in which the graphics driver is SwiftShader.
const child = "ZOOMSCOPE_TEST_SWIFTSHADER"

// TestWebGPU runs TestOnSwiftShader in a process with SwiftShader as its only
// Vulkan driver: the driver is chosen when a process first asks for one.
func TestWebGPU(t *testing.T) {
	testenv.ORT(t)
	driver := testenv.SwiftShader(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestOnSwiftShader$", "-test.v")
	cmd.Env = append(os.Environ(), child+"=1", "VK_ICD_FILENAMES="+driver, "VK_DRIVER_FILES="+driver, "XDG_RUNTIME_DIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestOnSwiftShader")) {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestOnSwiftShader(t *testing.T) {
	if os.Getenv(child) == "" {
		t.Skip("run by TestWebGPU")
	}
	m := manager(t)
	d, said, err := m.Choose(t.Context(), WebGPU, Options{})
	if err != nil || d.Kind() != WebGPU || said.Reason != "as requested" {
		t.Fatalf("device %+v, said %+v, error %v", d, said, err)
	}
	t.Run("operators", func(t *testing.T) { nntest.Operators(t, d, nntest.Float32()) })
	t.Run("what runs on the CPU is found out", func(t *testing.T) {
		g := nn.NewGraph("float64")
		g.Output("y", g.Exp(g.Input("x", nn.Float64, nn.Fixed(2))))
		data, err := g.ONNX()
		if err != nil {
			t.Fatal(err)
		}
		strict := d.options
		strict.Strict = true
		if _, err := d.library.Open(data, strict); err == nil || !strings.Contains(explain(WebGPU, err), "left operations to the CPU") {
			t.Errorf("error %v", err)
		}
		fresh, _, err := m.Choose(t.Context(), WebGPU, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if proof := nntest.Open(t, fresh, proofNetwork()); proof == nil || fresh.Mixed() {
			t.Error("the CPU is said to help with a network that runs on the device alone")
		}
		session, err := fresh.Open(data)
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		if !fresh.Mixed() {
			t.Error("nothing says that the CPU helps out")
		}
	})
	t.Run("auto leaves it", func(t *testing.T) {
		_, said, err := m.Choose(t.Context(), Auto, Options{})
		if err != nil || said.Used == string(WebGPU) || !strings.Contains(fmt.Sprint(said.Tried), "works, but is slow") {
			t.Errorf("said %+v, error %v", said, err)
		}
	})
}
