package call

import (
	"context"
	"errors"
	"math"
	"time"

	"parley/audio"
	"parley/audio/mix"
)

const (
	moveEvery  = 50 * time.Millisecond
	silentFor  = 3 * time.Second // a microphone that gives nothing but zeros for so long is off
	moving     = mix.Floor + 10  // dBFS: what lies above it is no silence
	toneLevel  = 1e-4            // amplitude: -80 dBFS, which nobody hears
	toneLength = 500 * time.Millisecond
)

// moves opens the microphone or the loudspeaker and waits until sound goes through it. Its error is a sentence.
// Nothing is sent, and nothing is to be heard.
func (s *sound) moves(ctx context.Context, kind audio.Kind) error {
	s.needed(1)
	defer s.needed(-1)
	ticker := time.NewTicker(moveEvery)
	defer ticker.Stop()
	var opened, played time.Time
	device := ""
	for {
		select {
		case <-ctx.Done():
			return motionless(kind, device)
		case now := <-ticker.C:
			p := s.now.Load()
			if device = s.using(kind); p == nil || device == "" {
				opened = time.Time{}
				continue
			}
			if opened.IsZero() {
				opened = now
			}
			if kind == audio.Output && now.Sub(played) > 2*toneLength {
				played = now
				p.playout.Play(tone(), 1, nil)
			}
			switch level := p.level(kind); {
			case level > moving:
				return nil
			case kind == audio.Input && now.Sub(opened) > silentFor:
				return motionless(kind, device)
			}
		}
	}
}

// needed opens devices for an examination, and closes them again.
func (s *sound) needed(n int) {
	s.work.do(func() {
		s.need.examined += n
		s.bring()
	})
}

func (s *sound) using(kind audio.Kind) string {
	if kind == audio.Input {
		return s.seen.Load().Input
	}
	return s.seen.Load().Output
}

func (p *pipes) level(kind audio.Kind) float32 {
	if kind == audio.Input {
		return p.capture.Stats().Before
	}
	return p.playout.Stats().Level
}

// motionless says why nothing moves.
func motionless(kind audio.Kind, device string) error {
	switch {
	case device == "" && kind == audio.Input:
		return errors.New("There is no microphone that works: plug one in, or choose another.")
	case device == "":
		return errors.New("There is no speaker that works: plug one in, or choose another.")
	case kind == audio.Input:
		return errors.New("The microphone gives nothing but silence: it is switched off, by a button of its own or in the system's settings for sound. Switch it on, or choose another.")
	}
	return errors.New("The speaker takes no sound: choose another, or plug it in anew.")
}

// tone is what a loudspeaker is tried with.
func tone() []float32 {
	out := make([]float32, int(toneLength/time.Millisecond)*audio.SampleRate/1000)
	for i := range out {
		out[i] = toneLevel * float32(math.Sin(2*math.Pi*440*float64(i)/audio.SampleRate))
	}
	return out
}
