package agc_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"parley/audio/agc"
	"parley/audio/audiotest"
)

// limit runs x through a new Limiter in frames of the given length, the last one shorter.
func limit(x []float32, channels, size int) []float32 {
	l := agc.NewLimiter(channels)
	out := append([]float32(nil), x...)
	for at := 0; at < len(out); at += size {
		l.Process(out[at:min(at+size, len(out))])
	}
	return out
}

// hostile is sound that no limiter likes, a different one for each seed.
func hostile(seed uint64, n int) []float32 {
	rnd := rand.New(rand.NewPCG(seed, 3))
	x := make([]float32, n)
	scale := math.Pow(10, rnd.Float64()*3-1) // -20 to 40 dBFS
	period := 1 + rnd.IntN(2000)
	for i := range x {
		switch seed % 8 {
		case 0: // every float there is
			x[i] = math.Float32frombits(rnd.Uint32())
		case 1: // square
			x[i] = float32(scale * (1 - 2*float64(i/period%2)))
		case 2: // clicks
			if rnd.IntN(period) == 0 {
				x[i] = float32(rnd.NormFloat64() * scale)
			}
		case 3: // DC that comes and goes
			if i/period%3 == 0 {
				x[i] = float32(scale)
			}
		case 4: // noise that swells
			x[i] = float32(rnd.NormFloat64() * scale * float64(i%period) / float64(period))
		case 5: // a tone that bursts
			x[i] = float32(scale * math.Sin(float64(i)*float64(period)/3000) * float64(i/(4*period)%2))
		case 6: // just above the ceiling
			x[i] = agc.Ceiling * float32(1+1e-3*rnd.NormFloat64())
		case 7: // not numbers among sound
			x[i] = float32(scale * rnd.NormFloat64())
			if rnd.IntN(50) == 0 {
				x[i] = float32([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}[rnd.IntN(3)])
			}
		}
	}
	return x
}

// TestLimiterNeverExceeds: nothing comes out above the ceiling, whatever goes in and however it is cut, one channel or two.
func TestLimiterNeverExceeds(t *testing.T) {
	for seed := range uint64(64) {
		x := hostile(seed, rate/2)
		size := []int{480, 960, 34, 2, 466}[seed%5]
		for channels := 1; channels <= 2; channels++ {
			for i, v := range limit(x, channels, size) {
				if !(v >= -agc.Ceiling && v <= agc.Ceiling) {
					t.Fatalf("seed %d, %d channels: sample %d is %v", seed, channels, i, v)
				}
			}
		}
	}
}

// TestLimiterGainHolds: it is the gain that keeps the ceiling, not the clipping of single samples: a square wave comes out square,
// at the ceiling, and no two samples that were different and of one gain become the same.
func TestLimiterGainHolds(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 4))
		x := make([]float32, rate/2)
		for i := range x {
			x[i] = float32(rnd.NormFloat64() * 0.7)
		}
		at := 0
		for i, v := range limit(x, 1, 480) {
			if v == agc.Ceiling || v == -agc.Ceiling {
				at++
			} else if i >= agc.Delay && math.Abs(float64(x[i-agc.Delay])) > 2.5 && math.Abs(float64(v)) < 0.3 {
				t.Errorf("seed %d: sample %d of %v came out as %v: far too quiet", seed, i, x[i-agc.Delay], v)
			}
		}
		if at > 60 { // peaks that land exactly; clipping would make thousands
			t.Errorf("seed %d: %d samples exactly at the ceiling", seed, at)
		}
	}
	square := make([]float32, rate)
	for i := range square {
		square[i] = float32(1 - 2*(i/100%2))
	}
	for i, v := range limit(square, 1, 480)[rate/2:] {
		if math.Abs(float64(v)) < 0.999*float64(agc.Ceiling) {
			t.Fatalf("sample %d of a square wave is %v", i, v)
		}
	}
}

// TestLimiterIsTransparent: what is below the ceiling comes out as it was, bit for bit, Delay samples late, in frames of any length.
func TestLimiterIsTransparent(t *testing.T) {
	x := hostile(4, rate)
	for i, v := range x {
		x[i] = max(min(v, agc.Ceiling), -agc.Ceiling)
	}
	for channels := 1; channels <= 2; channels++ {
		for _, size := range []int{2, 34, 480, 960, 4000} {
			out := limit(x, channels, size)
			for i := range len(x) - channels*agc.Delay {
				if out[i+channels*agc.Delay] != x[i] {
					t.Fatalf("%d channels, frames of %d: sample %d: %v became %v", channels, size, i, x[i], out[i+channels*agc.Delay])
				}
			}
		}
	}
	// Cut differently, loud sound comes out the same, too.
	loud := hostile(5, rate)
	a, b := limit(loud, 1, 480), limit(loud, 1, 77)
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("sample %d depends on the frames", i)
		}
	}
}

