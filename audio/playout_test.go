package audio_test

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
)

// room is a Playout with speakers whose packets come and whose loudspeaker asks in a bubble's time, which is not real.
type room struct {
	*audio.Playout
	ms    int // time
	heard []float32
	chunk int // milliseconds that the loudspeaker asks for at once
	step  int // milliseconds
}

func newRoom(t *testing.T) *room {
	r := &room{Playout: audio.NewPlayout(audio.PlayoutConfig{}), chunk: 10, step: 5}
	t.Cleanup(r.Close)
	return r
}

// speaker makes the packets of one person: a tone in frames of 20 ms.
type speaker struct {
	*audio.Stream
	hz, amplitude float64
	seq           uint16
	at            int // samples spoken
}

func (r *room) speaker(key string, hz float64) *speaker {
	return &speaker{Stream: r.Add(key, &codec{}), hz: hz, amplitude: 0.3, seq: 65530}
}

// packet is the next one.
func (s *speaker) packet() []byte {
	out := make([]byte, audio.MaxPacket)
	p, _ := (&codec{}).Encode(tone(s.hz, s.amplitude, s.at, 2*audio.FrameSize), out)
	s.seq++
	s.at += 2 * audio.FrameSize
	return p
}

func (s *speaker) send() {
	p, ts := s.packet(), uint32(s.at)
	s.Push(s.seq, ts, p, time.Now())
}

// run lets time pass; each is called every step with the time since the room's beginning.
func (r *room) run(d time.Duration, each func(ms int)) {
	r.heard = nil
	for end := r.ms + int(d/time.Millisecond); r.ms < end; r.ms += r.step {
		if each != nil {
			each(r.ms)
		}
		if r.chunk > 0 && r.ms%r.chunk == 0 {
			buf := make([]float32, r.chunk*audio.SampleRate/1000)
			for i := range buf {
				buf[i] = 0.9 // a device's memory is not clean
			}
			r.Read(buf)
			r.heard = append(r.heard, buf...)
			synctest.Wait()
		}
		<-time.After(time.Duration(r.step) * time.Millisecond)
	}
	synctest.Wait()
}

func every(ms int, what func()) func(int) {
	return func(now int) {
		if now%ms == 0 {
			what()
		}
	}
}

// clicks counts samples that jump by more than limit.
func clicks(x []float32, limit float64) (n int) {
	for i := 1; i < len(x); i++ {
		if math.Abs(float64(x[i]-x[i-1])) > limit {
			n++
		}
	}
	return n
}

// A steady stream arrives whole, soon, and without a click.
func TestPlayoutClean(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		a := r.speaker("a", 200)
		r.run(time.Second, every(20, a.send))
		r.run(3*time.Second, every(20, a.send))
		if l := audiotest.LevelDBFS(r.heard); math.Abs(l-(-13.5)) > 0.2 {
			t.Errorf("level %.1f dBFS", l)
		}
		// The test codec's steps are 4 samples long.
		if n := clicks(r.heard, 0.3*2*math.Pi*200*4/audio.SampleRate*1.1); n != 0 {
			t.Errorf("%d clicks", n)
		}
		s, p := a.Stats(), r.Stats()
		if s.Concealed+s.Recovered+s.Lost+s.Late+s.Errors != 0 || s.Packets != 200 || !s.Speaking || math.Abs(float64(s.Level)+13.5) > 0.5 {
			t.Errorf("%+v", s)
		}
		if s.TargetMS > 20 || s.DelayMS > 30 {
			t.Errorf("jitter buffer: target %v ms, delay %v ms on a clean link", s.TargetMS, s.DelayMS)
		}
		if p.PlayoutMS > 15 || p.TargetMS > 10 || p.Missed > 960 {
			t.Errorf("%+v", p)
		}
	})
}

