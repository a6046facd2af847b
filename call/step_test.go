package call

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"parley/call/doctor"
	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

// someone is a person with a key and a place in a channel.
type someone struct {
	key    identity.Key
	member wire.Member
}

// person makes one whose member id starts with the given digit, so that tests can say who offers.
func person(t testing.TB, name string, digit byte) someone {
	t.Helper()
	seed := sumOf(name)
	k, err := identity.Generate(bytes.NewReader(seed[:]))
	if err != nil {
		t.Fatal(err)
	}
	return someone{k, wire.Member{
		Address: wire.Address{User: k.ID(), Member: string(digit) + fmt.Sprintf("%031x", seed[0])},
		Key:     wire.Bytes(k.Public()), Name: name, Nonce: wire.Bytes(seed[:32]),
	}}
}

func sumOf(s string) (out [ed25519.SeedSize]byte) {
	for i := range out {
		out[i] = byte(len(s)*31+i*7) ^ s[i%len(s)]
	}
	return out
}

func (p someone) peer() mesh.Peer { return peerID(p.member.Address) }

// rig is a state with what it did, driven by hand.
type rig struct {
	t   testing.TB
	s   state
	now time.Duration
	did []effect
	me  someone

	watch *consent // nil: nobody watches
}

const (
	hall  = "hall"
	games = "games"
)

// newRig is online at a server with two channels; its own member id will start with 5.
func newRig(t testing.TB) *rig {
	r := &rig{t: t, me: person(t, "Me", '5')}
	r.s = newState(r.me.key.Public())
	link := wire.Link{Host: "localhost:1", Key: wire.Bytes(person(t, "Server", '0').key.Public()), Mode: wire.ModeNative}
	r.on(commanded{cmd: Connect{Link: link.String(), Name: "Me"}})
	r.on(linkUp{serverName: "Home", serverKey: identity.PublicKey(link.Key), welcome: wire.Welcome{Role: wire.RoleMember}})
	r.on(received{&wire.Snapshot{Last: true, Channels: []wire.Channel{{ID: hall, Name: "Hall"}, {ID: games, Name: "Games", Position: 1}}}})
	r.did = nil
	return r
}

// on takes one event, answers lookUp like an engine whose machine knows nobody, and keeps what was done.
func (r *rig) on(ev event) []effect {
	var did []effect
	if r.watch != nil {
		r.watch.before(r.s, ev)
	}
	r.s, did = step(r.s, r.now, ev)
	if r.watch != nil {
		r.watch.replay(r.t, did)
		r.watch.agrees(r.t, r.s)
	}
	r.did = append(r.did, did...)
	for _, f := range did {
		if l, ok := f.(lookUp); ok {
			did = append(did, r.on(met{l.member, Person{New: true, Volume: 1}})...)
		}
	}
	return did
}

// join sits down in the hall with others.
func (r *rig) join(others ...someone) []effect {
	did := r.on(commanded{cmd: Join{hall}, member: r.me.member.Member, nonce: r.me.member.Nonce})
	return append(did, r.on(replied{tag{purpose: forJoin, member: r.me.member.Member}, r.roster(1, others...)})...)
}

func (r *rig) roster(seq uint64, others ...someone) *wire.Roster {
	m := &wire.Roster{Channel: hall, Seq: seq, Members: []wire.Member{r.me.member}, Relay: &wire.Turn{URLs: []string{"stun:localhost:1"}, TTL: 3600}}
	for _, o := range others {
		m.Members = append(m.Members, o.member)
	}
	return m
}

// route is what a message of somebody to me says.
func (r *rig) route(from someone) wire.Route {
	route := wire.Route{To: r.me.member.Address, From: from.member.Address, Channel: hall}
	if r.s.place.call != "" {
		route.Channel = r.s.place.call
	}
	return route
}

func (r *rig) signedBy(p someone, role identity.Role, generation uint32, sdp string) wire.Bytes {
	t := turn{state: r.s}
	d := t.description(&peer{member: p.member}, role, generation, sdp, false)
	return d.Sign(p.key)
}

func (r *rig) offerOf(p someone, generation uint32, sdp string) *wire.Offer {
	return &wire.Offer{Route: r.route(p), Generation: generation, SDP: sdp, Signature: r.signedBy(p, identity.Offer, generation, sdp)}
}

func count[E effect](did []effect) (n int) {
	for _, f := range did {
		if _, ok := f.(E); ok {
			n++
		}
	}
	return n
}

func first[E effect](t testing.TB, did []effect) E {
	t.Helper()
	for _, f := range did {
		if e, ok := f.(E); ok {
			return e
		}
	}
	var none E
	t.Fatalf("no %T in %v", none, kinds(did))
	return none
}

func kinds(did []effect) (out []string) {
	for _, f := range did {
		out = append(out, strings.TrimPrefix(fmt.Sprintf("%T", f), "call."))
	}
	return out
}

func (r *rig) phase(p someone) string {
	if q := r.s.peers[p.peer()]; q != nil {
		return q.phase.String()
	}
	return "none"
}

func TestJoinOpensAndLeaveCloses(t *testing.T) {
	r, ana := newRig(t), person(t, "Ana", '9')
	did := r.join(ana)
	if count[openSound](did) != 1 || count[openPeer](did) != 1 || r.s.place.phase != Joined {
		t.Fatalf("join did %v", kinds(did))
	}
	if o := first[makeOffer](t, did); o.generation != 1 || len(o.ice) != 1 {
		t.Errorf("offer %+v", o)
	}
	did = r.on(commanded{cmd: Leave{}})
	got := kinds(did)
	if !reflect.DeepEqual(got, []string{"ask", "closePeer", "closeSound", "notify"}) || r.s.place.phase != Idle || len(r.s.peers) != 0 {
		t.Errorf("leave did %v", got)
	}
}