// TestLimiterLinks: both channels get the same gain, so that nothing moves from side to side, and mono in both is the mono Limiter.
func TestLimiterLinks(t *testing.T) {
	left := audiotest.Tone(300, 3, rate/2)
	both, same := make([]float32, rate), make([]float32, rate)
	for i, v := range left {
		both[2*i], both[2*i+1] = v, v/8
		same[2*i], same[2*i+1] = v, v
	}
	out, mono, stereo := limit(both, 2, 960), limit(left, 1, 480), limit(same, 2, 960)
	for i := range left {
		if math.Abs(float64(out[2*i]-8*out[2*i+1])) > 1e-5 {
			t.Fatalf("pair %d: %v and %v", i, out[2*i], out[2*i+1])
		}
		if stereo[2*i] != mono[i] || stereo[2*i+1] != mono[i] {
			t.Fatalf("pair %d: %v and %v, mono %v", i, stereo[2*i], stereo[2*i+1], mono[i])
		}
	}
	odd := []float32{1, 1, 1}
	if agc.NewLimiter(2).Process(odd); odd[2] != 0 {
		t.Errorf("half a pair: %v", odd)
	}
}

// secondDifference is the greatest second difference of x: a step in the gain shows there, high above that of a tone.
func secondDifference(x []float32) (most float64) {
	for i := 2; i < len(x); i++ {
		most = max(most, math.Abs(float64(x[i]-2*x[i-1]+x[i-2])))
	}
	return most
}

// TestLimiterDoesNotClick: tones that become too loud and stop being so have no corner in them that the ones before the limiter hadn't, and
// little of what is not the tone.
func TestLimiterDoesNotClick(t *testing.T) {
	for _, hz := range []float64{100, 440, 3000} {
		for _, db := range []float64{3, 9, 20} {
			t.Run(fmt.Sprint(hz, db), func(t *testing.T) {
				x := audiotest.Tone(hz, 0.5, 2*rate)
				up := float32(math.Pow(10, db/20))
				for i := rate / 2; i < rate; i++ {
					x[i] *= 1 + (up-1)*float32(min(1, float64(min(i-rate/2, rate-i))/480)) // itself without a click
				}
				out := limit(x, 1, 480)
				sound := out[agc.Delay:] // it begins there
				if before, after := secondDifference(x), secondDifference(sound); after > before+0.004 {
					t.Errorf("second difference %.4f after %.4f", after, before)
				}
				if at := audiotest.Clicks(x, out, agc.Delay); len(at) != 0 {
					t.Errorf("clicks at %v", at)
				}
				// The gain's own corners, against those of the tone at the ceiling.
				if after, tone := secondDifference(sound), secondDifference(audiotest.Tone(hz, float64(agc.Ceiling), rate)); after > 1.5*tone+0.01 {
					t.Errorf("second difference %.4f, the tone's %.4f", after, tone)
				}
				steady := out[rate*3/4 : rate*3/4+rate/5] // whole periods
				if r := audiotest.SISDR(x[rate*3/4-agc.Delay:][:len(steady)], steady); r < 50 {
					t.Errorf("the loud tone is distorted: %.1f dB", r)
				}
				if p := audiotest.LevelDBFS(steady); math.Abs(p-(20*math.Log10(min(float64(agc.Ceiling), 0.5*float64(up)))-3.01)) > 0.3 {
					t.Errorf("the loud tone is at %.2f dBFS", p)
				}
				end := len(x) - rate/10
				for i := end; i < len(x)-agc.Delay; i++ {
					if math.Abs(float64(out[i+agc.Delay]-x[i])) > 1e-3 {
						t.Fatalf("0.9 s later sample %d is %v, not %v", i, out[i+agc.Delay], x[i])
					}
				}
			})
		}
	}
}

