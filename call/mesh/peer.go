package mesh

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"parley/video"
)

// peer is one peer connection. Its goroutine, run, owns it; pion's callbacks only put something into its queue.
type peer struct {
	mesh        *Mesh
	id          Peer
	options     Options
	certificate webrtc.Certificate // of this side
	log         *slog.Logger

	tenure  tenure
	queue   *queue
	closing chan struct{} // closed by close
	closed  sync.Once
	trusted chan struct{} // closed by connected, once: the far end is who it should be
	// closed by take, once: a remote description was set
	described chan struct{}
	servers   atomic.Pointer[[]ICEServer] // as last given
	sending   atomic.Bool                 // Send may reach it
	away      atomic.Bool                 // nothing has come since it was Disconnected
	streams   atomic.Int32                // SRTP and SRTCP streams that came up
	relayed   atomic.Bool                 // it has a relayed candidate of its own

	out      *outbox
	pictures [pictureTracks]pictures
	control  *control
	words    *words
	bulk     *bulk
	meters   meters
	flow     flow
	arrivals arrivals
	spoken   source        // our microphone
	heard    clock         // the far end's
	voice    atomic.Uint32 // SSRC of the far end's microphone; zero before anything of it came
	loss     dose          // what our microphone's packets lose on their way
	coded    atomic.Uint32 // a video.Codec: see Mesh.Codec

	workersMu sync.Mutex
	gone      bool           // no worker may start any more
	workers   sync.WaitGroup // readers and the writer; added to under workersMu while not gone

	// Set by setUp, constant then.
	pc         *webrtc.PeerConnection
	microphone *webrtc.RTPTransceiver

	// Owned by run.
	state       webrtc.PeerConnectionState // as last looked at
	negotiation negotiation
}

func newPeer(m *Mesh, id Peer, o Options, certificate webrtc.Certificate) *peer {
	p := &peer{
		mesh: m, id: id, options: o, certificate: certificate, log: m.log.With("peer", id.Member),
		queue: newQueue(), closing: make(chan struct{}), trusted: make(chan struct{}), described: make(chan struct{}), out: newOutbox(),
		control: newControl(), words: newWords(), bulk: newBulk(), spoken: source{rate: soundRate}, heard: clock{rate: soundRate},
	}
	p.flow.init(m, func() { p.control.note(&p.pictures[CameraTrack].remarks.flowed) })
	for i := range p.pictures {
		p.pictures[i].init(p, Track(i))
	}
	p.servers.Store(&o.ICE)
	return p
}

func (p *peer) run() {
	defer p.mesh.running.Done()
	if err := p.setUp(); err != nil {
		p.fail(fmt.Errorf("open: %w", err))
		<-p.closing
	} else {
		p.runInner()
		p.partWords()
	}
	p.tearDown()
}

func (p *peer) runInner() {
	for {
		select {
		case <-p.closing:
			return
		case <-p.queue.wake:
			for _, f := range p.queue.take() {
				if p.isClosing() {
					return
				}
				f()
			}
		}
	}
}

// setUp makes the peer connection. No packet leaves and no socket opens before the first description.
func (p *peer) setUp() error {
	api, err := p.newAPI()
	if err != nil {
		return err
	}
	config := p.configuration(p.options.ICE)
	config.Certificates = []webrtc.Certificate{p.certificate}
	if p.pc, err = api.NewPeerConnection(config); err != nil {
		return err
	}
	if err := p.addTracks(); err != nil {
		return err
	}
	if err := p.openWords(); err != nil {
		return err
	}
	if err := p.openBulk(); err != nil {
		return err
	}
	p.pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) { p.enqueue(p.look) })
	p.pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c == nil {
			return
		}
		if c.Typ == webrtc.ICECandidateTypeRelay {
			p.relayed.Store(true)
		}
		p.enqueue(func() { p.gather(c.ToJSON(), c.Typ) })
	})
	p.pc.OnDataChannel(func(*webrtc.DataChannel) { p.refuseChannel() })
	p.pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) { p.work(func() { p.receive(t, r) }) })
	ice := p.pc.SCTP().Transport().ICETransport()
	ice.OnSelectedCandidatePairChange(p.meters.setPath)
	go p.work(func() { p.watchPath(ice) })
	return nil
}

// refuseChannel ends a connection on which the far end opens a data channel: ours is agreed on beforehand, so nobody honest
// does. Pion accepts any number of them (RFC 8832), each with a buffer of 64 KiB and a goroutine, but one after the other,
// and the next only when this returns.
func (p *peer) refuseChannel() {
	p.enqueue(func() { p.reject(ErrFlood) })
	<-p.closing
}

// addTracks makes the transceivers, in the order that both sides know. What stands in them are tracks that nothing is
// ever written to: pion begins a sender only if it has one, and ReplaceTrack(nil) before that would keep all later ones
// from starting.
func (p *peer) addTracks() error {
	for i := range mediaTracks {
		transceiver, err := p.pc.AddTransceiverFromTrack(newTrack(i, nil))
		if err != nil {
			return err
		}
		sender, read := transceiver.Sender(), discardReports
		switch i {
		case 0:
			p.microphone, read = transceiver, p.readReports
		case CameraTrack.place(), ScreenTrack.place():
			q := &p.pictures[i-CameraTrack.place()]
			q.transceiver, read = transceiver, q.readReports
		}
		go p.work(func() { read(sender) })
	}
	return nil
}

