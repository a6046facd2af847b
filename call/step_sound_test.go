package call

import (
	"errors"
	"strings"
	"testing"
	"time"

	"parley/audio"
	"parley/audio/mix"
	"parley/wire"
)

func (r *rig) do(c Command) []effect {
	return r.on(commanded{cmd: c, member: r.me.member.Member, nonce: r.me.member.Nonce})
}

func (r *rig) check() CheckState { return r.s.sound.Check }

// A check records, plays and ends, and whatever concerns a channel ends it before.
func TestCheck(t *testing.T) {
	started := func() *rig {
		r := newRig(t)
		r.on(devicesSeen{[]Device{{ID: "a"}}, "a", "b"})
		if did := r.do(Check{}); count[startCheck](did) != 1 || r.check().Phase != CheckRecording {
			t.Fatalf("%v, %+v", kinds(did), r.check())
		}
		if did := r.do(Check{}); len(did) != 0 {
			t.Errorf("a second check: %v", kinds(did))
		}
		return r
	}
	played := func() *rig {
		r := started()
		r.now += CheckTime - time.Millisecond
		if did := r.on(tick{}); len(did) != 0 {
			t.Errorf("too early: %v", kinds(did))
		}
		r.now += time.Millisecond
		if did := r.on(tick{}); count[playCheck](did) != 1 || r.check().Phase != CheckPlaying {
			t.Fatalf("%v, %+v", kinds(did), r.check())
		}
		return r
	}
	r := played()
	r.on(checkHeard{level: -12, plays: true})
	if c := r.check(); c.Phase != CheckPlaying || c.Heard != -12 {
		t.Errorf("%+v", c)
	}
	if did := r.on(checkPlayed{}); count[stopCheck](did) != 1 || r.check() != (CheckState{Heard: -12}) {
		t.Errorf("%v, %+v", kinds(did), r.check())
	}
	for name, end := range map[string]struct {
		from   func() *rig
		do     func(r *rig) []effect
		failed bool
	}{
		"stopped":             {started, func(r *rig) []effect { return r.do(StopCheck{}) }, false},
		"joined":              {started, func(r *rig) []effect { return r.do(Join{hall}) }, false},
		"nothing was heard":   {played, func(r *rig) []effect { return r.on(checkHeard{level: -120}) }, false},
		"it does not decode":  {played, func(r *rig) []effect { return r.on(checkHeard{failed: "No."}) }, true},
		"no speaker":          {played, func(r *rig) []effect { r.on(devicesSeen{mic: "a"}); return r.on(checkPlayed{}) }, true},
		"the speaker is dead": {played, func(r *rig) []effect { r.now += playWithin; return r.on(tick{}) }, true},
		"no microphone": {started, func(r *rig) []effect {
			r.on(devicesSeen{speaker: "b"})
			r.now += CheckTime
			return r.on(tick{})
		}, true},
	} {
		r := end.from()
		if did := end.do(r); count[stopCheck](did) != 1 || r.check().Phase != CheckIdle || (r.check().Failed != "") != end.failed {
			t.Errorf("%s: %v, %+v", name, kinds(did), r.check())
		}
	}
	r = newRig(t)
	r.join()
	r.do(Check{})
	if did := r.do(Leave{}); count[stopCheck](did) != 1 || count[closeSound](did) != 1 {
		t.Errorf("left: %v", kinds(did))
	}
}

