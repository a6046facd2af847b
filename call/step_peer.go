package call

import (
	"errors"
	"net"
	"net/netip"
	"strings"

	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

// admit meets a member that the roster names. The server is not believed: the key must be the user's, the ids must not be
// one's own or another's.
func (t *turn) admit(m wire.Member) {
	if m.Member == t.place.member && m.User == identity.UserID(t.me) {
		return // oneself
	}
	id := peerID(m.Address)
	if !t.believable(m, t.place.member) {
		t.refuse()
		return
	}
	if p := t.peers[id]; p != nil {
		if p.member.Nonce.String() != m.Nonce.String() {
			t.refuse() // a nonce is published once
			return
		}
		renamed := p.member.Name != m.Name
		p.member, p.absent = m, false
		if renamed {
			t.do(lookUp{m})
		}
		return
	}
	for other, p := range t.peers {
		switch {
		case other.Member == m.Member:
			t.refuse()
			return
		case other.User == m.User: // one place per user: the newer one is it
			t.gone(other, p, wire.LeftMoved)
		}
	}
	if len(t.peers) >= wire.MaxMembers-1 {
		t.refuse()
		return
	}
	t.do(lookUp{m})
}

// met goes on when it is known who a member is: it is connected to, or held back until a click.
func (t *turn) met(ev met) {
	id := peerID(ev.member.Address)
	if t.ringMet(ev) || t.place.phase == Idle || !t.listed(ev.member.Address) {
		return
	}
	if p := t.peers[id]; p != nil {
		t.renamed(id, p, ev.person.Like)
		return
	}
	if ev.person.New && len(t.fresh) < maxKnown {
		t.fresh[id.User] = true
	}
	p := &peer{member: ev.member, person: t.recalled(id.User, ev.person), phase: Held, since: t.now}
	p.person.Volume = clampVolume(p.person.Volume)
	t.peers[id] = p
	n := Notice{Kind: NoticePeerJoined, User: id.User, Name: ev.member.Name, New: ev.person.New, Web: ev.member.Web}
	if t.place.call != "" {
		n.Kind, n.Channel = NoticeCallJoined, t.place.call
		p.person.Like, p.person.Trusted = "", true // to call and to accept are clicks
	}
	if n.Code = t.holdReason(p.person); n.Code != "" {
		n.Kind = NoticeHeld
	}
	t.notify(n)
	if n.Code == "" {
		t.open(id, p)
	}
}

// renamed: whoever takes a name like that of a known person is held back, in the middle of a call too.
func (t *turn) renamed(id mesh.Peer, p *peer, like string) {
	p.person.Like = like
	if like != "" && p.phase != Held {
		t.hold(id, p, HeldLookalike)
	}
}

// hold ends the peer connection until a click.
func (t *turn) hold(id mesh.Peer, p *peer, reason string) {
	t.do(closePeer{id})
	t.setPhase(p, Held)
	p.speaks, p.saidSpeech = speech{}, speech{}
	p.shows = [tracks]bool{} // nothing of it comes any more, until it says so anew
	t.notify(Notice{Kind: NoticeHeld, User: id.User, Name: p.member.Name, New: p.person.New, Code: reason})
}

func (t *turn) listed(a wire.Address) bool {
	if t.place.call != "" {
		return a == t.place.with.Address && t.place.phase == Joined
	}
	for _, m := range t.rosters[t.place.channel] {
		if m.Address == a {
			return true
		}
	}
	return false
}

// open makes a peer connection. The peer stands in the member list from this step on, and the list is published before the
// first packet leaves.
func (t *turn) open(id mesh.Peer, p *peer) {
	t.setPhase(p, Connecting)
	t.keepPeer(p)
	t.reopen(id, p)
}

// peerOptions: addresses of this machine itself are of use only if the server is on it; from anybody else they could only mean
// to make us knock at our own doors. Who is new stays so for the session, whatever was clicked: to talk with a stranger is not to
// tell them where one lives.
func (t *turn) peerOptions(p *peer) mesh.Options {
	relayOnly := t.relayOnly || t.relayNew && (p.person.New || t.fresh[p.member.User])
	return mesh.Options{ICE: t.ice, RelayOnly: relayOnly, Loopback: isLoopback(t.address.Host)}
}

func isLoopback(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

// reopen makes a new peer connection in whatever phase, and an offer for it.
func (t *turn) reopen(id mesh.Peer, p *peer) {
	t.openAnew(id, p)
	p.session, p.owed = "", false
	if t.offers(id) {
		t.makeOffer(id, p)
		return
	}
	t.do(tell{&wire.NeedOffer{Route: t.route(p), Generation: p.generation, Fresh: true}})
}

func (t *turn) openAnew(id mesh.Peer, p *peer) {
	p.unmade, p.acted, p.heir, p.tries, p.unmet = true, t.now, false, 0, false // what it looked at, it says anew
	t.another(p)
	t.do(openPeer{id, p.gain(), t.peerOptions(p)})
}

// another counts the peer connections: what went through the one before does not go on in the next by itself.
func (t *turn) another(p *peer) {
	t.connections++
	p.connection = t.connections
}

func (t *turn) makeOffer(id mesh.Peer, p *peer) {
	p.generation++
	p.answered, p.aside = false, t.pastServer(p)
	t.do(makeOffer{id, p.generation, t.ice})
}

// renew makes the peer connection anew, as if the two had just met.
func (t *turn) renew(id mesh.Peer, p *peer) {
	if p.phase == Connected || p.phase == Reconnecting && p.quietly {
		t.reconnecting(id, p)
	}
	p.quietly = false
	t.do(closePeer{id})
	t.reopen(id, p)
}

func (t *turn) setPhase(p *peer, phase PeerPhase) {
	if p.phase != phase {
		p.phase, p.since = phase, t.now
	}
}

func (t *turn) route(p *peer) wire.Route {
	return wire.Route{To: p.address(), Channel: t.place.room()}
}

// missing: the roster lacks the peer. Where media live the peer stays.
func (t *turn) missing(id mesh.Peer, p *peer) {
	p.absent = true
	if p.phase == Held {
		t.gone(id, p, wire.LeftLost)
	}
}

// gone ends a peer, and the call that it was.
func (t *turn) gone(id mesh.Peer, p *peer, reason string) {
	t.dropPeer(id)
	if t.place.call != "" {
		t.leaveCall(Notice{Code: reason})
		return
	}
	t.notify(Notice{Kind: NoticePeerLeft, User: id.User, Name: p.member.Name, Code: reason})
}

func (t *turn) dropPeer(id mesh.Peer) {
	p := t.peers[id]
	if p.phase != Held {
		t.do(closePeer{id})
	}
	t.unreached(p, t.now)
	delete(t.peers, id)
}

// from finds the peer that a relayed message comes from, if it belongs to this channel, this member id and one who is
// connected to. The server's From is only a claim; what matters is signed.
func (t *turn) from(r wire.Route) (mesh.Peer, *peer) {
	id := peerID(r.From)
	p := t.peers[id]
	if t.place.phase == Idle || r.Channel != t.place.room() || r.To.Member != t.place.member || p == nil || p.phase == Held {
		t.refuse()
		return id, nil
	}
	return id, p
}

// description is what a peer must have signed.
func (t *turn) description(p *peer, role identity.Role, generation uint32, sdp string, mine bool) identity.Description {
	d := identity.Description{
		Context: t.signedContext(),
		From:    p.member.User, FromMember: p.member.Member, FromNonce: p.member.Nonce.String(),
		To: identity.UserID(t.me), ToMember: t.place.member, ToNonce: t.place.nonce.String(),
		Role: role, Generation: generation, SDP: sdp,
	}
	if mine {
		d.From, d.To = d.To, d.From
		d.FromMember, d.ToMember = d.ToMember, d.FromMember
		d.FromNonce, d.ToNonce = d.ToNonce, d.FromNonce
	}
	return d
}

// signedContext ties a signature to one channel, or one call, of one server.
func (t *turn) signedContext() string {
	if t.place.call != "" {
		return "call " + identity.FormatKey(t.serverKey) + " " + t.place.call
	}
	return "channel " + identity.FormatKey(t.serverKey) + " " + t.place.channel
}

func (t *turn) offer(m *wire.Offer) {
	id, p := t.from(m.Route)
	if p == nil {
		return
	}
	d := t.description(p, identity.Offer, m.Generation, m.SDP, false)
	if t.offers(id) || m.Generation <= p.generation || d.Verify(identity.PublicKey(p.member.Key), m.Signature) != nil {
		t.refuse() // not its part, a replay, or not by this person
		return
	}
	session := sdpSession(m.SDP)
	if !t.awaits(id, p, session) {
		t.refuse()
		return
	}
	p.generation, p.answered, p.session, p.aside = m.Generation, true, session, t.beside
	t.do(setRemote{id, m.Generation, string(identity.Offer), m.SDP, t.ice})
}

// awaits makes ready for an offer of one of the other side's peer connections: if that is a new one, so must ours be. The one that
// there is stays until the new one is Connected, if it lives, or its path may come back.
func (t *turn) awaits(id mesh.Peer, p *peer, session string) bool {
	switch {
	case p.heir && session == p.before, t.beside && !p.heir && session == p.session:
		return false // an ICE restart: of what is being succeeded, or it would end what it came by
	case p.session == session || p.unmade && p.session == "":
	case p.unmade:
		t.do(closePeer{id})
		t.openAnew(id, p)
	case !t.takesHeir(p):
		return false
	default:
		p.acted = t.now
		t.beginHeir(id, p)
	}
	return true
}

// sdpSession is the session id of the o= line, which stays the same for the life of a peer connection (RFC 9429, section
// 5.2.2).
func sdpSession(sdp string) string {
	for line := range strings.Lines(sdp) {
		if f := strings.Fields(line); strings.HasPrefix(line, "o=") && len(f) > 1 {
			return f[1]
		}
	}
	return "none"
}

func (t *turn) answer(m *wire.Answer) {
	id, p := t.from(m.Route)
	if p == nil {
		return
	}
	d := t.description(p, identity.Answer, m.Generation, m.SDP, false)
	if !t.offers(id) || p.answered || m.Generation != p.generation || d.Verify(identity.PublicKey(p.member.Key), m.Signature) != nil {
		t.refuse()
		return
	}
	p.answered, p.owed = true, false
	t.do(setRemote{id, m.Generation, string(identity.Answer), m.SDP, nil})
}

func (t *turn) candidate(m *wire.Candidate) {
	id, p := t.from(m.Route)
	if p == nil {
		return
	}
	t.do(addCandidate{id, m.Generation, m.Candidate, m.Mid})
}

// needOffer: the peer wants an offer after the generation that it has seen. One that is on its way to it is enough, and no
// more than one a askEvery is made.
func (t *turn) needOffer(m *wire.NeedOffer) {
	id, p := t.from(m.Route)
	if p == nil {
		return
	}
	underWay := p.generation > m.Generation && t.now-p.acted < askEvery
	if !t.offers(id) || underWay || p.served != 0 && t.now-p.served < askEvery {
		t.refuse()
		p.owed = underWay && m.Fresh // the one on its way may have come before the peer was ready for it
		return
	}
	p.served = t.now
	anew := p.unmade || m.Fresh && !t.beside
	kept := p.heir && p.generation > m.Generation && t.now-p.succeeded < p.patience()
	if !anew && (kept || !t.takesHeir(p)) {
		t.refuse() // one is on its way; or too many
		return
	}
	p.generation = max(p.generation, min(m.Generation, maxSeen)) // who has lost count would offer what is refused as old
	if anew {
		t.renew(id, p)
		return
	}
	t.succeed(id, p)
}

func (t *turn) peerEvent(ev mesh.Event) {
	id := ev.From()
	p := t.peers[id]
	if p == nil || p.phase == Held {
		return // closed since
	}
	switch ev := ev.(type) {
	case mesh.LocalDescription:
		if ev.Generation == p.generation {
			d := t.description(p, identity.Role(ev.Kind), ev.Generation, ev.SDP, true)
			t.do(signed{t.route(p), d, p.past()})
		}
	case mesh.LocalCandidate:
		t.say(id, p, &wire.Candidate{Route: t.route(p), Generation: ev.Generation, Candidate: ev.Candidate, Mid: ev.Mid})
	case mesh.Connected:
		if p.tries = 0; ev.Renewed {
			t.renewed(p, ev.Number)
		}
		if p.phase != Connected {
			t.notify(Notice{Kind: NoticePeerConnected, User: id.User, Name: p.member.Name})
		}
		t.setPhase(p, Connected)
		p.unmade, p.pathless, p.theirs = false, false, nil
		p.told, p.rested = false, t.now
		p.unsaid = true // the others know how one's switches are
		t.tellUnsaid()
		if !ev.Healed {
			t.freshSpeech(id, p)
		}
		t.tellSpeech(id, p)
		t.tellUnheard(id, p)
	case mesh.Told:
		t.told(id, p, ev.Data)
	case mesh.Disconnected:
		t.disconnected(id, p)
	case mesh.Failed:
		t.peerFailed(id, p, ev.Err)
	case mesh.Unrenewed:
		t.unrenewed(p, ev.Number)
	}
}

func (t *turn) disconnected(id mesh.Peer, p *peer) {
	if p.phase != Connected {
		return
	}
	t.reconnecting(id, p)
	p.tries, p.acted = 0, t.now+succeedAfter-succeedEvery // so that the first try is soon
	if t.link == Online {
		t.do(probeServer{}) // the same network has led to it
		t.freshRelay()
	}
}

func (t *turn) reconnecting(id mesh.Peer, p *peer) {
	t.notify(Notice{Kind: NoticePeerReconnecting, User: id.User, Name: p.member.Name})
	t.setPhase(p, Reconnecting)
}

// peerFailed: this peer connection will not come up by itself. The tick mends it in its time, so that a description that can't
// be taken does not become a loop. A far end that has closed it is most often one that leaves, which the server is about to
// say: there is nothing to tell yet.
func (t *turn) peerFailed(id mesh.Peer, p *peer, err error) {
	lived := p.phase == Connected
	if p.quietly = lived && errors.Is(err, mesh.ErrFarEnd); p.quietly {
		t.setPhase(p, Reconnecting)
	} else {
		t.notify(Notice{Kind: NoticePeerFailed, User: id.User, Name: p.member.Name, Text: err.Error()})
		t.disconnected(id, p)
	}
	if errors.Is(err, mesh.ErrPath) {
		return
	}
	p.unmade = true // it won't come back
	if lived {
		p.acted = t.now + succeedAfter - connectWithin
	}
}

func (t *turn) heard(id mesh.Peer) {
	if p := t.peers[id]; p != nil && !p.heard {
		p.heard = true
		t.notify(Notice{Kind: NoticeFirstSound, User: id.User, Name: p.member.Name})
	}
}

// tick is what time alone brings about.
func (t *turn) tick(ev tick) {
	t.tickCheck()
	t.tickEchoTest()
	t.tickRing()
	t.tickCall()
	t.tickFiles()
	t.tickTexts()
	t.tickLink()
	if t.place.phase == Idle {
		return
	}
	if t.iceUntil != 0 && t.now >= t.iceUntil && t.link == Online {
		t.iceUntil = 0
		t.ask(&wire.TurnGet{}, tag{purpose: forRelay})
	}
	if t.place.again != 0 && t.now >= t.place.again && t.link == Online {
		t.place.again = 0
		t.sayWhere()
	}
	t.tellSpeaking(ev.speaking)
	for id, p := range t.peers {
		t.tickPeer(id, p)
	}
}

func (t *turn) tickPeer(id mesh.Peer, p *peer) {
	waited := t.now - p.since
	if waited > noPathAfter {
		t.noPath(id, p)
	}
	switch {
	case p.phase == Held || p.phase == Connected:
	case (p.absent || t.link != Online && p.phase == Reconnecting) && waited > goneAfter:
		t.gone(id, p, wire.LeftLost)
	case !t.canTell(): // and what there is may heal by itself
	case p.owed && t.now-p.acted >= askEvery:
		t.renew(id, p)
	case p.heir && t.now-p.succeeded <= p.patience():
	case p.unmade && t.now-p.acted > connectWithin, !p.unmade && waited > renewAfter:
		t.renew(id, p)
	case !p.unmade && t.now-p.acted > p.patience():
		t.succeed(id, p)
	}
}
