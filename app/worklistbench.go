package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"path/filepath"
	"time"

	"zoomscope/app/worklist"
	"zoomscope/engine/bench"
)

// What is measured of the worklist.
type (
	WorklistTimes  = bench.WorklistTimes
	WorklistStep   = bench.WorklistStep
	WorklistScroll = bench.WorklistScroll
)

// MakeUpWorklist makes a worklist of n cases that nobody has, analysed by the default
// model, with pictures, for measurements. There must be none yet in the data folder.
func (w *Workspace) MakeUpWorklist(ctx context.Context, n int) (err error) {
	setup, err := w.TriageSetup(EngineOptions{})
	if err != nil {
		return err
	}
	list, err := w.OpenWorklist(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, list.Close()) }()
	if setup, err = list.Use(ctx, setup); err != nil {
		return err
	}
	dice := rand.New(rand.NewPCG(1, 2))
	pictures := make([]worklist.Picture, 64)
	for i := range pictures {
		if pictures[i], err = madeUpPicture(dice); err != nil {
			return err
		}
	}
	document := make([]byte, 15_000) // as large as one usually is, compressed
	for i := range document {
		document[i] = byte(dice.Uint32())
	}
	return list.Fill(ctx, setup.ID, n, func(i int) worklist.Filling {
		return worklist.Filling{
			Sighting: worklist.Sighting{
				Path:    filepath.FromSlash(fmt.Sprintf("/archive/2026/%02d/S-26-%05d A%d HE.svs", i%12+1, i*7919%100_000, i/100_000+1)),
				Content: fmt.Sprintf("%064d", i), Size: 1, Modified: time.UnixMilli(int64(i)),
			},
			Outcome: madeUpOutcome(dice, setup, i, document), Picture: pictures[i%len(pictures)],
		}
	})
}

// madeUpOutcome is what a model could say of a slide.
func madeUpOutcome(dice *rand.Rand, u worklist.Setup, i int, document []byte) worklist.Outcome {
	o := worklist.Outcome{Probabilities: make([]float64, len(u.Classes)), Device: "cpu", Encoded: 200, Exhaustive: 4000, Seconds: 9, Document: document}
	sum, best := 0.0, 0
	for c := range o.Probabilities {
		o.Probabilities[c] = math.Exp(4 * dice.Float64())
		sum += o.Probabilities[c]
		if o.Probabilities[c] > o.Probabilities[best] {
			best = c
		}
	}
	for c := range o.Probabilities {
		o.Probabilities[c] /= sum
	}
	o.Label = u.Classes[best]
	for range 6 {
		o.Spots = append(o.Spots, worklist.Spot{X: 0.9 * dice.Float64(), Y: 0.9 * dice.Float64(), Width: 0.03, Height: 0.04, Attention: 0.1})
	}
	if i%7 == 0 {
		o.Warnings = []string{"pixels are not square: 0.25 x 0.26 µm"}
	}
	return o
}

// madeUpPicture looks like a section from afar.
func madeUpPicture(dice *rand.Rand) (worklist.Picture, error) {
	const width, height = pictureSide, pictureSide * 2 / 3
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	turn := 6 * dice.Float64()
	for y := range height {
		for x := range width {
			dx, dy := float64(x)/width-0.5, float64(y)/height-0.5
			edge := 0.42 + 0.05*math.Sin(5*math.Atan2(dy, dx)+turn)
			c := color.RGBA{243, 241, 245, 255}
			if math.Hypot(dx, dy) < edge {
				shade := uint8(40 * (1 + math.Sin(30*dx+turn)*math.Cos(23*dy)))
				c = color.RGBA{220 - shade, 150 - shade, 190 - shade/2 + uint8(dice.UintN(12)), 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 82})
	return worklist.Picture{Width: width, Height: height, Data: b.Bytes()}, err
}
