package app

import (
	"context"
	"fmt"
	"image"
	"math"

	"zoomscope/engine/bag"
	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

// TrainAttention is where a model in training looks on one slide of the validation
// split, after an epoch.
type TrainAttention struct {
	Epoch  int
	Slide  string // its name
	Result *result.Result
	Kept   []int // epochs that AttentionAfter can read, ascending; this one included
}

func (TrainAttention) trainEvent() {}

// TrainSlide is a slide that a training can be watched on.
type TrainSlide struct{ Name, Path, Label string }

// watchable are the slides of the validation split.
func watchable(d *train.Dataset) []TrainSlide {
	var list []TrainSlide
	for _, s := range d.In(train.Validation) {
		list = append(list, TrainSlide{s.Name, slidePath(d.Path, &s), s.Label})
	}
	return list
}

// slidePath is where a sample's slide lies: where the table says, else where it was
// when its features were made.
func slidePath(table string, s *train.Sample) string {
	path := train.Locate(table, s.Slide)
	if exists(path) {
		return path
	}
	f, err := bag.Open(s.Bag)
	if err != nil {
		return path
	}
	defer f.Close()
	if p := f.Manifest().Slide.Path; p != "" && exists(p) {
		return p
	}
	return path
}

// forwarder is a model in training, as far as it is watched.
type forwarder interface {
	Forward(ctx context.Context, s mil.Source) (*mil.Outcome, error)
}

// watch tells where the model looks on the slide that is asked for, if one is.
func (t *training) watch(ctx context.Context, model forwarder, epoch int) {
	if t.req.Watch == nil {
		return
	}
	name := t.req.Watch()
	for _, s := range t.data.In(train.Validation) {
		if s.Name != name {
			continue
		}
		r, err := t.attention(ctx, model, &s)
		if ctx.Err() != nil {
			return // the training is being stopped
		}
		if err != nil {
			t.w.Log.Warn("attention of a slide in training", "slide", name, "error", err)
			return
		}
		kept, err := attentionKeeper{t.req.Out, t.config.Epochs, mostKeptBytes}.keep(name, epoch, t.config.Select.Best(t.history), r)
		if err != nil {
			t.w.Log.Warn("attention of a slide in training is not kept", "slide", name, "error", err)
		}
		t.tell(TrainAttention{Epoch: epoch, Slide: name, Result: r, Kept: kept})
	}
}

// attention runs the model as it is now on the bag of a slide.
func (t *training) attention(ctx context.Context, model forwarder, s *train.Sample) (*result.Result, error) {
	f, err := bag.Open(s.Bag)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	view, err := bag.Select(f, t.config.Model.Magnifications)
	if err != nil {
		return nil, err
	}
	out, err := model.Forward(ctx, view)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Bag, err)
	}
	g, err := gridOfBag(view.Manifest())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Bag, err)
	}
	r := t.resultOf(view.Manifest(), out, slidePath(t.data.Path, s))
	for i, level := range out.Levels {
		var above []int
		if i > 0 {
			above = out.Rows[i-1]
		}
		r.Levels = append(r.Levels, levelOf(g, i, view, out.Rows[i], above, &level))
		r.Counts.Encoded += len(out.Rows[i])
	}
	r.Counts.Exhaustive = g.Exhaustive(view.Len(0))
	return r, nil
}

// gridOfBag lays out again the patches that a bag was made of.
func gridOfBag(m bag.Manifest) (*grid.Grid, error) {
	if !m.OnSlide() {
		return nil, fmt.Errorf("its patches have no places on a slide")
	}
	b := m.Slide.Bounds
	geometry := grid.Geometry{MPPX: m.Slide.MPP[0], MPPY: m.Slide.MPP[1], Bounds: image.Rect(
		int(math.Round(b.X)), int(math.Round(b.Y)), int(math.Round(b.X+b.Width)), int(math.Round(b.Y+b.Height)))}
	return grid.New(geometry, m.Magnifications, m.PatchSize)
}

// resultOf is a result without its levels.
func (t *training) resultOf(m bag.Manifest, out *mil.Outcome, path string) *result.Result {
	c := t.config.Model
	r := &result.Result{
		Version: result.Version, Slide: m.Slide, Encoder: m.Encoder, Device: t.place.Device,
		Model: result.Model{Name: c.Name, Method: c.Method, Magnifications: c.Magnifications, K: c.K, Classes: c.Classes, Trained: true},
		Seed:  t.config.Seed, Notice: result.ResearchUse,
		Warnings: []string{"The model is still being trained."},
	}
	r.Slide.Path = path
	best := 0
	for i, p := range out.Probabilities {
		r.Prediction.Probabilities = append(r.Prediction.Probabilities, float64(p))
		if p > out.Probabilities[best] {
			best = i
		}
	}
	for _, l := range out.Logits {
		r.Prediction.Logits = append(r.Prediction.Logits, float64(l))
	}
	if best < len(c.Classes) {
		r.Prediction.Label = c.Classes[best]
	}
	return r
}

// levelOf gives the patches of a level that the model saw their places; rows are
// theirs in the bag, above those of the level before.
func levelOf(g *grid.Grid, i int, view *bag.View, rows, above []int, out *mil.LevelOutput) result.Level {
	level := result.Level{Magnification: g.Level(i).Magnification, NoAttention: out.Attention == nil, Patches: make([]result.Patch, len(rows))}
	parents := map[int]int{} // by row
	for j, row := range above {
		parents[row] = j
	}
	cells, each := view.Cells(i), 1
	if i > 0 {
		each = view.Len(i) / view.Len(i-1)
	}
	for j, row := range rows {
		at := g.Rect(i, cells[row])
		p := result.Patch{X: at.X, Y: at.Y, Size: at.W, Height: at.H, Parent: -1}
		if out.Attention != nil {
			p.Attention = float64(out.Attention[j])
		}
		if out.ZoomAttention != nil {
			p.ZoomAttention = float64(out.ZoomAttention[j])
		}
		if parent, ok := parents[row/each]; i > 0 && ok {
			p.Parent = parent
		}
		level.Patches[j] = p
	}
	for _, s := range out.Selected {
		level.Patches[s].Selected = true
	}
	return level
}
