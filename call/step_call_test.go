package call

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

// Ids of calls.
var (
	callOne = strings.Repeat("c1", 16)
	callTwo = strings.Repeat("c2", 16)
)

// knows lets the server name people.
func (r *rig) knows(people ...someone) {
	for _, p := range people {
		r.on(received{&wire.UserChanged{User: wire.User{ID: p.member.User, Key: p.member.Key, Name: p.member.Name}}})
	}
}

func (r *rig) cmd(c Command, made waiter) []effect {
	return r.on(commanded{cmd: c, made: made, call: callOne, member: r.me.member.Member, nonce: r.me.member.Nonce})
}

func (r *rig) forRing(body wire.Message) []effect {
	return r.on(replied{tag{purpose: forRing, member: r.me.member.Member}, body})
}

func (r *rig) forAccept(body wire.Message) []effect {
	return r.on(replied{tag{purpose: forAccept, member: r.me.member.Member}, body})
}

func incomingOf(call string, p someone) received {
	return received{&wire.CallIncoming{Call: call, From: p.member}}
}

func placedWith(call string, p someone) *wire.CallPlaced {
	return &wire.CallPlaced{Call: call, With: &p.member, Relay: &wire.Turn{URLs: []string{"stun:localhost:1"}, TTL: 3600}}
}

func answeredBy(call string, p someone) received {
	return received{&wire.CallAnswered{Call: call, With: p.member, Relay: &wire.Turn{TTL: 3600}}}
}

func ended(call, reason string) received {
	return received{&wire.CallEnded{Call: call, Reason: reason}}
}

func told(p someone, text string) peerEvent {
	return peerEvent{mesh.Told{Peer: p.peer(), Data: []byte(text)}}
}

// called is in a call with somebody that was made here; taken is in one that was made there.
func (r *rig) called(p someone) {
	r.cmd(Call{User: p.member.User}, 0)
	r.forRing(&wire.CallPlaced{Call: callOne})
	r.on(answeredBy(callOne, p))
}

func (r *rig) taken(p someone) {
	r.on(incomingOf(callOne, p))
	r.cmd(Accept{}, 0)
	r.forAccept(placedWith(callOne, p))
}

func notices(did []effect, kind string) (out []Notice) {
	for _, f := range did {
		if n, ok := f.(notify); ok && n.notice.Kind == kind {
			out = append(out, n.notice)
		}
	}
	return out
}

// asked are the requests of a type.
func asked[M wire.Message](did []effect) (out []M) {
	for _, f := range did {
		if a, ok := f.(ask); ok {
			if m, ok := a.body.(M); ok {
				out = append(out, m)
			}
		}
	}
	return out
}

// callStates are the columns of the table: eight ways to be with a call of Ana's or to her.
var callStates = []func(r *rig, a someone){
	func(*rig, someone) {},
	func(r *rig, a someone) { r.cmd(Call{User: a.member.User}, 0) },
	func(r *rig, a someone) {
		r.cmd(Call{User: a.member.User}, 0)
		r.forRing(&wire.CallPlaced{Call: callOne})
	},
	func(r *rig, a someone) { r.on(incomingOf(callOne, a)) },
	func(r *rig, a someone) { r.on(incomingOf(callOne, a)); r.cmd(Accept{}, 0) },
	func(r *rig, a someone) { r.taken(a) },
	func(r *rig, a someone) { r.called(a); r.connected(a) },
	func(r *rig, a someone) {
		r.taken(a)
		r.connected(a)
		r.on(peerEvent{mesh.Disconnected{Peer: a.peer()}})
	},
}

