package worklist

import (
	"errors"
	"fmt"
	"strings"
)

// Key is what a list is sorted by.
type Key string

// The keys there are.
const (
	ByName        Key = "name"
	ByAdded       Key = "added"       // first seen last
	ByChanged     Key = "changed"     // done or failed last
	ByState       Key = "state"       // running, queued, failed, done
	ByPriority    Key = "priority"    // highest first
	ByProbability Key = "probability" // of a class, highest first
	ByUncertainty Key = "uncertainty" // least margin between the two most probable classes first
	ByEntropy     Key = "entropy"     // highest first
	ByWarnings    Key = "warnings"    // most first
	ByLabel       Key = "label"       // in the order of the classes
	ByVerdict     Key = "verdict"     // those without one last
)

// rule is the key's SQL expression, whether the highest comes first, and the rule
// in words; all empty where there is no such key.
func (k Key) rule() (expression string, highest bool, words string) {
	switch k {
	case ByName:
		return "c.name COLLATE NOCASE", false, "by name"
	case ByAdded:
		return "c.added", true, "seen last first"
	case ByChanged:
		return "r.changed", true, "worked on last first"
	case ByState:
		return "CASE r.state WHEN 'running' THEN 0 WHEN 'queued' THEN 1 WHEN 'failed' THEN 2 WHEN 'done' THEN 3 END", false, "by state: running, queued, failed, done"
	case ByPriority:
		return "c.priority", true, "highest priority first"
	case ByProbability:
		return "pr.p", true, "highest probability of %q first"
	case ByUncertainty:
		return "r.margin", false, "least margin between the two most probable classes first"
	case ByEntropy:
		return "r.entropy", true, "highest entropy of the probabilities first"
	case ByWarnings:
		return "CASE WHEN r.state = 'done' THEN r.warnings END", true, "most warnings of tissue and resolution first"
	case ByLabel:
		return "CASE WHEN r.state = 'done' THEN r.label END", false, "by predicted class"
	case ByVerdict:
		return "nullif(" + opinionOf + ", '')", false, "by verdict"
	}
	return "", false, ""
}

// ofModel reports whether the order gives away what the model says.
func (k Key) ofModel() bool {
	return k == ByProbability || k == ByUncertainty || k == ByEntropy || k == ByLabel
}

// Sort is the rule of an order. The zero value is by name.
type Sort struct {
	By      Key
	Class   string // of ByProbability
	Reverse bool
}

// ParseSort reads "probability:CLASS", or another key alone.
func ParseSort(text string) (Sort, error) {
	key, class, has := strings.Cut(text, ":")
	s := Sort{By: Key(key), Class: class}
	switch words := s.String(); {
	case words == "", key == "":
		return s, fmt.Errorf("no rule %q to sort by", text)
	case s.By == ByProbability && class == "":
		return s, fmt.Errorf("%s of which class? Say %s:CLASS", ByProbability, ByProbability)
	case s.By != ByProbability && has:
		return s, fmt.Errorf("%s takes no class", s.By)
	}
	return s, nil
}

// String is the rule in words, "" for none that there is.
func (s Sort) String() string {
	_, _, words := s.key().rule()
	if s.By == ByProbability {
		words = fmt.Sprintf(words, s.Class)
	}
	if s.Reverse && words != "" {
		words += ", reversed"
	}
	return words
}

func (s Sort) key() Key {
	if s.By == "" {
		return ByName
	}
	return s.By
}

// order is the SQL of the rule. What has no value comes last, ties by name, then by
// content, so that equal worklists have equal orders.
func (s Sort) order() (string, error) {
	expression, highest, _ := s.key().rule()
	if expression == "" {
		return "", fmt.Errorf("no rule %q to sort by", s.By)
	}
	direction := "ASC"
	if highest != s.Reverse {
		direction = "DESC"
	}
	if s.key() == ByName {
		return fmt.Sprintf("%s %s, c.content", expression, direction), nil
	}
	return fmt.Sprintf("%s %s NULLS LAST, c.name COLLATE NOCASE, c.content", expression, direction), nil
}

// ErrBlinded: a blinded list is not to be sorted or filtered by what the model says.
var ErrBlinded = errors.New("blinded: the model's opinion is hidden until the verdict is in")
