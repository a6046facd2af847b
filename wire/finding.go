package wire

import (
	"errors"
	"fmt"
)

// Findings tells a peer to whom no path comes about what was found at the sender's: words alone, so that nothing of its network is told.
type Findings struct {
	Route
	Steps []StepResult `json:"steps"`
}

// StepResult is how one step went.
type StepResult struct {
	Step   string `json:"step"`   // such as turn_tls; whoever does not know it leaves it out
	Result string `json:"result"` // pass, fail or skipped
}

// MaxFindings is how many steps may be told of.
const MaxFindings = 16

func (Findings) kind() string { return "rtc.findings" }

func (m Findings) check() error {
	if len(m.Steps) > MaxFindings {
		return fmt.Errorf("steps: %d, at most %d", len(m.Steps), MaxFindings)
	}
	return errors.Join(m.Route.check(), each(m.Steps))
}

func (s StepResult) check() error {
	return errors.Join(checkText("step", s.Step, 1, 32), oneOf("result", s.Result, "pass", "fail", "skipped"))
}
