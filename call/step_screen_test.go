package call

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/wire"
)

// crowd joins the hall with so many others, all connected.
func (r *rig) crowd(n int) (others []someone) {
	for i := range n {
		others = append(others, person(r.t, fmt.Sprintf("Person%d", i), "12346789"[i]))
	}
	r.join(others...)
	for _, o := range others {
		r.connected(o)
	}
	return others
}

// words are what one peer was told, by type.
func wordsTo(did []effect, p someone, kind string) (out []string) {
	for _, f := range did {
		if f, ok := f.(tellPeer); ok && f.peer == p.peer() && strings.Contains(string(f.data), `"type":"`+kind+`"`) {
			out = append(out, string(f.data))
		}
	}
	return out
}

func (r *rig) filming(p someone, on bool) []effect {
	return r.on(told(p, fmt.Sprintf(`{"v":1,"type":"state","camera":%v}`, on)))
}

// A screen is shown in a place alone, to all in it, and ends with the place.
func TestShareInAPlace(t *testing.T) {
	r := newRig(t)
	r.watch = &consent{}
	if f := first[finish](t, r.cmd(ShareScreen{Subject: "screen:1"}, 3)); wire.CodeOf(f.err) != wire.BadOrder {
		t.Errorf("nowhere: %v", f.err)
	}
	others := r.crowd(2)
	for _, fps := range []int{-1, 4, 31} {
		if f := first[finish](t, r.cmd(ShareScreen{Subject: "screen:1", FPS: fps}, 3)); wire.CodeOf(f.err) != wire.BadMessage || r.s.screen.Sharing {
			t.Errorf("%d pictures a second: %v", fps, f.err)
		}
	}
	if f := first[finish](t, r.cmd(ShareScreen{}, 3)); wire.CodeOf(f.err) != wire.BadMessage || r.s.screen.Sharing {
		t.Errorf("nothing named: %v", f.err)
	}
	did := r.cmd(ShareScreen{Subject: "screen:1"}, 3)
	if f := first[shareScreen](t, did); f != (shareScreen{1, "screen:1", 15}) || first[finish](t, did).err != nil || len(wordsTo(did, others[0], "state")) != 0 {
		t.Errorf("%+v", f)
	}
	did = r.on(screenSeen{1, ScreenState{Subject: monitor, Open: true, Width: 1920, Height: 1080, FPS: 15}})
	for _, o := range others {
		if w := wordsTo(did, o, "state"); len(w) != 1 || !strings.Contains(w[0], `"screen":true`) || strings.Contains(w[0], "camera") {
			t.Errorf("told %v", w)
		}
	}
	if s := r.s.snapshot(time.Time{}, &Directory{}, nil, 0).Screen; !s.Sharing || !s.Open || s.Subject != monitor || s.FPS != 15 {
		t.Errorf("%+v", s)
	}
	did = r.cmd(ShareScreen{Subject: "window:1", FPS: 30}, 3)
	if f := first[shareScreen](t, did); f != (shareScreen{2, "window:1", 30}) || r.s.screen.Open {
		t.Errorf("another: %+v, %+v", f, r.s.screen)
	}
	r.on(screenSeen{1, ScreenState{Subject: monitor, Open: true}})
	if did := r.on(screenEnded{1, Notice{Kind: NoticeScreen, Code: "screen_gone"}}); r.s.screen.Open || !r.s.screen.Sharing || len(did) != 0 {
		t.Errorf("what is told of the one before: %+v", r.s.screen)
	}
	r.on(screenSeen{2, ScreenState{Subject: editor, Open: true}})
	r.now += time.Minute
	did = r.on(screenEnded{2, Notice{Kind: NoticeScreen, Code: "screen_closed", Text: "It was closed."}})
	if s := r.s.screen; s.Sharing || s.Open || s.Failed != "It was closed." || count[stopShare](did) != 1 || len(notices(did, NoticeScreen)) != 1 {
		t.Errorf("closed: %+v, %v", s, kinds(did))
	}
	if w := wordsTo(did, others[1], "state"); len(w) != 1 || strings.Contains(w[0], "screen") {
		t.Errorf("told %v", w)
	}
	r.cmd(ShareScreen{Subject: "screen:1"}, 3)
	if did := r.cmd(Leave{}, 3); count[stopShare](did) != 1 || r.s.screen.Sharing || r.s.screen.Failed != "" {
		t.Errorf("left: %+v", r.s.screen)
	}
	if did := r.cmd(StopShare{}, 3); count[stopShare](did) != 0 || first[finish](t, did).err != nil {
		t.Errorf("stopped twice: %v", kinds(did))
	}
}

