package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"time"

	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
)

// StepShape is a slide's number of patches, and how many of them are zoomed into.
type StepShape struct {
	Name   string
	Low    int    // patches at the lowest magnification
	Ratios [2]int // children of a patch at the next magnification
	K      int
	Budget float64 // how many times faster than the public code a training step must be
	Memory float64 // the share of the public code's memory that it may take; 0 for no budget
	Public PeerStep
}

// StepDim is the length of the features, that of the published encoder.
const StepDim = 1024

// stepSteps is how many steps are measured, after one to warm up.
const stepSteps = 15

// StepShapes are those of the paper's datasets. The public code's figures were
// taken on a server of two such cores with PyTorch 1.13 on two threads.
func StepShapes() []StepShape {
	return []StepShape{
		{"CRC", 217, [2]int{4, 4}, 16, 5, 0, PeerStep{Source: "published figure", Fastest: 0.13, Slowest: 0.22, PeakMiB: 341}},
		{"BRIGHT", 62, [2]int{4, 16}, 12, 5, 0, PeerStep{Source: "published figure", Fastest: 0.18, Slowest: 0.23, PeakMiB: 389}},
		{"CAMELYON16", 620, [2]int{4, 4}, 300, 15, 0.25, PeerStep{Source: "published figure", Fastest: 1.9, Slowest: 2.1, PeakMiB: 1365}},
	}
}

// PeerStep is a training step of the public code.
type PeerStep struct {
	Source  string  `json:"source"`
	Fastest float64 `json:"fastest_s"`
	Slowest float64 `json:"slowest_s"`
	Eval    float64 `json:"eval_forward_s,omitempty"`
	PeakMiB float64 `json:"peak_rss_mib"`
}

// StepTimes are medians over the steps of one shape.
type StepTimes struct {
	Shape       string    `json:"shape"`
	TrainStep   float64   `json:"train_step_s"`
	EvalForward float64   `json:"eval_forward_s"`
	PeakMiB     float64   `json:"peak_rss_mib"` // of a process that trains, its libraries included
	Parts       StepParts `json:"parts_s"`
	// GFLOP are those of the matrix products of a step, and OfLimit what they
	// would take at the speed of one large product over what the step took.
	GFLOP    float64   `json:"gflop"`
	OfLimit  float64   `json:"share_of_matmul_limit"`
	Peer     PeerStep  `json:"peer"`
	Verdicts []Verdict `json:"-"`
}

// StepParts are the mean seconds of the parts of a step.
type StepParts struct {
	Forward   float64 `json:"forward"`
	Selection float64 `json:"selection"`
	Backward  float64 `json:"backward"`
	Optimizer float64 `json:"optimizer"`
}

// judge compares with the peer, at its fastest.
func (t *StepTimes) judge(s StepShape) {
	t.Verdicts = []Verdict{AtLeast(s.Name+", training step, public code / ours", t.Peer.Fastest/t.TrainStep, s.Budget)}
	if s.Memory > 0 {
		t.Verdicts = append(t.Verdicts, AtMost(s.Name+", training, memory / the public code's", t.PeakMiB/t.Peer.PeakMiB, s.Memory, ""))
	}
}

// Step measures one shape: a training step and an evaluation, each in a process
// of its own, which command starts: it must call StepChild with the shape's name
// and "train" or "eval" added. matmul is what a large product reaches, in GFLOP/s.
func Step(ctx context.Context, command []string, s StepShape, matmul float64) (*StepTimes, error) {
	t := &StepTimes{}
	eval := &StepTimes{}
	for what, into := range map[string]*StepTimes{"train": t, "eval": eval} {
		out, err := childOutput(ctx, append(command[:len(command):len(command)], s.Name, what))
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(out, into); err != nil {
			return nil, fmt.Errorf("%s, %s: %w", s.Name, what, err)
		}
	}
	t.EvalForward, t.Peer = eval.EvalForward, s.Public
	t.OfLimit = t.GFLOP / matmul / t.TrainStep
	t.judge(s)
	return t, nil
}

