package model

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/call"
	"parley/profile"
)

// announced writes what a View announces.
func announced(v *View) string {
	out := fmt.Sprint(v.Sounds)
	for _, l := range v.Lines {
		out += fmt.Sprintf(" %q:%d", l.Text, l.Tone)
	}
	for _, a := range v.Alerts {
		out += " !" + a.Text
	}
	return out
}

// sitting is a rig that has been in a channel for long.
func sitting(t *testing.T) *rig {
	r := newRig(t).join(peer("mara", "Mara"))
	r.happens(call.Notice{Kind: call.NoticeJoined})
	r.now()
	r.in.Now = r.in.Now.Add(time.Hour)
	return r
}

func TestNews(t *testing.T) {
	one := func(n call.Notice) func(r *rig) { return func(r *rig) { r.happens(n) } }
	for _, c := range []struct {
		name   string
		change func(r *rig)
		want   string
	}{
		{"nothing", func(*rig) {}, "[]"},
		{"join", one(call.Notice{Kind: call.NoticePeerJoined, Name: "X"}), "[join] !Someone joined your voice channel."},
		{"join of a new key", one(call.Notice{Kind: call.NoticePeerJoined, New: true}), "[new] !Someone joined your voice channel."},
		{"two joins are one sound", func(r *rig) {
			r.happens(call.Notice{Kind: call.NoticePeerJoined})
			r.in.Now = r.in.Now.Add(299 * time.Millisecond)
			r.happens(call.Notice{Kind: call.NoticePeerJoined})
		}, "[join] !Someone joined your voice channel."},
		{"two joins are two", func(r *rig) {
			r.happens(call.Notice{Kind: call.NoticePeerJoined})
			r.in.Now = r.in.Now.Add(300 * time.Millisecond)
			r.happens(call.Notice{Kind: call.NoticePeerJoined})
		}, "[join join] !Someone joined your voice channel."},
		{"held", one(call.Notice{Kind: call.NoticeHeld, Name: "Ma\u202era", New: true, Code: call.HeldLookalike}),
			`[new] "Mara is held back: named like somebody you know.":4 !Someone in your voice channel is held back until you let them in.`},
		{"leave", one(call.Notice{Kind: call.NoticePeerLeft}), "[leave]"},
		{"own leave", one(call.Notice{Kind: call.NoticeLeft, Code: "left"}), "[leave]"},
		{"kicked", one(call.Notice{Kind: call.NoticeLeft, Code: "kicked"}), "[ended] !You are no longer in the voice channel."},
		{"channel removed", one(call.Notice{Kind: call.NoticeLeft, Code: "removed"}), `[ended] "The channel was removed.":2 !You are no longer in the voice channel.`},
		{"moved", one(call.Notice{Kind: call.NoticeLeft, Code: "moved"}),
			`[ended] "You joined a channel from somewhere else, so this window has left.":2 !You are no longer in the voice channel.`},
		{"own join", one(call.Notice{Kind: call.NoticeJoined}), "[join]"},
		{"who was there is no news, but a new key is", func(r *rig) {
			r.happens(call.Notice{Kind: call.NoticeJoined})
			r.in.Now = r.in.Now.Add(400 * time.Millisecond)
			r.happens(call.Notice{Kind: call.NoticePeerJoined})
			r.happens(call.Notice{Kind: call.NoticePeerJoined, New: true})
		}, "[join new]"},
		{"error", one(call.Notice{Kind: call.NoticeError, Text: "No\nway."}), `[] "No way.":2`},
		{"error without a word", one(call.Notice{Kind: call.NoticeError}), `[] "That did not work.":2`},
		{"full", one(call.Notice{Kind: call.NoticeError, Code: "channel_full", Text: "x"}), `[] "This channel is full (8). You can join when someone leaves.":2`},
		{"unplugged", one(call.Notice{Kind: call.NoticeDevice, Code: "microphone_unplugged", Text: "Yeti unplugged."}), `[] "Yeti unplugged.":2`},
		{"plugged", one(call.Notice{Kind: call.NoticeDevice, Code: "speaker_plugged", Text: "Box plugged in."}), `[] "Box plugged in.":0`},
		{"no microphone has a banner", one(call.Notice{Kind: call.NoticeDevice, Code: "microphone_none", Text: "There is no microphone."}), "[]"},
		{"no loudspeaker", one(call.Notice{Kind: call.NoticeDevice, Code: "speaker_none", Text: "There is no speaker."}), `[] "There is no speaker.":2`},
		{"other kinds", one(call.Notice{Kind: call.NoticeFirstSound, Text: "x"}), "[]"},
		{"mute", func(r *rig) { r.in.Snapshot.Self.Muted = true }, "[mute]"},
		{"deafen", func(r *rig) { r.in.Snapshot.Self.Muted, r.in.Snapshot.Self.Deafened = true, true }, "[deafen]"},
		{"do not disturb", func(r *rig) {
			r.in.Settings.Status = profile.DoNotDisturb
			r.in.Snapshot.Self.Muted = true
			r.happens(call.Notice{Kind: call.NoticePeerJoined})
			r.happens(call.Notice{Kind: call.NoticeError, Text: "Oh."})
		}, `[] "Oh.":2`},
		{"no notifications", func(r *rig) {
			r.in.Settings.Notify = false
			r.happens(call.Notice{Kind: call.NoticePeerJoined})
		}, "[join]"},
	} {
		r := sitting(t)
		c.change(r)
		v := r.now()
		equal(t, c.name, announced(v), c.want)
		v = r.after(lineShown)
		equal(t, c.name+": once", announced(v), "[]")
	}
}

