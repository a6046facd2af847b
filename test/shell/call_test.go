package shell_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/audio/wavdev"
	"parley/test/lab"
)

// none are the devices of somebody whose sound is of no matter.
var none = []string{"--mic", "none", "--speaker", "none"}

// phone starts a command that makes calls or takes them, with an open microphone, and waits until it is online.
func (w *world) phone(name string, args ...string) *person {
	w.Helper()
	args = slices.Insert(args, 1, w.server.Ready.Invite, "--home", w.home(name), "--name", name, "--processing=off", "--mode", "open")
	c, err := programs.Client(lab.Command{Args: args})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = c.Close() })
	p := &person{Client: c, w: w, name: name}
	p.user = p.awaits(0, "self", nil).User
	return p
}

// talks is phone with a tone for a voice, and a recording.
func (w *world) talks(name string, tone float64, args ...string) *person {
	w.Helper()
	say, ear := w.path(name+".wav"), w.path(name+"-ear.wav")
	if err := wavdev.WriteFile(say, audiotest.Tone(tone, 0.25, lab.SampleRate)); err != nil {
		w.Fatal(err)
	}
	p := w.phone(name, append(args, "--play", say, "--loop", "--record", ear)...)
	p.tone, p.ear = tone, ear
	return p
}

// rung waits until somebody calls p.
func (p *person) rung(mark int, by string) (int, line) {
	p.w.Helper()
	l := p.awaits(mark, "call_incoming", func(l line) bool { return l.Name == by })
	return p.Mark(), l
}

// over waits until p's call has ended for that reason.
func (p *person) over(mark int, reason string) {
	p.w.Helper()
	if l := p.awaits(mark, "call_ended", nil); l.Code != reason {
		p.w.Errorf("%s: the call ended with %q, want %q", p.name, l.Code, reason)
	}
}

// without wants that p has not said these events.
func (p *person) without(when string, events ...string) {
	p.w.Helper()
	for _, e := range events {
		if strings.Contains(p.Output(), `"event":"`+e+`"`) {
			p.w.Errorf("%s, %s: %s\n%s", p.name, when, e, p.Output())
		}
	}
}

// TestCall: a call rings, and nothing opens before it is taken; then both hear each other, with the switches of a channel; one
// hangs up, and both are told. One that is declined, or given up, ends as that.
func TestCall(t *testing.T) {
	w := newWorld(t)
	ben := w.talks("Ben", 700, "answer")
	ana := w.talks("Ana", 400, "call", "Ben")
	ana.awaits(0, "call_ringing", func(l line) bool { return l.User == ben.user })
	_, rings := ben.rung(0, "Ana")
	for _, p := range []*person{ana, ben} {
		p.without("while it rings", "device", "camera", "peer_joined", "peer_connected", "call_joined")
	}
	ben.untold("accept it")
	ben.untold("camera on")
	if l := ben.tell("accept"); l.Muted || l.Camera {
		t.Errorf("accepted: %+v", l)
	}
	ana.connected(ben)
	for _, p := range []*person{ana, ben} {
		if l := p.awaits(0, "call_joined", nil); l.Channel != rings.Channel || rings.Channel == "" {
			t.Errorf("%s is in call %q, it rang as %q", p.name, l.Channel, rings.Channel)
		}
	}
	heard := hear(ana, ben)
	w.hears("in a call", ana, heard[0], []*person{ben}, nil)
	w.hears("in a call", ben, heard[1], []*person{ana}, nil)
	ana.tell("mute")
	w.hears("Ana is muted", ben, hear(ben)[0], nil, []*person{ana})
	ana.tell("unmute")
	if l := find([]line{ana.tell("verify Ben")}, func(line) bool { return true }); l.Command != "verify" {
		t.Errorf("verify: %+v", l)
	}
	ana.untold("call Ben") // she is in one
	if err := ana.Tell("hangup"); err != nil {
		t.Fatal(err)
	}
	ana.ends(done, "")
	ben.over(0, "left")
	ben.untold("hangup")

	mark := ben.Mark()
	ana = w.phone("Ana", append([]string{"call", ben.user}, none...)...) // by id
	mark, _ = ben.rung(mark, "Ana")
	ben.tell("decline")
	ana.ends(refused, "declined")
	ben.over(mark, "declined")

	mark = ben.Mark()
	ana = w.phone("Ana", append([]string{"call", "Ben"}, none...)...)
	mark, _ = ben.rung(mark, "Ana")
	if err := ana.Tell("leave"); err != nil {
		t.Fatal(err)
	}
	ana.ends(done, "")
	ben.over(mark, "cancelled")
	if l := ben.awaits(mark, "call_missed", nil); l.User != ana.user || l.Code != "cancelled" {
		t.Errorf("missed: %+v", l)
	}
	ben.untold("accept")
	ben.untold("decline")
	ben.leaves()
}

