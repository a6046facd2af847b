package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/bench/internal/measure"
	"parley/test/lab"
)

// TestJudge: of a canceller that takes off 30 dB, delays by 10 ms and makes the voice 2 dB softer, that is said.
func TestJudge(t *testing.T) {
	h, err := scene{name: "office", delay: 20 * time.Millisecond, rt60: 200 * time.Millisecond, gain: -6, noise: -90}.play(0, 5)
	if err != nil {
		t.Fatal(err)
	}
	if got := audiotest.SISDR(h.voice[h.alone:], h.mic[h.alone:]); math.Abs(got-3) > 0.7 {
		t.Errorf("the voice is %.1f dB above the echo, want 3", got)
	}
	const late = 480
	out := make([]float32, len(h.mic))
	for i := late; i < len(out); i++ {
		out[i] = 0.0316*h.echo[i-late] + 0.794*h.voice[i-late]
	}
	q := h.judge(out, 0.2)
	for name, c := range map[string][2]float64{
		"first": {q.First, 30}, "settled": {q.Settled, 30}, "near": {q.Near, -2}, "talk": {q.Talk, 31}, "delay": {q.DelayedMS, 10}, "time": {q.FrameMS, 0.2},
	} {
		if math.Abs(c[0]-c[1]) > 0.7 {
			t.Errorf("%s: %.2f, want %.2f", name, c[0], c[1])
		}
	}
}

// TestJudgeRoom makes the recording of a program that takes off 20 dB and brings the voice up by 6.
func TestJudgeRoom(t *testing.T) {
	const seconds, delay = 6, second / 10
	far, err := lab.Speech(seconds + both)
	if err != nil {
		t.Fatal(err)
	}
	voices, err := lab.Voices(both + alone)
	if err != nil {
		t.Fatal(err)
	}
	mouth := append(make([]float32, seconds*second), voices[4][:both*second]...)
	mouth = append(append(mouth, make([]float32, between*second)...), voices[4][both*second:]...)
	channels := make([][]float32, 4)
	for i := range channels {
		channels[i] = make([]float32, len(mouth)+2*second)
	}
	copy(channels[lab.Mouth(1)][second/4:], far)
	for i, v := range far { // to a's loudspeaker, its microphone, and back
		channels[lab.Ear(0)][second/4+i+delay] = v
		channels[lab.Mouth(0)][second/4+i+2*delay] = 0.5 * v
		channels[lab.Ear(1)][second/4+i+3*delay] = 0.05 * v
	}
	for i, v := range mouth {
		channels[lab.Mouth(0)][second/4+i] += v
		channels[lab.Ear(1)][second/4+i+delay] += 2 * v
	}
	r := judgeRoom(channels, far, mouth, seconds)
	for name, c := range map[string][2]float64{
		"first": {r.First, 20}, "settled": {r.Settled, 20}, "loud": {r.Loud - audiotest.LevelDBFS(voices[4][(both+2)*second:]), 6}, "voice": {r.Voice, 100},
	} {
		if math.Abs(c[0]-c[1]) > 2 {
			t.Errorf("%s: %.1f, want %.1f", name, c[0], c[1])
		}
	}
	if r.Talk-r.TalkIn < 20 {
		t.Errorf("double talk: %.1f dB from %.1f", r.Talk, r.TalkIn)
	}
}

// TestReport runs what needs no sound card: every figure is there, with its limit, and the time's limits hold.
func TestReport(t *testing.T) {
	var report bytes.Buffer
	b := &bench{seconds: 5, only: "sending", out: json.NewEncoder(&report)}
	if err := b.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	b.medians(canceller{name: "parley", ours: true}, []quality{{First: 26, Settled: 39, Talk: 13, Near: -0.5, FrameMS: 0.2}})
	b.medians(canceller{name: "speexdsp"}, []quality{{}})
	text := report.String()
	held, err := measure.Held(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"sending, allocations a frame":                   true,
		"canceller, parley, echo lower in the first 2 s": true,
		"canceller, parley, echo lower when settled":     false,
		"canceller, parley, voice in double talk":        true,
		"canceller, parley, voice louder or softer":      true,
		"canceller, parley, a frame of 10 ms":            true,
	} {
		if got, ok := held[name]; !ok || got != want {
			t.Errorf("%s: within its limit: %v (there: %v), want %v", name, got, ok, want)
		}
	}
	if _, ok := held["sending, a frame of 10 ms"]; !ok || strings.Contains(text, "error") {
		t.Errorf("the report:\n%s", text)
	}
	if _, ok := held["canceller, speexdsp, voice in double talk"]; ok {
		t.Error("others have no limits")
	}
}