// callTable says for each event where it leads to from each of callStates: idle, dialing, ringing, connecting, Konnected,
// reconneXting.
var callTable = []struct {
	event string
	to    string
	make  func(r *rig, a, b someone) event
}{
	{"Call Ana", "dddccckx", func(r *rig, a, _ someone) event { return r.order(Call{User: a.member.User}) }},
	{"Call Bob", "dddrcckx", func(r *rig, _, b someone) event { return r.order(Call{User: b.member.Name, Video: true}) }},
	{"Call nobody", "iddrcckx", func(r *rig, _, _ someone) event { return r.order(Call{User: "nobody"}) }},
	{"Call oneself", "iddrcckx", func(r *rig, _, _ someone) event { return r.order(Call{User: r.me.member.User}) }},
	{"Accept", "iddccckx", func(r *rig, _, _ someone) event { return r.order(Accept{Video: true}) }},
	{"Accept another", "iddrcckx", func(r *rig, _, _ someone) event { return r.order(Accept{Call: callTwo}) }},
	{"Decline", "iddicckx", func(r *rig, _, _ someone) event { return r.order(Decline{}) }},
	{"HangUp", "iiiriiii", func(r *rig, _, _ someone) event { return r.order(HangUp{}) }},
	{"Join", "iddriiii", func(r *rig, _, _ someone) event { return r.order(Join{hall}) }},
	{"Leave", "iddriiii", func(r *rig, _, _ someone) event { return r.order(Leave{}) }},
	{"Disconnect", "iiiiiiii", func(r *rig, _, _ someone) event { return r.order(Disconnect{}) }},
	{"SetCamera", "iddrcckx", func(r *rig, _, _ someone) event { return r.order(SetCamera{true}) }},
	{"ShareScreen", "iddrcckx", func(r *rig, _, _ someone) event { return r.order(ShareScreen{Subject: "screen:1"}) }},
	{"StopShare", "iddrcckx", func(r *rig, _, _ someone) event { return r.order(StopShare{}) }},
	{"Mute", "iddrcckx", func(r *rig, _, _ someone) event { return r.order(Mute{true}) }},

	{"it rings there", "iddrcckx", func(r *rig, _, _ someone) event { return r.ringReplied(&wire.CallPlaced{Call: callOne}) }},
	{"another rings there", "iiircckx", func(r *rig, _, _ someone) event { return r.ringReplied(&wire.CallPlaced{Call: callTwo}) }},
	{"crossing with Ana", "iccrcckx", func(r *rig, a, _ someone) event { return r.ringReplied(placedWith(callTwo, a)) }},
	{"crossing with Bob", "iiircckx", func(r *rig, _, b someone) event { return r.ringReplied(placedWith(callTwo, b)) }},
	{"busy", "iiircckx", func(r *rig, _, _ someone) event { return r.ringReplied(wire.Errorf(wire.UserBusy, "Busy.")) }},
	{"no sense", "iiircckx", func(r *rig, _, _ someone) event { return r.ringReplied(&wire.OK{}) }},
	{"Ana answers", "iccrcckx", func(_ *rig, a, _ someone) event { return answeredBy(callOne, a) }},
	{"Bob answers", "iddrcckx", func(_ *rig, _, b someone) event { return answeredBy(callOne, b) }},
	{"Ana answers another", "iddrcckx", func(_ *rig, a, _ someone) event { return answeredBy(callTwo, a) }},
	{"Ana answers with Bob's key", "iddrcckx", func(_ *rig, a, b someone) event {
		a.member.Key = b.member.Key
		return answeredBy(callOne, a)
	}},

	{"Ana rings", "rddrcckx", func(_ *rig, a, _ someone) event { return incomingOf(callTwo, a) }},
	{"Bob rings", "rrdrcckx", func(_ *rig, _, b someone) event { return incomingOf(callTwo, b) }},
	{"one rings with another's key", "iddrcckx", func(_ *rig, a, b someone) event {
		b.member.Key = a.member.Key
		return incomingOf(callTwo, b)
	}},
	{"oneself rings", "iddrcckx", func(r *rig, _, _ someone) event { return incomingOf(callTwo, r.me) }},
	{"it is left", "iiiiiiii", func(*rig, someone, someone) event { return ended(callOne, wire.CallLeft) }},
	{"it is declined", "iiiiiiii", func(*rig, someone, someone) event { return ended(callOne, wire.CallDeclined) }},
	{"the other is lost", "iiiiickx", func(*rig, someone, someone) event { return ended(callOne, wire.CallLost) }},
	{"another is left", "iddrcckx", func(*rig, someone, someone) event { return ended(callTwo, wire.CallLeft) }},
	{"lost events", "iddrcckx", func(*rig, someone, someone) event { return gapSeen{} }},
	{"missed", "iddrcckx", func(_ *rig, a, _ someone) event {
		return received{&wire.CallMissed{Missed: []Missed{{Call: callTwo, User: a.member.User, Why: wire.CallTimeout}}}}
	}},

	{"accepted", "iddrcckx", func(r *rig, a, _ someone) event { return r.acceptReplied(placedWith(callOne, a)) }},
	{"accepted with Bob", "iddrickx", func(r *rig, _, b someone) event { return r.acceptReplied(placedWith(callOne, b)) }},
	{"accepted another", "iddrickx", func(r *rig, a, _ someone) event { return r.acceptReplied(placedWith(callTwo, a)) }},
	{"accepted with nobody", "iddrickx", func(r *rig, _, _ someone) event { return r.acceptReplied(&wire.CallPlaced{Call: callOne}) }},
	{"accepted too late", "iddrickx", func(r *rig, _, _ someone) event { return r.acceptReplied(wire.Errorf(wire.CallGone, "Gone.")) }},
	{"here alone", "iddrcckx", func(r *rig, _, _ someone) event { return r.hereReplied(&wire.CallPlaced{Call: callOne}) }},
	{"here with Ana", "iddrcckx", func(r *rig, a, _ someone) event { return r.hereReplied(placedWith(callOne, a)) }},
	{"here with Bob", "iddrcckx", func(r *rig, _, b someone) event { return r.hereReplied(placedWith(callOne, b)) }},
	{"here, and gone", "iddriiii", func(r *rig, _, _ someone) event { return r.hereReplied(wire.Errorf(wire.CallGone, "Gone.")) }},
	{"here, refused", "iddrcckx", func(r *rig, _, _ someone) event { return r.hereReplied(wire.Errorf(wire.RateLimited, "Slowly.")) }},

	{"media", "iddrckkk", func(_ *rig, a, _ someone) event { return peerEvent{mesh.Connected{Peer: a.peer()}} }},
	{"Bob's media", "iddrcckx", func(_ *rig, _, b someone) event { return peerEvent{mesh.Connected{Peer: b.peer()}} }},
	{"no media", "iddrccxx", func(_ *rig, a, _ someone) event { return peerEvent{mesh.Disconnected{Peer: a.peer()}} }},
	{"failed", "iddrccxx", func(_ *rig, a, _ someone) event { return peerEvent{mesh.Failed{Peer: a.peer(), Err: mesh.ErrPath}} }},
	{"bye", "iddrciii", func(_ *rig, a, _ someone) event { return told(a, `{"v":1,"type":"bye"}`) }},
	{"Bob says bye", "iddrcckx", func(_ *rig, _, b someone) event { return told(b, `{"v":1,"type":"bye"}`) }},
	{"garbage is told", "iddrcckx", func(_ *rig, a, _ someone) event { return told(a, `{"v":1,"type":`) }},
	{"what is not known is told", "iddrcckx", func(_ *rig, a, _ someone) event { return told(a, `{"v":1,"type":"wave"}`) }},

	{"back, the same session", "iddrcckx", func(r *rig, _, _ someone) event {
		return linkUp{serverKey: r.s.serverKey, welcome: wire.Welcome{Resumed: true}}
	}},
	{"back, a new session", "iiiiickx", func(r *rig, _, _ someone) event { return linkUp{serverKey: r.s.serverKey} }},
	{"lost", "iddrcckx", func(*rig, someone, someone) event { return linkDown{err: errors.New("cut")} }},
	{"offline", "iiiiiiii", func(*rig, someone, someone) event { return linkDown{err: ErrServerKey, final: true} }},
	{"Ana is removed", "iiiiciii", func(_ *rig, a, _ someone) event { return received{&wire.UserRemoved{User: a.member.User}} }},
	{"Bob is removed", "iddrcckx", func(_ *rig, _, b someone) event { return received{&wire.UserRemoved{User: b.member.User}} }},
	{"half a minute", "iddriikx", func(r *rig, _, _ someone) event { r.now += 31 * time.Second; return tick{} }},
	{"a minute", "iiiiiikx", func(r *rig, _, _ someone) event { r.now += time.Minute; return tick{} }},
}

