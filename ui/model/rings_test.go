package model

import (
	"fmt"
	"math"
	"testing"
	"time"

	"parley/call"
)

const tick = time.Second * 2 / 15

// voiceOf sets what comes from the first peer.
func (r *rig) voiceOf(speaking bool, dbfs float32) {
	r.in.Stats.Peers[0].Stream.Speaking, r.in.Stats.Peers[0].Stream.Level = speaking, dbfs
}

func TestRingSteps(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		dbfs float32
		want uint8
	}{{-90, 0}, {-50.1, 0}, {-50, 1}, {-38.1, 1}, {-38, 2}, {-28.1, 2}, {-28, 3}, {-18.1, 3}, {-18, 4}, {0, 4}, {nan, 0}} {
		equal(t, fmt.Sprint(c.dbfs), stepOf(c.dbfs), c.want)
	}
}

// A voice lights at once, is held, and fades a step a tick.
func TestRingOverTime(t *testing.T) {
	r := newRig(t).join(peer("mara", "Mara Lind"))
	for i, c := range []struct {
		speaking bool
		dbfs     float32
		want     uint8
	}{
		{false, -20, 0},                                                // a level without speech is noise
		{true, -45, 1}, {true, -20, 3}, {true, -30, 3}, {true, -30, 2}, // 267 ms after: one down, to what there is
		{true, -15, 4}, {false, -15, 4}, {false, -90, 3}, {false, -90, 2}, {false, -90, 1}, {false, -90, 0}, {false, -90, 0},
		{true, -5, 4}, {false, -90, 4}, {true, -20, 3}, {true, -20, 3},
	} {
		r.voiceOf(c.speaking, c.dbfs)
		v := r.after(tick)
		equal(t, fmt.Sprintf("tick %d", i), v.Rings["mara"], c.want)
		want := "Listening"
		if c.want > 0 {
			want = "Speaking"
		}
		equal(t, fmt.Sprintf("tile at tick %d", i), v.Stage.Tiles[0].Line, want)
	}
}

// The engine's changes come between the ticks; they don't make a ring fall faster.
func TestRingFallsByTheClock(t *testing.T) {
	r := newRig(t).join(peer("mara", "Mara Lind"))
	r.voiceOf(true, 0)
	r.now()
	r.voiceOf(false, -90)
	at := map[uint8]time.Duration{}
	for ms := range 2000 {
		at[r.after(time.Millisecond).Rings["mara"]] = time.Duration(ms+1) * time.Millisecond
	}
	equal(t, "held", at[4], ringHold-time.Millisecond)
	for step := uint8(3); step > 0; step-- {
		equal(t, fmt.Sprint("step ", step), at[step]-at[step+1], ringFall)
	}
}

func TestWhoIsLit(t *testing.T) {
	cases := []struct {
		name   string
		change func(r *rig)
		want   string
	}{
		{"both", func(*rig) {}, "map[mara:4 sam:3]"},
		{"less motion", func(r *rig) { r.in.Settings.LessMotion = true }, "map[mara:2 sam:2]"},
		{"a muted peer, whatever comes", func(r *rig) { r.in.Snapshot.Place.Peers[0].Muted = true }, "map[sam:3]"},
		{"a deafened peer", func(r *rig) { r.in.Snapshot.Place.Peers[0].Deafened = true }, "map[sam:3]"},
		{"a held peer", func(r *rig) { r.in.Snapshot.Place.Peers[0].Phase = call.Held }, "map[sam:3]"},
		{"one muted for oneself speaks all the same", func(r *rig) { r.in.Snapshot.Place.Peers[0].LocalMuted = true }, "map[mara:4 sam:3]"},
		{"of another member id", func(r *rig) { r.in.Stats.Peers[0].Member = "m-old" }, "map[sam:3]"},
		{"muted", func(r *rig) { r.in.Snapshot.Self.Muted = true }, "map[mara:4]"},
		{"deafened", func(r *rig) { r.in.Snapshot.Self.Deafened = true }, "map[mara:4]"},
		{"a check is heard by nobody", func(r *rig) { r.in.Snapshot.Sound.Check.Phase = call.CheckRecording }, "map[mara:4]"},
		{"the gate is shut", func(r *rig) { r.in.Stats.Capture.Speaking = false }, "map[mara:4]"},
		{"no devices", func(r *rig) { r.in.Stats.Sound = false }, "map[mara:4]"},
		{"out of the channel", func(r *rig) { r.in.Snapshot.Place = call.Place{} }, "map[]"},
		{"joining", func(r *rig) { r.in.Snapshot.Place.Phase = call.Joining }, "map[]"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t).join(peer("mara", "Mara Lind"))
			r.voiceOf(true, -10)
			r.in.Stats.Capture.Speaking, r.in.Stats.Capture.After = true, -20
			c.change(r)
			equal(t, "from the start", fmt.Sprint(r.now().Rings), c.want)

			r = newRig(t).join(peer("mara", "Mara Lind"))
			r.voiceOf(true, -10)
			r.in.Stats.Capture.Speaking, r.in.Stats.Capture.After = true, -20
			r.now()
			c.change(r)
			if c.name != "the gate is shut" { // which is held
				equal(t, "at once", fmt.Sprint(r.after(time.Millisecond).Rings), c.want)
			}
		})
	}
}

func TestRingsOfOtherChannels(t *testing.T) {
	r := newRig(t)
	seat := func(s call.Seat) func(d *call.Directory) {
		return func(d *call.Directory) { d.Sitting = map[string][]call.Seat{"workshop": {s}} }
	}
	r.directory(seat(call.Seat{User: "kofi", Speaking: true}))
	equal(t, "speaks", fmt.Sprint(r.now().Rings), "map[kofi:2]")
	first := r.now().Rings
	r.after(tick).Rings["probe"] = 1
	equal(t, "the same map while nothing changes", first["probe"], 1)
	delete(first, "probe")
	r.directory(seat(call.Seat{User: "kofi", Speaking: true, Muted: true}))
	equal(t, "muted", len(r.now().Rings), 0)
	r.directory(seat(call.Seat{User: "kofi"}))
	equal(t, "silent", len(r.now().Rings), 0)
	r.directory(func(d *call.Directory) { d.Sitting = map[string][]call.Seat{"porch": {{User: "mara", Speaking: true}}} })
	equal(t, "in the own channel the flag counts nothing", len(r.join(peer("mara", "Mara Lind")).now().Rings), 0)
}
