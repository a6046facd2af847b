package heard

import (
	"time"

	"parley/audio"
	"parley/audio/audiotest"
)

const (
	Step = audio.SampleRate / 50 // 20 ms: what is looked at as one
	loud = -65.0                 // dBFS, of a step: speech has parts that are soft
)

// Loud says which steps of a recording are sound.
func Loud(x []float32) (steps []bool) {
	for ; len(x) >= Step; x = x[Step:] {
		steps = append(steps, audiotest.LevelDBFS(x[:Step]) > loud)
	}
	return steps
}

// Silence is the longest one in a recording, which may be all of it.
func Silence(x []float32) time.Duration {
	longest, run := 0, 0
	for _, sound := range Loud(x) {
		if run++; sound {
			run = 0
		}
		longest = max(longest, run)
	}
	return time.Duration(longest) * Step * time.Second / audio.SampleRate
}
