package call

import "parley/call/doctor"

// Finding is what one step of an examination has found.
type Finding = doctor.Finding

// Examination is what an Examine has found, or finds; or what was found by itself when no path came about to somebody.
type Examination struct {
	Running  bool
	AtMS     int64     // when it began, since the engine's start; zero: there was none
	Why      string    // WhyAsked or WhyNoPath
	With     string    // WhyNoPath: the user id of whom no path leads to
	Findings []Finding // in the order of doctor.Steps; the same slice until one of them changes
	Theirs   []Finding // WhyNoPath: what With has found, in our words; only the steps that fail, and nil until it has come
}

// Why an Examination is made.
const (
	WhyAsked  = "asked"   // by Examine
	WhyNoPath = "no_path" // no path came about to somebody; microphone and speaker are left alone
)