func (r *rig) order(c Command) event {
	return commanded{cmd: c, call: callTwo, member: "5" + strings.Repeat("3", 31), nonce: r.me.member.Nonce}
}

func (r *rig) ringReplied(body wire.Message) event {
	return replied{tag{purpose: forRing, member: r.me.member.Member}, body}
}

func (r *rig) acceptReplied(body wire.Message) event {
	return replied{tag{purpose: forAccept, member: r.me.member.Member}, body}
}

func (r *rig) hereReplied(body wire.Message) event {
	return replied{tag{purpose: forHere, member: r.me.member.Member}, body}
}

// TestCallTable walks every pair of a state and an event. What opens and closes, and what is told, follows from the two states.
func TestCallTable(t *testing.T) {
	letters := map[callState]byte{callIdle: 'i', callDialing: 'd', callRinging: 'r', callConnecting: 'c', callConnected: 'k', callReconnecting: 'x'}
	for _, row := range callTable {
		for i, arrange := range callStates {
			r := newRig(t)
			a, b := person(t, "Ana", '9'), person(t, "Bob", '1')
			r.knows(a, b)
			r.on(received{&wire.UserChanged{User: wire.User{ID: r.me.member.User, Key: r.me.member.Key, Name: "Me"}}})
			r.watch = &consent{}
			arrange(r, a)
			from := r.s.callState()
			did := r.on(row.make(r, a, b))
			to := r.s.callState()
			if letters[to] != row.to[i] {
				t.Errorf("%s in state %d (%s): %s, want %c", row.event, i, from, to, row.to[i])
			}
			if ends := len(notices(did, NoticeCallEnded)); ends > 1 || ends == 0 && from >= callConnecting && to < callConnecting {
				t.Errorf("%s in state %d: told of %d ends", row.event, i, ends)
			}
			if from < callConnecting && to < callConnecting && row.event != "Join" {
				if n := count[openSound](did) + count[setCamera](did) + count[shareScreen](did) + count[openPeer](did) + count[signed](did) + count[tell](did) + count[tellPeer](did); n != 0 {
					t.Errorf("%s in state %d: did %v before any consent", row.event, i, kinds(did))
				}
			}
			if t.Failed() {
				t.Fatalf("%s in state %d: did %v", row.event, i, kinds(did))
			}
		}
	}
}

