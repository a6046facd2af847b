package jitter

import "math"

// Stretcher makes a block of speech shorter or longer by one pitch period (WSOLA: Verhelst and Roelands, ICASSP 1993, as
// NetEQ cuts it down): two periods that look alike are faded into each other, so there is no click, no change of pitch and
// next to none of level. It is used by one goroutine at a time and allocates nothing. The zero value is ready.
//
// A block of 30 ms reaches voices down to 67 Hz, one of 20 ms down to 100 Hz, one of 10 ms only children: where frames are
// short, the caller collects a longer block.
type Stretcher struct {
	// Force makes it happen whatever the sound is like, for when the buffer is far off its target.
	Force bool
	// Quiet says that there is only a room's noise in the sound, which can be cut anywhere, and so at any length.
	Quiet bool
	// Most is how many samples are removed at most, and how many are inserted where the length is free; 0: no matter.
	Most int

	coarse [maxBlock / step]float32
	cut    cut
}

// cut is what was done to the last block.
type cut struct {
	middle, lag int // lag 0: nothing
	longer      bool
}

const (
	step     = 8    // of the coarse search, in samples: 6 kHz
	minLag   = 120  // 2.5 ms: 400 Hz
	maxLag   = 720  // 15 ms: 67 Hz
	maxBlock = 2880 // 60 ms
	alike    = 0.9  // correlation from which two periods count as the same
	quiet    = 1e-5 // mean square of what nobody hears cut: -50 dBFS
)

// Accelerate writes in, shortened by one period if it can be done unheard, to out, and returns how many samples that are:
// len(in) when nothing was done. out has room for len(in) and does not overlap in. Both edges stay as they are, so the
// block goes on from what was before and into what comes after.
func (s *Stretcher) Accelerate(in, out []float32) int {
	s.cut.middle, s.cut.lag = s.period(in, s.Most)
	s.cut.longer = false
	return s.Again(in, out)
}

// Again does to another channel of the last block what was done to the first, at the same place: both have the same length.
func (s *Stretcher) Again(in, out []float32) int {
	middle, lag := s.cut.middle, s.cut.lag
	switch {
	case lag == 0:
		return copy(out, in)
	case s.cut.longer:
		return expand(in, out, middle, lag)
	}
	n := copy(out, in[:middle-lag])
	fade(out[n:n+lag], in[middle-lag:middle], in[middle:middle+lag])
	n += lag
	return n + copy(out[n:], in[middle+lag:])
}

// Expand is Accelerate the other way: a period is inserted. out has room for len(in) + len(in)/2.
func (s *Stretcher) Expand(in, out []float32) int {
	s.cut.middle, s.cut.lag = s.period(in, 0)
	s.cut.longer = true
	return s.Again(in, out)
}

func expand(in, out []float32, middle, lag int) int {
	n := copy(out, in[:middle])
	fade(out[n:n+lag], in[middle:middle+lag], in[middle-lag:middle])
	n += lag
	return n + copy(out[n:], in[middle:])
}

// fade goes evenly from one sound to another of the same length.
func fade(out, from, to []float32) {
	step := 1 / float32(len(out)+1)
	for i := range out {
		g := step * float32(i+1)
		out[i] = from[i] + g*(to[i]-from[i])
	}
}

// period finds the length, most at most, at which the sound before middle and that after it are most alike, 0 if not enough.
func (s *Stretcher) period(in []float32, most int) (middle, lag int) {
	middle = len(in) / 2
	longest := min(maxLag, middle)
	if longest < minLag || len(in) > maxBlock {
		return middle, 0
	}
	silent := s.Quiet || energy(in) <= quiet*float64(len(in))
	if silent && s.Most > 0 {
		return middle, min(longest, s.Most)
	}
	if most > 0 {
		longest = min(longest, most)
	}
	if longest < minLag {
		return middle, 0
	}
	coarse := s.coarse[:len(in)/step]
	for i := range coarse {
		sum := float32(0)
		for _, v := range in[i*step : (i+1)*step] {
			sum += v
		}
		coarse[i] = sum
	}
	guess, _ := best(coarse, len(coarse)/2, minLag/step, min(longest/step, len(coarse)/2))
	lag, likeness := best(in, middle, max(guess*step-step, minLag), min(guess*step+step, longest))
	if likeness < alike && !s.Force && !silent {
		return middle, 0
	}
	return middle, lag
}

// best tries all lags from low to high.
func best(x []float32, middle, low, high int) (lag int, likeness float64) {
	lag = low
	for n := low; n <= high; n++ {
		if l := correlation(x[middle-n:middle], x[middle:middle+n]); l > likeness {
			lag, likeness = n, l
		}
	}
	return lag, likeness
}

// correlation of two sounds, -1 to 1; 0 if one of them is silent.
func correlation(a, b []float32) float64 {
	var ab, aa, bb float32
	for i, v := range a {
		w := b[i]
		ab += v * w
		aa += v * v
		bb += w * w
	}
	return normal(ab, aa, bb)
}

// normal is the correlation for these sums of products; 0 where it is none.
func normal(ab, aa, bb float32) float64 {
	if scale := math.Sqrt(float64(aa) * float64(bb)); scale > 0 {
		if c := float64(ab) / scale; c == c {
			return c
		}
	}
	return 0
}

func energy(x []float32) (sum float64) {
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}
