package encoder

import (
	"encoding/csv"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/image/draw"
	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat"

	"zoomscope/packaging/testenv"
)

// TestYardstick classifies lung tiles by logistic regression on the built-in
// encoder's features: half of the source images to train on, half to test, and
// the other way round. One split's accuracy varies by 0.009, so that the mean of
// five would pass or fail by luck; 40 halves are drawn. The tiles are of 224
// pixels and are enlarged.
func TestYardstick(t *testing.T) {
	if testing.Short() {
		t.Skip("encodes 1480 tiles, which takes half a minute")
	}
	const want, penalty, splits = 0.95, 10, 80
	tiles := loadLungTiles(t, filepath.Join(testenv.Data(t), "tiles", "lc25000_lung_224"))
	e := openBuiltin(t, 2)
	features := make([]float32, len(tiles.label)*e.Dim())
	if err := e.Encode(t.Context(), tiles.pixels, len(tiles.label), features); err != nil {
		t.Fatal(err)
	}
	var accuracies [splits]float64
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i := range accuracies {
		group.Go(func() error {
			accuracies[i] = tiles.split(uint64(i/2), i%2 == 1).accuracy(features, e.Dim(), penalty)
			return nil
		})
	}
	group.Wait()
	mean, deviation := stat.MeanStdDev(accuracies[:], nil)
	t.Logf("accuracy %.4f, deviation of a split %.4f, %d values", mean, deviation, e.Dim())
	if mean < want {
		t.Errorf("accuracy %.4f, not %.2f: %.3f", mean, want, accuracies)
	}
}

// lungTiles are tiles as an encoder wants them, their classes and the images
// they are from.
type lungTiles struct {
	pixels []byte
	label  []int
	source []string
}

func loadLungTiles(t *testing.T, dir string) lungTiles {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "labels.csv"))
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows = rows[1:]
	l := lungTiles{pixels: make([]byte, len(rows)*TileBytes)}
	var classes []string
	for i, row := range rows {
		if err := readTile(filepath.Join(dir, row[0]), l.pixels[i*TileBytes:(i+1)*TileBytes]); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(classes, row[1]) {
			classes = append(classes, row[1])
		}
		l.label = append(l.label, slices.Index(classes, row[1]))
		l.source = append(l.source, row[2])
	}
	return l
}

// readTile decodes a JPEG of 224 pixels and enlarges it to a patch.
func readTile(path string, dst []byte) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	img, err := jpeg.Decode(f)
	if err != nil {
		return err
	}
	const side = 224
	if img.Bounds().Size() != image.Pt(side, side) {
		return fmt.Errorf("%s is of %v", path, img.Bounds().Size())
	}
	patch := image.NewRGBA(image.Rect(0, 0, Side, Side))
	draw.BiLinear.Scale(patch, patch.Rect, img, img.Bounds(), draw.Src, nil)
	for i := range Side * Side {
		copy(dst[i*3:i*3+3], patch.Pix[i*4:])
	}
	return nil
}

// split is which tiles are to train on.
type split struct {
	tiles lungTiles
	train []bool
}

// split draws half of the sources to train on, or the other half if swapped.
func (l lungTiles) split(seed uint64, swapped bool) split {
	sources := slices.Compact(slices.Sorted(slices.Values(l.source)))
	rand.New(rand.NewPCG(seed, 1)).Shuffle(len(sources), func(i, k int) { sources[i], sources[k] = sources[k], sources[i] })
	s := split{l, make([]bool, len(l.source))}
	for i, source := range l.source {
		s.train[i] = slices.Contains(sources[:len(sources)/2], source) != swapped
	}
	return s
}

// accuracy is the part of the test tiles that a logistic regression of the
// training tiles gets right.
func (s split) accuracy(features []float32, dim int, penalty float64) float64 {
	x := s.standardised(features, dim)
	w := s.fit(x, penalty)
	right, tested := 0, 0
	var scores mat.Dense
	scores.Mul(x, w)
	for i, train := range s.train {
		if train {
			continue
		}
		row := scores.RawRowView(i)
		best := slices.Index(row, slices.Max(row))
		tested++
		if best == s.tiles.label[i] {
			right++
		}
	}
	return float64(right) / float64(tested)
}

// standardised are the features less the training tiles' mean, over their
// standard deviation, and a last one that is 1.
func (s split) standardised(features []float32, dim int) *mat.Dense {
	x := mat.NewDense(len(s.train), dim+1, nil)
	for k := range dim {
		var n, sum, squares float64
		for i, train := range s.train {
			if v := float64(features[i*dim+k]); train {
				n, sum, squares = n+1, sum+v, squares+v*v
			}
		}
		mean := sum / n
		deviation := math.Sqrt(max(squares/n-mean*mean, 0)) + 1e-9
		for i := range s.train {
			x.Set(i, k, (float64(features[i*dim+k])-mean)/deviation)
		}
	}
	for i := range s.train {
		x.Set(i, dim, 1)
	}
	return x
}

// fit minimises the cross entropy of the training tiles plus penalty/2 times the
// squares of all weights but the last feature's.
func (s split) fit(x *mat.Dense, penalty float64) *mat.Dense {
	const classes = 3
	_, dim := x.Dims()
	var rows []float64
	var labels []int
	for i, train := range s.train {
		if train {
			rows = append(rows, x.RawRowView(i)...)
			labels = append(labels, s.tiles.label[i])
		}
	}
	train := mat.NewDense(len(labels), dim, rows)
	loss := func(grad, w []float64) float64 {
		weights := mat.NewDense(dim, classes, w)
		var p mat.Dense
		p.Mul(train, weights)
		value := crossEntropy(&p, labels)
		for i, v := range w[:(dim-1)*classes] {
			value += penalty / 2 * v * v
			if grad != nil {
				grad[i] = penalty * v
			}
		}
		if grad != nil {
			clear(grad[(dim-1)*classes:])
			g := mat.NewDense(dim, classes, grad)
			var d mat.Dense
			d.Mul(train.T(), &p)
			g.Add(g, &d)
		}
		return value
	}
	result, err := optimize.Minimize(optimize.Problem{
		Func: func(w []float64) float64 { return loss(nil, w) },
		Grad: func(grad, w []float64) { loss(grad, w) },
	}, make([]float64, dim*classes), &optimize.Settings{GradientThreshold: 1e-2, MajorIterations: 200}, &optimize.LBFGS{})
	if err != nil && result == nil {
		panic(err)
	}
	return mat.NewDense(dim, classes, result.X)
}

// crossEntropy turns scores into probabilities less the truth, the gradient.
func crossEntropy(p *mat.Dense, labels []int) float64 {
	sum := 0.0
	for i, label := range labels {
		row := p.RawRowView(i)
		top, total := slices.Max(row), 0.0
		for k := range row {
			row[k] = math.Exp(row[k] - top)
			total += row[k]
		}
		for k := range row {
			row[k] /= total
		}
		sum -= math.Log(max(row[label], 1e-300))
		row[label]--
	}
	return sum
}
