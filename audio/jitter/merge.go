package jitter

// Merger joins sound to what was played before it and does not lead up to it: concealment whose pitch has run away, or sound
// before a part that was left out. As in NetEQ's Merge, the past is continued by its last period, the place is searched where
// both look alike, and there one is faded into the other. It is used by one goroutine at a time and allocates nothing. The zero
// value is ready.
type Merger struct {
	more [maxLag + overlap]float32 // what the past would go on with
}

const (
	overlap = 240        // 5 ms
	Past    = 2 * maxLag // samples that Merge looks back: two of the longest periods
	follows = 0.5        // correlation from which sound need not be moved: the codec has joined it
	rough   = 4          // step of the first search, in samples
)

// MergeMost is how many samples Merge inserts at the most.
const MergeMost = maxLag

// Merge writes in, so that it goes on from past, to out and returns how many samples that are: some of the past's last period may
// be inserted, or at most so many samples of in left out. past has Past samples; out has room for len(in) + MergeMost and
// overlaps neither.
func (m *Merger) Merge(past, in, out []float32, most int) int {
	if len(in) < overlap || len(past) < Past {
		return copy(out, in)
	}
	period := lastPeriod(past[len(past)-Past:])
	more := m.more[:period+overlap]
	n := copy(more, past[len(past)-period:])
	// What is not quite periodic would begin with a step.
	for i, d := 0, past[len(past)-1]-past[len(past)-1-period]; i < minLag; i++ {
		more[i] += d * (1 - float32(i)/minLag)
	}
	for i := n; i < len(more); i++ { // copy would take what is not yet written where the period is shorter than overlap
		more[i] = more[i-n]
	}
	insert := 0
	if correlation(more[:overlap], in[:overlap]) < follows {
		var alike float64
		insert, alike = place(in[:overlap], more, period)
		if remove, better := place(more[:overlap], in, max(min(most, len(in)-overlap), 0)); better >= alike {
			in, insert = in[remove:], 0
		}
	}
	n = copy(out, more[:insert])
	fade(out[n:n+overlap], more[insert:insert+overlap], in[:overlap])
	n += overlap
	return n + copy(out[n:], in[overlap:])
}

// lastPeriod is the distance at which the end of x is most like what was before it.
func lastPeriod(x []float32) (period int) {
	end := len(x)
	look := func(from, to, step int) (at int) {
		at, most := from, -1.0
		for n := from; n <= to; n += step {
			if l := sparse(x[end-2*n:end-n], x[end-n:], step); l > most {
				at, most = n, l
			}
		}
		return at
	}
	guess := look(minLag, maxLag, rough)
	return look(max(guess-rough, minLag), min(guess+rough, maxLag), 1)
}

// place is where in x, from 0 to last, the pattern fits best, and how well.
func place(pattern, x []float32, last int) (at int, likeness float64) {
	look := func(from, to, step int) {
		likeness = -1
		for n := from; n <= to; n += step {
			if l := sparse(pattern, x[n:n+len(pattern)], step); l > likeness {
				at, likeness = n, l
			}
		}
	}
	look(0, last, rough)
	look(max(at-rough, 0), min(at+rough, last), 1)
	return at, likeness
}

// sparse is the correlation of each so manieth sample.
func sparse(a, b []float32, step int) float64 {
	var ab, aa, bb float32
	for i := 0; i < len(a); i += step {
		v, w := a[i], b[i]
		ab += v * w
		aa += v * v
		bb += w * w
	}
	return normal(ab, aa, bb)
}
