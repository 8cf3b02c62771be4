package texts

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Numbers are the signs and units that numbers are written with.
type Numbers struct {
	DecimalSign string `json:"decimal_sign"`
	Percent     string `json:"percent"`      // %s: the number
	Below       string `json:"below"`        // %s: a quantity that is larger than what is told
	Above       string `json:"above"`        // %s: a quantity that is smaller than what is told
	Seconds     string `json:"seconds"`      // %s: seconds
	MinutesSecs string `json:"minutes_secs"` // %d minutes, %d seconds
	HoursMins   string `json:"hours_mins"`   // %d hours, %d minutes

	// How many there are of something, for Amount: %s is the number.
	Slide    string `json:"slide"`
	Slides   string `json:"slides"`
	Class    string `json:"class"`
	Classes  string `json:"classes"`
	Patient  string `json:"patient"`
	Patients string `json:"patients"`
	Epoch    string `json:"epoch"`
	Epochs   string `json:"epochs"`
}

// space keeps a number together: it is no-break, so that no line ends within.
const space = "\u00a0"

// Count writes a whole number with its thousands apart: 4 212.
func (n Numbers) Count(v int) string {
	digits, sign := strconv.Itoa(v), ""
	if v < 0 {
		digits, sign = digits[1:], "-"
	}
	head := len(digits) % 3
	groups := []string{}
	if head > 0 {
		groups = append(groups, digits[:head])
	}
	for ; head < len(digits); head += 3 {
		groups = append(groups, digits[head:head+3])
	}
	return sign + strings.Join(groups, space)
}

// Amount writes how many there are of something, in the words for one or those for
// any other number, either with %s for it.
func (n Numbers) Amount(v int, one, many string) string {
	if v == 1 {
		many = one
	}
	return fmt.Sprintf(many, n.Count(v))
}

// Decimal writes v with the given number of places after the language's sign.
func (n Numbers) Decimal(v float64, places int) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', places, 64), ".", n.DecimalSign, 1)
}

// Short writes v with at most the given number of places and no zeros at its end.
func (n Numbers) Short(v float64, places int) string {
	s := strconv.FormatFloat(v, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return strings.Replace(s, ".", n.DecimalSign, 1)
}

// Share writes a fraction of [0, 1] in percent with the given places; what is too
// small for them but not nothing is told as being below the smallest.
func (n Numbers) Share(fraction float64, places int) string {
	least := math.Pow(10, -float64(places))
	if p := 100 * fraction; p > 0 && p < least {
		return fmt.Sprintf(n.Below, fmt.Sprintf(n.Percent, n.Decimal(least, places)))
	}
	return fmt.Sprintf(n.Percent, n.Decimal(100*fraction, places))
}

// Probability writes a fraction in whole percent; what would round to certainty is
// written with one place, so that 99.6 % does not become 100 %, and what is beyond
// that as more than 99.9 %.
func (n Numbers) Probability(fraction float64) string {
	const most = 0.999
	switch {
	case fraction > most && fraction < 1:
		return fmt.Sprintf(n.Above, n.Share(most, 1))
	case fraction >= 0.995 && fraction < 1 || fraction > 0 && fraction < 0.005:
		return n.Share(fraction, 1)
	}
	return n.Share(fraction, 0)
}

// Duration writes a time in at most two units: 0.8 s, 6 s, 2 min 10 s, 1 h 5 min.
func (n Numbers) Duration(d time.Duration) string {
	s := d.Seconds()
	switch whole := int(math.Round(s)); {
	case s < 9.95 && s != math.Trunc(s):
		return fmt.Sprintf(n.Seconds, n.Short(s, 1))
	case whole < 60:
		return fmt.Sprintf(n.Seconds, strconv.Itoa(whole))
	case whole < 3600:
		return fmt.Sprintf(n.MinutesSecs, whole/60, whole%60)
	default:
		return fmt.Sprintf(n.HoursMins, whole/3600, whole%3600/60)
	}
}

// Left writes a time to wait, in whole seconds and never less than one.
func (n Numbers) Left(d time.Duration) string {
	return n.Duration(max(d.Round(time.Second), time.Second))
}

// Magnification writes 20x, 2.5x.
func (n Numbers) Magnification(m float64) string { return n.Short(m, 2) + "x" }

// Portion writes a share in percent with two or three figures, however small.
func (n Numbers) Portion(fraction float64) string {
	switch {
	case fraction >= 0.1 || fraction <= 0:
		return n.Share(fraction, 0)
	case fraction >= 0.01:
		return n.Share(fraction, 1)
	case fraction >= 0.001:
		return n.Share(fraction, 2)
	}
	return n.Share(fraction, 3)
}
