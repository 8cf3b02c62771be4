package bench

import (
	"context"
	"errors"
	"image"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/zoom"
	"zoomscope/packaging/testenv"
)

// counting is a session that notes the sizes of the batches it is given.
type counting struct{ sizes []int }

func (c *counting) Run(_ context.Context, in, out []*nn.Tensor) error {
	c.sizes = append(c.sizes, in[0].Shape[0])
	return errors.Join(in[0].Validate(), out[0].Validate())
}

func (c *counting) Close() error { return nil }

func TestBareBatches(t *testing.T) {
	for _, c := range []struct {
		n    int
		want []int
	}{
		{0, nil}, {1, []int{1}}, {8, []int{8}}, {17, []int{8, 8, 1}}, {40, []int{8, 8, 8, 8, 8}},
	} {
		session := &counting{}
		b := &Bare{session: session, batch: 8, dim: 3, tiles: Tiles(20, 1), features: make([]float32, 24)}
		if _, err := b.Run(t.Context(), c.n); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(session.sizes, c.want) {
			t.Errorf("%d patches in batches of %v, want %v", c.n, session.sizes, c.want)
		}
	}
}

func TestReaderGivesTheTiles(t *testing.T) {
	tiles := Tiles(2, 7)
	read := readerOf(tiles)
	dst := image.NewRGBA(image.Rect(0, 0, encoder.Side, encoder.Side))
	for i := range 5 {
		if err := read(t.Context(), i, dst); err != nil {
			t.Fatal(err)
		}
		tile := tiles[i%2*encoder.TileBytes:]
		for p := range encoder.Side * encoder.Side {
			if [3]byte(dst.Pix[4*p:]) != [3]byte(tile[3*p:]) || dst.Pix[4*p+3] != 255 {
				t.Fatalf("patch %d, pixel %d: %v", i, p, dst.Pix[4*p:4*p+4])
			}
		}
	}
	if slices.Equal(tiles[:encoder.TileBytes], tiles[encoder.TileBytes:]) {
		t.Error("both tiles are the same")
	}
}

func TestDifference(t *testing.T) {
	if d := difference([]float32{1, -4, 2}, []float32{1, -4, 1}); d != 0.25 {
		t.Errorf("difference %v, want 0.25", d)
	}
	if d := difference([]float32{1}, nil); !math.IsInf(d, 1) {
		t.Errorf("difference of unequal lengths %v", d)
	}
}

// resnet is an engine over random weights; without ONNX Runtime the test skips.
func resnet(t *testing.T) (Weights, EncoderCase) {
	t.Helper()
	d, story, err := device.New([]string{testenv.ORT(t)}).Choose(t.Context(), device.CPU, device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	weights := ResNet50(3)
	spec, err := encoder.ImportResNet(weights, encoder.Description{Name: "random"})
	if err != nil {
		t.Fatal(err)
	}
	card := spec.Card()
	engine, err := zoom.NewEngine(t.Context(), zoom.Options{
		Encoder: zoom.EncoderKind{
			Card: result.Encoder{Name: card.Name, Dim: card.Dim}, Side: encoder.Side,
			Open: func(o nn.Opener) (zoom.Encoder, error) { return spec.Open(o) },
		},
		Place: zoom.Place{Opener: d, Device: story, Batch: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	return weights, EncoderCase{Spec: spec, Threads: 1, Batch: 2, Device: d, Engine: engine}
}

func TestEncoder(t *testing.T) {
	_, c := resnet(t)
	times, err := Encoder(t.Context(), c, Tiles(3, 1), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if times.Patches != 3 || !(times.Bare > 0) || !(times.Pipeline > 0) || len(times.Verdicts) != 1 {
		t.Errorf("times %+v", times)
	}
}

// The peer must compute the same network, else its time says nothing.
func TestTorchAgrees(t *testing.T) {
	const python = "/usr/bin/python3" // Debian's packages are for this one
	if err := exec.Command(python, "-c", "import torch").Run(); err != nil {
		t.Skipf("no PyTorch for %s (%v); install python3-torch", python, err)
	}
	weights, c := resnet(t)
	tiles, dir := Tiles(2, 1), t.TempDir()
	weightsPath, tilesPath := filepath.Join(dir, "w.safetensors"), filepath.Join(dir, "t.rgb")
	if err := errors.Join(weights.Save(weightsPath), os.WriteFile(tilesPath, tiles, 0o600)); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(testenv.Root(), "packaging", "bench", "torch_resnet50.py")
	peer, err := StartPeer(t.Context(), []string{python, script, weightsPath, tilesPath, "2"}, "OMP_NUM_THREADS=2")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	c.Peer = peer
	times, err := Encoder(t.Context(), c, tiles, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !(times.Peer > 0) || !(times.PeerDifference < 1e-4) || len(times.Verdicts) != 2 {
		t.Errorf("%s: %v a second, features differ by %v", times.PeerName, times.Peer, times.PeerDifference)
	}
}

func TestPeerThatFails(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	_, err = StartPeer(t.Context(), []string{sh, "-c", "echo no weights >&2; exit 1"})
	if err == nil || !strings.Contains(err.Error(), "no weights") {
		t.Errorf("error %v does not say what the peer said", err)
	}
	if _, err = StartPeer(t.Context(), []string{sh, "-c", "echo hello"}); err == nil {
		t.Error("a peer that does not introduce itself is taken")
	}
	if _, err = StartPeer(t.Context(), []string{filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a program that is not there is taken")
	}
}

func TestHighWater(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system does not tell")
	}
	if own := peakMemory(os.Getpid()); own < 1<<20 {
		t.Errorf("this process held %d bytes at most", own)
	}
	use, err := Memory(t.Context(), []string{"sleep", "0.2"}, "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	if use.Peak < 1<<16 || use.Peak > 1<<30 || use.Seconds < 0.2 || !use.Verdicts[0].Met {
		t.Errorf("sleep took %+v", use)
	}
	if _, err := Memory(t.Context(), []string{"sh", "-c", "echo broken >&2; exit 1"}, "a", "b"); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("error %v does not say what the program said", err)
	}
}

func TestMachine(t *testing.T) {
	dir := t.TempDir()
	info, avg := filepath.Join(dir, "cpuinfo"), filepath.Join(dir, "loadavg")
	err := errors.Join(
		os.WriteFile(info, []byte("processor\t: 0\nmodel name\t: Fast: 3 GHz\nmodel name\t: other\n"), 0o600),
		os.WriteFile(avg, []byte("1.25 0.5 0.1 1/2 3\n"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	if p := processor(info); p != "Fast: 3 GHz" {
		t.Errorf("processor %q", p)
	}
	if l := load(avg); l != 1.25 {
		t.Errorf("load %v", l)
	}
	if none := filepath.Join(dir, "none"); processor(none) != "" || load(none) != -1 {
		t.Error("a machine that does not tell is described")
	}
}
