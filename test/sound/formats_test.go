package sound_test

import (
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"parley/audio"
	"parley/audio/device"
)

// TestFormats: whatever a loudspeaker and a microphone are like, we give and get 48 kHz mono, as loud as it was.
func TestFormats(t *testing.T) {
	p, b := begin(t)
	d, err := device.NewBackend(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	for i, f := range []struct{ rate, channels int }{{8000, 1}, {16000, 8}, {44100, 2}, {48000, 6}, {96000, 1}, {96000, 8}, {192000, 4}} {
		sink := fmt.Sprint("spk_", i)
		if _, err := p.Load(t.Context(), "module-null-sink", "sink_name="+sink, "norewinds=1",
			fmt.Sprint("rate=", f.rate), fmt.Sprint("channels=", f.channels)); err != nil {
			t.Fatal(err)
		}
		for _, backend := range []audio.Backend{b, d} {
			what := fmt.Sprintf("%T, %d Hz, %d channels", backend, f.rate, f.channels)
			tone := newDetector(earTone)
			var calls, most atomic.Int64
			play := generator(earTone, loudTone)
			out := open(t, backend, audio.Request{Kind: audio.Output, ID: sink, Period: 5 * time.Millisecond}, func(buf []float32) {
				calls.Add(1)
				most.Store(max(most.Load(), int64(len(buf))))
				play(buf)
			})
			in := open(t, backend, audio.Request{Kind: audio.Input, ID: sink + ".monitor", Period: 5 * time.Millisecond}, tone.hear)
			await(t, what, 10*time.Second, func() bool { return tone.pieces.Load() >= 10 })
			in.Close()
			out.Close()
			if level := 20 * math.Log10(math.Float64frombits(tone.peak.Load())); tone.nonsense.Load() != 0 || level < -9 || level > -1 {
				t.Errorf("%s: %.1f dBFS, played at -6; %d samples are no numbers", what, level, tone.nonsense.Load())
			}
			t.Logf("%s: up to %d samples in %d calls; says %v and %v", what, most.Load(), calls.Load(), out.Latency(), in.Latency())
		}
	}
}

// TestPeriods: a short period is what the server gives, and it makes the way from callback to callback short.
func TestPeriods(t *testing.T) {
	_, b := begin(t)
	var before time.Duration
	for _, period := range []time.Duration{5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond} {
		var asked, sent atomic.Int64 // Unix nanoseconds; 0: no click is on its way
		var wanted atomic.Bool
		out := open(t, b, audio.Request{Kind: audio.Output, ID: "inj_a", Period: period}, func(buf []float32) {
			clear(buf)
			asked.Store(max(asked.Load(), int64(len(buf))))
			if wanted.CompareAndSwap(true, false) {
				buf[0] = 0.9
				sent.Store(time.Now().UnixNano())
			}
		})
		came := make(chan time.Duration, 100)
		in := open(t, b, audio.Request{Kind: audio.Input, ID: "mic_a", Period: period}, func(buf []float32) {
			for _, v := range buf {
				if v > 0.3 {
					if at := sent.Swap(0); at != 0 {
						came <- time.Duration(time.Now().UnixNano() - at)
					}
				}
			}
		})
		const clicks = 40
		var all []time.Duration
		for n := range clicks {
			time.Sleep(time.Duration(17+n%7) * time.Millisecond) // in every phase of a period
			wanted.Store(true)
			select {
			case d := <-came:
				all = append(all, d)
			case <-time.After(5 * time.Second):
				t.Fatal("a click is lost")
			}
		}
		slices.Sort(all)
		median := all[clicks/2]
		in.Close()
		out.Close()
		t.Logf("period %v: %v from callback to callback, says %v and %v, pieces of up to %d", period, median, out.Latency(), in.Latency(), asked.Load())
		if n := time.Duration(asked.Load()) * time.Second / audio.SampleRate; n > period {
			t.Errorf("period %v: asked for %v at once", period, n)
		}
		if median <= before {
			t.Errorf("period %v takes %v, a shorter one %v", period, median, before)
		}
		before = median
	}
}
