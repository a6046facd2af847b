// Package agc makes talkers equally loud, and keeps loud sound from clipping: a gain control for the microphone (Control), one
// for each speaker that is heard (Leveller), and a limiter for the sum (Limiter).
//
// Samples are float32 at 48 kHz, full scale is 1; levels are RMS in dBFS. All work is done in place, on the caller's buffer, which
// none of them keeps. They allocate nothing, take no lock, and are each used by one goroutine at a time. What is not a number
// becomes silence.
package agc

import "math"

const (
	// Target is the level in dBFS that speech is brought to, as the RMS of the frames that have speech in them.
	Target = -20
	// FrameSize is the length in samples that the rates of change below are meant for: 10 ms. Shorter and longer frames are
	// taken, too, and count as one frame.
	FrameSize = 480

	// loudest is what a sample counts for at most, so that one wild one is forgotten soon: 30 dBFS.
	loudest = 32
)

func clean(v float32) float32 {
	switch {
	case v >= -loudest && v <= loudest:
		return v
	case v > loudest && v <= math.MaxFloat32:
		return loudest
	case v < -loudest && v >= -math.MaxFloat32:
		return -loudest
	}
	return 0
}

// fader is a gain that changes evenly over a frame, so that it doesn't click.
type fader struct {
	dB     float64
	linear float32 // as of the last sample; 0 before the first frame
	before float32 // of the frame before
}

// apply scales frame, going from the last frame's gain to that in dB.
func (f *fader) apply(frame []float32) {
	if f.linear == 0 {
		f.linear = 1
	}
	f.before, f.linear = f.linear, float32(math.Pow(10, f.dB/20))
	f.again(frame)
}

// again does to frame what apply has done to the last one.
func (f *fader) again(frame []float32) {
	from, to := f.before, f.linear
	if from == to {
		if to != 1 {
			for i := range frame {
				frame[i] *= to
			}
		}
		return
	}
	step := (to - from) / float32(len(frame))
	for i := range frame {
		frame[i] *= from + step*float32(i+1)
	}
}