// Lost packets are rebuilt from the next, or concealed; duplicates and reordering do nothing.
func TestPlayoutLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		a := r.speaker("a", 200)
		n := 0
		r.run(4*time.Second, every(20, func() {
			n++
			switch {
			case n%20 == 0: // lost
				a.packet()
			case n%33 == 0: // twice
				p := a.packet()
				a.Push(a.seq, uint32(a.at), p, time.Now())
				a.Push(a.seq, uint32(a.at), p, time.Now())
			default:
				a.send()
			}
		}))
		s := a.Stats()
		if s.Lost < 9 || s.Lost > 10 || s.Recovered+s.Concealed < 8*960 || s.Recovered == 0 || s.Duplicates < 5 {
			t.Errorf("%+v", s)
		}
		if l := audiotest.LevelDBFS(r.heard[audio.SampleRate:]); math.Abs(l-(-13.5)) > 1 {
			t.Errorf("level %.1f dBFS", l)
		}
	})
}

// What got lost and comes by another way is heard, and counted by its way.
func TestPlayoutRepairs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		a := r.speaker("a", 200)
		n := 0
		r.run(10*time.Second, every(20, func() {
			if n++; n%20 != 0 {
				a.send()
				return
			}
			lost, seq, ts := a.packet(), a.seq, uint32(a.at)
			a.send()
			by := audio.Redundant
			if n%40 == 0 {
				by = audio.Resent
			}
			a.Covered(1)
			a.Repair(seq, ts, lost, by, time.Now())
		}))
		s := a.Stats()
		frames := func(samples uint64) int { return int(samples / (2 * audio.FrameSize)) }
		if frames(s.Redundant) < 10 || frames(s.Resent) < 10 || frames(s.Redundant+s.Resent+s.Recovered+s.Concealed) > 30 || s.Duplicates > 0 {
			t.Errorf("%+v", s)
		}
	})
}

// When a stream stops, its sound is concealed for a moment, fades, and is silent; it comes back whole.
func TestPlayoutStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		a := r.speaker("a", 200)
		r.run(time.Second, every(20, a.send))
		r.run(time.Second, nil)
		at := slices.IndexFunc(r.heard, func(v float32) bool { return math.Abs(float64(v)) < 1e-6 })
		rest := r.heard[audio.SampleRate/4:]
		if rms(rest) != 0 || a.Stats().Speaking || a.Stats().Concealed == 0 {
			t.Errorf("not silent: first zero after %d, rms %v, %+v", at, rms(rest), a.Stats())
		}
		if n := clicks(r.heard, 0.06); n > 1 { // one where the test codec's invention begins
			t.Errorf("%d clicks", n)
		}
		a.at += audio.SampleRate // time has passed for the speaker too
		r.run(time.Second, every(20, a.send))
		if !a.Stats().Speaking || rms(r.heard[audio.SampleRate/2:]) < 0.2 {
			t.Errorf("not back: %+v", a.Stats())
		}
	})
}

// The far side's clock is not ours: it runs faster or slower, and the delay stays what it was.
func TestPlayoutDrift(t *testing.T) {
	for _, ppm := range []float64{-1000, 1000} { // ten times what sound cards have

		synctest.Test(t, func(t *testing.T) {
			r := newRoom(t)
			a := r.speaker("a", 200)
			r.step = 1
			var next float64
			worst := 0.0
			r.run(40*time.Second, func(ms int) {
				if float64(ms) >= next {
					a.send()
					next += 20 * (1 - ppm/1e6)
				}
				if ms > 5000 {
					worst = max(worst, a.Stats().DelayMS)
				}
			})
			s := a.Stats()
			if worst > 60 || s.Stretched == 0 || (s.Stretched < 0) != (ppm > 0) {
				t.Errorf("%.0f ppm: delay up to %.0f ms, %+v", ppm, worst, s)
			}
			if s.Concealed > audio.SampleRate/50 {
				t.Errorf("%.0f ppm: %d samples concealed", ppm, s.Concealed)
			}
		})
	}
}

func TestPlayoutVolumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.SetVolume("a", 0.5) // before it is there
		a := r.speaker("a", 200)
		tapped := map[string]float64{}
		r.SetTap(func(key string, at int64, frame []float32) { tapped[key] = rms(frame) })
		at := func(what string, want float64) {
			t.Helper()
			r.run(500*time.Millisecond, every(20, a.send))
			got := rms(r.heard[len(r.heard)/2:])
			if math.Abs(got-want*0.3/math.Sqrt2) > 0.01 {
				t.Errorf("%s: %.3f, want %.3f", what, got, want*0.3/math.Sqrt2)
			}
			if math.Abs(tapped["a"]-0.3/math.Sqrt2) > 0.02 || math.Abs(tapped[""]-want*0.3/math.Sqrt2) > 0.02 {
				t.Errorf("%s: tapped %v", what, tapped)
			}
			if n := clicks(r.heard[2*audio.FrameSize:], 0.3*2*2*math.Pi*200*4/audio.SampleRate*1.2); n != 0 && want > 0 {
				t.Errorf("%s: %d clicks", what, n)
			}
		}
		at("half", 0.5)
		r.SetVolume("a", 2)
		at("double", 2)
		r.SetVolume("a", 0)
		at("muted here", 0)
		r.SetVolume("a", 1)
		at("unmuted", 1)
		r.SetDeafened(true)
		at("deafened", 0)
		r.SetDeafened(false)
		at("undeafened", 1)
		r.SetVolume("a", float32(math.NaN()))
		at("not a number", 1)
		r.SetVolume("a", 0.5)
		r.Remove("a")
		a = r.speaker("a", 200)
		at("removed and added: its volume was forgotten", 1)
		r.SetTap(nil)
		clear(tapped)
		r.run(100*time.Millisecond, nil)
		if len(tapped) != 0 {
			t.Error("tapped after SetTap(nil)")
		}
	})
}

// Eight people at twice their level never clip.
func TestPlayoutNeverClips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		var all []*speaker
		for i := range 8 {
			s := r.speaker(fmt.Sprint(i), 150+40*float64(i))
			s.amplitude = 0.99
			r.SetVolume(fmt.Sprint(i), 2)
			all = append(all, s)
		}
		r.run(2*time.Second, every(20, func() {
			for _, s := range all {
				s.send()
			}
		}))
		peak := 0.0
		for _, v := range r.heard {
			peak = max(peak, math.Abs(float64(v)))
		}
		if peak > 0.8913 || peak < 0.7 {
			t.Errorf("peak %v", peak)
		}
	})
}

// A device that asks for 30 ms at once gets them after the first times; for one that asks for 10 again, the delay goes
// down again.
func TestPlayoutFollowsTheDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		a := r.speaker("a", 200)
		r.chunk = 30
		r.run(2*time.Second, every(20, a.send))
		before := r.Stats()
		r.run(10*time.Second, every(20, a.send))
		after := r.Stats()
		if after.Missed != before.Missed || after.TargetMS < 30 || after.TargetMS > 40 {
			t.Errorf("chunks of 30 ms: %+v, then %+v", before, after)
		}
		r.chunk = 5
		r.run(100*time.Second, every(20, a.send))
		if s := r.Stats(); s.TargetMS > 7.5 || s.Missed != before.Missed {
			t.Errorf("chunks of 5 ms: %+v", s)
		}
	})
}

// Without a loudspeaker everything goes on, and the next one starts with what is said then.
func TestPlayoutWithoutDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		var tapped int
		var last int64
		r.SetTap(func(key string, at int64, _ []float32) {
			if key == "a" {
				tapped, last = tapped+1, at
			}
		})
		a := r.speaker("a", 200)
		r.chunk = 0
		r.run(10*time.Second, every(20, a.send))
		if tapped < 980 || tapped > 1000 || last != int64(tapped-1)*audio.FrameSize {
			t.Errorf("%d frames in 10 s, last at %d", tapped, last)
		}
		if s := a.Stats(); s.Concealed > 960 || s.DelayMS > 60 || s.Lost+s.Dropped != 0 {
			t.Errorf("%+v", s)
		}
		r.chunk = 10
		r.run(2*time.Second, every(20, a.send))
		if s := a.Stats(); s.DelayMS > 40 || rms(r.heard[audio.SampleRate/2:]) < 0.2 {
			t.Errorf("with a device again: %+v", s)
		}
	})
}

