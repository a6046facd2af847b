package calltest

import (
	"math"
	"sync"
	"testing"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/audio/mix"
	"parley/call"
	"parley/identity"
)

// alone is an engine at no server, with a microphone that hears a siren and a loudspeaker that is recorded.
type alone struct {
	*World
	*call.Engine
	devices *audiotest.Backend

	mu            sync.Mutex
	spoken, heard []float32
}

func newAlone(t *testing.T, v call.Voice) *alone {
	leakless(t)
	key, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &alone{World: &World{t: t}, devices: audiotest.NewBackend(audiotest.Mic("mic"), audiotest.Speaker("speaker"))}
	a.Engine, err = call.New(call.Config{
		Key: key, People: strangers{},
		Sound: call.SoundConfig{
			Backend: a.devices, Voice: v,
			NewEncoder: func() (audio.Encoder, error) { return Codec{}, nil },
			NewDecoder: func() (audio.Decoder, error) { return Codec{}, nil },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	phase := 0.0
	t.Cleanup(a.devices.Drive(func(frame []float32) {
		a.mu.Lock()
		defer a.mu.Unlock()
		for i := range frame {
			at := float64(len(a.spoken)) / audio.SampleRate
			phase += 2 * math.Pi * (300 + 150*math.Sin(at*3)) / audio.SampleRate
			frame[i] = float32(0.4 * math.Sin(phase))
			a.spoken = append(a.spoken, frame[i])
		}
	}, func(out []float32) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.heard = append(a.heard, out...)
	}))
	return a
}

func (a *alone) until(what string, done func(*call.Snapshot) bool) {
	a.t.Helper()
	a.World.Until(what, func() bool { return done(a.Snapshot()) })
}

// open says which devices are.
func (a *alone) open() (mic, speaker bool) {
	return a.devices.Using(audio.Input) != "", a.devices.Using(audio.Output) != ""
}

// What a check plays is what was said, and after it everything is closed. A key that is up and a mute don't matter.
func TestCheckPlaysWhatWasSaid(t *testing.T) {
	a := newAlone(t, call.Voice{Mode: "ptt", FrameMS: 20})
	a.Do(call.Mute{On: true})
	a.Do(call.Check{})
	a.until("it records", func(s *call.Snapshot) bool {
		return s.Sound.Check.Phase == call.CheckRecording && s.Sound.Mic == "the mic"
	})
	a.until("it plays", func(s *call.Snapshot) bool { return s.Sound.Check.Phase == call.CheckPlaying })
	a.mu.Lock()
	spoken := a.spoken
	a.mu.Unlock()
	a.until("it is over", func(s *call.Snapshot) bool { return s.Sound.Check.Phase == call.CheckIdle })
	c := a.Snapshot().Sound.Check
	if math.Abs(float64(c.Heard)+8) > 0.5 || c.Failed != "" {
		t.Errorf("%+v", c)
	}
	a.World.Until("all is closed", func() bool { mic, speaker := a.open(); return !mic && !speaker })
	a.mu.Lock()
	heard := a.heard
	a.mu.Unlock()
	first := 0
	for first < len(heard) && heard[first] == 0 {
		first++
	}
	last := len(heard)
	for last > first && heard[last-1] == 0 {
		last--
	}
	played := heard[first:last]
	if d := time.Duration(len(played)) * time.Second / audio.SampleRate; d < 4*time.Second || d > call.CheckTime+100*time.Millisecond {
		t.Errorf("%v were played", d)
	}
	// The median: where this machine stood still for a moment, so did the fake devices.
	if snr, all := audiotest.WindowedSISDR(played, spoken, audio.SampleRate/4, len(spoken)); !(snr > 20) { // the codec gives 22
		t.Errorf("%.1f dB in the median of %.1f", snr, all)
	}
}

// A check that is stopped is silent at once, and a machine without a microphone says so.
func TestCheckStopped(t *testing.T) {
	a := newAlone(t, call.Voice{Mode: "open", FrameMS: 20})
	a.Do(call.Check{})
	a.World.Until("the microphone is open", func() bool { mic, _ := a.open(); return mic })
	a.Do(call.StopCheck{})
	a.World.Until("all is closed", func() bool { mic, speaker := a.open(); return !mic && !speaker })
	a.devices.Vanish("mic")
	a.Do(call.Check{})
	a.until("it fails", func(s *call.Snapshot) bool { return s.Sound.Check.Failed != "" })
}

// TestEchoTestStopped: it opens both devices, plays, and lets go of them at once.
func TestEchoTestStopped(t *testing.T) {
	a := newAlone(t, call.Voice{Cancellation: true})
	a.Do(call.EchoTest{})
	a.until("both are open", func(s *call.Snapshot) bool {
		return s.Sound.EchoTest.Phase == call.EchoTestRunning && s.Sound.Mic == "the mic" && s.Sound.Speaker == "the speaker"
	})
	a.Do(call.StopEchoTest{})
	a.until("both are closed", func(s *call.Snapshot) bool {
		return s.Sound.EchoTest == (call.EchoTestState{EchoDBFS: mix.Floor}) && s.Sound.Mic == "" && s.Sound.Speaker == ""
	})
}

// A test of the microphone shows its level, plays nothing, and goes over into a call.
func TestListen(t *testing.T) {
	a := newAlone(t, call.Voice{Mode: "open"})
	a.Do(call.Mute{On: true})
	a.Do(call.Listen{On: true})
	a.World.Until("levels", func() bool {
		s := a.Stats()
		return s.Sound && s.Capture.Before > -12 && s.Capture.Packets > 10
	})
	if _, speaker := a.open(); speaker {
		t.Error("the loudspeaker is open")
	}
	if n := a.Snapshot().Notices; len(n) != 0 {
		t.Errorf("it is announced: %+v", n)
	}
	a.Do(call.Listen{})
	a.World.Until("closed", func() bool { mic, _ := a.open(); return !mic && !a.Stats().Sound })
}

// A sound of the program opens the loudspeaker for a moment, and the loudspeaker alone.
func TestPlayOutsideOfAChannel(t *testing.T) {
	a := newAlone(t, call.Voice{Mode: "open"})
	tone := make([]float32, audio.SampleRate/4)
	hum(500)(tone)
	level := func() float32 { return a.Stats().Playout.Level }
	if level() != mix.Floor {
		t.Errorf("%.1f dBFS of a loudspeaker that is closed", level())
	}
	a.Do(call.SetOutputVolume{Gain: 0})
	a.Do(call.Deafen{On: true})
	a.Do(call.Play{Samples: tone, Gain: 1})
	a.Do(call.Play{Samples: tone, Gain: 0.5})
	a.World.Until("it is heard", func() bool { _, speaker := a.open(); return speaker })
	a.World.Until("its level", func() bool { return level() > -20 })
	if a.Stats().Sound {
		t.Error("the microphone is said to be open")
	}
	a.World.Until("closed", func() bool { _, speaker := a.open(); return !speaker && level() == mix.Floor })
	a.mu.Lock()
	defer a.mu.Unlock()
	sum := audiotest.LevelDBFS(a.heard) + 10*math.Log10(float64(len(a.heard))/float64(len(tone)))
	if want := audiotest.LevelDBFS(tone) + 3.5; math.Abs(sum-want) > 1.5 || mixPeak(a.heard) < 0.25 {
		t.Errorf("%.1f dB of the sounds were heard, want %.1f; peak %.2f", sum, want, mixPeak(a.heard))
	}
	if opened, _ := a.devices.Counts(audio.Input); opened != 0 || len(a.Snapshot().Notices) != 0 {
		t.Errorf("microphone opened %d times; told %+v", opened, a.Snapshot().Notices)
	}
}

func mixPeak(x []float32) (peak float32) {
	for _, v := range x {
		peak = max(peak, v, -v)
	}
	return peak
}

// Devices that come and go are seen without anything being open, and told once.
func TestWatch(t *testing.T) {
	a := newAlone(t, call.Voice{})
	a.Do(call.Watch{On: true})
	a.until("the list", func(s *call.Snapshot) bool { return len(s.Sound.Devices) == 2 })
	before := a.Snapshot().Sound.Devices
	a.devices.Appear(audiotest.Mic("headset"))
	begin := time.Now()
	a.until("the headset", func(s *call.Snapshot) bool { return len(s.Sound.Devices) == 3 })
	t.Logf("seen after %v", time.Since(begin))
	a.devices.Vanish("headset")
	a.until("gone", func(s *call.Snapshot) bool { return len(s.Sound.Devices) == 2 && len(s.Notices) == 2 })
	n := a.Snapshot().Notices
	if n[0].Code != "microphone_plugged" || n[0].Text != "the headset plugged in." || n[1].Code != "microphone_unplugged" {
		t.Errorf("%+v", n)
	}
	if &before[0] == &a.Snapshot().Sound.Devices[0] {
		t.Error("a list was changed after it was shown")
	}
	if mic, speaker := a.open(); mic || speaker {
		t.Error("a device is open")
	}
	a.Do(call.Watch{})
}

// In a call nothing said during a check reaches anybody, and the call goes on after it.
func TestCheckInACall(t *testing.T) {
	leakless(t)
	w := New(t)
	p := w.Add("Ana", "Ben")
	ana, ben := p[0], p[1]
	joinAll(p)
	ana.Do(call.Check{})
	ana.Until("it records", func(s *call.Snapshot) bool { return s.Sound.Check.Phase == call.CheckRecording })
	ana.Hears(ben) // what was on its way has arrived
	heard := ben.Heard(ana)
	ana.Until("it plays", func(s *call.Snapshot) bool { return s.Sound.Check.Phase == call.CheckPlaying })
	ana.Hears(ben)
	if n := ben.Heard(ana); n > heard+20 { // the jitter buffer's rest
		t.Errorf("%d frames of a check were heard by another", n-heard)
	}
	ana.Do(call.StopCheck{})
	talking(p)
}

// The microphone that a test has opened goes over into the call without being opened again.
func TestListenThenJoin(t *testing.T) {
	w := New(t)
	p := w.Add("Ana", "Ben")
	p[0].Do(call.Listen{On: true})
	w.Until("open", func() bool { return p[0].Stats().Capture.Packets > 5 })
	if n := w.Media(p[0]); n != 0 {
		t.Errorf("a test sent %d packets", n)
	}
	joinAll(p)
	if opened, closed := p[0].Devices.Counts(audio.Input); opened != 1 || closed != 0 {
		t.Errorf("opened %d times, closed %d times", opened, closed)
	}
	p[0].Do(call.Leave{})
	w.Until("closed", func() bool { _, closed := p[0].Devices.Counts(audio.Input); return closed == 1 })
}

// Who sits elsewhere sees who speaks, where that is shared.
func TestSpeakingIsSeenFromElsewhere(t *testing.T) {
	w := New(t)
	p := w.Add("Ana", "Ben", "Cy")
	ana, ben, cy := p[0], p[1], p[2]
	joinAll(p[:2])
	lit := func(of *Person) bool {
		for _, seat := range cy.Snapshot().Directory.Sitting[Hall] {
			if seat.User == of.Key.ID() {
				return seat.Speaking
			}
		}
		return false
	}
	ana.Do(call.SetShareSpeaking{On: true})
	w.Until("Ana is seen to speak", func() bool { return lit(ana) })
	ana.Do(call.Mute{On: true})
	w.Until("and to be silent", func() bool { return !lit(ana) })
	ana.Do(call.Mute{})
	w.Until("and to speak again", func() bool { return lit(ana) })
	if lit(ben) {
		t.Error("Ben does not share that")
	}
	if errs := w.Hub.Errors(); len(errs) > 0 {
		t.Error(errs)
	}
}

// A person who can't wait need not.
func TestRetryNow(t *testing.T) {
	w := New(t)
	ana := w.Add("Ana")[0]
	w.Hub.Stop()
	ana.Until("several tries have failed", func(s *call.Snapshot) bool {
		return s.Retry.Attempts > 4 && time.Until(s.Retry.At) > 500*time.Millisecond
	})
	w.Hub.Start()
	at := ana.Snapshot().Retry.At
	ana.Do(call.RetryNow{})
	ana.Until("online", func(s *call.Snapshot) bool { return s.Link == call.Online && s.Retry == call.Retry{} })
	if !time.Now().Before(at) {
		t.Error("it came back no sooner")
	}
}