// A test of the echo plays, takes what was heard, and is for outside of a place alone.
func TestEchoTest(t *testing.T) {
	state := func(r *rig) EchoTestState { return r.s.snapshot(time.Time{}, &Directory{}, nil, 0).Sound.EchoTest }
	started := func() *rig {
		r := newRig(t)
		r.on(devicesSeen{[]Device{{ID: "a"}}, "a", "b"})
		if did := r.do(EchoTest{}); count[startEchoTest](did) != 1 || state(r).Phase != EchoTestRunning {
			t.Fatalf("%v, %+v", kinds(did), state(r))
		}
		if did := r.do(EchoTest{}); len(did) != 0 {
			t.Errorf("a second test: %v", kinds(did))
		}
		return r
	}
	heard := audio.EchoResult{EchoDBFS: -18, LeftDB: 31}
	r := started()
	r.now += echoWithin - time.Millisecond
	if did := r.on(tick{}); len(did) != 0 {
		t.Errorf("too early: %v", kinds(did))
	}
	did := r.on(echoTested{heard, 62})
	if want := (EchoTestState{Done: true, LeftDB: 31, EchoDBFS: -18, DelayMS: 62}); count[stopEchoTest](did) != 1 || state(r) != want {
		t.Errorf("%v, %+v", kinds(did), state(r))
	}
	if did := r.on(echoTested{audio.EchoResult{LeftDB: 1}, 3}); len(did) != 0 || state(r).LeftDB != 31 {
		t.Errorf("a test that is over: %v, %+v", kinds(did), state(r))
	}
	no, without := func(trouble audio.EchoTrouble) func(*rig) []effect {
		return func(r *rig) []effect { return r.on(echoTested{result: audio.EchoResult{Trouble: trouble}}) }
	}, func(mic, speaker string, then func(*rig) []effect) func(*rig) []effect {
		return func(r *rig) []effect { r.on(devicesSeen{mic: mic, speaker: speaker}); return then(r) }
	}
	late := func(r *rig) []effect { r.now += echoWithin; return r.on(tick{}) }
	for name, end := range map[string]struct {
		do    func(r *rig) []effect
		words string // of Failed; empty: there are none
	}{
		"stopped":                  {func(r *rig) []effect { return r.do(StopEchoTest{}) }, ""},
		"joined":                   {func(r *rig) []effect { return r.do(Join{hall}) }, ""},
		"checked":                  {func(r *rig) []effect { return r.do(Check{}) }, ""},
		"headphones":               {no(audio.EchoNone), "headphones"},
		"noise":                    {no(audio.EchoNoise), "too loud"},
		"a microphone that ends":   {no(audio.EchoShort), "too little"},
		"no microphone":            {without("", "b", no(audio.EchoShort)), "no microphone"},
		"no speaker":               {without("a", "", no(audio.EchoNone)), "no speaker"},
		"never":                    {late, "in time"},
		"never, for no microphone": {without("", "b", late), "no microphone"},
	} {
		r := started()
		did := end.do(r)
		if s := state(r); count[stopEchoTest](did) != 1 || s.Phase != EchoTestIdle || s.Done || !strings.Contains(s.Failed, end.words) || end.words == "" && s.Failed != "" {
			t.Errorf("%s: %v, %+v", name, kinds(did), s)
		}
	}
	r = newRig(t)
	r.join()
	if did := r.do(EchoTest{}); len(did) != 0 || state(r).Phase != EchoTestIdle || state(r).Failed == "" {
		t.Errorf("in a channel: %v, %+v", kinds(did), state(r))
	}
	r.do(Leave{})
	r.do(Check{})
	if did := r.do(EchoTest{}); count[stopCheck](did) != 1 || count[startEchoTest](did) != 1 || state(r) != (EchoTestState{Phase: EchoTestRunning, EchoDBFS: mix.Floor}) {
		t.Errorf("from a check: %v, %+v", kinds(did), state(r))
	}
}

// The microphone's test is over when a channel is joined, and is none in one.
func TestListen(t *testing.T) {
	r := newRig(t)
	shown := func() bool { return r.s.snapshot(time.Time{}, &Directory{}, nil, 0).Sound.Listening }
	if did := r.do(Listen{true}); first[setListen](t, did) != (setListen{true}) || !shown() {
		t.Errorf("%v, shown: %v", kinds(did), shown())
	}
	if did := r.join(); first[setListen](t, did) != (setListen{false}) || shown() {
		t.Errorf("%v, shown: %v", kinds(did), shown())
	}
	if did := r.do(Listen{true}); len(did) != 0 || shown() {
		t.Errorf("in a channel: %v, shown: %v", kinds(did), shown())
	}
	r.do(Leave{})
	if shown() {
		t.Error("it comes back by itself after a Leave")
	}
}

