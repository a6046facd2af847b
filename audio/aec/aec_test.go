package aec

import (
	"math"
	"testing"
	"time"

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
func run(c *Canceller, far, mic []float32) []float32 {
	out := append([]float32(nil), mic...)
	for at := 0; at+frame <= len(out); at += frame {
		c.Far(far[at : at+frame])
		c.Cancel(out[at : at+frame])
	}
	return append(out[Delay():], make([]float32, Delay())...)
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

const second = rate

type result struct{ first, settled, sisdr, in, gain float64 }

func measure(t *testing.T, r room, seed uint64, talk, double int, far, near []float32) (res result) {
	n := (talk + double) * second
	echo := r.echo(seed, far[:n])
	noise := audiotest.ToLevel(audiotest.PinkNoise(seed+9, n), r.noise)
	voice := append(make([]float32, talk*second), near[:double*second]...)
	audiotest.ToLevel(voice[talk*second:], audiotest.LevelDBFS(echo[talk*second:])+3)
	mic := sum(echo, noise, voice)
	c := New()
	out := run(c, far[:n], mic)
	start := int(r.delay * second / time.Second)
	res.first = audiotest.ERLE(echo[start:2*second+start], out[start:2*second+start], r.noise)
	res.settled = audiotest.ERLE(echo[(talk-2)*second:talk*second], out[(talk-2)*second:talk*second], r.noise)
	dt := (talk * second)
	res.in = audiotest.SISDR(voice[dt:], mic[dt:])
	res.sisdr = audiotest.SISDR(voice[dt:], out[dt:])
	res.gain = audiotest.NearGain(voice[dt:], out[dt:])
	var lin []float64
	for s := range talk + double {
		lin = append(lin, math.Round(audiotest.ERLE(echo[s*second:(s+1)*second], out[s*second:(s+1)*second], r.noise)))
	}
	t.Logf("%-12s first 2 s %.1f, settled %.1f dB; double talk SI-SDR %.1f from %.1f, gain %.2f dB; %+v %v", r.name, res.first, res.settled, res.sisdr, res.in, res.gain, c.Stats(), lin)
	return res
}

func TestRooms(t *testing.T) {
	const talk, double = 8, 4
	far, near := audiotest.Talk(1, 12*second), audiotest.Talk(2, 12*second)
	for i, r := range rooms {
		measure(t, r, uint64(i), talk, double, far, near)
	}
}

func TestPathChange(t *testing.T) {
	for i, other := range []room{
		{"moved", 62 * time.Millisecond, 400 * time.Millisecond, -6, -70, 0, 0},
		{"far away", 150 * time.Millisecond, 400 * time.Millisecond, -6, -70, 0, 0},
	} {
		far := audiotest.Talk(1, 12*second)
		before, after := rooms[1].echo(uint64(i), far), other.echo(uint64(i)+50, far)
		echo := append(append([]float32(nil), before[:6*second]...), after[6*second:]...)
		mic := sum(echo, audiotest.ToLevel(audiotest.PinkNoise(5, len(far)), -70))
		c := New()
		out := run(c, far, mic)
		var lin []float64
		for s := range 24 {
			lin = append(lin, math.Round(audiotest.ERLE(echo[s*second/2:(s+1)*second/2], out[s*second/2:(s+1)*second/2], -70)))
		}
		t.Log(other.name, lin, c.Stats())
	}
}

func BenchmarkCancel(b *testing.B) {
	far, near := audiotest.Talk(1, 2*second), audiotest.Talk(2, 2*second)
	mic := sum(rooms[1].echo(1, far), near)
	c, at := New(), 0
	var block [frame]float32
	for b.Loop() {
		c.Far(far[at : at+frame])
		copy(block[:], mic[at:])
		c.Cancel(block[:])
		at = (at + frame) % (2 * second)
	}
}
