package audio

import (
	"math"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"parley/audio/mix"
)

// The parts of EchoSound, in samples: what a canceller learns from, a pause in which the room falls silent, and a sweep to measure
// by, with silence around them for devices that open late and echoes that come late.
const (
	echoLead  = SampleRate * 3 / 10
	echoLearn = SampleRate * 3
	echoPause = SampleRate * 12 / 10
	echoSweep = SampleRate * 25 / 10
	echoTail  = SampleRate * 8 / 10
)

// echoLate is what a microphone that opens after the loudspeaker, or before it, may add to a recording of EchoSound.
const echoLate = 4 * time.Second

// EchoSound is what a test of the echo plays: mono, 48 kHz, 7.8 s, the same each time. First three seconds of noise in syllables, as
// loud as speech and spread like it, then a logarithmic sweep from 100 Hz to 8 kHz (Farina, "Simultaneous measurement of impulse
// response and distortion with a swept-sine technique", AES 108, 2000).
func EchoSound() []float32 {
	out := make([]float32, echoLead, echoLead+echoLearn+echoPause+echoSweep+echoTail)
	out = append(out, babble(echoLearn)...)
	out = append(out, make([]float32, echoPause)...)
	out = append(out, sweep(echoSweep)...)
	return append(out, make([]float32, echoTail)...)
}

// babble is noise that falls by about 3 dB an octave, at -20 dBFS, in four syllables a second.
func babble(n int) []float32 {
	rnd := rand.New(rand.NewPCG(1, 7))
	out := make([]float32, n)
	var slow, fast, sum float64
	for i := range out {
		white := rnd.NormFloat64()
		slow += 0.02 * (white - slow)
		fast += 0.3 * (white - fast)
		syllable := 0.55 - 0.45*math.Cos(2*math.Pi*4*float64(i)/SampleRate)
		v := syllable * (3*slow + fast + 0.2*white)
		sum += v * v
		out[i] = float32(v)
	}
	gain := float32(0.1 / math.Sqrt(sum/float64(n)))
	for i := range out {
		out[i] *= gain
	}
	return out
}

// sweep is at -17 dBFS, with edges of 20 ms.
func sweep(n int) []float32 {
	const low, high, edge, amplitude = 100, 8000, SampleRate / 50, 0.2
	octaves := math.Log(float64(high) / low)
	scale := 2 * math.Pi * low * float64(n) / SampleRate / octaves
	out := make([]float32, n)
	for i := range out {
		soft := min(float64(min(i, n-1-i))/edge, 1)
		out[i] = float32(amplitude * soft * math.Sin(scale*(math.Exp(float64(i)/float64(n)*octaves)-1)))
	}
	return out
}

// EchoTape records the microphone before and after a Capture's canceller while EchoSound is played. See Capture.SetEchoTape.
type EchoTape struct {
	dry, wet []float32
	filled   atomic.Int64 // samples of both that are there and change no more
}

// NewEchoTape is an empty one, with room for EchoSound and for what opens late.
func NewEchoTape() *EchoTape {
	n := len(EchoSound()) + int(echoLate*SampleRate/time.Second)
	return &EchoTape{dry: make([]float32, n), wet: make([]float32, n)}
}

// before takes a frame that the canceller has not touched, after the same one when it has. Capture's goroutine only; nil takes none,
// as does one that is full.
func (t *EchoTape) before(frame []float32) {
	if t != nil {
		copy(t.dry[t.filled.Load():], frame)
	}
}

func (t *EchoTape) after(frame []float32) {
	if t == nil {
		return
	}
	at := t.filled.Load()
	t.filled.Store(at + int64(copy(t.wet[at:], frame)))
}

// EchoTrouble is why an EchoTape says nothing of the canceller.
type EchoTrouble uint8

// The kinds of EchoTrouble.
const (
	EchoHeard EchoTrouble = iota // none
	EchoShort                    // the microphone has not delivered enough
	EchoNone                     // the loudspeaker does not come into the microphone
	EchoNoise                    // it does, maybe: other sound is too loud to tell
)

