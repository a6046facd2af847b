package main

import (
	"errors"
	"fmt"

	"parley/audio/audiotest"
	"parley/test/lab"
)

// measures is how what was heard compares to what was said.
type measures struct {
	level float64 // dBFS
	sisdr float64 // dB, median of one-second windows
	delay float64 // ms
	gaps  int
}

func compare(mouth, ear []float32) measures {
	const second = lab.SampleRate
	lag := audiotest.Align(mouth, ear, second)
	m := measures{level: audiotest.LevelDBFS(ear), delay: float64(lag) * 1000 / second, gaps: len(audiotest.Gaps(mouth, ear, lag))}
	m.sisdr, _ = audiotest.WindowedSISDR(mouth, ear, second, second)
	return m
}

func (m measures) String() string {
	return fmt.Sprintf("heard: level %.1f dBFS, SI-SDR %.1f dB, delay %.0f ms, gaps %d", m.level, m.sisdr, m.delay, m.gaps)
}

// heard says what is missing. Speech is said at -20 dBFS; over Opus at 64 kbit/s it comes at 20 dB and more where nothing was lost,
// and at 10 dB a machine was too busy to play all of it in time, but it was understood.
func (m measures) heard() error {
	switch {
	case !(m.level > -40):
		return errors.New("the app's loudspeaker was silent")
	case !(m.sisdr >= 10):
		return errors.New("the app's loudspeaker played something else than what was said")
	case m.delay < 0:
		return errors.New("the app's loudspeaker played before anything was said")
	}
	return nil
}
