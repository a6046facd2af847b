package model

import (
	"math"
	"time"

	"parley/call"
)

// ringer plays what is heard while a call rings, here or there.
type ringer struct {
	call  string // that rings; empty: none
	times int    // that the sound was played for it
	at    time.Time
	loud  bool // on the loudspeaker for calls
}

// tone is a sound of the ringer's: how often it comes, and how much quieter than the last one each of the first ones is, in dB.
type ringTone struct {
	sound   Sound
	every   time.Duration
	quieter []float64
}

var (
	toneHere  = ringTone{SoundRing, 2400 * time.Millisecond, []float64{8, 4}}
	toneThere = ringTone{SoundRingback, 3 * time.Second, nil}
)

func (r *ringer) update(in Input, v *View) {
	ring := in.Snapshot.Ring
	if ring == nil || ring.Out && !ring.Placed || !in.Settings.Sounds.Ring || busy(in) || in.Snapshot.Link == call.Offline {
		v.Hush = r.loud
		*r = ringer{}
		return
	}
	tone := toneHere
	if ring.Out {
		tone = toneThere
	}
	if r.call != ring.Call || r.loud == ring.Out {
		v.Hush = r.loud
		*r = ringer{call: ring.Call, loud: !ring.Out}
	}
	if r.times > 0 && in.Now.Sub(r.at) < tone.every {
		return
	}
	gain := float32(1)
	if r.times < len(tone.quieter) {
		gain = float32(math.Pow(10, -tone.quieter[r.times]/20))
	}
	r.times, r.at = r.times+1, in.Now
	v.Rung = &Rung{Sound: tone.sound, Gain: gain, Ringer: r.loud}
}
