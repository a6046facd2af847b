package audio

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// What is late is judged by the buffer that a device has, and by what it brings.
func TestValveCountsLateCallbacks(t *testing.T) {
	tests := []struct {
		period time.Duration
		gaps   []time.Duration
		pieces int
		late   uint64
	}{
		{5 * ms, []time.Duration{5 * ms, 9 * ms, 15 * ms, 0, 0}, 240, 0},
		{5 * ms, []time.Duration{16 * ms, 0, 0, 200 * ms}, 240, 2},
		{5 * ms, []time.Duration{16 * ms, 25 * ms}, 480, 0}, // it has a longer period than was asked for
		{20 * ms, []time.Duration{44 * ms, 46 * ms}, 240, 1},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			v := &valve{period: test.period, output: true}
			buf := make([]float32, test.pieces)
			v.call(buf)
			for _, gap := range test.gaps {
				<-time.After(gap)
				v.call(buf)
			}
			if n := v.late.Load(); n != test.late {
				t.Errorf("%v, %v: %d late", test.period, test.gaps, n)
			}
		})
	}
}

// A microphone that gives anything but zeros moves sound; nothing of it is allocated, or passes a closed valve.
func TestValve(t *testing.T) {
	passed := 0
	v := &valve{period: 5 * ms, io: func([]float32) { passed++ }}
	silence, whisper := make([]float32, 240), make([]float32, 240)
	whisper[239] = 1e-7
	v.call(silence)
	if v.sound.Load() {
		t.Error("zeros are sound")
	}
	if n := testing.AllocsPerRun(100, func() { v.call(silence) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	v.call(whisper)
	if !v.sound.Load() || passed != 0 {
		t.Errorf("%v, %d passed", v.sound.Load(), passed)
	}
	v.open.Store(true)
	if n := testing.AllocsPerRun(100, func() { v.call(whisper) }); n != 0 || passed != 101 {
		t.Errorf("%v allocations, %d passed", n, passed)
	}
	v = &valve{output: true}
	silence[0] = float32(math.NaN())
	if v.call(silence); silence[0] != 0 {
		t.Error("a loudspeaker behind a closed valve plays what was in its memory")
	}
}

// The first device's period says how much is to wait for it; a later one's does not undo what was found out.
func TestFillBegins(t *testing.T) {
	for _, test := range []struct {
		periods []time.Duration
		want    int
	}{
		{[]time.Duration{5 * ms}, minFill}, {[]time.Duration{ms}, minFill}, {[]time.Duration{10 * ms}, startFill},
		{[]time.Duration{20 * ms}, startFill}, {[]time.Duration{10 * ms, 5 * ms}, startFill},
	} {
		var f fill
		f.init()
		for _, p := range test.periods {
			f.begin(samples(p))
		}
		if f.target() != test.want {
			t.Errorf("%v: %d", test.periods, f.target())
		}
	}
}
