package call

import (
	"sync"
	"time"

	"parley/call/mesh"
	"parley/call/rate"
)

// paths shares out what the path to each peer carries, as often as that is told:
//
//	Feedback.Target ─► Allocator: sound, the screen's pictures, the camera's ─► far.share
//	far.share of all of a coder's peers ─► aim (coder.go): its rate, how large and how many its pictures are, who gets which layers
type paths struct {
	mu sync.Mutex
	of map[mesh.Peer]*path
}

// path is the one to a peer. All is in bit/s, with all headers.
type path struct {
	allocator rate.Allocator
	target    int
	sound     int // what it takes when it is not quiet
	most      int // as the mesh was told
}

const (
	quietSound = 50_000 // is kept for sound that says nothing now
	soundFades = 16     // of what it took lately such a part is forgotten with each Feedback
)

// feedback takes what a peer says of our pictures; it never blocks.
func (p *picture) feedback(peer mesh.Peer, f mesh.Feedback) {
	if f.Target > 0 {
		p.paths.mu.Lock()
		if w := p.paths.of[peer]; w != nil {
			w.target = f.Target
			if w.sound = max(f.Sound, w.sound-w.sound/soundFades, quietSound); f.Sound == 0 {
				w.sound = 0 // it is not in it
			}
			p.shareLocked(peer, w)
		}
		p.paths.mu.Unlock()
		p.screen.aim()
		p.camera.aim()
	}
	if f.KeyFrame {
		p.local(f.Track).wanted(peer)
	}
}

// reach makes a place for the path to a peer, for the first time or by a new connection; part takes it away.
func (p *picture) reach(peer mesh.Peer) {
	p.paths.mu.Lock()
	defer p.paths.mu.Unlock()
	if (*p.peers.Load())[peer] == nil { // closed in this moment
		return
	}
	w := &path{sound: quietSound}
	p.paths.of[peer] = w
	p.shareLocked(peer, w)
}

func (p *picture) part(peer mesh.Peer) {
	p.paths.mu.Lock()
	defer p.paths.mu.Unlock()
	delete(p.paths.of, peer)
}

// share shares everything out anew: something is shown that was not, or is not any more.
func (p *picture) share() {
	p.paths.mu.Lock()
	defer p.paths.mu.Unlock()
	for peer, w := range p.paths.of {
		p.shareLocked(peer, w)
	}
}

func (p *picture) shareLocked(peer mesh.Peer, w *path) {
	screen, camera := p.screen.wants(peer), p.camera.wants(peer)
	most := 0
	if screen.Most+camera.Most > 0 {
		most = w.sound + screen.Most + camera.Most
	}
	if off := most - w.most; most == 0 || off > 0 || -off > w.most/8 { // and not for each change of sound
		if w.most != most {
			w.most = most
			p.most(peer, most)
		}
	}
	if w.target == 0 {
		return // nothing is known yet
	}
	shares := w.allocator.Share(time.Since(p.start), w.target, w.sound, screen, camera)
	p.screen.allot(peer, shares.Screen, screen.Most > 0)
	p.camera.allot(peer, shares.Camera, camera.Most > 0)
}
