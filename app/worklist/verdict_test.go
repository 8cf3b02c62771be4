package worklist

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math"
	"slices"
	"testing"
)

func TestJudge(t *testing.T) {
	two := threeClasses
	two.Classes = []string{"benign", "malignant"}
	for name, c := range map[string]struct {
		classes []string
		label   string // the model's, "" for none yet
		given   Verdict
		want    Verdict // of opinion and class
		wrong   bool
	}{
		"agree":                        {threeClasses.Classes, "low", Verdict{Opinion: Agree}, Verdict{Opinion: Agree, Class: "low"}, false},
		"disagree":                     {threeClasses.Classes, "low", Verdict{Opinion: Disagree}, Verdict{Opinion: Disagree}, false},
		"disagree of two":              {two.Classes, "benign", Verdict{Opinion: Disagree}, Verdict{Opinion: Disagree, Class: "malignant"}, false},
		"class":                        {threeClasses.Classes, "low", Verdict{Class: "high", Blinded: true}, Verdict{Opinion: Disagree, Class: "high"}, false},
		"same class":                   {threeClasses.Classes, "low", Verdict{Class: "low", Blinded: true}, Verdict{Opinion: Agree, Class: "low"}, false},
		"unsure":                       {threeClasses.Classes, "low", Verdict{Opinion: Unsure, Blinded: true}, Verdict{Opinion: Unsure}, false},
		"unsure, leaning":              {threeClasses.Classes, "low", Verdict{Opinion: Unsure, Class: "low"}, Verdict{Opinion: Unsure, Class: "low"}, false},
		"before the model":             {threeClasses.Classes, "", Verdict{Class: "high"}, Verdict{Class: "high"}, false},
		"agree with nothing":           {threeClasses.Classes, "", Verdict{Opinion: Agree}, Verdict{}, true},
		"agree unseen":                 {threeClasses.Classes, "low", Verdict{Opinion: Agree, Blinded: true}, Verdict{}, true},
		"nothing":                      {threeClasses.Classes, "low", Verdict{Note: "hm"}, Verdict{}, true},
		"no such class":                {threeClasses.Classes, "low", Verdict{Class: "lo"}, Verdict{}, true},
		"no such opinion":              {threeClasses.Classes, "low", Verdict{Opinion: "perhaps"}, Verdict{}, true},
		"agree with another class":     {threeClasses.Classes, "low", Verdict{Opinion: Agree, Class: "high"}, Verdict{}, true},
		"disagree with the same class": {threeClasses.Classes, "low", Verdict{Opinion: Disagree, Class: "low"}, Verdict{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			v := c.given
			err := v.complete(c.classes, c.label)
			if errors.Is(err, ErrVerdict) != c.wrong {
				t.Fatalf("%v", err)
			}
			if !c.wrong && (v.Opinion != c.want.Opinion || v.Class != c.want.Class) {
				t.Errorf("%+v, want %+v", v, c.want)
			}
		})
	}
}

func TestVerdictsAreKept(t *testing.T) {
	s, u := stocked(t, 2)
	j := finish(t, s, u, outcome(u, 0, 1, 0))
	q := Query{Setup: u, Reader: "me"}
	verdict := func() *Verdict { return got(s.Get(t.Context(), q, j.Case))(t)[0].Verdict }
	got(s.Judge(t.Context(), u, j.Case, Verdict{Reader: "me", Opinion: Agree, Note: "first, \"quoted\""}))(t)
	got(s.Judge(t.Context(), u, j.Case, Verdict{Reader: "you", Opinion: Unsure}))(t)
	got(s.Judge(t.Context(), u, j.Case, Verdict{Reader: "me", Class: "high"}))(t)
	if v := verdict(); v == nil || v.Opinion != Disagree || v.Class != "high" || v.Reader != "me" || v.Time.IsZero() {
		t.Errorf("%+v", v)
	}
	if all := got(s.Verdicts(t.Context(), j.Case))(t); len(all) != 3 || all[2].Note != "first, \"quoted\"" || all[0].Class != "high" {
		t.Errorf("%+v", all)
	}
	if _, err := s.Judge(t.Context(), u, j.Case, Verdict{Reader: "me", Class: "none"}); !errors.Is(err, ErrVerdict) || verdict() == nil {
		t.Errorf("%v took the last one away", err)
	}
	ok(t, s.Withdraw(t.Context(), "me", j.Case))
	if readers := got(s.Readers(t.Context()))(t); verdict() != nil || !slices.Equal(readers, []string{"you"}) {
		t.Errorf("withdrawn: %+v, readers %q", verdict(), readers)
	}
	if _, err := s.Judge(t.Context(), u, 9999, Verdict{Class: "high"}); err == nil {
		t.Error("a verdict on no case")
	}
}