// TestRing: with --ring it is heard here that somebody calls, until it is answered; the microphone stays shut.
func TestRing(t *testing.T) {
	w := newWorld(t)
	ben := w.talks("Ben", 700, "answer", "--ring")
	ana := w.phone("Ana", append([]string{"call", "Ben"}, none...)...)
	mark, _ := ben.rung(0, "Ana")
	w.until("it is heard", func() bool {
		heard, err := wavdev.ReadFile(ben.ear)
		return err == nil && audiotest.LevelDBFS(heard) > -50
	})
	if strings.Contains(ben.Output(), "microphone_opened") {
		t.Error("the microphone is open: " + ben.Output())
	}
	ben.tell("decline")
	ana.ends(refused, "declined")
	ben.over(mark, "declined")
	var size int64
	w.until("the loudspeaker is shut", func() bool {
		info, err := os.Stat(ben.ear)
		if err != nil {
			t.Fatal(err)
		}
		same := info.Size() == size
		size = info.Size()
		<-time.After(500 * time.Millisecond) // it is written every 0.4 s
		return same
	})
	ben.leaves()
}

// TestMissedCalls: whoever could not be reached finds out later, until they forget it.
func TestMissedCalls(t *testing.T) {
	w := newWorld(t)
	if lines := w.ctl("Ben", "calls").done(); len(lines) != 0 {
		t.Errorf("before anybody called: %+v", lines)
	}
	w.ctl("Ana", "who").done()
	call := append([]string{"call", "Ben"}, none...)
	w.ctl("Ana", append(call, "--video")...).ends(refused, "camera") // there is none
	w.ctl("Ana", append(call, "--video", "--camera", "pattern")...).ends(refused, "user_offline")
	ben := w.phone("Ben", append([]string{"answer", "--status", "dnd"}, none...)...)
	w.ctl("Ana", call...).ends(refused, "user_dnd")
	ben.awaits(0, "call_missed", func(l line) bool { return l.Code == "dnd" })
	ben.without("do not disturb", "call_incoming")
	ben.tell("presence online")
	ana := w.phone("Ana", call...)
	mark, _ := ben.rung(0, "Ana")
	ben.tell("accept")
	w.ctl("Carl", call...).ends(refused, "user_busy")
	ben.awaits(mark, "call_missed", func(l line) bool { return l.Name == "Carl" && l.Code == "busy" })
	ben.tell("hangup") // of Ana's
	ana.ends(done, "")
	carl := w.phone("Carl", call...)
	mark, _ = ben.rung(mark, "Carl")
	if err := ben.Tell("leave"); err != nil { // and never answers
		t.Fatal(err)
	}
	ben.ends(done, "")
	carl.ends(lost, "lost")

	lines := w.ctl("Ben", "calls", "--json").done()
	var why []string
	for _, l := range lines {
		why = append(why, l.Name+" "+l.Why)
		if at, err := time.Parse(time.RFC3339, l.At); err != nil || time.Since(at) > time.Hour || l.User == "" || l.Call == "" || l.Video != (l.Why == "offline") {
			t.Errorf("%+v, %v", l, err)
		}
	}
	if want := []string{"Carl lost", "Carl busy", "Ana dnd", "Ana offline"}; !slices.Equal(why, want) {
		t.Errorf("missed %q, want %q", why, want)
	}
	if again := w.ctl("Ben", "calls", "--forget").done(); len(again) != len(lines) {
		t.Errorf("looking forgot some: %+v", again)
	}
	if lines := w.ctl("Ben", "calls").done(); len(lines) != 0 {
		t.Errorf("forgotten, and still there: %+v", lines)
	}
	w.ctl("Ben", "calls", "Ana").ends(usage, "usage")
}

// TestCallsRefused: what is wrong is said before anybody's phone rings.
func TestCallsRefused(t *testing.T) {
	w := newWorld(t)
	w.owner("Olga")
	gone := w.ctl("Gone", "who").done()
	id := find(gone, named("Gone")).User
	w.ctl("Olga", "kick", "Gone").done()
	w.ctl("Ana", "who").done()
	ben := w.phone("Ben", append([]string{"answer", "--for", "1"}, none...)...)
	lie := w.path("lie.y4m")
	if err := os.WriteFile(lie, append([]byte("YUV4MPEG2 W1280 H720 F30:1\nFRAME\n"), make([]byte, 5000)...), 0o600); err != nil {
		t.Fatal(err)
	}
	call := append([]string{"call", "Ben"}, none...)
	for _, c := range []struct {
		status int
		code   string
		args   []string
	}{
		{usage, "usage", []string{"call"}},
		{usage, "usage", append(call, "Carl")},
		{usage, "usage", append(call, "--video-kbps", "7")},
		{usage, "usage", append(call, "--record-video", w.path("x.avi"))},
		{usage, "usage", append(call, "--record-video", w.path("x.ivf"), "--record-video-dir", w.path("x"))},
		{usage, "usage", append(call, "--watch", "camera,sound")},
		{usage, "usage", append(call, "--screen-fps", "4")},
		{usage, "usage", append(call, "--play", "x", "--mic", "y")},
		{usage, "usage", []string{"answer", "Ben"}},
		{usage, "usage", []string{"answer", "--for", "-1"}},
		{refused, "not_found", append([]string{"call", "Nobody"}, none...)},
		{refused, "not_found", append([]string{"call", "Ana"}, none...)},
		{refused, "not_found", append([]string{"call", id}, none...)},
		{refused, "camera", append(call, "--video", "--camera", "garbage")},
		{refused, "camera", append(call, "--camera", "garbage")},
		{refused, "camera", append(call, "--video", "--camera", "pattern:0x0@30")},
		{refused, "camera", append(call, "--video", "--camera", "pattern:9999x9999@30")},
		{refused, "camera", append(call, "--video", "--camera", "file:"+w.path("none.y4m"))},
		{refused, "camera", append(call, "--video", "--camera", "file:"+lie)},
		{refused, "camera", append(call, "--video", "--camera", "i420:"+lie+":64x48@30")},
		{refused, "record", append(call, "--record-video", w.path("nowhere/x.y4m"))},
		{refused, "screen", append(call, "--screen", "window:0x1")},
		{refused, "record", append(call, "--record-video-dir", lie)},
		{refused, "record", append(call, "--counters", w.path("nowhere/x"))},
	} {
		w.ctl("Ana", c.args...).ends(c.status, c.code)
	}
	ben.without("after refusals", "call_incoming", "call_missed")
	ana := w.phone("Ana", append(call, "--video", "--camera", "pattern:65x49@30", "--duration", "300ms")...)
	ben.rung(0, "Ana")
	ben.tell("accept")
	ana.ends(done, "")
	ben.ends(done, "") // for one call
}

