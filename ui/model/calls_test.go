package model

import (
	"fmt"
	"math"
	"testing"
	"time"

	"parley/call"
	"parley/profile"
)

// ringing is a rig at which somebody rings.
func ringing(t *testing.T, ring call.Ring) *rig {
	r := newRig(t)
	ring.Since = r.in.Now
	r.in.Snapshot.Ring = &ring
	return r
}

var fromMara = call.Ring{Call: "c1", User: "mara", Name: "Mara Lind", Key: keyOf("mara")}

// inCallWith is a rig in a call.
func inCallWith(t *testing.T, peers ...call.Peer) *rig {
	r := newRig(t).join(peers...)
	r.in.Snapshot.Place.Channel, r.in.Snapshot.Place.Call, r.in.Snapshot.Place.With = "", "c1", "mara"
	return r
}

func TestRing(t *testing.T) {
	const note = "Until you accept, nothing goes to them:\nno sound, no picture, no address."
	for _, c := range []struct {
		name   string
		change func(r *rig, ring *call.Ring)
		want   string
	}{
		{"voice", func(*rig, *call.Ring) {}, "Mara Lind calls you [Not verified:2] " + note},
		{"video", func(_ *rig, ring *call.Ring) { ring.Video = true }, "Mara Lind calls you with video [Not verified:2] " + note},
		{"verified", func(_ *rig, ring *call.Ring) { ring.Verified = true }, "Mara Lind calls you [Verified:1] " + note},
		{"new", func(_ *rig, ring *call.Ring) { ring.New = true }, "Mara Lind calls you [New to you:4] " + note},
		{"a browser guest", func(_ *rig, ring *call.Ring) { ring.Verified, ring.Web = true, true },
			"Mara Lind calls you [Browser guest: the server could listen there:2] " + note},
		{"like", func(_ *rig, ring *call.Ring) { ring.New, ring.Like = true, "Mar\u202ea Lind" },
			"Mara Lind calls you [New to you:4] !This name looks like that of Mara Lind, whom you know, but the key is another one. " + note},
		{"hostile", func(_ *rig, ring *call.Ring) {
			ring.User, ring.Name, ring.Key = "nobody", "\u202e\n", nil
		}, "Somebody NOBO calls you [Not verified:2] " + note},
		{"from a channel", func(r *rig, _ *call.Ring) { r.join() },
			"Mara Lind calls you [Not verified:2] " + note + "\nAccepting leaves Front porch."},
		{"asked for", func(_ *rig, ring *call.Ring) { ring.Out = true }, "Mara Lind Calling… [Not verified:2] "},
		{"there", func(_ *rig, ring *call.Ring) { ring.Out, ring.Placed = true, true }, "Mara Lind Ringing… [Not verified:2] "},
	} {
		r := ringing(t, fromMara)
		c.change(r, r.in.Snapshot.Ring)
		ring := r.now().Ring
		warning := ""
		if ring.Warning != "" {
			warning = "!" + ring.Warning + " "
		}
		equal(t, c.name, fmt.Sprintf("%s %s [%s:%d] %s%s", ring.Name, ring.Line, ring.Chip.Text, ring.Chip.Tone, warning, ring.Note), c.want)
	}
	if r := newRig(t).now().Ring; r != nil {
		t.Errorf("nobody rings: %+v", r)
	}
}

// The ring around the face takes three steps in 1.2 s, and none with less motion.
func TestRingBeat(t *testing.T) {
	for _, flat := range []bool{false, true} {
		r := ringing(t, fromMara)
		r.in.Settings.LessMotion = flat
		got := fmt.Sprint(r.now().Ring.Step)
		for range 4 {
			got += fmt.Sprint(r.after(400 * time.Millisecond).Ring.Step)
		}
		equal(t, fmt.Sprint("less motion ", flat), got, map[bool]string{false: "23423", true: "22222"}[flat])
	}
}

