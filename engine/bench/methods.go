package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"

	"zoomscope/engine/grid"
	"zoomscope/engine/internal/memory"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
)

// MethodCase is a training step of an exhaustive method, as published, by this
// program and by another. Both are started as a Peer: processes of their own, so
// that their memory can be told apart.
type MethodCase struct {
	Method  string
	Patches int // of the slide at the highest magnification
	Ours    []string
	Theirs  []string // nil for none
	Env     []string // added to the environment of both
	Rounds  int
}

// MethodTimes are medians over the rounds, a step each.
type MethodTimes struct {
	Method  string  `json:"method"`
	Patches int     `json:"patches"` // of all magnifications
	Step    float64 `json:"step_s"`
	PeakMiB float64 `json:"peak_rss_mib"` // of the process, its libraries included

	PeerName    string  `json:"peer_name,omitempty"`
	PeerProduct float64 `json:"peer_gflops,omitempty"` // of a large product of matrices by the peer
	Peer        float64 `json:"peer_step_s,omitempty"`
	PeerPeakMiB float64 `json:"peer_peak_rss_mib,omitempty"`
	// OverPeer is the peer's time over ours.
	OverPeer Quotient `json:"over_peer,omitzero"`
}

// ExhaustiveMethods are those that MethodStep measures.
func ExhaustiveMethods() []string {
	var all []string
	for _, m := range mil.Methods() {
		if m != mil.ZoomMIL {
			all = append(all, m)
		}
	}
	return all
}

// MaxStepPatches is the most patches that MethodStep takes.
const MaxStepPatches = 1 << 30

// Check makes sure that the slide and a step on it fit into memory, as far as the
// system tells; beside the peer's, which has them too. The error wraps mil.ErrMemory.
func (c *MethodCase) Check() error { return c.check(memory.Free) }

func (c *MethodCase) check(free func() (bytes int64, known bool)) error {
	need, programs := c.leastMemory(), ""
	if c.Theirs != nil {
		need, programs = 2*need, ", the peer's included"
	}
	have, known := free()
	if !known || need <= have {
		return nil
	}
	return fmt.Errorf("%s: %w: a step on %d patches needs %s or more%s, and %s are free; fewer patches need less",
		c.Method, mil.ErrMemory, c.Patches, memory.Text(need), programs, memory.Text(have))
}

// leastMemory is how many bytes a step of ours needs at the least, with the slide.
func (c *MethodCase) leastMemory() int64 {
	config := methodConfig(c.Method)
	var layers []mil.Layer
	rows := 0
	for _, n := range methodRows(c.Method, c.Patches) {
		layers, rows = append(layers, mil.Layer{Len: n}), rows+n
	}
	need := config.LeastStepMemory(layers)
	if len(layers) > 1 { // which are put together into another array
		need += 4 * int64(rows) * StepDim
	}
	return need
}

// MethodStep measures a step of one method, once it is sure that it fits into memory.
func MethodStep(ctx context.Context, c MethodCase, begin func(done, total int)) (_ *MethodTimes, err error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	ours, err := StartPeer(ctx, c.Ours, c.Env...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ours.Close()) }()
	contenders := []Contender{{"ours", func(ctx context.Context) (Spent, error) { return ours.Run(ctx, 1) }}}
	var theirs *Peer
	if c.Theirs != nil {
		if theirs, err = StartPeer(ctx, c.Theirs, c.Env...); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, theirs.Close()) }()
		contenders = append(contenders, Contender{"peer", func(ctx context.Context) (Spent, error) { return theirs.Run(ctx, 1) }})
	}
	times, err := Alternate(ctx, c.Rounds, contenders, begin)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Method, err)
	}
	t := &MethodTimes{Method: c.Method, Step: times[0].Seconds(), PeakMiB: ours.peakMiB()}
	for _, n := range methodRows(c.Method, c.Patches) {
		t.Patches += n
	}
	if theirs != nil {
		t.PeerName, t.PeerProduct = theirs.Name, theirs.GFLOPS
		t.Peer, t.PeerPeakMiB, t.OverPeer = times[1].Seconds(), theirs.peakMiB(), Ratio(times[1], times[0])
	}
	return t, nil
}

