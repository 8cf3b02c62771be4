package worklist

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// varied is a worklist of n cases of all states, with verdicts.
func varied(t testing.TB, n int) (*Store, Setup) {
	t.Helper()
	s, u := stocked(t, n)
	dice := rand.New(rand.NewPCG(1, 2))
	clock := someTime
	s.now = func() time.Time { clock = clock.Add(time.Second); return clock }
	for i := range n - 2 {
		if i%7 == 3 {
			j := begin(t, s, u)
			ok(t, s.Fail(t.Context(), j, Cause{Text: "bad"}))
			continue
		}
		a, b := dice.Float64(), dice.Float64()
		if i%5 == 0 {
			a, b = 0.5, 0.5 // ties
		}
		o := outcome(u, a*b, a*(1-b), 1-a)
		for range i % 3 {
			o.Warnings = append(o.Warnings, "resolution in doubt")
		}
		j := finish(t, s, u, o)
		if i%4 == 0 {
			got(s.Judge(t.Context(), u, j.Case, Verdict{Reader: "me", Class: u.Classes[i%3]}))(t)
		}
	}
	return s, u
}

// value is what a key goes by, the slow way; false is none.
func value(s Sort, u Setup, c Case) (float64, bool) {
	switch s.By {
	case ByState:
		return float64(slices.Index([]State{Running, Queued, Failed, Done}, c.State)), true
	case ByChanged:
		return -float64(c.Changed.UnixMilli()), true
	case ByPriority:
		return -float64(c.Priority), true
	case ByAdded:
		return -float64(c.Added.UnixMilli()), true
	case ByVerdict:
		if c.Verdict == nil {
			return 0, false
		}
		return float64(slices.Index([]Opinion{Agree, Disagree, Unsure}, c.Verdict.Opinion)), true
	}
	if c.Opinion == nil {
		return 0, s.By == ByName
	}
	switch s.By {
	case ByProbability:
		i, _ := u.Class(s.Class)
		return -c.Opinion.Probabilities[i], true
	case ByUncertainty:
		return Margin(c.Opinion.Probabilities), true
	case ByEntropy:
		return -Entropy(c.Opinion.Probabilities), true
	case ByWarnings:
		return -float64(c.Warnings), true
	case ByLabel:
		return float64(slices.Index([]string{"high", "low", "normal"}, c.Opinion.Label)), true
	}
	return 0, true
}

func slowSort(s Sort, u Setup, cases []Case) []string {
	cases = slices.Clone(cases)
	slices.SortFunc(cases, func(a, b Case) int {
		x, hasX := value(s, u, a)
		y, hasY := value(s, u, b)
		if hasX != hasY {
			if hasX {
				return -1
			}
			return 1
		}
		order := cmp.Compare(x, y)
		if s.By == ByName {
			order = cmp.Compare(a.Name, b.Name)
		}
		if s.Reverse {
			order = -order
		}
		return cmp.Or(order, cmp.Compare(a.Name, b.Name))
	})
	return names(cases)
}

func TestSort(t *testing.T) {
	s, u := varied(t, 60)
	all := got(s.List(t.Context(), Query{Setup: u, Reader: "me"}))(t)
	for _, by := range []Key{ByName, ByAdded, ByChanged, ByState, ByPriority, ByProbability, ByUncertainty, ByEntropy, ByWarnings, ByLabel, ByVerdict} {
		for _, reverse := range []bool{false, true} {
			rule := Sort{By: by, Reverse: reverse}
			if by == ByProbability {
				rule.Class = "low"
			}
			t.Run(rule.String(), func(t *testing.T) {
				q := Query{Setup: u, Reader: "me", Sort: rule}
				list := got(s.List(t.Context(), q))(t)
				if want := slowSort(rule, u, all); !slices.Equal(names(list), want) {
					t.Errorf("is   %v\nwant %v", names(list), want)
				}
				ids := got(s.Order(t.Context(), q))(t)
				if page := got(s.Get(t.Context(), q, ids[10:13]...))(t); !slices.Equal(names(page), names(list[10:13])) {
					t.Errorf("rows 10 to 12 are %v", names(page))
				}
				q.Limit, q.Offset = 5, 7
				if page := got(s.List(t.Context(), q))(t); !slices.Equal(names(page), names(list[7:12])) {
					t.Errorf("a page is %v", names(page))
				}
			})
		}
	}
}

func TestParseSort(t *testing.T) {
	for text, want := range map[string]Sort{
		"probability:a:b": {By: ByProbability, Class: "a:b"}, "uncertainty": {By: ByUncertainty}, "entropy": {By: ByEntropy}, "warnings": {By: ByWarnings}, "name": {By: ByName},
	} {
		if is, err := ParseSort(text); is != want || err != nil {
			t.Errorf("%s: %+v, %v", text, is, err)
		}
	}
	for _, text := range []string{"", "colour", "probability", "probability:", "entropy:low"} {
		if is, err := ParseSort(text); err == nil {
			t.Errorf("%q: %+v", text, is)
		}
	}
	s, u := stocked(t, 1)
	if _, err := s.List(t.Context(), Query{Setup: u, Sort: Sort{By: ByProbability, Class: "medium"}}); err == nil || !strings.Contains(err.Error(), "medium") {
		t.Errorf("no such class: %v", err)
	}
}

