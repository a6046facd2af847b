package model

import (
	"time"

	"parley/call"
)

// segments is how many the microphone's meter in the dock has.
const segments = 5

func (m *Model) dock(in Input, me *person) Dock {
	s := in.Snapshot
	d := Dock{
		Name: me.name, Face: me.face, Line: m.dockLine(s), Presence: presenceOf(s.Self.Status),
		InChannel: s.Place.Phase != call.Idle, InCall: inCall(s), Calling: s.Ring != nil && s.Ring.Out, Camera: s.Camera.On, Sharing: s.Screen.Sharing, Muted: s.Self.Muted, Deafened: s.Self.Deafened,
		Bars: m.quality.self(), Delay: m.quality.delay.value,
	}
	if s.Link != call.Online {
		d.Presence = Offline
	}
	if heard(in) {
		d.Mic, d.Open = litOf(in.Stats.Capture.Before), in.Stats.Capture.Speaking
	}
	return d
}

// litOf is how many segments a level in dBFS lights: one for each 10 dB from -60 on.
func litOf(dbfs float32) uint8 {
	n := uint8(0)
	for n < segments && dbfs >= -50+10*float32(n) {
		n++
	}
	return n
}

func (m *Model) dockLine(s *call.Snapshot) string {
	place, joining := "in "+m.lists.title, "Joining "+m.lists.title
	if inCall(s) {
		place, joining = "with "+m.other.name, "Connecting to "+m.other.name
	}
	switch {
	case s.Place.Phase == call.Joining:
		return joining
	case s.Place.Phase == call.Joined && s.Self.Deafened:
		return "Deafened " + place
	case s.Place.Phase == call.Joined && s.Self.Muted:
		return "Muted " + place
	case s.Place.Phase == call.Joined:
		return "Live " + place
	case s.Ring != nil && s.Ring.Out:
		return "Calling " + m.other.name
	}
	return [...]string{
		call.Offline: "Offline", call.Dialing: "Connecting", call.Online: "Not in a channel", call.Lost: "Reconnecting",
	}[s.Link]
}

// When the window says that somebody talks into a muted microphone.
const (
	murmurAfter = 600 * time.Millisecond // of speech: a cough is shorter
	murmurShown = 4 * time.Second
	murmurEvery = time.Minute
)

// murmur finds somebody who is muted, but talking.
type murmur struct {
	talks time.Time // since when; zero: they don't
	shown time.Time // when it was last said; zero: never
	on    bool
}

func (u *murmur) update(in Input) {
	s := in.Snapshot
	quiet := s.Place.Phase == call.Joined && (s.Self.Muted || s.Self.Deafened)
	switch {
	case !quiet || !in.Stats.Sound || !in.Stats.Capture.MutedTalking:
		u.talks = time.Time{}
	case u.talks.IsZero():
		u.talks = in.Now
	}
	if u.on && (!quiet || in.Now.Sub(u.shown) >= murmurShown) {
		u.on = false
	}
	due := u.shown.IsZero() || in.Now.Sub(u.shown) >= murmurEvery
	if due && !u.talks.IsZero() && in.Now.Sub(u.talks) >= murmurAfter {
		u.on, u.shown = true, in.Now
	}
}
