package call

import (
	"errors"
	"slices"
	"testing"
	"time"

	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

var moved = networkChanged{moved: true}

// lost takes the server away.
func (r *rig) lost() { r.on(linkDown{err: errors.New("cut"), wait: time.Hour}) }

// aside is a message of somebody that comes over the peer connection.
func aside(p someone, m wire.Message) event { return told(p, string(relayedWord(m))) }

func TestNetworkChanged(t *testing.T) {
	big := person(t, "Big", '9')
	ana := person(t, "Ana", '1')
	reconnecting := func(r *rig) {
		r.connected(big)
		r.on(peerEvent{mesh.Disconnected{Peer: big.peer()}})
	}
	for name, c := range map[string]struct {
		arrange func(*rig)
		ev      networkChanged
		want    map[string]int
		phase   string
	}{
		"connected":     {func(r *rig) { r.connected(big) }, moved, map[string]int{"probe": 1, "hurry": 1, "renew": 1, "offer": 1}, "connected"},
		"reconnecting":  {reconnecting, moved, map[string]int{"probe": 1, "hurry": 1, "renew": 1, "offer": 1}, "reconnecting"},
		"no network":    {func(r *rig) { r.connected(big) }, networkChanged{gone: true}, map[string]int{"probe": 1}, "connected"},
		"slept":         {func(r *rig) { r.connected(big) }, networkChanged{woke: true}, map[string]int{"probe": 1, "hurry": 1}, "connected"},
		"without both":  {func(r *rig) { reconnecting(r); r.lost() }, moved, map[string]int{"probe": 1, "hurry": 1}, "reconnecting"},
		"past a server": {func(r *rig) { r.connected(big); r.lost() }, moved, map[string]int{"probe": 1, "hurry": 1, "renew": 1, "offer": 1}, "connected"},
		"offline":       {func(r *rig) { r.on(commanded{cmd: Disconnect{}}) }, moved, map[string]int{}, "none"},
	} {
		r := newRig(t)
		r.join(big)
		c.arrange(r)
		did := r.on(c.ev)
		got := map[string]int{"probe": count[probeServer](did), "hurry": count[hurryServer](did), "renew": count[renewPeer](did), "offer": count[makeOffer](did)}
		for what := range got {
			if got[what] != c.want[what] {
				t.Errorf("%s: %s %d times, not %d: %v", name, what, got[what], c.want[what], kinds(did))
			}
		}
		if got := r.phase(big); got != c.phase {
			t.Errorf("%s: then %s", name, got)
		}
	}
	r := newRig(t)
	r.join(ana) // who offers
	r.connected(ana)
	if m, ok := first[tell](t, r.on(moved)).body.(*wire.NeedOffer); !ok || m.Fresh {
		t.Errorf("asked for %+v", m)
	}
}

// Two whose servers are both gone agree on another connection over the one that they have.
func TestNegotiatePastServer(t *testing.T) {
	r, big := newRig(t), person(t, "Big", '9')
	r.watch = &consent{}
	r.watch.agreed = true
	r.join(big)
	r.connected(big)
	r.lost()
	g := first[makeOffer](t, r.on(moved)).generation
	s := first[signed](t, r.on(peerEvent{mesh.LocalDescription{Peer: big.peer(), Generation: g, Kind: "offer", SDP: "v=0"}}))
	if !s.beside {
		t.Error("the offer is for a server that is gone")
	}
	did := r.on(peerEvent{mesh.LocalCandidate{Peer: big.peer(), Generation: g, Candidate: "candidate:1 1 udp 1 192.0.2.1 1 typ host"}})
	if count[tell](did) != 0 || count[tellPeer](did) != 1 {
		t.Errorf("a candidate: %v", kinds(did))
	}
	answer := &wire.Answer{Route: r.route(big), Generation: g, SDP: "v=0", Signature: make([]byte, 64)}
	if did := r.on(aside(big, answer)); count[setRemote](did) != 0 {
		t.Error("an answer that nobody signed was taken")
	}
	answer.Signature = r.signedBy(big, identity.Answer, g, "v=0")
	if did := r.on(aside(big, answer)); count[setRemote](did) != 1 {
		t.Errorf("the answer: %v", kinds(did))
	}
	if did := r.on(aside(big, answer)); count[setRemote](did) != 0 {
		t.Error("it was taken twice")
	}
	r.now += askEvery
	if did := r.on(aside(big, &wire.NeedOffer{Route: r.route(big), Generation: g - 1})); count[renewPeer](did) != 0 {
		t.Errorf("asked for what is on its way: %v", kinds(did))
	}
	r.renewed(big)
	r.now += askEvery
	if did := r.on(aside(big, &wire.NeedOffer{Route: r.route(big), Generation: g})); count[renewPeer](did) != 1 || count[closePeer](did) != 0 {
		t.Errorf("asked for an offer: %v", kinds(did))
	}
	if r.phase(big) != "connected" {
		t.Error(r.phase(big))
	}
	if did := r.on(aside(big, &wire.CallEnd{Call: callOne})); len(did) != 0 {
		t.Errorf("what is none of a peer's: %v", kinds(did))
	}
}

// The other side of it: the offer is of a new connection, and the answer goes back by the way that it came.
func TestOfferPastServer(t *testing.T) {
	r, ana := newRig(t), person(t, "Ana", '1')
	r.now = time.Second
	r.join(ana)
	begun := "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"
	r.on(received{r.offerOf(ana, 1, begun)})
	r.connected(ana)
	if did := r.on(aside(ana, r.offerOf(ana, 2, begun))); count[setRemote](did) != 0 || count[closePeer](did) != 0 {
		t.Errorf("a restart that would cut the way that it came by: %v", kinds(did))
	}
	second := "v=0\r\no=- 2 1 IN IP4 0.0.0.0\r\n"
	did := r.on(aside(ana, r.offerOf(ana, 2, second)))
	if count[renewPeer](did) != 1 || count[closePeer](did) != 0 || first[setRemote](t, did).generation != 2 {
		t.Errorf("an offer: %v", kinds(did))
	}
	if did := r.on(aside(ana, r.offerOf(ana, 3, begun))); count[renewPeer](did) != 0 {
		t.Error("another one at once")
	}
	s := first[signed](t, r.on(peerEvent{mesh.LocalDescription{Peer: ana.peer(), Generation: 2, Kind: "answer", SDP: second}}))
	if !s.beside {
		t.Error("the answer goes to a server that the other one has not")
	}
	r.now += besideFor + time.Second
	s = first[signed](t, r.on(peerEvent{mesh.LocalDescription{Peer: ana.peer(), Generation: 2, Kind: "answer", SDP: second}}))
	if !s.beside {
		t.Error("it took another way than the offer because it was slow")
	}
	r.on(received{r.offerOf(ana, 4, "v=0\r\no=- 4 1 IN IP4 0.0.0.0\r\n")})
	s = first[signed](t, r.on(peerEvent{mesh.LocalDescription{Peer: ana.peer(), Generation: 4, Kind: "answer", SDP: "v=0"}}))
	if s.beside {
		t.Error("later ones still do")
	}
}

// By a peer connection comes what its own far end says, and nothing that was said before, elsewhere or by somebody else.
func TestOthersPastServer(t *testing.T) {
	ana, bob := person(t, "Ana", '1'), person(t, "Bob", '2')
	second := "v=0\r\no=- 2 1 IN IP4 0.0.0.0\r\n"
	for what, do := range map[string]func(r *rig) event{
		"somebody else's offer": func(r *rig) event { return aside(bob, r.offerOf(ana, 2, second)) },
		"an old one":            func(r *rig) event { return aside(ana, r.offerOf(ana, 1, second)) },
		"of another generation": func(r *rig) event {
			m := r.offerOf(ana, 2, second)
			m.Generation = 3
			return aside(ana, m)
		},
		"with another fingerprint": func(r *rig) event {
			m := r.offerOf(ana, 2, second)
			m.SDP += "a=fingerprint:sha-256 00\r\n"
			return aside(ana, m)
		},
		"of another channel": func(r *rig) event {
			m := r.offerOf(ana, 2, second)
			m.Channel = games
			return aside(ana, m)
		},
		"to somebody else": func(r *rig) event {
			m := r.offerOf(ana, 2, second)
			m.To.Member = bob.member.Member
			return aside(ana, m)
		},
	} {
		r := newRig(t)
		r.now = time.Second
		r.join(ana, bob)
		r.on(received{r.offerOf(ana, 1, "v=0")})
		r.connected(ana)
		r.connected(bob)
		refused := r.s.refused
		if did := r.on(do(r)); len(did) != 0 || r.s.refused != refused+1 {
			t.Errorf("%s: %v", what, kinds(did))
		}
		if did := r.on(aside(ana, r.offerOf(ana, 2, second))); count[renewPeer](did) != 1 {
			t.Errorf("her own after %s: %v", what, kinds(did))
		}
	}
	r := newRig(t)
	r.now = time.Second
	r.join(ana)
	r.connected(ana)
	r.on(met{ana.member, Person{Like: "Bob"}})
	if did := r.on(aside(ana, r.offerOf(ana, 2, second))); len(did) != 0 {
		t.Errorf("of somebody who is held back: %v", kinds(did))
	}
}

// Without a server nothing is given up that may heal by itself; as soon as there is one again a path is looked for.
func TestPathLostWithoutServer(t *testing.T) {
	r, big := newRig(t), person(t, "Big", '9')
	r.join(big)
	r.connected(big)
	r.lost()
	r.on(peerEvent{mesh.Disconnected{Peer: big.peer()}})
	r.did = nil
	for range 40 { // ten seconds
		r.now += tickEvery
		r.on(tick{})
	}
	if n := count[makeOffer](r.did) + count[closePeer](r.did) + count[openPeer](r.did); n != 0 {
		t.Errorf("meanwhile: %v", kinds(r.did))
	}
	if n := count[hurryServer](r.did); n < 1 || n > 5 {
		t.Errorf("%d tries more", n)
	}
	if did := r.on(linkUp{serverKey: r.s.serverKey, welcome: wire.Welcome{Resumed: true}}); count[renewPeer](did) != 1 || count[makeOffer](did) != 1 {
		t.Errorf("with a server: %v", kinds(did))
	}
}

// A server that wants to be left alone is.
func TestPatientRedial(t *testing.T) {
	r, big := newRig(t), person(t, "Big", '9')
	r.join(big)
	r.connected(big)
	r.on(linkDown{err: errors.New("restart"), wait: time.Minute, asked: true})
	r.did = nil
	for range 40 {
		r.now += tickEvery
		r.on(tick{})
	}
	if n := count[hurryServer](r.did); n != 0 {
		t.Errorf("%d tries", n)
	}
}

// Who has slept and comes again has seen more generations than we have made: the offer's is above all.
func TestOfferToWhoHasSeenMore(t *testing.T) {
	r, big := newRig(t), person(t, "Big", '9')
	r.join(big)
	r.now += askEvery
	if g := first[makeOffer](t, r.on(received{&wire.NeedOffer{Route: r.route(big), Generation: 41}})).generation; g != 42 {
		t.Errorf("generation %d", g)
	}
	r.now += askEvery
	if g := first[makeOffer](t, r.on(received{&wire.NeedOffer{Route: r.route(big), Generation: 1<<32 - 1}})).generation; g < 42 || g > maxSeen+1 {
		t.Errorf("generation %d", g)
	}
}

// In a channel, too, the others are told of switches and of the end past a server that is gone.
func TestSwitchesPastServer(t *testing.T) {
	r, big := newRig(t), person(t, "Big", '9')
	r.join(big)
	r.connected(big)
	r.on(told(big, `{"v":1,"type":"state","muted":true,"camera":true}`))
	if p := r.s.peers[big.peer()]; !p.member.Muted || !p.shows[CameraTrack] || p.shows[ScreenTrack] {
		t.Errorf("%+v", p.member)
	}
	r.lost()
	if did := r.cmd(Mute{true}, 0); count[tellPeer](did) != 1 {
		t.Errorf("mute: %v", kinds(did))
	}
	if did := r.cmd(Leave{}, 0); count[tellPeer](did) != 1 {
		t.Errorf("leave: %v", kinds(did))
	}
	r = newRig(t)
	r.join(big)
	r.connected(big)
	r.on(told(big, `{"v":1,"type":"bye"}`))
	if r.phase(big) != "none" || r.s.place.phase != Joined {
		t.Errorf("%s, %s", r.phase(big), r.s.place.phase)
	}
}

// To leave is told past the server, be that gone or believed to be there; and before the connection is closed.
func TestLeaveIsSaid(t *testing.T) {
	ana := person(t, "Ana", '7')
	for name, lose := range map[string]bool{"server": false, "no server": true} {
		r := beside(t, ana)
		if lose {
			r.lost()
		}
		did := r.on(commanded{cmd: Leave{}})
		if says(t, did, wordBye); count[closePeer](did) != 1 {
			t.Errorf("%s: %v", name, kinds(did))
		}
		bye := slices.IndexFunc(did, func(f effect) bool { _, is := f.(tellPeer); return is })
		if closed := slices.IndexFunc(did, func(f effect) bool { _, is := f.(closePeer); return is }); closed < bye {
			t.Errorf("%s: said when nobody listened any more", name)
		}
	}
}