// TestAuto takes every call, but not of those who would be held in a channel.
func TestAuto(t *testing.T) {
	w := newWorld(t)
	ben := w.phone("Ben", append([]string{"answer", "--auto", "--known-only"}, none...)...)
	ana := w.phone("Ana", append([]string{"call", "Ben"}, none...)...)
	ben.rung(0, "Ana")
	ana.awaits(0, "call_ringing", nil)
	ben.without("a stranger rings", "call_joined")
	ben.tell("accept")
	ana.connected(ben)
	ben.tell("hangup")
	ana.ends(done, "")
	mark := ben.Mark()
	ana = w.phone("Ana", append([]string{"call", "Ben"}, none...)...) // known by now
	ben.awaits(mark, "call_joined", nil)
	ana.leaves()
	ben.over(mark, "left")

	mark = ben.Mark()
	const false = "Аna" // the first letter is Cyrillic
	fake := w.phone(false, append([]string{"call", "Ben"}, none...)...)
	mark, _ = ben.rung(mark, false)
	fake.awaits(0, "call_ringing", nil)
	fake.leaves()
	ben.over(mark, "cancelled")
	ben.leaves()
}

// TestBothCall each other at the same moment: one call comes of it.
func TestBothCall(t *testing.T) {
	w := newWorld(t)
	ana, ben := w.talks("Ana", 400, "answer"), w.talks("Ben", 700, "answer")
	w.until("Ana is told of Ben", func() bool { return ana.allowed("safety Ben") })
	for _, c := range []struct {
		p    *person
		line string
	}{{ana, "call Ben"}, {ben, "call Ana"}} {
		if err := c.p.Tell(c.line); err != nil {
			t.Fatal(err)
		}
	}
	a, b := ana.awaits(0, "call_joined", nil), ben.awaits(0, "call_joined", nil)
	if a.Channel != b.Channel || a.User != ben.user || b.User != ana.user {
		t.Errorf("Ana is in %+v, Ben in %+v", a, b)
	}
	ana.connected(ben)
	heard := hear(ana, ben)
	w.hears("in a call", ana, heard[0], []*person{ben}, nil)
	w.hears("in a call", ben, heard[1], []*person{ana}, nil)
	ana.tell("hangup")
	ben.over(0, "left")
	ana.leaves()
	ben.leaves()
}

// TestCallFromAChannel: one stays in it until the call is taken.
func TestCallFromAChannel(t *testing.T) {
	w := newWorld(t)
	ana, carl := w.sits("Ana", 400), w.sits("Carl", 1100)
	ana.connected(carl)
	ben := w.talks("Ben", 700, "call", "Ana")
	ana.rung(0, "Ben")
	people := func(p ...*person) []*person { return p }
	w.hears("it rings", ana, hear(ana)[0], people(carl), people(ben))
	mark := ana.Mark()
	ana.tell("accept")
	ana.awaits(mark, "peer_connected", func(l line) bool { return l.User == ben.user })
	heard := hear(ana, ben, carl)
	w.hears("in the call", ana, heard[0], people(ben), people(carl))
	w.hears("in the call", ben, heard[1], people(ana), people(carl))
	w.hears("left behind", carl, heard[2], nil, people(ana, ben))
	if got := find(w.ctl("Olga", "who").done(), named("Ana")); got.Channel != "" {
		t.Errorf("she still sits in %q", got.Channel)
	}
	mark = ana.Mark()
	ana.tell("switch General") // which ends the call
	ben.ends(done, "")
	ana.awaits(mark, "peer_connected", func(l line) bool { return l.User == carl.user })
	w.hears("back", ana, hear(ana)[0], people(carl), people(ben))
	ana.leaves()
}
