package aec_test

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"parley/audio/aec"
	"parley/audio/audiotest"
)

var rooms = audiotest.EchoRooms

// run sends far and mic through c, and returns what comes out, in time with mic.
func run(c *aec.Canceller, far, mic []float32) []float32 {
	out := append([]float32(nil), mic...)
	for at := 0; at+frame <= len(out); at += frame {
		c.Far(far[at : at+frame])
		c.Cancel(out[at : at+frame])
	}
	return append(out[aec.Delay():], make([]float32, aec.Delay())...)
}

func sum(signals ...[]float32) []float32 {
	out := make([]float32, len(signals[0]))
	for _, s := range signals {
		for i, v := range s {
			out[i] += v
		}
	}
	return out
}

const (
	rate   = 48000
	frame  = 480
	second = rate
)

// TestRooms lets somebody talk at the other end for seven seconds, then both for three.
func TestRooms(t *testing.T) {
	const talk, double = 7 * second, 3 * second
	far, near := audiotest.Talk(1, talk+double), audiotest.Talk(2, double)
	var all []audiotest.EchoResult
	for i, r := range rooms {
		scene := audiotest.NewEchoScene(r, uint64(i), far, near, talk)
		c := aec.New()
		out := run(c, far[:talk], scene.Mic[:talk])
		before := c.Stats()
		out, doubleTalk := both(c, far[talk:], scene.Mic[talk:], out)
		got := scene.Measure(out)
		all = append(all, got)
		t.Logf("%-12s %v; double talk seen %.0f%%; %+v", r.Name, got, 100*doubleTalk, before)
		if got.First < 25 || got.Settled < 24 || got.Double < 13.5 || math.Abs(got.Near) > 0.9 {
			t.Errorf("%s: too little", r.Name)
		}
		if doubleTalk < 0.4 {
			t.Errorf("%s: double talk was seen in %.0f%% of its time", r.Name, 100*doubleTalk)
		}
		want := r.Delay.Seconds() * 1000
		if r.Moved {
			want += 2
		}
		if math.Abs(before.DelayMS-want) > 5 {
			t.Errorf("%s: delay %.1f ms, want %.1f", r.Name, before.DelayMS, want)
		}
		if math.Abs(before.DriftPPM+r.Drift) > 25 {
			t.Errorf("%s: drift %.0f ppm, want %.0f", r.Name, before.DriftPPM, -r.Drift)
		}
	}
	median := audiotest.MedianEcho(all)
	t.Logf("%-12s %v", "median", median)
	if median.First < 38 || median.Settled < 45 || median.Double < 15.5 || math.Abs(median.Near) > 0.6 {
		t.Error("the median room is too bad")
	}
}

// TestDoubleTalkFirst: both talk from the first moment on. Within a second or so the voice comes through, and not the echo.
func TestDoubleTalkFirst(t *testing.T) {
	const n = 4 * second
	for i, r := range rooms[:3] {
		far, near := audiotest.Talk(uint64(1+10*i), n), audiotest.Talk(uint64(2+10*i), n)
		scene := audiotest.NewEchoScene(r, uint64(i), far, near, 0)
		out := run(aec.New(), far, scene.Mic)
		from := second
		before, after := audiotest.SISDR(scene.Voice[from:], scene.Mic[from:]), audiotest.SISDR(scene.Voice[from:], out[from:])
		gain := audiotest.NearGain(scene.Voice[from:], out[from:])
		t.Logf("%s: SI-SDR %.1f dB from %.1f, voice %+.2f dB", r.Name, after, before, gain)
		if after < before+4.5 || gain < -2 {
			t.Errorf("%s: too little", r.Name)
		}
	}
}

// both goes on where run stopped, in out, and tells in what part of the time the canceller saw double talk.
func both(c *aec.Canceller, far, mic, before []float32) (out []float32, seen float64) {
	rest := append([]float32(nil), mic...)
	frames := 0.0
	for at := 0; at+frame <= len(rest); at += frame {
		c.Far(far[at : at+frame])
		c.Cancel(rest[at : at+frame])
		frames++
		if c.Stats().DoubleTalk {
			seen++
		}
	}
	out = append(before[:len(before)-aec.Delay()], rest...)
	return append(out, make([]float32, aec.Delay())...), seen / frames
}

