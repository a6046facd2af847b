package measure

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	if held, err := Held(strings.NewReader(`{"bench":"x","within":true} {`)); err == nil {
		t.Errorf("half a report: %v", held)
	}
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
		if held, err := Held(bytes.NewReader(line)); err != nil || len(held) != 0 && held["x"] != c.within || (len(held) == 0) != (c.within == nil) {
			t.Errorf("%v, %v, want %v", held, err, c.within)
		}
		var f map[string]any
		if err := json.Unmarshal(line, &f); err != nil || f["within"] != c.within {
			t.Errorf("%s, %v", line, err)
		}
	}
}
