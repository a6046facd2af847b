package vad

import (
	"math"
	"testing"
	"time"
)

const frameSize = 480

// sound is a frame of a tone at the given level.
func sound(dbfs float64) []float32 {
	out := make([]float32, frameSize)
	amplitude := math.Sqrt2 * math.Pow(10, dbfs/20)
	for i := range out {
		out[i] = float32(amplitude * math.Sin(2*math.Pi*1000*float64(i)/sampleRate))
	}
	return out
}

// feed sends n frames and returns how many were open.
func feed(g *Gate, n int, dbfs float64, voice float32) (open int) {
	for range n {
		if g.Process(sound(dbfs), float32(dbfs), voice) {
			open++
		}
	}
	return open
}

func TestVoice(t *testing.T) {
	const unknown = -1
	type span struct {
		n     int
		dbfs  float64
		voice float32
		open  int // frames of it
	}
	for _, c := range []struct {
		name  string
		spans []span
	}{
		{"silence", []span{{100, -120, unknown, 0}}},
		{"too quiet", []span{{100, -51, unknown, 0}}},
		{"loud enough", []span{{100, -49, unknown, 100}}},
		{"hold: 30 frames and the one that fades out", []span{{10, -20, unknown, 10}, {100, -120, unknown, 31}}},
		{"a pause between words", []span{{10, -20, unknown, 10}, {29, -120, unknown, 29}, {10, -20, unknown, 10}}},
		{"hysteresis", []span{{100, -55, unknown, 0}, {1, -49, unknown, 1}, {100, -55, unknown, 100}, {100, -57, unknown, 31}}},
		{"loud, but no voice", []span{{100, -20, 0.1, 0}}},
		{"a voice, but too quiet", []span{{100, -60, 1, 0}}},
		{"a voice", []span{{50, -30, 0.7, 50}, {50, -30, 0.35, 50}, {50, -30, 0.1, 31}}},
	} {
		g := New(Config{})
		for i, s := range c.spans {
			if got := feed(g, s.n, s.dbfs, s.voice); got != s.open {
				t.Errorf("%s, span %d: %d frames open of %d, want %d", c.name, i, got, s.n, s.open)
			}
		}
	}
}

func TestPTT(t *testing.T) {
	g := New(Config{Mode: PTT})
	if n := feed(g, 50, -10, 1); n != 0 {
		t.Errorf("%d frames open without the key", n)
	}
	g.Key(true)
	if n := feed(g, 50, -120, 0); n != 50 {
		t.Errorf("%d frames open with the key", n)
	}
	g.Key(false)
	if n := feed(g, 50, -10, 1); n != 11 { // 100 ms and the one that fades out
		t.Errorf("%d frames open after the key", n)
	}
}

// A force opens the gate in each mode, over a key that shuts it too, and lets go as a key does.
func TestForce(t *testing.T) {
	for _, m := range []Mode{Voice, PTT, Open, Hush} {
		g := New(Config{Mode: m})
		g.Key(m == Hush)
		g.Force(true)
		if n := feed(g, 50, -120, 0); n != 50 {
			t.Errorf("mode %d: %d frames open of 50", m, n)
		}
		g.Key(false)
		g.Force(false)
		want := 11 // 100 ms and the one that fades out
		if m == Open {
			want = 50
		}
		if n := feed(g, 50, -120, 0); n != want {
			t.Errorf("mode %d: %d frames open afterwards, want %d", m, n, want)
		}
		if m != Voice {
			continue
		}
		g.Force(true)
		feed(g, 5, -20, 1)
		g.Force(false)
		if n := feed(g, 50, -20, 1); n != 50 {
			t.Errorf("the voice goes on, and %d frames are open of 50", n)
		}
	}
}

func TestOpen(t *testing.T) {
	if n := feed(New(Config{Mode: Open}), 100, -120, 0); n != 100 {
		t.Errorf("%d frames open", n)
	}
}

// TestModeChange: what one mode held open, another doesn't.
func TestModeChange(t *testing.T) {
	g := New(Config{Hold: time.Hour})
	feed(g, 1, -10, -1)
	g.Configure(Config{Mode: PTT})
	if n := feed(g, 10, -10, -1); n != 1 {
		t.Errorf("%d frames after the change", n)
	}
	g.Configure(Config{Mode: Voice, OpenDBFS: -30})
	if n := feed(g, 10, -35, -1); n != 0 {
		t.Errorf("%d frames under the new threshold", n)
	}
}

// TestEdges: nothing passes while it is closed, and no edge is steeper than the sound itself.
func TestEdges(t *testing.T) {
	g := New(Config{Mode: PTT, Release: 10 * time.Millisecond})
	var out []float32
	for i := range 30 {
		g.Key(i >= 10 && i < 20)
		frame := make([]float32, frameSize)
		for k := range frame {
			frame[k] = 1 // a constant: every step in it is the gate's
		}
		open := g.Process(frame, level(frame), -1)
		if heard := level(frame) > -100; heard != open {
			t.Errorf("frame %d: open %v, heard %v", i, open, heard)
		}
		out = append(out, frame...)
	}
	for i := range out[1:] {
		if d := math.Abs(float64(out[i+1] - out[i])); d > 1.01/fade {
			t.Fatalf("a step of %v at %d", d, i)
		}
	}
	if out[10*frameSize+fade] != 1 || out[20*frameSize] != 1 || out[22*frameSize] != 0 {
		t.Error("it opens late, or closes early or late")
	}
}

func TestWildInput(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), -math.MaxFloat32} {
		g, m := New(Config{}), NewMeter()
		frame := make([]float32, frameSize)
		for i := range frame {
			frame[i] = float32(v)
		}
		if got := m.Add(frame); got != got {
			t.Errorf("the meter shows %v for %v", got, v)
		}
		g.Process(frame, level(frame), float32(math.NaN()))
		g.Process(nil, level(nil), -1)
		if n := feed(g, 50, -10, -1); n != 50 {
			t.Errorf("%d frames open after %v", n, v)
		}
	}
}

func TestMeter(t *testing.T) {
	m := NewMeter()
	if got := m.Add(sound(-20)); math.Abs(float64(got+20)) > 0.01 {
		t.Errorf("up: %v", got)
	}
	for range 30 {
		m.Add(sound(-120))
	}
	if got := m.Add(sound(-120)); math.Abs(float64(got+40.67)) > 0.1 {
		t.Errorf("down after 310 ms: %v", got)
	}
}

func TestNoAllocation(t *testing.T) {
	g, m, frame := New(Config{}), NewMeter(), sound(-20)
	if n := testing.AllocsPerRun(100, func() { g.Process(frame, -20, 1); m.Add(frame) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

// TestHush: the key silences at once, whatever is said, and lets voices through again.
func TestHush(t *testing.T) {
	g := New(Config{Mode: Hush})
	if n := feed(g, 20, -20, 1) + feed(g, 5, -120, 0); n != 25 {
		t.Errorf("%d frames open without the key", n)
	}
	g.Key(true)
	if n := feed(g, 50, -10, 1); n != 1 { // the one that fades out
		t.Errorf("%d frames open with the key", n)
	}
	g.Key(false)
	if n := feed(g, 20, -120, 0); n != 0 {
		t.Errorf("%d frames of silence open after the key", n)
	}
	if n := feed(g, 20, -20, 1); n != 20 {
		t.Errorf("%d frames open after the key", n)
	}
}
