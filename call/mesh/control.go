package mesh

import (
	"errors"
	"io"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// What the two ends say about each other's tracks (RTCP):
//
//	readReports  of our microphone: NACK ─► outbox; receiver report ─► dose (copies.go)
//	             of our pictures: NACK ─► film; PLI, FIR, receiver report, REMB ─► remarks
//	readSender   of theirs: sender report ─► clock
//	steer        remarks ─► Feedback; our sender reports, PLI and NACK ─► the far end (a goroutine of the peer)
//
// Whatever comes is only noted: a thousand requests for a key picture are one.
const (
	keyFrameGap = 300 * time.Millisecond // between two Feedbacks that want a key picture
	feedbackGap = 20 * time.Millisecond  // between two others
	maxNacks    = 256                    // packets that wait to be asked for
	maxREMB     = 1 << 30                // bit/s; more is no link that we know
	maxPairs    = 200                    // in one NACK, each of up to 17 packets; 1 KiB
)

// control is what there is to say, beside the remarks about pictures. Anyone notes it; steer says it.
type control struct {
	wake chan struct{} // capacity 1

	reportNow atomic.Bool
	sounds    wanted // packets of theirs to be sent once more
}

// remarks are what there is to say of one track of pictures.
type remarks struct {
	keyFrame, reported, limited atomic.Bool // for Feedback
	flowed                      atomic.Bool // for it, too: of both tracks, and so only the camera's
	askKey                      atomic.Bool // for the far end
	missing                     wanted      // packets of theirs to be sent once more

	// Of steer.
	keyAt, reportedAt, limitedAt, flowedAt time.Time // of the last Feedbacks
}

func newControl() *control { return &control{wake: make(chan struct{}, 1)} }

// note sets a flag, and wakes steer if it was not set already.
func (c *control) note(flag *atomic.Bool) {
	if !flag.Swap(true) {
		poke(c.wake)
	}
}

// poke wakes whoever reads a channel of capacity 1.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// wanted is a list of packets that are missing.
type wanted struct {
	mu   sync.Mutex
	list []uint16
}

func (c *control) nack(w *wanted, seqs []uint16) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, seqs[:min(len(seqs), maxNacks-len(w.list))]...)
	poke(c.wake)
}

func (w *wanted) take(into []uint16) []uint16 {
	w.mu.Lock()
	defer w.mu.Unlock()
	into = append(into, w.list...)
	w.list = w.list[:0]
	return into
}

// steer says what there is to say as long as the peer is there.
func (p *peer) steer() {
	c := p.control
	ticker := time.NewTicker(reportInterval)
	defer ticker.Stop()
	later := time.NewTimer(math.MaxInt64)
	defer later.Stop()
	for {
		select {
		case <-p.closing:
			return
		case <-ticker.C:
			p.sendReports()
		case <-c.wake:
		case <-later.C:
		}
		if c.reportNow.Swap(false) {
			p.sendReports()
		}
		p.requestAgain(&c.sounds, p.spoken.ssrc.Load(), p.voice.Load())
		wait := p.answer(p.flow.now())
		next, news := p.flow.tick(p.flow.now())
		if wait = min(wait, next); news {
			p.pictures[CameraTrack].remarks.flowed.Store(true)
		}
		for i := range p.pictures {
			q := &p.pictures[i]
			q.request()
			wait = min(wait, q.feed(time.Now()))
		}
		if wait < never {
			later.Reset(wait)
		}
	}
}

// feed calls Feedback if there is anything for it, and returns how long it is until there may be, or never.
func (q *pictures) feed(now time.Time) (wait time.Duration) {
	p, r, m := q.peer, &q.remarks, &q.meters
	wait = never
	due := func(flag *atomic.Bool, last *time.Time, gap time.Duration) bool {
		if !flag.Load() {
			return false
		}
		if left := gap - now.Sub(*last); left > 0 {
			wait = min(wait, left)
			return false
		}
		flag.Store(false)
		*last = now
		return true
	}
	keyFrame, reported := due(&r.keyFrame, &r.keyAt, keyFrameGap), due(&r.reported, &r.reportedAt, feedbackGap)
	limited := due(&r.limited, &r.limitedAt, feedbackGap) // brings no loss: the last report's was told
	flowed := due(&r.flowed, &r.flowedAt, feedbackGap)
	if (keyFrame || reported || limited || flowed) && !p.isClosing() {
		target, sound := p.flow.tellings()
		p.serve(func() {
			p.mesh.config.Feedback(p.id, Feedback{
				Track: q.track, KeyFrame: keyFrame, Report: reported, Loss: m.loss.load(), REMB: int(m.remb.Load()), RTT: m.roundTrip(),
				Target: target, Sound: sound,
			})
		})
	}
	return wait
}

