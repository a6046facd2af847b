package call

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

// session is a description of somebody's nth peer connection.
func session(n int) string { return fmt.Sprintf("v=0\r\no=- %d 1 IN IP4 0.0.0.0\r\n", n) }

// linked is a rig that is connected to somebody, by their first peer connection if they offer.
func linked(t *testing.T, with someone) *rig {
	t.Helper()
	r := newRig(t)
	r.now = time.Minute
	r.join(with)
	if !r.s.offers(with.peer()) {
		r.on(received{r.offerOf(with, 1, session(1))})
	}
	r.connected(with)
	r.did = nil
	return r
}

func (r *rig) away(p someone) { r.on(peerEvent{mesh.Disconnected{Peer: p.peer()}}) }

func (r *rig) renewed(p someone) {
	r.on(peerEvent{mesh.Connected{Peer: p.peer(), Renewed: true, Number: r.s.peers[p.peer()].number}})
}

func (r *rig) unrenewed(p someone) {
	r.on(peerEvent{mesh.Unrenewed{Peer: p.peer(), Number: r.s.peers[p.peer()].number}})
}

// answers lets somebody answer the last offer.
func (r *rig) answers(p someone) []effect {
	g := r.s.peers[p.peer()].generation
	return r.on(received{&wire.Answer{Route: r.route(p), Generation: g, SDP: "v=0", Signature: r.signedBy(p, identity.Answer, g, "v=0")}})
}

// begun lets time pass, and says when another peer connection was begun, in milliseconds.
func (r *rig) begun(d time.Duration) (at []int64) {
	r.t.Helper()
	for start := r.now; r.now < start+d; {
		r.now += tickEvery
		did := r.on(tick{})
		if count[openPeer](did)+count[closePeer](did) != 0 {
			r.t.Errorf("%v: %v", r.now-start, kinds(did))
		}
		if count[renewPeer](did) != 0 {
			at = append(at, (r.now - start).Milliseconds())
		}
	}
	return at
}

// Who offers begins another peer connection beside the one whose path is lost: soon, and ever more slowly where nobody answers.
func TestPathLostBeginsAnother(t *testing.T) {
	big := person(t, "Big", '9')
	r := linked(t, big)
	r.away(big)
	if at := r.begun(15 * time.Second); !slices.Equal(at, []int64{500, 3750, 10000}) {
		t.Errorf("begun at %v", at)
	}
	for _, f := range r.did {
		if s, ok := f.(signed); ok && s.beside {
			t.Error("told by the path that is lost")
		}
	}
}

// One that is answered comes about, and gets the time for it; what it is beside may come back meanwhile, and is given up for it alone.
func TestAnotherUnderWayIsKept(t *testing.T) {
	big := person(t, "Big", '9')
	r := linked(t, big)
	r.away(big)
	r.begun(time.Second)
	if did := r.answers(big); count[setRemote](did) != 1 {
		t.Fatalf("the answer: %v", kinds(did))
	}
	if at := r.begun(6 * time.Second); at != nil {
		t.Errorf("begun again at %v", at)
	}
	r.now += askEvery
	if did := r.on(received{&wire.NeedOffer{Route: r.route(big), Generation: r.s.peers[big.peer()].generation - 1}}); len(did) != 0 {
		t.Errorf("begun again because it was asked for: %v", kinds(did))
	}
	if at := r.begun(3 * time.Second); len(at) != 1 {
		t.Errorf("it gets nowhere, and others are begun at %v", at)
	}
	r.answers(big)
	r.now += askEvery
	if did := r.on(received{&wire.NeedOffer{Route: r.route(big), Generation: r.s.peers[big.peer()].generation}}); count[renewPeer](did) != 1 {
		t.Errorf("who has it and is elsewhere now: %v", kinds(did))
	}
	r.connected(big) // the first one
	if !r.s.peers[big.peer()].heir || r.phase(big) != "connected" {
		t.Errorf("the path came back: %+v", r.s.peers[big.peer()])
	}
	before := r.s.peers[big.peer()].connection
	if r.renewed(big); r.s.peers[big.peer()].heir || r.s.peers[big.peer()].connection == before {
		t.Errorf("it took its place: %+v", r.s.peers[big.peer()])
	}
	if at := r.begun(time.Minute); at != nil {
		t.Errorf("begun at %v for no reason", at)
	}
}