func TestCallingStage(t *testing.T) {
	out := fromMara
	out.Out = true
	r := ringing(t, out)
	v := r.now()
	equal(t, "kind", v.Stage.Kind, StageCalling)
	equal(t, "dock", fmt.Sprint(v.Dock.Line, v.Dock.Calling, v.Dock.InChannel, v.Dock.InCall), "Calling Mara Lindtrue false false")
	r.join(peer("kofi", "Kofi"))
	v = r.now()
	equal(t, "in a channel", fmt.Sprintf("%d %+v %s", v.Stage.Kind, *v.Stage.Banner, v.Dock.Line),
		fmt.Sprintf("%d %+v Live in Front porch", StageTiles, Banner{Icon: "phone", Text: "Calling Mara Lind…", Button: "Cancel", Action: StopCalling}))
	r.in.Snapshot.Ring.Placed = true
	equal(t, "there", r.now().Stage.Banner.Text, "Ringing at Mara Lind…")
	r.in.Snapshot.Ring.Out = false
	equal(t, "here", r.now().Stage.Banner == nil, true)
}

func TestCallStage(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(r *rig, p *call.Peer)
		want   string
	}{
		{"voice", func(*rig, *call.Peer) {}, `Mara Lind|Call, 0:00|Encrypted, identity not verified|""|Live with Mara Lind`},
		{"verified", func(_ *rig, p *call.Peer) { p.Verified = true }, `Mara Lind|Call, 0:00|Encrypted and verified|V""|Live with Mara Lind`},
		{"a browser guest", func(_ *rig, p *call.Peer) { p.Web, p.Verified = true, true },
			`Mara Lind|Call, 0:00|Browser guest: the server could listen there|V""|Live with Mara Lind`},
		{"their camera", func(r *rig, p *call.Peer) { p.Camera = true; r.in.Now = r.in.Now.Add(252 * time.Second) },
			`Mara Lind|Video call, 4:12|Encrypted, identity not verified|C""|Live with Mara Lind`},
		{"own camera", func(r *rig, p *call.Peer) {
			r.in.Snapshot.Camera.On = true
			r.in.Now = r.in.Now.Add(time.Hour + 61*time.Second)
		}, `Mara Lind|Video call, 1:01:01|Encrypted, identity not verified|O""|Live with Mara Lind`},
		{"a camera that fails", func(r *rig, p *call.Peer) {
			r.in.Snapshot.Camera.On, r.in.Snapshot.Camera.Failed = true, "Another program\nis using it."
		}, `Mara Lind|Video call, 0:00|Encrypted, identity not verified|O"Another program is using it."|Live with Mara Lind`},
		{"muted", func(r *rig, p *call.Peer) { p.Muted = true; r.in.Snapshot.Self.Muted = true },
			`Mara Lind|Call, 0:00|Encrypted, identity not verified|M""|Muted with Mara Lind`},
		{"deafened", func(r *rig, p *call.Peer) { p.Muted, p.Deafened = true, true; r.in.Snapshot.Self.Deafened = true },
			`Mara Lind|Call, 0:00|Encrypted, identity not verified|D""|Deafened with Mara Lind`},
		{"connecting", func(_ *rig, p *call.Peer) { p.Phase = call.Connecting },
			`Mara Lind|Call, 0:00|Encrypted, identity not verified|Connecting""|Live with Mara Lind`},
		{"reconnecting", func(_ *rig, p *call.Peer) { p.Phase = call.Reconnecting; p.New = true },
			`Mara Lind|Call, 0:00|Encrypted, identity not verified|NReconnecting dim""|Live with Mara Lind`},
		{"a clock that went back", func(r *rig, _ *call.Peer) { r.in.Now = r.in.Now.Add(-time.Hour) },
			`Mara Lind|Call, 0:00|Encrypted, identity not verified|""|Live with Mara Lind`},
	} {
		r := inCallWith(t, peer("mara", "Mara Lind"))
		c.change(r, &r.in.Snapshot.Place.Peers[0])
		v := r.now()
		st, s := v.Stage, v.Stage.Call
		got := fmt.Sprintf("%s|%s|%s|%s%s%s%s%s%s%s%s%q|%s", st.Title, st.Subtitle, st.Chip.Text, flag(s.Verified, "V"), flag(s.New, "N"), flag(s.Muted, "M"),
			flag(s.Deafened, "D"), flag(s.Camera, "C"), flag(s.OwnCamera, "O"), s.Line, flag(s.Dim, " dim"), s.OwnLine, v.Dock.Line)
		equal(t, c.name, got, c.want)
		equal(t, c.name+": kind", fmt.Sprint(st.Kind == StageCall, len(st.Tiles), v.Dock.InCall, v.Dock.InChannel), "true 0 true true")
	}
}