// request asks the far end for what its track lacks. What is asked for before anything of it came waits.
func (q *pictures) request() {
	theirs, ours := q.theirs.ssrc.Load(), q.shown.ssrc.Load()
	if theirs == 0 {
		return
	}
	if q.remarks.askKey.Swap(false) {
		q.peer.writeRTCP(&rtcp.PictureLossIndication{SenderSSRC: ours, MediaSSRC: theirs})
	}
	q.peer.requestAgain(&q.remarks.missing, ours, theirs)
}

func (p *peer) requestAgain(w *wanted, ours, theirs uint32) {
	var room [maxNacks]uint16
	if seqs := w.take(room[:0]); len(seqs) > 0 {
		for pairs := range slices.Chunk(rtcp.NackPairsFromSequenceNumbers(seqs), maxPairs) {
			p.writeRTCP(&rtcp.TransportLayerNack{SenderSSRC: ours, MediaSSRC: theirs, Nacks: pairs})
		}
	}
}

func (p *peer) writeRTCP(list ...rtcp.Packet) {
	if err := p.pc.WriteRTCP(list); err != nil {
		p.log.Debug("report not sent", "err", err)
	}
}

// reader is pion's, of the RTCP that is about one track.
type reader interface {
	Read([]byte) (int, interceptor.Attributes, error)
}

// readRTCP reads for as long as there is anything; one packet that can't be read ends nothing. Pion sees of it only what is read
// here.
func readRTCP(r reader, f func(rtcp.Packet)) {
	buffer := make([]byte, maxPacket)
	for bad := 0; bad < maxBad; {
		n, a, err := r.Read(buffer)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
			return
		}
		var list []rtcp.Packet
		if err == nil {
			list, err = a.GetRTCPPackets(buffer[:n])
		}
		if err != nil {
			bad++
			continue
		}
		bad = 0
		for _, k := range list {
			f(k)
		}
	}
}

// readSender reads the sender reports of a track of the far end.
func readSender(r *webrtc.RTPReceiver, ssrc uint32, c *clock) {
	readRTCP(r, func(k rtcp.Packet) {
		if s, ok := k.(*rtcp.SenderReport); ok && s.SSRC == ssrc && c != nil {
			c.reported(s)
		}
	})
}

// discardReports reads them for a track that sends nothing.
func discardReports(sender *webrtc.RTPSender) { readRTCP(sender, func(rtcp.Packet) {}) }

// receptions is what a report says of tracks of ours.
func receptions(k rtcp.Packet) []rtcp.ReceptionReport {
	switch k := k.(type) {
	case *rtcp.ReceiverReport:
		return k.Reports
	case *rtcp.SenderReport:
		return k.Reports
	}
	return nil
}

// readReports reads what the far end says of a track of pictures.
func (q *pictures) readReports(sender *webrtc.RTPSender) {
	readRTCP(sender, func(k rtcp.Packet) {
		if q.peer.isTrusted() {
			q.report(k, q.shown.ssrc.Load())
		}
	})
}

// report takes one packet. It may be about others too: pion hands all over that came together.
func (q *pictures) report(k rtcp.Packet, ssrc uint32) {
	p, r, m := q.peer, &q.remarks, &q.meters
	switch k := k.(type) {
	case *rtcp.TransportLayerNack:
		if k.MediaSSRC == ssrc {
			q.repair(k.Nacks)
		}
	case *rtcp.PictureLossIndication:
		if k.MediaSSRC == ssrc {
			m.plis.Add(1)
			p.control.note(&r.keyFrame)
		}
	case *rtcp.FullIntraRequest:
		if slices.ContainsFunc(k.FIR, func(e rtcp.FIREntry) bool { return e.SSRC == ssrc }) {
			m.plis.Add(1)
			p.control.note(&r.keyFrame)
		}
	case *rtcp.ReceiverEstimatedMaximumBitrate:
		if slices.Contains(k.SSRCs, ssrc) && k.Bitrate >= 1 { // not NaN, either
			m.remb.Store(int64(min(k.Bitrate, maxREMB)))
			p.flow.limited(int(m.remb.Load()))
			p.control.note(&r.limited)
		}
	default:
		if m.reported(receptions(k), ssrc, p.mesh.steady(time.Now())) {
			p.flow.reported(m.loss.load(), m.roundTrip())
			p.control.note(&r.reported)
		}
	}
}

// repair notes which packets are asked for once more.
func (q *pictures) repair(pairs []rtcp.NackPair) {
	each(pairs, func(number uint16) bool {
		q.meters.nacks.Add(1)
		return q.film.resend(number)
	})
}