func TestTheSmallerMemberIDOffers(t *testing.T) {
	r, big, small := newRig(t), person(t, "Big", '9'), person(t, "Small", '1')
	did := r.join(big, small)
	if o := first[makeOffer](t, did); o.peer != big.peer() || count[makeOffer](did) != 1 {
		t.Errorf("offers to %v", o.peer)
	}
	n := first[tell](t, did).body.(*wire.NeedOffer)
	if n.To != small.member.Address || !n.Fresh || n.Generation != 0 {
		t.Errorf("asked %+v", n)
	}
}

// A switch stays where it is until the server agrees, and takes one step then; a refused one changes nothing.
func TestSwitch(t *testing.T) {
	r, ana := newRig(t), person(t, "Ana", '9')
	r.join(ana)
	r.connected(ana)
	there := tag{purpose: forJoin, member: "5" + strings.Repeat("1", 31)}
	leave := func() []effect {
		return r.on(commanded{cmd: Join{games}, made: 7, member: there.member, nonce: r.me.member.Nonce})
	}
	if did := leave(); !reflect.DeepEqual(kinds(did), []string{"ask"}) || r.s.place.channel != hall {
		t.Fatalf("on the way: %v", kinds(did))
	}
	if f := first[finish](t, r.on(commanded{cmd: Join{hall + "x"}, made: 8})); f.made != 8 || f.err == nil {
		t.Errorf("%+v", f)
	}
	did := r.on(replied{there, wire.Errorf(wire.ChannelFull, "full")})
	if f := first[finish](t, did); f.made != 7 || wire.CodeOf(f.err) != wire.ChannelFull || r.phase(ana) != "connected" || r.s.place.phase != Joined {
		t.Fatalf("refused: %+v, %v", f, kinds(did))
	}
	leave()
	r.on(received{&wire.MemberLeft{Channel: hall, Seq: 2, Member: r.me.member.Address, Reason: wire.LeftMoved}})
	if r.phase(ana) != "connected" {
		t.Error("left before the answer")
	}
	did = r.on(replied{there, &wire.Roster{Channel: games, Seq: 1, Members: []wire.Member{{Address: wire.Address{User: r.me.member.User, Member: there.member}}}}})
	if count[closeSound](did) != 0 || count[closePeer](did) != 1 || r.s.place.channel != games || r.s.place.phase != Joined || len(r.s.peers) != 0 {
		t.Errorf("switched: %v, %+v", kinds(did), r.s.place)
	}
	// The old channel's late reply changes nothing.
	if did := r.on(replied{tag{purpose: forJoin, member: r.me.member.Member}, r.roster(1, ana)}); len(did) != 0 || r.s.place.channel != games {
		t.Errorf("an old reply did %v", kinds(did))
	}
}

func TestRefusedJoinClosesEverything(t *testing.T) {
	r := newRig(t)
	r.on(commanded{cmd: Join{hall}, made: 7, member: r.me.member.Member, nonce: r.me.member.Nonce})
	did := r.on(replied{tag{purpose: forJoin, member: r.me.member.Member}, wire.Errorf(wire.ChannelFull, "full")})
	if f := first[finish](t, did); wire.CodeOf(f.err) != wire.ChannelFull || f.made != 7 {
		t.Errorf("%+v", f)
	}
	if count[closeSound](did) != 1 || r.s.place.phase != Idle {
		t.Errorf("did %v", kinds(did))
	}
}

// A join whose answer is lost with the session is asked again and answered in the end; so is one that ends before.
func TestJoinAcrossAServerRestart(t *testing.T) {
	for _, left := range []bool{false, true} {
		r := newRig(t)
		r.on(commanded{cmd: Join{hall}, made: 7, member: r.me.member.Member, nonce: r.me.member.Nonce})
		r.on(linkDown{err: errors.New("cut")})
		if did := r.on(replied{tag{purpose: forJoin, member: r.me.member.Member}, errGone()}); len(did) != 0 {
			t.Errorf("did %v", kinds(did))
		}
		if left {
			if f := first[finish](t, r.on(commanded{cmd: Leave{}})); f.made != 7 || f.err == nil {
				t.Errorf("%+v", f)
			}
			continue
		}
		again := first[ask](t, r.on(linkUp{serverKey: r.s.serverKey}))
		if j := again.body.(*wire.VoiceJoin); j.Member != r.me.member.Member {
			t.Errorf("asked %+v", j)
		}
		if f := first[finish](t, r.on(replied{again.tag, r.roster(1)})); f.made != 7 || f.err != nil {
			t.Errorf("%+v", f)
		}
	}
}

// Who sits in a full row of eight and comes back to a server that has given the seat away goes on talking, and tries again.
func TestRefusedAfterARestart(t *testing.T) {
	r, ana := newRig(t), person(t, "Ana", '9')
	r.join(ana)
	r.connected(ana)
	r.on(linkDown{err: errors.New("cut")})
	r.on(linkUp{serverKey: r.s.serverKey})
	refused := replied{tag{purpose: forJoin, member: r.me.member.Member}, wire.Errorf(wire.ChannelFull, "full")}
	did := r.on(refused)
	if count[closePeer](did)+count[closeSound](did) != 0 || count[notify](did) != 1 {
		t.Fatalf("did %v", kinds(did))
	}
	r.now += joinEvery
	did = r.on(tick{})
	if _, ok := first[ask](t, did).body.(*wire.VoiceJoin); !ok {
		t.Errorf("did %v", kinds(did))
	}
	if did := r.on(refused); len(did) != 0 {
		t.Errorf("the same refusal again: %v", kinds(did))
	}
	r.on(replied{refused.tag, r.roster(1, ana)})
	if r.s.place.again != 0 || r.phase(ana) != "connected" {
		t.Errorf("%+v", r.s.place)
	}
	if did := r.on(replied{refused.tag, wire.Errorf(wire.NotFound, "no such channel")}); count[closeSound](did) != 1 {
		t.Errorf("a channel that is gone: %v", kinds(did))
	}
}

