package mil

import (
	"testing"

	"zoomscope/engine/internal/ort"
	"zoomscope/engine/nn"
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
