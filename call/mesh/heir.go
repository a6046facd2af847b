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
// that is Connected or Unrenewed; another one takes its place. Without a first one it is Open.
func (m *Mesh) Renew(id Peer, o Options) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.peers[id] == nil {
		m.openLocked(id, o)
		return
	}
	m.dropHeirLocked(id)
	p := newPeer(m, id, o, m.freshCertificateLocked())
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

// tenure says whether a peer connection is the one to its far end that counts: nobody hears of the others.
type tenure struct {
	sync.RWMutex
	second atomic.Bool // it is an heir, or was the one before; set with the lock
	over   *time.Timer // an heir's; guarded by Mesh.mu
}

// serve calls f, if the peer connection counts. While f runs no other one to the same far end takes its place.
func (p *peer) serve(f func()) {
	p.tenure.RLock()
	defer p.tenure.RUnlock()
	if !p.tenure.second.Load() {
		f()
	}
}

// inherit puts a connected heir into its place, and reports whether it was one.
func (m *Mesh) inherit(p *peer) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.heirs[p.id] != p {
		return false
	}
	p.tenure.over.Stop()
	before := m.peers[p.id]
	before.tenure.Lock()
	before.tenure.second.Store(true)
	before.tenure.Unlock()
	for text := before.words.take(); text != nil; text = before.words.take() {
		p.words.put(text)
	}
	before.close()
	delete(m.heirs, p.id)
	m.peers[p.id] = p
	m.publishLocked()
	p.tenure.Lock()
	p.tenure.second.Store(false)
	p.tenure.Unlock()
	return true
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
		m.config.Post(Unrenewed{p.id})
	}
}

func (m *Mesh) dropHeirLocked(id Peer) {
	if p := m.heirs[id]; p != nil {
		p.tenure.over.Stop()
		delete(m.heirs, id)
		p.close()
	}
}
