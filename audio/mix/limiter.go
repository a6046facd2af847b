package mix

import "math"

const (
	// Ceiling is what a Limiter never exceeds: -1 dBFS.
	Ceiling float32 = 0.8912509
	// Lookahead is the delay of a Limiter in samples: 1.5 ms at 48 kHz. The gain needs that long to go down without a click.
	Lookahead = 72

	window = Lookahead + 1
	// release is the part of the cut that each sample gives back: a time constant of 80 ms at 48 kHz.
	release = 1 / (0.080 * 48000)
	// least is the cut that counts as none. It also keeps Limiter.sum exact: see there.
	least = 1e-5
	// loudest is above the sum of eight speakers at twice their level. Nothing counts as louder, so that one wild sample
	// does not keep the gain down for long.
	loudest = 32
)

// Limiter turns the gain down ahead of what would clip, and slowly up again. The zero value is ready. It is used by one
// goroutine at a time and allocates nothing.
//
// It thinks in cuts, 1 minus the gain. The cut that each sample needs is spread as a maximum over the window, and the
// maxima are averaged over the same window. When a sample comes out, every value in the average has seen it, so the
// average is never below what that sample needs.
type Limiter struct {
	held   float32         // the cut in force, decaying
	peaks  falling         // its maximum over the window
	maxima [window]float32 // the last of these maxima
	// sum of maxima. Each is 0 or a float32 from least to 1, so a float64 holds every sum of 73 of them exactly: adding
	// and subtracting for hours leaves no error behind.
	sum   float64
	delay [window]float32 // the sound that waits
	at    int             // position in maxima and delay
}

// Process limits frame in place. It comes out Lookahead samples late. What is not a finite number comes out as silence.
func (l *Limiter) Process(frame []float32) {
	for i, v := range frame {
		frame[i] = l.step(clean(v))
	}
}

func clean(v float32) float32 {
	if v != v || v > math.MaxFloat32 || v < -math.MaxFloat32 {
		return 0
	}
	return min(max(v, -loudest), loudest)
}

// step takes one sample in and gives out that of Lookahead samples ago.
func (l *Limiter) step(v float32) float32 {
	l.held = max(l.held-l.held*release, 1-Ceiling/max(v, -v, Ceiling))
	if l.held < least {
		l.held = 0
	}
	cut := l.peaks.add(l.held)
	l.sum += float64(cut) - float64(l.maxima[l.at])
	l.maxima[l.at], l.delay[l.at] = cut, v
	if l.at++; l.at == window {
		l.at = 0
	}
	out := l.delay[l.at] * float32(1-l.sum/window)
	return min(max(out, -Ceiling), Ceiling) // for the last digit's rounding only
}

// falling is the maximum over the last window values: it keeps those that can still become it, which fall from head to
// tail.
type falling struct {
	value [window]float32
	time  [window]uint32
	head  int
	count int
	now   uint32 // counts values, wraps
}

func (f *falling) add(v float32) float32 {
	if f.count > 0 && f.now-f.time[f.head] >= window {
		f.head, f.count = (f.head+1)%window, f.count-1
	}
	for f.count > 0 && f.value[(f.head+f.count-1)%window] <= v {
		f.count--
	}
	tail := (f.head + f.count) % window
	f.value[tail], f.time[tail] = v, f.now
	f.count++
	f.now++
	return f.value[f.head]
}
