package train

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigRefuses(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 15))
	cases := map[string]struct {
		change func(*Config)
		want   string
	}{
		"good":               {func(*Config) {}, ""},
		"no epochs":          {func(c *Config) { c.Epochs = 0 }, "0 epochs"},
		"rate zero":          {func(c *Config) { c.LearningRate = 0 }, "learning rate is 0"},
		"rate NaN":           {func(c *Config) { c.LearningRate = math.NaN() }, "learning rate is NaN"},
		"rate infinite":      {func(c *Config) { c.LearningRate = math.Inf(1) }, "learning rate is +Inf"},
		"negative patience":  {func(c *Config) { c.EarlyStop.Patience = -1 }, "negative"},
		"growing rate":       {func(c *Config) { c.Plateau.Factor = 2 }, "plateau factor is 2"},
		"threshold":          {func(c *Config) { c.Plateau.Threshold = 1 }, "plateau threshold is 1"},
		"sampling":           {func(c *Config) { c.Sampling = "" }, `must be "balanced" or "shuffled"`},
		"selection":          {func(c *Config) { c.Select = "auc" }, `selection by "auc"`},
		"resamples":          {func(c *Config) { c.Resamples = -1 }, "-1 resamples"},
		"method":             {func(c *Config) { c.Method = json.RawMessage("{") }, "no JSON"},
		"model":              {func(c *Config) { c.Model.Name = "" }, "name"},
		"other encoder":      {func(c *Config) { c.Model.Encoder.Name = "x" }, "model is for encoder"},
		"other classes":      {func(c *Config) { c.Model.Classes = []string{"x", "y"} }, "model has classes"},
		"other patches":      {func(c *Config) { c.Model.PatchSize = 128 }, "patches of 128"},
		"more magnification": {func(c *Config) { c.Model.Magnifications = []float64{5, 20} }, "model needs magnifications [5 20]"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			config := testConfig(d)
			c.change(&config)
			err := config.Validate()
			if err == nil {
				err = config.matches(d)
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestDifferences(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 15))
	fresh := func() *record {
		return &record{Format: RunFormat, Config: testConfig(d), Splits: membersOf(d)}
	}
	a, b := fresh(), fresh()
	b.Dataset, b.Warnings = "elsewhere.csv", []string{"x"}
	if found := a.differences(b); len(found) > 0 {
		t.Errorf("the same run differs in %q", found)
	}
	b.Config.Method = json.RawMessage(`{"sigma": 0.5}`)
	b.Splits["train"] = b.Splits["train"][1:]
	all := strings.Join(a.differences(b), "\n")
	for _, want := range []string{"method.sigma is new (0.5)", "slide " + a.Splits["train"][0].Slide + " is missing (was train, label"} {
		if !strings.Contains(all, want) {
			t.Errorf("differences lack %q:\n%s", want, all)
		}
	}
}

// What other programs are writing in a folder is left alone, until it is a run's.
func TestParts(t *testing.T) {
	dir := t.TempDir()
	part := filepath.Join(dir, ".0123456789abcdef.part")
	for again, want := range []bool{true, false} {
		if err := os.WriteFile(part, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := openFolder(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(part); (err == nil) != want {
			t.Errorf("opened %d times before, the part: error %v", again, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
