package test

import (
	"math"
	"os/exec"
	"testing"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
)

// TestPulseStereo: left and right of a loudspeaker are left and right of a microphone that hears it.
func TestPulseStereo(t *testing.T) {
	soundServer(t)
	noLeaks(t)
	if out, err := exec.CommandContext(t.Context(), "pactl", "load-module", "module-null-sink", "sink_name=two", "channels=2", "norewinds=1").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b := pulseBackend(t)
	var heard [2][]float32
	full := make(chan struct{})
	mic, _ := openPulse(t, b, audio.Request{Kind: audio.Input, ID: "two.monitor", Channels: 2}, func(buf []float32) {
		if len(heard[0]) >= 3*second {
			return
		}
		for i := 0; i+1 < len(buf); i += 2 {
			heard[0], heard[1] = append(heard[0], buf[i]), append(heard[1], buf[i+1])
		}
		if len(heard[0]) >= 3*second {
			close(full)
		}
	})
	at := 0
	speaker, _ := openPulse(t, b, audio.Request{Kind: audio.Output, ID: "two", Channels: 2}, func(buf []float32) {
		for i := 0; i+1 < len(buf); i += 2 {
			x := 2 * math.Pi * float64(at) / second
			buf[i], buf[i+1] = float32(0.25*math.Sin(440*x)), float32(0.25*math.Sin(660*x))
			at++
		}
	})
	select {
	case <-full:
	case <-time.After(30 * time.Second):
		t.Fatal("three seconds of sound don't come")
	}
	if in, out := mic.Latency(), speaker.Latency(); in < 0 || in > time.Second || out <= 0 || out > time.Second {
		t.Errorf("latency %v and %v", in, out)
	}
	mic.Close()
	speaker.Close()
	for i, hz := range []float64{440, 660} {
		own := audiotest.Tone(hz, 0.25, 2*second)
		median, all := audiotest.WindowedSISDR(own, heard[i][second:], second/10, second/100)
		level := audiotest.LevelDBFS(heard[i][2*second:])
		if !(median >= 30) || math.Abs(level-(-15.05)) > 1 {
			t.Errorf("channel %d: SI-SDR %.1f dB in the median of %.1f, %.1f dBFS", i, median, all, level)
		}
	}
}
