package measure

import (
	"encoding/json"
	"fmt"
	"io"
)

// Figure is one line of a report.
type Figure struct {
	Bench  string   `json:"bench"`
	Value  float64  `json:"value"`
	Unit   string   `json:"unit"`
	Limit  *float64 `json:"limit,omitempty"`
	Within *bool    `json:"within,omitempty"`
	Detail any      `json:"detail,omitempty"`
}

// Limit is what a value may be. Nil: there is none.
type Limit struct {
	value float64
	least bool // no less; else no more
}

// AtLeast is for what may be no less.
func AtLeast(v float64) *Limit { return &Limit{v, true} }

// AtMost is for what may be no more.
func AtMost(v float64) *Limit { return &Limit{v, false} }

func (l *Limit) holds(v float64) bool { return l.least && v >= l.value || !l.least && v <= l.value }

// Said makes a line, which says whether the limit holds.
func Said(name string, value float64, unit string, l *Limit, detail any) Figure {
	f := Figure{Bench: name, Value: value, Unit: unit, Detail: detail}
	if l != nil {
		within := l.holds(value)
		f.Limit, f.Within = &l.value, &within
	}
	return f
}

// Held reads a report again, and says of each line that has a limit whether it holds.
func Held(report io.Reader) (map[string]bool, error) {
	held := map[string]bool{}
	for lines := json.NewDecoder(report); ; {
		var f Figure
		if err := lines.Decode(&f); err == io.EOF {
			return held, nil
		} else if err != nil {
			return nil, fmt.Errorf("read report: %w", err)
		}
		if f.Within != nil {
			held[f.Bench] = *f.Within
		}
	}
}
