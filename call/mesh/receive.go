package mesh

import (
	"errors"
	"io"

	"github.com/pion/webrtc/v4"
)

// maxPacket is the most that pion hands over, in bytes.
const maxPacket = 1500

// maxBad is how many packets in a row may be no RTP of a known payload type before a track is given up.
const maxBad = 100

// receive reads a track of the far end for as long as it is there. Nothing is taken before the far end is trusted: what
// came earlier waits in pion's buffer.
func (p *peer) receive(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
	select {
	case <-p.trusted:
	case <-p.closing:
		return
	}
	ssrc, transceiver := uint32(t.SSRC()), r.RTPTransceiver()
	q := p.picturesOf(func(q *pictures) bool { return q.transceiver == transceiver })
	switch {
	case transceiver == p.microphone:
		go p.work(func() { readSender(r, ssrc, &p.heard) })
		p.hear(t, r.GetParameters().Codecs)
	case q != nil:
		go p.work(func() { readSender(r, ssrc, &q.seen) })
		q.watch(t)
	default:
		go p.work(func() { readSender(r, ssrc, nil) }) // for pion's receiver reports
		p.discard(t)
	}
}

// discard reads what nobody wants yet, so that its buffer does not stay full.
func (p *peer) discard(t *webrtc.TrackRemote) { p.read(t, func([]byte) {}) }

func (p *peer) read(t *webrtc.TrackRemote, f func([]byte)) {
	buffer := make([]byte, maxPacket)
	for bad := 0; bad < maxBad; {
		n, _, err := t.Read(buffer)
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe):
			return
		case err != nil:
			bad++
		default:
			bad = 0
			p.arrived()
			p.serve(func() { f(buffer[:n]) })
		}
	}
}
