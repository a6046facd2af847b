package wire

import (
	"strings"
	"testing"
)

// What a stranger says of what it has found is bounded before anybody looks at it.
func TestFindingsAreBounded(t *testing.T) {
	route := Route{To: Address{strings.Repeat("b", 32), strings.Repeat("0", 32)}, Channel: "c1"}
	ok := StepResult{"stun", "fail"}
	for name, c := range map[string]struct {
		steps []StepResult
		ok    bool
	}{
		"none":             {nil, true},
		"as many as may":   {make([]StepResult, MaxFindings), true},
		"one too many":     {make([]StepResult, MaxFindings+1), false},
		"a word too long":  {[]StepResult{{strings.Repeat("s", 33), "fail"}}, false},
		"no word":          {[]StepResult{{"", "fail"}}, false},
		"no UTF-8":         {[]StepResult{{"\xff", "fail"}}, false},
		"another result":   {[]StepResult{{"stun", "maybe"}}, false},
		"one that runs on": {[]StepResult{{"stun", "running"}}, false},
	} {
		for i := range c.steps {
			if c.steps[i] == (StepResult{}) && len(c.steps) > 1 {
				c.steps[i] = ok
			}
		}
		if _, err := Encode(Envelope{Body: &Findings{Route: route, Steps: c.steps}}); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