// What a call makes and ends, in its order.
func TestCallFromBothSides(t *testing.T) {
	r, a := newRig(t), person(t, "Ana", '9')
	r.knows(a)
	did := r.cmd(Call{User: "Ana", Video: true}, 7)
	if m := asked[*wire.CallRing](did); len(m) != 1 || m[0].Call != callOne || m[0].To != a.member.User || !m[0].Video || count[finish](did) != 0 {
		t.Fatalf("call did %v", kinds(did))
	}
	if v := r.s.snapshot(time.Time{}, &Directory{}, nil, 0).Ring; v == nil || !v.Out || v.Placed || v.Name != "Ana" || !v.New {
		t.Errorf("shown: %+v", v)
	}
	did = r.forRing(&wire.CallPlaced{Call: callOne})
	if f := first[finish](t, did); f.made != 7 || f.err != nil || len(notices(did, NoticeCallRinging)) != 1 {
		t.Errorf("placed: %+v", f)
	}
	did = r.on(answeredBy(callOne, a))
	want := []string{"setQuiet", "openSound", "setCamera", "lookUp", "notify", "remember", "openPeer", "makeOffer"}
	if got := kinds(did); !reflect.DeepEqual(got, want) {
		t.Fatalf("answered did %v, want %v", got, want)
	}
	v := r.s.snapshot(time.Time{}, &Directory{}, nil, 0)
	if p := v.Place; v.Ring != nil || p.Call != callOne || p.With != a.member.User || p.Channel != "" || len(p.Peers) != 1 || p.Peers[0].Phase != Connecting || !v.Camera.On {
		t.Errorf("shown: %+v", v.Place)
	}
	did = r.on(peerEvent{mesh.LocalDescription{Peer: a.peer(), Generation: 1, Kind: "offer", SDP: "v=0"}})
	if s := first[signed](t, did); s.route.Channel != callOne || s.description.Context != "call "+identity.FormatKey(r.s.serverKey)+" "+callOne {
		t.Errorf("signed: %+v", s)
	}
	did = r.on(peerEvent{mesh.Connected{Peer: a.peer()}})
	if s := string(first[tellPeer](t, did).data); s != `{"v":1,"type":"state"}` {
		t.Errorf("told: %s", s)
	}
	if s := string(first[tellPeer](t, r.cmd(Deafen{true}, 0)).data); s != `{"v":1,"type":"state","muted":true,"deafened":true}` {
		t.Errorf("told: %s", s)
	}
	if s := string(first[tellPeer](t, r.on(cameraSeen{CameraState{Open: true, Width: 640}})).data); !strings.Contains(s, `"camera":true`) {
		t.Errorf("told: %s", s)
	}
	did = r.on(told(a, `{"v":1,"type":"state","muted":true,"camera":true,"new":[1]}`))
	p := r.s.snapshot(time.Time{}, &Directory{}, nil, 0).Place.Peers[0]
	if first[peerShows](t, did) != (peerShows{a.peer(), CameraTrack, true}) || !p.Camera || !p.Muted || p.Deafened {
		t.Errorf("%v, shown: %+v", kinds(did), p)
	}
	did = r.cmd(HangUp{}, 0)
	want = []string{"ask", "tellPeer", "closePeer", "setCamera", "closeSound", "notify"}
	if got := kinds(did); !reflect.DeepEqual(got, want) || string(first[tellPeer](t, did).data) != `{"v":1,"type":"bye"}` {
		t.Fatalf("hang up did %v, want %v", got, want)
	}
	if n := notices(did, NoticeCallEnded)[0]; n.User != r.me.member.User || n.Code != wire.CallLeft || n.Channel != callOne {
		t.Errorf("told %+v", n)
	}
}

