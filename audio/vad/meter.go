package vad

import "math"

// fall is how fast a Meter goes down: 20 dB in 0.3 s, as broadcast meters do roughly.
const fall = 20 / 0.3

// Meter is the level that people see: up at once, down slowly. It is used by one goroutine at a time. The zero value
// stands at 0 dBFS; NewMeter's at silence.
type Meter struct{ dbfs float32 }

// NewMeter makes a Meter that shows silence.
func NewMeter() *Meter { return &Meter{-120} }

// Add takes one frame of 48 kHz sound and returns what to show, in dBFS.
func (m *Meter) Add(frame []float32) float32 {
	m.dbfs = max(m.dbfs-fall*float32(len(frame))/sampleRate, level(frame))
	return m.dbfs
}

// level is the frame's RMS in decibels of full scale; not a number counts as silence.
func level(frame []float32) float32 {
	var sum float64
	for _, v := range frame {
		sum += float64(v) * float64(v)
	}
	if !(sum > 0) {
		return -120
	}
	return float32(max(10*math.Log10(sum/float64(len(frame))), -120))
}