func (p *Peer) peakMiB() float64 { return float64(peakMemory(p.cmd.Process.Pid)) / (1 << 20) }

// methodRows are the patches of a slide at the magnifications of a method, lowest
// first.
func methodRows(method string, patches int) []int {
	if method == mil.MSMIL {
		return []int{patches / 16, patches / 4, patches}
	}
	return []int{patches}
}

// methodConfig is a method as published, for three classes.
func methodConfig(method string) mil.Config {
	settings, _ := tissue.Preset("crc")
	r := mil.Published(method)
	c := mil.Config{
		Name: method, Method: method, Classes: []string{"0", "1", "2"}, Magnifications: []float64{20}, PatchSize: 256,
		Encoder: result.Encoder{Name: "random", Dim: StepDim}, Tissue: settings, Sizes: r.Sizes, Classifier: r.Classifier,
	}
	if n := len(methodRows(method, 16)); n > 1 {
		c.Magnifications = []float64{5, 10, 20}[3-n:]
	}
	return c
}

// placed features have places, row by row on a square.
type placed struct{ features }

// Cells gives the places to methods that ask for them.
func (p placed) Cells(level int) []grid.Cell {
	n := p.Len(level)
	width := int(math.Sqrt(float64(n)))
	cells := make([]grid.Cell, n)
	for i := range cells {
		cells[i] = grid.Cell{Column: i % width, Row: i / width}
	}
	return cells
}

// ServeSteps is a Peer that takes steps of a method: it answers the lines of in
// on out, until in ends. It must be all that the process does.
func ServeSteps(ctx context.Context, o nn.Opener, method string, patches int, in io.Reader, out io.Writer) (err error) {
	m, err := mil.New(methodConfig(method), 1)
	if err != nil {
		return err
	}
	recipe := mil.Published(method)
	options := mil.TrainOptions{WeightDecay: recipe.WeightDecay, Dropout: recipe.Dropout, Betas: recipe.Betas}
	if options.Dropout == 0 {
		options.Dropout = -1
	}
	t, err := m.NewLearner(o, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	slide := placed{randomFeatures(methodRows(method, patches))}
	answers := json.NewEncoder(out)
	if err := answers.Encode(Introduction{Name: "zoomscope"}); err != nil {
		return err
	}
	seed := uint64(0)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var n int
		if _, err := fmt.Sscanf(lines.Text(), "run %d", &n); err != nil {
			return fmt.Errorf("asked %.50q: %w", lines.Text(), err)
		}
		spent, err := measure(func() error {
			for range n {
				seed++
				if _, err := t.Step(ctx, slide, 1, mil.StepOptions{LearningRate: recipe.LearningRate, Seed: seed}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := answers.Encode(map[string]float64{"wall": spent.Wall.Seconds(), "cpu": spent.CPU.Seconds()}); err != nil {
			return err
		}
	}
	return nil
}

// randomFeatures are so many rows of each magnification.
func randomFeatures(rows []int) features {
	r := rand.New(rand.NewPCG(1, 2))
	var f features
	for _, n := range rows {
		x := make([]float32, n*StepDim)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		f = append(f, x)
	}
	return f
}

// MethodTable shows training steps.
func MethodTable(list []*MethodTimes) Table {
	t := Table{Head: []string{"training step", "patches", "ms", "peak MiB", "peer, ms", "its MiB", "over peer", "by cpu", "memory / peer's"}}
	for _, m := range list {
		memory := 0.0
		if m.PeerPeakMiB > 0 {
			memory = m.PeakMiB / m.PeerPeakMiB
		}
		t.add(m.Method, fmt.Sprint(m.Patches), fmt.Sprintf("%.1f", 1e3*m.Step), fmt.Sprintf("%.0f", m.PeakMiB),
			quotient("%.1f", 1e3*m.Peer), quotient("%.0f", m.PeerPeakMiB), quotient("%.2fx", m.OverPeer.Wall), quotient("%.2fx", m.OverPeer.CPU),
			quotient("%.2f", memory))
	}
	return t
}
