package shell_test

import (
	"math"
	"testing"
)

// both is two people in General who are connected.
func (w *world) both(args ...string) (ana, ben *person) {
	w.Helper()
	ana, ben = w.sits("Ana", 400, args...), w.sits("Ben", 700, args...)
	ana.connected(ben)
	return ana, ben
}

func TestMuteAndDeafen(t *testing.T) {
	w := newWorld(t)
	ana, ben := w.both()
	// check wants who of the two hears the other.
	check := func(when string, anaHears, benHears bool) {
		t.Helper()
		heard := hear(ana, ben)
		for i, yes := range []bool{anaHears, benHears} {
			p, o := []*person{ana, ben}[i], []*person{ben}
			if i == 1 {
				o[0] = ana
			}
			if yes {
				w.hears(when, p, heard[i], o, nil)
			} else {
				w.hears(when, p, heard[i], nil, o)
			}
		}
	}
	check("at first", true, true)
	if l := ana.tell("mute"); !l.Muted || l.Deafened {
		t.Errorf("mute: %+v", l)
	}
	check("muted", true, false)
	if l := ana.tell("unmute"); l.Muted {
		t.Errorf("unmute: %+v", l)
	}
	check("unmuted", true, true)
	if l := ana.tell("deafen"); !l.Muted || !l.Deafened {
		t.Errorf("deafen: %+v", l)
	}
	check("deafened", false, false)
	if l := ana.tell("undeafen"); l.Muted || l.Deafened {
		t.Errorf("undeafen: %+v", l)
	}
	check("undeafened", true, true)
	ana.tell("mute on")
	ana.tell("deafen on")
	if l := ana.tell("deafen off"); !l.Muted || l.Deafened {
		t.Errorf("undeafen gives back the mute: %+v", l)
	}
	check("undeafened, but muted before", true, false)
	ana.untold("mute perhaps")
	ana.untold("dance")
	ana.leaves()
	ben.leaves()
}

func TestPushToTalk(t *testing.T) {
	w := newWorld(t)
	ana, ben := w.both("--mode", "ptt")
	all := []*person{ana}
	w.hears("before", ben, hear(ben)[0], nil, all)
	ana.tell("ptt down")
	w.hears("down", ben, hear(ben)[0], all, nil)
	ana.tell("ptt up")
	w.hears("up", ben, hear(ben)[0], nil, all)
	ana.untold("ptt sideways")
	if got := hear(ana)[0]; toneIn(got, ben.tone) > -55 {
		t.Error("Ben is heard, who has no key down")
	}
}

// What one listener chose about a speaker is a matter of their own ear, and stays for the next time.
func TestVolumeAndLocalMute(t *testing.T) {
	w := newWorld(t)
	ana, ben := w.both()
	level := func(p *person) float64 { return toneIn(hear(p)[0], ana.tone) }
	full := level(ben)
	ben.tell("volume Ana 50")
	half := level(ben)
	if math.Abs(full-half-6) > 1.5 {
		t.Errorf("at 50 %%: %.1f dBFS, %.1f at 100", half, full)
	}
	ben.tell("localmute Ana on")
	heard := hear(ben, ana)
	w.hears("silenced here", ben, heard[0], nil, []*person{ana})
	w.hears("who silences is heard", ana, heard[1], []*person{ben}, nil)
	for _, bad := range []string{"volume Ana 201", "volume Ana loud", "volume Ana", "volume Nobody 50", "localmute Ana perhaps", "localmute Nobody on"} {
		ben.untold(bad)
	}
	ben.leaves()

	again := w.sits("Ben", 700)
	again.connected(ana)
	w.hears("silenced in the run before", again, hear(again)[0], nil, []*person{ana})
	again.tell("localmute Ana off")
	if kept := level(again); math.Abs(full-kept-6) > 1.5 {
		t.Errorf("the next time: %.1f dBFS, %.1f at 100 %%", kept, full)
	}
}

func TestSwitch(t *testing.T) {
	w := newWorld(t)
	ana, ben := w.both()
	carl := w.sits("Carl", 1100, "--channel", "Games")
	people := func(p ...*person) []*person { return p }
	heard := hear(ana, ben, carl)
	w.hears("in General", ana, heard[0], people(ben), people(carl))
	w.hears("in General", ben, heard[1], people(ana), people(carl))
	w.hears("alone in Games", carl, heard[2], nil, people(ana, ben))
	ana.untold("switch Nowhere")
	ana.tell("switch Games")
	ana.connected(carl)
	heard = hear(ana, ben, carl)
	w.hears("moved to Games", ana, heard[0], people(carl), people(ben))
	w.hears("left behind in General", ben, heard[1], nil, people(ana, carl))
	w.hears("visited in Games", carl, heard[2], people(ana), people(ben))
	ana.tell("switch General")
	ana.leaves()
}

// What is chosen about somebody who sits elsewhere holds as soon as they come; to let them in there is nobody yet.
func TestSilencedBeforeTheyCome(t *testing.T) {
	w := newWorld(t)
	ana, ben := w.both()
	carl := w.sits("Carl", 1100, "--channel", "Games")
	people := func(p ...*person) []*person { return p }
	w.until("Ben to be told of Carl", func() bool { return ben.allowed("localmute Carl on") })
	ben.tell("volume " + carl.user + " 50")
	ben.tell("verify Carl")
	for _, bad := range []string{"trust Carl", "localmute Ben on", "volume Nobody 50"} {
		ben.untold(bad)
	}
	carl.tell("switch General")
	ben.connected(carl)
	w.hears("silenced before he came", ben, hear(ben)[0], people(ana), people(carl))
	level := func() float64 { return toneIn(hear(ben)[0], carl.tone) }
	ben.tell("localmute Carl off")
	half := level()
	ben.tell("volume Carl 100")
	if full := level(); math.Abs(full-half-6) > 1.5 {
		t.Errorf("at 50 %%: %.1f dBFS, %.1f at 100", half, full)
	}
}
