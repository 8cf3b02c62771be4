package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"zoomscope/engine/mil"
	"zoomscope/engine/result"
)

// Config is what a run is asked for. It is kept in run.json; a run goes on with
// the same only.
type Config struct {
	Epochs       int       `json:"epochs"`
	LearningRate float64   `json:"learning_rate"` // of the first epoch
	Plateau      Plateau   `json:"plateau"`
	EarlyStop    EarlyStop `json:"early_stop"`
	Sampling     Sampling  `json:"sampling"`
	Select       Selection `json:"select"`
	Resamples    int       `json:"resamples"` // of the bootstrap; 0 for none
	Seed         uint64    `json:"seed"`
	// Model is what the model file will say; Training is filled in, but for its
	// Note. Dataset.Fill sets what the data decides.
	Model mil.Config `json:"model"`
	// Method is what else the learner was made with, as JSON; it is only compared.
	Method json.RawMessage `json:"method,omitempty"`
}

// Defaults are the published settings: 100 epochs, rate 1e-4 times 0.8 after more
// than 5 epochs without a lower validation loss, classes balanced, the best by
// validation loss.
func Defaults() Config {
	return Config{
		Epochs:       100,
		LearningRate: 1e-4,
		Plateau:      Plateau{Patience: 5, Factor: 0.8, Threshold: 1e-4},
		Sampling:     Balanced,
		Select:       ByLoss,
		Resamples:    DefaultResamples,
	}
}

// Limits of what is taken for a meant setting.
const (
	maxEpochs    = 100_000
	maxResamples = 1_000_000
)

// Validate reports the first setting that makes no sense.
func (c *Config) Validate() error {
	switch {
	case c.Epochs < 1 || c.Epochs > maxEpochs:
		return fmt.Errorf("%d epochs, must be from 1 to %d", c.Epochs, maxEpochs)
	case !(c.LearningRate > 0) || math.IsInf(c.LearningRate, 1):
		return fmt.Errorf("learning rate is %v, must be above 0", c.LearningRate)
	case c.Plateau.Patience < 0 || c.EarlyStop.Patience < 0 || c.EarlyStop.MinEpochs < 0:
		return errors.New("a number of epochs to wait is negative")
	case !(c.Plateau.Factor > 0 && c.Plateau.Factor <= 1):
		return fmt.Errorf("plateau factor is %v, must be above 0 and at most 1", c.Plateau.Factor)
	case !(c.Plateau.Threshold >= 0 && c.Plateau.Threshold < 1):
		return fmt.Errorf("plateau threshold is %v, must be from 0 to below 1", c.Plateau.Threshold)
	case c.Sampling != Balanced && c.Sampling != Shuffled:
		return fmt.Errorf("sampling %.100q, must be %q or %q", c.Sampling, Balanced, Shuffled)
	case c.Select != ByLoss && c.Select != ByF1:
		return fmt.Errorf("selection by %.100q, must be %q or %q", c.Select, ByLoss, ByF1)
	case c.Resamples < 0 || c.Resamples > maxResamples:
		return fmt.Errorf("%d resamples, must be from 0 to %d", c.Resamples, maxResamples)
	case c.Method != nil && !json.Valid(c.Method):
		return errors.New("settings of the method are no JSON")
	}
	return c.Model.Validate()
}

// matches makes sure that the model is for the data.
func (c *Config) matches(d *Dataset) error {
	m := &c.Model
	switch {
	case !slices.Equal(m.Classes, d.Classes):
		return fmt.Errorf("model has classes %.500q, dataset %.500q", m.Classes, d.Classes)
	case !slices.Equal(m.Magnifications, d.Magnifications):
		return fmt.Errorf("model needs magnifications %v, dataset has %v", m.Magnifications, d.Magnifications)
	case m.Encoder != d.Encoder:
		return fmt.Errorf("model is for encoder %+v, features are of %+v", m.Encoder, d.Encoder)
	case m.PatchSize != d.PatchSize:
		return fmt.Errorf("model is for patches of %d pixels, features are of %d", m.PatchSize, d.PatchSize)
	}
	return nil
}

// Formats of the files of a run.
const (
	RunFormat        = "zoomscope-run/1"
	CheckpointFormat = "zoomscope-checkpoint/1"
	EvaluationFormat = "zoomscope-evaluation/1"
)

// record is run.json.
type record struct {
	Format   string              `json:"format"`
	Dataset  string              `json:"dataset"` // path of the table, as it was given
	Config   Config              `json:"config"`
	Splits   map[string][]member `json:"splits"`
	Warnings []string            `json:"warnings"`
	Notice   string              `json:"notice"`
}

// recordOf is that of a run to be, without warnings.
func recordOf(c Config, d *Dataset) *record {
	return &record{Format: RunFormat, Dataset: d.Path, Config: c, Splits: membersOf(d), Warnings: []string{}, Notice: result.ResearchUse}
}

// member is a slide of a split.
type member struct {
	Slide     string `json:"slide"`
	Label     string `json:"label"`
	Patient   string `json:"patient,omitempty"`
	ContentID string `json:"content_id,omitempty"`
	Patches   []int  `json:"patches"`
}

func membersOf(d *Dataset) map[string][]member {
	splits := map[string][]member{}
	for _, split := range []Split{Training, Validation, Test} {
		members := []member{}
		for _, s := range d.In(split) {
			members = append(members, member{s.Name, s.Label, s.Patient, s.ContentID, s.Patches})
		}
		splits[split.String()] = members
	}
	return splits
}

// differences says in what two records do not ask for the same run.
func (r *record) differences(now *record) problems {
	a, b := r.flatten(), now.flatten()
	var found problems
	keys := maps.Clone(a)
	maps.Copy(keys, b)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		x, there := a[key]
		y, here := b[key]
		switch {
		case !there:
			found.add("%s is new (%.200s)", key, y)
		case !here:
			found.add("%s is missing (was %.200s)", key, x)
		case x != y:
			found.add("%s was %.200s, is %.200s", key, x, y)
		}
	}
	return found
}

// flatten names everything that makes a run what it is.
func (r *record) flatten() map[string]string {
	flat := map[string]string{"format": r.Format}
	text, err := json.Marshal(r.Config)
	if err != nil {
		panic(err) // a Config that was read or validated can be written
	}
	var tree any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		panic(err)
	}
	flattenJSON(flat, "", tree)
	for split, members := range r.Splits {
		for _, m := range members {
			flat["slide "+m.Slide] = fmt.Sprintf("%s, label %q, content %.12s, patches %v", split, m.Label, m.ContentID, m.Patches)
		}
	}
	return flat
}

func flattenJSON(flat map[string]string, name string, v any) {
	object, ok := v.(map[string]any)
	if !ok {
		text, _ := json.Marshal(v)
		flat[strings.TrimPrefix(name, ".")] = string(text)
		return
	}
	for key, value := range object {
		flattenJSON(flat, name+"."+key, value)
	}
}
