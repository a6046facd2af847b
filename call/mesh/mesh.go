// Package mesh holds one pion peer connection for each far end of a call. It stands below the engine: it does what it is
// told, answers by events, and knows nothing of users, keys or servers beyond the two ids it is given.
//
// What the engine has verified (who signed a description) comes in by Remote; what only the transport can see (the
// certificate that the far end holds) is verified here, and until it is, nothing but ICE and DTLS leaves:
//
//	Open ─► Offer | Remote(offer) ─► LocalDescription, LocalCandidate … ─► ICE ─► DTLS ─► certificate matches ─► Connected
//	                                                                                       └ else Failed(ErrCertificate)
//
// Sound and pictures that go out (send.go, copies.go, film.go) and come in (receive.go, gaps.go, watch.go) do not pass the
// engine's goroutine; nor does what the far end says about them (control.go), which with when each packet came (tap.go, answer.go) tells
// how much there may be (flow.go); nor a file (bulk.go). A word to the far end (words.go)
// does.
package mesh

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/webrtc/v4"

	"parley/identity"
)

// What a Failed event can say. Of a peer that failed by ErrPath, Offer with restart can still make something; of the
// others only Close and Open can.
var (
	ErrPath        = errors.New("no path to the far end")                       // ICE found none, or lost it for good
	ErrHandshake   = errors.New("the encryption handshake did not succeed")     // DTLS; the far end may have refused ours
	ErrCertificate = errors.New("the far end holds another certificate")        // than the one whose fingerprint was signed
	ErrChanged     = errors.New("the certificate's fingerprint has changed")    // within one peer connection
	ErrGlare       = errors.New("an offer came while an own one is unanswered") // the engine lets only one side offer
	ErrDescription = errors.New("the session description can't be taken")       // wraps what is wrong with it
	ErrFarEnd      = errors.New("the far end has closed the connection")
	ErrFlood       = errors.New("the far end sends too much")
)

// Peer names a far end: a user, and the member id that it made when it joined. It is only a key here.
type Peer struct{ User, Member string }

// ICEServer is a STUN or TURN server (RFC 7064, RFC 7065).
type ICEServer struct {
	URLs               []string
	Username, Password string
	Key                identity.PublicKey // what a turns: server proves to hold (package relay); empty: a certificate that this machine trusts
}

// Options are of one peer connection.
type Options struct {
	ICE       []ICEServer
	RelayOnly bool // gather and send relay candidates alone, so that the far end does not see this machine's addresses
	Loopback  bool // gather, send and take addresses of this machine itself too; without it its own are sent under mDNS names
}

// Config is what a Mesh works with. Post and Sound are needed; no function here may block.
type Config struct {
	Post     func(Event)          // called by goroutines of pion and of mesh
	Sound    func(Peer, Sound)    // a packet of that peer's microphone, in order of arrival, on that peer's reader goroutine
	Picture  func(Peer, Picture)  // a packet of that peer's camera, in order of arrival, one at a time; nil wants none
	Feedback func(Peer, Feedback) // what that peer says of our camera's pictures, one at a time; nil wants none
	Bulk     func(Peer, []byte)   // a frame of that peer's SendBulk, in no order, several at once; to be kept by whom it is given to; nil wants none
	Net      transport.Net        // nil is the real network; tests give pion's vnet
	Log      *slog.Logger         // nil discards

	named    bool          // tests: mDNS names on Net
	trusting bool          // tests: let DTLS take any certificate, so that only our own check stands
	patience time.Duration // tests: in the place of failAfter
	hasty    bool          // tests: pictures go out as fast as they come
}

// Mesh is the set of peer connections. Its methods may be called from any goroutine, except that Send has one caller at a
// time. None of them blocks but SendBulk and Shutdown.
type Mesh struct {
	config Config
	log    *slog.Logger
	named  bool                    // own addresses are sent under mDNS names
	start  time.Time               // see steady
	live   atomic.Pointer[[]*peer] // a copy of what peers holds, for Send and Stats: replaced, never changed

	protection protection
	audience   atomic.Pointer[audience] // nil: there was none yet

	mu          sync.Mutex
	peers       map[Peer]*peer
	heirs       map[Peer]*peer // see Renew
	certificate *webrtc.Certificate
	shut        bool
	running     sync.WaitGroup // peers' goroutines; added to under mu while not shut
}