// Between the answer and the connection the other one has a name, also where the server's directory lacks them.
func TestCallConnecting(t *testing.T) {
	stranger := fromMara
	stranger.User, stranger.Name = "ghost", "Ghost"
	r := ringing(t, stranger)
	r.now()
	r.in.Snapshot.Ring = nil
	r.in.Snapshot.Place = call.Place{Phase: call.Joining, Call: "c1", With: "ghost"}
	v := r.now()
	equal(t, "a stranger", fmt.Sprintf("%s|%s|%s|%s", v.Stage.Title, v.Stage.Call.Line, v.Stage.Subtitle, v.Dock.Line), "Ghost|Connecting||Connecting to Ghost")
	r.in.Snapshot.Place.With = "kofi"
	equal(t, "somebody of the directory", r.now().Stage.Title, "Kofi")
	r.in.Snapshot.Place.With = "who"
	equal(t, "nobody knows whom", r.now().Stage.Title, "Somebody WHO")
}

// The clock of a call is no reason to draw the stage anew.
func TestCallClock(t *testing.T) {
	r := inCallWith(t, peer("mara", "Mara Lind"))
	before := r.now().Stage
	v := r.after(time.Second)
	equal(t, "subtitle", v.Stage.Subtitle, "Call, 0:01")
	equal(t, "version", v.Stage.Version, before.Version)
	r.in.Snapshot.Camera.On = true
	equal(t, "a camera is one", r.now().Stage.Version, before.Version+1)
}

func TestPeopleInACall(t *testing.T) {
	v := inCallWith(t, peer("mara", "Mara Lind")).now()
	got := ""
	for _, p := range v.People {
		got += p.Heading + flag(p.Heading == "", p.Name+": "+p.Line) + "; "
	}
	equal(t, "people", got, "In voice, 3; Kofi: Workshop; Mara Lind: In a call with you; Sam Reyes: You, in a call; "+
		"Not in voice, 2; Bo: Do not disturb; Petra N: Away; Offline, 1; zoe: Offline; ")
	for _, row := range v.Rows {
		if row.Current || row.User == "mara" || row.User == "sam" {
			t.Errorf("in a channel: %+v", row)
		}
	}
}

func TestNoCall(t *testing.T) {
	for _, c := range []struct {
		name, user string
		change     func(s *call.Snapshot)
		want       string
	}{
		{"online", "kofi", func(*call.Snapshot) {}, ""},
		{"away", "petra", func(*call.Snapshot) {}, ""},
		{"do not disturb: they see it later", "bo", func(*call.Snapshot) {}, ""},
		{"oneself", "sam", func(*call.Snapshot) {}, "This is you."},
		{"offline", "zoe", func(*call.Snapshot) {}, "They are offline."},
		{"gone", "who", func(*call.Snapshot) {}, "They are not on this server."},
		{"no server", "kofi", func(s *call.Snapshot) { s.Link = call.Lost }, "There is no connection to the server."},
		{"calling", "kofi", func(s *call.Snapshot) { s.Ring = &call.Ring{Out: true} }, "You are calling somebody already."},
		{"called", "kofi", func(s *call.Snapshot) { s.Ring = &call.Ring{} }, "Somebody is calling you."},
		{"in a channel", "kofi", func(s *call.Snapshot) { s.Place = call.Place{Phase: call.Joined, Channel: "porch"} }, ""},
		{"in a call", "kofi", func(s *call.Snapshot) { s.Place = call.Place{Phase: call.Joining, Call: "c", With: "mara"} }, "You are in a call. Hang up first."},
		{"in this call", "mara", func(s *call.Snapshot) { s.Place = call.Place{Phase: call.Joined, Call: "c", With: "mara"} }, "You are in a call with them."},
	} {
		s := newRig(t).in.Snapshot
		c.change(s)
		equal(t, c.name, NoCall(s, c.user), c.want)
	}
}

