package mesh

import (
	"sync"
	"sync/atomic"
	"time"
)

// heirLife is how long a peer connection that is to take another's place may take to come about.
const heirLife = 20 * time.Second

// Renew makes a second peer connection to a far end, which takes the place of the first when it is Connected; until then the first
// goes on, or does again when its path comes back. Pion's ICE restart gives the path up before there is another one: one that would
// have come back by itself, and maybe the way that the answer would take. What is negotiated from now on is for the second, until
// that is Connected or Unrenewed, which say its number; another one takes its place. Without a first one it is Open.
func (m *Mesh) Renew(id Peer, number int, o Options) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.peers[id] == nil {
		m.openLocked(id, o)
		return
	}
	m.dropHeirLocked(id)
	p := newPeer(m, id, o, m.freshCertificateLocked())
	p.tenure.deaf, p.tenure.number = true, number
	p.tenure.second.Store(true)
	m.heirs[id] = p
	m.running.Add(1)
	go p.run()
	over := time.AfterFunc(heirLife, func() { m.disinherit(p) })
	p.tenure.over = over
}

// negotiating finds the peer connection that descriptions and candidates are for.
func (m *Mesh) negotiating(id Peer) *peer {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.heirs[id]; p != nil {
		return p
	}
	return m.peers[id]
}

// tenure says whether a peer connection is the one to its far end that counts.
type tenure struct {
	second atomic.Bool // it is an heir, or was the one before: nobody is told how it is
	over   *time.Timer // an heir's; guarded by Mesh.mu
	number int         // an heir's, as Renew was given it

	sync.RWMutex
	deaf   bool                 // what comes by it is not taken
	before atomic.Pointer[peer] // whose place it has taken, and what comes by that is taken until something comes by this one; nil: nobody's
}

// linger is how long the one before is listened to where nothing comes by the heir.
const linger = time.Second

// serve calls f, if what comes by the peer connection counts. While f runs it is so of no other one to the same far end.
func (p *peer) serve(f func()) {
	p.follow()
	p.tenure.RLock()
	defer p.tenure.RUnlock()
	if !p.tenure.deaf {
		f()
	}
}

// inherit puts a connected heir into its place, and reports whether it was one. The far end sends by the one before until its own is
// connected, too, which is a round trip later for one of the two: so long that one is listened to.
func (m *Mesh) inherit(p *peer) bool {
	if m.negotiating(p.id) != p {
		return false // the one before, whose path comes back late: it is listened to no shorter for that
	}
	if before := m.find(p.id); before != nil {
		before.follow()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.heirs[p.id] != p {
		return false
	}
	p.tenure.over.Stop()
	before := m.peers[p.id]
	before.tenure.second.Store(true)
	before.sending.Store(false)
	for text := before.words.take(); text != nil; text = before.words.take() {
		p.words.put(text)
	}
	delete(m.heirs, p.id)
	m.peers[p.id] = p
	m.publishLocked()
	p.tenure.second.Store(false)
	p.tenure.before.Store(before)
	time.AfterFunc(linger, p.follow)
	return true
}

// follow ends the one before, so that what comes by this one counts.
func (p *peer) follow() {
	if p.tenure.before.Load() == nil {
		return
	}
	p.tenure.Lock()
	defer p.tenure.Unlock()
	before := p.tenure.before.Swap(nil)
	if before == nil {
		return
	}
	before.tenure.Lock()
	before.tenure.deaf = true
	before.tenure.Unlock()
	before.close()
	p.tenure.deaf = false
}

// disinherit ends an heir that has not come about.
func (m *Mesh) disinherit(p *peer) {
	m.mu.Lock()
	was := m.heirs[p.id] == p
	if was {
		m.dropHeirLocked(p.id)
	}
	m.mu.Unlock()
	if was {
		m.config.Post(Unrenewed{p.id, p.tenure.number})
	}
}

func (m *Mesh) dropHeirLocked(id Peer) {
	if p := m.heirs[id]; p != nil {
		p.tenure.over.Stop()
		delete(m.heirs, id)
		p.close()
	}
}
