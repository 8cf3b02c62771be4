package bench

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/engine/device"
	"zoomscope/engine/internal/memory"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn/nntest"
	"zoomscope/packaging/testenv"
)

// A training step of a small shape, on the real runtime.
func TestStepChild(t *testing.T) {
	d, _, err := device.New([]string{testenv.ORT(t)}).Choose(t.Context(), device.CPU, device.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	small := StepShape{Name: "small", Low: 5, Ratios: [2]int{4, 4}, K: 2}
	train, err := small.train(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	sum := train.Parts.Forward + train.Parts.Selection + train.Parts.Backward + train.Parts.Optimizer
	if !(train.TrainStep > 0 && train.Parts.Forward > 0 && train.Parts.Optimizer > 0 && sum < 3*train.TrainStep) || train.PeakMiB <= 0 {
		t.Errorf("%+v", train)
	}
	eval, err := small.eval(t.Context(), d)
	if err != nil || !(eval.EvalForward > 0) {
		t.Errorf("%+v, %v", eval, err)
	}
	if m, err := MatMul(t.Context(), d); err != nil || m < 0.1 {
		t.Errorf("matrix product at %v GFLOP/s, %v", m, err)
	}
}

func TestStepChildRefuses(t *testing.T) {
	for _, c := range [][2]string{{"CRC", "fly"}, {"nothing", "train"}} {
		if _, err := StepChild(t.Context(), nntest.Interpreter{}, c[0], c[1]); err == nil {
			t.Errorf("%v: no error", c)
		}
	}
}

// The operations of a step counted one by one: each weight of a layer is a
// multiplication and an addition for each row, forwards, for the weights'
// gradient and for the rows'.
func TestGFLOP(t *testing.T) {
	s := StepShape{Low: 10, Ratios: [2]int{4, 4}, K: 3}
	attention := 512*256 + 512*256 + 256
	low := 10 * (2*1024*512 + 3*2*attention) // its features need no gradient
	middle := 12 * 3 * (1024*512 + 2*attention)
	high := 12 * 3 * (1024*512 + attention)
	if got, want := s.gflop(), 2e-9*float64(low+middle+high); got < 0.999*want || got > 1.001*want {
		t.Errorf("%v, want %v", got, want)
	}
}

// script is a program that prints text.
func script(t *testing.T, text string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "answer")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"cat", path}
}

