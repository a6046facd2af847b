package call

import (
	"time"

	"parley/audio"
	"parley/call/mesh"
)

// lipsync says when a peer's pictures are to be seen: when the sound that came to the microphone at the same moment leaves the
// loudspeaker here. Both moments are on the far end's clock, by its sender reports:
//
//	picture's timestamp ─► taken                 hold = taken - heard, from 0 to maxHold
//	sample in the loudspeaker now ─► heard
//
// Sound is mostly the later of the two, because of its jitter buffer, and it is never held for a picture. While nobody speaks
// the last offset is kept for a time: people's talk has pauses, and pictures should not jump at each.
type lipsync struct {
	heard  func(now time.Time) (uint32, bool)
	clocks func() (sound, picture mesh.SenderClock)
	start  time.Time // zero of the local clock

	// Of the receiver's goroutine.
	far    time.Time     // zero of the far end's clock
	offset time.Duration // local time less far, of what is heard
	known  bool
	spoke  time.Time // when offset was last looked at

	held, late gauge // milliseconds
}

const (
	maxHold  = 300 * time.Millisecond
	maxDrift = 5 * time.Millisecond // that a picture's time moves by, at most
	leap     = time.Second          // so far off, a new line of time has begun
	absurd   = 5 * time.Second      // so far apart, the far end's reports make no sense
	silence  = 10 * time.Second     // that the offset outlives
)

// due is when a picture is to be seen that is there now; at once where nothing is known.
func (l *lipsync) due(timestamp uint32, now time.Time) time.Time {
	sound, picture := l.clocks()
	if !sound.Known || !picture.Known {
		l.known = false
		return now
	}
	if ts, ok := l.heard(now); ok {
		l.follow(moment(sound, ts), now)
	}
	if now.Sub(l.spoke) > silence {
		l.known = false
	}
	hold := time.Duration(0)
	if l.known {
		hold = moment(picture, timestamp).Sub(l.far) + l.offset - now.Sub(l.start)
	}
	if hold > absurd || hold < -absurd {
		l.known, hold = false, 0
	}
	hold = min(max(hold, 0), maxHold)
	l.held.smooth(hold)
	return now.Add(hold)
}

// follow moves the offset to what is heard now, slowly, so that pictures neither jump nor race.
func (l *lipsync) follow(heard, now time.Time) {
	if !l.known {
		l.far = heard
	}
	offset := now.Sub(l.start) - heard.Sub(l.far)
	if d := offset - l.offset; !l.known || d > leap || d < -leap {
		l.offset = offset
	} else {
		l.offset += min(max(d/4, -maxDrift), maxDrift)
	}
	l.known, l.spoke = true, now
}

// shown measures how much later than its sound a picture is seen.
func (l *lipsync) shown(timestamp uint32, now time.Time) {
	sound, picture := l.clocks()
	ts, ok := l.heard(now)
	if !ok || !sound.Known || !picture.Known {
		return
	}
	if late := moment(sound, ts).Sub(moment(picture, timestamp)); late < absurd && late > -absurd {
		l.late.smooth(late)
	}
}

// moment is when a sender's clock stood at a timestamp.
func moment(c mesh.SenderClock, timestamp uint32) time.Time {
	if c.Rate <= 0 {
		return c.NTP
	}
	return c.NTP.Add(time.Duration(int32(timestamp-c.Timestamp)) * time.Second / time.Duration(c.Rate))
}

// microphoneClock says when a packet's first sample came to the microphone. Each packet's own account of that is late by whatever
// else the machine does, never early; the samples' clock does not tremble, but some devices lose samples.
type microphoneClock struct {
	known bool
	ts    uint32
	at    time.Time
}

// pause is so long that it was no trembling.
const pause = 100 * time.Millisecond

// came takes what is known of a packet alone: earlier than expected is believed soon, and later slowly.
func (c *microphoneClock) came(ts uint32, at time.Time) time.Time {
	next := c.at.Add(time.Duration(int32(ts-c.ts)) * time.Second / audio.SampleRate)
	switch d := at.Sub(next); {
	case !c.known || d > pause || d < -pause:
		next = at
	case d < 0:
		next = next.Add(d / 2)
	default:
		next = next.Add(d / 8)
	}
	c.known, c.ts, c.at = true, ts, next
	return next
}

// age is how long ago the first sample of a packet that has just been made came to the microphone.
func age(s audio.CaptureStats) time.Duration {
	return time.Duration((s.CaptureMS + s.DSPMS + s.EncodeMS) * float64(time.Millisecond))
}