// tearDown closes what setUp has opened and waits for all goroutines of it.
func (p *peer) tearDown() {
	p.sending.Store(false)
	if p.pc != nil {
		if err := p.pc.GracefulClose(); err != nil {
			p.log.Debug("peer connection closed", "err", err)
		}
	}
	p.workersMu.Lock()
	p.gone = true
	p.workersMu.Unlock()
	p.workers.Wait()
}

// work runs f as one that tearDown waits for, or not at all.
func (p *peer) work(f func()) {
	p.workersMu.Lock()
	if p.gone {
		p.workersMu.Unlock()
		return
	}
	p.workers.Add(1)
	p.workersMu.Unlock()
	defer p.workers.Done()
	f()
}

func (p *peer) close() {
	p.closed.Do(func() {
		p.sending.Store(false)
		close(p.closing)
	})
	if before := p.tenure.before.Load(); before != nil {
		before.close()
	}
}

func (p *peer) isClosing() bool {
	select {
	case <-p.closing:
		return true
	default:
		return false
	}
}

func (p *peer) enqueue(f func()) {
	if !p.queue.put(f) {
		p.fail(ErrFlood)
	}
}

func (p *peer) post(ev Event) {
	if !p.isClosing() {
		p.mesh.config.Post(ev)
	}
}

func (p *peer) fail(err error) {
	p.log.Debug("peer failed", "err", err)
	if p.tenure.second.Load() {
		p.mesh.disinherit(p)
		return
	}
	p.post(Failed{p.id, err})
}

// look acts on the state of the connection. It asks for the present one, because pion's callbacks overtake each other.
func (p *peer) look() {
	state := p.pc.ConnectionState()
	if state == p.state {
		return
	}
	before := p.state
	p.state = state
	switch state {
	case webrtc.PeerConnectionStateConnected:
		p.connected()
	case webrtc.PeerConnectionStateDisconnected:
		p.away.Store(true)
		if !p.tenure.second.Load() {
			p.post(Disconnected{p.id})
		}
	case webrtc.PeerConnectionStateFailed:
		p.sending.Store(false)
		p.fail(p.reason(p.pc.ICEConnectionState() == webrtc.ICEConnectionStateFailed))
	case webrtc.PeerConnectionStateClosed: // pion closes it after DTLS has been closed by either side, or has failed
		p.sending.Store(false)
		if before != webrtc.PeerConnectionStateFailed {
			p.fail(p.reason(false))
		}
	}
}

// arrived is called with all that comes of the far end: what was Disconnected is Connected by that. Pion looks twice a second.
func (p *peer) arrived() {
	if p.away.Load() && p.away.CompareAndSwap(true, false) {
		p.enqueue(func() {
			if p.state == webrtc.PeerConnectionStateDisconnected {
				p.state = webrtc.PeerConnectionStateConnected
				p.connected()
				time.AfterFunc(agree, func() { p.enqueue(p.confirm) })
			}
		})
	}
}

// agree is how long pion gets to see that a path is back.
const agree = time.Second

// confirm takes back what arrived has said, where pion does not say so too. It may have come by another way than what is sent takes:
// who is behind a router that has given them another address is heard, and hears nothing.
func (p *peer) confirm() {
	if p.state == webrtc.PeerConnectionStateConnected && p.pc.ConnectionState() == webrtc.PeerConnectionStateDisconnected {
		p.state = webrtc.PeerConnectionStateDisconnected // and away stays false: what goes on to come is no news
		if !p.tenure.second.Load() {
			p.post(Disconnected{p.id})
		}
	}
}

// reason is why the connection has failed or is closed.
func (p *peer) reason(noPath bool) error {
	certificate := p.pc.SCTP().Transport().GetRemoteCertificate()
	switch {
	case noPath:
		return ErrPath
	case p.isTrusted():
		return ErrFarEnd
	case len(certificate) > 0 && !certified(certificate, p.negotiation.fingerprint):
		return ErrCertificate
	}
	return ErrHandshake
}

// connected lets the microphone's track and those of pictures in, if the far end is who signed.
func (p *peer) connected() {
	if !certified(p.pc.SCTP().Transport().GetRemoteCertificate(), p.negotiation.fingerprint) {
		p.reject(ErrCertificate)
		return
	}
	first := !p.isTrusted()
	if first {
		if err := p.startSending(); err != nil {
			p.fail(fmt.Errorf("start sending: %w", err))
			return
		}
	}
	renewed := p.mesh.inherit(p)
	if first {
		close(p.trusted)
	}
	if p.tenure.second.Load() {
		return // the one before, whose path came back too late
	}
	p.sending.Store(!p.isClosing()) // before it is said: what is sent at once may be a key picture, which nobody asks for again
	p.post(Connected{p.id, p.codec(), renewed, p.tenure.number, !first})
	p.sayWords()
}

// codec is what pictures for this far end are coded with.
func (p *peer) codec() video.Codec { return video.Codec(p.coded.Load()) }

func (p *peer) isTrusted() bool {
	select {
	case <-p.trusted:
		return true
	default:
		return false
	}
}

// reject closes the connection to a far end that is not to be spoken with, for a reason that no restart heals.
func (p *peer) reject(err error) {
	p.sending.Store(false)
	p.fail(err)
	p.state = webrtc.PeerConnectionStateClosed // it is said already
	if err := p.pc.Close(); err != nil {
		p.log.Debug("peer connection closed", "err", err)
	}
}

// certified reports whether the certificate (DER) has the fingerprint, as Fingerprint returns it (RFC 8122, section 5).
func certified(certificate []byte, fingerprint string) bool {
	if len(certificate) == 0 {
		return false
	}
	sum := sha256.Sum256(certificate)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":") == fingerprint
}
