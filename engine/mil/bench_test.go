package mil

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"zoomscope/engine/grid"
	"zoomscope/engine/internal/ort"
	"zoomscope/engine/nn"
	"zoomscope/engine/safetensors"
	"zoomscope/packaging/testenv"
)

// inMemory are features that need not be copied.
type inMemory struct{ matrices }

func (m inMemory) Dense(level int) []float32 { return m.matrices[level].F32 }

type benchOpener struct{ b *testing.B }

func (o benchOpener) Open(data []byte) (nn.Session, error) {
	r, err := ort.Load(testenv.ORT(o.b))
	if err != nil {
		return nil, err
	}
	return r.Open(data, ort.Options{Threads: 2})
}

// The shapes of the paper's datasets, at the published sizes.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		name string
		rows []int
		k    int
	}{
		{"CRC", []int{217, 868, 3472}, 16},
		{"BRIGHT", []int{62, 248, 3968}, 12},
		{"K300", []int{620, 2480, 9920}, 300},
	} {
		b.Run(c.name, func(b *testing.B) {
			config := testConfig(1)
			config.Magnifications, config.K = []float64{5, 10, 20}, []int{c.k, c.k}
			config.Encoder.Dim, config.Sizes = 1024, Sizes{Hidden: 256, Embedding: 512}
			m, err := New(config, 1)
			if err != nil {
				b.Fatal(err)
			}
			t, err := m.NewTrainer(benchOpener{b}, TrainOptions{})
			if err != nil {
				b.Fatal(err)
			}
			defer t.Close()
			source := inMemory{randomSource(1, 1024, c.rows...)}
			step := func(i int) {
				if _, err := t.Step(b.Context(), source, 1, StepOptions{LearningRate: 1e-4, Seed: uint64(i)}); err != nil {
					b.Fatal(err)
				}
			}
			step(0)
			t.Times = StepTimes{}
			b.ResetTimer()
			for i := range b.N {
				step(i)
			}
			per := 1e3 / float64(b.N)
			b.ReportMetric(t.Times.Forward.Seconds()*per, "forward-ms")
			b.ReportMetric(t.Times.Selection.Seconds()*per, "selection-ms")
			b.ReportMetric(t.Times.Backward.Seconds()*per, "backward-ms")
			b.ReportMetric(t.Times.Optimizer.Seconds()*per, "optimizer-ms")
		})
	}
}

// Reading a slide of the CRC shape from a bag in half precision, as training does.
func BenchmarkReadHalf(b *testing.B) {
	f, err := safetensors.Parse(halfBag(b, 4557, 1024))
	if err != nil {
		b.Fatal(err)
	}
	raw, err := f.Bytes("x")
	if err != nil {
		b.Fatal(err)
	}
	config := testConfig(1)
	config.Encoder.Dim = 1024
	t := &Trainer{descent: descent{config: config}}
	for b.Loop() {
		t.work.reset()
		if _, err := t.read(halfSource{raw, 1024}, 0, span(4557)); err != nil {
			b.Fatal(err)
		}
	}
}

func halfBag(b *testing.B, rows, dim int) []byte {
	var file bytes.Buffer
	x := safetensors.FromFloat32(make([]float32, rows*dim), safetensors.F16, rows, dim)
	if err := safetensors.Write(&file, map[string]safetensors.Raw{"x": x}, nil); err != nil {
		b.Fatal(err)
	}
	return file.Bytes()
}

// halfSource has one level in half precision.
type halfSource struct {
	raw []byte
	dim int
}

func (h halfSource) Len(int) int { return len(h.raw) / 2 / h.dim }

func (h halfSource) Features(dst []float32, _ int, rows []int) error {
	for i, row := range rows {
		safetensors.DecodeFloat32(dst[i*h.dim:(i+1)*h.dim], safetensors.F16, h.raw[2*row*h.dim:2*(row+1)*h.dim])
	}
	return nil
}

// BenchmarkBagStep is a step of training on one large slide, by every method with
// its published sizes; the memory is that of the process at its peak.
func BenchmarkBagStep(b *testing.B) {
	const patches = 16000
	for _, method := range Methods()[1:] {
		b.Run(method, func(b *testing.B) {
			c := testConfig(1024)
			c.Method, c.Sizes, c.Classifier, c.K = method, Published(method).Sizes, Published(method).Classifier, nil
			source := onMap{}
			fewest, _ := Scales(method)
			c.Magnifications = c.Magnifications[:fewest]
			for i := range patches / fewest {
				source.cells = append(source.cells, grid.Cell{Column: i % 127, Row: i / 127})
			}
			for range fewest {
				source.matrices = append(source.matrices, randomSource(1, 1024, patches/fewest)...)
			}
			m, err := New(c, 1)
			if err != nil {
				b.Fatal(err)
			}
			l, err := m.NewLearner(benchOpener{b}, TrainOptions{})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			for b.Loop() {
				if _, err := l.Step(b.Context(), source, 1, StepOptions{LearningRate: 1e-4, Seed: 1}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(peakMegabytes(b), "MB-peak")
		})
	}
}

// peakMegabytes is what the process has had in memory, where the system says so.
func peakMegabytes(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("the system does not say how much memory was used")
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1000
		}
	}
	return 0
}