func TestPublicCode(t *testing.T) {
	const answer = `{"shapes": {
		"CRC": {"n1": 217, "train": {"median_s": 0.2, "peak_rss_mib": 300}, "eval": {"median_s": 0.05}},
		"BRIGHT": {"train": {"median_s": 0.3, "peak_rss_mib": 400}, "eval": {"median_s": 0.06}},
		"CAMELYON16": {"train": {"median_s": 2, "peak_rss_mib": 1300}, "eval": {"median_s": 0.3}}}}`
	shapes := StepShapes()
	if err := PublicCode(context.Background(), script(t, answer), shapes); err != nil {
		t.Fatal(err)
	}
	if p := shapes[2].Public; p.Fastest != 2 || p.Slowest != 2 || p.PeakMiB != 1300 || p.Eval != 0.3 || p.Source == "" {
		t.Errorf("%+v", p)
	}
	for name, text := range map[string]string{
		"not JSON":     "Traceback",
		"a shape less": `{"shapes": {"CRC": {"train": {}, "eval": {}}}}`,
		"failed":       strings.Replace(answer, `{"median_s": 0.3, "peak_rss_mib": 400}`, `{"error": "no memory"}`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			if err := PublicCode(context.Background(), script(t, text), StepShapes()); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestStepVerdicts(t *testing.T) {
	s := StepShapes()[2]
	times := &StepTimes{Shape: s.Name, TrainStep: s.Public.Fastest / 20, PeakMiB: s.Public.PeakMiB / 3, Peer: s.Public}
	times.judge(s)
	if v := times.Verdicts; len(v) != 2 || !v[0].Met || v[1].Met {
		t.Errorf("%+v", v)
	}
	if rows := StepTable([]*StepTimes{times}).Rows; len(rows) != 1 || rows[0][0] != "CAMELYON16" || rows[0][9] != "1900-2100" {
		t.Errorf("%v", rows)
	}
}

// What is asked is answered, with steps that were taken.
func TestServeSteps(t *testing.T) {
	for _, method := range []string{mil.MeanMIL, mil.SparseConvMIL} {
		var out strings.Builder
		if err := ServeSteps(t.Context(), nntest.Interpreter{}, method, 16, strings.NewReader("run 1\nrun 2\n"), &out); err != nil {
			t.Fatal(err)
		}
		answers := json.NewDecoder(strings.NewReader(out.String()))
		var first Introduction
		if err := answers.Decode(&first); err != nil || first.Name == "" {
			t.Errorf("%s: introduction %+v, error %v", method, first, err)
		}
		for range 2 {
			var took struct{ Wall, CPU *float64 }
			if err := answers.Decode(&took); err != nil || took.Wall == nil || took.CPU == nil || !(*took.Wall > 0) {
				t.Errorf("%s: %s, error %v", method, out.String(), err)
			}
		}
		if answers.More() {
			t.Errorf("%s: %s", method, out.String())
		}
	}
	if err := ServeSteps(t.Context(), nntest.Interpreter{}, mil.MeanMIL, 16, strings.NewReader("walk\n"), io.Discard); err == nil {
		t.Error("what is not understood is done")
	}
}

func TestMethodConfigs(t *testing.T) {
	for _, method := range ExhaustiveMethods() {
		c := methodConfig(method)
		if err := c.Validate(); err != nil || len(c.Magnifications) != len(methodRows(method, 3472)) {
			t.Errorf("%s: %v, error %v", method, c.Magnifications, err)
		}
	}
}

// A peer that is not given leaves the columns of it empty; one that is tells of both.
func TestMethodStep(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	talk := func(wall string) []string {
		return []string{sh, "-c", `echo '{"name": "a peer"}'; while read line; do echo '{"wall": ` + wall + `, "cpu": 1}'; done`}
	}
	c := MethodCase{Method: mil.MSMIL, Patches: 32, Rounds: 2, Ours: talk("2")}
	alone, err := MethodStep(t.Context(), c, nil)
	if err != nil || alone.Step != 2 || alone.Patches != 42 || alone.PeerName != "" || alone.OverPeer != (Quotient{}) {
		t.Errorf("%+v, error %v", alone, err)
	}
	c.Theirs = talk("5")
	both, err := MethodStep(t.Context(), c, nil)
	if err != nil || both.Peer != 5 || both.OverPeer != (Quotient{2.5, 1}) || both.PeerName != "a peer" {
		t.Errorf("%+v, error %v", both, err)
	}
	c.Theirs = []string{sh, "-c", "exit 3"}
	if _, err := MethodStep(t.Context(), c, nil); err == nil {
		t.Error("a peer that fails is no error")
	}
}

// What cannot fit into memory is not begun.
func TestMethodStepMemory(t *testing.T) {
	for _, method := range ExhaustiveMethods() {
		c := MethodCase{Method: method, Patches: 16000}
		features := int64(0)
		for _, n := range methodRows(method, c.Patches) {
			features += 4 * StepDim * int64(n)
		}
		need := c.leastMemory()
		if need < features || need > 40*features {
			t.Errorf("%s: %d bytes, features are %d", method, need, features)
		}
		free := func(bytes int64, known bool) func() (int64, bool) {
			return func() (int64, bool) { return bytes, known }
		}
		if err := errors.Join(c.check(free(need, true)), c.check(free(0, false))); err != nil {
			t.Errorf("%s: %v", method, err)
		}
		if err := c.check(free(need-1, true)); !errors.Is(err, mil.ErrMemory) || !strings.Contains(err.Error(), "16000 patches") {
			t.Errorf("%s: error %v", method, err)
		}
		c.Theirs = []string{"peer"}
		if c.check(free(2*need-1, true)) == nil || c.check(free(2*need, true)) != nil {
			t.Errorf("%s: the peer's memory is not counted", method)
		}
	}
	if _, known := memory.Free(); !known {
		t.Skip("the system does not tell how much memory is free")
	}
	c := MethodCase{Method: mil.MaxMIL, Patches: MaxStepPatches, Ours: []string{"/nonexist"}}
	if _, err := MethodStep(t.Context(), c, nil); !errors.Is(err, mil.ErrMemory) {
		t.Errorf("error %v", err)
	}
}

// The methods that are compared with must be the same, else their times say nothing.
func TestTorchMethodsAgree(t *testing.T) {
	const python = "/usr/bin/python3" // Debian's packages are for this one
	if err := exec.Command(python, "-c", "import torch").Run(); err != nil {
		t.Skipf("no PyTorch for %s (%v); install python3-torch", python, err)
	}
	golden := testenv.Golden(t)
	files := []string{
		"abmil/gated_mlp_0", "clam_sb/ce_0", "dsmil/bce_c2_0", "maxmil/instance_c3_0", "meanmil/mean_0", "msmil/two_scales_0", "sparseconvmil/plain_0",
	}
	if exec.Command(python, "-c", "import nystrom_attention").Run() == nil {
		files = append(files, "transmil/d16_n9_square_0", "transmil/d32_n10_0")
	}
	command := []string{filepath.Join(testenv.Root(), "packaging", "bench", "torch_mil.py"), "check"}
	for _, f := range files {
		command = append(command, filepath.Join(golden, filepath.FromSlash(f)+".safetensors"))
	}
	if out, err := exec.Command(python, command...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