// rung writes what the ringer is told over some seconds, a look each 200 ms.
func rung(r *rig, seconds int) string {
	out := ""
	for range seconds * 5 {
		v := r.after(200 * time.Millisecond)
		if v.Hush {
			out += "hush "
		}
		if v.Rung != nil {
			out += fmt.Sprintf("%s%s:%.2f ", flag(v.Rung.Ringer, "!"), v.Rung.Sound, v.Rung.Gain)
		}
	}
	return out
}

func TestRinger(t *testing.T) {
	out := fromMara
	out.Out = true
	r := ringing(t, fromMara)
	equal(t, "here, louder and louder", rung(r, 10), "!ring:0.40 !ring:0.63 !ring:1.00 !ring:1.00 !ring:1.00 ")
	r.in.Snapshot.Ring = &call.Ring{Call: "c2", User: "kofi"}
	equal(t, "another one", rung(r, 1), "hush !ring:0.40 ")
	r.in.Settings.Status = profile.DoNotDisturb
	equal(t, "not to be disturbed", rung(r, 5), "hush ")
	r.in.Settings.Status = profile.Available
	equal(t, "to be again", rung(r, 1), "!ring:0.40 ")
	r.in.Settings.Sounds.Ring = false
	equal(t, "switched off", rung(r, 5), "hush ")
	r.in.Settings.Sounds.Ring = true
	rung(r, 1)
	r.in.Snapshot.Ring = nil
	equal(t, "over", rung(r, 5), "hush ")

	r = ringing(t, out)
	equal(t, "not yet there", rung(r, 5), "")
	r.in.Snapshot.Ring.Placed = true
	equal(t, "there", rung(r, 7), "ringback:1.00 ringback:1.00 ringback:1.00 ")
	r.in.Snapshot.Ring = &fromMara
	equal(t, "it rings here instead", rung(r, 1), "!ring:0.40 ")
}

