package test

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/test/lab"
)

// living is the room of the echo's tests: an echo that comes back with half the amplitude.
func living(seed uint64) []float32 {
	response := audiotest.Room(seed, 20*time.Millisecond, 300*time.Millisecond)
	for i := range response {
		response[i] *= 0.5
	}
	return response
}

// room puts a person's loudspeaker and microphone into one.
func (w *world) room(i int, response []float32) {
	w.Helper()
	r, err := w.pulse.Room(w.within(20*time.Second), i, response)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { r.Close() })
}

// TestEchoSelfTest runs three of them side by side: with a canceller in a room, without one in such a room, and with headphones.
func TestEchoSelfTest(t *testing.T) {
	w := newWorld(t, 3, nil)
	w.room(0, living(1))
	w.room(1, living(1))
	type result struct {
		Event, Command, Code, Text string
		Left                       float64 `json:"left_db"`
		Echo                       float64 `json:"echo_dbfs"`
		Delay                      float64 `json:"delay_ms"`
		status                     int
	}
	test := func(i int, args ...string) chan result {
		letter, done := lab.Letter(i), make(chan result, 1)
		c := lab.Command{Env: append(w.pulse.Env(), "HOME="+w.dir)}
		c.Args = append([]string{"check", "--echo", "--home", filepath.Join(w.dir, letter), "--mic", "mic_" + letter, "--speaker", "spk_" + letter}, args...)
		ctx := w.within(time.Minute)
		go func() {
			out, status, err := w.programs.Run(ctx, "parleyctl", c)
			r := result{status: status}
			if err == nil {
				err = json.Unmarshal([]byte(out), &r)
			}
			if err != nil {
				r.Text = err.Error() + ": " + out
			}
			done <- r
		}()
		return done
	}
	on, off, none := test(0, "--aec=on"), test(1, "--aec=off"), test(2, "--aec=on")
	if r := <-on; r.Event != "done" || r.Command != "check" || !(r.Left >= 25) || r.Echo < -30 || r.Echo > -15 || r.Delay < 20 || r.Delay > 400 {
		t.Errorf("cancelled: %+v", r)
	} else {
		t.Logf("cancelled: %+v", r)
	}
	if r := <-off; r.Event != "done" || r.Left < -1 || r.Left > 1 || r.Echo < -30 || r.Echo > -15 || r.Delay != 0 {
		t.Errorf("not cancelled: %+v", r)
	}
	const words = "The microphone does not hear the speakers: headphones? Then there is no echo to take away."
	if r := <-none; r.Event != "error" || r.Code != "sound" || r.Text != words || r.status != 4 {
		t.Errorf("headphones: %+v", r)
	}
}
