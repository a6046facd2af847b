package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/call"
)

// filmed is somebody whose camera is on; showing is somebody who shares a screen besides.
func filmed(id, name string) call.Peer {
	p := peer(id, name)
	p.Camera = true
	return p
}

func showing(p call.Peer) call.Peer {
	p.Screen = true
	return p
}

// scene writes a stage as one line: who stands there, the large one in brackets; c: with a picture, h: hidden, s: a screen.
func scene(st Stage) string {
	var all []string
	for i, t := range st.Tiles {
		one := t.User
		for mark, on := range map[string]bool{"": true, " s": t.Screen} {
			if on {
				one += mark
			}
		}
		if t.Picture {
			one += " c"
		}
		if t.Hidden {
			one += " h"
		}
		if st.Kind == StagePictures && i == st.Large {
			one = "[" + one + "]"
		}
		all = append(all, one)
	}
	return strings.Join(all, ", ")
}

func TestScenes(t *testing.T) {
	held := showing(filmed("held", "H"))
	held.Phase = call.Held
	mara, bo, kofi := filmed("mara", "Mara Lind"), peer("bo", "Bo"), showing(peer("kofi", "Kofi"))
	for _, c := range []struct {
		name  string
		peers []call.Peer
		own   bool
		looks Looks
		kind  StageKind
		want  string
	}{
		{"nobody", []call.Peer{bo}, false, Looks{}, StageTiles, "bo, sam"},
		{"held back", []call.Peer{held}, false, Looks{}, StageTiles, "held, sam"},
		{"a camera", []call.Peer{mara, bo}, false, Looks{}, StagePictures, "bo, mara c, sam"},
		{"one's own", []call.Peer{bo}, true, Looks{}, StagePictures, "bo, sam c"},
		{"alone", nil, true, Looks{}, StagePictures, "sam c"},
		{"a screen", []call.Peer{mara, kofi}, false, Looks{}, StagePictures, "[kofi s c], kofi, mara c, sam"},
		{"a screen and a camera of one", []call.Peer{bo, showing(mara)}, true, Looks{}, StagePictures, "[mara s c], bo, mara c, sam c"},
		{"two screens", []call.Peer{showing(mara), kofi}, false, Looks{}, StagePictures, "[kofi s c], mara s c, kofi, mara c, sam"},
		{"alike", []call.Peer{mara, kofi}, false, Looks{Sight: Alike}, StagePictures, "kofi s c, kofi, mara c, sam"},
		{"one large before anybody talks", []call.Peer{bo, mara}, true, Looks{Sight: OneLarge}, StagePictures, "bo, [mara c], sam c"},
		{"one large, one's own alone", nil, true, Looks{Sight: OneLarge}, StagePictures, "[sam c]"},
		{"no other has a picture", []call.Peer{bo}, true, Looks{Sight: OneLarge}, StagePictures, "[bo], sam c"},
		{"chosen", []call.Peer{bo, kofi}, true, Looks{}.Enlarge(PictureID{"bo", false}), StagePictures, "kofi s c, [bo], kofi, sam c"},
		{"chosen, but gone", []call.Peer{bo, kofi}, true, Looks{}.Enlarge(PictureID{"petra", true}), StagePictures, "[kofi s c], bo, kofi, sam c"},
		{"a hidden camera", []call.Peer{mara}, false, Looks{}.Hide(PictureID{"mara", false}, true), StagePictures, "mara c h, sam"},
		{"a hidden screen", []call.Peer{mara, kofi}, false, Looks{}.Hide(PictureID{"kofi", true}, true), StagePictures, "kofi s c h, kofi, mara c, sam"},
		{"hidden and back", []call.Peer{mara}, false, Looks{}.Hide(PictureID{"mara", false}, true).Hide(PictureID{"mara", false}, false), StagePictures, "mara c, sam"},
		{"hidden and enlarged", []call.Peer{mara}, false, Looks{}.Hide(PictureID{"mara", false}, true).Enlarge(PictureID{"mara", false}), StagePictures, "[mara c], sam"},
		{"what is hidden of somebody without a picture", []call.Peer{mara, bo}, false, Looks{}.Hide(PictureID{"bo", false}, true), StagePictures, "bo, mara c, sam"},
	} {
		r := newRig(t).join(c.peers...)
		r.in.Snapshot.Camera.On, r.in.Looks = c.own, c.looks
		st := r.now().Stage
		equal(t, c.name, scene(st), c.want)
		equal(t, c.name+": kind", st.Kind, c.kind)
	}
}

// A call has a view of its own, until the other one shares a screen.
func TestSceneOfACall(t *testing.T) {
	for _, c := range []struct {
		screen, own bool
		phase       call.PeerPhase
		kind        StageKind
		want        string
	}{
		{false, true, call.Connected, StageCall, ""},
		{true, false, call.Connected, StagePictures, "[mara s c], mara c"},
		{true, true, call.Connected, StagePictures, "[mara s c], mara c, sam c"},
		{true, true, call.Reconnecting, StagePictures, "[mara s c], mara c, sam c"},
		{true, true, call.Held, StageCall, ""},
	} {
		p := filmed("mara", "Mara Lind")
		p.Screen, p.Phase = c.screen, c.phase
		r := newRig(t).join(p)
		r.in.Snapshot.Place.Call, r.in.Snapshot.Place.With, r.in.Snapshot.Place.Channel = "c1", "mara", ""
		r.in.Snapshot.Camera.On = c.own
		st := r.now().Stage
		equal(t, "kind", st.Kind, c.kind)
		equal(t, "tiles", scene(st), c.want)
		if st.Call == nil || st.Title != "Mara Lind" {
			t.Errorf("it is not the stage of a call any more: %+v", st)
		}
	}
}

