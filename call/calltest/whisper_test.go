package calltest

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/call"
	"parley/wire"
)

// spoken is a Codec whose packets begin as Opus' do, so that one of a byte tells of silence.
type spoken struct{ Codec }

// Encode implements audio.Encoder.
func (c spoken) Encode(pcm []float32, out []byte) ([]byte, error) {
	p, err := c.Codec.Encode(pcm, out[1:])
	out[0] = 0xf9
	return out[:1+len(p)], err
}

// Decode implements audio.Decoder.
func (c spoken) Decode(packet []byte, pcm []float32) (int, error) {
	if len(packet) > 2 {
		return c.Codec.Decode(packet[1:], pcm)
	}
	clear(pcm[:2*audio.FrameSize])
	return 2 * audio.FrameSize, nil
}

// tape holds what somebody says, and the others hear.
type tape struct {
	mu    sync.Mutex
	says  []float32
	heard map[string][]float32 // of whoever speaks, by listener
}

// take is the microphone's.
func (t *tape) take(frame []float32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(frame)
	t.says = t.says[copy(frame, t.says):]
}

// say has the microphone hear something from now on, and then nothing.
func (t *tape) say(x []float32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.says = x
}

func (t *tape) hear(name string, frame []float32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heard[name] = append(t.heard[name], frame...)
}

// listen returns what has been heard since the last time.
func (t *tape) listen(name string) []float32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	x := t.heard[name]
	t.heard[name] = nil
	return x
}

// trio is Ana, whose microphone hears a tape behind a key, and Ben and Cy, who hear her; all have joined.
func trio(t *testing.T, red, nack bool) (*World, *tape, []*Person) {
	tape, speaker := &tape{heard: map[string][]float32{}}, ""
	w := NewFar(t, 10*time.Millisecond) // what is at no distance is not asked for again
	w.Equip = func(name string, c *call.Config) {
		c.Sound.Voice.Mode, c.Sound.Voice.RED, c.Sound.Voice.NACK = "ptt", red, nack
		c.Sound.NewEncoder = func() (audio.Encoder, error) { return spoken{}, nil }
		c.Sound.NewDecoder = func() (audio.Decoder, error) { return spoken{}, nil }
		if name == "Ana" {
			speaker = c.Key.ID()
		}
		c.Sound.Record = func(user string, _ int64, frame []float32) {
			if user == speaker {
				tape.hear(name, frame)
			}
		}
	}
	w.Mouth = func(name string) func([]float32) {
		if name == "Ana" {
			return tape.take
		}
		return func(frame []float32) { clear(frame) }
	}
	p := w.Add("Ana", "Ben", "Cy")
	for _, x := range p {
		x.Do(call.Join{Channel: Hall})
	}
	for _, x := range p {
		x.With(others(p, x)...)
	}
	return w, tape, p
}

func must(t *testing.T, p *Person, c call.Command) {
	t.Helper()
	if err := p.ask(c); err != nil {
		t.Fatal(err)
	}
}

// likeness is the SI-SDR of what was heard, in its median second.
func likeness(said, heard []float32) float64 {
	median, _ := audiotest.WindowedSISDR(said, heard, audio.SampleRate, audio.SampleRate)
	return median
}

const seconds = audio.SampleRate