func TestSoundSwitches(t *testing.T) {
	for _, c := range []struct {
		name string
		off  func(s *profile.SoundSwitches)
		want string
	}{
		{"all on", func(*profile.SoundSwitches) {}, "[join new leave ended] [mute] [unmute] [deafen] [undeafen]"},
		{"join, leave", func(s *profile.SoundSwitches) { s.JoinLeave = false }, "[new ended] [mute] [unmute] [deafen] [undeafen]"},
		{"new: a join like others", func(s *profile.SoundSwitches) { s.NewPerson = false }, "[join leave ended] [mute] [unmute] [deafen] [undeafen]"},
		{"ended", func(s *profile.SoundSwitches) { s.Ended = false }, "[join new leave] [mute] [unmute] [deafen] [undeafen]"},
		{"mute", func(s *profile.SoundSwitches) { s.Mute = false }, "[join new leave ended] [] [] [deafen] [undeafen]"},
		{"deafen", func(s *profile.SoundSwitches) { s.Deafen = false }, "[join new leave ended] [mute] [unmute] [] []"},
	} {
		r := sitting(t)
		c.off(&r.in.Settings.Sounds)
		r.happens(call.Notice{Kind: call.NoticePeerJoined})
		r.happens(call.Notice{Kind: call.NoticePeerJoined, New: true})
		r.happens(call.Notice{Kind: call.NoticePeerLeft})
		r.happens(call.Notice{Kind: call.NoticeLeft, Code: "kicked"})
		got := []string{fmt.Sprint(r.now().Sounds)}
		for _, self := range [][2]bool{{true, false}, {false, false}, {true, true}, {false, false}} {
			r.in.Snapshot.Self.Muted, r.in.Snapshot.Self.Deafened = self[0], self[1]
			got = append(got, fmt.Sprint(r.after(time.Second).Sounds))
		}
		equal(t, c.name, strings.Join(got, " "), c.want)
	}
}

// What happened before the window was there is said, but makes no sound.
func TestFirstUpdate(t *testing.T) {
	r := newRig(t)
	r.in.Snapshot.Self.Muted = true
	r.happens(call.Notice{Kind: call.NoticePeerJoined})
	r.happens(call.Notice{Kind: call.NoticeError, Text: "The sound could not be started."})
	equal(t, "first", announced(r.now()), `[] "The sound could not be started.":2`)
	equal(t, "second", announced(r.after(time.Second)), `[] "The sound could not be started.":2`)
	equal(t, "later", announced(r.after(lineShown)), "[]")
}

func TestLinesAreFew(t *testing.T) {
	r := sitting(t)
	for i := range 100 {
		r.happens(call.Notice{Kind: call.NoticeError, Text: fmt.Sprintf("Error %d.", i)})
	}
	v := r.now()
	equal(t, "the newest", announced(v), `[] "Error 97.":2 "Error 98.":2 "Error 99.":2`)
	equal(t, "by their numbers", v.Lines[2].Seq, r.in.Snapshot.LastNotice)
}

func TestAlertsAreFew(t *testing.T) {
	r, alerts := sitting(t), 0
	for range 300 { // somebody comes and goes for half a minute
		r.happens(call.Notice{Kind: call.NoticePeerJoined})
		alerts += len(r.after(100 * time.Millisecond).Alerts)
	}
	equal(t, "in 30 s", alerts, 3)
}

// That the same devices are opened at each join is not news; another one is.
func TestDevicesInUse(t *testing.T) {
	r := sitting(t)
	r.in.Snapshot.Sound.Mic, r.in.Snapshot.Sound.Speaker = "Headset", "Headset"
	for _, c := range []struct{ code, device, want string }{
		{"microphone_opened", "Yeti", "[]"}, {"speaker_opened", "Box", "[]"}, {"microphone_opened", "Yeti", "[]"},
		{"microphone_opened", "USB", `[] "Using USB.":0`}, {"microphone_opened", "USB", "[]"},
		{"microphone_fell-back", "Yeti", `[] "Using Yeti.":0`}, {"microphone_opened", "Yeti", "[]"},
		{"microphone_plugged", "Camera", `[] "Using Camera.":0`}, {"microphone_opened", "Yeti", "[]"}, // that one was not used
		{"microphone_plugged", "Headset", `[] "Using Headset.":0`}, {"microphone_opened", "Yeti", `[] "Using Yeti.":0`},
		{"speaker_opened", "Headset", "[]"}, {"speaker_opened", "Box", `[] "Using Box.":0`}, {"speaker_lost", "Box", `[] "Using Box.":2`}, {"nonsense", "Box", `[] "Using Box.":0`},
	} {
		r.happens(call.Notice{Kind: call.NoticeDevice, Code: c.code, Device: c.device, Text: "Using " + c.device + "."})
		equal(t, c.code+" "+c.device, announced(r.after(lineShown)), c.want)
	}
}