func TestFilter(t *testing.T) {
	s, u := varied(t, 60)
	all := got(s.List(t.Context(), Query{Setup: u, Reader: "me"}))(t)
	for name, c := range map[string]struct {
		filter Filter
		passes func(Case) bool
	}{
		"all":       {Filter{}, func(Case) bool { return true }},
		"text":      {Filter{Text: "S01"}, func(c Case) bool { return strings.Contains(c.Name, "s01") }},
		"wild text": {Filter{Text: "%"}, func(Case) bool { return false }},
		"states":    {Filter{States: []State{Failed, Queued}}, func(c Case) bool { return c.State == Failed || c.State == Queued }},
		"no state":  {Filter{States: []State{}}, func(c Case) bool { return false }},
		"label":     {Filter{Label: "low"}, func(c Case) bool { return c.Opinion != nil && c.Opinion.Label == "low" }},
		"class":     {Filter{Class: "high", AtLeast: 0.4}, func(c Case) bool { return c.Opinion != nil && c.Opinion.Probabilities[2] >= 0.4 }},
		"margin":    {Filter{MaxGap: 0.2}, func(c Case) bool { return c.Opinion != nil && c.Opinion.Margin <= 0.2 }},
		"warnings":  {Filter{Warnings: true}, func(c Case) bool { return c.Warnings > 0 }},
		"unread":    {Filter{Unread: true}, func(c Case) bool { return c.Verdict == nil }},
		"disagree":  {Filter{Verdict: Disagree}, func(c Case) bool { return c.Verdict != nil && c.Verdict.Opinion == Disagree }},
		"missing":   {Filter{Missing: true}, func(Case) bool { return false }},
		"folder":    {Filter{Folder: "/slides/1"}, func(c Case) bool { return strings.HasPrefix(c.Path, "/slides/1/") }},
		"several": {Filter{Folder: "/slides/1", Label: "low", Unread: true}, func(c Case) bool {
			return strings.HasPrefix(c.Path, "/slides/1/") && c.Verdict == nil && c.Opinion != nil && c.Opinion.Label == "low"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, x := range all {
				if c.passes(x) {
					want = append(want, x.Name)
				}
			}
			q := Query{Setup: u, Reader: "me", Filter: c.filter}
			if is := names(got(s.List(t.Context(), q))(t)); !slices.Equal(is, want) {
				t.Errorf("is   %v\nwant %v", is, want)
			}
			if n := got(s.Count(t.Context(), q))(t); n.Total != len(want) {
				t.Errorf("count %+v, want %d", n, len(want))
			}
		})
	}
}

func TestBlinded(t *testing.T) {
	s, u := varied(t, 30)
	q := Query{Setup: u, Reader: "me", Blinded: true}
	hidden := 0
	for _, c := range got(s.List(t.Context(), q))(t) {
		if c.Hidden {
			hidden++
		}
		if show := c.State == Done && c.Verdict != nil; show != (c.Opinion != nil) || c.Hidden != (c.State == Done && !show) {
			t.Errorf("%s, %s, verdict %v: opinion %v, hidden %v", c.Name, c.State, c.Verdict != nil, c.Opinion, c.Hidden)
		}
	}
	if hidden == 0 {
		t.Error("nothing was hidden")
	}
	other := q
	other.Reader = "another reader"
	for _, c := range got(s.List(t.Context(), other))(t) {
		if c.Opinion != nil || c.Verdict != nil {
			t.Errorf("%s: another reader's verdict opened it", c.Name)
		}
	}
	for _, given := range []Query{{Sort: Sort{By: ByProbability, Class: "low"}}, {Sort: Sort{By: ByUncertainty}}, {Sort: Sort{By: ByEntropy}}, {Sort: Sort{By: ByLabel}},
		{Filter: Filter{Label: "low"}}, {Filter: Filter{Class: "low"}}, {Filter: Filter{MaxGap: 1}}} {
		given.Setup, given.Blinded = u, true
		if _, err := s.List(t.Context(), given); !errors.Is(err, ErrBlinded) {
			t.Errorf("%+v: %v", given, err)
		}
		if _, err := s.Order(t.Context(), given); !errors.Is(err, ErrBlinded) {
			t.Errorf("%+v: %v", given, err)
		}
	}
}

func TestWriteCSV(t *testing.T) {
	s, u := varied(t, 12)
	var b bytes.Buffer
	q := Query{Setup: u, Reader: "me", Blinded: true}
	ok(t, WriteCSV(&b, u, got(s.List(t.Context(), q))(t)))
	lines := got(csv.NewReader(&b).ReadAll())(t) // which wants as many fields everywhere
	if len(lines) != 13 || lines[0][8] != "probability:low" || lines[1][1] != "s000.svs" || lines[1][4] != "done" {
		t.Errorf("%q", lines)
	}
	for _, l := range lines[1:] {
		if shown := l[7] != ""; shown != (l[6] != "") || shown && fmt.Sprint(l[len(l)-7]) == "" {
			t.Errorf("%q", l)
		}
	}
}
