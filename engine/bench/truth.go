package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"zoomscope/engine/bag"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/train"
	"zoomscope/slideio"
	"zoomscope/slideio/synth"
)

// Truths knows where the evidence of synthetic slides lies.
type Truths map[string]*synth.Truth // by a slide's file name without its ending

// truthFolder is where the truths lie in a folder of synthetic slides.
const truthFolder = "truth"

// LoadTruths reads the folder of truths that synthetic slides come with; the folder
// that holds it will do. The error for one without truths says what to give.
func LoadTruths(folder string) (Truths, error) {
	paths, err := truthFiles(folder)
	if err != nil {
		return nil, err
	}
	all := Truths{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		t := &synth.Truth{}
		if err := json.Unmarshal(text, t); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all[stem(path)] = t
	}
	return all, nil
}

// truthFiles lists the truths in the folder that a folder holds, else in itself.
func truthFiles(folder string) ([]string, error) {
	for _, dir := range []string{filepath.Join(folder, truthFolder), folder} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		var paths []string
		for _, e := range entries {
			if filepath.Ext(e.Name()) == ".json" {
				paths = append(paths, filepath.Join(dir, e.Name()))
			}
		}
		if len(paths) > 0 {
			return paths, nil
		}
	}
	return nil, fmt.Errorf("%s: there are no truths of synthetic slides: give the folder %s that synth wrote beside the slides, or the folder that holds it", folder, truthFolder)
}

func stem(path string) string {
	name := filepath.Base(path)
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// shows is the share of a patch that must be evidence for the patch to show it:
// less is hardly one structure.
const shows = 0.1

// Score says how well a model's zooming finds the evidence.
type Score struct {
	Slides  int     `json:"slides"`  // that hold evidence
	Found   float64 `json:"found"`   // share of them in which a patch that was read at the highest magnification shows it
	Patches float64 `json:"patches"` // mean share of those patches that show it
	Chance  float64 `json:"chance"`  // the same share of all patches that there are
}

// Score runs a model file over the bags of slides, all of which must have a truth.
func (t Truths) Score(ctx context.Context, o nn.Opener, model string, samples []train.Sample) (all Score, err error) {
	var with []train.Sample
	for _, s := range samples {
		truth := t[stem(s.Slide)]
		if truth == nil {
			return all, fmt.Errorf("%s: no truth", s.Slide)
		}
		if len(truth.Evidence) > 0 {
			with = append(with, s)
		}
	}
	err = forward(ctx, o, model, with, func(s train.Sample, _ *mil.Model, v *bag.View, out *mil.Outcome) error {
		all.add(v, out, t[stem(s.Slide)])
		return nil
	})
	k := float64(max(all.Slides, 1))
	all.Found, all.Patches, all.Chance = all.Found/k, all.Patches/k, all.Chance/k
	return all, err
}

// add counts one slide in.
func (all *Score) add(v *bag.View, out *mil.Outcome, truth *synth.Truth) {
	top := len(out.Rows) - 1
	shown := make([]bool, v.Len(top))
	total, read := 0, 0
	for i := range shown {
		if shown[i] = truth.Overlap(area(v, top, i)) >= shows; shown[i] {
			total++
		}
	}
	for _, row := range out.Rows[top] {
		if shown[row] {
			read++
		}
	}
	all.Slides++
	all.Patches += float64(read) / float64(len(out.Rows[top]))
	all.Chance += float64(total) / float64(len(shown))
	if read > 0 {
		all.Found++
	}
}

// area is where a patch of a bag lies on the slide, in level-0 pixels.
func area(r bag.Reader, level, row int) slideio.Rect {
	m := r.Manifest()
	side := float64(m.PatchSize) * 10 / m.Magnifications[level]
	w, h := side/m.Slide.MPP[0], side/m.Slide.MPP[1]
	c := r.Cells(level)[row]
	return slideio.Rect{
		X: m.Slide.Bounds.X + float64(c.Column)*w, Y: m.Slide.Bounds.Y + float64(c.Row)*h, W: w, H: h,
	}
}
