package model

import (
	"fmt"
	"math"

	"parley/call"
)

// Share is what one shows to others of one's own screens; the zero Share is nothing.
type Share struct {
	On      bool
	Text    string // "You are sharing the window Plans"
	Line    string // "1280 × 720, 15 a second", or what is wrong with it
	Tone    Tone   // of Line
	Picture bool   // there is one of it
}

func shareOf(s *call.Snapshot) Share {
	c := s.Screen
	if !c.Sharing {
		return Share{}
	}
	out := Share{On: true, Text: "You are sharing " + subjectName(shared(c), screens(c.Subjects)), Picture: c.Open && !c.Hidden}
	switch {
	case c.Failed != "":
		out.Line, out.Tone = Inert(c.Failed), Warn
	case c.Hidden:
		out.Line, out.Tone = "It is minimised: others see its last picture.", Warn
	case !c.Open:
		out.Line = "Starting…"
	default:
		out.Line = shareFigures(c)
	}
	return out
}

// shared is what is shown. At first only its id is known, and what was listed under that.
func shared(c call.ScreenState) call.Subject {
	if c.Subject.Width > 0 {
		return c.Subject
	}
	for _, s := range c.Subjects {
		if s.ID == c.Subject.ID {
			return s
		}
	}
	return call.Subject{Window: true, Name: c.Subject.Name}
}

func shareFigures(c call.ScreenState) string {
	if c.FPS <= 0 || math.IsNaN(c.FPS) || c.FPS > 1000 {
		return sizeOf(c.Width, c.Height)
	}
	return fmt.Sprintf("%s, up to %.0f a second", sizeOf(c.Width, c.Height), c.FPS)
}

func sizeOf(width, height int) string { return fmt.Sprintf("%d × %d", width, height) }

// screens counts those of what can be shown.
func screens(all []call.Subject) (n int) {
	for _, s := range all {
		if !s.Window {
			n++
		}
	}
	return n
}

// subjectName is how one speaks of what is shown, of so many screens that there are.
func subjectName(s call.Subject, screens int) string {
	name := Inert(s.Name)
	switch {
	case s.Window && name == "":
		return "a window"
	case s.Window:
		return "the window " + name
	case name == "" || screens == 1:
		return "your whole screen"
	}
	return "the screen " + name
}

// Shareable is a screen or a window that one can show to others.
type Shareable struct {
	ID, Name string
	Line     string // "Firefox, 1280 × 720"
	Window   bool
}

// Shareables are the screens, the main one first, and then the windows, as the system has them in order. What their programs call
// them can be anything.
func Shareables(s *call.Snapshot) []Shareable {
	var whole, windows []Shareable
	all := screens(s.Screen.Subjects)
	for _, c := range s.Screen.Subjects {
		switch t := (Shareable{ID: c.ID, Line: sizeOf(c.Width, c.Height), Window: c.Window}); {
		case c.Window:
			t.Name = Inert(c.Name)
			if app := Inert(c.Application); app != "" {
				t.Line = app + ", " + t.Line
			}
			if t.Name == "" {
				t.Name = "Window without a name"
			}
			windows = append(windows, t)
		default:
			t.Name = "Whole screen"
			if name := Inert(c.Name); all > 1 && name != "" {
				t.Name = "Screen " + name
			}
			if all > 1 && c.Primary {
				t.Line += ", the main one"
				whole = append([]Shareable{t}, whole...)
				continue
			}
			whole = append(whole, t)
		}
	}
	return append(whole, windows...)
}

// NoShare says in a sentence why one can't share a screen now; empty: one can.
func NoShare(s *call.Snapshot) string {
	switch {
	case s.Screen.Unavailable != "":
		return Inert(s.Screen.Unavailable)
	case s.Place.Phase == call.Idle:
		return "Go to a voice channel or call somebody first: there is nobody to see it."
	case s.Place.Phase != call.Joined:
		return "You are not in yet. Try again in a moment."
	}
	return ""
}