// TestLimiterKeepsSpeechWhole: a voice whose peaks are up to 14 dB above full scale gets no click that it hadn't.
func TestLimiterKeepsSpeechWhole(t *testing.T) {
	for _, dbfs := range []float64{-14, -6, 2} {
		x, _ := talker(3, dbfs, 2*rate)
		out := limit(x, 1, 480)
		if at := audiotest.Clicks(x, out, agc.Delay); len(at) != 0 {
			t.Errorf("%.0f dBFS: clicks at %v", dbfs, at)
		}
		clipped := append([]float32(nil), x...)
		for i, v := range clipped {
			clipped[i] = max(min(v, agc.Ceiling), -agc.Ceiling)
		}
		soft, hard := audiotest.SISDR(x[:len(x)-agc.Delay], out[agc.Delay:]), audiotest.SISDR(x, clipped)
		t.Logf("%.0f dBFS: %.1f dB, clipped %.1f dB", dbfs, soft, hard)
		if dbfs > -10 && soft < hard {
			t.Errorf("%.0f dBFS: %.1f dB, less than clipping's %.1f dB", dbfs, soft, hard)
		}
	}
}

// TestLimiterForgets: a wild sample is over within half a second, and Reset forgets at once.
func TestLimiterForgets(t *testing.T) {
	x := audiotest.Tone(440, 0.5, rate)
	x[1000] = 1e30
	if out := limit(x, 1, 480); audiotest.LevelDBFS(out[rate/2:rate/2+4800]) < -9.2 {
		t.Errorf("half a second later: %.2f dBFS", audiotest.LevelDBFS(out[rate/2:rate/2+4800]))
	}
	l := agc.NewLimiter(2)
	l.Process([]float32{30, -30, 5, 5})
	l.Reset()
	quiet := make([]float32, 4*agc.Delay)
	quiet[0], quiet[1] = 0.5, -0.5
	l.Process(quiet)
	for i, v := range quiet {
		if want := map[int]float32{2 * agc.Delay: 0.5, 2*agc.Delay + 1: -0.5}[i]; v != want {
			t.Fatalf("sample %d after Reset: %v", i, v)
		}
	}
}

// FuzzAll: no bytes, read as sound, make anything panic, exceed the ceiling, or come out as no number.
func FuzzAll(f *testing.F) {
	f.Add([]byte{0, 0, 192, 127, 0, 0, 128, 127, 1, 2, 3, 4}, float32(1))
	f.Add([]byte{}, float32(-1))
	f.Fuzz(func(t *testing.T, b []byte, voice float32) {
		x := make([]float32, len(b)/4)
		for i := range x {
			x[i] = math.Float32frombits(uint32(b[4*i]) | uint32(b[4*i+1])<<8 | uint32(b[4*i+2])<<16 | uint32(b[4*i+3])<<24)
		}
		var c agc.Control
		var v agc.Leveller
		one, two := agc.NewLimiter(1), agc.NewLimiter(2)
		for range 3 {
			for at := 0; at < len(x); at += 100 {
				y := append([]float32(nil), x[at:min(at+100, len(x))]...)
				c.Process(y, voice)
				v.Process(y)
				one.Process(y)
				two.Process(y)
				for i, v := range y {
					if !(v >= -agc.Ceiling && v <= agc.Ceiling) {
						t.Fatalf("sample %d is %v", i, v)
					}
				}
			}
		}
		if g := c.Gain(); !(g >= agc.MinGain && g <= agc.MaxGain) {
			t.Errorf("gain %v", g)
		}
		if g := v.Gain(); !(g >= -agc.Most && g <= agc.Most) {
			t.Errorf("leveller's gain %v", g)
		}
	})
}

func TestNoAllocation(t *testing.T) {
	x, _ := talker(1, -10, rate)
	var c agc.Control
	var v agc.Leveller
	one, two := agc.NewLimiter(1), agc.NewLimiter(2)
	f := make([]float32, frame)
	i := 0
	if n := testing.AllocsPerRun(90, func() {
		copy(f, x[i*frame:])
		i++
		c.Process(f, 1)
		v.Process(f)
		one.Process(f)
		two.Process(f)
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func bench(b *testing.B, n int, do func(f []float32)) {
	x, _ := talker(1, -10, rate)
	f, i := make([]float32, n), 0
	b.ReportAllocs()
	for b.Loop() {
		copy(f, x[i:])
		i = (i + n) % (len(x) - n)
		do(f)
	}
}

func BenchmarkControl(b *testing.B) {
	var c agc.Control
	bench(b, frame, func(f []float32) { c.Process(f, 1) })
}

func BenchmarkLeveller(b *testing.B) {
	var l agc.Leveller
	bench(b, frame, l.Process)
}

func BenchmarkLimiter(b *testing.B) { bench(b, frame, agc.NewLimiter(1).Process) }

func BenchmarkLimiterStereo(b *testing.B) { bench(b, 2*frame, agc.NewLimiter(2).Process) }