// One that was given before the model had its say, or under another model, is
// compared with what the model at hand says.
func TestVerdictUnderAnotherModel(t *testing.T) {
	s, u := stocked(t, 1)
	id := got(s.List(t.Context(), Query{Setup: u}))(t)[0].ID
	got(s.Judge(t.Context(), u, id, Verdict{Class: "high", Blinded: true}))(t)
	opinion := func(u Setup) Opinion { return got(s.Get(t.Context(), Query{Setup: u}, id))(t)[0].Verdict.Opinion }
	if o := opinion(u); o != "" {
		t.Errorf("before: %q", o)
	}
	finish(t, s, u, outcome(u, 0, 0, 1))
	next := threeClasses
	next.ModelSHA256 = "next"
	next = got(s.Use(t.Context(), next))(t)
	got(s.Enqueue(t.Context(), next.ID, "", false))(t)
	finish(t, s, next, outcome(u, 0, 1, 0))
	if opinion(u) != Agree || opinion(next) != Disagree {
		t.Errorf("after: %q, by the next model %q", opinion(u), opinion(next))
	}
}

func TestKappa(t *testing.T) {
	for name, c := range map[string]struct {
		table      [][]int
		value, low float64
		known      bool
	}{
		"none":         {nil, 0, 0, false},
		"one class":    {[][]int{{9, 0}, {0, 0}}, 0, 0, false},
		"perfect":      {[][]int{{5, 0}, {0, 5}}, 1, 2*0.72247 - 1, true},                             // Wilson's 0.72247 to 1 of 10 in 10, e = 0.5
		"by hand":      {[][]int{{20, 5}, {10, 15}}, 0.4, 0.4 - 1.96*math.Sqrt(0.7*0.3/50)/0.5, true}, // o = 0.7, e = 0.5
		"worst":        {[][]int{{0, 5}, {5, 0}}, -1, -1, true},
		"three, by e":  {[][]int{{10, 2, 0}, {3, 8, 1}, {0, 2, 4}}, (22.0/30 - (12.0*13+12*12+6*5)/900) / (1 - (12.0*13+12*12+6*5)/900), math.NaN(), true},
		"only chance":  {[][]int{{4, 4}, {4, 4}}, 0, math.NaN(), true},
		"empty column": {[][]int{{5, 5, 0}, {0, 5, 0}, {1, 1, 0}}, (10.0/17 - (10.0*6+5*11)/289) / (1 - (10.0*6+5*11)/289), math.NaN(), true},
	} {
		k := CohenKappa(c.table)
		if k.Known != c.known || math.Abs(k.Value-c.value) > 1e-12 || !math.IsNaN(c.low) && math.Abs(k.Low-c.low) > 1e-4 {
			t.Errorf("%s: %+v, want %v from %v", name, k, c.value, c.low)
		}
		if k.Known && (k.Low > k.Value || k.High < k.Value) {
			t.Errorf("%s: interval %+v", name, k)
		}
	}
}

func TestAgreement(t *testing.T) {
	s, u := stocked(t, 7)
	var jobs []Job
	for range 7 {
		jobs = append(jobs, finish(t, s, u, outcome(u, 0, 1, 0)))
	}
	for i, v := range []Verdict{{Opinion: Agree}, {Opinion: Agree}, {Class: "high", Blinded: true}, {Opinion: Disagree}, {Opinion: Unsure, Note: "=1+1,\nx"}} {
		got(s.Judge(t.Context(), u, jobs[i].Case, v))(t)
	}
	a := got(s.Agreement(t.Context(), Query{Setup: u, Blinded: true}))(t)
	if !slices.Equal(a.Classes, []string{"normal", "low", "high", Another}) || a.Table[1][1] != 2 || a.Table[2][1] != 1 || a.Table[3][1] != 1 ||
		a.Agree != 2 || a.Disagree != 2 || a.Unsure != 1 || a.Unread != 2 || a.Blinded != 1 || a.Kappa.N != 4 || len(a.Cases) != 5 {
		t.Errorf("%+v", a)
	}
	var list, table bytes.Buffer
	ok(t, a.WriteCSV(&list))
	ok(t, a.WriteTableCSV(&table))
	lines := got(csv.NewReader(&list).ReadAll())(t)
	if len(lines) != 6 || lines[3][9] != "high" || lines[5][11] != "=1+1,\nx" {
		t.Errorf("%q", lines)
	}
	if !bytes.HasPrefix(table.Bytes(), []byte("reader \\ model,normal,low,high,another\nnormal,0,0,0,0\nlow,0,2,0,0\n")) {
		t.Errorf("%s", table.Bytes())
	}
	if none := got(s.Agreement(t.Context(), Query{Setup: u, Reader: "nobody"}))(t); none.Kappa.Known || none.Unread != 7 {
		t.Errorf("%+v", none)
	}
}