// A channel is left for a call, by the caller and by who takes it, with the devices left open.
func TestCallFromAChannel(t *testing.T) {
	for name, begin := range map[string]func(r *rig, a someone){
		"made":  func(r *rig, a someone) { r.called(a) },
		"taken": func(r *rig, a someone) { r.taken(a) },
		"made, on the way to another channel": func(r *rig, a someone) {
			r.cmd(Call{User: "Ana"}, 0)
			r.on(commanded{cmd: Join{games}, made: 5, member: "5" + strings.Repeat("4", 31), nonce: r.me.member.Nonce})
			r.on(answeredBy(callOne, a))
		},
		"made, and the server unseats first": func(r *rig, a someone) {
			r.cmd(Call{User: "Ana"}, 0)
			r.on(received{&wire.MemberLeft{Channel: hall, Seq: 2, Member: r.me.member.Address, Reason: wire.LeftMoved}})
			r.on(answeredBy(callOne, a))
		},
	} {
		r, a, b := newRig(t), person(t, "Ana", '9'), person(t, "Bob", '1')
		r.knows(a, b)
		r.join(b)
		r.connected(b)
		r.did = nil
		begin(r, a)
		if n := len(asked[*wire.VoiceLeave](r.did)); n != 1 || count[openSound](r.did)+count[closeSound](r.did) != 0 || count[closePeer](r.did) != 1 || r.phase(a) != "connecting" || r.phase(b) != "none" {
			t.Errorf("%s: %v, Ana is %s, Bob %s", name, kinds(r.did), r.phase(a), r.phase(b))
		}
		if did := r.on(received{&wire.MemberJoined{Channel: hall, Seq: 3, Member: b.member}}); count[openPeer](did) != 0 {
			t.Errorf("%s: who comes to the channel afterwards is connected to", name)
		}
	}
}

