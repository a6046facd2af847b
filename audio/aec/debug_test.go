package aec

import (
	"fmt"
	"math"
	"testing"

	"parley/audio/audiotest"
)

func TestDebug(t *testing.T) {
	far := audiotest.Talk(1, 16*second)
	for i, r := range rooms {
		n := 16 * second
		echo := r.echo(uint64(i), far)
		mic := sum(echo, audiotest.ToLevel(audiotest.PinkNoise(uint64(i)+9, n), r.noise))
		c := New()
		out := append([]float32(nil), mic...)
		var e, m float64
		line, last := "", 0
		for f := 0; f < n/frame; f++ {
			at := f * frame
			c.Far(far[at : at+frame])
			c.Cancel(out[at : at+frame])
			for i, v := range c.rest {
				e += float64(v) * float64(v)
				m += float64(mic[at+i]) * float64(mic[at+i])
			}
			if f == 49 || f == 99 || f == 199 || f == 399 || f == 799 || f == 1599 {
				l := audiotest.LevelDBFS
				from := max(last, at-799*frame)
				line += fmt.Sprintf(" | %.1f %.1f", 10*lg(m/e), l(mic[from:at+frame])-l(out[from:at+frame]))
				last = at + frame
				e, m = 0, 0
			}
		}
		fmt.Printf("%-12s %s ppm %.0f off %d lag %d  %+v\n", r.name, line, c.source.ppm, c.offset, c.finder.best, 0)
	}
}

func lg(x float64) float64 { return math.Log10(x) }