func TestMuteAndDeafen(t *testing.T) {
	for _, c := range []struct {
		name     string
		cmds     []Command
		muted    bool // chosen
		deafened bool
		quiet    bool
	}{
		{"mute", []Command{Mute{true}}, true, false, true},
		{"deafen mutes too", []Command{Deafen{true}}, false, true, true},
		{"undeafen restores talking", []Command{Deafen{true}, Deafen{false}}, false, false, false},
		{"undeafen restores mute", []Command{Mute{true}, Deafen{true}, Deafen{false}}, true, false, true},
		{"unmute while deafened hears again", []Command{Deafen{true}, Mute{false}}, false, false, false},
		{"mute while deafened stays after", []Command{Deafen{true}, Mute{true}, Deafen{false}}, true, false, true},
	} {
		r := newRig(t)
		r.join()
		for _, cmd := range c.cmds {
			did := r.on(commanded{cmd: cmd})
			q := first[setQuiet](t, did)
			if q.muted != r.s.quiet() || q.deafened != r.s.self.deafened || count[ask](did) != 1 {
				t.Errorf("%s: told %+v", c.name, q)
			}
		}
		if r.s.self.muted != c.muted || r.s.self.deafened != c.deafened || r.s.quiet() != c.quiet {
			t.Errorf("%s: %+v", c.name, r.s.self)
		}
	}
}

// Each refusal stands beside the same message that is taken.
func TestOffersThatAreNotTaken(t *testing.T) {
	const sdp = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\n"
	small, other, big := person(t, "Small", '1'), person(t, "Other", '2'), person(t, "Big", '9')
	for name, change := range map[string]func(r *rig, m *wire.Offer){
		"good":                      func(*rig, *wire.Offer) {},
		"signature of another":      func(r *rig, m *wire.Offer) { m.Signature = r.signedBy(other, identity.Offer, 1, sdp) },
		"signed as an answer":       func(r *rig, m *wire.Offer) { m.Signature = r.signedBy(small, identity.Answer, 1, sdp) },
		"SDP changed on the way":    func(r *rig, m *wire.Offer) { m.SDP += "a=x\r\n" },
		"generation changed":        func(r *rig, m *wire.Offer) { m.Generation = 2 },
		"another's offer forwarded": func(r *rig, m *wire.Offer) { m.From = other.member.Address },
		"from nobody here":          func(r *rig, m *wire.Offer) { m.From = person(t, "Ghost", '0').member.Address },
		"for another member id":     func(r *rig, m *wire.Offer) { m.To.Member = strings.Repeat("7", 32) },
		"another channel":           func(r *rig, m *wire.Offer) { m.Channel = games },
		"not its part":              func(r *rig, m *wire.Offer) { *m = *r.offerOf(big, 1, sdp) },
		"generation zero":           func(r *rig, m *wire.Offer) { *m = *r.offerOf(small, 0, sdp) },
		"after leaving":             func(r *rig, m *wire.Offer) { r.on(commanded{cmd: Leave{}}) },
	} {
		r := newRig(t)
		r.join(small, other, big)
		m := r.offerOf(small, 1, sdp)
		change(r, m)
		before := r.s.refused
		did := r.on(received{m})
		taken := count[setRemote](did) == 1
		if taken != (name == "good") || taken == (r.s.refused == before+1) {
			t.Errorf("%s: did %v, refused %d", name, kinds(did), r.s.refused-before)
		}
	}
}

func TestReplayedOfferIsRefused(t *testing.T) {
	r, small := newRig(t), person(t, "Small", '1')
	r.join(small)
	m := r.offerOf(small, 3, "v=0\r\no=- 1 2\r\n")
	if did := r.on(received{m}); count[setRemote](did) != 1 {
		t.Fatalf("the first: %v", kinds(did))
	}
	if did := r.on(received{m}); len(did) != 0 || r.s.refused != 1 {
		t.Errorf("the replay: %v", kinds(did))
	}
	// One that was signed for another join has another nonce in it.
	old := r.signedBy(small, identity.Offer, 4, "v=0\r\n")
	r.on(commanded{cmd: Leave{}})
	r.me.member.Nonce = wire.Bytes(bytes.Repeat([]byte{9}, 32))
	r.join(small)
	if did := r.on(received{&wire.Offer{Route: r.route(small), Generation: 4, SDP: "v=0\r\n", Signature: old}}); len(did) != 0 {
		t.Errorf("an offer of an earlier join: %v", kinds(did))
	}
}

func TestAnswerMustBeOfThisOffer(t *testing.T) {
	big := person(t, "Big", '9')
	for _, c := range []struct {
		generation uint32
		signer     someone
		taken      bool
	}{{1, big, true}, {2, big, false}, {0, big, false}, {1, person(t, "Other", '8'), false}} {
		r := newRig(t)
		r.join(big)
		did := r.on(received{&wire.Answer{Route: r.route(big), Generation: c.generation, SDP: "v=0", Signature: r.signedBy(c.signer, identity.Answer, c.generation, "v=0")}})
		if taken := count[setRemote](did) == 1; taken != c.taken {
			t.Errorf("generation %d: %v", c.generation, kinds(did))
		}
		if c.taken {
			if did := r.on(received{&wire.Answer{Route: r.route(big), Generation: 1, SDP: "v=0", Signature: r.signedBy(big, identity.Answer, 1, "v=0")}}); len(did) != 0 {
				t.Error("a second answer was taken")
			}
		}
	}
}

