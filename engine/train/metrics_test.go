package train

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// said is a prediction with the given logits.
func said(class int, logits ...float64) Prediction {
	p := Prediction{Class: class, Logits: logits}
	p.Predicted = slices.Index(logits, slices.Max(logits))
	return p
}

// saidClass is a prediction of a class, without degrees.
func saidClass(classes, truth, predicted int) Prediction {
	logits := make([]float64, classes)
	logits[predicted] = 1
	return said(truth, logits...)
}

func names(n int) []string { return []string{"a", "b", "c", "d", "e", "f"}[:n] }

func near(t *testing.T, what string, got Number, want float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) < 1e-12) && !(math.IsNaN(want) && !got.Defined()) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// The figures of this table by hand: rows are truth.
//
//	3 1 0
//	1 2 1
//	0 0 2
func TestMeasureByHand(t *testing.T) {
	var p []Prediction
	for truth, row := range [][]int{{3, 1, 0}, {1, 2, 1}, {0, 0, 2}} {
		for predicted, n := range row {
			for range n {
				p = append(p, saidClass(3, truth, predicted))
			}
		}
	}
	m := Measure(names(3), p, 0, 1)
	near(t, "accuracy", m.Accuracy, 0.7)
	near(t, "balanced accuracy", m.BalancedAccuracy, (0.75+0.5+1)/3)
	f1 := []float64{6.0 / 8, 4.0 / 7, 4.0 / 5}
	near(t, "macro F1", m.MacroF1, (f1[0]+f1[1]+f1[2])/3)
	near(t, "weighted F1", m.WeightedF1, (4*f1[0]+4*f1[1]+2*f1[2])/10)
	for c, want := range []struct{ precision, recall float64 }{{0.75, 0.75}, {2.0 / 3, 0.5}, {2.0 / 3, 1}} {
		near(t, "precision", m.Classes[c].Precision, want.precision)
		near(t, "recall", m.Classes[c].Recall, want.recall)
		near(t, "F1", m.Classes[c].F1, f1[c])
	}
	// Margins 4 4 2 and 4 3 3. Observed disagreement 3, expected, in tenths:
	// 4*3 + 4*3*4 + 4*4 + 4*3 + 2*4*4 + 2*3 = 126.
	near(t, "kappa", m.Kappa, 1-3/12.6)
	if m.AUC.Low.Defined() || m.AUC.Resamples != 0 || !m.AUC.Value.Defined() {
		t.Errorf("AUC %+v without resamples", m.AUC)
	}
	if m.Confusion[1][2] != 1 || m.Confusion[2][1] != 0 || m.Classes[2].Support != 2 || m.Classes[2].Class != "c" {
		t.Errorf("%+v", m)
	}
}

func TestLoss(t *testing.T) {
	m := Measure(names(2), []Prediction{said(0, 0, 0), said(1, 1, 3)}, 0, 1)
	near(t, "loss", m.Loss, (math.Log(2)+math.Log(1+math.Exp(-2)))/2)
	m = Measure(names(3), []Prediction{said(2, 1000, 0, -1000)}, 0, 1)
	near(t, "loss far off", m.Loss, 2000)
}

// Against pairs one by one, over ties, odd sizes and absent classes.
func TestAUCByPairs(t *testing.T) {
	dice := rand.New(rand.NewPCG(4, 4))
	for round := range 200 {
		classes := 2 + round%3
		var p []Prediction
		for range dice.IntN(30) {
			logits := make([]float64, classes)
			for i := range logits {
				logits[i] = float64(dice.IntN(4)) / 2
			}
			p = append(p, said(dice.IntN(classes), logits...))
		}
		r := rank(classes, p)
		times := make([]int, len(p))
		for i := range times {
			times[i] = dice.IntN(3)
		}
		for c := range classes {
			for _, times := range [][]int{nil, times} {
				got, want := r.auc(c, times), pairs(p, c, times)
				if math.Abs(float64(got)-want) > 1e-15 || got.Defined() == math.IsNaN(want) {
					t.Errorf("round %d: AUC of class %d is %v, by pairs %v", round, c, got, want)
				}
			}
		}
	}
}

// pairs is the share of pairs that are in order.
func pairs(p []Prediction, c int, times []int) float64 {
	var won, all float64
	for i, a := range p {
		for j, b := range p {
			if a.Class != c || b.Class == c {
				continue
			}
			w := 1.0
			if times != nil {
				w = float64(times[i] * times[j])
			}
			all += w
			switch x, y := a.Logits[c]-logSumExp(a.Logits, c), b.Logits[c]-logSumExp(b.Logits, c); {
			case x > y:
				won += w
			case x == y:
				won += w / 2
			}
		}
	}
	return won / all
}

func TestAUC(t *testing.T) {
	// Scores .1 .4 .35 .8 of classes 0 0 1 1: three of four pairs.
	var p []Prediction
	for i, score := range []float64{0.1, 0.4, 0.35, 0.8} {
		p = append(p, said(i/2, 0, score))
	}
	m := Measure(names(2), p, 1000, 1)
	near(t, "AUC", m.AUC.Value, 0.75)
	near(t, "AUC of the first class", m.Classes[0].AUC, 0.75)
	if !(m.AUC.Low < 0.75 && m.AUC.High == 1) || m.AUC.Resamples < 800 || m.AUC.Resamples > 950 { // 7/8 of them
		t.Errorf("interval %+v", m.AUC)
	}
	// Probabilities that round to 1 are still told apart.
	m = Measure(names(2), []Prediction{said(0, 0, 100), said(1, 0, 200)}, 0, 1)
	near(t, "AUC of sure answers", m.AUC.Value, 1)
}

