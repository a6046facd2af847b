package audiotest

import (
	"math"
	"testing"

	"parley/audio"
)

// TestEchoScene: the microphone as it is is no better than itself, and the voice alone is as good as can be.
func TestEchoScene(t *testing.T) {
	const talk, n = 3 * audio.SampleRate, 4 * audio.SampleRate
	room := EchoRooms[0]
	scene := NewEchoScene(room, 1, Talk(1, n), Talk(2, n), talk)
	got := scene.Measure(scene.Mic)
	if math.Abs(got.First) > 0.1 || math.Abs(got.Settled) > 0.1 || got.Double != got.Before || math.Abs(got.Before-3) > 1 || math.Abs(got.Near) > 2 {
		t.Errorf("nothing done: %v", got)
	}
	if got = scene.Measure(scene.Voice); got.First < 40 || got.Settled != 60 || got.Double < 90 || math.Abs(got.Near) > 0.01 {
		t.Errorf("the voice alone: %v", got)
	}
	room.Moved, room.Drift, room.Distort = true, 100, 1
	if other := room.Echo(1, scene.Far); len(other) != len(scene.Far) || SISDR(scene.Echo, other) > 3 {
		t.Error("moved, drifting and distorted, it is the same room")
	}
	median := MedianEcho([]EchoResult{{First: 1, Near: 3}, {First: 2, Near: 1}, {First: 9, Near: 2}})
	if median.First != 2 || median.Near != 2 {
		t.Errorf("median: %v", median)
	}
}
