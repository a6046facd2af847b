package audiotest

import (
	"fmt"
	"math"
	"time"

	"parley/audio"
)

// EchoRoom is one way from a loudspeaker to a microphone and what goes with it.
type EchoRoom struct {
	Name    string
	Delay   time.Duration
	RT60    time.Duration
	Gain    float64 // of the echo, decibels
	Noise   float64 // of the room, dBFS
	Drift   float64 // by how much faster the microphone's clock runs, ppm
	Distort float64 // how hard the loudspeaker is driven, 0: not
	Moved   bool    // the loudspeaker is moved a third of the way through
}

// EchoRooms are those that an echo canceller is measured in.
var EchoRooms = []EchoRoom{
	{Name: "office", Delay: 20 * time.Millisecond, RT60: 200 * time.Millisecond, Gain: -6, Noise: -75},
	{Name: "living room", Delay: 60 * time.Millisecond, RT60: 400 * time.Millisecond, Gain: -6, Noise: -70},
	{Name: "hall", Delay: 130 * time.Millisecond, RT60: 800 * time.Millisecond, Gain: -10, Noise: -75},
	{Name: "laptop", Delay: 200 * time.Millisecond, RT60: 300 * time.Millisecond, Noise: -65, Distort: 1},
	{Name: "Bluetooth", Delay: 300 * time.Millisecond, RT60: 500 * time.Millisecond, Gain: -6, Noise: -70, Drift: 200},
	{Name: "two clocks", Delay: 90 * time.Millisecond, RT60: 300 * time.Millisecond, Gain: -6, Noise: -70, Drift: -300},
	{Name: "moved", Delay: 40 * time.Millisecond, RT60: 350 * time.Millisecond, Gain: -6, Noise: -70, Moved: true},
	{Name: "noisy", Delay: 50 * time.Millisecond, RT60: 600 * time.Millisecond, Gain: -6, Noise: -50},
	{Name: "loud", Delay: 30 * time.Millisecond, RT60: 250 * time.Millisecond, Gain: 6, Noise: -65, Distort: 0.5},
	{Name: "kitchen", Delay: 250 * time.Millisecond, RT60: 600 * time.Millisecond, Gain: -3, Noise: -65, Drift: 40},
}

// Echo is what the room makes of far, without its noise.
func (r EchoRoom) Echo(seed uint64, far []float32) []float32 {
	x := append([]float32(nil), far...)
	if r.Distort > 0 {
		for i, v := range x {
			drive := 3 * r.Distort * float64(v)
			x[i] = float32(math.Tanh(drive) / (3 * r.Distort))
		}
	}
	y := Convolve(x, Room(seed, r.Delay, r.RT60))
	if r.Moved {
		at := len(y) / 3
		copy(y[at:], Convolve(x, Room(seed+100, r.Delay+2*time.Millisecond, r.RT60))[at:])
	}
	gain := float32(math.Pow(10, r.Gain/20))
	for i := range y {
		y[i] *= gain
	}
	if r.Drift != 0 {
		y = Drifted(y, r.Drift)
	}
	return y
}

// An EchoScene is a room in which somebody talks at the other end for Talk samples, and then both do.
type EchoScene struct {
	Room             EchoRoom
	Talk             int
	Far, Mic         []float32
	Echo, Voice, Hum []float32 // what Mic is the sum of
}

// NewEchoScene lets far talk all the time, and near after talk samples, until either ends, 3 dB louder than the echo then is.
func NewEchoScene(room EchoRoom, seed uint64, far, near []float32, talk int) *EchoScene {
	n := min(len(far), talk+len(near))
	s := &EchoScene{Room: room, Talk: talk, Far: far[:n]}
	s.Echo = room.Echo(seed, s.Far)
	s.Voice = append(make([]float32, talk), near[:n-talk]...)
	ToLevel(s.Voice[talk:], LevelDBFS(s.Echo[talk:])+3)
	s.Hum = ToLevel(PinkNoise(seed+9, n), room.Noise)
	s.Mic = make([]float32, n)
	for i := range s.Mic {
		s.Mic[i] = s.Echo[i] + s.Voice[i] + s.Hum[i]
	}
	return s
}

// EchoResult is what became of a scene, in decibels.
type EchoResult struct {
	First   float64 // echo return loss enhancement in the first two seconds
	Settled float64 // and in the last two before the double talk, at most 60
	Before  float64 // scale-invariant signal-to-distortion ratio of the voice in the double talk, at the microphone
	Double  float64 // and in what was sent
	Near    float64 // by how much the voice is louder there
}

func (r EchoResult) String() string {
	return fmt.Sprintf("echo lower by %.1f dB in the first 2 s, %.1f settled; double talk SI-SDR %.1f dB from %.1f, voice %+.2f dB",
		r.First, r.Settled, r.Double, r.Before, r.Near)
}

// Measure what out, in time with the microphone, has of the scene.
func (s *EchoScene) Measure(out []float32) EchoResult {
	const two = 2 * audio.SampleRate
	start := int(s.Room.Delay * audio.SampleRate / time.Second)
	voice := s.Voice[s.Talk:]
	return EchoResult{
		First:   ERLE(s.Echo[start:start+two], out[start:start+two], s.Room.Noise),
		Settled: min(ERLE(s.Echo[s.Talk-two:s.Talk], out[s.Talk-two:s.Talk], s.Room.Noise), 60),
		Before:  SISDR(voice, s.Mic[s.Talk:]),
		Double:  SISDR(voice, out[s.Talk:]),
		Near:    NearGain(voice, out[s.Talk:]),
	}
}

// MedianEcho is the median of each measure by itself.
func MedianEcho(all []EchoResult) EchoResult {
	median := func(of func(EchoResult) float64) float64 {
		values := make([]float64, len(all))
		for i, r := range all {
			values[i] = of(r)
		}
		return Median(values)
	}
	return EchoResult{
		First:   median(func(r EchoResult) float64 { return r.First }),
		Settled: median(func(r EchoResult) float64 { return r.Settled }),
		Before:  median(func(r EchoResult) float64 { return r.Before }),
		Double:  median(func(r EchoResult) float64 { return r.Double }),
		Near:    median(func(r EchoResult) float64 { return r.Near }),
	}
}