// TestPathChange: the loudspeaker is moved, and within 2 s the echo is gone again. Nothing is ever louder than the echo.
func TestPathChange(t *testing.T) {
	far := audiotest.Talk(1, 8*second)
	before := rooms[1].Echo(1, far)
	after := audiotest.EchoRoom{Delay: 62 * time.Millisecond, RT60: 400 * time.Millisecond, Gain: -6}.Echo(51, far)
	echo := append(before[:4*second:4*second], after[4*second:]...)
	c := aec.New()
	out := run(c, far, sum(echo, audiotest.ToLevel(audiotest.PinkNoise(5, len(far)), -70)))
	for at := 0; at < len(out); at += second / 2 {
		erle := audiotest.ERLE(echo[at:at+second/2], out[at:at+second/2], -70)
		if erle < 0 {
			t.Errorf("howls at %d ms: %.1f dB", at*1000/second, erle)
		}
	}
	if took := audiotest.Convergence(echo[4*second:], out[4*second:], 20); took < 0 || took > 2*time.Second {
		t.Errorf("20 dB again after %v", took)
	}
}

// TestComfortNoise: where the echo was taken away, the room's noise remains, not silence.
func TestComfortNoise(t *testing.T) {
	const noise = -55
	far := audiotest.Talk(1, 6*second)
	mic := sum(rooms[0].Echo(0, far), audiotest.ToLevel(audiotest.PinkNoise(5, len(far)), noise))
	out := run(aec.New(), far, mic)
	for at := 4 * second; at+second/4 < len(out)-frame; at += second / 4 {
		if level := audiotest.LevelDBFS(out[at : at+second/4]); level < noise-8 || level > noise+8 {
			t.Errorf("at %d ms: %.1f dBFS", at*1000/second, level)
		}
	}
}

// TestSilenceOfFar: with nothing to cancel the voice passes as it is, bit for bit.
func TestSilenceOfFar(t *testing.T) {
	voice := audiotest.Talk(3, second)
	out := run(aec.New(), make([]float32, second), voice)
	for i, v := range out[:second-aec.Delay()] {
		if v != voice[i] {
			t.Fatalf("sample %d: %v, want %v", i, v, voice[i])
		}
	}
}

// TestHeadset: the far end talks, but no echo comes back. After the first moments the voice is left alone.
func TestHeadset(t *testing.T) {
	const n = 6 * second
	voice, far := audiotest.Talk(3, n), audiotest.Talk(4, n)
	out := run(aec.New(), far, voice)
	if got := audiotest.SISDR(voice[3*second:], out[3*second:]); got < 23 {
		t.Errorf("SI-SDR %.1f dB", got)
	}
}

// TestEchoAppears: for eight seconds there was none, as the microphone was switched off, or a headset was in use. Two seconds
// after it came, or came back, it is gone.
func TestEchoAppears(t *testing.T) {
	const quiet, n = 8 * second, 12 * second
	far := audiotest.Talk(1, n)
	whole := rooms[0].Echo(1, far)
	for _, at := range []struct {
		name  string
		from  int // no echo from there on
		noise float64
	}{{"headset", 0, -70}, {"switched off for a while", 2 * second, -200}} {
		echo := append([]float32(nil), whole...)
		clear(echo[at.from:quiet])
		mic := echo
		if at.noise > -200 {
			mic = sum(echo, audiotest.ToLevel(audiotest.PinkNoise(5, n), at.noise))
		}
		out := run(aec.New(), far, mic)
		erle := func(from int) float64 { return audiotest.ERLE(echo[from:from+second], out[from:from+second], at.noise) }
		t.Logf("%s: %.1f, %.1f, %.1f and %.1f dB in the seconds after", at.name, erle(quiet), erle(quiet+second), erle(quiet+2*second), erle(quiet+3*second))
		if erle(quiet) < 3 || erle(quiet+2*second) < 20 || erle(quiet+3*second) < 35 {
			t.Errorf("%s: too little", at.name)
		}
	}
}

// TestLateFar: frames of the far end come in bursts, none for 30 ms and then all at once. That makes no difference.
func TestLateFar(t *testing.T) {
	far := audiotest.Talk(1, 5*second)
	echo := rooms[1].Echo(1, far)
	out := append([]float32(nil), echo...)
	c := aec.New()
	given := 0
	for f := 0; (f+1)*frame <= len(out); f++ {
		if f%3 == 2 {
			for ; given <= f; given++ {
				c.Far(far[given*frame : (given+1)*frame])
			}
		}
		c.Cancel(out[f*frame : (f+1)*frame])
	}
	if got := audiotest.ERLE(echo[3*second:], out[3*second:], -200); got < 25 {
		t.Errorf("%.1f dB", got)
	}
}