// Who speaks is told when it changes, only from a channel, not while muted or testing, and not where that is not wanted.
func TestTellSpeaking(t *testing.T) {
	r := newRig(t)
	r.do(SetShareSpeaking{true})
	said := func(what string, did []effect, want ...bool) {
		t.Helper()
		var got []bool
		for _, f := range did {
			if m, ok := f.(tell); ok {
				if v, ok := m.body.(*wire.VoiceSpeaking); ok {
					got = append(got, v.On)
				}
			}
		}
		if len(got) != len(want) || len(want) == 1 && got[0] != want[0] {
			t.Errorf("%s: told %v, want %v", what, got, want)
		}
	}
	speak := func(on bool) []effect { return r.on(tick{speaking: on}) }
	said("outside", speak(true))
	r.join()
	said("begins", speak(true), true)
	said("goes on", speak(true))
	said("ends", speak(false), false)
	said("again", speak(true), true)
	said("muted: the switch says it", r.do(Mute{true}))
	said("talks on", speak(true))
	r.do(Mute{false})
	said("unmuted", speak(true), true)
	r.do(Check{})
	said("checks", speak(true), false)
	r.do(StopCheck{})
	said("is back", speak(true), true)
	r.on(linkDown{err: errors.New("cut")})
	said("nobody to tell", speak(false))
	r.on(linkUp{serverKey: r.s.serverKey, welcome: wire.Welcome{Resumed: true}})
	said("again to a server that may have missed it", speak(false), false)
	said("once", speak(false))
	said("and again", speak(true), true)
	said("not wanted any more", r.do(SetShareSpeaking{false}), false)
	said("never", speak(true))
}

func TestOthersSpeaking(t *testing.T) {
	r := newRig(t)
	a := person(t, "Ana", '1')
	r.on(received{&wire.Roster{Channel: games, Seq: 1, Members: []wire.Member{a.member}}})
	version := r.s.version
	lit := func(channel string, on bool) bool {
		r.on(received{&wire.MemberSpeaking{Channel: channel, Member: a.member.Address, On: on}})
		return r.s.directory(&Directory{}).Sitting[games][0].Speaking
	}
	if !lit(games, true) || lit(games, false) || lit("nowhere", true) || lit(hall, true) {
		t.Error("who speaks is not who was said to")
	}
	if r.s.version != version+2 {
		t.Errorf("%d changes", r.s.version-version)
	}
	stranger := person(t, "Bob", '9')
	r.on(received{&wire.MemberSpeaking{Channel: games, Member: stranger.member.Address, On: true}})
	if r.s.version != version+2 {
		t.Error("somebody who is not there speaks")
	}
}

// A Snapshot says when the next try is, how many there were, and why there is none any more.
func TestRetryAndEnd(t *testing.T) {
	r := newRig(t)
	epoch := time.Unix(1e9, 0)
	view := func() *Snapshot { return r.s.snapshot(epoch, &Directory{}, nil, 0) }
	if v := view(); v.Retry != (Retry{}) || v.Ended != (Ended{}) || v.ServerKey == "" {
		t.Errorf("online: %+v %+v", v.Retry, v.Ended)
	}
	r.now = time.Minute
	r.on(linkDown{err: errors.New("cut"), wait: 2 * time.Second})
	if v := view(); v.Link != Lost || v.Retry != (Retry{epoch.Add(62 * time.Second), 1}) {
		t.Errorf("lost: %+v", v.Retry)
	}
	if did := r.do(RetryNow{}); count[hurryServer](did) != 1 {
		t.Error(kinds(did))
	}
	r.now = 63 * time.Second
	r.on(linkDown{err: errors.New("cut"), wait: 4 * time.Second})
	if v := view(); v.Retry != (Retry{epoch.Add(67 * time.Second), 2}) {
		t.Errorf("again: %+v", v.Retry)
	}
	r.on(linkUp{serverKey: r.s.serverKey, welcome: wire.Welcome{Resumed: true}})
	if v := view(); v.Retry != (Retry{}) {
		t.Errorf("back: %+v", v.Retry)
	}
	r.join()
	if v := view(); v.Place.Since != epoch.Add(63*time.Second) {
		t.Errorf("joined %v", v.Place.Since)
	}
	r.on(linkDown{err: &goneAway{wire.Goaway{Reason: wire.ReasonKicked, Text: "Out."}}, final: true})
	v := view()
	if v.Link != Offline || v.Retry != (Retry{}) || v.Ended != (Ended{wire.ReasonKicked, "Out."}) || v.ServerKey == "" || !v.Place.Since.IsZero() {
		t.Errorf("kicked: %+v", v)
	}
	r.do(Connect{Link: v.Address, Name: "Me"})
	if v := view(); v.Ended != (Ended{}) || v.Link != Dialing {
		t.Errorf("once more: %+v", v)
	}
}