func TestMembersThatAreNotBelieved(t *testing.T) {
	ana := person(t, "Ana", '9')
	for name, change := range map[string]func(r *rig, m *wire.Member){
		"good":              func(*rig, *wire.Member) {},
		"key of another":    func(r *rig, m *wire.Member) { m.Key = wire.Bytes(person(t, "Bob", '1').key.Public()) },
		"my member id":      func(r *rig, m *wire.Member) { m.Member = r.me.member.Member },
		"me at another id":  func(r *rig, m *wire.Member) { *m = r.me.member; m.Member = strings.Repeat("7", 32) },
		"a member id twice": func(r *rig, m *wire.Member) { m.Member = person(t, "Cid", '8').member.Member },
	} {
		r := newRig(t)
		r.join(person(t, "Cid", '8'))
		m := ana.member
		change(r, &m)
		did := r.on(received{&wire.MemberJoined{Channel: hall, Seq: 2, Member: m}})
		if opened := count[openPeer](did) == 1; opened != (name == "good") || opened == (r.s.refused == 1) {
			t.Errorf("%s: %v", name, kinds(did))
		}
	}
}

// The member list has a peer before anything is done towards it: no ghost.
func TestNoGhost(t *testing.T) {
	r, ghost := newRig(t), person(t, "Ghost", '9')
	r.join()
	s, did := step(r.s, 0, received{&wire.MemberJoined{Channel: hall, Seq: 2, Member: ghost.member}})
	if len(s.peers) != 0 || !reflect.DeepEqual(kinds(did), []string{"lookUp"}) {
		t.Fatalf("before it is known: %v", kinds(did))
	}
	s, did = step(s, 0, met{ghost.member, Person{New: true}})
	shown := s.snapshot(time.Time{}, &Directory{}, nil, 0).Place.Peers
	if len(shown) != 1 || shown[0].Name != "Ghost" || !shown[0].New || count[openPeer](did) != 1 {
		t.Errorf("shown %+v, did %v", shown, kinds(did))
	}
	if n := first[notify](t, did).notice; n.Kind != NoticePeerJoined || !n.New {
		t.Errorf("announced as %+v", n)
	}
}

func TestHeldUntilTrusted(t *testing.T) {
	ana := person(t, "Ana", '1')
	for _, c := range []struct {
		name      string
		knownOnly bool
		person    Person
		held      string
	}{
		{"new", false, Person{New: true}, ""},
		{"new, known only", true, Person{New: true}, HeldUnknown},
		{"known, known only", true, Person{}, ""},
		{"like another", false, Person{New: true, Like: "Аna"}, HeldLookalike},
		{"known, now like another", false, Person{Like: "Bob"}, HeldLookalike},
	} {
		r := newRig(t)
		r.on(commanded{cmd: SetKnownOnly{c.knownOnly}})
		r.join()
		r.on(received{&wire.MemberJoined{Channel: hall, Seq: 2, Member: ana.member}})
		if len(r.s.peers) == 1 { // the rig has met her as new already
			delete(r.s.peers, ana.peer())
		}
		did := r.on(met{ana.member, c.person})
		if (count[openPeer](did) == 0) != (c.held != "") {
			t.Errorf("%s: did %v", c.name, kinds(did))
		}
		if c.held == "" {
			continue
		}
		if n := first[notify](t, did).notice; n.Kind != NoticeHeld || n.Code != c.held {
			t.Errorf("%s: said %+v", c.name, n)
		}
		if did := r.on(received{r.offerOf(ana, 1, "v=0")}); len(did) != 0 {
			t.Errorf("%s: an offer of somebody held did %v", c.name, kinds(did))
		}
		did = r.on(commanded{cmd: Trust{ana.member.User}})
		if count[openPeer](did) != 1 || r.phase(ana) != "connecting" {
			t.Errorf("%s: trust did %v", c.name, kinds(did))
		}
		if did := r.on(received{r.offerOf(ana, 2, "v=0")}); count[setRemote](did) != 1 {
			t.Errorf("%s: after trust %v", c.name, kinds(did))
		}
	}
}

func TestRenamedToLookAlikeIsHeld(t *testing.T) {
	r, ana := newRig(t), person(t, "Ana", '1')
	r.join(ana)
	ana.member.Name = "Me2"
	var did []effect
	r.s, did = step(r.s, 0, received{&wire.MemberChanged{Channel: hall, Seq: 2, Member: ana.member}})
	if count[lookUp](did) != 1 {
		t.Fatalf("did %v", kinds(did))
	}
	did = r.on(met{ana.member, Person{Like: "Me"}})
	if r.phase(ana) != "held" || count[closePeer](did) != 1 {
		t.Errorf("did %v, phase %s", kinds(did), r.phase(ana))
	}
}

func (r *rig) connected(p someone) { r.on(peerEvent{mesh.Connected{Peer: p.peer()}}) }

func TestLeavingEndsAPeerAndAbsenceDoesNot(t *testing.T) {
	for _, c := range []struct {
		reason string
		ends   bool
	}{{wire.LeftSelf, true}, {wire.LeftKicked, true}, {wire.LeftMoved, true}, {wire.LeftLost, false}} {
		r, ana := newRig(t), person(t, "Ana", '9')
		r.join(ana)
		r.connected(ana)
		did := r.on(received{&wire.MemberLeft{Channel: hall, Seq: 2, Member: ana.member.Address, Reason: c.reason}})
		if ended := count[closePeer](did) == 1; ended != c.ends {
			t.Errorf("%s: %v", c.reason, kinds(did))
		}
	}
	r, ana := newRig(t), person(t, "Ana", '9')
	r.join(ana)
	r.connected(ana)
	if did := r.on(received{r.roster(5)}); count[closePeer](did) != 0 || !r.s.peers[ana.peer()].absent {
		t.Errorf("a roster without her: %v", kinds(did))
	}
}

