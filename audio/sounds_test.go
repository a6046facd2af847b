package audio_test

import (
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
)

// The program's own sounds are heard with people or without, deafened too, at their own volume.
func TestPlayoutSounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		a := r.speaker("a", 200)
		var ended atomic.Int32
		level := func(what string, want float64) {
			t.Helper()
			r.run(400*time.Millisecond, every(20, a.send))
			if got := rms(r.heard[len(r.heard)/2:]) * math.Sqrt2; math.Abs(got-want) > 0.02 {
				t.Errorf("%s: %.3f, want %.3f", what, got, want)
			}
		}
		long := tone(700, 0.2, 0, 10*audio.SampleRate)
		r.SetMaster(0.5)
		level("half", 0.15)
		r.SetDeafened(true)
		s := r.Play(long, 1, func() { ended.Add(1) })
		level("a sound while deafened", 0.2)
		louder := r.Play(tone(700, 0.2, 4*audio.SampleRate/10, audio.SampleRate*2/5), 2, nil)
		level("two sounds, in phase", 0.6)
		louder.Stop()
		s.Stop()
		level("stopped", 0)
		if ended.Load() != 1 {
			t.Errorf("ended %d times", ended.Load())
		}
		r.SetDeafened(false)
		r.SetMaster(float32(math.NaN()))
		level("not a number", 0.3)
	})
}

// A sound waits for a loudspeaker, and not for ever.
func TestPlayoutSoundWithoutDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		var ended atomic.Int32
		done := func() { ended.Add(1) }
		r.chunk = 0
		r.run(time.Second, nil)
		r.Play(tone(700, 0.2, 0, audio.SampleRate/2), 1, done)
		r.run(time.Second, nil)
		r.chunk = 10
		r.run(time.Second, nil)
		if got := rms(r.heard); ended.Load() != 1 || got < 0.09 { // half of the second
			t.Errorf("ended %d times, level %.3f", ended.Load(), got)
		}
		r.chunk = 0
		r.run(time.Second, nil)
		r.Play(tone(700, 0.2, 0, audio.SampleRate), 1, done)
		r.run(2500*time.Millisecond, nil)
		if ended.Load() != 2 {
			t.Error("a sound that nobody can hear waits on")
		}
		for range 40 { // more than are played at once
			r.Play(tone(700, 0.01, 0, audio.SampleRate), 1, done)
		}
		r.Close()
		r.Play(nil, 1, done)
		if n := ended.Load(); n != 43 {
			t.Errorf("%d ended", n)
		}
	})
}
