package audio_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
)

// The states that a port can be in, each reached from the start; a headset is wished for in all but the first two.
var states = []struct {
	name    string
	input   string
	devices []audio.Info
	reach   func(*rig)
	uses    string
}{
	{"none", "", nil, nil, ""},
	{"following", "", []audio.Info{audiotest.Mic("mic"), audiotest.Mic("headset")}, nil, "mic"},
	{"pinned", "headset", []audio.Info{audiotest.Mic("mic"), audiotest.Mic("headset")}, nil, "headset"},
	{"fell back", "headset", []audio.Info{audiotest.Mic("mic")}, nil, "mic"},
	{"shunned", "headset", []audio.Info{audiotest.Mic("mic"), audiotest.Mic("headset")},
		func(r *rig) {
			r.Vanish("headset")
			r.after(2 * time.Second)
			r.Refuse("headset", true)
			r.Appear(audiotest.Mic("headset"))
		}, "mic"},
	{"silent", "headset", []audio.Info{audiotest.Mic("mic"), audiotest.Mic("headset")},
		func(r *rig) { r.after(4 * time.Second); r.Freeze("headset", true) }, ""},
}

var errDead = errors.New("connection refused")

// What can happen, and how it ends again; nil: it does not.
var happenings = []struct {
	name   string
	do, un func(*rig)
}{
	{"listed", func(r *rig) { r.Appear(audiotest.Mic("usb")) }, func(r *rig) { r.Vanish("usb") }},
	{"unlisted", func(r *rig) { r.Vanish("headset"); r.Vanish("mic") }, func(r *rig) { r.Appear(audiotest.Mic("mic")); r.Appear(audiotest.Mic("headset")) }},
	{"default moved", func(r *rig) { r.Appear(audiotest.Mic("usb")); r.SetDefault("usb") }, func(r *rig) { r.Vanish("usb") }},
	{"open fails", func(r *rig) { r.FailOpen(audio.Input, errDead); r.follow.SetInput("the mic") },
		func(r *rig) { r.FailOpen(audio.Input, nil) }},
	{"falls silent", func(r *rig) { r.Freeze("mic", true); r.Freeze("headset", true) }, func(r *rig) { r.Freeze("mic", false); r.Freeze("headset", false) }},
	{"wish changed", func(r *rig) { r.follow.SetInput("mic") }, func(r *rig) { r.follow.SetInput("") }},
	{"wish dropped", func(r *rig) { r.follow.SetInput("") }, func(r *rig) { r.follow.SetInput("headset") }},
	{"server died", func(r *rig) {
		r.FailDevices(errDead)
		r.FailOpen(audio.Input, errDead)
		r.Freeze("mic", true)
		r.Freeze("headset", true)
	},
		func(r *rig) {
			r.FailDevices(nil)
			r.FailOpen(audio.Input, nil)
			r.Freeze("mic", false)
			r.Freeze("headset", false)
		}},
}