func TestServerRestart(t *testing.T) {
	r, ana := newRig(t), person(t, "Ana", '9')
	r.join(ana)
	r.connected(ana)
	if did := r.on(linkDown{err: errors.New("cut")}); count[closePeer](did)+count[closeSound](did) != 0 || r.s.link != Lost || count[notify](did) != 1 {
		t.Errorf("lost: %v", kinds(did))
	}
	did := r.on(linkUp{serverKey: r.s.serverKey})
	j := first[ask](t, did).body.(*wire.VoiceJoin)
	if j.Member != r.me.member.Member || !bytes.Equal(j.Nonce, r.me.member.Nonce) {
		t.Errorf("joined again as %+v", j)
	}
	r.on(received{&wire.Snapshot{Last: true, Channels: []wire.Channel{{ID: hall, Name: "Hall"}}}})
	did = r.on(replied{tag{purpose: forJoin, member: r.me.member.Member}, r.roster(1)}) // she is not back yet
	if count[closePeer](did) != 0 || r.phase(ana) != "connected" {
		t.Errorf("the new roster: %v", kinds(did))
	}
	did = r.on(received{&wire.MemberJoined{Channel: hall, Seq: 2, Member: ana.member}})
	if r.s.peers[ana.peer()].absent || count[openPeer](did) != 0 {
		t.Errorf("she is back: %v", kinds(did))
	}
}

// Somebody who is kicked while their own connection to the server is gone is not sent to any more.
func TestKickOfSomebodyWhoIsAway(t *testing.T) {
	r, ana, bob := newRig(t), person(t, "Ana", '9'), person(t, "Bob", '8')
	r.join(ana, bob)
	r.connected(ana)
	r.connected(bob)
	r.on(received{&wire.MemberLeft{Channel: hall, Seq: 2, Member: ana.member.Address, Reason: wire.LeftLost}})
	did := r.on(received{&wire.UserRemoved{User: ana.member.User}})
	if count[closePeer](did) != 1 || r.phase(ana) != "none" || r.phase(bob) != "connected" {
		t.Errorf("did %v", kinds(did))
	}
}

// What is said to a lost connection is said to the gateway, which keeps it for the same session.
func TestLeaveAndMuteWhileLost(t *testing.T) {
	r := newRig(t)
	r.join()
	r.on(linkDown{err: errors.New("cut")})
	if s, ok := first[ask](t, r.on(commanded{cmd: Mute{true}})).body.(*wire.VoiceState); !ok || !s.Muted {
		t.Error("the mute is not said")
	}
	if _, ok := first[ask](t, r.on(commanded{cmd: Leave{}})).body.(*wire.VoiceLeave); !ok {
		t.Error("the leave is not said")
	}
}

// To silence a stranger is not to trust them, and a switch to "known people only" counts for those who are here.
func TestHeldStayUnknown(t *testing.T) {
	r, ana := newRig(t), person(t, "Ana", '1')
	r.join(ana)
	did := r.on(commanded{cmd: SetKnownOnly{true}})
	if count[closePeer](did) != 1 || r.phase(ana) != "held" {
		t.Fatalf("did %v", kinds(did))
	}
	for _, cmd := range []Command{SetLocalMute{ana.member.User, true}, SetVolume{ana.member.User, 2}, Verify{ana.member.User, true}} {
		if did := r.on(commanded{cmd: cmd}); first[remember](t, did).name != "" || r.phase(ana) != "held" {
			t.Errorf("%T did %v", cmd, kinds(did))
		}
	}
	if did := r.on(commanded{cmd: Trust{ana.member.User}}); count[remember](did) == 0 || count[openPeer](did) != 1 {
		t.Errorf("trust did %v", kinds(did))
	}
	if did := r.on(commanded{cmd: SetKnownOnly{true}}); len(did) != 0 {
		t.Errorf("trusted, and then %v", kinds(did))
	}
	r.on(commanded{cmd: SetKnownOnly{false}})
}

// What only a new peer connection in its place can mend gets one, and none beside it.
func TestBrokenPeerIsMadeAnew(t *testing.T) {
	r, big := newRig(t), person(t, "Big", '9')
	r.join(big)
	r.connected(big)
	r.now += time.Minute
	if did := r.on(peerEvent{mesh.Failed{Peer: big.peer(), Err: mesh.ErrFarEnd}}); len(did) != 0 {
		t.Errorf("said of one who may be leaving: %v", kinds(did))
	}
	opened, beside := 0, 0
	for range 40 { // ten seconds
		r.now += tickEvery
		did := r.on(tick{})
		opened += count[openPeer](did)
		beside += count[renewPeer](did)
	}
	if opened < 1 || opened > 2 || beside != 0 {
		t.Errorf("%d new ones, %d beside it", opened, beside)
	}
}

func TestKickedOrReplacedEndsAtOnce(t *testing.T) {
	r, ana := newRig(t), person(t, "Ana", '9')
	r.join(ana)
	r.connected(ana)
	did := r.on(linkDown{err: &goneAway{wire.Goaway{Reason: wire.ReasonKicked, Text: "You were kicked."}}, final: true})
	if count[closePeer](did) != 1 || count[closeSound](did) != 1 || r.s.link != Offline || r.s.place.phase != Idle {
		t.Errorf("did %v", kinds(did))
	}
}

func TestReconnecting(t *testing.T) {
	r, big := newRig(t), person(t, "Big", '9')
	r.join(big)
	r.connected(big)
	r.on(peerEvent{mesh.Disconnected{Peer: big.peer()}})
	beside, anew, gone := []time.Duration{}, 0, time.Duration(0)
	start := r.now
	r.on(received{r.roster(9)}) // and the roster does not have it any more
	for r.phase(big) != "none" && r.now < time.Minute {
		r.now += tickEvery
		did := r.on(tick{})
		for _, f := range did {
			switch f.(type) {
			case renewPeer:
				beside = append(beside, r.now-start)
			case openPeer:
				anew++
			}
		}
		gone = r.now - start
	}
	if len(beside) < 3 || beside[0] > succeedAfter+tickEvery || anew < 1 || gone < goneAfter || gone > goneAfter+time.Second {
		t.Errorf("beside it at %v, %d in its place, gone after %v", beside, anew, gone)
	}
}

