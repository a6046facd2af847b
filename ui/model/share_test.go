package model

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"parley/call"
)

func TestShare(t *testing.T) {
	window := call.Subject{ID: "window:1", Window: true, Name: "Plans", Application: "Writer", Width: 1280, Height: 720}
	screen := call.Subject{ID: "screen:1", Name: "HDMI-1", Width: 9, Height: 8}
	nameless := screen
	nameless.Name = ""
	for _, c := range []struct {
		name  string
		state call.ScreenState
		want  string
	}{
		{"none", call.ScreenState{Subject: window}, "||0"},
		{"starting", call.ScreenState{Sharing: true, Subject: window}, "You are sharing the window Plans|Starting…|0"},
		{"a window", call.ScreenState{Sharing: true, Subject: window, Open: true, Width: 1280, Height: 720, FPS: 15}, "You are sharing the window Plans|1280 × 720, up to 15 a second|0 with a picture"},
		{"no rate", call.ScreenState{Sharing: true, Subject: window, Open: true, Width: 1280, Height: 720, FPS: math.NaN()}, "You are sharing the window Plans|1280 × 720|0 with a picture"},
		{"minimised", call.ScreenState{Sharing: true, Subject: window, Open: true, Hidden: true}, "You are sharing the window Plans|It is minimised: others see its last picture.|2"},
		{"failed", call.ScreenState{Sharing: true, Subject: window, Failed: "The display\u202e is gone."}, "You are sharing the window Plans|The display is gone.|2"},
		{"a screen", call.ScreenState{Sharing: true, Subject: screen, Open: true, Width: 9, Height: 8}, "You are sharing the screen HDMI-1|9 × 8|0 with a picture"},
		{"not found yet", call.ScreenState{Sharing: true, Subject: call.Subject{ID: "screen:1"}, Subjects: []call.Subject{window, screen}}, "You are sharing your whole screen|Starting…|0"},
		{"not known", call.ScreenState{Sharing: true, Subject: call.Subject{ID: "window:7"}, Subjects: []call.Subject{window}}, "You are sharing a window|Starting…|0"},
		{"the screen", call.ScreenState{Sharing: true, Subject: nameless, Open: true, Width: 9, Height: 8}, "You are sharing your whole screen|9 × 8|0 with a picture"},
		{"no title", call.ScreenState{Sharing: true, Subject: call.Subject{Window: true, Name: "\u200b"}}, "You are sharing a window|Starting…|0"},
	} {
		r := newRig(t).join(peer("bo", "Bo"))
		r.in.Snapshot.Screen = c.state
		v := r.now()
		got := fmt.Sprintf("%s|%s|%d", v.Share.Text, v.Share.Line, v.Share.Tone)
		if v.Share.Picture {
			got += " with a picture"
		}
		equal(t, c.name, got, c.want)
		equal(t, c.name+": on", [2]bool{v.Share.On, v.Dock.Sharing}, [2]bool{c.state.Sharing, c.state.Sharing})
	}
}

func TestShareables(t *testing.T) {
	s := &call.Snapshot{}
	list := func(all ...call.Subject) (out string) {
		s.Screen.Subjects = all
		for _, c := range Shareables(s) {
			out += fmt.Sprintf("%s %s (%s); ", c.ID, c.Name, c.Line)
		}
		return out
	}
	one := call.Subject{ID: "screen:A", Name: "A", Width: 1920, Height: 1080, Primary: true}
	two := call.Subject{ID: "screen:B", Name: "B", Width: 800, Height: 600}
	win := call.Subject{ID: "window:1", Window: true, Name: "Plans", Application: "Writer", Width: 640, Height: 480}
	equal(t, "nothing", list(), "")
	equal(t, "one screen", list(one), "screen:A Whole screen (1920 × 1080); ")
	equal(t, "the main one first, and windows last", list(win, two, one),
		"screen:A Screen A (1920 × 1080, the main one); screen:B Screen B (800 × 600); window:1 Plans (Writer, 640 × 480); ")
	win.Name, win.Application = "\u202e\u200b", "\x1b[1m"
	if got := list(win); got != "window:1 Window without a name ([1m, 640 × 480); " {
		t.Errorf("hostile: %q", got)
	}
	win.Name = strings.Repeat("W", 100_000)
	if got := list(win); len(got) > 2000 {
		t.Errorf("a title of %d letters", len(got))
	}
}

func TestNoShare(t *testing.T) {
	r := newRig(t)
	equal(t, "nowhere", NoShare(r.in.Snapshot), "Go to a voice channel or call somebody first: there is nobody to see it.")
	r.join()
	equal(t, "in a channel", NoShare(r.in.Snapshot), "")
	r.in.Snapshot.Place.Phase = call.Joining
	equal(t, "on the way", NoShare(r.in.Snapshot), "You are not in yet. Try again in a moment.")
	r.in.Snapshot.Screen.Unavailable = "Wayland can't yet."
	equal(t, "Wayland", NoShare(r.in.Snapshot), "Wayland can't yet.")
}