// TestWhisper, in a time of its own: what Ana whispers to Ben comes to him whole, and to Cy comes nothing; what she says to everybody
// comes to both, in the same run.
func TestWhisper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, tape, p := trio(t, true, true)
		defer w.Part(true) // see Part
		ana, ben, cy := p[0], p[1], p[2]
		pass := func(d time.Duration) { <-time.After(d); synctest.Wait() }
		// round lets Ana say something for two seconds, and returns what came of it: SI-SDR, and packets that were sent.
		round := func(seed uint64) (likeBen, likeCy float64, toBen, toCy uint64) {
			said := audiotest.Vowels(seed, 2*seconds)
			tape.listen("Ben")
			tape.listen("Cy")
			_, b := ana.tally(ben)
			_, c := ana.tally(cy)
			tape.say(said)
			pass(2300 * time.Millisecond)
			_, bNow := ana.tally(ben)
			_, cNow := ana.tally(cy)
			return likeness(said, tape.listen("Ben")), likeness(said, tape.listen("Cy")),
				bNow.Link.PacketsSent - b.Link.PacketsSent, cNow.Link.PacketsSent - c.Link.PacketsSent
		}
		settle := func(seed uint64) { // the jitter buffers, which stretch the first seconds of a talk spurt until they fit
			tape.say(audiotest.Vowels(seed, 3*seconds))
			pass(3200 * time.Millisecond)
		}
		if likeBen, likeCy, toBen, toCy := round(1); likeBen > -50 || likeCy > -50 || toBen+toCy > 0 {
			t.Fatalf("without a key: %.1f and %.1f dB, %d and %d packets", likeBen, likeCy, toBen, toCy)
		}
		must(t, ana, call.Talk{Down: true})
		settle(2)
		likeBen, likeCy, toBen, toCy := round(3)
		t.Logf("to everybody: %.1f and %.1f dB, %d and %d packets", likeBen, likeCy, toBen, toCy)
		if likeBen < 15 || likeCy < 15 || toBen < 100 || toCy < 100 {
			t.Error("somebody does not hear what is for everybody")
		}
		must(t, ana, call.Talk{})
		pass(500 * time.Millisecond)

		must(t, ana, call.Whisper{To: []string{"Ben"}})
		settle(4)
		likeBen, likeCy, toBen, toCy = round(5)
		t.Logf("whispered: %.1f and %.1f dB, %d and %d packets", likeBen, likeCy, toBen, toCy)
		if likeBen < 15 || toBen < 100 {
			t.Error("Ben does not hear what is for him")
		}
		if likeCy > -50 || toCy > 0 {
			t.Error("Cy hears what is not for her")
		}
		if s := ana.Snapshot().Self; len(s.Whisper) != 1 || s.Whisper[0] != ben.Key.ID() || s.Unheard {
			t.Errorf("Ana is shown as %+v", s)
		}
		atBen, _ := ben.Peer(ana)
		atCy, _ := cy.Peer(ana)
		if !atBen.Whispers || atCy.Whispers {
			t.Errorf("she whispers to Ben: %v, to Cy: %v", atBen.Whispers, atCy.Whispers)
		}

		must(t, ana, call.Talk{Down: true}) // while she whispers
		if _, likeCy, _, toCy = round(6); likeCy > -50 || toCy > 0 {
			t.Errorf("Cy hears %.1f dB of it, %d packets", likeCy, toCy)
		}
		must(t, ana, call.Whisper{})
		settle(7)
		likeBen, likeCy, toBen, toCy = round(8)
		t.Logf("to everybody again: %.1f and %.1f dB, %d and %d packets", likeBen, likeCy, toBen, toCy)
		if likeBen < 15 || likeCy < 15 {
			t.Error("somebody does not hear what is for everybody again")
		}

		if _, s := cy.tally(ana); s.Stream.Lost > 0 || s.Stream.Concealed > 8*audio.FrameSize { // a frame or two at each end of what she hears, if turns lie so
			t.Errorf("Cy misses something: %+v", s.Stream)
		}

		must(t, ana, call.Whisper{To: []string{cy.Key.ID()}})
		w.Part(true) // see Part
		must(t, cy, call.Leave{})
		ana.With(ben)
		pass(time.Second)
		w.Part(false)
		if likeBen, _, toBen, _ = round(9); likeBen > -50 || toBen > 0 || !ana.Snapshot().Self.Unheard {
			t.Errorf("who she whispers to has gone, and Ben hears %.1f dB of it, %d packets; %+v", likeBen, toBen, ana.Snapshot().Self)
		}
		must(t, ana, call.Mute{On: true})
		if s := ana.Snapshot().Self; len(s.Whisper) > 0 || s.Unheard {
			t.Errorf("muted: %+v", s)
		}
	})
}

// TestWhisperUnderLoss, in a time of its own: on a network that loses a fifth, so that copies go, or repeats, nothing of a whisper comes
// with what is said before and after it.
func TestWhisperUnderLoss(t *testing.T) {
	for _, red := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) { whisperUnderLoss(t, red) })
	}
}

