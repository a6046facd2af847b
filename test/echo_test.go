package test

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/audio/wavdev"
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
		c.Args = append([]string{"check", "--echo", "--home", filepath.Join(w.dir, letter),
			"--mic", "mic_" + letter, "--speaker", "spk_" + letter}, args...)
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
	var on, off, none result
	for try := 1; try <= 3; try++ {
		still := stillness()
		a, b, c := test(0, "--aec=on"), test(1, "--aec=off"), test(2, "--aec=on")
		on, off, none = <-a, <-b, <-c
		// The room's echo comes later by as long as the machine stood still: as if somebody had moved the loudspeaker.
		longest := still()
		if on.Left >= 25 || longest < 20*time.Millisecond {
			break
		}
		t.Logf("the machine stood still for %v, and %.1f dB are taken away: once more", longest, on.Left)
	}
	if r := on; r.Event != "done" || r.Command != "check" || !(r.Left >= 25) ||
		r.Echo < -30 || r.Echo > -15 || r.Delay < 20 || r.Delay > 400 {
		t.Errorf("cancelled: %+v", r)
	} else {
		t.Logf("cancelled: %+v", r)
	}
	if r := off; r.Event != "done" || r.Left < -1 || r.Left > 1 || r.Echo < -30 || r.Echo > -15 || r.Delay != 0 {
		t.Errorf("not cancelled: %+v", r)
	}
	const words = "The microphone does not hear the speakers: headphones? Then there is no echo to take away."
	if r := none; r.Event != "error" || r.Code != "sound" || r.Text != words || r.status != 4 {
		t.Errorf("headphones: %+v", r)
	}
}

// stillness watches whether the machine stands still, until the function it returns is called, which tells for how long at most.
func stillness() func() time.Duration {
	done, longest := make(chan struct{}), make(chan time.Duration)
	go func() {
		ticker := time.NewTicker(2 * time.Millisecond)
		defer ticker.Stop()
		most, last := time.Duration(0), time.Now()
		for {
			select {
			case <-done:
				longest <- most
				return
			case <-ticker.C:
				now := time.Now()
				most, last = max(most, now.Sub(last)), now
			}
		}
	}()
	return func() time.Duration {
		close(done)
		return <-longest
	}
}

// TestNobodyHearsThemselves: two people sit in rooms with loudspeakers, one of them without a canceller; what a third says comes back
// from there, and from the other one not, whose own voice is heard all the same.
func TestNobodyHearsThemselves(t *testing.T) {
	const talk, voice = 14, 7 // seconds
	w := newWorld(t, 3, nil)
	w.room(0, living(1))
	w.room(1, living(1))
	on, off := w.person(0, "--mode", "open", "--processing=on"), w.person(1, plain()...)
	heard := filepath.Join(w.dir, "heard")
	c := w.client("c", lab.Command{}, plain("--mic", "mic_c", "--record-dir", heard)...)
	for _, p := range []*lab.Client{on, off, c} {
		w.await(p, w.await(p, 0, "peer_connected").Next, "peer_connected")
	}
	w.tell(on, "localmute b on") // each is alone with c
	w.tell(off, "localmute a on")
	speech := w.speech(talk + voice)
	w.say(2, speech[:talk*second])
	wait(0.7) // the room, and what is on its way
	w.say(0, speech[talk*second:])
	wait(0.7)
	w.leave(on, off, c)

	var files [2][]float32
	for i, p := range []*lab.Client{on, off} {
		var err error
		if files[i], err = wavdev.ReadFile(filepath.Join(heard, w.user(p)+".wav")); err != nil {
			t.Fatal(err)
		}
	}
	with, without := files[0], files[1]
	begin := audiotest.Align(speech[:talk*second], without, len(without))
	// Second by second: a machine that stalls moves the echo, and what is heard until that is learnt is not the test's to judge.
	var echo, less []float64
	for s := at(begin); s < at(begin)+talk; s++ {
		before, after := level(without, s, s+1), level(with, s, s+1)
		echo, less = append(echo, before), append(less, before-after)
	}
	median := audiotest.Median(less[3:])
	t.Logf("c hears itself at %.1f dBFS; where the echo is cancelled lower by %.1f dB: %.1f", audiotest.Median(echo), median, less)
	if audiotest.Median(echo) < -35 {
		t.Errorf("without a canceller c hears itself at %.1f dBFS only: nothing is shown", echo)
	}
	if !(median >= 25) {
		t.Errorf("c hears itself %.1f dB lower than without a canceller, want 25", median)
	}
	got, all := audiotest.WindowedSISDR(speech[talk*second:], with[begin+talk*second:], second, 2*second)
	t.Logf("a's voice: SI-SDR %.1f dB in the median of %.1f", got, all)
	if !(got >= 8) {
		t.Errorf("a's voice arrives with an SI-SDR of %.1f dB, want 8", got)
	}
}

// at is the second of a sample.
func at(sample int) float64 { return float64(sample) / second }