// Who answers asks for another one, and takes it beside the one that there is, which may work again by then.
func TestPathLostAsksForAnother(t *testing.T) {
	ana := person(t, "Ana", '1')
	for name, back := range map[string]bool{"lost": false, "back": true} {
		r := linked(t, ana)
		r.away(ana)
		r.begun(time.Second)
		if m, ok := first[tell](t, r.did).body.(*wire.NeedOffer); !ok || m.Fresh {
			t.Errorf("%s: asked for %+v", name, m)
		}
		if back {
			r.connected(ana)
		}
		did := r.on(received{r.offerOf(ana, 2, session(2))})
		if count[renewPeer](did) != 1 || count[setRemote](did) != 1 || count[closePeer](did) != 0 {
			t.Errorf("%s: an offer: %v", name, kinds(did))
		}
		if did := r.on(received{r.offerOf(ana, 3, session(2))}); count[renewPeer](did) != 0 || count[setRemote](did) != 1 {
			t.Errorf("%s: the same again: %v", name, kinds(did))
		}
		if did := r.on(received{r.offerOf(ana, 4, session(1))}); count[setRemote](did) != 0 {
			t.Errorf("%s: an ICE restart of the one before: %v", name, kinds(did))
		}
		if r.renewed(ana); r.phase(ana) != "connected" {
			t.Errorf("%s: then %s", name, r.phase(ana))
		}
	}
}

// One that comes to nothing leaves the one before, which is negotiated as before.
func TestAnotherInVain(t *testing.T) {
	ana := person(t, "Ana", '1')
	r := linked(t, ana)
	r.on(received{r.offerOf(ana, 2, session(2))})
	r.on(received{r.offerOf(ana, 3, session(3))}) // it has begun anew
	r.unrenewed(ana)
	if p := r.s.peers[ana.peer()]; p.heir || r.phase(ana) != "connected" {
		t.Errorf("%+v", p)
	}
	if did := r.on(received{r.offerOf(ana, 4, session(1))}); count[setRemote](did) != 1 || count[renewPeer](did)+count[closePeer](did) != 0 {
		t.Errorf("an ICE restart: %v", kinds(did))
	}
	if did := r.on(received{r.offerOf(ana, 5, session(3))}); count[renewPeer](did) != 1 {
		t.Errorf("and another one: %v", kinds(did))
	}
	r.unrenewed(ana)
	r.unrenewed(ana)
	if p := r.s.peers[ana.peer()]; p.session != "1" {
		t.Errorf("session %s", p.session)
	}
}

// What is said of one that another has followed is not about that one.
func TestAnotherOvertaken(t *testing.T) {
	ana := person(t, "Ana", '1')
	for name, ev := range map[string]func(number int) mesh.Event{
		"in vain":   func(number int) mesh.Event { return mesh.Unrenewed{Peer: ana.peer(), Number: number} },
		"connected": func(number int) mesh.Event { return mesh.Connected{Peer: ana.peer(), Renewed: true, Number: number} },
	} {
		r := linked(t, ana)
		r.on(received{r.offerOf(ana, 2, session(2))})
		first := r.s.peers[ana.peer()].number
		r.on(received{r.offerOf(ana, 3, session(3))})
		r.on(peerEvent{ev(first)})
		if p := r.s.peers[ana.peer()]; !p.heir || p.session != "3" {
			t.Errorf("%s: %+v", name, p)
		}
		if did := r.on(received{r.offerOf(ana, 4, session(3))}); count[renewPeer](did) != 0 || count[setRemote](did) != 1 {
			t.Errorf("%s: the same again: %v", name, kinds(did))
		}
		if name == "connected" && r.s.peers[ana.peer()].before != "2" {
			t.Errorf("%s: it is beside %s", name, r.s.peers[ana.peer()].before)
		}
		if r.renewed(ana); r.s.peers[ana.peer()].heir {
			t.Errorf("%s: it comes about still", name)
		}
	}
}

