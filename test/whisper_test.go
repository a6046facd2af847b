package test

import (
	"testing"

	"parley/audio/audiotest"
	"parley/test/lab"
)

// TestWhisper: what a says to everybody b and c hear; what a whispers to b, with no other key down, comes out of b's loudspeaker and of
// no other.
func TestWhisper(t *testing.T) {
	w := newWorld(t, 3, nil)
	var people []*lab.Client
	for i := range 3 {
		people = append(people, w.person(i, "--processing=off", "--mode", "ptt", "--bitrate", "64000"))
	}
	a, b, c := people[0], people[1], people[2]
	for _, p := range people {
		mark := w.await(p, 0, "peer_connected").Next
		w.await(p, mark, "peer_connected")
	}
	w.tell(a, "ptt down")
	w.say(0, w.speech(4)) // the jitter buffers begin long
	r := w.record()
	open := r.Seconds()
	w.say(0, w.speech(8))
	w.hear(r, 0.7)
	w.tell(a, "ptt up")

	mark := b.Mark()
	w.tell(a, "whisper b")
	w.awaitCode(b, mark, "whisper", "on", "")
	w.hear(r, 0.3)
	private := r.Seconds()
	w.say(0, w.speech(8))
	w.hear(r, 0.7)
	w.tell(a, "whisper off")
	w.awaitCode(b, mark, "whisper", "off", "")
	end := r.Seconds()
	if _, err := c.Await(w.within(1), 0, "whisper", nil); err == nil {
		t.Error("c is told of it")
	}
	w.leave(people...)
	channels := w.stop(r)
	mouth, ears := channels[lab.Mouth(0)], [][]float32{channels[lab.Ear(1)], channels[lab.Ear(2)]}
	for i, ear := range ears {
		if got, all := audiotest.WindowedSISDR(part(mouth, open, private), part(ear, open, private), second, second); !(got >= 8) {
			t.Errorf("to everybody: %s hears it at %.1f dB in the median of %.1f, want 8", lab.Letter(i+1), got, all)
		}
	}
	got, all := audiotest.WindowedSISDR(part(mouth, private, end), part(ears[0], private, end), second, second)
	rest := level(ears[1], private, end)
	if !(got >= 8) {
		t.Errorf("whispered: b hears it at %.1f dB in the median of %.1f, want 8", got, all)
	}
	if rest > -80 {
		t.Errorf("whispered: c hears %.1f dBFS", rest)
	}
	t.Logf("whispered: b hears it at %.1f dB, c hears %.1f dBFS", got, rest)
}
