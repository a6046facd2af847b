package audio_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
	"parley/audio/agc"
	"parley/audio/audiotest"
	"parley/audio/vad"
)

// desk is a Playout and a Capture in one room: what the first plays comes back to the second.
type desk struct {
	*mic
	playout *audio.Playout
}

func newDesk(t *testing.T) desk {
	far := audio.NewFarEnd()
	r := desk{newMic(t, audio.CaptureConfig{FrameMS: 10, Gate: open, FarEnd: far}), audio.NewPlayout(audio.PlayoutConfig{FarEnd: far})}
	t.Cleanup(r.playout.Close)
	return r
}

// turn plays a sound while the microphone hears another, in real time, and returns what was sent, as long as that.
func (r desk) turn(t *testing.T, played, heard []float32) []float32 {
	r.sent = nil
	r.playout.Play(played, 1, nil)
	out := make([]float32, audio.FrameSize)
	for at := 0; at+audio.FrameSize <= len(heard); at += audio.FrameSize {
		r.playout.Read(out)
		r.Write(append([]float32(nil), heard[at:at+audio.FrameSize]...))
		<-time.After(audio.FrameTime)
		synctest.Wait()
	}
	return decode(t, r.sent)
}

const second = audio.SampleRate

// What the loudspeaker plays is taken out of what is sent, and only while that is switched on.
func TestCaptureCancelsEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDesk(t)
		far := audiotest.ToLevel(audiotest.Talk(3, 6*second), -20)
		echo := audiotest.Convolve(far, audiotest.Room(1, 40*time.Millisecond, 200*time.Millisecond))
		end := func(x []float32) float64 { return audiotest.LevelDBFS(x[4*second:]) }

		if off := r.turn(t, far, echo); end(echo)-end(off) > 1 {
			t.Errorf("switched off it took away %.1f dB", end(echo)-end(off))
		}
		r.SetCancellation(true)
		on := r.turn(t, far, echo)
		if end(echo)-end(on) < 25 {
			t.Errorf("switched on it took away %.1f dB", end(echo)-end(on))
		}
		if s := r.Stats().Echo; !s.Converged || s.DelayMS < 20 || s.DelayMS > 80 {
			t.Errorf("%+v", s)
		}
		r.DevicesChanged()
		r.turn(t, far[:second/10], echo[:second/10])
		if s := r.Stats().Echo; s.Converged {
			t.Errorf("after a change of devices: %+v", s)
		}
		r.SetCancellation(false)
		if off := r.turn(t, far, echo); end(echo)-end(off) > 1 {
			t.Errorf("switched off again it took away %.1f dB", end(echo)-end(off))
		}
	})
}

// Who speaks quietly is heard as others are, the gate's threshold means the microphone's own level, and nothing clips.
func TestCaptureGain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDesk(t)
		quiet := audiotest.ToLevel(audiotest.Talk(4, 6*second), -40)
		level := func(x []float32) float64 { return audiotest.LevelDBFS(x[4*second:]) }
		if off := r.turn(t, nil, quiet); level(off)-level(quiet) > 0.5 || level(quiet)-level(off) > 0.5 {
			t.Errorf("without it the level went from %.1f to %.1f dBFS", level(quiet), level(off))
		}
		r.SetGain(true)
		if on := level(r.turn(t, nil, quiet)) - level(quiet); on < 10 || r.Stats().GainDB < 10 {
			t.Errorf("with it the level rose by %.1f dB, the gain is %.1f", on, r.Stats().GainDB)
		}
		r.SetGate(vad.Config{OpenDBFS: -25, Hold: 10 * time.Millisecond})
		if sent := r.turn(t, nil, quiet[:second]); len(sent) > audio.FrameSize*10 {
			t.Errorf("%d samples below the threshold were sent", len(sent))
		}
		r.SetGate(open)
		for i, v := range r.turn(t, nil, audiotest.Tone(200, 1.9, second)) {
			if v > agc.Ceiling+1e-3 || v < -agc.Ceiling-1e-3 {
				t.Fatalf("sample %d is %v", i, v)
			}
		}
	})
}

// behind is a Denoiser that only makes sound late, as the real one does.
type behind struct{ last [audio.FrameSize]float32 }

func (b *behind) Process(frame []float32) (float32, error) {
	now := [audio.FrameSize]float32(frame)
	copy(frame, b.last[:])
	b.last = now
	return 1, nil
}

