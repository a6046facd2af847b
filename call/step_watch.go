package call

import (
	"time"

	"parley/call/mesh"
)

// watching says of which of somebody's pictures one sees something.
type watching [tracks]bool

// watchRest is for how long nobody must have looked at something before its sender is told: who scrolls looks away and back.
const watchRest = 500 * time.Millisecond

// looked is what ShowPicture says. Who looks gets pictures at once, as far as that was not just said.
func (t *turn) looked(ev looked) {
	w := t.watched[ev.user]
	if w[ev.track] == ev.on {
		return
	}
	w[ev.track] = ev.on
	if t.watched[ev.user] = w; w == (watching{}) {
		delete(t.watched, ev.user)
	}
	for id, p := range t.peers {
		if id.User != ev.user {
			continue
		}
		p.rested = t.now
		if ev.on && p.told {
			t.tellWatching(id, p)
		}
	}
}

// tickWatching tells what has rested, and does what had to wait.
func (t *turn) tickWatching() {
	for id, p := range t.peers {
		t.meetWatching(id, p)
		if t.now-p.rested >= watchRest {
			t.tellWatching(id, p)
		}
	}
}

// meetWatching sends a peer what it looks at, and nothing else. Each look may cost an encoder and a key picture: who looks away and
// back all the time has to wait.
func (t *turn) meetWatching(id mesh.Peer, p *peer) {
	if !p.unmet || !p.looks.take(t.now, wordBurst, wordRate) {
		return
	}
	p.unmet = false
	for track, on := range p.wants {
		t.do(peerWatches{id, Track(track), on})
	}
}

// tellWatching lets a peer know what of its pictures is looked at here, if it does not. What nobody looks at it need not send.
func (t *turn) tellWatching(id mesh.Peer, p *peer) {
	w := t.watched[id.User]
	for track := range w {
		w[track] = w[track] || t.always[track]
	}
	if p.phase != Connected || p.told && p.watch == w || !p.words.take(t.now, wordBurst, wordRate) {
		return
	}
	p.told, p.watch = true, w
	t.do(tellPeer{id, word{Type: wordWatch, Camera: w[CameraTrack], Screen: w[ScreenTrack]}.bytes()})
}