func childOutput(ctx context.Context, command []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	cmd.WaitDelay = orphans
	out, err := cmd.Output()
	return out, ended(ctx.Err, strings.Join(command, " "), err, stderr.String())
}

// StepChild measures a shape in this process, which must do nothing else.
func StepChild(ctx context.Context, o nn.Opener, shape, what string) (*StepTimes, error) {
	for _, s := range StepShapes() {
		if s.Name != shape {
			continue
		}
		switch what {
		case "train":
			return s.train(ctx, o)
		case "eval":
			return s.eval(ctx, o)
		}
	}
	return nil, fmt.Errorf("no measurement %q of shape %q", what, shape)
}

func (s StepShape) train(ctx context.Context, o nn.Opener) (_ *StepTimes, err error) {
	m, err := mil.New(s.config(), 1)
	if err != nil {
		return nil, err
	}
	t, err := m.NewTrainer(o, mil.TrainOptions{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	slide := s.slide()
	median, err := timeEach(func(i int) error {
		if i == 0 {
			t.Times = mil.StepTimes{}
		}
		_, err := t.Step(ctx, slide, 1, mil.StepOptions{LearningRate: 1e-4, Seed: uint64(i + 1)})
		return err
	})
	mean := func(d time.Duration) float64 { return d.Seconds() / stepSteps }
	return &StepTimes{
		Shape: s.Name, TrainStep: median, PeakMiB: ownPeak(), GFLOP: s.gflop(),
		Parts: StepParts{
			Forward: mean(t.Times.Forward), Selection: mean(t.Times.Selection),
			Backward: mean(t.Times.Backward), Optimizer: mean(t.Times.Optimizer),
		},
	}, err
}

func (s StepShape) eval(ctx context.Context, o nn.Opener) (_ *StepTimes, err error) {
	m, err := mil.New(s.config(), 1)
	if err != nil {
		return nil, err
	}
	n, err := m.Open(o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	slide := s.slide()
	median, err := timeEach(func(int) error {
		_, err := n.Forward(ctx, slide)
		return err
	})
	return &StepTimes{Shape: s.Name, EvalForward: median, PeakMiB: ownPeak()}, err
}

// timeEach does the steps from -1, which warms up, on, and returns the median.
func timeEach(step func(i int) error) (float64, error) {
	var times []float64
	for i := -1; i < stepSteps; i++ {
		start := time.Now()
		if err := step(i); err != nil {
			return 0, err
		}
		if i >= 0 {
			times = append(times, time.Since(start).Seconds())
		}
	}
	return Median(times), nil
}

func ownPeak() float64 { return float64(peakMemory(os.Getpid())) / (1 << 20) }

// config has the published sizes.
func (s StepShape) config() mil.Config {
	settings, _ := tissue.Preset("crc")
	return mil.Config{
		Name: s.Name, Method: mil.ZoomMIL, Classes: []string{"0", "1", "2"},
		Magnifications: []float64{5, 10, 10 * math.Sqrt(float64(s.Ratios[1]))}, K: []int{s.K, s.K},
		PatchSize: 256, Encoder: result.Encoder{Name: "random", Dim: StepDim}, Tissue: settings,
		Sizes: mil.Sizes{Hidden: 256, Embedding: 512}, Classifier: mil.Linear,
	}
}

// slide has random features, all in memory, as the public code has them.
func (s StepShape) slide() features {
	rows := []int{s.Low}
	for i, ratio := range s.Ratios {
		rows = append(rows, rows[i]*ratio)
	}
	return randomFeatures(rows)
}

// features [N, D] of each magnification; a mil.Source.
type features [][]float32

func (f features) Len(level int) int         { return len(f[level]) / StepDim }
func (f features) Dense(level int) []float32 { return f[level] }
func (f features) Features(dst []float32, level int, rows []int) error {
	for i, row := range rows {
		copy(dst[i*StepDim:(i+1)*StepDim], f[level][row*StepDim:])
	}
	return nil
}

// gflop are the floating-point operations of the matrix products of a training
// step, in thousands of millions: forwards, and twice as many backwards, but
// that the features of the lowest magnification need no gradient.
func (s StepShape) gflop() float64 {
	c := s.config()
	d, e, h := StepDim, c.Sizes.Embedding, c.Sizes.Hidden
	rows := []int{s.Low, min(s.K, s.Low) * s.Ratios[0], min(s.K, s.K*s.Ratios[0]) * s.Ratios[1]}
	total := 0
	for i, n := range rows {
		attentions := 2
		if i == len(rows)-1 {
			attentions = 1
		}
		forward := n * (d*e + attentions*(2*e*h+h))
		total += 3 * forward
		if i == 0 {
			total -= n * d * e
		}
	}
	return 2 * float64(total) / 1e9
}

// MatMul is what a large matrix product reaches on a device, in GFLOP/s: the best
// of several.
func MatMul(ctx context.Context, o nn.Opener) (_ float64, err error) {
	const n = 1024
	g := nn.NewGraph("matmul")
	a, b := g.Input("a", nn.Float32, nn.Fixed(n), nn.Fixed(n)), g.Input("b", nn.Float32, nn.Fixed(n), nn.Fixed(n))
	g.Output("c", g.MatMul(a, b))
	data, err := g.ONNX()
	if err != nil {
		return 0, err
	}
	s, err := o.Open(data)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	in := []*nn.Tensor{nn.NewTensor(nn.Float32, n, n), nn.NewTensor(nn.Float32, n, n)}
	out := []*nn.Tensor{nn.NewTensor(nn.Float32, n, n)}
	best := math.Inf(1)
	for range 30 {
		start := time.Now()
		if err := s.Run(ctx, in, out); err != nil {
			return 0, err
		}
		best = min(best, time.Since(start).Seconds())
	}
	return 2 * n * n * n / best / 1e9, nil
}

// PublicCode times the public code's steps by a script that prints JSON, and puts
// them in the place of the published figures.
func PublicCode(ctx context.Context, command []string, shapes []StepShape) error {
	out, err := childOutput(ctx, command)
	if err != nil {
		return err
	}
	var doc struct {
		Shapes map[string]map[string]json.RawMessage
	}
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&doc); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(command, " "), err)
	}
	for i, s := range shapes {
		var train, eval struct {
			Median float64 `json:"median_s"`
			Peak   float64 `json:"peak_rss_mib"`
			Error  string  `json:"error"`
		}
		row := doc.Shapes[s.Name]
		if err := errors.Join(json.Unmarshal(row["train"], &train), json.Unmarshal(row["eval"], &eval)); err != nil {
			return fmt.Errorf("%s: shape %s: %w", strings.Join(command, " "), s.Name, err)
		}
		if text := train.Error + eval.Error; text != "" {
			return fmt.Errorf("%s: shape %s: %s", strings.Join(command, " "), s.Name, text)
		}
		shapes[i].Public = PeerStep{Source: "measured here", Fastest: train.Median, Slowest: train.Median, Eval: eval.Median, PeakMiB: train.Peak}
	}
	return nil
}

// StepTable shows training steps, in milliseconds.
func StepTable(list []*StepTimes) Table {
	t := Table{Head: []string{"milliseconds", "train step", "forward", "selection", "backward", "optimizer", "of limit", "eval", "peak MiB", "public code", "its MiB"}}
	for _, s := range list {
		row := []string{s.Shape}
		for _, x := range []float64{s.TrainStep, s.Parts.Forward, s.Parts.Selection, s.Parts.Backward, s.Parts.Optimizer} {
			row = append(row, fmt.Sprintf("%.1f", 1e3*x))
		}
		public := fmt.Sprintf("%.0f", 1e3*s.Peer.Fastest)
		if s.Peer.Slowest > s.Peer.Fastest {
			public += fmt.Sprintf("-%.0f", 1e3*s.Peer.Slowest)
		}
		t.add(append(row, fmt.Sprintf("%.0f %%", 100*s.OfLimit), fmt.Sprintf("%.1f", 1e3*s.EvalForward),
			fmt.Sprintf("%.0f", s.PeakMiB), public, fmt.Sprintf("%.0f", s.Peer.PeakMiB))...)
	}
	return t
}
