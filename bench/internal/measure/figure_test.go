package measure

import (
	"encoding/json"
	"testing"
)

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		value  float64
		limit  *Limit
		within any
	}{
		{28, AtLeast(28), true}, {27.9, AtLeast(28), false}, {120, AtMost(120), true}, {121, AtMost(120), false}, {1, nil, nil},
	} {
		line, err := json.Marshal(Said("x", c.value, "ms", c.limit, nil))
		if err != nil {
			t.Fatal(err)
		}
		var f map[string]any
		if err := json.Unmarshal(line, &f); err != nil || f["within"] != c.within {
			t.Errorf("%s, %v", line, err)
		}
	}
}