// EchoResult is what an EchoTape holds.
type EchoResult struct {
	Trouble  EchoTrouble
	EchoDBFS float32 // what the loudspeaker brought into the microphone; the noise at EchoNoise; else mix.Floor
	LeftDB   float32 // by how much lower lies what the canceller leaves of it, at most 60
}

const (
	echoThin   = 16   // the search for the sweep goes by 3 kHz
	echoLike   = 0.15 // a microphone that is so much like the sweep hears it; noise gets to 0.06
	echoFaint  = -80  // dBFS: nobody hears such an echo
	echoLoud   = -50  // dBFS: noise that may hide one
	echoOver   = 4    // the power by which the echo must stand out
	echoMost   = 60   // decibels: what is beyond is the arithmetic's
	echoWindow = SampleRate * 3 / 10
)

// Measure looks for the sweep in what was recorded until now, and compares its time with the pause before it. It takes some tens of
// milliseconds.
func (t *EchoTape) Measure() EchoResult {
	n := int(t.filled.Load())
	at, like := findSweep(t.dry[:n])
	if at < 0 {
		return EchoResult{Trouble: EchoShort, EchoDBFS: mix.Floor}
	}
	during, quiet := [2]int{at, at + echoSweep}, [2]int{at - echoWindow - SampleRate/20, at - SampleRate/20}
	noise := powerOf(t.dry, quiet)
	echo := powerOf(t.dry, during) - noise
	switch level := decibels(noise); {
	case like < echoLike && level > echoLoud, like >= echoLike && echo < echoOver*noise:
		return EchoResult{Trouble: EchoNoise, EchoDBFS: level}
	case like < echoLike, decibels(echo) < echoFaint:
		return EchoResult{Trouble: EchoNone, EchoDBFS: mix.Floor}
	}
	hush := powerOf(t.wet, quiet)
	left := max(powerOf(t.wet, during)-hush, hush/4, 1e-12)
	return EchoResult{EchoDBFS: decibels(echo), LeftDB: min(decibels(echo)-decibels(left), echoMost)}
}

// findSweep is where in x the sweep begins, and how much x is like it there, 0 to 1; -1 if x is too short to hold it. Before it there
// is a second at least, however late the microphone was.
func findSweep(x []float32) (at int, like float64) {
	pattern, recorded := thinned(sweep(echoSweep)), thinned(x)
	const first = SampleRate / echoThin
	if len(recorded) < first+len(pattern) {
		return -1, 0
	}
	own, local := dotOf(pattern, pattern), dotOf(recorded[first:first+len(pattern)], recorded[first:])
	for lag := first; ; lag++ {
		v := math.Abs(dotOf(pattern, recorded[lag:])) / math.Sqrt(own*max(local, 1e-12))
		if lag == first || v > like {
			at, like = lag*echoThin, v
		}
		end := lag + len(pattern)
		if end == len(recorded) {
			return at, like
		}
		local += float64(recorded[end])*float64(recorded[end]) - float64(recorded[lag])*float64(recorded[lag])
	}
}

// thinned is x at a sixteenth of its rate, by means.
func thinned(x []float32) []float32 {
	out := make([]float32, len(x)/echoThin)
	for i := range out {
		var sum float32
		for _, v := range x[i*echoThin : (i+1)*echoThin] {
			sum += v
		}
		out[i] = sum / echoThin
	}
	return out
}

func dotOf(a, b []float32) (sum float64) {
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}

// powerOf is the mean power of x from one sample to another. What is not a number is as loud as can be.
func powerOf(x []float32, span [2]int) float64 {
	v := float64(mix.RMS(x[span[0]:span[1]]))
	if !(v <= 1e6) {
		v = 1e6
	}
	return v * v
}

// decibels of a power.
func decibels(power float64) float32 { return mix.DBFS(float32(math.Sqrt(max(power, 0)))) }

// SetEchoTape has every frame recorded before and after the echo canceller; nil ends it.
func (c *Capture) SetEchoTape(t *EchoTape) { c.echoTape.Store(t) }
