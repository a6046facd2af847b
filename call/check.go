package call

import (
	"parley/audio"
	"parley/audio/mix"
)

// check is the recording and playing of a Check, on sound's work goroutine. What it has come to stands in the state, which also
// says when each part begins and ends.
//
//	startCheck: microphone ─► capture ─► tape      playCheck: tape ─► decoder ─► playout      stopCheck
type check struct {
	tape     *audio.Tape
	recorded bool
	sound    *audio.Sound // nil: it does not play yet
}

// startCheck records in place of sending.
func (s *sound) startCheck() {
	s.stopCheck()
	s.check = &check{tape: audio.NewTape(CheckTime)}
	s.bring()
}

// playCheck plays what was recorded, to nobody but oneself.
func (s *sound) playCheck() {
	c := s.check
	if c == nil || c.recorded {
		return
	}
	c.recorded = true // from here on nothing is recorded, and nothing is sent
	if p := s.now.Load(); p != nil {
		s.direct(p)
	}
	heard, err := s.decode(c.tape)
	if err != nil {
		s.log.Error("check", "err", err)
		s.post(checkHeard{failed: "What was recorded could not be decoded."})
		return
	}
	level := mix.DBFS(mix.Peak(heard))
	if len(heard) == 0 {
		s.post(checkHeard{level: level})
		return
	}
	s.post(checkHeard{level: level, plays: true})
	c.sound = s.playing(heard, 1, func() {
		if s.check == c {
			s.post(checkPlayed{})
		}
	})
}

func (s *sound) decode(t *audio.Tape) ([]float32, error) {
	d, err := s.config.NewDecoder()
	if err != nil {
		return nil, err
	}
	if c, ok := d.(interface{ Close() }); ok {
		defer c.Close()
	}
	return t.Decode(d)
}

// stopCheck ends it; packets go where they went before.
func (s *sound) stopCheck() {
	if s.check == nil {
		return
	}
	if s.check.sound != nil {
		s.check.sound.Stop()
	}
	s.check = nil
}