// New makes the certificate that all peer connections of this mesh show. It opens no socket.
func New(c Config) (*Mesh, error) {
	if c.Post == nil || c.Sound == nil {
		return nil, errors.New("mesh: Post and Sound are needed")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Picture == nil {
		c.Picture = func(Peer, Picture) {}
	}
	if c.Feedback == nil {
		c.Feedback = func(Peer, Feedback) {}
	}
	if c.Bulk == nil {
		c.Bulk = func(Peer, []byte) {}
	}
	m := &Mesh{config: c, log: c.Log, start: time.Now(), peers: map[Peer]*peer{}, heirs: map[Peer]*peer{}}
	m.live.Store(&[]*peer{})
	if c.patience == 0 {
		m.config.patience = failAfter
	}
	m.named = c.Net == nil || c.named
	var err error
	if c.Net == nil {
		if m.config.Net, err = newRealNet(); err != nil {
			return nil, fmt.Errorf("list network interfaces: %w", err)
		}
	}
	if m.certificate, err = newCertificate(); err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return m, nil
}

// Open makes a peer connection: four transceivers (microphone, camera, screen, sound of the screen) and one data channel,
// once and for all, so that mute, camera and share are replacements of tracks and need no further offer. A peer that is
// open already is left alone.
func (m *Mesh) Open(id Peer, o Options) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.openLocked(id, o)
}

func (m *Mesh) openLocked(id Peer, o Options) {
	if m.shut || m.peers[id] != nil {
		return
	}
	p := newPeer(m, id, o, m.freshCertificateLocked())
	m.peers[id] = p
	m.publishLocked()
	m.running.Add(1)
	go p.run()
}

// Offer asks for an offer of this generation, greater than any before; it comes as a LocalDescription. With restart, ICE
// looks for a new path (RFC 8445, section 9). While an offer is unanswered, the same one comes again under the new
// generation, because there is no way back from it. Servers that are given replace those of Open.
func (m *Mesh) Offer(id Peer, generation uint32, restart bool, ice []ICEServer) {
	if p := m.negotiating(id); p != nil {
		p.enqueue(func() { p.offer(generation, restart, ice) })
	}
}

// Remote takes a description whose signature the engine has verified. Its kind is "offer", which is answered by a
// LocalDescription, or "answer". An answer of another generation than the last offer's, and an offer of an older one, are
// dropped; an offer that comes twice gets its answer again.
func (m *Mesh) Remote(id Peer, generation uint32, kind, sdp string, ice []ICEServer) {
	if p := m.negotiating(id); p != nil {
		p.enqueue(func() { p.remote(generation, kind, sdp, ice) })
	}
}

// Candidate takes a candidate of the far end. One that comes before its description is kept for it; one of an older
// generation, one with a host name that is not of mDNS, the 9th of those, and the 65th of a generation are dropped. With
// RelayOnly so is what no relay leads to.
func (m *Mesh) Candidate(id Peer, generation uint32, candidate, mid string) {
	if p := m.negotiating(id); p != nil {
		p.enqueue(func() { p.candidate(generation, candidate, mid) })
	}
}

// Close ends a peer connection. No event about it comes after Close has returned, except one that was being posted, and no
// packet of sound or picture goes out. What Tell was given gets up to 100 ms to arrive; then the sockets are closed.
func (m *Mesh) Close(id Peer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropHeirLocked(id)
	if p := m.peers[id]; p != nil {
		delete(m.peers, id)
		m.publishLocked()
		p.close()
	}
}

// Shutdown closes all peer connections and waits until nothing of them is left: no socket, no goroutine. It is final.
func (m *Mesh) Shutdown() {
	m.mu.Lock()
	m.shut = true
	for id := range m.heirs {
		m.dropHeirLocked(id)
	}
	for id, p := range m.peers {
		delete(m.peers, id)
		p.close()
	}
	m.publishLocked()
	m.mu.Unlock()
	m.running.Wait()
}

func (m *Mesh) find(id Peer) *peer {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.peers[id]
}

// alive finds a peer without a lock.
func (m *Mesh) alive(id Peer) *peer {
	for _, p := range *m.live.Load() {
		if p.id == id {
			return p
		}
	}
	return nil
}

func (m *Mesh) publishLocked() {
	live := make([]*peer, 0, len(m.peers))
	for _, p := range m.peers {
		live = append(live, p)
	}
	m.live.Store(&live)
}
