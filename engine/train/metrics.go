package train

import (
	"encoding/json"
	"fmt"
	"math"
)

// Number is a figure that may be undefined: NaN, which JSON has as null.
type Number float64

// Undefined is a figure that the data does not give.
func Undefined() Number { return Number(math.NaN()) }

// Defined says whether there is a figure.
func (n Number) Defined() bool { return !math.IsNaN(float64(n)) }

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Defined() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = Undefined()
		return nil
	}
	return json.Unmarshal(text, (*float64)(n))
}

// Metrics are the figures of a model on some slides. What a class that is absent
// leaves undefined is so here, never replaced by a number.
type Metrics struct {
	Slides           int            `json:"slides"`
	Loss             Number         `json:"loss"` // mean cross-entropy, nats
	Accuracy         Number         `json:"accuracy"`
	BalancedAccuracy Number         `json:"balanced_accuracy"` // mean recall of the classes present
	MacroF1          Number         `json:"macro_f1"`          // mean of the F1 that are defined
	WeightedF1       Number         `json:"weighted_f1"`       // weighted by support
	AUC              Interval       `json:"auc"`               // of the second of two classes; of more, the mean of one against the rest
	Kappa            Number         `json:"quadratic_kappa"`   // for classes that are grades: weights (i-j)^2
	Classes          []ClassMetrics `json:"classes"`
	Confusion        [][]int        `json:"confusion"` // [truth][predicted]
}

// Interval is a figure with its 95 % percentile bootstrap confidence interval. The
// bootstrap draws slides, not patients: it takes slides for independent, so that
// with several slides of a patient the interval is too narrow.
type Interval struct {
	Value Number `json:"value"`
	Low   Number `json:"low"`
	High  Number `json:"high"`
	// Resamples are those in which the figure was defined.
	Resamples int `json:"resamples"`
}

// ClassMetrics are the figures of one class against the others.
type ClassMetrics struct {
	Class     string `json:"class"`
	Support   int    `json:"support"` // slides of this class
	Precision Number `json:"precision"`
	Recall    Number `json:"recall"`
	F1        Number `json:"f1"` // 2 TP / (2 TP + FP + FN)
	AUC       Number `json:"auc"`
}

// DefaultResamples is how often the bootstrap draws.
const DefaultResamples = 1000

// Measure computes the metrics of predictions over classes. resamples is the
// number of bootstrap draws, which come from seed; 0 leaves the interval out.
func Measure(classes []string, predictions []Prediction, resamples int, seed uint64) *Metrics {
	m := &Metrics{Slides: len(predictions), Confusion: make([][]int, len(classes))}
	for i := range m.Confusion {
		m.Confusion[i] = make([]int, len(classes))
	}
	loss, correct := 0.0, 0
	for _, p := range predictions {
		mustFit(p, len(classes))
		loss += crossEntropy(p.Logits, p.Class)
		m.Confusion[p.Class][p.Predicted]++
		if p.Class == p.Predicted {
			correct++
		}
	}
	m.Loss = ratio(loss, len(predictions))
	m.Accuracy = ratio(float64(correct), len(predictions))
	m.Kappa = quadraticKappa(m.Confusion)
	ranking := rank(len(classes), predictions)
	for i, name := range classes {
		c := classMetrics(m.Confusion, i)
		c.Class, c.AUC = name, ranking.auc(i, nil)
		m.Classes = append(m.Classes, c)
	}
	m.average()
	m.AUC = ranking.bootstrap(resamples, seed)
	return m
}

// mustFit panics where a prediction is not over n classes.
func mustFit(p Prediction, n int) {
	if p.Class < 0 || p.Class >= n || p.Predicted < 0 || p.Predicted >= n || len(p.Logits) != n {
		panic(fmt.Sprintf("train: prediction %d of class %d with %d logits, %d classes", p.Predicted, p.Class, len(p.Logits), n))
	}
}

func ratio(sum float64, n int) Number {
	if n == 0 {
		return Undefined()
	}
	return Number(sum / float64(n))
}

// crossEntropy is log sum exp(logits) - logits[class].
func crossEntropy(logits []float64, class int) float64 {
	return logSumExp(logits, -1) - logits[class]
}

// logSumExp is that of all logits but one; -Inf of none.
func logSumExp(logits []float64, but int) float64 {
	top := math.Inf(-1)
	for i, v := range logits {
		if i != but {
			top = max(top, v)
		}
	}
	if math.IsInf(top, -1) {
		return top
	}
	sum := 0.0
	for i, v := range logits {
		if i != but {
			sum += math.Exp(v - top)
		}
	}
	return top + math.Log(sum)
}

// classMetrics are precision, recall and F1 of class c.
func classMetrics(confusion [][]int, c int) ClassMetrics {
	tp, truth, predicted := confusion[c][c], 0, 0
	for i := range confusion {
		truth += confusion[c][i]
		predicted += confusion[i][c]
	}
	return ClassMetrics{
		Support:   truth,
		Precision: ratio(float64(tp), predicted),
		Recall:    ratio(float64(tp), truth),
		F1:        ratio(float64(2*tp), truth+predicted),
	}
}

// average makes the figures that are means over classes.
func (m *Metrics) average() {
	var recall, f1, weighted float64
	var present, defined, slides int
	for _, c := range m.Classes {
		if c.Support > 0 {
			recall += float64(c.Recall)
			weighted += float64(c.Support) * float64(c.F1)
			present++
			slides += c.Support
		}
		if c.F1.Defined() {
			f1 += float64(c.F1)
			defined++
		}
	}
	m.BalancedAccuracy = ratio(recall, present)
	m.MacroF1 = ratio(f1, defined)
	m.WeightedF1 = ratio(weighted, slides)
}

// quadraticKappa is Cohen's kappa with weights (i-j)^2: one less the observed
// disagreement over that expected of independent raters with the same margins.
// Undefined where no disagreement can be expected.
func quadraticKappa(confusion [][]int) Number {
	n := len(confusion)
	truth, predicted := make([]int, n), make([]int, n)
	total := 0
	for i, row := range confusion {
		for j, v := range row {
			truth[i] += v
			predicted[j] += v
			total += v
		}
	}
	var observed, expected float64
	for i, row := range confusion {
		for j, v := range row {
			w := float64((i - j) * (i - j))
			observed += w * float64(v)
			expected += w * float64(truth[i]) * float64(predicted[j])
		}
	}
	if expected == 0 {
		return Undefined()
	}
	return Number(1 - observed*float64(total)/expected)
}
