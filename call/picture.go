package call

import (
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"parley/call/mesh"
	"parley/video"
)

// PictureConfig is what pictures are made with. Without Cameras or NewEncoder there is no camera, without NewDecoder nobody is seen.
type PictureConfig struct {
	Cameras    video.Cameras
	Camera     string       // id or name; empty: the first
	Want       video.Format // of a camera; zero: 1280x720 at 30
	MaxBitrate int          // of one's own pictures, bit/s; zero: 2.5 Mbit/s
	NewEncoder func(video.Codec) (video.Encoder, error)
	NewDecoder func(video.Codec, *video.Pool) (video.Decoder, error)
	// Record, if set, gets every picture of a user when it is shown, and RecordCoded every one that goes into the decoder. They run
	// on that user's own goroutine; what they get is valid during the call and must not be changed.
	Record      func(user string, f *video.Frame)
	RecordCoded func(user string, c video.Codec, e *video.Encoded)
}

func (c *PictureConfig) setDefaults() {
	if c.Want == (video.Format{}) {
		c.Want = video.Format{Width: 1280, Height: 720, FPS: 30}
	}
	if c.MaxBitrate <= 0 {
		c.MaxBitrate = maxBitrate
	}
}

// picture owns the camera, what codes its pictures (camera.go), and what makes pictures of the peers' packets. The camera is
// opened and closed on a goroutine of its own, because that takes time; packets and pictures pass it by without waiting.
//
// The camera opens by setCamera and setPreview alone, and nothing of it goes to peers but between setCamera's on and off.
type picture struct {
	config PictureConfig
	post   func(event) // never blocks
	log    *slog.Logger
	start  time.Time

	// Set by connect, before anything else happens.
	send   func(to mesh.Peer, payloads [][]byte, timestamp uint32, captured time.Time)
	askKey func(mesh.Peer)
	nack   func(mesh.Peer, []uint16)
	codec  func(mesh.Peer) video.Codec
	clocks func(mesh.Peer) (sound, picture mesh.SenderClock)
	rtt    func(mesh.Peer) time.Duration
	heard  func(mesh.Peer, time.Time) (uint32, bool)

	peers   atomic.Pointer[map[mesh.Peer]*watched] // replaced, never changed
	closing sync.WaitGroup                         // receivers that end

	mu     sync.Mutex // around the next, and around changes of peers
	slots  map[string]*video.Slot
	looked map[string]bool // by user: somebody looks at their pictures

	camera camera
}

func newPicture(c PictureConfig, post func(event), log *slog.Logger) *picture {
	c.setDefaults()
	p := &picture{
		config: c, post: post, log: log, start: time.Now(),
		slots: map[string]*video.Slot{}, looked: map[string]bool{},
	}
	p.peers.Store(&map[mesh.Peer]*watched{})
	p.camera.init(p)
	return p
}

// connect says where pictures go and come from; heard is sound's account of what leaves the loudspeaker.
func (p *picture) connect(m *mesh.Mesh, heard func(mesh.Peer, time.Time) (uint32, bool)) {
	p.send, p.askKey, p.nack, p.codec, p.clocks, p.heard = m.SendPicture, m.AskKeyFrame, m.Nack, m.Codec, m.Clocks, heard
	p.rtt = func(id mesh.Peer) time.Duration {
		s, _ := m.Stats(id)
		return time.Duration(s.RTT * float64(time.Millisecond))
	}
}

// shutdown closes what is open and waits. No packet comes any more.
func (p *picture) shutdown() {
	for id := range *p.peers.Load() {
		p.remove(id)
	}
	p.camera.shutdown()
	p.closing.Wait()
}

// perform takes one of pictures' effects.
func (p *picture) perform(f effect) {
	if f, ok := f.(peerCamera); ok {
		if w := (*p.peers.Load())[f.peer]; w != nil {
			w.setOn(f.on)
		}
		return
	}
	p.camera.perform(f)
}

// slot is where a user's pictures are, for the engine's life.
func (p *picture) slot(user string) *video.Slot {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.slotLocked(user)
}

func (p *picture) slotLocked(user string) *video.Slot {
	s := p.slots[user]
	if s == nil {
		s = video.NewSlot()
		p.slots[user] = s
	}
	return s
}

// look says whether somebody looks at a user's pictures.
func (p *picture) look(user string, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looked[user] = on
	for id, w := range *p.peers.Load() {
		if id.User == user {
			w.setWanted(on || p.recorded())
		}
	}
}

// recorded: who records wants every picture.
func (p *picture) recorded() bool { return p.config.Record != nil || p.config.RecordCoded != nil }

// add makes a place for a peer's pictures; remove takes it away, and what is seen of it.
func (p *picture) add(peer mesh.Peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if (*p.peers.Load())[peer] == nil {
		w := newWatched(p, peer, p.slotLocked(peer.User), p.looked[peer.User] || p.recorded())
		p.replaceLocked(func(m map[mesh.Peer]*watched) { m[peer] = w })
	}
}

func (p *picture) remove(peer mesh.Peer) {
	p.mu.Lock()
	if w := (*p.peers.Load())[peer]; w != nil {
		p.replaceLocked(func(m map[mesh.Peer]*watched) { delete(m, peer) })
		w.close()
	}
	p.mu.Unlock()
	p.camera.forget(peer) // after that: one that connects in this moment is not taken in any more
}

func (p *picture) replaceLocked(change func(map[mesh.Peer]*watched)) {
	next := maps.Clone(*p.peers.Load())
	change(next)
	p.peers.Store(&next)
}

// deliver takes a packet of a peer's camera from its reader goroutine.
func (p *picture) deliver(peer mesh.Peer, k mesh.Picture) {
	if w := (*p.peers.Load())[peer]; w != nil {
		w.push(k)
	}
}

// meshEvent sees what happens to peers before the engine does: pictures go to who is Connected.
func (p *picture) meshEvent(ev mesh.Event) {
	if c, ok := ev.(mesh.Connected); ok && c.Codec != 0 {
		p.camera.reached(c.Peer, c.Codec)
	}
}

// feedback takes what a peer says of our pictures; it never blocks.
func (p *picture) feedback(peer mesh.Peer, f mesh.Feedback) { p.camera.feedback(peer, f) }

// Picture is where a user's newest picture is left while the camera is on and ShowPicture asks for it; the picture of oneself,
// whose user is empty, while one's own camera is open. It is the same for the engine's life. Take what is in it and Release it; it
// is cleared when the pictures end.
func (e *Engine) Picture(user string) *video.Slot { return e.picture.slot(user) }

// ShowPicture says whether somebody looks at a user's pictures; at first nobody does. What nobody looks at is not decoded.
func (e *Engine) ShowPicture(user string, on bool) { e.picture.look(user, on) }
