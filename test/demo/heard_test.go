package main

import (
	"strings"
	"testing"

	"parley/audio/audiotest"
	"parley/test/lab"
)

// TestHeard: a path of 50 ms is good; silence, another voice, and a hole of half a second are told.
func TestHeard(t *testing.T) {
	const late = lab.SampleRate / 20
	mouth := audiotest.Vowels(1, 6*lab.SampleRate)
	through := append(make([]float32, late), mouth[:len(mouth)-late]...)
	good := compare(mouth, through)
	if err := good.heard(); err != nil || good.gaps != 0 || good.delay < 49.9 || good.delay > 50.1 {
		t.Errorf("%v: %v", good, err)
	}
	if got := good.String(); !strings.HasPrefix(got, "heard: level -2") || !strings.HasSuffix(got, "delay 50 ms, gaps 0") {
		t.Errorf("%q", got)
	}
	for what, ear := range map[string][]float32{
		"silence": make([]float32, len(mouth)), "another voice": audiotest.Vowels(2, len(mouth)), "noise": audiotest.PinkNoise(1, len(mouth)),
	} {
		if m := compare(mouth, ear); m.heard() == nil {
			t.Errorf("%s passes for what was said: %v", what, m)
		}
	}
	holed := append([]float32(nil), through...)
	clear(holed[2*lab.SampleRate : 5*lab.SampleRate/2])
	if m := compare(mouth, holed); m.gaps == 0 {
		t.Errorf("a hole: %v", m)
	}
}
