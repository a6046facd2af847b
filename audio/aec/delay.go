package aec

const (
	lowBin   = 6  // 280 Hz
	delayBin = 64 // bins looked at from there: to 3.3 kHz
	average  = 0.03
	lookEach = 8 // frames between two looks at the result
	headroom = 1 // partitions before the one in which the sound arrives
)

// finder finds how many frames the echo comes after the far end: the lag at which the two spectra cohere most, averaged
// over a third of a second and over the bins of speech. Coherence is blind to levels, so a loud frame counts no more than
// others (as in GCC-PHAT, Knapp and Carter, 1976).
type finder struct {
	cross [lags]struct{ re, im, far [delayBin]float32 }
	near  [delayBin]float32
	score [lags]float32
	look  int
	best  int // the lag that was best of late
	same  int // looks for which it was
	found bool
	heard int // frames with sound that were looked at
}

func (f *finder) reset() { *f = finder{} }

// add looks at one frame of the microphone.
//
//go:norace
func (c *Canceller) findDelay(near *spectrum) (lag int, ok bool) {
	f := &c.finder
	for k := range f.near {
		r, i := near.re[lowBin+k], near.im[lowBin+k]
		f.near[k] += average * (r*r + i*i - f.near[k])
	}
	for l := range f.cross {
		s, x := &f.cross[l], c.far(l)
		xr, xi, nr, ni := x.re[lowBin:lowBin+delayBin], x.im[lowBin:lowBin+delayBin], near.re[lowBin:lowBin+delayBin], near.im[lowBin:lowBin+delayBin]
		for k := range s.re {
			a, b, r, i := xr[k], xi[k], nr[k], ni[k]
			s.re[k] += average * (a*r + b*i - s.re[k])
			s.im[k] += average * (a*i - b*r - s.im[k])
			s.far[k] += average * (a*a + b*b - s.far[k])
		}
	}
	f.heard++
	if f.look++; f.look < lookEach {
		return 0, false
	}
	f.look = 0
	best, sum := 0, float32(0)
	for l := range f.cross {
		s, v := &f.cross[l], float32(0)
		for k := range s.re {
			v += (s.re[k]*s.re[k] + s.im[k]*s.im[k]) / (s.far[k]*f.near[k] + 1e-9)
		}
		f.score[l] = v / delayBin
		sum += f.score[l]
		if f.score[l] > f.score[best] {
			best = l
		}
	}
	mean := sum / lags
	if f.score[best] < 0.12 || f.score[best] < 1.5*mean || f.heard < 2*lookEach {
		f.same = 0
		return 0, false
	}
	if best < f.best-1 || best > f.best+1 {
		f.same = 0
	}
	f.best = best
	f.same++
	need := 4
	if !f.found {
		need = 2
	}
	if f.same < need {
		return 0, false
	}
	f.found = true
	return best, true
}