func TestCallNews(t *testing.T) {
	mara := func(n call.Notice) call.Notice {
		n.Channel = "c1"
		if n.User == "" {
			n.User, n.Name = "mara", "Mara\u202e Lind"
		}
		return n
	}
	ended := func(code string) call.Notice { return mara(call.Notice{Kind: call.NoticeCallEnded, Code: code}) }
	own := func(code string) call.Notice {
		return mara(call.Notice{Kind: call.NoticeCallEnded, Code: code, User: "sam", Name: "Mara Lind"})
	}
	incoming, joined := mara(call.Notice{Kind: call.NoticeCallIncoming}), mara(call.Notice{Kind: call.NoticeCallJoined})
	ringing := mara(call.Notice{Kind: call.NoticeCallRinging})
	missed := mara(call.Notice{Kind: call.NoticeCallMissed, Code: "timeout"})
	refused := func(code string) call.Notice { return mara(call.Notice{Kind: call.NoticeError, Code: code, Text: "x"}) }
	for _, c := range []struct {
		name    string
		notices []call.Notice
		want    string
	}{
		{"incoming", []call.Notice{incoming}, "[] !Somebody is calling you."},
		{"incoming once", []call.Notice{incoming, incoming}, "[] !Somebody is calling you."},
		{"taken", []call.Notice{incoming, joined}, "[join] !Somebody is calling you."},
		{"missed", []call.Notice{incoming, ended("timeout"), missed}, `[] "You missed a call from Mara Lind.":0 !Somebody is calling you.`},
		{"cancelled", []call.Notice{incoming, ended("cancelled"), missed}, `[] "You missed a call from Mara Lind.":0 !Somebody is calling you.`},
		{"declined here", []call.Notice{incoming, own("declined")}, "[] !Somebody is calling you."},
		{"missed of nobody", []call.Notice{{Kind: call.NoticeCallMissed}}, `[] "You missed a call from somebody.":0`},
		{"ringing there", []call.Notice{ringing}, "[]"},
		{"answered", []call.Notice{ringing, joined}, "[join]"},
		{"declined there", []call.Notice{ringing, ended("declined")}, `[ended] "Mara Lind has declined.":0`},
		{"no answer", []call.Notice{ringing, ended("timeout")}, `[ended] "Mara Lind did not answer. They see that you called.":0`},
		{"gone while it rang", []call.Notice{ringing, ended("lost")}, `[ended] "Mara Lind is not connected any more.":0`},
		{"removed while it rang", []call.Notice{ringing, ended("kicked")}, `[ended] "Mara Lind is no member of this server any more.":0`},
		{"busy meanwhile", []call.Notice{ringing, ended("busy")}, `[ended] "Mara Lind is in a call. They see that you called.":0`},
		{"crossing with another's", []call.Notice{ended("cancelled"), incoming},
			`[ended] "The call to Mara Lind was given up, because somebody is calling you.":0 !Somebody is calling you.`},
		{"crossing with theirs", []call.Notice{ringing, {Kind: call.NoticeCallJoined, Channel: "c2", User: "mara"},
			{Kind: call.NoticeCallEnded, Channel: "c2", Code: "left", User: "mara", Name: "Mara"}}, `[join ended] "Mara has hung up.":0`},
		{"failed", []call.Notice{ringing, ended("failed")}, `[ended] "The call to Mara Lind did not come about.":0`},
		{"given up", []call.Notice{ringing, own("cancelled")}, "[]"},
		{"hung up there", []call.Notice{joined, ended("left")}, `[join ended] "Mara Lind has hung up.":0`},
		{"hung up here", []call.Notice{joined, own("left")}, "[join ended]"},
		{"lost", []call.Notice{joined, ended("lost")}, `[join ended] "The connection to Mara Lind is lost, so the call has ended.":0`},
		{"removed", []call.Notice{joined, ended("kicked")}, `[join ended] "Mara Lind is no member of this server any more, so the call has ended.":0`},
		{"ended somehow", []call.Notice{joined, ended("what\n")}, `[join ended] "The call with Mara Lind has ended.":0`},
		{"their camera", []call.Notice{mara(call.Notice{Kind: call.NoticeFirstPicture})}, "[]"},
		{"a call is no channel", []call.Notice{joined, mara(call.Notice{Kind: call.NoticePeerJoined}), mara(call.Notice{Kind: call.NoticePeerLeft})}, "[join]"},
		{"offline", []call.Notice{refused("user_offline")}, `[] "Mara Lind is offline. They see that you called.":2`},
		{"busy", []call.Notice{refused("user_busy")}, `[] "Mara Lind is in a call. They see that you called.":2`},
		{"do not disturb", []call.Notice{refused("user_dnd")}, `[] "Mara Lind does not want to be disturbed. They see that you called.":2`},
		{"oneself busy", []call.Notice{refused("in_call")}, `[] "You are in a call already. Hang up first.":2`},
		{"refused, of nobody", []call.Notice{{Kind: call.NoticeError, Code: "user_offline"}}, `[] "The other one is offline. They see that you called.":2`},
		{"the camera goes", []call.Notice{{Kind: call.NoticeCamera, Code: "camera_lost", Device: "Cam", Text: "Cam is gone."}}, `[] "Cam is gone.":2`},
		{"five cameras", []call.Notice{{Kind: call.NoticeCamera, Code: "camera_many", Text: "Four are on."}}, `[] "Four are on.":2`},
		{"the shared window is closed", []call.Notice{{Kind: call.NoticeScreen, Code: "screen_closed", Text: "It was closed."}}, `[] "It was closed.":2`},
		{"a window is shared", []call.Notice{{Kind: call.NoticeScreen, Code: "screen_shown", Text: "You are showing it."}}, "[]"},
		{"the camera opens", []call.Notice{{Kind: call.NoticeCamera, Code: "camera_opened", Device: "Cam", Text: "Using Cam."}}, "[]"},
	} {
		r := newRig(t)
		r.now()
		r.in.Now = r.in.Now.Add(time.Hour)
		for _, n := range c.notices {
			r.happens(n)
		}
		equal(t, c.name, announced(r.now()), c.want)
	}
}