func TestCameraOutsideOfACall(t *testing.T) {
	r := newRig(t)
	if f := first[finish](t, r.cmd(SetCamera{true}, 3)); wire.CodeOf(f.err) != wire.BadOrder || r.s.camera.On {
		t.Errorf("%+v", f)
	}
	if did := r.cmd(Preview{true}, 0); count[setPreview](did) != 1 {
		t.Errorf("preview did %v", kinds(did))
	}
	a := person(t, "Ana", '9')
	r.taken(a)
	if did := r.cmd(HangUp{}, 0); count[setPreview](did) != 1 || r.s.camera.Preview {
		t.Errorf("the preview outlives the call: %v", kinds(did))
	}
}

// A server that restarts is told of the call; the other one is absent until it has said so too.
func TestCallAcrossAServerRestart(t *testing.T) {
	r, a := newRig(t), person(t, "Ana", '9')
	r.taken(a)
	r.connected(a)
	absent := func() bool { return r.s.snapshot(time.Time{}, &Directory{}, nil, 0).Place.Peers[0].Absent }
	r.on(linkDown{err: errors.New("cut")})
	did := r.on(linkUp{serverKey: r.s.serverKey})
	m := asked[*wire.CallHere](did)
	if len(m) != 1 || m[0].Call != callOne || m[0].Member != r.me.member.Member || m[0].With != a.member.Address {
		t.Fatalf("back did %v", kinds(did))
	}
	r.on(r.hereReplied(&wire.CallPlaced{Call: callOne}))
	if !absent() {
		t.Error("who has not come back is there")
	}
	if r.on(answeredBy(callOne, a)); absent() {
		t.Error("who has come back is absent")
	}
	r.on(ended(callOne, wire.CallLost))
	r.on(peerEvent{mesh.Disconnected{Peer: a.peer()}})
	r.now += goneAfter + time.Second
	did = r.on(tick{})
	if n := notices(did, NoticeCallEnded); len(n) != 1 || n[0].Code != wire.CallLost || n[0].User != a.member.User {
		t.Errorf("gone: %v %+v", kinds(did), n)
	}
}

// The end of a call that was among lost events is found by asking.
func TestCallThatEndedUnheard(t *testing.T) {
	r, a := newRig(t), person(t, "Ana", '9')
	r.taken(a)
	r.connected(a)
	if did := r.on(gapSeen{}); len(asked[*wire.CallHere](did)) != 1 {
		t.Errorf("did %v", kinds(did))
	}
	did := r.on(r.hereReplied(wire.Errorf(wire.CallGone, "Gone.")))
	if n := notices(did, NoticeCallEnded); len(n) != 1 || n[0].Code != wire.CallLost || r.s.place.phase != Idle {
		t.Errorf("told %+v", n)
	}
}

func TestHereIsSaidAgain(t *testing.T) {
	r, a := newRig(t), person(t, "Ana", '9')
	r.taken(a)
	r.connected(a)
	r.on(linkUp{serverKey: r.s.serverKey})
	r.on(r.hereReplied(wire.Errorf(wire.RateLimited, "Slowly.")))
	r.now += joinEvery
	if did := r.on(tick{}); len(asked[*wire.CallHere](did)) != 1 {
		t.Errorf("did %v", kinds(did))
	}
}