func whisperUnderLoss(t *testing.T, red bool) {
	w, tape, p := trio(t, red, !red)
	defer w.Part(true)
	ana, cy := p[0], p[2]
	pass := func(d time.Duration) { <-time.After(d); synctest.Wait() }
	w.Scatter(0.2, 5)
	must(t, ana, call.Talk{Down: true})
	tape.say(audiotest.Vowels(1, 5*seconds))
	pass(5500 * time.Millisecond) // for the reports that tell of it; and then she is silent, with the key down
	tape.listen("Cy")
	tape.listen("Ben")
	_, before := ana.tally(cy)
	for round := range 4 {
		must(t, ana, call.Whisper{To: []string{"Ben"}})
		tape.say(audiotest.Vowels(uint64(round), seconds/2))
		pass(500 * time.Millisecond)
		must(t, ana, call.Whisper{})
		pass(time.Second)
	}
	_, after := ana.tally(cy)
	heard, leaked := audiotest.LevelDBFS(tape.listen("Ben")), audiotest.LevelDBFS(tape.listen("Cy"))
	sent, copied, resent := after.Link.PacketsSent-before.Link.PacketsSent, after.Link.BytesCopied-before.Link.BytesCopied, after.Link.Resent-before.Link.Resent
	t.Logf("Ben hears %.1f dBFS, Cy %.1f, by %d packets with %d bytes of copies, and %d again", heard, leaked, sent, copied, resent)
	if heard < -40 || leaked > -200 {
		t.Error("Ben does not hear the whisper, or Cy does")
	}
	if sent < 100 || red && copied < 5000 || !red && resent < 5 {
		t.Error("too little went to Cy to show anything")
	}
	tape.say(audiotest.Vowels(99, seconds))
	pass(time.Second)
	if level := audiotest.LevelDBFS(tape.listen("Cy")); level < -40 {
		t.Errorf("what is for everybody Cy hears at %.1f dBFS", level)
	}
}

// Who is unknown, in no place, or held back can't be whispered to.
func TestWhisperRefused(t *testing.T) {
	w := New(t)
	w.Equip = func(name string, c *call.Config) { c.KnownOnly = name == "Ana" }
	p := w.Add("Ana", "Ben")
	ana, ben := p[0], p[1]
	refused := func(c call.Command, want wire.Code) {
		t.Helper()
		if _, err := ana.Ask(t.Context(), c); wire.CodeOf(err) != want {
			t.Errorf("%+v: %v", c, err)
		}
	}
	refused(call.Whisper{To: []string{"Ben"}}, wire.BadOrder)
	for _, x := range p {
		x.Do(call.Join{Channel: Hall})
	}
	ana.Until("Ben is held back", func(*call.Snapshot) bool { q, ok := ana.Peer(ben); return ok && q.Phase == call.Held })
	refused(call.Whisper{To: []string{ben.Key.ID()}}, wire.BadOrder)
	refused(call.Whisper{To: []string{"Nobody"}}, wire.NotFound)
	if s := ana.Snapshot().Self; len(s.Whisper) > 0 {
		t.Errorf("%+v", s)
	}
}

// Who has priority turns the others down at those who hear it, until the key is let go of, or they are muted, or have gone.
func TestPriority(t *testing.T) {
	w := New(t)
	p := w.Add("Ana", "Ben", "Cy")
	joinAll(p)
	ana, ben, cy := p[0], p[1], p[2]
	must(t, ben, call.SetVolume{User: ana.Key.ID(), Volume: 0.05}) // what is left is Cy, at -17 dBFS
	at := func(what string, dbfs float32) {
		t.Helper()
		w.Until(what, func() bool {
			level := ben.Stats().Playout.Level
			return level > dbfs-1.5 && level < dbfs+1.5
		})
	}
	shown := func(of *Person, on bool) {
		t.Helper()
		ben.Until("whose key is down", func(*call.Snapshot) bool { q, _ := ben.Peer(of); return q.Priority == on && !q.Whispers })
	}
	at("as always", -17)
	must(t, ana, call.Prioritize{On: true})
	shown(ana, true)
	at("Cy is turned down", -29)
	must(t, cy, call.Prioritize{On: true})
	shown(cy, true)
	at("both have it", -17)
	must(t, cy, call.Prioritize{})
	shown(cy, false)
	at("Cy has it no more", -29)
	must(t, ana, call.Mute{On: true})
	shown(ana, false)
	at("Ana is muted", -17)
	if s := ana.Snapshot().Self; s.Priority {
		t.Errorf("muted: %+v", s)
	}
	must(t, ana, call.Mute{})
	must(t, ana, call.Prioritize{On: true})
	at("Cy is turned down again", -29)
	ana.Do(call.Leave{})
	ben.With(cy)
	at("Ana has gone", -17)
}
