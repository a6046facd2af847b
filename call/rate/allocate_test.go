package rate

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestShare(t *testing.T) {
	screen, camera := Want{150_000, 500_000, 2_500_000}, Want{100_000, 250_000, 2_500_000}
	for _, k := range []struct {
		name           string
		target         int
		screen, camera Want
		want           Shares
	}{
		{"sound alone", 300_000, Want{}, Want{}, Shares{Audio: 90_000}},
		{"sound first", 60_000, screen, camera, Shares{Audio: 90_000}},
		{"no room for pictures", 180_000, Want{}, camera, Shares{Audio: 90_000}},
		{"the camera", 300_000, Want{}, camera, Shares{90_000, 0, 210_000}},
		{"the screen before the camera", 500_000, screen, camera, Shares{90_000, 410_000, 0}},
		{"a small camera rests", 680_000, screen, camera, Shares{90_000, 590_000, 0}},
		{"both", 740_000, screen, camera, Shares{90_000, 500_000, 150_000}},
		{"the rest for the screen", 1_840_000, screen, camera, Shares{90_000, 1_500_000, 250_000}},
		{"all that there is use for", 9_000_000, screen, camera, Shares{90_000, 2_500_000, 2_500_000}},
		{"nothing", -5, screen, camera, Shares{Audio: 90_000}},
		{"wants in no order", 1_000_000, Want{math.MaxInt, -1, 100_000}, Want{5, 4, -3}, Shares{90_000, 100_000, 0}},
	} {
		var a Allocator
		if got := a.Share(0, k.target, 90_000, k.screen, k.camera); got != k.want {
			t.Errorf("%s: %+v, not %+v", k.name, got, k.want)
		}
	}
}

// A camera that rests goes on when there has been room for it for two seconds.
func TestShareRests(t *testing.T) {
	var a Allocator
	camera := Want{100_000, 250_000, 2_500_000}
	for _, k := range []struct {
		at     time.Duration
		target int
		on     bool
	}{
		{0, 300_000, true}, {1, 180_000, false}, {2, 195_000, false}, {60, 205_000, false},
		{61, 300_000, false}, {62, 180_000, false}, {63, 300_000, false}, {64, 300_000, false}, {65, 300_000, true}, {66, 191_000, true},
	} {
		if got := a.Share(k.at*time.Second, k.target, 90_000, Want{}, camera); got.Camera > 0 != k.on || got.Audio != 90_000 {
			t.Errorf("second %d: %+v", k.at, got)
		}
	}
	a.Share(67*time.Second, 100_000, 90_000, Want{}, camera)
	a.Share(68*time.Second, 100_000, 90_000, Want{}, Want{})
	if got := a.Share(69*time.Second, 300_000, 90_000, Want{}, camera); got.Camera == 0 {
		t.Error("one that is switched on anew has to wait")
	}
}

// Whatever is wanted, no more is given than there is, and sound has all of its own.
func TestShareBounds(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 9))
	any := func() int { return dice.IntN(6_000_000) - 1_000_000 }
	var a Allocator
	for i := range 20_000 {
		target, audio := any(), any()/20
		s, c := Want{any(), any(), any()}, Want{any(), any(), any()}
		got := a.Share(time.Duration(i)*100*ms, target, audio, s, c)
		if got.Audio != max(audio, 0) || got.Screen < 0 || got.Camera < 0 ||
			got.Screen+got.Camera > max(target-got.Audio, 0) || got.Screen > max(s.Most, 0) || got.Camera > max(c.Most, 0) {
			t.Fatalf("%d for %d, %+v, %+v: %+v", target, audio, s, c, got)
		}
	}
}

func TestCoded(t *testing.T) {
	for _, k := range []struct {
		want   int
		shares []int
	}{{2_500_000, nil}, {400_000, []int{900_000, 400_000}}, {150_000, []int{900_000, 80_000}}, {900_000, []int{0, 900_000}}, {2_500_000, []int{9_000_000}}} {
		if got := Coded(150_000, 2_500_000, k.shares...); got != k.want {
			t.Errorf("%v: %d, not %d", k.shares, got, k.want)
		}
	}
}

func TestLayers(t *testing.T) {
	for _, k := range []struct{ share, had, want int }{
		{1000, 0, 3}, {1000, 3, 3}, {960, 3, 3}, {940, 3, 2}, {960, 2, 2}, {700, 3, 2}, {720, 0, 2}, {700, 0, 1}, {630, 2, 2}, {600, 2, 1},
		{500, 0, 1}, {480, 0, 0}, {440, 1, 1}, {400, 1, 0}, {0, 3, 0}, {5000, 0, 3},
	} {
		if got := Layers(1000, k.share, k.had); got != k.want {
			t.Errorf("%d with %d: %d, not %d", k.share, k.had, got, k.want)
		}
	}
}
