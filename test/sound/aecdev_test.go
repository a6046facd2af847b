package sound

import (
	"fmt"
	"os"
	"testing"
	"time"

	"parley/audio/aec"
	"parley/audio/audiotest"
	"parley/test/lab"
)

func line(r audiotest.EchoResult) string {
	return fmt.Sprintf("first %5.1f settled %5.1f; double %5.1f from %.1f, voice %+.2f", r.First, r.Settled, r.Double, r.Before, r.Near)
}

var took time.Duration
var linear, linear2 []float64

func cancel(s *audiotest.EchoScene) []float32 {
	c := aec.New()
	out := append([]float32(nil), s.Mic...)
	lin := append([]float32(nil), s.Mic...)
	for at := 0; at+480 <= len(out); at += 480 {
		c.Far(s.Far[at : at+480])
		c.Cancel(out[at : at+480])
		copy(lin[at:], aec.Debug(c))
	}
	linear = append(linear, audiotest.ERLE(s.Echo[s.Talk-96000:s.Talk], lin[s.Talk-96000:s.Talk], s.Room.Noise))
	// echo left during double talk: subtract voice
	e := make([]float32, len(s.Mic)-s.Talk)
	for i := range e {
		e[i] = lin[s.Talk+i] - s.Voice[s.Talk+i] - s.Hum[s.Talk+i]
	}
	linear2 = append(linear2, audiotest.LevelDBFS(s.Echo[s.Talk:])-audiotest.LevelDBFS(e))
	return append(out[aec.Delay():], make([]float32, aec.Delay())...)
}

func TestDev(t *testing.T) {
	known, _ := lab.Voices(10)
	fresh, _ := lab.Sentences(10, heldOut...)
	full, err := lab.Speech(13)
	if err != nil {
		t.Fatal(err)
	}
	verbose := os.Getenv("V") != ""
	type pair struct{ far, near []float32 }
	sets := []struct {
		name string
		get  func(i int) pair
	}{
		{"synthetic", func(i int) pair { return pair{audiotest.Talk(1, talk+double), audiotest.Talk(2, double)} }},
		{"synthetic2", func(i int) pair {
			return pair{audiotest.Talk(uint64(10+i), talk+double), audiotest.Talk(uint64(20+i), double)}
		}},
	}
	rec := func(v [][]float32) func(i int) pair {
		return func(i int) pair {
			far, near := v[i%len(v)], full[i*second/4:]
			switch i % 3 {
			case 1:
				near = v[(i+3)%len(v)][second:]
			case 2:
				far, near = full, far
			}
			return pair{far[:talk+double], near[:double]}
		}
	}
	sets = append(sets, struct {
		name string
		get  func(i int) pair
	}{"recorded", rec(known)})
	if os.Getenv("HELD") != "" {
		sets = append(sets, struct {
			name string
			get  func(i int) pair
		}{"held", rec(fresh)})
	}
	for _, set := range sets {
		var all []audiotest.EchoResult
		var lins, lins2 float64
		for i, room := range audiotest.EchoRooms {
			p := set.get(i)
			scene := audiotest.NewEchoScene(room, uint64(i), p.far, p.near, talk)
			if os.Getenv("NONEAR") != "" {
				for i := range scene.Mic {
					scene.Mic[i] -= scene.Voice[i] * 0.9999
					scene.Voice[i] *= 0.0001
				}
			}
			start := time.Now()
			linear = linear[:0]
			linear2 = linear2[:0]
			got := scene.Measure(cancel(scene))
			took += time.Since(start)
			if verbose {
				fmt.Printf("  %-12s %s  lin %.1f / %.1f\n", room.Name, line(got), linear[0], linear2[0])
			}
			all = append(all, got)
			lins += linear[0] / 10
			lins2 += linear2[0] / 10
		}
		m := audiotest.MedianEcho(all)
		fmt.Printf("%-11s %s  lin %.1f / %.1f\n", set.name, line(m), lins, lins2)
	}
	fmt.Printf("%.3f ms per frame\n", took.Seconds()*1000/float64(1000*10*len(sets)))
}
