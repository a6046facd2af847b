package call

import "parley/call/mesh"

// networkChanged: what began at an address that is no more leads nowhere, and nobody would tell for long. Where this machine has
// only slept, the connections know by themselves, as soon as they look.
func (t *turn) networkChanged(ev networkChanged) {
	if t.link == Offline {
		return
	}
	t.do(probeServer{})
	if ev.moved || ev.woke {
		t.do(hurryServer{})
	}
	if !ev.moved || !t.canTell() {
		return // a path that lives all the same is not given up where no other can be agreed on
	}
	for id, p := range t.peers {
		switch p.phase {
		case Connected:
			t.reconnecting(id, p)
			t.restart(id, p)
		case Reconnecting:
			t.mend(id, p)
		}
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