// A call that comes does not wait for what was told before; calls that never end are told of seldom.
func TestCallAlerts(t *testing.T) {
	r, alerts := sitting(t), 0
	r.happens(call.Notice{Kind: call.NoticePeerJoined})
	r.happens(call.Notice{Kind: call.NoticeCallIncoming, Channel: "c1"})
	equal(t, "both", len(r.now().Alerts), 2)
	for range 300 {
		r.happens(call.Notice{Kind: call.NoticeCallIncoming, Channel: "c2"})
		alerts += len(r.after(100 * time.Millisecond).Alerts)
	}
	equal(t, "in 30 s", alerts, 3)
	r.in.Settings.Notify = false
	r.happens(call.Notice{Kind: call.NoticeCallIncoming, Channel: "c3"})
	equal(t, "no notifications", len(r.after(time.Minute).Alerts), 0)
}

func TestMissed(t *testing.T) {
	r := newRig(t)
	v := r.now()
	equal(t, "none", fmt.Sprint(len(v.Missed), v.MissedVersion), "0 1")
	at := func(d time.Duration) int64 { return start.Add(d).Unix() }
	r.in.Snapshot.Missed = []call.Missed{
		{Call: "1", User: "mara", Name: "Old name", At: at(-time.Hour), Why: "timeout", Video: true},
		{Call: "2", User: "ghost", Name: "Gh\u202eost", At: at(-24 * time.Hour), Why: "offline"},
		{Call: "3", User: "bo", At: at(-400 * 24 * time.Hour), Why: "dnd"},
		{Call: "4", User: "bo", At: -1 << 62, Why: "busy"},
		{Call: "5", User: "bo", At: 1 << 62, Why: "what"},
	}
	v = r.now()
	got := ""
	for _, m := range v.Missed {
		got += m.Name + ": " + m.Line + "; "
	}
	equal(t, "nobody has looked at those that are of any time", v.Unseen, 4)
	r.in.Settings.MissedSeen = SeenNow(v.Missed, r.in.Now)
	equal(t, "but for one of the far future all are looked at", r.now().Unseen, 1)
	equal(t, "which hides none of the day after tomorrow", r.in.Settings.MissedSeen, start.Add(24*time.Hour).Unix())
	equal(t, "rows", got, "Mara Lind: Video call, 19:00; Ghost: Call, 21 November 20:00, you were offline; "+
		"Bo: Call, 18 October 2025, do not disturb; Bo: Call, you were in a call; Bo: Call; ")
	equal(t, "version", v.MissedVersion, 2)
	equal(t, "the same", r.after(time.Second).MissedVersion, 2)
	v = r.after(5 * time.Hour)
	equal(t, "another day", fmt.Sprint(v.MissedVersion, v.Missed[0].Line), "3Video call, 22 November 19:00")
	r.directory(func(d *call.Directory) { d.Users = append([]call.User{}, d.Users...) })
	equal(t, "a directory that says the same", r.now().MissedVersion, 3)
	r.in.Snapshot.Missed = nil
	equal(t, "forgotten", r.now().MissedVersion, 4)
}

func TestCallChoices(t *testing.T) {
	s := &call.Snapshot{Camera: call.CameraState{Cameras: []call.Camera{{ID: "v0", Name: "Integrated\n camera"}, {ID: "pattern", Name: "Test picture", Test: true}}},
		Sound: call.SoundState{Devices: []call.Device{{ID: "m", Name: "Yeti"}, {Output: true, ID: "s1", Name: "Box", Default: true}, {Output: true, ID: "s2", Name: "TV"}}}}
	labels, ids, at := CameraChoices(s, "pattern")
	equal(t, "cameras", fmt.Sprintf("%q %q %d", labels, ids, at), `["The first one: Integrated camera" "Integrated camera" "Test picture"] ["" "v0" "pattern"] 2`)
	s.Camera.Cameras = s.Camera.Cameras[1:]
	labels, ids, at = CameraChoices(s, "")
	equal(t, "no camera but the test picture", fmt.Sprintf("%q %q %d", labels, ids, at), `["The first one" "Test picture"] ["" "pattern"] 0`)
	labels, ids, at = CameraChoices(&call.Snapshot{}, "old")
	equal(t, "a camera that is gone", fmt.Sprintf("%q %q %d", labels, ids, at), `["The first one" "old (not plugged in)"] ["" "old"] 1`)
	labels, ids, at = RingerChoices(s, "TV")
	equal(t, "ringers", fmt.Sprintf("%q %q %d", labels, ids, at), `["Follow the speaker" "Box" "TV"] ["" "s1" "s2"] 2`)
}

