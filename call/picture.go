package call

import (
	"context"
	"image"
	"log/slog"
	"maps"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"parley/call/mesh"
	"parley/video"
)

// PictureConfig is what pictures are made with. Without Cameras or NewEncoder there is no camera, without Screens no screen is shown,
// without NewDecoder nobody is seen.
type PictureConfig struct {
	Cameras    video.Cameras
	Camera     string       // id or name; empty: the first
	Want       video.Format // of a camera; zero: 1920x1080 at 30, and 1280x720 on a machine of few processors
	MaxBitrate int          // of one's own camera, bit/s; zero: 4 Mbit/s, of which pictures of 720 lines take 2.5 at most
	Screens    video.Screens
	NewEncoder func(Track, video.Codec) (video.Encoder, error)
	NewScaler  func() func(dst, src *video.Frame) error // makes what fills a picture with another of any size; nil: sizes stay
	NewDecoder func(video.Codec, *video.Pool) (video.Decoder, error)
	// Watch are the tracks of everybody that are looked at, whether ShowPicture asks for them or not.
	Watch []Track
	// Record, if set, gets every picture of a user when it is shown, and RecordCoded every one that goes into the decoder, of those
	// that are looked at. They run on that track's own goroutine; what they get is valid during the call and must not be changed.
	Record      func(user string, t Track, f *video.Frame)
	RecordCoded func(user string, t Track, c video.Codec, e *video.Encoded)
}

// manyProcessors are enough for large pictures, both ways, and all else; whether they are coded in time is seen then.
const manyProcessors = 4

func (c *PictureConfig) setDefaults() {
	if c.Want == (video.Format{}) {
		c.Want = video.Format{Width: 1280, Height: 720, FPS: 30}
		if runtime.NumCPU() >= manyProcessors {
			c.Want.Width, c.Want.Height = 1920, 1080
		}
	}
	if c.MaxBitrate <= 0 {
		c.MaxBitrate = maxBitrate
	}
}

// picture owns the camera and the screen (camera.go, screen.go), what codes their pictures (local.go, coder.go) at what rate (paths.go), and what makes
// pictures of the peers' packets (watched.go). The camera is opened and closed on a goroutine of its own, because that takes time, and
// so is the screen; packets and pictures pass them by without waiting.
//
// The camera opens by setCamera and setPreview alone, and nothing of it goes to peers but between setCamera's on and off. The screen
// opens by shareScreen alone, and likewise until stopShare.
type picture struct {
	config PictureConfig
	post   func(event) // never blocks
	log    *slog.Logger
	start  time.Time

	// Set by connect, before anything else happens.
	send    func(to mesh.Peer, t Track, payloads [][]byte, timestamp uint32, captured time.Time)
	cease   func(Track)
	askKey  func(mesh.Peer, Track)
	nack    func(mesh.Peer, Track, []uint16)
	codec   func(mesh.Peer) video.Codec
	clocks  func(mesh.Peer, Track) (sound, picture mesh.SenderClock)
	rtt     func(mesh.Peer) time.Duration
	most    func(to mesh.Peer, bps int)
	backlog func(mesh.Peer, Track) time.Duration
	heard   func(mesh.Peer, time.Time) (uint32, bool)

	peers   atomic.Pointer[map[mesh.Peer]*[tracks]watched] // replaced, never changed
	closing sync.WaitGroup                                 // receivers that end

	mu     sync.Mutex // around the next, and around changes of peers
	slots  map[string]*[tracks]*video.Slot
	looked map[string]watching // by user: whether somebody looks at their pictures
	always watching            // of everybody

	paths  paths
	camera camera
	screen screen
}

func newPicture(c PictureConfig, post func(event), log *slog.Logger) *picture {
	c.setDefaults()
	p := &picture{
		config: c, post: post, log: log, start: time.Now(),
		slots: map[string]*[tracks]*video.Slot{}, looked: map[string]watching{},
	}
	for _, track := range c.Watch {
		p.always[track] = true
	}
	p.peers.Store(&map[mesh.Peer]*[tracks]watched{})
	p.paths.of = map[mesh.Peer]*path{}
	p.camera.init(p)
	p.screen.init(p)
	return p
}

// connect says where pictures go and come from; heard is sound's account of what leaves the loudspeaker.
func (p *picture) connect(m *mesh.Mesh, heard func(mesh.Peer, time.Time) (uint32, bool)) {
	p.send, p.askKey, p.nack, p.codec, p.clocks, p.heard = m.SendPicture, m.AskKeyFrame, m.Nack, m.Codec, m.Clocks, heard
	p.most, p.backlog, p.cease = m.SetMost, m.Backlog, m.Cease
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
	p.screen.shutdown()
	p.closing.Wait()
}

