package texts

import (
	"math"
	"testing"
	"time"
)

func numbers(t *testing.T, lang string) Numbers {
	t.Helper()
	all, err := Load(lang)
	if err != nil {
		t.Fatal(err)
	}
	return all.Numbers
}

func TestCount(t *testing.T) {
	n := numbers(t, "en")
	for v, want := range map[int]string{
		0: "0", 7: "7", 131: "131", 4212: "4\u00a0212", -4212: "-4\u00a0212", 100000: "100\u00a0000",
		1234567: "1\u00a0234\u00a0567", math.MinInt64: "-9\u00a0223\u00a0372\u00a0036\u00a0854\u00a0775\u00a0808",
	} {
		if got := n.Count(v); got != want {
			t.Errorf("Count(%d) = %q, want %q", v, got, want)
		}
	}
}

func TestAmount(t *testing.T) {
	for lang, want := range map[string][3]string{"en": {"0 epochs", "1 epoch", "21 epochs"}, "de": {"0 Epochen", "1 Epoche", "21 Epochen"}} {
		n := numbers(t, lang)
		if got := [3]string{n.Amount(0, n.Epoch, n.Epochs), n.Amount(1, n.Epoch, n.Epochs), n.Amount(21, n.Epoch, n.Epochs)}; got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}

func TestFractions(t *testing.T) {
	en, de := numbers(t, "en"), numbers(t, "de")
	for _, c := range []struct{ what, got, want string }{
		{"decimal", de.Decimal(0.5, 2), "0,50"},
		{"short", en.Short(2.50, 2), "2.5"},
		{"short whole", en.Short(10, 2), "10"},
		{"share", en.Share(0.0311, 1), "3.1\u00a0%"},
		{"share in German", de.Share(0.0311, 1), "3,1\u00a0%"},
		{"nothing", en.Share(0, 1), "0.0\u00a0%"},
		{"next to nothing", en.Share(0.0001, 1), "below 0.1\u00a0%"},
		{"probability", en.Probability(0.92), "92\u00a0%"},
		{"nearly sure", en.Probability(0.9962), "99.6\u00a0%"},
		{"just not beyond", en.Probability(0.999), "99.9\u00a0%"},
		{"not quite sure", en.Probability(0.99999), ">\u00a099.9\u00a0%"},
		{"not quite sure in German", de.Probability(0.9992), ">\u00a099,9\u00a0%"},
		{"nearly excluded", en.Probability(0.0038), "0.4\u00a0%"},
		{"excluded", en.Probability(0.0000001), "below 0.1\u00a0%"},
		{"sure", en.Probability(1), "100\u00a0%"},
		{"none", en.Probability(0), "0\u00a0%"},
		{"magnification", de.Magnification(2.5), "2,5x"},
		{"whole magnification", en.Magnification(40), "40x"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
}

func TestDuration(t *testing.T) {
	n := numbers(t, "en")
	for d, want := range map[time.Duration]string{
		0:                        "0\u00a0s",
		840 * time.Millisecond:   "0.8\u00a0s",
		6 * time.Second:          "6\u00a0s",
		9960 * time.Millisecond:  "10\u00a0s",
		59600 * time.Millisecond: "1\u00a0min 0\u00a0s",
		130 * time.Second:        "2\u00a0min 10\u00a0s",
		65 * time.Minute:         "1\u00a0h 5\u00a0min",
	} {
		if got := n.Duration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	if got := n.Left(100 * time.Millisecond); got != "1\u00a0s" {
		t.Errorf("left: %q", got)
	}
}