// A ring that was given up before the server answered may have become a crossing call: the other one is not left in it alone.
func TestCancelledWhileCrossing(t *testing.T) {
	r, a := newRig(t), person(t, "Ana", '9')
	r.knows(a)
	r.cmd(Call{User: "Ana"}, 0)
	r.cmd(HangUp{}, 0)
	did := r.forRing(placedWith(callTwo, a))
	if m := asked[*wire.CallEnd](did); len(m) != 1 || m[0].Call != callTwo || r.s.callState() != callIdle {
		t.Errorf("did %v", kinds(did))
	}
}

func TestMissedCalls(t *testing.T) {
	r := newRig(t)
	list := func(n int, from int64) (out []Missed) {
		for i := range n {
			out = append(out, Missed{Call: callOne, At: from + int64(i), Why: wire.MissedBusy})
		}
		return out
	}
	if did := r.on(received{&wire.CallMissed{All: true, Missed: list(3, 1)}}); len(notices(did, NoticeCallMissed)) != 0 || r.s.missed[0].At != 3 {
		t.Errorf("all: %v %+v", kinds(did), r.s.missed)
	}
	if did := r.on(received{&wire.CallMissed{Missed: list(wire.MaxMissed-1, 10)}}); len(notices(did, NoticeCallMissed)) != ringBurst || len(r.s.missed) != wire.MaxMissed || r.s.missed[wire.MaxMissed-1].At != 3 {
		t.Errorf("more: %d, the last %+v", len(r.s.missed), r.s.missed[len(r.s.missed)-1])
	}
	if did := r.cmd(ForgetMissed{}, 0); len(asked[*wire.CallSeen](did)) != 1 || len(r.s.missed) != 0 {
		t.Errorf("forget did %v", kinds(did))
	}
}

// The other's ring is not lost if one's own, which crosses it, is refused; it is if it has ended meanwhile.
func TestCrossingRefused(t *testing.T) {
	for _, over := range []bool{false, true} {
		r, a := newRig(t), person(t, "Ana", '9')
		r.knows(a)
		r.cmd(Call{User: "Ana"}, 7)
		r.on(incomingOf(callTwo, a))
		if over {
			r.on(ended(callTwo, wire.CallCancelled))
		}
		did := r.forRing(wire.Errorf(wire.RateLimited, "Slowly."))
		if f := first[finish](t, did); f.made != 7 || wire.CodeOf(f.err) != wire.RateLimited {
			t.Errorf("one's own: %+v", f)
		}
		if n := notices(did, NoticeCallIncoming); (len(n) == 1 && n[0].Channel == callTwo && r.s.callState() == callRinging) == over {
			t.Errorf("over %v: did %v", over, kinds(did))
		}
		if r.s.refused != 0 {
			t.Errorf("over %v: %d refused", over, r.s.refused)
		}
	}
}

// The answer to a ring may have been among events that were lost: the same ring again brings it.
func TestAnsweredUnheard(t *testing.T) {
	begin := func() (*rig, someone) {
		r, a := newRig(t), person(t, "Ana", '9')
		r.knows(a)
		r.cmd(Call{User: "Ana", Video: true}, 0)
		if did := r.on(gapSeen{}); len(asked[*wire.CallRing](did)) != 0 {
			t.Error("asked twice before the first answer")
		}
		first := asked[*wire.CallRing](r.did)[0]
		r.forRing(&wire.CallPlaced{Call: callOne})
		did := r.on(gapSeen{})
		if m := asked[*wire.CallRing](did); len(m) != 1 || !reflect.DeepEqual(m[0], first) {
			t.Fatalf("a gap did %v", kinds(did))
		}
		return r, a
	}
	r, _ := begin()
	if did := r.forRing(&wire.CallPlaced{Call: callOne}); r.s.callState() != callDialing || len(did) != 0 {
		t.Errorf("it rings still: %v", kinds(did))
	}
	r, a := begin()
	if did := r.forRing(placedWith(callOne, a)); r.s.callState() != callConnecting || count[openPeer](did) != 1 {
		t.Errorf("answered: %v", kinds(did))
	}
	r, _ = begin()
	did := r.forRing(wire.Errorf(wire.CallGone, "Gone."))
	if n := notices(did, NoticeCallEnded); len(n) != 1 || n[0].Code != wire.CallLost || r.s.callState() != callIdle {
		t.Errorf("over: %v", kinds(did))
	}
}

