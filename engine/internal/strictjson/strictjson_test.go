package strictjson

import (
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	cases := map[string]struct{ text, problem string }{
		"plain":         {`{"a": 1}`, ""},
		"space around":  {" {\"a\": 1}\n", ""},
		"unknown field": {`{"a": 1, "b": 2}`, "unknown field"},
		"two values":    {`{"a": 1} {}`, "something follows"},
		"rubbish after": {`{"a": 1} x`, "something follows"},
		"wrong type":    {`{"a": "x"}`, "cannot unmarshal"},
		"cut off":       {`{"a": `, "EOF"},
		"too long":      {`{"a": 1` + strings.Repeat(" ", 50) + `}`, "the limit is 40"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var v struct{ A int }
			err := Decode([]byte(c.text), 40, &v)
			switch {
			case c.problem == "" && (err != nil || v.A != 1):
				t.Errorf("%+v, error %v", v, err)
			case c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)):
				t.Errorf("error %v, want one with %q", err, c.problem)
			}
		})
	}
}
