package model

import (
	"maps"
	"time"

	"parley/call"
)

// How a ring follows a voice: at once up, held, then down one step a tick.
const (
	ringHold = 250 * time.Millisecond
	// ringFall is a tick of 7.5 Hz, less what one may come early.
	ringFall = 110 * time.Millisecond
	// ringFlat is the step of every ring with less motion, and of whom one sees but does not hear.
	ringFlat = 2
)

// stepOf is how much of a ring a level in dBFS lights, 0 to 4.
func stepOf(dbfs float32) uint8 {
	switch {
	case dbfs >= -18:
		return 4
	case dbfs >= -28:
		return 3
	case dbfs >= -38:
		return 2
	case dbfs >= -50:
		return 1
	}
	return 0
}

type ring struct {
	step  uint8
	loud  time.Time // when the voice was last as loud as step
	moved time.Time // when step last fell
}

func (r *ring) follow(now time.Time, want uint8) uint8 {
	switch {
	case want >= r.step:
		r.step, r.loud, r.moved = want, now, now
	case now.Sub(r.loud) >= ringHold && now.Sub(r.moved) >= ringFall:
		r.step, r.moved = r.step-1, now
	}
	return r.step
}

type rings struct {
	all   map[string]*ring
	shown map[string]uint8 // as it was given out
}

// update takes the step that each voice asks for. Whoever is not in want is dark at once: gone, or muted.
func (r *rings) update(now time.Time, want map[string]uint8, flat bool) map[string]uint8 {
	next, shown := make(map[string]*ring, len(want)), make(map[string]uint8, len(want))
	for user, step := range want {
		one := r.all[user]
		if one == nil {
			one = &ring{}
		}
		next[user] = one
		if step = one.follow(now, step); step > 0 {
			if flat {
				step = ringFlat
			}
			shown[user] = step
		}
	}
	r.all = next
	if !maps.Equal(r.shown, shown) {
		r.shown = shown
	}
	return r.shown
}

// voices are the steps that everybody's voice asks for at this moment; of those in another channel it is only known that they
// speak.
func voices(in Input, h here, elsewhere []string) map[string]uint8 {
	want := make(map[string]uint8, len(elsewhere)+len(h.rows))
	for _, user := range elsewhere {
		want[user] = ringFlat
	}
	s := in.Snapshot
	if s.Place.Phase != call.Joined {
		return want
	}
	if c := in.Stats.Capture; heard(in) {
		want[s.Self.User] = voice(c.Speaking, c.After)
	}
	for _, p := range h.peers {
		if p.Muted || p.Deafened || p.Phase == call.Held {
			continue
		}
		for _, st := range in.Stats.Peers {
			if st.User == p.User && st.Member == p.Member {
				want[p.User] = voice(st.Stream.Speaking, st.Stream.Level)
			}
		}
	}
	return want
}

func voice(speaking bool, dbfs float32) uint8 {
	if !speaking {
		return 0
	}
	return stepOf(dbfs)
}

// heard says that others would hear the microphone now.
func heard(in Input) bool {
	s := in.Snapshot
	return in.Stats.Sound && s.Place.Phase == call.Joined && !s.Self.Muted && !s.Self.Deafened && s.Sound.Check.Phase == call.CheckIdle
}