// Camera and screen end with a channel that is left for another one, or for a call.
func TestPicturesEndWithTheChannel(t *testing.T) {
	for name, leave := range map[string]func(r *rig, a someone){
		"switched": func(r *rig, _ someone) {
			r.on(commanded{cmd: Join{games}, member: "5" + strings.Repeat("7", 31), nonce: r.me.member.Nonce})
			m := &wire.Roster{Channel: games, Seq: 1, Members: []wire.Member{}}
			r.on(replied{tag{purpose: forJoin, member: "5" + strings.Repeat("7", 31)}, m})
		},
		"called": func(r *rig, a someone) { r.taken(a) },
	} {
		r, a := newRig(t), person(t, "Ana", '9')
		r.watch = &consent{}
		r.knows(a)
		r.crowd(1)
		r.cmd(SetCamera{true}, 0)
		r.cmd(ShareScreen{Subject: "screen:1"}, 0)
		if leave(r, a); r.s.place.channel == hall || r.s.camera.On || r.s.screen.Sharing {
			t.Errorf("%s: in %q, camera %v, screen %v", name, r.s.place.channel, r.s.camera.On, r.s.screen.Sharing)
		}
	}
}

// There are four cameras in a channel; of those who come at the same moment the greatest member ids give way.
func TestFourCameras(t *testing.T) {
	r := newRig(t)
	r.watch = &consent{}
	others := r.crowd(6) // 1, 2, 3, 4, 6, 7; mine is 5
	for _, o := range others {
		r.filming(o, false)
	}
	for i := range 3 {
		r.filming(others[i], true)
	}
	if f := first[finish](t, r.cmd(SetCamera{true}, 3)); f.err != nil || !r.s.camera.On {
		t.Fatalf("the fourth: %v", f.err)
	}
	r.filming(others[4], true) // 6, which gives way to 5
	if !r.s.camera.On {
		t.Error("gave way to a greater one")
	}
	r.filming(others[4], false)
	r.now += time.Second
	did := r.filming(others[3], true) // 4
	if n := notices(did, NoticeCamera); r.s.camera.On || len(n) != 1 || n[0].Code != "camera_many" {
		t.Errorf("did not give way to a smaller one: %+v", n)
	}
	if f := first[finish](t, r.cmd(SetCamera{true}, 3)); wire.CodeOf(f.err) != wire.BadOrder || r.s.camera.On {
		t.Errorf("the fifth: %v", f.err)
	}
	r.filming(others[0], false)
	r.cmd(SetCamera{true}, 3)
	r.now += time.Minute
	if r.filming(others[0], true); !r.s.camera.On {
		t.Error("one that has been on for long gives way to who does not keep to it")
	}
}

// Who comes and switches a camera on before those who sit there have said that theirs are on gives way to them, whatever the ids and
// however late they say so; who has sat there for long does not give way to who comes.
func TestCameraOfANewcomer(t *testing.T) {
	r := newRig(t)
	r.watch = &consent{}
	var others []someone
	for i := range 4 {
		others = append(others, person(t, fmt.Sprintf("Person%d", i), "6789"[i])) // mine is 5
	}
	m := r.roster(1, others...)
	m.Members = append(m.Members[1:], m.Members[0])
	r.on(commanded{cmd: Join{hall}, member: r.me.member.Member, nonce: r.me.member.Nonce})
	r.on(replied{tag{purpose: forJoin, member: r.me.member.Member}, m})
	r.now += time.Second
	r.cmd(SetCamera{true}, 0)
	for _, o := range others {
		r.now += 3 * time.Second
		if r.connected(o); !r.s.camera.On {
			t.Fatal("off with room for it")
		}
		r.filming(o, true)
	}
	if r.s.camera.On || len(notices(r.did, NoticeCamera)) != 1 {
		t.Errorf("there are five: %v", kinds(r.did))
	}

	r = newRig(t)
	r.watch = &consent{}
	others = r.crowd(4) // 1, 2, 3, 4, behind me
	r.cmd(SetCamera{true}, 0)
	r.now += 3 * time.Second
	for _, o := range others {
		if r.filming(o, true); !r.s.camera.On {
			t.Error("gave way to one who has come later")
		}
	}
}

