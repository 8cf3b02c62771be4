package bench

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/engine/device"
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