func TestHealedPeerStays(t *testing.T) {
	r, big := newRig(t), person(t, "Big", '9')
	r.join(big)
	r.connected(big)
	r.on(peerEvent{mesh.Disconnected{Peer: big.peer()}})
	if r.phase(big) != "reconnecting" {
		t.Fatal(r.phase(big))
	}
	r.connected(big)
	r.now += time.Hour
	if did := r.on(tick{}); r.phase(big) != "connected" || count[makeOffer](did) != 0 {
		t.Errorf("%s, %v", r.phase(big), kinds(did))
	}
}

// A peer that was not ready for the first offer asks for one, and gets it after a second, not after connectWithin.
func TestOfferThatCameTooEarlyIsMadeAgain(t *testing.T) {
	for _, answered := range []bool{false, true} {
		r, big := newRig(t), person(t, "Big", '9')
		r.join(big)
		r.on(received{&wire.NeedOffer{Route: r.route(big), Fresh: true}})
		if answered { // it was ready after all
			r.on(received{&wire.Answer{Route: r.route(big), Generation: 1, SDP: "v=0", Signature: r.signedBy(big, identity.Answer, 1, "v=0")}})
		}
		offers := 0
		for range 8 { // two seconds
			r.now += tickEvery
			offers += count[makeOffer](r.on(tick{}))
		}
		if want := map[bool]int{false: 1}[answered]; offers != want {
			t.Errorf("answered %v: %d more offers", answered, offers)
		}
	}
}

func TestNeedOfferIsServedSlowly(t *testing.T) {
	r, big := newRig(t), person(t, "Big", '9')
	r.join(big)
	r.connected(big)
	served := 0
	for range 1000 {
		r.now += 10 * time.Millisecond
		served += count[makeOffer](r.on(received{&wire.NeedOffer{Route: r.route(big), Generation: 9}}))
	}
	if served < 2 || served > 4 { // each is waited for longer than the one before
		t.Errorf("%d offers in ten seconds", served)
	}
}

func TestRosterGapIsRepaired(t *testing.T) {
	r, ana := newRig(t), person(t, "Ana", '9')
	r.join()
	did := r.on(received{&wire.MemberJoined{Channel: hall, Seq: 5, Member: ana.member}})
	if g, ok := first[ask](t, did).body.(*wire.RosterGet); !ok || g.Channel != hall {
		t.Errorf("did %v", kinds(did))
	}
	if did := r.on(received{&wire.MemberLeft{Channel: hall, Seq: 4, Member: ana.member.Address, Reason: wire.LeftSelf}}); count[closePeer](did) != 0 {
		t.Error("an older event was believed")
	}
}

func TestNinthMemberOfALyingServer(t *testing.T) {
	r := newRig(t)
	r.join()
	for i := range 12 {
		p := person(t, fmt.Sprint("Person", i), '9')
		p.member.Member = fmt.Sprintf("9%031x", i)
		r.on(received{&wire.MemberJoined{Channel: hall, Seq: uint64(i) + 2, Member: p.member}})
	}
	if len(r.s.peers) != wire.MaxMembers-1 {
		t.Errorf("%d peers", len(r.s.peers))
	}
}

// TestEveryStateAndEvent walks every pair: none panics, and the invariants hold after each.
func TestEveryStateAndEvent(t *testing.T) {
	states := map[string]func(*rig, someone, someone){
		"offline": func(r *rig, _, _ someone) { r.s = newState(r.me.key.Public()) },
		"online":  func(*rig, someone, someone) {},
		"joining": func(r *rig, _, _ someone) {
			r.on(commanded{cmd: Join{hall}, member: r.me.member.Member, nonce: r.me.member.Nonce})
		},
		"alone":      func(r *rig, _, _ someone) { r.join() },
		"connecting": func(r *rig, a, b someone) { r.join(a, b) },
		"connected":  func(r *rig, a, b someone) { r.join(a, b); r.connected(a); r.connected(b) },
		"reconnecting": func(r *rig, a, b someone) {
			r.join(a, b)
			r.connected(a)
			r.on(peerEvent{mesh.Disconnected{Peer: a.peer()}})
		},
		"held":                 func(r *rig, a, b someone) { r.on(commanded{cmd: SetKnownOnly{true}}); r.join(a, b) },
		"lost":                 func(r *rig, a, b someone) { r.join(a, b); r.connected(a); r.on(linkDown{err: errors.New("cut")}) },
		"ringing in a channel": func(r *rig, a, b someone) { r.join(b); r.on(incomingOf(callOne, a)) },
		"dialing in a channel": func(r *rig, a, b someone) { r.knows(a); r.join(b); r.cmd(Call{User: "Ana"}, 0) },
	}
	for name, arrange := range states {
		for _, make := range events(t) {
			r := newRig(t)
			a, b := person(t, "Ana", '1'), person(t, "Bob", '9')
			r.watch = &consent{}
			arrange(r, a, b)
			ev := make(r, a, b)
			r.on(ev)
			if t.Failed() {
				t.Fatalf("in %s on %T %+v", name, ev, ev)
			}
		}
	}
}

