package call

import "parley/audio"

// echoTest is the playing and recording of an EchoTest, on sound's work goroutine. What it has come to stands in the state.
//
//	EchoSound ─► playout ─► loudspeaker ─ room ─► microphone ─► capture ─► tape, before and after its canceller
type echoTest struct {
	tape  *audio.EchoTape
	sound *audio.Sound
}

// startEchoTest plays and records. Nothing is sent: there is no place.
func (s *sound) startEchoTest() {
	s.stopEchoTest()
	e := &echoTest{tape: audio.NewEchoTape()}
	s.echo = e
	s.bring()
	s.steady(true)
	if p := s.now.Load(); p != nil {
		p.capture.SetEchoTape(e.tape)
	}
	e.sound = s.playing(audio.EchoSound(), 1, func() {
		if s.echo == e {
			s.measureEcho(e)
		}
	})
}

// measureEcho is for a test whose sound has been played, or could not be.
func (s *sound) measureEcho(e *echoTest) {
	s.steady(false)
	delay := 0.0
	if p := s.now.Load(); p != nil {
		p.capture.SetEchoTape(nil)
		delay = p.capture.Stats().Echo.DelayMS
	}
	go func() { // it takes longer than a device should wait
		result := e.tape.Measure()
		s.work.do(func() {
			if s.echo == e {
				s.post(echoTested{result, delay})
			}
		})
	}()
}

func (s *sound) steady(on bool) {
	if s.follow != nil {
		s.follow.SetSteady(on)
	}
}

// stopEchoTest ends it.
func (s *sound) stopEchoTest() {
	e := s.echo
	if e == nil {
		return
	}
	s.echo = nil
	s.steady(false)
	if p := s.now.Load(); p != nil {
		p.capture.SetEchoTape(nil)
	}
	if e.sound != nil {
		e.sound.Stop()
	}
}
