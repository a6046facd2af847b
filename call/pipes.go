package call

import (
	"errors"
	"time"

	"parley/audio"
	"parley/call/mesh"
)

// way is where the microphone's packets go.
type way uint8

const (
	toNobody way = iota // a test that is seen and sends nothing
	toPeers
	toTape
)

// bring opens what is needed and closes what is not, the devices last and first.
func (s *sound) bring() {
	n := s.need
	if s.config.Backend == nil || s.config.NewEncoder == nil {
		if n.call || n.listen || s.check != nil || s.echo != nil {
			s.fail(errors.New("this program was started without sound"))
		}
		return
	}
	mic := n.call || n.listen || n.examined > 0 || s.echo != nil || s.check != nil && !s.check.recorded
	speaker := n.call || n.ring || n.sounds > 0 || n.examined > 0 || s.echo != nil
	s.calling.Store(n.call)
	s.mic.Store(mic)
	var capture *audio.Capture
	var playout *audio.Playout
	if mic || speaker {
		p := s.open()
		if p == nil {
			return
		}
		if mic {
			capture = p.capture
		}
		if speaker {
			playout = p.playout
		}
	}
	s.devices(capture, playout)
	if !mic && !speaker {
		s.close()
	}
}

// devices has the ones open that work for something.
func (s *sound) devices(c *audio.Capture, p *audio.Playout) {
	switch wanted := c != nil || p != nil || s.need.watch; {
	case wanted && s.follow != nil:
		s.follow.SetOnAir(s.need.call)
		s.follow.Use(c, p)
	case wanted:
		s.follow = audio.StartFollow(audio.FollowConfig{
			Backend: s.config.Backend, Capture: c, Playout: p, Input: s.config.Mic, Output: s.config.Speaker,
			Learnt: s.config.Learnt, Learned: s.config.Learned, Switched: s.switched,
			Stereo: s.voice.Load().Music, OnAir: s.need.call,
			Notify: s.deviceNotice, Changed: s.devicesSeen, Log: s.log,
		})
	case s.follow != nil:
		s.follow.Close()
		s.follow = nil
		s.devicesSeen(audio.Devices{List: s.seen.Load().List}) // none is in use
	}
}

// switched is told that another microphone or loudspeaker is in use, on Follow's goroutine.
func (s *sound) switched(audio.Kind, string) {
	if p := s.now.Load(); p != nil {
		p.capture.DevicesChanged()
	}
}

// open makes the pipes, if they are not there.
func (s *sound) open() *pipes {
	if p := s.now.Load(); p != nil {
		s.configure(p)
		return p
	}
	p, err := s.build()
	if err != nil {
		s.fail(err)
		return nil
	}
	s.configure(p) // before the microphone opens: who joined muted is
	s.now.Store(p)
	s.configure(p) // what was chosen while it opened
	go s.tune(p)
	return p
}

func (s *sound) fail(err error) {
	s.log.Error("sound", "err", err)
	s.post(soundEvent{Notice{Kind: NoticeError, Code: "sound", Text: "Sound could not be started: " + err.Error()}})
}

func (s *sound) build() (*pipes, error) {
	encoder, err := s.config.NewEncoder()
	if err != nil {
		return nil, err
	}
	v, farEnd := *s.voice.Load(), audio.NewFarEnd()
	p := &pipes{encoder: encoder, frameMS: frameMS(v), tuner: make(chan struct{}), tuned: make(chan struct{})}
	p.capture, err = audio.NewCapture(audio.CaptureConfig{
		Encoder: encoder, Denoiser: s.config.Denoiser, FarEnd: farEnd, FrameMS: p.frameMS, Gate: gate(v), Log: s.log,
		Emit: func(k audio.Packet) {
			if out := p.out.Load(); out != nil {
				(*out)(k)
			}
		},
	})
	if err != nil {
		encoder.Close()
		return nil, err
	}
	p.capture.SetTuning(s.tuning(0))
	p.playout = audio.NewPlayout(audio.PlayoutConfig{Log: s.log, FarEnd: farEnd})
	p.playout.SetTap(s.tap)
	s.quietMu.Lock()
	s.way = toNobody // it has none yet
	s.quietMu.Unlock()
	return p, nil
}

func frameMS(v Voice) int {
	if v.FrameMS == 0 {
		return 20
	}
	return v.FrameMS
}

// direct sets where packets go, and whether any do. A change waits for the packet that is on its way out, so that none takes
// two ways in half.
func (s *sound) direct(p *pipes) {
	to := toNobody
	switch {
	case s.check != nil && !s.check.recorded:
		to = toTape
	case s.check == nil && s.need.call:
		to = toPeers
	}
	s.quietMu.Lock()
	defer s.quietMu.Unlock()
	if to != s.way {
		p.capture.SetMuted(true)
		p.out.Store(s.outlet(p, to))
		s.way = to
	}
	p.capture.SetMuted(s.quiet.muted && s.need.call && to != toTape)
	s.speakLocked(p)
	p.playout.SetDeafened(s.quiet.deafened)
}

func (s *sound) outlet(p *pipes, to way) *func(audio.Packet) {
	var out func(audio.Packet)
	switch to {
	case toPeers:
		var clock microphoneClock
		out = func(k audio.Packet) {
			came := clock.came(k.Timestamp, time.Now().Add(-age(p.capture.Stats())))
			s.send(mesh.Sound{Payload: k.Payload, Timestamp: k.Timestamp, Marker: k.Marker, Captured: came, Audience: k.Audience})
		}
	case toTape:
		out = s.check.tape.Add
	default:
		return nil
	}
	return &out
}

// close ends the pipes; their devices are closed, or work for them no more.
func (s *sound) close() {
	p := s.now.Swap(nil)
	if p == nil {
		return
	}
	close(p.tuner)
	<-p.tuned
	p.capture.Close()
	p.encoder.Close()
	for peer := range *s.speakers.Load() {
		s.drop(p, peer)
	}
	p.playout.Close()
}

func (s *sound) choose(f useDevice) {
	if f.output {
		s.config.Speaker = f.device
	} else {
		s.config.Mic = f.device
	}
	switch {
	case s.follow == nil:
	case f.output:
		s.follow.SetOutput(f.device)
	default:
		s.follow.SetInput(f.device)
	}
}

// lingering is how long the loudspeaker stays open after a sound: what it has taken it must still play.
const lingering = 300 * time.Millisecond

// play plays one of the program's own sounds.
func (s *sound) play(f playSound) {
	if f.ring {
		s.ring(f)
		return
	}
	s.playing(f.samples, f.gain, func() {})
}

// playing opens the loudspeaker for a sound; over runs on the work goroutine when the sound has been heard.
func (s *sound) playing(samples []float32, gain float32, over func()) *audio.Sound {
	s.need.sounds++
	s.bring()
	end := func() {
		s.need.sounds--
		over()
		s.bring()
	}
	p := s.now.Load()
	if p == nil {
		s.work.do(end)
		return nil
	}
	return p.playout.Play(samples, gain, func() {
		time.AfterFunc(lingering, func() { s.work.do(end) })
	})
}

// speaking tells whether others hear this person now.
func (s *sound) speaking() bool {
	p := s.now.Load()
	return p != nil && s.calling.Load() && p.capture.Speaking()
}
