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
		case t.pastServer(p): // a path that lives all the same is not given up before there is another one
			t.succeed(id, p)
		case !t.canTell():
		case p.phase == Connected:
			t.reconnecting(id, p)
			t.restart(id, p)
		case p.phase == Reconnecting:
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

// say sends what is between the two, by the server or past it.
func (t *turn) say(id mesh.Peer, p *peer, m wire.Message) {
	if t.pastServer(p) {
		t.do(tellPeer{id, relayedWord(m)})
		return
	}
	t.do(tell{m})
}

// succeed makes a second peer connection, by an offer or by asking for one, while the first lives.
func (t *turn) succeed(id mesh.Peer, p *peer) {
	p.acted = t.now
	if t.offers(id) {
		p.succeeded = t.now
		t.do(renewPeer{id, t.peerOptions(p)})
		t.makeOffer(id, p, false)
		return
	}
	t.say(id, p, &wire.NeedOffer{Route: t.route(p), Generation: p.generation})
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
	if t.link == Online && t.place.phase == Joined && t.now-t.iceAsked >= restartEvery {
		t.iceAsked = t.now
		t.ask(&wire.TurnGet{}, tag{purpose: forRelay})
	}
}

// canTell says that what is said to a peer may arrive.
func (t *turn) canTell() bool { return t.link == Online }

// mendAll looks for new paths to all who are out of reach, now that they can be told.
func (t *turn) mendAll() {
	for id, p := range t.peers {
		if p.phase == Reconnecting || p.phase == Connecting {
			t.mend(id, p)
		}
	}
}

func (t *turn) mend(id mesh.Peer, p *peer) {
	if p.unmade {
		t.renew(id, p)
		return
	}
	t.restart(id, p)
}

// tickLink does not let the pauses between two tries grow while somebody sits in a place: who waits for a relay, or for a path, waits
// for the server.
func (t *turn) tickLink() {
	if t.link == Lost && !t.asked && t.retryAt > t.now && t.now-t.failedAt >= redialEvery {
		t.retryAt = t.now
		t.do(hurryServer{})
	}
}
