package ui

import (
	"strings"
	"testing"

	"parley/profile"
	"parley/ui/model"
)

// ready is a version that waits for the next start.
func ready() UpdateState {
	return UpdateState{
		Line:   "Version 1.3.0 is ready.",
		Detail: "Parley starts with it the next time. Should it not work here, this one comes back by itself.", Tone: model.Good,
		News: "Calls connect faster on slow networks.\nThe window remembers which \u202eserver was open.\n\n" +
			"Crashes on Windows 10 are fixed.",
		Ready: true, Say: "Version 1.3.0 is ready.",
	}
}

func fetching() UpdateState {
	return UpdateState{
		Line: "Fetching version 1.3.0: 40 %", Detail: "8.0 of 20.0 MB", News: ready().News, Share: 0.4, Loading: true, Busy: true,
	}
}

func TestUpdatesLook(t *testing.T) {
	failed := UpdateState{
		Line: "Version 1.3.0 did not work here. This one was put back.", Detail: "It is not tried again; the next one will be.",
		Tone: model.Warn,
	}
	for name, state := range map[string]UpdateState{"ready": ready(), "fetching": fetching(), "failed": failed} {
		both(t, func(t *testing.T, theme profile.Theme) {
			b := newBench(t, func(s *profile.Settings) { s.Theme = theme })
			b.update = state
			b.open(pageUpdates)
			golden(t, b.Window, "updates-"+name+"-"+string(theme))
		})
	}
}

// TestUpdates: what can be asked for is asked for, and a call is not ended by it.
func TestUpdates(t *testing.T) {
	b := newBench(t, nil)
	restarts, switched := 0, 0
	b.c.Restart = func() { restarts++ }
	b.c.Updates.Switched = func() { switched++ }
	b.open(pageUpdates)
	if b.press("Look now"); b.looks != 1 {
		t.Error("nobody looks")
	}
	flip("Keep Parley current")(b)
	if switched != 1 || b.c.Profile.Settings().Updates {
		t.Error("the switch does nothing")
	}
	b.update = fetching()
	b.rest(0)
	if b.press("Look now"); b.looks != 1 {
		t.Error("it is looked for while it is fetched")
	}
	text := b.texts()
	if strings.Contains(text, "\u202e") || strings.Contains(text, "Restart") || !strings.Contains(text, "Crashes on Windows 10 are fixed.") {
		t.Errorf("%q", text)
	}
	b.update = ready()
	b.view = &model.View{Dock: model.Dock{InChannel: true}}
	b.rest(0)
	if b.press("Restart now"); restarts != 0 || !strings.Contains(b.texts(), "when you are in no call") {
		t.Error("a restart would end the call")
	}
	b.restart()
	b.view = &model.View{}
	b.rest(0)
	if b.press("Restart now"); restarts != 1 {
		t.Errorf("%d restarts", restarts)
	}
}

// TestNoUpdates: a build from source says so.
func TestNoUpdates(t *testing.T) {
	b := newBench(t, nil)
	b.c.Updates = Updates{}
	b.open(pageUpdates)
	text := b.texts()
	if !strings.Contains(text, "does not update itself") || strings.Contains(text, "Look now") || strings.Contains(text, "Keep Parley") {
		t.Errorf("%q", text)
	}
}

// TestUpdateIsSaidOnce says it wherever one is.
func TestUpdateIsSaidOnce(t *testing.T) {
	b := newBench(t, nil)
	changed, done := make(chan struct{}), make(chan struct{})
	b.c.Updates.Changed, b.update = changed, ready()
	go func() {
		defer close(done)
		b.watchUpdates()
	}()
	for range 3 {
		changed <- struct{}{}
	}
	b.pump.stop()
	<-done
	if len(b.pump.lines) != 1 || b.pump.lines[0].Text != "Version 1.3.0 is ready." {
		t.Errorf("%+v", b.pump.lines)
	}
}