// What is said and used after each, and after its end.
var transitions = map[string]string{
	"none, listed":             "returned usb [usb]; lost usb, none  []",
	"none, unlisted":           " []; returned mic, plugged headset [mic]",
	"none, default moved":      "returned usb [usb]; lost usb, none  []",
	"none, open fails":         "none  [];  []",
	"none, falls silent":       " [];  []",
	"none, wish changed":       "none  []; none  []",
	"none, wish dropped":       " []; none  []",
	"none, server died":        " [];  []",
	"following, listed":        "plugged usb [mic]; unplugged usb [mic]",
	"following, unlisted":      "lost mic, none , unplugged headset []; returned mic, plugged headset [mic]",
	"following, default moved": "plugged usb used [usb]; lost usb, opened mic [mic]",
	"following, open fails":    "failed mic: connection refused, failed headset: connection refused []; opened mic [mic]",
	"following, falls silent":  "failed mic: sound device has fallen silent, opened mic [];  [mic]",
	"following, wish changed":  " [mic];  [mic]",
	"following, wish dropped":  " [mic]; opened headset [headset]",
	"following, server died":   "failed mic: sound device has fallen silent []; opened mic [mic]",
	"pinned, listed":           "plugged usb [headset]; unplugged usb [headset]",
	"pinned, unlisted":         "lost headset, none , unplugged mic []; returned headset, plugged mic [headset]",
	"pinned, default moved":    "plugged usb [headset]; unplugged usb [headset]",
	"pinned, open fails":       "failed mic: connection refused, failed headset: connection refused []; opened mic [mic]",
	"pinned, falls silent":     "failed headset: sound device has fallen silent, opened headset [];  [headset]",
	"pinned, wish changed":     "opened mic [mic];  [mic]",
	"pinned, wish dropped":     "opened mic [mic]; opened headset [headset]",
	"pinned, server died":      "failed headset: sound device has fallen silent []; opened headset [headset]",
	"fell back, listed":        "plugged usb [mic]; unplugged usb [mic]",
	"fell back, unlisted":      "lost mic, none  []; returned headset, plugged mic [headset]",
	"fell back, default moved": "fell-back usb [usb]; lost usb, fell-back mic [mic]",
	"fell back, open fails":    "failed mic: connection refused []; opened mic [mic]",
	"fell back, falls silent":  "failed mic: sound device has fallen silent, fell-back mic [];  [mic]",
	"fell back, wish changed":  " [mic];  [mic]",
	"fell back, wish dropped":  " [mic];  [mic]",
	"fell back, server died":   "failed mic: sound device has fallen silent []; fell-back mic [mic]",
	"shunned, listed":          "plugged usb [mic]; unplugged usb [mic]",
	"shunned, unlisted":        "lost mic, none , unplugged headset []; plugged mic, plugged headset, fell-back mic [mic]",
	"shunned, default moved":   "fell-back usb [usb]; lost usb, fell-back mic [mic]",
	"shunned, open fails":      "failed mic: connection refused, failed headset: connection refused []; opened mic [mic]",
	"shunned, falls silent":    "failed mic: sound device has fallen silent, fell-back mic [];  [mic]",
	"shunned, wish changed":    " [mic];  [mic]",
	"shunned, wish dropped":    " [mic]; failed headset: no such device, fell-back mic [mic]",
	"shunned, server died":     "failed mic: sound device has fallen silent []; fell-back mic [mic]",
	"silent, listed":           "plugged usb []; unplugged usb []",
	"silent, unlisted":         "lost headset, none , unplugged mic []; returned headset, plugged mic []",
	"silent, default moved":    "plugged usb []; unplugged usb []",
	"silent, open fails":       "failed mic: connection refused, failed headset: connection refused []; opened mic [mic]",
	"silent, falls silent":     " [];  [headset]",
	"silent, wish changed":     "opened mic [mic];  [mic]",
	"silent, wish dropped":     "opened mic [mic]; opened headset, failed headset: sound device has fallen silent, opened headset []",
	"silent, server died":      " [];  [headset]",
}

func TestFollowStates(t *testing.T) {
	seen := 0
	for _, s := range states {
		for _, h := range happenings {
			t.Run(s.name+"/"+h.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := &rig{Backend: audiotest.NewBackend(s.devices...), idly: true, config: audio.FollowConfig{Period: audio.FrameTime}}
					r.begin(t, s.input, "")
					r.after(1700 * time.Millisecond)
					if s.reach != nil {
						s.reach(r)
						r.after(5 * time.Second)
					}
					if u := r.Using(audio.Input); u != s.uses {
						t.Fatalf("uses %q at first, want %q", u, s.uses)
					}
					var got []string
					for _, do := range []func(*rig){h.do, h.un} {
						do(r)
						said := r.after(12 * time.Second)
						for i := range said {
							said[i] = strings.TrimPrefix(strings.ReplaceAll(said[i], "the ", ""), "0 ")
						}
						got = append(got, strings.Join(said, ", ")+" ["+r.Using(audio.Input)+"]")
					}
					want, ok := transitions[s.name+", "+h.name]
					if g := strings.Join(got, "; "); g != want || !ok {
						t.Errorf("\nT\t%q: %q,", s.name+", "+h.name, g)
					}
				})
			})
			seen++
		}
	}
	if seen != len(transitions) {
		t.Errorf("%d transitions, the table has %d", seen, len(transitions))
	}
}
