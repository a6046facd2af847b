package main

import (
	"math"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/test/lab"
)

const second = audio.SampleRate

// scene is one room with what is played and said in it: far alone for a while, then both.
type scene struct {
	name    string
	delay   time.Duration // from the loudspeaker to the microphone
	rt60    time.Duration
	gain    float64 // of the echo, decibels
	noise   float64 // of the room, dBFS
	drift   float64 // of the microphone's clock, ppm
	distort float64 // how hard the loudspeaker is driven; 0: not
}

var scenes = []scene{
	{"office", 20 * time.Millisecond, 200 * time.Millisecond, -6, -75, 0, 0},
	{"living room", 60 * time.Millisecond, 400 * time.Millisecond, -6, -70, 0, 0},
	{"kitchen", 45 * time.Millisecond, 600 * time.Millisecond, -3, -70, 0, 0},
	{"hall", 130 * time.Millisecond, 800 * time.Millisecond, -10, -75, 0, 0},
	{"noisy office", 80 * time.Millisecond, 300 * time.Millisecond, -6, -55, 0, 0},
	{"laptop", 200 * time.Millisecond, 300 * time.Millisecond, 0, -65, 0, 1},
	{"Bluetooth", 300 * time.Millisecond, 500 * time.Millisecond, -6, -70, 200, 0},
	{"two clocks", 90 * time.Millisecond, 300 * time.Millisecond, -6, -70, -300, 0},
}

// heard is a scene as a microphone hears it. All are of one length; the voice is silent for the first alone samples.
type heard struct {
	scene
	far, mic, echo, voice []float32
	alone                 int
}

// double is how long both talk, seconds.
const double = 4

// play makes scene number i, where the far end talks for so many seconds before both do.
func (s scene) play(i, seconds int) (heard, error) {
	voices, err := lab.Voices(float64(seconds + double))
	if err != nil {
		return heard{}, err
	}
	wide, err := lab.Speech(float64(seconds + double))
	if err != nil {
		return heard{}, err
	}
	h := heard{scene: s, far: voices[i%len(voices)], voice: voices[(i+3)%len(voices)], alone: seconds * second}
	if i%2 == 1 {
		h.far = wide
	}
	h.echo = s.echo(uint64(i), h.far)
	clear(h.voice[:h.alone])
	audiotest.ToLevel(h.voice[h.alone:], audiotest.LevelDBFS(h.echo[h.alone:])+3)
	h.mic = append([]float32(nil), audiotest.ToLevel(audiotest.PinkNoise(uint64(i)+9, len(h.far)), s.noise)...)
	for k := range h.mic {
		h.mic[k] += h.echo[k] + h.voice[k]
	}
	return h, nil
}

// echo is what the room makes of far.
func (s scene) echo(seed uint64, far []float32) []float32 {
	x := append([]float32(nil), far...)
	if s.distort > 0 {
		for i, v := range x {
			x[i] = float32(math.Tanh(3*s.distort*float64(v)) / (3 * s.distort))
		}
	}
	y := audiotest.Convolve(x, audiotest.Room(seed, s.delay, s.rt60))
	gain := float32(math.Pow(10, s.gain/20))
	for i := range y {
		y[i] *= gain
	}
	if s.drift != 0 {
		y = audiotest.Drifted(y, s.drift)
	}
	return y
}

// quality is what a canceller made of a scene.
type quality struct {
	Scene     string  `json:"scene"`
	First     float64 `json:"erle_first_2s_db"`
	Settled   float64 `json:"erle_settled_db"`
	Talk      float64 `json:"double_talk_si_sdr_db"`
	TalkIn    float64 `json:"double_talk_before_db"`
	Near      float64 `json:"near_voice_db"`
	FrameMS   float64 `json:"ms_per_frame"`
	DelayedMS float64 `json:"delays_voice_ms"`
}

// most is the highest ERLE that is told: what is beyond is the noise's estimate.
const most = 60

// judge measures what came out.
func (h heard) judge(out []float32, frameMS float64) quality {
	n := min(len(out), len(h.echo))
	out = out[:n]
	// The voice comes later, and tells by how much.
	near, lag := h.voice[h.alone:n], 0
	lag = max(audiotest.Align(near, out[h.alone:], second/10), 0)
	shifted := append(append([]float32(nil), out[lag:]...), make([]float32, lag)...)
	erle := func(from, to int) float64 {
		return min(audiotest.ERLE(h.echo[from:to], shifted[from:to], h.noise), most)
	}
	start := int(h.delay * second / time.Second)
	both := shifted[h.alone : n-lag]
	return quality{
		Scene: h.name, First: erle(start, start+2*second), Settled: erle(h.alone-2*second, h.alone-lag),
		Talk: audiotest.SISDR(near, both), TalkIn: audiotest.SISDR(near, h.mic[h.alone:n]), Near: audiotest.NearGain(near[:len(both)], both),
		FrameMS: frameMS, DelayedMS: float64(lag) * 1000 / second,
	}
}