// events makes one of each event, of commands and messages too.
func events(t testing.TB) (out []func(r *rig, a, b someone) event) {
	add := func(f func(r *rig, a, b someone) event) { out = append(out, f) }
	link := wire.Link{Host: "localhost:2", Key: wire.Bytes(person(t, "Server", '0').key.Public()), Mode: wire.ModeNative}.String()
	for _, cmd := range []Command{
		Connect{Link: link, Name: "x"}, Connect{Link: "nonsense"}, Disconnect{}, Join{hall}, Join{"Games"}, Join{"nowhere"}, Leave{}, Mute{true}, Mute{}, Deafen{true}, Deafen{},
		Watch{true}, Listen{true}, Listen{}, Check{}, StopCheck{}, EchoTest{}, StopEchoTest{}, Play{Gain: 1}, SetOutputVolume{1}, SetShareSpeaking{true}, SetShareSpeaking{}, RetryNow{},
		Talk{true}, SetKnownOnly{true}, SetRelayOnly{true}, SetRelayNew{true}, UseDevice{Device: "x"}, Tune{}, SetPresence{wire.Away}, SetName{"New"}, SetName{""}, Claim{"x"}, AddChannel{"x"},
		RenameChannel{hall, "y"}, MoveChannel{hall, 0}, RemoveChannel{hall}, CreateInvite{}, ListInvites{}, RevokeInvite{"i"}, KickUser{"nonsense"},
		Examine{}, StopExamine{}, enter{}, Prioritize{true}, Prioritize{}, Whisper{}, Whisper{[]string{"Ana", "Bob"}}, Whisper{[]string{"nobody"}},
	} {
		add(func(r *rig, _, _ someone) event {
			return commanded{cmd: cmd, made: 1, member: "5" + strings.Repeat("2", 31), nonce: r.me.member.Nonce}
		})
	}
	for _, of := range []func(user string) Command{
		func(u string) Command { return SetVolume{u, 2} }, func(u string) Command { return SetLocalMute{u, true} },
		func(u string) Command { return Whisper{[]string{u}} },
		func(u string) Command { return Trust{u} }, func(u string) Command { return Verify{u, true} },
	} {
		add(func(_ *rig, a, _ someone) event { return commanded{cmd: of(a.member.User), made: 2} })
	}
	add(func(r *rig, _, _ someone) event {
		return examined{run: r.s.exam.run, finding: Finding{Step: doctor.TurnTLS, Result: doctor.Fail}}
	})
	add(func(r *rig, _, _ someone) event { return examined{run: r.s.exam.run, over: true} })
	add(func(r *rig, a, _ someone) event {
		return received{&wire.Findings{Route: r.route(a), Steps: []wire.StepResult{{Step: "stun", Result: "fail"}}}}
	})
	add(func(r *rig, _, _ someone) event { return linkUp{serverKey: r.s.serverKey} })
	add(func(r *rig, _, _ someone) event {
		return linkUp{serverKey: r.s.serverKey, welcome: wire.Welcome{Resumed: true}}
	})
	add(func(*rig, someone, someone) event { return linkDown{err: errors.New("cut")} })
	add(func(*rig, someone, someone) event { return linkDown{err: ErrServerKey, final: true} })
	add(func(*rig, someone, someone) event { return networkChanged{moved: true, woke: true} })
	add(func(*rig, someone, someone) event { return networkChanged{gone: true} })
	add(func(r *rig, a, _ someone) event { return aside(a, r.offerOf(a, 7, "v=0\r\no=- 7 1 IN")) })
	add(func(r *rig, _, b someone) event { return aside(b, &wire.NeedOffer{Route: r.route(b), Generation: 7}) })
	for _, purpose := range []purpose{forCommand, forJoin, forRoster, forRelay, forSnapshot, forEnter, forNothing} {
		for _, body := range []func(r *rig, a, b someone) wire.Message{
			func(r *rig, a, b someone) wire.Message { return r.roster(9, a, b) },
			func(*rig, someone, someone) wire.Message { return &wire.OK{} },
			func(*rig, someone, someone) wire.Message { return &wire.Turn{} },
			func(*rig, someone, someone) wire.Message { return wire.Errorf(wire.NotAllowed, "no") },
			func(*rig, someone, someone) wire.Message { return wire.Errorf(wire.SessionGone, "gone") },
		} {
			add(func(r *rig, a, b someone) event { return replied{tag{purpose, r.s.place.member, 3}, body(r, a, b)} })
		}
	}
	for _, f := range []func(r *rig, a, b someone) wire.Message{
		func(r *rig, a, b someone) wire.Message {
			return &wire.Snapshot{Last: true, Rosters: []wire.Roster{*r.roster(3, a, b)}}
		},
		func(r *rig, a, _ someone) wire.Message {
			return &wire.UserChanged{User: wire.User{ID: a.member.User, Key: a.member.Key}}
		},
		func(r *rig, a, _ someone) wire.Message { return &wire.UserRemoved{User: a.member.User} },
		func(*rig, someone, someone) wire.Message {
			return &wire.ChannelChanged{Channel: wire.Channel{ID: "new", Name: "New"}}
		},
		func(*rig, someone, someone) wire.Message { return &wire.ChannelRemoved{Channel: hall} },
		func(r *rig, a, _ someone) wire.Message { return r.roster(9, a) },
		func(_ *rig, a, _ someone) wire.Message {
			return &wire.MemberJoined{Channel: hall, Seq: 2, Member: a.member}
		},
		func(_ *rig, a, _ someone) wire.Message {
			return &wire.MemberChanged{Channel: hall, Seq: 2, Member: a.member}
		},
		func(_ *rig, a, _ someone) wire.Message {
			return &wire.MemberLeft{Channel: hall, Seq: 2, Member: a.member.Address, Reason: wire.LeftSelf}
		},
		func(r *rig, _, _ someone) wire.Message {
			return &wire.MemberLeft{Channel: hall, Seq: 2, Member: r.me.member.Address, Reason: wire.LeftKicked}
		},
		func(r *rig, _, _ someone) wire.Message {
			return &wire.MemberLeft{Channel: hall, Seq: 2, Member: r.me.member.Address, Reason: wire.LeftLost}
		},
		func(_ *rig, a, _ someone) wire.Message {
			return &wire.MemberSpeaking{Channel: hall, Member: a.member.Address, On: true}
		},
		func(r *rig, a, _ someone) wire.Message { return r.offerOf(a, 1, "v=0") },
		func(r *rig, _, b someone) wire.Message { return r.offerOf(b, 1, "v=0") },
		func(r *rig, _, b someone) wire.Message {
			return &wire.Answer{Route: r.route(b), Generation: 1, SDP: "v=0", Signature: r.signedBy(b, identity.Answer, 1, "v=0")}
		},
		func(r *rig, a, _ someone) wire.Message {
			return &wire.Candidate{Route: r.route(a), Generation: 1, Candidate: "c"}
		},
		func(r *rig, _, b someone) wire.Message { return &wire.NeedOffer{Route: r.route(b), Generation: 1} },
		func(r *rig, _, b someone) wire.Message { return &wire.NeedOffer{Route: r.route(b), Fresh: true} },
		func(*rig, someone, someone) wire.Message { return &wire.Hello{} },
	} {
		add(func(r *rig, a, b someone) event { return received{f(r, a, b)} })
	}
	for _, f := range []func(p mesh.Peer) mesh.Event{
		func(p mesh.Peer) mesh.Event {
			return mesh.LocalDescription{Peer: p, Generation: 1, Kind: "offer", SDP: "v=0"}
		},
		func(p mesh.Peer) mesh.Event { return mesh.LocalCandidate{Peer: p, Generation: 1, Candidate: "c"} },
		func(p mesh.Peer) mesh.Event { return mesh.Connected{Peer: p} },
		func(p mesh.Peer) mesh.Event { return mesh.Disconnected{Peer: p} },
		func(p mesh.Peer) mesh.Event { return mesh.Failed{Peer: p, Err: errors.New("no path")} },
		func(p mesh.Peer) mesh.Event { return mesh.Connected{Peer: p, Renewed: true} },
		func(p mesh.Peer) mesh.Event { return mesh.Unrenewed{Peer: p} },
	} {
		add(func(_ *rig, a, _ someone) event { return peerEvent{f(a.peer())} })
		add(func(_ *rig, _, b someone) event { return peerEvent{f(b.peer())} })
	}
	add(func(_ *rig, a, _ someone) event { return peerHeard{a.peer()} })
	add(func(*rig, someone, someone) event { return soundEvent{Notice{Kind: NoticeDevice}} })
	add(func(*rig, someone, someone) event { return gapSeen{} })
	add(func(r *rig, _, _ someone) event { r.now += time.Minute; return tick{} })
	add(func(*rig, someone, someone) event { return tick{speaking: true} })
	add(func(*rig, someone, someone) event { return devicesSeen{[]Device{{ID: "a"}}, "a", "b"} })
	add(func(*rig, someone, someone) event { return checkHeard{level: -20, plays: true} })
	add(func(*rig, someone, someone) event { return checkHeard{} })
	add(func(*rig, someone, someone) event { return checkPlayed{} })
	add(func(*rig, someone, someone) event { return echoTested{} })
	return out
}