// perform takes one of pictures' effects.
func (p *picture) perform(f effect) {
	switch f := f.(type) {
	case peerShows:
		if w := p.of(f.peer, f.track); w != nil {
			w.setOn(f.on)
		}
	case peerWatches:
		p.local(f.track).watch(f.peer, f.on)
	case listScreens, shareScreen, stopShare:
		p.screen.perform(f)
	default:
		p.camera.perform(f)
	}
}

// local is one's own source of a track.
func (p *picture) local(t Track) *local {
	if t == ScreenTrack {
		return &p.screen.local
	}
	return &p.camera.local
}

// of is a peer's track as it is seen here; nil: there is no such peer.
func (p *picture) of(peer mesh.Peer, t Track) *watched {
	if w := (*p.peers.Load())[peer]; w != nil {
		return &w[t]
	}
	return nil
}

// slot is where a user's pictures are, for the engine's life.
func (p *picture) slot(user string, t Track) *video.Slot {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.slotLocked(user, t)
}

func (p *picture) slotLocked(user string, t Track) *video.Slot {
	s := p.slots[user]
	if s == nil {
		s = &[tracks]*video.Slot{video.NewSlot(), video.NewSlot()}
		p.slots[user] = s
	}
	return s[t]
}

// look says whether somebody looks at a user's pictures.
func (p *picture) look(user string, t Track, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.looked[user]
	if w[t] == on {
		return
	}
	w[t] = on
	if p.looked[user] = w; w == (watching{}) {
		delete(p.looked, user) // people come and go for as long as the program runs
	}
	for id, all := range *p.peers.Load() {
		if id.User == user {
			all[t].setWanted(on || p.always[t])
		}
	}
	p.post(looked{user, t, on})
}

// add makes a place for a peer's pictures; remove takes it away, and what is seen of it.
func (p *picture) add(peer mesh.Peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if (*p.peers.Load())[peer] == nil {
		all := &[tracks]watched{}
		for t := range all {
			all[t].init(p, peer, Track(t), p.slotLocked(peer.User, Track(t)), p.looked[peer.User][t] || p.always[t])
		}
		p.replaceLocked(func(m map[mesh.Peer]*[tracks]watched) { m[peer] = all })
	}
}

func (p *picture) remove(peer mesh.Peer) {
	p.mu.Lock()
	if all := (*p.peers.Load())[peer]; all != nil {
		p.replaceLocked(func(m map[mesh.Peer]*[tracks]watched) { delete(m, peer) })
		for t := range all {
			all[t].close()
		}
	}
	p.mu.Unlock()
	p.camera.forget(peer) // after that: one that connects in this moment is not taken in any more
	p.screen.forget(peer)
	p.part(peer)
}

func (p *picture) replaceLocked(change func(map[mesh.Peer]*[tracks]watched)) {
	next := maps.Clone(*p.peers.Load())
	change(next)
	p.peers.Store(&next)
}

// deliver takes a packet of a peer's pictures from its reader goroutine.
func (p *picture) deliver(peer mesh.Peer, k mesh.Picture) {
	if w := p.of(peer, k.Track); w != nil {
		w.push(k)
	}
}

// meshEvent sees what happens to peers before the engine does: pictures go to who is Connected.
func (p *picture) meshEvent(ev mesh.Event) {
	if d, ok := ev.(mesh.Disconnected); ok {
		p.camera.miss(d.Peer)
		p.screen.miss(d.Peer)
	}
	if c, ok := ev.(mesh.Connected); ok && c.Codec != 0 {
		p.camera.reached(c.Peer, c.Codec)
		p.screen.reached(c.Peer, c.Codec)
		p.reach(c.Peer)
	}
}

// Picture is where a user's newest picture of a track is left while it is on and ShowPicture asks for it; the picture of oneself,
// whose user is empty, while one's own camera is open, or one's own screen is shown. It is the same for the engine's life. Take what is
// in it and Release it; it is cleared when the pictures end.
func (e *Engine) Picture(user string, t Track) *video.Slot { return e.picture.slot(user, t) }

// ShowPicture says whether somebody looks at a user's pictures of a track; at first nobody does. What nobody looks at is not decoded,
// and soon not sent any more either.
func (e *Engine) ShowPicture(user string, t Track, on bool) { e.picture.look(user, t, on) }

// Thumbnail is a small picture of a screen or a window of this machine, at most width x height. It waits for the display: not for the
// window's own goroutine.
func (e *Engine) Thumbnail(ctx context.Context, subject string, width, height int) (*image.RGBA, error) {
	screens := e.config.Picture.Screens
	if screens == nil {
		return nil, errNoPictures
	}
	return screens.Thumbnail(ctx, subject, width, height)
}