// The large one is whoever talks, but not for a cough, and not while the one before still does.
func TestLight(t *testing.T) {
	r := newRig(t).join(filmed("bo", "Bo"), filmed("kofi", "Kofi"), filmed("mara", "Mara Lind"))
	r.in.Looks = Looks{Sight: OneLarge}
	talk := func(users ...string) {
		for i := range r.in.Stats.Peers {
			p := &r.in.Stats.Peers[i]
			p.Stream.Speaking, p.Stream.Level = slices.Contains(users, p.User), -20
		}
	}
	last := ""
	at := func(after time.Duration, want string, users ...string) {
		t.Helper()
		talk(users...)
		for range after / (50 * time.Millisecond) {
			st := r.after(50 * time.Millisecond).Stage
			last = st.Tiles[st.Large].User
		}
		equal(t, fmt.Sprint(after, " of ", users), last, want)
	}
	at(time.Second, "bo")                                       // the first one, before anybody has talked
	at(200*time.Millisecond, "bo", "mara")                      // a cough
	at(time.Second, "bo")                                       //
	at(time.Second, "mara", "mara")                             // she talks
	at(5*time.Second, "mara", "mara", "kofi")                   // he does as well
	at(time.Second, "mara", "kofi")                             // she takes a breath
	at(500*time.Millisecond, "mara", "mara", "kofi")            //
	at(2500*time.Millisecond, "kofi", "kofi")                   // she listens
	at(30*time.Second, "kofi")                                  // silence
	at(2*time.Second, "bo", "bo", "mara")                       // two at once: one of them, and
	at(10*time.Second, "bo", "bo", "mara")                      // no to and fro
	r.in.Snapshot.Place.Peers = r.in.Snapshot.Place.Peers[1:]   // who goes has no light, and she talked besides
	at(50*time.Millisecond, "mara")                             //
	r.in.Snapshot.Place.Peers[0] = showing(filmed("kofi", "K")) // a screen is more than a voice
	st := r.now().Stage
	equal(t, "a screen", scene(st), "[kofi s c], kofi c, mara c, sam")
}

// Of two screens the one that was there first stays large, whatever its owner is called.
func TestScreenStaysLarge(t *testing.T) {
	r := newRig(t).join(peer("bo", "Bo"), showing(peer("mara", "Mara Lind")))
	equal(t, "one", scene(r.now().Stage), "[mara s c], bo, mara, sam")
	r.in.Snapshot.Place.Peers = []call.Peer{showing(peer("bo", "Bo")), showing(peer("mara", "Mara Lind"))}
	equal(t, "two", scene(r.now().Stage), "bo s c, [mara s c], bo, mara, sam")
	r.in.Snapshot.Place.Peers = []call.Peer{showing(peer("bo", "Bo")), peer("mara", "Mara Lind")}
	equal(t, "the other", scene(r.now().Stage), "[bo s c], bo, mara, sam")
	r.in.Snapshot.Place.Peers = []call.Peer{peer("bo", "Bo"), peer("mara", "Mara Lind")}
	equal(t, "none", scene(r.now().Stage), "bo, mara, sam")
}

// A stage gets another version with what is large, and with nothing that does not change it.
func TestSceneVersions(t *testing.T) {
	r := newRig(t).join(filmed("mara", "Mara Lind"), peer("bo", "Bo"))
	first := r.now().Stage.Version
	equal(t, "the same", r.after(time.Second).Stage.Version, first)
	r.in.Looks = r.in.Looks.Enlarge(PictureID{"bo", false})
	second := r.now().Stage.Version
	if second == first {
		t.Error("another one is large, and nothing is drawn")
	}
	r.in.Looks = r.in.Looks.Hide(PictureID{"petra", false}, true)
	equal(t, "somebody hidden who is not there", r.now().Stage.Version, second)
}

// Looks are never changed: each choice makes new ones.
func TestLooksAreNew(t *testing.T) {
	a := Looks{}.Hide(PictureID{"a", false}, true)
	b := a.Hide(PictureID{"b", false}, true)
	c := a.Hide(PictureID{"c", true}, true)
	d := b.Hide(PictureID{"a", false}, false).Hide(PictureID{"b", false}, true)
	for _, x := range []struct {
		l    Looks
		want string
	}{{a, "[{a false}]"}, {b, "[{a false} {b false}]"}, {c, "[{a false} {c true}]"}, {d, "[{b false}]"}} {
		equal(t, "hidden", fmt.Sprint(x.l.Hidden), x.want)
	}
	if l := a.Enlarge(PictureID{"a", false}).See(Alike); l.Large != (PictureID{}) || l.Sight != Alike || l.Hides(PictureID{"a", false}) {
		t.Errorf("all alike: %+v", l)
	}
}

// What others are called stays inert on their screens, too.
func TestHostileScenes(t *testing.T) {
	r := newRig(t).join(showing(peer("x", "\u202eMara\nLind"+strings.Repeat("W", 10_000))))
	r.in.Snapshot.Camera.On, r.in.Snapshot.Camera.Failed = true, "\x1b[31mno"
	for _, tile := range r.now().Stage.Tiles {
		if strings.ContainsAny(tile.Name+tile.Failed, "\u202e\n\x1b") || len(tile.Name) > 1000 {
			t.Errorf("%.40q, %q", tile.Name, tile.Failed)
		}
	}
}
