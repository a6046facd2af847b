package aec

import "math"

// What is taken for residual echo: of each bin, what the filter may miss by its own reckoning (the variance of its weights,
// as in Enzner and Vary's postfilter), and of each band, by how much more or less than that has been left of late. That
// holds for a loudspeaker that distorts and for a filter that has not learnt yet as well. What goes far beyond it is
// somebody who speaks here. The numbers were found by trial, with synthetic and recorded speech in ten rooms.
const (
	strict  = 3.0  // log of how far the residual echo is overestimated while nobody speaks here
	lenient = -1.8 // and while somebody does: his voice covers what remains
	shut    = 0.005
	ajar    = 0.05
	linger  = 0.85 // of the expected echo a frame later: the tail that is longer than the filter
)

// edges are the bins where the bands begin that are compared as a whole.
var edges = [bands + 1]int{0, 6, 12, 18, 26, 36, 52, 76, 112, 160, 224, 300, bins}

// share is what one band of the microphone and the estimated echo have in common.
type share struct{ mic, echo, cross float32 }

// compare tells for each band how surely there is echo only, as the estimate explains nearly all that the microphone hears.
//
//go:norace
func (s *suppressor) compare() {
	for b := range s.shares {
		var now share
		for k := edges[b]; k < edges[b+1]; k++ {
			yr, yi := s.b.re[k], s.b.im[k]
			dr, di := s.a.re[k]+yr, s.a.im[k]+yi
			now.mic += dr*dr + di*di
			now.echo += yr*yr + yi*yi
			now.cross += dr*yr + di*yi
		}
		sh := &s.shares[b]
		sh.mic += 0.4 * (now.mic - sh.mic)
		sh.echo += 0.4 * (now.echo - sh.echo)
		sh.cross += 0.4 * (now.cross - sh.cross)
		s.only[b] = min(max(5*(0.25-sh.unexplained()), 0), 1)
	}
}

func (s *share) unexplained() float32 {
	if s.cross <= 0 {
		return 1
	}
	return max(1-s.cross*s.cross/(s.mic*s.echo+1e-12), 0)
}

// expect compares what is left with what the filter may miss, and tells where somebody speaks.
//
//go:norace
func (s *suppressor) expect(uncertain *[used]float32) {
	sum := float32(0)
	for b := range s.level {
		var rest, expected, room float32
		for k := edges[b]; k < min(edges[b+1], used); k++ {
			s.expected[k] = max(uncertain[k], linger*s.expected[k])
			rest += s.restPower[k]
			expected += s.expected[k]
			room += s.room[k]
		}
		ratio := log(max(rest-2*room, 0.01*rest)) - log(expected) - s.level[b]
		loud := (ratio - 2.2) / 2
		if expected*exp(s.level[b]) < 2*room { // too little echo to tell anything of it
			ratio, loud = 0, (log(rest)-log(2*room)-1.5)/2
		}
		if loud = min(max(loud, 0), 1); loud > s.speaks[b] {
			s.speaks[b] += 0.7 * (loud - s.speaks[b])
		} else {
			s.speaks[b] += 0.06 * (loud - s.speaks[b])
		}
		if voiced <= b && b < hissing {
			sum += s.speaks[b]
		}
		// Down with what is less than expected; up with what is more as far as it is no voice, but a little always, so that
		// an echo that was taken for a voice is not for ever.
		if ratio > 0 {
			ratio = min(ratio, 1.5) * max(s.only[b], 1-s.talks-0.9*s.speaks[b], 0.03)
		}
		s.level[b] = min(max(s.level[b]+0.03*max(ratio, -5), lowest), highest)
	}
	s.talks = min(max(2*(sum/(hissing-voiced)-0.2), 0), 1)
}

// doubt says that what was taken for a voice is an echo that the filter does not know.
func (s *suppressor) doubt() {
	for b := range s.level {
		s.level[b] = max(s.level[b], 0)
	}
}

func exp(x float32) float32 { return float32(math.Exp(float64(x))) }

// log is that of a power, of which nothing is never less than the least that counts.
func log(x float32) float32 { return float32(math.Log(float64(x) + 1e-9)) }