// TestConsentUnderAnyOrder runs seeded sequences of every event in any order; PARLEY_SOAK makes it a million of them.
func TestConsentUnderAnyOrder(t *testing.T) {
	sequences := 10_000
	if soak() {
		sequences = 1_000_000
	}
	makers := append(events(t), callEvents()...)
	a, b := person(t, "Ana", '1'), person(t, "Bob", '9')
	for seed := range sequences {
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		r := newRig(t)
		r.knows(a, b)
		r.watch = &consent{}
		for range 5 + rng.IntN(40) {
			r.now += time.Duration(rng.IntN(4000)) * time.Millisecond
			switch rng.IntN(12) { // get somewhere: random events alone rarely do
			case 0, 1:
				r.join(a, b)
			case 2:
				r.called(a)
			case 3:
				r.taken(b)
			case 4:
				r.on(incomingOf(callOne, a))
			default:
				r.on(makers[rng.IntN(len(makers))](r, a, b))
			}
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	}
}

// Where one is new to this machine the relay hides it, if that is wished, whatever was clicked; who is known is met as before.
func TestRelayForNewPeople(t *testing.T) {
	for _, c := range []struct{ always, forNew, isNew, want bool }{
		{false, false, true, false}, {false, true, true, true}, {false, true, false, false}, {true, false, false, true}, {true, true, true, true},
	} {
		r := newRig(t)
		r.on(commanded{cmd: SetRelayOnly{c.always}})
		r.on(commanded{cmd: SetRelayNew{c.forNew}})
		p := &peer{person: Person{New: c.isNew, Trusted: true}}
		if got := (&turn{state: r.s}).peerOptions(p).RelayOnly; got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// Who goes and comes again is as new as before.
func TestRelayForWhoComesAgain(t *testing.T) {
	r, ana := newRig(t), person(t, "Ana", '7')
	r.on(commanded{cmd: SetRelayNew{true}})
	r.join()
	for seq, found := range []Person{{New: true}, {}} {
		if did := r.comes(uint64(2*seq+2), ana, found); !first[openPeer](t, did).options.RelayOnly {
			t.Errorf("%d: she is shown where one lives", seq)
		}
		r.on(received{&wire.MemberLeft{Channel: hall, Seq: uint64(2*seq + 3), Member: ana.member.Address, Reason: wire.LeftSelf}})
	}
}

// One's own server's relays prove its key, those of others a certificate.
func TestRelaysOfAll(t *testing.T) {
	r := newRig(t)
	r.join()
	m := &wire.Turn{URLs: []string{"turns:a.example:443?transport=tcp"}, Username: "u", Password: "p", TTL: 3600,
		External: []wire.TurnServer{{URLs: []string{"turns:b.example"}, Username: "v", Password: "q"}, {}}}
	r.on(replied{tag{purpose: forRelay}, m})
	want := []mesh.ICEServer{
		{URLs: m.URLs, Username: "u", Password: "p", Key: r.s.serverKey}, {URLs: []string{"turns:b.example"}, Username: "v", Password: "q"},
	}
	if !reflect.DeepEqual(r.s.ice, want) || len(r.s.serverKey) == 0 {
		t.Errorf("%+v", r.s.ice)
	}
}
