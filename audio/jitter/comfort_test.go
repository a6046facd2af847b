package jitter

import (
	"math"
	"slices"
	"testing"
)

// room is a background of this level in dBFS, darker the nearer pole is to 1.
func room(n int, dbfs, pole float64) []float32 {
	x := noise(n, 1)
	for i := range x[1:] {
		x[i+1] += float32(pole) * x[i]
	}
	scale := float32(math.Sqrt(math.Pow(10, dbfs/10) / (energy(x) / float64(n))))
	for i := range x {
		x[i] *= scale
	}
	return x
}

// talk is a voice in that room: a second of speech, half a second of none, and so on.
func talk(background []float32) []float32 {
	x := vowel(len(background))
	for i := range x {
		if i%(rate*3/2) > rate {
			x[i] = 0
		}
		x[i] += background[i]
	}
	return x
}

func decibels(x []float32) float64 { return 10 * math.Log10(energy(x)/float64(len(x))+1e-20) }

// made is so much noise, in frames.
func made(c *Comfort, frames int, on bool) (out []float32) {
	for range frames {
		frame := make([]float32, hop)
		c.Mix(frame, on)
		out = append(out, frame...)
	}
	return out
}

// The noise is as loud as the room's and coloured alike, fades in and out, and ends.
func TestComfort(t *testing.T) {
	for level, poles := range map[float64][]float64{-75: {0, 0.9}, -55: {0.5, 0.98}} {
		for _, pole := range poles {
			var c Comfort
			background := room(5*rate, level, pole)
			c.Learn(talk(background))
			heard := made(&c, 100, true)
			got, tilt := decibels(heard[rate/10:]), func(x []float32) float64 { return correlation(x[1:], x[:len(x)-1]) }
			t.Logf("%v dBFS, pole %v: %.1f dBFS, neighbours %.3f, the room's %.3f", level, pole, got, tilt(heard), tilt(background))
			if math.Abs(got-level) > 3 || math.Abs(tilt(heard)-tilt(background)) > 0.08 {
				t.Errorf("%v dBFS, pole %v: %.1f dBFS, neighbours %.3f, the room's %.3f", level, pole, got, tilt(heard), tilt(background))
			}
			if first := decibels(heard[:100]); first > level-15 {
				t.Errorf("%v dBFS: it begins with %.1f dBFS", level, first)
			}
			out := made(&c, 2, false)
			if end := decibels(out[hop:]); end > -150 || decibels(out[:hop/4]) < level-10 {
				t.Errorf("%v dBFS: after it %.1f and then %.1f dBFS", level, decibels(out[:hop/4]), end)
			}
			long := made(&c, 510, true)
			if end := decibels(long[5*rate:]); end > -150 || decibels(long[2*rate:3*rate]) < level-3 {
				t.Errorf("%v dBFS: after five seconds %.1f", level, end)
			}
		}
	}
}

// There is none of a silent room, of one whose noise never was heard by itself, of nothing, and no loud one.
func TestComfortNone(t *testing.T) {
	silent, faded := talk(make([]float32, 5*rate)), talk(make([]float32, 5*rate))
	for i := range faded {
		if d := 5*rate - i; d < hop { // a gate that closes
			faded[i] *= float32(d) / hop
		}
	}
	for name, x := range map[string][]float32{
		"a silent room": silent, "a gate that closes": faded, "a voice only": vowel(5 * rate), "a tone": tone(440, 5*rate), "nothing": nil,
		"half a second": talk(room(rate/2, -60, 0.9)), "loud noise": room(5*rate, -20, 0.5), "no number": constant(5*rate, float32(math.NaN())),
		"huge": constant(5*rate, 1e30), "a quiet one that has ended": append(talk(room(5*rate, -60, 0.5)), silent...),
	} {
		var c Comfort
		c.Learn(x)
		if heard := made(&c, 100, true); slices.ContainsFunc(heard, func(v float32) bool { return v != 0 }) {
			t.Errorf("%s: %.1f dBFS", name, decibels(heard))
		}
	}
	var c Comfort
	c.Learn(room(5*rate, -42, 0.9))
	if heard := made(&c, 100, true); decibels(heard) > -51 || decibels(heard) < -57 {
		t.Errorf("of a loud room %.1f dBFS", decibels(heard))
	}
}

func TestComfortBackground(t *testing.T) {
	var c Comfort
	background := room(5*rate, -50, 0.9)
	if c.Background(background[:960]) {
		t.Error("background before anything was heard")
	}
	c.Learn(talk(background))
	if !c.Background(background[:960]) || c.Background(vowel(960)) {
		t.Error("background is not told from a voice")
	}
}

func TestComfortNoAllocation(t *testing.T) {
	var c Comfort
	x, frame, on := talk(room(5*rate, -60, 0.9)), make([]float32, hop), false
	if n := testing.AllocsPerRun(100, func() { c.Learn(x[:960]); c.Mix(frame, on); on = !on }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkComfort(b *testing.B) {
	var c Comfort
	c.Learn(talk(room(5*rate, -60, 0.9)))
	frame := make([]float32, hop)
	for b.Loop() {
		c.Mix(frame, true)
		c.Learn(frame)
		c.played = 0
	}
}