// A stage that is switched on again gives out nothing of what it heard when it was on before.
func TestCaptureStagesForget(t *testing.T) {
	for name, set := range map[string]func(*audio.Capture, bool){
		"suppression": (*audio.Capture).SetSuppression, "gain": (*audio.Capture).SetGain, "cancellation": (*audio.Capture).SetCancellation,
	} {
		synctest.Test(t, func(t *testing.T) {
			m := newMic(t, audio.CaptureConfig{FrameMS: 10, Gate: open, Denoiser: &behind{}, FarEnd: audio.NewFarEnd()})
			m.SetSuppression(false)
			set(m.Capture, true)
			m.speak(20, 0.5)
			set(m.Capture, false)
			m.speak(5, 0.5)
			m.speak(5, 0)
			set(m.Capture, true)
			for i, v := range decode(t, m.speak(5, 0)) {
				if v > 1e-3 || v < -1e-3 {
					t.Fatalf("%s: sample %d is %v", name, i, v)
				}
			}
		})
	}
}

// Whom the gate hears speaks, by its own threshold, with a key to fall silent or without.
func TestCaptureSpeakingByGate(t *testing.T) {
	for mode, want := range map[vad.Mode]bool{vad.Voice: true, vad.Hush: true, vad.Open: false, vad.PTT: false} {
		synctest.Test(t, func(t *testing.T) {
			m := newMic(t, audio.CaptureConfig{Gate: vad.Config{Mode: mode}})
			if m.speak(20, 0.0055); m.Speaking() != want { // -48 dBFS
				t.Errorf("mode %d: speaking %v", mode, !want)
			}
		})
	}
}

// Speakers are equally loud where that is wished for, and as they are where not.
func TestPlayoutLevels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := audio.NewPlayout(audio.PlayoutConfig{})
		defer p.Close()
		talk := [2][]float32{audiotest.ToLevel(audiotest.Talk(5, 8*second), -38), audiotest.ToLevel(audiotest.Talk(6, 8*second), -20)}
		levels := func(on bool) (apart float64) {
			p.SetLevelled(on)
			heard := [2][]float32{}
			for i, x := range talk {
				s := p.Add("x", &codec{})
				heard[i] = listen(p, s, x)
				p.Remove("x")
			}
			return audiotest.LevelDBFS(heard[1][5*second:]) - audiotest.LevelDBFS(heard[0][5*second:])
		}
		sent := audiotest.LevelDBFS(talk[1][5*second:]) - audiotest.LevelDBFS(talk[0][5*second:])
		if apart := levels(false); apart < sent-0.5 || apart > sent+0.5 || sent < 15 {
			t.Errorf("%.1f dB apart as they are, %.1f were sent", apart, sent)
		}
		if apart := levels(true); apart < -5 || apart > 5 {
			t.Errorf("%.1f dB apart when levelled", apart)
		}
	})
}

// Switched off, a gain that has been found goes away without a jump; switched on again, it does not come back with one.
func TestPlayoutLevelledNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := audio.NewPlayout(audio.PlayoutConfig{})
		defer p.Close()
		const talk = 5 * second
		x := append(audiotest.ToLevel(audiotest.Talk(5, talk), -38), make([]float32, second)...)
		for i := range x[talk:] {
			x[talk+i] = 0.05 * float32(min(i, second/10)) / (second / 10)
		}
		s, out, packet := p.Add("x", &codec{}), make([]float32, audio.FrameSize), make([]byte, audio.MaxPacket)
		var heard []float32
		for at := 0; at+audio.FrameSize <= len(x); at += audio.FrameSize {
			p.SetLevelled(at < talk+second/2 || at > talk+second*3/4)
			payload, _ := (&codec{}).Encode(x[at:at+audio.FrameSize], packet)
			s.Push(uint16(at/audio.FrameSize), uint32(at), payload, time.Now())
			p.Read(out)
			heard = append(heard, out...)
			<-time.After(audio.FrameTime)
			synctest.Wait()
		}
		heard = heard[talk+second/5:]
		if most := slices.Max(heard); most < 0.1 {
			t.Errorf("it was not turned up: %.3f", most)
		}
		if n := clicks(heard, 0.005); n > 0 {
			t.Errorf("%d jumps", n)
		}
	})
}

// listen sends x to a stream in real time, and returns what the loudspeaker plays.
func listen(p *audio.Playout, s *audio.Stream, x []float32) (heard []float32) {
	out, packet := make([]float32, audio.FrameSize), make([]byte, audio.MaxPacket)
	for at := 0; at+audio.FrameSize <= len(x); at += audio.FrameSize {
		payload, _ := (&codec{}).Encode(x[at:at+audio.FrameSize], packet)
		s.Push(uint16(at/audio.FrameSize), uint32(at), payload, time.Now())
		p.Read(out)
		heard = append(heard, out...)
		<-time.After(audio.FrameTime)
		synctest.Wait()
	}
	return heard
}