// The level is of what the loudspeaker plays: people as loud as they are here and the program's own sounds, and nothing where
// there is no loudspeaker.
func TestPlayoutLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		a := r.speaker("a", 200)
		is := func(what string, want float32) {
			t.Helper()
			if got := r.Stats().Level; math.Abs(float64(got-want)) > 1 {
				t.Errorf("%s: %.1f dBFS, want %.1f", what, got, want)
			}
		}
		talk := func(what string, want float32) {
			t.Helper()
			r.run(3*time.Second, every(20, a.send))
			is(what, want)
		}
		is("at first", -120)
		talk("a voice", -13.5) // a tone of 0.3: its RMS is 3 dB below
		r.run(200*time.Millisecond, nil)
		if got := r.Stats().Level; got < -40 || got > -14 {
			t.Errorf("it does not fall slowly: %.1f dBFS", got)
		}
		r.SetVolume("a", 0.5)
		talk("at half its volume", -19.5)
		r.SetMaster(0.5)
		talk("all at half their volume", -25.5)
		r.SetDeafened(true)
		talk("deafened", -120)
		r.Play(tone(300, 0.3, 0, 2*audio.SampleRate), 1, nil)
		r.run(time.Second, every(20, a.send))
		is("a sound while deafened", -13.5)
		r.SetDeafened(false)
		r.run(5*time.Second, every(20, a.send))
		is("undeafened", -25.5)
		r.chunk = 0
		talk("no loudspeaker asks", -120)
		r.chunk = 10
		talk("one does again", -25.5)
	})
}

// A new SSRC begins with any numbers and is heard at once; garbage is counted, concealed, and costs nobody else anything.
func TestPlayoutHostile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		a, b := r.speaker("a", 200), r.speaker("b", 300)
		r.run(time.Second, every(20, a.send))
		a.Reset()
		a.seq, a.at = 7, 1<<30
		r.run(time.Second, every(20, a.send))
		if s := a.Stats(); s.Received < 1800*48 || s.Dropped != 0 {
			t.Errorf("after a reset: %+v", s)
		}
		r.run(time.Second, func(ms int) {
			every(20, a.send)(ms)
			b.seq++
			b.Push(b.seq, uint32(ms*48), []byte("garbage"), time.Now())
			b.Push(b.seq, uint32(ms*48), make([]byte, audio.MaxPacket+1), time.Now())
			b.Push(uint16(ms*7919), uint32(ms)*2654435761, nil, time.Now())
		})
		s := b.Stats()
		if s.Errors == 0 || s.Dropped != 200 {
			t.Errorf("garbage: %+v", s)
		}
		if s := a.Stats(); s.Errors+s.Lost != 0 || rms(r.heard) < 0.15 {
			t.Errorf("the other: %+v", s)
		}
		for range 2000 { // a flood within one turn
			b.Push(b.seq, 0, []byte{1, 2, 3}, time.Now())
			b.seq++
		}
		if s := b.Stats(); s.Dropped < 1900 {
			t.Errorf("flood: %+v", s)
		}
	})
}

// guarded is a decoder that must not be used after it was freed.
type guarded struct {
	codec
	freed *atomic.Bool
	bad   *atomic.Int64
}

func (g *guarded) Decode(p []byte, pcm []float32) (int, error) {
	for range 3 {
		if g.freed.Load() {
			g.bad.Add(1)
		}
		runtime.Gosched()
	}
	return g.codec.Decode(p, pcm)
}

// Speakers come and go while sound is made: after Remove, and after Close, a decoder can be freed.
func TestPlayoutRemove(t *testing.T) {
	leakCheck(t)
	p := audio.NewPlayout(audio.PlayoutConfig{})
	var bad atomic.Int64
	quit, done := make(chan struct{}), make(chan struct{})
	go func() { // the loudspeaker
		defer close(done)
		buf := make([]float32, audio.FrameSize)
		for {
			select {
			case <-quit:
				return
			default:
				p.Read(buf)
				runtime.Gosched()
			}
		}
	}()
	packet := (&speaker{hz: 200, amplitude: 0.3}).packet()
	last := new(atomic.Bool)
	for i := range 200 {
		freed := new(atomic.Bool)
		s := p.Add("a", &guarded{freed: freed, bad: &bad})
		for n := range 20 {
			s.Push(uint16(n), uint32(n*960), packet, time.Now().Add(time.Duration(n-30)*20*time.Millisecond))
			runtime.Gosched()
		}
		switch {
		case i == 199:
			last = freed
		case i%2 == 0:
			p.Remove("a")
		default:
			p.Add("a", &codec{}) // the same key replaces
		}
		freed.Store(i != 199)
	}
	p.Close()
	last.Store(true)
	p.Remove("a") // must not hang
	p.SetTap(nil)
	close(quit)
	<-done
	if n := bad.Load(); n != 0 {
		t.Errorf("used %d times after it was freed", n)
	}
}