func TestReset(t *testing.T) {
	far := audiotest.Talk(1, second)
	mic := rooms[0].Echo(1, far)
	c := aec.New()
	first := run(c, far, mic)
	c.Reset()
	if c.Stats() != (aec.Stats{}) {
		t.Errorf("%+v", c.Stats())
	}
	for i, v := range run(c, far, mic) {
		if v != first[i] {
			t.Fatalf("sample %d differs", i)
		}
	}
}

func TestAllocations(t *testing.T) {
	far := audiotest.Talk(1, second)
	mic := rooms[0].Echo(1, far)
	c, at := aec.New(), 0
	if n := testing.AllocsPerRun(90, func() {
		c.Far(far[at : at+frame])
		c.Cancel(mic[at : at+frame])
		at += frame
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

// TestHostile: whatever comes, numbers come out, and two seconds later it has learnt the room.
func TestHostile(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	talk := audiotest.Talk(1, 5*second/2)
	echo := rooms[0].Echo(1, talk)
	for name, at := range map[string]func(i int) (far, mic float32){
		"not a number": func(i int) (float32, float32) { return nan, nan },
		"infinite":     func(i int) (float32, float32) { return inf, -inf },
		"huge":         func(i int) (float32, float32) { return 1e30, -1e38 },
		"full scale":   func(i int) (float32, float32) { v := float32(i/50%2)*2 - 1; return v, v },
		"DC":           func(i int) (float32, float32) { return 0.5, 0.7 },
		"tiny":         func(i int) (float32, float32) { return 1e-40, 1e-40 },
	} {
		c := aec.New()
		var far, mic [frame]float32
		for f := range 100 {
			for i := range far {
				far[i], mic[i] = at(f*frame + i)
			}
			c.Far(far[:])
			c.Cancel(mic[:])
			for _, v := range mic {
				if !(math.Abs(float64(v)) <= 16) {
					t.Fatalf("%s: %v comes out", name, v)
				}
			}
		}
		if got := audiotest.ERLE(echo[3*second/2:], run(c, talk, echo)[3*second/2:], -200); got < 12 {
			t.Errorf("%s: then %.1f dB", name, got)
		}
	}
	c := aec.New()
	c.Far(nil)
	c.Cancel(nil)
	odd := []float32{1, 2, 3}
	c.Cancel(odd)
	if odd[0] != 1 || odd[2] != 3 {
		t.Error("a frame of the wrong size was touched")
	}
	for range 300 { // more than it keeps
		c.Far(make([]float32, 1000))
	}
	c.Cancel(make([]float32, frame))
}

func FuzzCancel(f *testing.F) {
	f.Add([]byte{0, 0, 0x80, 0x3f, 0, 0, 0xc0, 0x7f, 1, 2, 3, 4, 0xff, 0xff, 0x7f, 0x7f}, uint8(1))
	f.Add([]byte("some bytes that are no sound at all"), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, pace uint8) {
		var values []float32
		for ; len(data) >= 4; data = data[4:] {
			values = append(values, math.Float32frombits(binary.LittleEndian.Uint32(data)))
		}
		if len(values) == 0 {
			return
		}
		c := aec.New()
		var far, mic [frame]float32
		for at := range 20 {
			for i := range far {
				far[i], mic[i] = values[(at*7+i)%len(values)], values[(at*3+i/2)%len(values)]
			}
			for range int(pace) % 4 {
				c.Far(far[:])
			}
			c.Cancel(mic[:])
			for _, v := range mic {
				if !(math.Abs(float64(v)) <= 32) {
					t.Fatalf("%v comes out", v)
				}
			}
		}
	})
}

func BenchmarkCancel(b *testing.B) {
	far, near := audiotest.Talk(1, 2*second), audiotest.Talk(2, 2*second)
	mic := sum(rooms[1].Echo(1, far), near)
	c, at := aec.New(), 0
	var block [frame]float32
	for b.Loop() {
		c.Far(far[at : at+frame])
		copy(block[:], mic[at:])
		c.Cancel(block[:])
		at = (at + frame) % (2 * second)
	}
}
