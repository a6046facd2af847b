package test

import (
	"testing"

	"parley/audio/audiotest"
	"parley/test/lab"
)

// TestServerDies: the call goes on without a gap while the server is killed and started again, and afterwards the server
// is of use again.
func TestServerDies(t *testing.T) {
	w := newWorld(t, 2, nil)
	a, b := w.couple(plain()...)
	r := w.record()
	said := w.saying(0, w.speech(16*soak()))
	w.hear(r, 3)
	markA, markB := a.Mark(), b.Mark()
	if err := w.server.Kill(); err != nil {
		t.Fatal(err)
	}
	w.await(a, markA, "lost")
	w.await(b, markB, "lost")
	w.hear(r, 2)
	w.serve(lab.Command{})
	w.await(a, markA, "online")
	w.await(b, markB, "online")
	said()
	w.hear(r, 1)
	channels := w.stop(r)
	checkWhole(t, channels[lab.Mouth(0)], channels[lab.Ear(1)])

	markB = b.Mark()
	w.leave(a)
	w.await(b, markB, "peer_left")
	w.leave(b)
}

// TestSpeakerVanishes: b's loudspeaker is pulled out in the middle of a call; b hears on another one, and on its own as soon
// as that is back.
func TestSpeakerVanishes(t *testing.T) {
	w := newWorld(t, 2, nil) // the system's default loudspeaker is spk_a
	a, b := w.couple(plain()...)
	r := w.record()
	said := w.saying(0, w.speech(25))
	w.hear(r, 3)
	w.unplug("spk_b", b, "speaker_fell-back", "spk_a")
	fell := r.Seconds()
	w.hear(r, 3)
	w.plug("spk_b", b, "speaker_returned")
	back := r.Seconds()
	w.hear(r, 4)
	w.leave(a, b)
	channels := w.stop(r)
	said()
	own, other := channels[lab.Ear(1)], channels[lab.Ear(0)]
	audible(t, "its own loudspeaker before", level(own, 1.5, 2.8))
	audible(t, "the other one meanwhile", level(other, fell+1, fell+3))
	audible(t, "its own one afterwards", level(own, back+1, back+4))
	silent(t, "the other one afterwards", level(other, back+1, back+4))
}

// TestMicrophoneVanishes is the same at the other end.
func TestMicrophoneVanishes(t *testing.T) {
	w := newWorld(t, 2, nil)
	if err := w.pulse.SetDefault(t.Context(), "mic_b"); err != nil { // what a falls back to
		t.Fatal(err)
	}
	a, b := w.couple(plain()...)
	w.tell(b, "mute on") // b would say what a hears
	r := w.record()
	said := w.saying(0, w.speech(25))
	w.hear(r, 3)
	w.unplug("mic_a", a, "microphone_fell-back", "mic_b")
	fell := r.Seconds()
	w.hear(r, 3)
	w.plug("mic_a", a, "microphone_returned")
	back := r.Seconds()
	w.hear(r, 4)
	w.leave(a, b)
	ear := w.stop(r)[lab.Ear(1)]
	said()
	audible(t, "a before", level(ear, 1.5, 2.8))
	silent(t, "a's silent spare", level(ear, fell+1, fell+2.5))
	audible(t, "a afterwards", level(ear, back+1, back+4))
}

// TestSpeakerChanges: b takes another loudspeaker in the middle of a call, with a gap under 300 ms.
func TestSpeakerChanges(t *testing.T) {
	w := newWorld(t, 3, nil)
	a, b := w.couple(plain()...)
	r := w.record()
	said := w.saying(0, w.speech(12))
	w.hear(r, 3)
	mark := b.Mark()
	w.tell(b, "speaker spk_c")
	w.awaitCode(b, mark, "device", "speaker_opened", "spk_c")
	w.hear(r, 3)
	w.leave(a, b)
	channels := w.stop(r)
	said()
	heard := make([]float32, len(channels[0])) // wherever it was
	for i := range heard {
		heard[i] = channels[lab.Ear(1)][i] + channels[lab.Ear(2)][i]
	}
	mouth := part(channels[lab.Mouth(0)], 0, r.Seconds()-1.5)
	lag := audiotest.Align(mouth[:2*second], heard, second)
	for _, g := range audiotest.Gaps(mouth, heard, lag) {
		if g.Length.Milliseconds() >= 300 {
			t.Errorf("gap of %v at %v", g.Length, g.At)
		}
	}
	audible(t, "the new one", level(channels[lab.Ear(2)], r.Seconds()-2.5, r.Seconds()-1))
	silent(t, "the old one", level(channels[lab.Ear(1)], r.Seconds()-2.5, r.Seconds()-1))
}

// unplug takes a device away and waits until the client has said that it uses another.
func (w *world) unplug(device string, c *lab.Client, code, instead string) {
	w.Helper()
	mark := c.Mark()
	if err := w.pulse.Unplug(w.Context(), device); err != nil {
		w.Fatal(err)
	}
	w.awaitCode(c, mark, "device", code, instead)
}

// plug brings it back and waits until the client has said so.
func (w *world) plug(device string, c *lab.Client, code string) {
	w.Helper()
	mark := c.Mark()
	if err := w.pulse.Plug(w.Context(), device); err != nil {
		w.Fatal(err)
	}
	w.awaitCode(c, mark, "device", code, device)
}

func audible(t *testing.T, what string, dbfs float64) {
	t.Helper()
	if dbfs < -30 {
		t.Errorf("%s: %.1f dBFS, said at -20", what, dbfs)
	}
}

func silent(t *testing.T, what string, dbfs float64) {
	t.Helper()
	if dbfs > -60 {
		t.Errorf("%s: %.1f dBFS, want silence", what, dbfs)
	}
}