// From the packet to the ring nothing is allocated. (The runtime itself allocates now and then: hence not zero.)
func TestPlayoutAllocatesNothing(t *testing.T) {
	turns := make(chan struct{}, 100)
	p := audio.NewPlayout(audio.PlayoutConfig{})
	defer p.Close()
	p.SetTap(func(key string, _ int64, _ []float32) {
		if key == "" {
			select {
			case turns <- struct{}{}:
			default: // on a slow machine a loudspeaker gets more than one turn for a question, now and then
			}
		}
	})
	s := p.Add("a", &codec{})
	p.Play(make([]float32, 60*audio.SampleRate), 1, nil)
	packet := (&speaker{hz: 200, amplitude: 0.3}).packet()
	buf := make([]float32, 2*audio.FrameSize)
	n := 0
	start := time.Now()
	got := mallocs(1000, func() {
		if at := start.Add(time.Duration(n) * 20 * time.Millisecond); n%10 != 3 { // some are lost
			s.Push(uint16(n), uint32(n*960), packet, at)
			if n%20 == 4 { // half of them come otherwise
				s.Covered(1)
				s.Repair(uint16(n-1), uint32((n-1)*960), packet, audio.Redundant, at)
			}
		}
		n++
		p.Read(buf)
		<-turns
	})
	if got > 0.02 {
		t.Errorf("%v allocations a packet", got)
	}
	if st := s.Stats(); st.Received == 0 || st.Redundant == 0 {
		t.Errorf("nothing was decoded: %+v", st)
	}
}

// Heard is the sample that leaves the loudspeaker: what the device is given now is heard after its latency, whatever jitter
// buffer and ring do. Where nobody speaks, or nothing plays, there is none.
func TestHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		a := r.speaker("a", 200)
		a.at = 1<<32 - 3*audio.SampleRate // its clock turns over within the test
		// The far end's loudspeaker is as late as a device that asks for what it plays next: a period.
		r.SetDeviceLatency(10 * time.Millisecond)
		r.run(200*time.Millisecond, nil)
		if _, ok := a.Heard(time.Now()); ok {
			t.Error("something is heard before anything was said")
		}
		delay := uint32(0)
		r.run(6*time.Second, func(ms int) {
			every(20, a.send)(ms)
			if ms < 1000 {
				return
			}
			ts, ok := a.Heard(time.Now())
			if !ok {
				t.Fatalf("nothing is heard at %d ms", ms)
			}
			d := uint32(a.at) - ts + uint32(ms%20)*48 // behind what is said now: the last packet has its end as its timestamp
			if delay == 0 {
				delay = d
			}
			if off := int32(d - delay); off < -500 || off > 500 {
				t.Fatalf("%d samples off at %d ms", off, ms)
			}
		})
		s, p := a.Stats(), r.Stats()
		got, want := float64(delay)/48, s.DelayMS+p.PlayoutMS
		if math.Abs(got-want) > 12 {
			t.Errorf("heard %.1f ms after it was sent, want %.1f", got, want)
		}
		begin, heard := r.ms-6000, r.heard
		r.run(2*time.Second, nil)
		heard = append(heard, r.heard...)
		last := len(heard) - 1
		for ; math.Abs(float64(heard[last])) < 0.2; last-- { // louder than what is invented after it
		}
		// It was 20 ms long, and began to be sent 20 ms before the end.
		left := float64(begin) + float64(last)/48 + 10
		if truth := left - float64(begin+5980) - 20; math.Abs(got-truth) > 12 {
			t.Errorf("heard %.1f ms after it was sent, and said to be %.1f", truth, got)
		} else {
			t.Logf("heard %.1f ms after it was sent, said %.1f; the stages' sum is %.1f", truth, got, want)
		}
		if _, ok := a.Heard(time.Now()); ok {
			t.Error("something is heard in silence")
		}
		r.chunk = 0 // the loudspeaker is unplugged
		r.run(2*time.Second, every(20, a.send))
		if _, ok := a.Heard(time.Now()); ok {
			t.Error("something is heard without a loudspeaker")
		}
	})
}
