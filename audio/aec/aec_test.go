package aec_test

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"parley/audio/aec"
	"parley/audio/audiotest"
)

// A room is one echo path and what goes with it.
type room struct {
	name    string
	delay   time.Duration
	rt60    time.Duration
	gain    float64 // of the echo, decibels
	noise   float64 // of the room, dBFS
	drift   float64 // ppm
	distort float64 // how hard the speaker is driven, 0: not
}

var rooms = []room{
	{"office", 20 * time.Millisecond, 200 * time.Millisecond, -6, -75, 0, 0},
	{"living room", 60 * time.Millisecond, 400 * time.Millisecond, -6, -70, 0, 0},
	{"hall", 130 * time.Millisecond, 800 * time.Millisecond, -10, -75, 0, 0},
	{"laptop", 200 * time.Millisecond, 300 * time.Millisecond, 0, -65, 0, 1},
	{"Bluetooth", 300 * time.Millisecond, 500 * time.Millisecond, -6, -70, 200, 0},
	{"two clocks", 90 * time.Millisecond, 300 * time.Millisecond, -6, -70, -300, 0},
}

// echo is what the room makes of far.
func (r room) echo(seed uint64, far []float32) []float32 {
	x := append([]float32(nil), far...)
	if r.distort > 0 {
		for i, v := range x {
			drive := 3 * r.distort * float64(v)
			x[i] = float32(math.Tanh(drive) / (3 * r.distort))
		}
	}
	y := audiotest.Convolve(x, audiotest.Room(seed, r.delay, r.rt60))
	gain := float32(math.Pow(10, r.gain/20))
	for i := range y {
		y[i] *= gain
	}
	if r.drift != 0 {
		y = audiotest.Drifted(y, r.drift)
	}
	return y
}

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
	var first, settled, gain, voiceOver []float64
	for i, r := range rooms {
		echo := r.echo(uint64(i), far)
		noise := audiotest.ToLevel(audiotest.PinkNoise(uint64(i)+9, len(far)), r.noise)
		voice := append(make([]float32, talk), near...)
		audiotest.ToLevel(voice[talk:], audiotest.LevelDBFS(echo[talk:])+3)
		mic := sum(echo, noise, voice)
		c := aec.New()
		out := run(c, far[:talk], mic[:talk])
		before := c.Stats()
		out, doubleTalk := both(c, far[talk:], mic[talk:], out)
		start := int(r.delay * second / time.Second)
		early := audiotest.ERLE(echo[start:start+2*second], out[start:start+2*second], r.noise)
		late := min(audiotest.ERLE(echo[talk-2*second:talk], out[talk-2*second:talk], r.noise), 60)
		in, clean := audiotest.SISDR(voice[talk:], mic[talk:]), audiotest.SISDR(voice[talk:], out[talk:])
		loud := audiotest.NearGain(voice[talk:], out[talk:])
		t.Logf("%-12s echo lower by %.1f dB in the first 2 s, %.1f settled; double talk (seen %.0f%%) SI-SDR %.1f dB from %.1f, voice %+.2f dB; %+v",
			r.name, early, late, 100*doubleTalk, clean, in, loud, before)
		if early < 25 || late < 18 || clean < 10 || math.Abs(loud) > 1.5 {
			t.Errorf("%s: too little", r.name)
		}
		if doubleTalk < 0.3 {
			t.Errorf("%s: double talk was seen in %.0f%% of its time", r.name, 100*doubleTalk)
		}
		if want := r.delay.Seconds() * 1000; math.Abs(before.DelayMS-want) > 5 {
			t.Errorf("%s: delay %.1f ms, want %.1f", r.name, before.DelayMS, want)
		}
		if math.Abs(before.DriftPPM+r.drift) > 25 {
			t.Errorf("%s: drift %.0f ppm, want %.0f", r.name, before.DriftPPM, -r.drift)
		}
		first, settled = append(first, early), append(settled, late)
		voiceOver, gain = append(voiceOver, clean), append(gain, loud)
	}
	t.Logf("median: %.1f dB in the first 2 s, %.1f settled, double talk %.1f, voice %+.2f",
		audiotest.Median(first), audiotest.Median(settled), audiotest.Median(voiceOver), audiotest.Median(gain))
	if audiotest.Median(first) < 30 || audiotest.Median(settled) < 29 || audiotest.Median(voiceOver) < 13 || math.Abs(audiotest.Median(gain)) > 1 {
		t.Error("the median room is too bad")
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
	before := rooms[1].echo(1, far)
	after := room{"moved", 62 * time.Millisecond, 400 * time.Millisecond, -6, -70, 0, 0}.echo(51, far)
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
	mic := sum(rooms[0].echo(0, far), audiotest.ToLevel(audiotest.PinkNoise(5, len(far)), noise))
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
	if got := audiotest.SISDR(voice[3*second:], out[3*second:]); got < 20 {
		t.Errorf("SI-SDR %.1f dB", got)
	}
}

// TestLateFar: frames of the far end come in bursts, none for 30 ms and then all at once. That makes no difference.
func TestLateFar(t *testing.T) {
	far := audiotest.Talk(1, 5*second)
	echo := rooms[1].echo(1, far)
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
	mic := rooms[0].echo(1, far)
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
	mic := rooms[0].echo(1, far)
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
		talk := audiotest.Talk(1, 5*second/2)
		echo := rooms[0].echo(1, talk)
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
	mic := sum(rooms[1].echo(1, far), near)
	c, at := aec.New(), 0
	var block [frame]float32
	for b.Loop() {
		c.Far(far[at : at+frame])
		copy(block[:], mic[at:])
		c.Cancel(block[:])
		at = (at + frame) % (2 * second)
	}
}
