package call

import (
	"slices"

	"parley/wire"
)

// The pictures a second that a screen is shown with.
const (
	MinScreenFPS = 5
	MaxScreenFPS = 30
	screenFPS    = 15
)

func (t *turn) screenCommand(cmd Command, made waiter) {
	var err error
	switch c := cmd.(type) {
	case WatchScreens:
		t.do(listScreens{c.On})
	case ShareScreen:
		err = t.beginShare(c)
	case StopShare:
		t.endShare("")
	}
	t.finish(made, Reply{}, err)
}

// beginShare is the consent to it: nothing else lets a screen be seen.
func (t *turn) beginShare(c ShareScreen) error {
	switch {
	case t.place.phase == Idle:
		return wire.Errorf(wire.BadOrder, "A screen can be shown in a call or a voice channel only.")
	case c.Subject == "": // a window without a name would be meant
		return wire.Errorf(wire.BadMessage, "Say which screen or window is to be shown.")
	case c.FPS != 0 && (c.FPS < MinScreenFPS || c.FPS > MaxScreenFPS):
		return wire.Errorf(wire.BadMessage, "A screen is shown with %d to %d pictures a second.", MinScreenFPS, MaxScreenFPS)
	}
	fps := float64(c.FPS)
	if c.FPS == 0 {
		fps = screenFPS
	}
	old := t.screen
	t.shares++
	t.screen = ScreenState{Subjects: old.Subjects, Unavailable: old.Unavailable, Sharing: true, Subject: Subject{ID: c.Subject}, FPS: fps}
	t.do(shareScreen{t.shares, c.Subject, fps})
	if old.Sharing && old.Open {
		t.tellState()
	}
	return nil
}

// endShare ends it, if one is on; failed is a sentence, or empty.
func (t *turn) endShare(failed string) {
	if !t.screen.Sharing {
		return
	}
	t.screen = ScreenState{Subjects: t.screen.Subjects, Unavailable: t.screen.Unavailable, Failed: failed}
	t.do(stopShare{})
	t.tellState()
}

// screenEnded is the end of a share by itself: the window was closed, or can't be shown.
func (t *turn) screenEnded(ev screenEnded) {
	if t.screen.Sharing && ev.share == t.shares {
		t.endShare(ev.notice.Text)
		t.notify(ev.notice)
	}
}

// screenSeen takes what has become of screens. The others are told whether there are pictures.
func (t *turn) screenSeen(ev screenSeen) {
	old, seen := t.screen, ev.screen
	if !slices.Equal(old.Subjects, seen.Subjects) {
		t.screen.Subjects = seen.Subjects
	}
	t.screen.Unavailable = seen.Unavailable
	if !old.Sharing || ev.share != t.shares {
		return // of one that is over
	}
	seen.Sharing, seen.Failed, seen.Subjects = true, "", t.screen.Subjects
	if t.screen = seen; seen.Open != old.Open {
		t.tellState()
	}
}
