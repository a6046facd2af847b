package call

import (
	"time"

	"parley/call/mesh"
	"parley/wire"
)

// networkChanged: what began at an address that is no more leads nowhere, and nobody would tell for long. Where this machine has
// only slept, the connections know by themselves, as soon as they look.
func (t *turn) networkChanged(ev networkChanged) {
	if t.link == Offline {
		return
	}
	t.do(probeServer{})
	if ev.moved || ev.woke {
		t.do(hurryServer{})
		t.freshRelay()
	}
	if !ev.moved {
		return
	}
	for id, p := range t.peers {
		switch {
		case p.phase == Connected: // the path may live all the same
			t.succeed(id, p)
		case p.phase == Reconnecting && t.canTell():
			t.mend(id, p)
		}
	}
}

// pastServer says that a peer can be told by itself alone: no server passes anything on between the two.
func (t *turn) pastServer(p *peer) bool {
	return p.phase == Connected && (t.link != Online || p.absent || p.beside != 0 && t.now-p.beside < besideFor)
}

// besideFor is how long after somebody has negotiated past the server they are believed to have none.
const besideFor = 10 * time.Second

// past says that what is being negotiated goes past the server, as was decided when it began: an answer takes the way that the offer
// came by. Where that way is no more there is only the server.
func (p *peer) past() bool { return p.aside && p.phase == Connected }

// say sends what is between the two, by the server or past it.
func (t *turn) say(id mesh.Peer, p *peer, m wire.Message) {
	if p.past() {
		t.do(tellPeer{id, relayedWord(m)})
		return
	}
	t.do(tell{m})
}

// succeed makes a second peer connection, by an offer or by asking for one, while the first lives or may come back. An ICE restart
// of the first would give its path up, which after a gap works again before any other does.
func (t *turn) succeed(id mesh.Peer, p *peer) {
	p.acted = t.now
	p.tries++
	if t.offers(id) {
		t.beginHeir(id, p)
		t.makeOffer(id, p)
		return
	}
	p.aside = t.pastServer(p)
	t.say(id, p, &wire.NeedOffer{Route: t.route(p), Generation: p.generation})
}

func (t *turn) beginHeir(id mesh.Peer, p *peer) {
	if !p.heir {
		p.heir, p.before = true, p.session
	}
	t.connections++
	p.number, p.succeeded, p.overtaken = t.connections, t.now, p.session
	t.do(renewPeer{id, p.number, t.peerOptions(p)})
}

// takesHeir bounds how many a peer may have us begin.
func (t *turn) takesHeir(p *peer) bool {
	return p.heirs.take(t.now, succeedMost, 1/succeedEvery.Seconds())
}

// patience is how long a try at another peer connection is waited for: one that is answered makes progress, and on a path so slow that
// none comes about in time the next one gets longer.
func (p *peer) patience() time.Duration {
	wait := succeedEvery
	if p.heir && p.answered {
		wait = connectWithin
	}
	return wait << min(max(p.tries-1, 0), 2)
}

// renewed: it is what there is, and nothing more comes about; or it came when another one was begun already, and is before that.
func (t *turn) renewed(p *peer, number int) {
	t.another(p)
	if p.heir = p.heir && number != p.number; p.heir {
		p.before = p.overtaken
	}
}

// unrenewed: the one before is what there is, if no other one was begun meanwhile.
func (t *turn) unrenewed(p *peer, number int) {
	if !p.heir || number != p.number {
		return
	}
	p.heir, p.session = false, p.before
	if p.unmade {
		p.acted = t.now + succeedAfter - connectWithin
	}
}

// relayed takes what a peer would have the server pass on. It is signed where that matters, and is worth as much by this way.
func (t *turn) relayed(p *peer, w word) {
	m, err := w.relayed(p.address())
	if err != nil {
		t.refuse()
		return
	}
	p.beside, t.beside = t.now, true
	t.negotiate(m)
}

// negotiate takes what a peer says about the peer connection, by whatever way it has come.
func (t *turn) negotiate(m wire.Message) {
	switch m := m.(type) {
	case *wire.NeedOffer:
		t.needOffer(m)
	case *wire.Offer:
		t.offer(m)
	case *wire.Answer:
		t.answer(m)
	case *wire.Candidate:
		t.candidate(m)
	}
}

// freshRelay asks for new credentials: those there are may have ended while this machine slept, or with the server's clock.
func (t *turn) freshRelay() {
	if t.link == Online && t.place.phase == Joined && t.now-t.iceAsked >= succeedEvery {
		t.iceAsked = t.now
		t.ask(&wire.TurnGet{}, tag{purpose: forRelay})
	}
}

// canTell says that what is said to a peer may arrive.
func (t *turn) canTell() bool { return t.link == Online }

// mendAll looks for new paths to all who are out of reach, or may be, now that they can be told.
func (t *turn) mendAll() {
	for id, p := range t.peers {
		unheard := p.tries > 0 && !(p.heir && p.answered)
		if p.phase == Reconnecting || p.phase == Connecting || p.phase == Connected && unheard {
			t.mend(id, p)
		}
	}
}

func (t *turn) mend(id mesh.Peer, p *peer) {
	if p.unmade {
		t.renew(id, p)
		return
	}
	t.succeed(id, p)
}

// tickLink does not let the pauses between two tries grow while somebody sits in a place: who waits for a relay, or for a path, waits
// for the server.
func (t *turn) tickLink() {
	if t.link == Lost && !t.asked && t.retryAt > t.now && t.now-t.failedAt >= redialEvery {
		t.retryAt = t.now
		t.do(hurryServer{})
	}
}
