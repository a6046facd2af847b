package call

import (
	"time"

	"parley/audio"
)

// ringer plays what rings, on sound's work goroutine: on a loudspeaker of its own, which is open while it rings and disturbs
// nobody's, or beside the people on theirs where that is the same one. No microphone is opened for it.
type ringer struct {
	device  string // empty: the loudspeaker that people are heard on
	playout *audio.Playout
	follow  *audio.Follow
	sound   *audio.Sound // the last one
	plays   int          // that have begun and are not long over
}

// ringLinger is how long the loudspeaker stays open between two turns of a ring. Who stops ringing says so, as a rule.
const ringLinger = 5 * time.Second

// ringPeriod is long: nobody answers a ring in time.
const ringPeriod = 2 * audio.FrameTime

// ring plays once; a loudspeaker that was chosen since is used from here on.
func (s *sound) ring(f playSound) {
	if s.config.Backend == nil {
		return
	}
	device := s.ringsOn()
	if s.ringer != nil && s.ringer.device != device {
		s.stopRing()
	}
	if s.ringer == nil {
		s.ringer = s.startRinger(device)
	}
	r := s.ringer
	out := r.playout
	if device == "" {
		p := s.now.Load()
		if p == nil { // it could not be opened, which was said
			s.stopRing()
			return
		}
		out = p.playout
	}
	r.plays++
	r.sound = out.Play(f.samples, f.gain, func() {
		time.AfterFunc(ringLinger, func() { s.work.do(func() { s.rang(r) }) })
	})
}

// ringsOn is the loudspeaker to ring on; empty: the usual one, in the place of one that is not there too.
func (s *sound) ringsOn() string {
	want := s.config.Ringer
	if want == "" || want == s.config.Speaker {
		return ""
	}
	list, err := s.config.Backend.Devices()
	if err != nil {
		return ""
	}
	for _, d := range list {
		if d.Kind != audio.Output || d.ID != want && d.Name != want {
			continue
		}
		if d.Name == s.seen.Load().Output {
			return "" // in use: some can't be opened twice
		}
		return want
	}
	return ""
}

func (s *sound) startRinger(device string) *ringer {
	r := &ringer{device: device}
	if device == "" {
		s.need.ring = true
		s.bring()
		return r
	}
	r.playout = audio.NewPlayout(audio.PlayoutConfig{Log: s.log})
	r.follow = audio.StartFollow(audio.FollowConfig{
		Backend: s.config.Backend, Playout: r.playout, Output: device, Period: ringPeriod, Log: s.log,
	})
	return r
}

// rang: one that nobody follows up ends by itself.
func (s *sound) rang(r *ringer) {
	if r.plays--; s.ringer == r && r.plays == 0 {
		s.stopRing()
	}
}

// stopRing is silent at once, and closes what was opened for ringing alone.
func (s *sound) stopRing() {
	r := s.ringer
	if r == nil {
		return
	}
	s.ringer = nil
	if r.sound != nil {
		r.sound.Stop()
	}
	if r.follow == nil {
		s.need.ring = false
		s.bring()
		return
	}
	r.follow.Close()
	r.playout.Close()
}