// The end of what rings here may have been among them: unless the server says that it rings still, it does not.
func TestRingEndedUnheard(t *testing.T) {
	for _, still := range []bool{true, false} {
		r, a := newRig(t), person(t, "Ana", '9')
		r.now += time.Second
		r.on(incomingOf(callOne, a))
		r.on(gapSeen{})
		if still {
			r.on(incomingOf(callOne, a))
		}
		r.now += doubtWithin
		if r.on(tick{}); r.s.callState() != callRinging {
			t.Error("not waited for the server")
		}
		r.now += time.Second
		did := r.on(tick{})
		if n := notices(did, NoticeCallEnded); (len(n) == 0 && r.s.callState() == callRinging) != still {
			t.Errorf("still %v: did %v", still, kinds(did))
		}
		if len(notices(r.did, NoticeCallIncoming)) != 1 || r.s.refused != 0 {
			t.Errorf("still %v: %d refused", still, r.s.refused)
		}
	}
}

// A server that makes up callers does not ring on and on.
func TestRingsAreBounded(t *testing.T) {
	r, a := newRig(t), person(t, "Ana", '9')
	rings := func(times int) int {
		r.did = nil
		for range times {
			r.on(incomingOf(callOne, a))
			r.on(ended(callOne, wire.CallCancelled))
		}
		return len(notices(r.did, NoticeCallIncoming))
	}
	if n := rings(1000); n != ringBurst || r.s.refused == 0 {
		t.Errorf("%d rings, %d refused", n, r.s.refused)
	}
	r.now += time.Minute
	if n := rings(1000); n != 10 {
		t.Errorf("%d a minute", n)
	}
}

// Whoever leans on a key does not flood the other one, who learns in the end how the switches are.
func TestWordsAreBounded(t *testing.T) {
	r, a := newRig(t), person(t, "Ana", '9')
	r.taken(a)
	r.connected(a)
	said := func(did []effect) (out []string) {
		for _, f := range did {
			if f, ok := f.(tellPeer); ok {
				out = append(out, string(f.data))
			}
		}
		return out
	}
	r.did = nil
	for i := range 101 {
		r.cmd(Mute{i%2 == 0}, 0)
		r.on(looked{a.member.User, CameraTrack, i%2 == 0})
	}
	if n := len(said(r.did)); n == 0 || n > wordBurst {
		t.Errorf("%d words at once", n)
	}
	r.did = nil
	for range 8 {
		r.now += tickEvery
		r.on(tick{})
	}
	if got := said(r.did); len(got) != 2 || got[0] != `{"v":1,"type":"state","muted":true}` || got[1] != `{"v":1,"type":"watch","camera":true}` {
		t.Errorf("then said: %q", got)
	}
}

func FuzzReadWord(f *testing.F) {
	f.Add([]byte(`{"v":1,"type":"state","muted":true}`))
	f.Add([]byte(`{"v":1,"type":"bye"}`))
	f.Add([]byte(`{"v":1,"type":"speech","priority":true,"whisper":true}`))
	f.Add([]byte(`{"v":1,"type":"watch","camera":true,"screen":false}`))
	f.Add([]byte(strings.Repeat(`{"v":`, 500)))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := readWord(data)
		if err == nil && (len(data) > maxWord || w.Version != wordVersion) {
			t.Errorf("taken: %q", data)
		}
	})
}