// The other one's has come about and it has closed the one before: ours is waited for. Where it comes to nothing, both begin anew.
func TestBeforeIsClosedFirst(t *testing.T) {
	ana := person(t, "Ana", '1')
	for name, vain := range map[string]bool{"connected": false, "in vain": true} {
		r := linked(t, ana)
		r.on(received{r.offerOf(ana, 2, session(2))})
		r.on(peerEvent{mesh.Failed{Peer: ana.peer(), Err: mesh.ErrFarEnd}})
		r.begun(2 * time.Second)
		if !vain {
			r.renewed(ana)
			r.begun(time.Minute)
			continue
		}
		r.unrenewed(ana)
		r.now += 2 * tickEvery
		if did := r.on(tick{}); count[openPeer](did) != 1 {
			t.Errorf("%s: %v", name, kinds(did))
		}
	}
}

// What was said to a server that could not be reached is said again when there is one, though the path is not missed yet.
func TestMovedBeforeTheServerWasMissed(t *testing.T) {
	for _, who := range []someone{person(t, "Ana", '1'), person(t, "Big", '9')} {
		r := linked(t, who)
		r.on(moved)
		r.now += tickEvery
		r.lost()
		did := r.on(linkUp{serverKey: r.s.serverKey, welcome: wire.Welcome{Resumed: true}})
		if n := count[makeOffer](did) + count[tell](did); n != 1 {
			t.Errorf("%s: %v", who.member.Name, kinds(did))
		}
		if r.renewed(who); count[renewPeer](r.on(linkUp{serverKey: r.s.serverKey, welcome: wire.Welcome{Resumed: true}})) != 0 {
			t.Errorf("%s: once more, and all is well", who.member.Name)
		}
	}
}

// By which way it goes is decided when it is asked for: the server may come or go before it is ready.
func TestWayIsRemembered(t *testing.T) {
	big := person(t, "Big", '9')
	for name, c := range map[string]struct {
		begin, then func(*rig)
		beside      bool
	}{
		"a server comes": {(*rig).lost, func(r *rig) { r.on(linkUp{serverKey: r.s.serverKey, welcome: wire.Welcome{Resumed: true}}) }, false},
		"it goes":        {func(*rig) {}, (*rig).lost, false},
		"there is none":  {(*rig).lost, func(*rig) {}, true},
		"the path goes":  {(*rig).lost, func(r *rig) { r.away(big) }, false},
	} {
		r := linked(t, big)
		c.begin(r)
		r.on(moved)
		c.then(r)
		p := r.s.peers[big.peer()]
		did := r.on(peerEvent{mesh.LocalDescription{Peer: big.peer(), Generation: p.generation, Kind: "offer", SDP: "v=0"}})
		if s := first[signed](t, did); s.beside != c.beside {
			t.Errorf("%s: beside %v", name, s.beside)
		}
		did = r.on(peerEvent{mesh.LocalCandidate{Peer: big.peer(), Generation: p.generation, Candidate: "c"}})
		if count[tellPeer](did) == 1 != c.beside {
			t.Errorf("%s: %v", name, kinds(did))
		}
	}
}

// However many others somebody offers or asks for, few are begun.
func TestOthersAreBounded(t *testing.T) {
	ana, big := person(t, "Ana", '1'), person(t, "Big", '9')
	for name, c := range map[string]struct {
		who someone
		ask func(r *rig, n int) []effect
	}{
		"offered":         {ana, func(r *rig, n int) []effect { return r.on(received{r.offerOf(ana, uint32(n+2), session(n+2))}) }},
		"offered past it": {ana, func(r *rig, n int) []effect { return r.on(aside(ana, r.offerOf(ana, uint32(n+2), session(n+2)))) }},
		"wanted":          {big, func(r *rig, n int) []effect { return r.on(received{&wire.NeedOffer{Route: r.route(big)}}) }},
		"wanted and taken": {big, func(r *rig, n int) []effect {
			did := r.on(received{&wire.NeedOffer{Route: r.route(big)}})
			r.answers(big)
			r.renewed(big)
			return did
		}},
	} {
		r := linked(t, c.who)
		begun := 0
		for n := range 600 { // a minute
			r.now += 100 * time.Millisecond
			begun += count[renewPeer](c.ask(r, n))
		}
		if most := succeedMost + int(time.Minute/succeedEvery) + 1; begun < 3 || begun > most {
			t.Errorf("%s: %d", name, begun)
		}
	}
}