// Who is held back shows nothing, and keeps nobody's camera off; what they looked at goes with the connection.
func TestPicturesOfWhoIsHeld(t *testing.T) {
	r := newRig(t)
	r.watch = &consent{}
	others := r.crowd(4)
	for _, o := range others {
		r.filming(o, true)
	}
	for range 2 * wordBurst {
		r.on(told(others[3], `{"v":1,"type":"watch"}`))
	}
	r.on(met{others[3].member, Person{Like: "Me"}})
	for _, p := range r.s.snapshot(time.Time{}, &Directory{}, nil, 0).Place.Peers {
		if p.Camera == (p.Phase == Held) {
			t.Errorf("%s in %v: camera %v", p.Name, p.Phase, p.Camera)
		}
	}
	if f := first[finish](t, r.cmd(SetCamera{true}, 3)); f.err != nil {
		t.Error(f.err)
	}
	r.cmd(Trust{others[3].member.User}, 0)
	r.did = nil
	for range 20 {
		r.now += tickEvery
		r.on(tick{})
	}
	if n := count[peerWatches](r.did); n != 0 {
		t.Errorf("what was said over the connection before holds for this one: %v", kinds(r.did))
	}
	r.connected(others[3])
	if did := r.filming(others[3], true); count[peerShows](did) != 1 {
		t.Errorf("it shows its camera again: %v", kinds(did))
	}
}

// Who comes is told how the switches are, and nobody else is told again: eight who come at once would use up what may be said.
func TestSwitchesAreToldToWhoComes(t *testing.T) {
	r := newRig(t)
	others := r.crowd(6)
	for i, o := range others {
		if n := len(wordsTo(r.did, o, "state")); n != 1 {
			t.Errorf("person %d was told %d times", i, n)
		}
	}
	r.did = nil
	if r.connected(others[0]); len(wordsTo(r.did, others[0], "state")) != 1 || count[tellPeer](r.did) != 1 {
		t.Errorf("connected anew: %v", kinds(r.did))
	}
}

// A peer is told what is looked at: more at once, less after a rest, and anew after each connection.
func TestWatching(t *testing.T) {
	r := newRig(t)
	r.watch = &consent{}
	a := r.crowd(1)[0]
	look := func(track Track, on bool) []effect { return r.on(looked{a.member.User, track, on}) }
	pass := func(d time.Duration) (did []effect) {
		for end := r.now + d; r.now < end; {
			r.now += tickEvery
			did = append(did, r.on(tick{})...)
		}
		return did
	}
	want := func(did []effect, words ...string) {
		t.Helper()
		if got := wordsTo(did, a, "watch"); fmt.Sprint(got) != fmt.Sprint(words) {
			t.Errorf("told %v, want %v", got, words)
		}
	}
	const both, camera, none = `{"v":1,"type":"watch","camera":true,"screen":true}`, `{"v":1,"type":"watch","camera":true}`, `{"v":1,"type":"watch"}`
	want(look(CameraTrack, true)) // it sends everything still
	want(look(ScreenTrack, true))
	want(look(ScreenTrack, false))
	want(pass(2*time.Second), camera)
	want(look(ScreenTrack, true), both)
	want(look(ScreenTrack, true))
	want(look(ScreenTrack, false))
	want(pass(tickEvery))
	want(look(ScreenTrack, true)) // scrolled away and back
	want(pass(2 * time.Second))
	look(CameraTrack, false)
	look(ScreenTrack, false)
	want(pass(2*time.Second), none)
	r.on(looked{"somebody else", CameraTrack, true})
	want(pass(2 * time.Second))
	if r.on(looked{"somebody else", CameraTrack, false}); len(r.s.watched) != 0 {
		t.Errorf("%v is kept of what nobody looks at", r.s.watched)
	}
	r.connected(a)
	want(pass(2*time.Second), none)
	r.did = nil
	for range 100 {
		look(CameraTrack, true)
		look(CameraTrack, false)
	}
	if n := len(wordsTo(r.did, a, "watch")); n > wordBurst {
		t.Errorf("%d words at once", n)
	}
	did := r.on(told(a, `{"v":1,"type":"watch","screen":true}`))
	if fmt.Sprint(did) != fmt.Sprint([]effect{peerWatches{a.peer(), CameraTrack, false}, peerWatches{a.peer(), ScreenTrack, true}}) {
		t.Errorf("told what the other one looks at: %v", did)
	}
	r.did = nil
	for i := range 1000 {
		r.on(told(a, fmt.Sprintf(`{"v":1,"type":"watch","screen":%v}`, i%2 == 0)))
	}
	if n := count[peerWatches](r.did); n > 2*wordBurst {
		t.Errorf("taken %d times at once", n)
	}
	did = pass(2 * time.Second)
	did = slices.DeleteFunc(did, func(f effect) bool { _, ok := f.(peerWatches); return !ok })
	if fmt.Sprint(did) != fmt.Sprint([]effect{peerWatches{a.peer(), CameraTrack, false}, peerWatches{a.peer(), ScreenTrack, false}}) {
		t.Errorf("what it looks at in the end: %v", did)
	}
}
