package probe

// Finding is what one step of an examination has found: a client's (package call/doctor), or a server's.
type Finding struct {
	Step   string `json:"step"`
	Result string `json:"result"`         // Pass, Fail, Skipped; while it is looked for also Running
	Code   string `json:"code,omitempty"` // a stable word for what was found, where there is more than the result
	Text   string `json:"text"`           // a sentence, and what to do where something is to be done
	TookMS int    `json:"took_ms"`

	// Of a call through the relay: of the path to oneself, there and back.
	RTTMS    float64 `json:"rtt_ms,omitempty"`
	JitterMS float64 `json:"jitter_ms,omitempty"`
	Loss     float64 `json:"loss,omitempty"` // the part of the packets, 0 to 1
}

// What a step can come to.
const (
	Pass    = "pass"
	Fail    = "fail"
	Skipped = "skipped"
	Running = "running"
)

// Passed, Failed and Omitted make findings; the step is filled in by who takes it.
func Passed(code, text string) Finding { return Finding{Result: Pass, Code: code, Text: text} }

// Failed says what is wrong, and what to do.
func Failed(code, text string) Finding { return Finding{Result: Fail, Code: code, Text: text} }

// Omitted says why a step was not taken.
func Omitted(why string) Finding { return Finding{Result: Skipped, Text: why} }
