package audio_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
)

// share is how loud a tone of that frequency is in x, by a single line of the Fourier transform.
func share(x []float32, hz float64) float64 {
	var re, im float64
	for i, v := range x {
		s, c := math.Sincos(2 * math.Pi * hz * float64(i) / audio.SampleRate)
		re += float64(v) * c
		im += float64(v) * s
	}
	return 2 * math.Hypot(re, im) / float64(len(x))
}

// Who has priority turns the others down while they speak, and nobody else who has it.
func TestPriority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.SetPriority("a", true) // before it is there
		a, b, c := r.speaker("a", 200), r.speaker("b", 600), r.speaker("c", 1000)
		a.amplitude, b.amplitude, c.amplitude = 0.2, 0.2, 0.2
		speaks := map[*speaker]bool{b: true, c: true}
		all := func(now int) {
			if now%20 == 0 {
				for s := range speaks {
					s.send()
				}
			}
		}
		// check listens for half a second and looks at the end of it.
		check := func(what string, wantA, wantB, wantC float64) {
			t.Helper()
			r.run(500*time.Millisecond, all)
			x := r.heard[len(r.heard)-audio.SampleRate/10:]
			for _, w := range []struct{ hz, want float64 }{{200, wantA}, {600, wantB}, {1000, wantC}} {
				if got := share(x, w.hz) / 0.2; math.Abs(got-w.want) > 0.03 {
					t.Errorf("%s: %v Hz at %.3f, want %.3f", what, w.hz, got, w.want)
				}
			}
		}
		const low = 0.25
		check("it says nothing", 0, 1, 1)
		speaks[a] = true
		check("it speaks", 1, low, low)
		r.SetPriority("b", true)
		check("two have it", 1, 1, low)
		r.SetPriority("b", false)
		r.SetVolume("a", 0)
		r.run(time.Second, all)
		check("it is muted here", 0, 1, 1)
		r.SetVolume("a", 1)
		check("and is not any more", 1, low, low)
		r.SetPriority("a", false)
		check("it has ended", 1, 1, 1)
		r.SetPriority("a", true)
		check("again", 1, low, low)
		delete(speaks, a) // and never says that it is over
		check("silent", 0, low, low)
		r.run(2*time.Second, all)
		check("silent for long", 0, 1, 1)
		speaks[a] = true
		check("it goes on", 1, low, low)
		r.Remove("a")
		delete(speaks, a)
		check("it has gone", 0, 1, 1)
		a = r.speaker("a", 200)
		a.amplitude, speaks[a] = 0.2, true
		check("and come back: its priority was forgotten", 1, 1, 1)
		r.SetPriority("nobody", true)
		check("somebody who is not here", 1, 1, 1)
	})
}

// The way down lasts 50 ms and the way up begins 300 ms after the end; neither clicks, and the program's own sounds stay.
func TestPriorityFades(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		a, b := r.speaker("a", 0), r.speaker("b", 600) // a is there and says nothing that is heard
		both := every(20, func() { a.send(); b.send() })
		r.run(time.Second, both)
		own := make([]float32, 10*audio.SampleRate)
		copy(own, tone(2000, 0.1, 0, len(own)))
		r.Play(own, 1, nil)
		a.hz = 200
		r.run(500*time.Millisecond, both)
		r.SetPriority("a", true)
		r.run(400*time.Millisecond, both)
		down := r.heard
		r.SetPriority("a", false)
		r.run(600*time.Millisecond, both)
		up := r.heard
		at := func(x []float32, ms int) float64 {
			i := ms * audio.SampleRate / 1000
			return share(x[i:i+audio.SampleRate/100], 600) / 0.3
		}
		if full, low := at(down, 0), at(down, 90); full < 0.9 || low > 0.3 {
			t.Errorf("down from %.2f to %.2f", full, low)
		}
		if low, full := at(up, 250), at(up, 400); low > 0.3 || full < 0.9 {
			t.Errorf("up from %.2f to %.2f", low, full)
		}
		for name, x := range map[string][]float32{"down": down, "up": up} {
			if got := share(x, 2000); math.Abs(got-0.1) > 0.01 {
				t.Errorf("%s: the program's own sound at %.3f", name, got)
			}
			if n := clicks(x, (0.3*200+0.3*600)*2*math.Pi*4/audio.SampleRate*1.1+0.1*2*math.Pi*2000/audio.SampleRate); n != 0 {
				t.Errorf("%s: %d clicks", name, n)
			}
		}
	})
}