func TestPictureFigures(t *testing.T) {
	mara := peer("mara", "Mara Lind")
	mara.Camera = true
	r := inCallWith(t, mara)
	r.linkOf(0, 31, 0)
	equal(t, "no picture yet", r.now().Dock.Delay, "31 ms")
	equal(t, "no figures", len(pictureDetails(r.in.Snapshot, r.in.Stats)), 0)
	p := &r.in.Stats.Peers[0].Picture
	p.Width, p.Height, p.FPSShown, p.Kbps, p.Pictures, p.Freezes, p.FrozenMS, p.LipSyncMS = 1280, 720, 29.9, 1432.4, 100, 2, 410, -12
	r.in.Snapshot.Camera.On = true
	sent := &r.in.Stats.Picture.Sent
	sent.Width, sent.Height, sent.FPS, sent.Kbps, sent.Pictures = 640, 360, 15, math.NaN(), 1
	equal(t, "the dock", r.after(qualityStays).Dock.Delay, "31 ms, 720p")
	equal(t, "figures", fmt.Sprint(pictureDetails(r.in.Snapshot, r.in.Stats)), "[{Picture from them 1280 × 720, 30 a second, 1432 kbit/s} "+
		"{Freezes 2, 410 ms} {Sound and picture 12 ms apart} {Picture to them 640 × 360, 15 a second, ? kbit/s}]")
	for i := range 20 { // a size that changes each time is not shown each time
		p.Height = 100 + i
		r.after(tick)
	}
	equal(t, "after 2.7 s", r.now().Dock.Delay, "31 ms, 115p")
	equal(t, "together", apart(-0.4), "together")
	r.in.Snapshot.Place.Peers[0].Camera = false
	equal(t, "the camera is off", r.after(qualityStays).Dock.Delay, "31 ms")
	equal(t, "nowhere", len(pictureDetails(&call.Snapshot{}, r.in.Stats)), 0)
}

// In a channel each picture has its owner's name.
func TestPictureFiguresOfAChannel(t *testing.T) {
	r := newRig(t).join(peer("bo", "Bo"), peer("mara", "Mara\u202e Lind"))
	for i := range r.in.Stats.Peers {
		p := &r.in.Stats.Peers[i]
		p.Picture.Width, p.Picture.Height, p.Picture.FPSShown, p.Picture.Kbps, p.Picture.Pictures = 640, 360, 30, 500, uint64(i)
		p.Screen.Width, p.Screen.Height, p.Screen.FPSShown, p.Screen.Kbps, p.Screen.Pictures = 1920, 1080, 5, 300, 1
	}
	r.in.Snapshot.Screen.Sharing = true
	sent := &r.in.Stats.Screen.Sent
	sent.Width, sent.Height, sent.FPS, sent.Kbps, sent.Pictures = 800, 600, 15, 100, 1
	equal(t, "figures", fmt.Sprint(pictureDetails(r.in.Snapshot, r.in.Stats)), "[{Screen from Bo 1920 × 1080, 5 a second, 300 kbit/s} "+
		"{Picture from Mara Lind 640 × 360, 30 a second, 500 kbit/s} {Screen from Mara Lind 1920 × 1080, 5 a second, 300 kbit/s} "+
		"{Screen to them 800 × 600, 15 a second, 100 kbit/s}]")
}

// That there is no microphone is said for a while, and then leaves its place to the picture.
func TestCallWithoutMicrophone(t *testing.T) {
	r := inCallWith(t, peer("mara", "Mara Lind"))
	r.in.Snapshot.Sound.Mic = ""
	shown := ""
	for range 14 {
		shown += flag(r.now().Stage.Banner != nil, "x") + flag(r.in.Snapshot.Place.Call != "", ".")
		r.after(time.Second)
	}
	equal(t, "a second each", shown, "..x.x.x.x.x.x.x.x.....")
	r.in.Snapshot.Place.Call, r.in.Snapshot.Place.Channel = "", "porch"
	equal(t, "in a channel it stays", r.after(time.Hour).Stage.Banner != nil || r.after(grace).Stage.Banner != nil, true)
}
