package call

import (
	"sync"
	"sync/atomic"
	"time"

	"parley/call/mesh"
	"parley/video"
)

// watched is one peer's camera, or screen, as it is seen here.
type watched struct {
	picture *picture
	peer    mesh.Peer
	track   Track
	slot    *video.Slot
	sync    lipsync
	seen    atomic.Bool // the first picture has been shown

	mu       sync.Mutex
	receiver *video.Receiver // nil before the first packet
	codec    video.Codec
	wanted   bool
	closed   bool
}

func (w *watched) init(p *picture, peer mesh.Peer, t Track, slot *video.Slot, wanted bool) {
	w.picture, w.peer, w.track, w.slot, w.wanted = p, peer, t, slot, wanted
	w.sync = lipsync{
		start:  p.start,
		heard:  func(now time.Time) (uint32, bool) { return p.heard(peer, now) },
		clocks: func() (sound, picture mesh.SenderClock) { return p.clocks(peer, t) },
	}
}

// push takes a packet; with the first it is known what pictures are coded with.
func (w *watched) push(k mesh.Picture) {
	if r := w.receiving(); r != nil {
		r.Push(k.SSRC, k.Seq, k.Timestamp, k.Marker, k.Payload)
	}
}

func (w *watched) receiving() *video.Receiver {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.receiver == nil && !w.closed && w.picture.config.NewDecoder != nil {
		if w.codec = w.picture.codec(w.peer); w.codec != 0 {
			w.receiver = video.NewReceiver(w.config(w.codec))
			w.receiver.SetWanted(w.wanted)
		}
	}
	return w.receiver
}

func (w *watched) config(codec video.Codec) video.ReceiverConfig {
	p := w.picture
	c := video.ReceiverConfig{
		Codec: codec, NewDecoder: p.config.NewDecoder, Slot: w.slot, Still: w.track == ScreenTrack, Log: p.log,
		Nack:        func(numbers []uint16) { p.nack(w.peer, w.track, numbers) },
		AskKeyFrame: func() { p.askKey(w.peer, w.track) },
		RTT:         func() time.Duration { return p.rtt(w.peer) },
		Due:         w.sync.due,
		Shown:       w.shown,
	}
	if record := p.config.RecordCoded; record != nil {
		c.Coded = func(e *video.Encoded) { record(w.peer.User, w.track, codec, e) }
	}
	return c
}

// shown sees every picture on the receiver's goroutine.
func (w *watched) shown(f *video.Frame, now time.Time) {
	w.sync.shown(f.Timestamp, now)
	if !w.seen.Swap(true) {
		w.picture.post(peerSeen{w.peer, w.track})
	}
	if w.picture.config.Record != nil {
		w.picture.config.Record(w.peer.User, w.track, f)
	}
}

func (w *watched) setWanted(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted = on
	if w.receiver != nil {
		w.receiver.SetWanted(on)
	}
}

func (w *watched) setOn(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.receiver != nil {
		w.receiver.SetOn(on)
	}
}

// close takes away at once what is seen; the decoder ends soon.
func (w *watched) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if r := w.receiver; r != nil {
		w.receiver = nil
		r.SetOn(false)
		w.picture.closing.Go(r.Close)
	}
}

func (w *watched) stats() PeerPictureStats {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.receiver == nil {
		return PeerPictureStats{}
	}
	return PeerPictureStats{
		Codec: w.codec, ReceiverStats: w.receiver.Stats(), HeldMS: w.sync.held.get(), LipSyncMS: w.sync.late.get(),
	}
}