// The bootstrap against one that really draws the slides.
func TestBootstrapTwin(t *testing.T) {
	dice := rand.New(rand.NewPCG(8, 8))
	var p []Prediction
	for range 23 {
		class := dice.IntN(3)
		logits := []float64{dice.NormFloat64(), dice.NormFloat64(), dice.NormFloat64()}
		logits[class]++
		p = append(p, said(class, logits...))
	}
	got := Measure(names(3), p, 300, 5).AUC
	draws := generator(domainBootstrap, 5)
	var values []float64
	for range 300 {
		var drawn []Prediction
		for range p {
			drawn = append(drawn, p[draws.IntN(len(p))])
		}
		if v := (pairs(drawn, 0, nil) + pairs(drawn, 1, nil) + pairs(drawn, 2, nil)) / 3; !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	near(t, "low end", got.Low, float64(percentile(values, 0.025)))
	near(t, "high end", got.High, float64(percentile(values, 0.975)))
	if got.Resamples != len(values) || !(got.Low < got.Value && got.Value < got.High) {
		t.Errorf("%+v of %d", got, len(values))
	}
	if other := Measure(names(3), p, 300, 6).AUC; other == got {
		t.Error("another seed gives the same interval")
	}
}

func TestPercentile(t *testing.T) {
	v := []float64{1, 2, 4}
	for q, want := range map[float64]float64{0: 1, 0.25: 1.5, 0.5: 2, 0.75: 3, 1: 4} {
		near(t, "percentile", percentile(v, q), want)
	}
	near(t, "percentile of one", percentile([]float64{7}, 0.975), 7)
}

func TestUndefined(t *testing.T) {
	t.Run("no slides", func(t *testing.T) {
		m := Measure(names(2), nil, 10, 1)
		for _, n := range []Number{m.Loss, m.Accuracy, m.BalancedAccuracy, m.MacroF1, m.WeightedF1, m.AUC.Value, m.AUC.Low, m.Kappa, m.Classes[0].Recall} {
			if n.Defined() {
				t.Errorf("%v of nothing", n)
			}
		}
	})
	t.Run("absent class", func(t *testing.T) {
		m := Measure(names(3), []Prediction{saidClass(3, 0, 0), saidClass(3, 1, 0), saidClass(3, 1, 1)}, 10, 1)
		c := m.Classes[2]
		if c.Precision.Defined() || c.Recall.Defined() || c.F1.Defined() || c.AUC.Defined() || m.AUC.Value.Defined() || m.AUC.High.Defined() {
			t.Errorf("%+v, AUC %+v", c, m.AUC)
		}
		near(t, "balanced accuracy", m.BalancedAccuracy, 0.75)
		near(t, "macro F1", m.MacroF1, 2.0/3)
		near(t, "AUC of a class that is there", m.Classes[0].AUC, 0.75)
	})
	t.Run("one class", func(t *testing.T) {
		m := Measure(names(2), []Prediction{saidClass(2, 0, 0), saidClass(2, 0, 0)}, 10, 1)
		if m.AUC.Value.Defined() || m.Kappa.Defined() || m.Classes[1].Precision.Defined() {
			t.Errorf("%+v", m)
		}
		near(t, "accuracy", m.Accuracy, 1)
	})
	t.Run("hardly ever both classes", func(t *testing.T) {
		p := []Prediction{saidClass(2, 1, 1)}
		for range 3 {
			p = append(p, saidClass(2, 0, 0))
		}
		// A draw of four has the one slide in 68 % of cases; of 4 draws, here in few.
		for seed := range uint64(200) {
			if v := Measure(names(2), p, 4, seed).AUC; v.Resamples < 2 {
				if v.Low.Defined() {
					t.Errorf("%+v", v)
				}
				return
			}
		}
		t.Error("no seed with few resamples")
	})
}

func TestMetricsJSON(t *testing.T) {
	m := Measure(names(3), []Prediction{saidClass(3, 0, 0), saidClass(3, 1, 0)}, 10, 1)
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"recall":null`) || strings.Contains(string(text), "NaN") {
		t.Errorf("%s", text)
	}
	var back Metrics
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*m, back, equalNumbers); diff != "" {
		t.Error(diff)
	}
}

// Quadratic kappa against its definition by agreement of raters, over pairs.
func TestKappaByPairs(t *testing.T) {
	dice := rand.New(rand.NewPCG(2, 2))
	for range 50 {
		var truth, predicted []int
		confusion := make([][]int, 4)
		for i := range confusion {
			confusion[i] = make([]int, 4)
		}
		for range 2 + dice.IntN(20) {
			a, b := dice.IntN(4), dice.IntN(4)
			truth, predicted = append(truth, a), append(predicted, b)
			confusion[a][b]++
		}
		var observed, expected float64
		for i, a := range truth {
			observed += float64((a - predicted[i]) * (a - predicted[i]))
			for _, b := range predicted {
				expected += float64((a-b)*(a-b)) / float64(len(truth))
			}
		}
		want := 1 - observed/expected
		if expected == 0 {
			want = math.NaN()
		}
		near(t, "kappa", quadraticKappa(confusion), want)
	}
}

func TestMeasurePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a class beyond the names was measured")
		}
	}()
	Measure(names(2), []Prediction{said(2, 1, 2, 3)}, 0, 1)
}
