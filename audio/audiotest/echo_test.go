package audiotest

import (
	"math"
	"testing"
	"time"
)

// TestRoom: the energy is 1, the direct sound comes when it should, and the tail falls by 60 dB in its time.
func TestRoom(t *testing.T) {
	const delay, rt60 = 50 * time.Millisecond, 400 * time.Millisecond
	r := Room(1, delay, rt60)
	near(t, "energy", dot(r, r), 1, 1e-3)
	start := second / 20
	for i, v := range r {
		if i < start && v != 0 || math.Abs(float64(v)) > math.Abs(float64(r[start])) {
			t.Fatalf("sample %d: %v", i, v)
		}
	}
	early, late := r[start+second/20:start+second/10], r[start+second/4:start+second*3/10]
	near(t, "fall in half the time", LevelDBFS(early)-LevelDBFS(late), 30, 1.5)
}

func TestConvolve(t *testing.T) {
	x := PinkNoise(1, second)
	response := make([]float32, 20000)
	response[0], response[19000] = 0.5, -0.25
	for i, v := range Convolve(x, response) {
		want := 0.5 * x[i]
		if i >= 19000 {
			want -= 0.25 * x[i-19000]
		}
		if math.Abs(float64(v-want)) > 1e-5 {
			t.Fatalf("sample %d: %v, want %v", i, v, want)
		}
	}
}

// TestDrifted: a tone heard by a clock that is fast by 300 ppm is lower by as much.
func TestDrifted(t *testing.T) {
	slow := Drifted(Tone(1000, 0.5, second), 300)
	if got := SISDR(Tone(1000/(1+300e-6), 0.5, second)[100:], slow[100:]); got < 50 {
		t.Errorf("%.1f dB", got)
	}
	x := Vowels(1, second/10)
	for i, v := range Drifted(x, 0) {
		if v != x[i] {
			t.Fatalf("sample %d changed without drift", i)
		}
	}
	if got := Drifted(x, -300); len(got) != len(x) {
		t.Errorf("%d samples of %d", len(got), len(x))
	}
}

func TestTalk(t *testing.T) {
	x, y := Talk(1, 4*second), Talk(1, 4*second)
	near(t, "level", LevelDBFS(x), -20, 0.01)
	pauses := 0
	for i, v := range x {
		if v != y[i] {
			t.Fatal("not the same")
		}
		if v == 0 {
			pauses++
		}
	}
	if pauses < second/4 || pauses > 2*second {
		t.Errorf("%d samples of pauses", pauses)
	}
}

func TestEchoMeasures(t *testing.T) {
	echo := PinkNoise(1, 4*second)
	out := append([]float32(nil), echo...)
	for i := range out {
		if i >= second {
			out[i] *= 0.01
		}
	}
	near(t, "ERLE", ERLE(echo[second:], out[second:], -200), 40, 0.1)
	near(t, "ERLE but for the room's noise", ERLE(echo[second:], AtSNR(out[second:], PinkNoise(2, 3*second), 0), -60), 40, 0.3)
	near(t, "convergence", Convergence(echo, out, 30).Seconds(), 1, 0)
	near(t, "none", float64(Convergence(echo, echo, 30)), -1, 0)
	near(t, "gain", NearGain(echo, ToLevel(append([]float32(nil), echo...), -23)), -3, 0.01)
	near(t, "gain of nothing", NearGain(echo, make([]float32, len(echo))), -200, 0)
}

// TestPath: block by block, the same comes out as from all at once.
func TestPath(t *testing.T) {
	x := PinkNoise(1, 40*PathBlock)
	for _, n := range []int{0, 1, 300, PathBlock, 5000} {
		response := PinkNoise(2, n)
		want := make([]float32, len(x))
		if n > 0 {
			want = Convolve(x, response)
		}
		got, p := append([]float32(nil), x...), NewPath(response)
		for at := 0; at < len(got); at += PathBlock {
			p.Process(got[at : at+PathBlock])
		}
		for i := range got {
			if math.Abs(float64(got[i]-want[i])) > 1e-4 {
				t.Fatalf("response of %d: sample %d is %v, want %v", n, i, got[i], want[i])
			}
		}
	}
}
