package agc_test

import (
	"math"
	"math/rand/v2"
	"sync"

	"parley/audio/audiotest"
)

const (
	rate  = 48000
	frame = 480
)

// voices are what talkers are cut from: to make them takes longest.
var voices = sync.OnceValue(func() (v [2][]float32) {
	for i := range v {
		v[i] = audiotest.Vowels(uint64(i+1), 4*rate)
	}
	return v
})

// talker is n samples of speech-like sound: syllables that differ in level by up to 8 dB, phrases of one to two seconds, pauses of
// 0.2 to 0.6 s, and noise at -75 dBFS. Its speech, without the pauses, is at the given level. voice is the probability of a
// voice in each frame.
func talker(seed uint64, dbfs float64, n int) (x, voice []float32) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	from := voices()[seed%2]
	const syllable = rate / 5
	x = make([]float32, 0, n+rate)
	start := rnd.IntN(len(from) / syllable)
	for len(x) < n {
		for range 5 + rnd.IntN(6) {
			gain := float32(math.Pow(10, (rnd.Float64()*8-4)/20))
			at := start % (len(from) / syllable) * syllable
			for _, v := range from[at : at+syllable] {
				x = append(x, gain*v)
			}
			start++
		}
		x = append(x, make([]float32, rate/5+rnd.IntN(rate*2/5))...)
	}
	x = x[:n/frame*frame]
	gain := math.Pow(10, (dbfs-spoken(x))/20)
	for i := range x {
		x[i] *= float32(gain)
	}
	voice = make([]float32, len(x)/frame)
	for i := range voice {
		if audiotest.LevelDBFS(x[i*frame:(i+1)*frame]) > dbfs-22 {
			voice[i] = 0.95
		}
	}
	noise := math.Pow(10, -75./20)
	for i := range x {
		x[i] += float32(noise * rnd.NormFloat64())
	}
	return x, voice
}

// spoken is the level of x without its pauses: of the frames that lie less than 15 dB below all of it.
func spoken(x []float32) float64 {
	least := audiotest.LevelDBFS(x) - 15
	var loud []float32
	for i := 0; i+frame <= len(x); i += frame {
		if f := x[i : i+frame]; audiotest.LevelDBFS(f) > least {
			loud = append(loud, f...)
		}
	}
	return audiotest.LevelDBFS(loud)
}

// frames calls do for each frame of a copy of x, which it returns.
func frames(x []float32, do func(i int, f []float32)) []float32 {
	out := append([]float32(nil), x...)
	for i := 0; (i+1)*frame <= len(out); i++ {
		do(i, out[i*frame:(i+1)*frame])
	}
	return out
}

// noise is white noise.
func noise(seed uint64, dbfs float64, n int) []float32 {
	rnd := rand.New(rand.NewPCG(seed, 8))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rnd.NormFloat64())
	}
	return audiotest.ToLevel(x, dbfs)
}

func join(parts ...[]float32) (x []float32) {
	for _, p := range parts {
		x = append(x, p...)
	}
	return x
}
