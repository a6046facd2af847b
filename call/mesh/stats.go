package mesh

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// Stats is about what goes to one peer and comes from it: the sound, if it says nothing else. What is not known yet is zero.
type Stats struct {
	RTT             float64 // milliseconds, from the far end's last receiver report; of the path's own checks while nothing was sent
	Loss            float64 // the part (0 to 1) of our packets that the far end missed, in its last report; what we sent once more included
	Jitter          float64 // milliseconds, of the far end's packets on arrival (RFC 3550, section 6.4.1)
	PacketsSent     uint64
	PacketsReceived uint64
	BytesSent       uint64 // of Opus, without headers
	BytesReceived   uint64
	Dropped         uint64                      // packets that could not be sent in time
	Copies          int                         // how many earlier packets go along with each of ours (RFC 2198), as the far end's loss asks for
	BytesCopied     uint64                      // of those, with their headers
	Resent          uint64                      // packets that were sent once more
	Asked           uint64                      // packets that we have asked for once more
	Local, Remote   string                      // candidate types of the path in use: "host", "srflx", "prflx", "relay"
	Relay           bool                        // a relay stands in the path
	RelayBy         string                      // how this side reaches its own: "udp", "tcp" or "tls"; empty: it has none in the path
	Target          int                         // bit/s with all headers: what the path carries; 0 as long as no pictures went
	Queue           float64                     // milliseconds that packets wait in the path, since then
	Pictures        [pictureTracks]PictureStats // by Track
}

// PictureStats is about the pictures of one track to and from one peer.
type PictureStats struct {
	PacketsSent     uint64
	PacketsReceived uint64 // the repaired ones too
	BytesSent       uint64 // of payload, without repairs
	BytesReceived   uint64
	Resent          uint64  // packets that were sent once more
	Padded          uint64  // likewise, though nobody had asked for them: to see whether the path carries more
	Repaired        uint64  // packets received that had been, for either
	Nacks           uint64  // packets that the far end asked for once more
	PLIs            uint64  // times that it asked for a key picture, by a FIR too
	LeftOut         uint64  // whole pictures of ours for which there was no room
	Loss            float64 // the part (0 to 1) of our packets that the far end missed, in its last report
}

// Stats returns the peer's figures as they stand, and false if there is no such peer.
func (m *Mesh) Stats(id Peer) (Stats, bool) {
	p := m.alive(id)
	if p == nil {
		return Stats{}, false
	}
	s := p.meters.stats()
	s.Dropped = p.out.dropped.Load()
	for i := range p.pictures {
		q := &p.pictures[i]
		s.Pictures[i] = q.meters.stats()
		s.Pictures[i].LeftOut = q.film.leftOut.Load()
	}
	s.Copies = int(p.loss.depth.Load())
	s.Target, s.Queue = p.flow.stats()
	return s, true
}

// Loss is the largest Loss of all peers, from 0 to 1: what the encoder's forward error correction is to repair.
func (m *Mesh) Loss() float64 {
	most := 0.0
	for _, p := range *m.live.Load() {
		most = max(most, p.meters.loss.load())
	}
	return most
}

// pictureMeters are likewise, of a track of pictures.
type pictureMeters struct {
	returns
	packetsSent, packetsReceived, bytesSent, bytesReceived atomic.Uint64
	resent, padded, repaired, nacks, plis                  atomic.Uint64
	remb                                                   atomic.Int64 // bit/s
}

func (m *pictureMeters) stats() PictureStats {
	return PictureStats{
		PacketsSent: m.packetsSent.Load(), PacketsReceived: m.packetsReceived.Load(),
		BytesSent: m.bytesSent.Load(), BytesReceived: m.bytesReceived.Load(),
		Resent: m.resent.Load(), Padded: m.padded.Load(), Repaired: m.repaired.Load(), Nacks: m.nacks.Load(), PLIs: m.plis.Load(),
		Loss: m.loss.load(),
	}
}

// returns is what the far end's last report says of a track of ours.
type returns struct{ rtt, loss gauge }

func (m *returns) roundTrip() time.Duration {
	return time.Duration(m.rtt.load() * float64(time.Millisecond))
}

// meters are written by the peer's reader, writer and report reader, one goroutine each field, and read by anyone.
type meters struct {
	returns
	packetsSent, packetsReceived, bytesSent, bytesReceived atomic.Uint64
	copied, resent, asked                                  atomic.Uint64
	jitter, pathRTT                                        gauge
	path                                                   atomic.Pointer[webrtc.ICECandidatePair]

	transit int64 // of the reader: of the last packet, in samples
	arrived bool
}

// gauge is a float64 that can be read while it is written.
type gauge struct{ bits atomic.Uint64 }

func (g *gauge) store(f float64) { g.bits.Store(math.Float64bits(f)) }
func (g *gauge) load() float64   { return math.Float64frombits(g.bits.Load()) }

// roundTrip is the path's own where nothing was reported.
func (m *meters) roundTrip() time.Duration {
	if trip := m.returns.roundTrip(); trip > 0 {
		return trip
	}
	return time.Duration(m.pathRTT.load() * float64(time.Millisecond))
}

func (m *meters) setPath(pair *webrtc.ICECandidatePair) { m.path.Store(pair) }

func (m *meters) stats() Stats {
	s := Stats{
		RTT: m.rtt.load(), Loss: m.loss.load(), Jitter: m.jitter.load(),
		PacketsSent: m.packetsSent.Load(), PacketsReceived: m.packetsReceived.Load(),
		BytesSent: m.bytesSent.Load(), BytesReceived: m.bytesReceived.Load(),
		BytesCopied: m.copied.Load(), Resent: m.resent.Load(), Asked: m.asked.Load(),
	}
	if s.RTT == 0 {
		s.RTT = m.pathRTT.load()
	}
	if path := m.path.Load(); path != nil && path.Local != nil && path.Remote != nil {
		s.Local, s.Remote = path.Local.Typ.String(), path.Remote.Typ.String()
		s.Relay = path.Local.Typ == webrtc.ICECandidateTypeRelay || path.Remote.Typ == webrtc.ICECandidateTypeRelay
		s.RelayBy = relayBy(path.Local)
	}
	return s
}

// relayBy reads it from the priority (RFC 8445, section 5.1.2.1), whose local preference pion sets by the way to the relay; it tells
// it nowhere else.
func relayBy(c *webrtc.ICECandidate) string {
	if c.Typ != webrtc.ICECandidateTypeRelay {
		return ""
	}
	return [...]string{"tls", "tcp", "dtls", "udp"}[c.Priority>>8&3]
}

// watchPath asks the path now and then how long it takes: whoever only listens gets no receiver reports. ICE checks it every two
// seconds (RFC 7675). The answer may have to wait for ICE, so it is not asked for by Stats.
func (p *peer) watchPath(ice *webrtc.ICETransport) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-p.closing:
			return
		case <-ticker.C:
			if p.meters.path.Load() == nil {
				continue // there is none yet, and pion's transport may still be starting
			}
			if s, ok := ice.GetSelectedCandidatePairStats(); ok && s.CurrentRoundTripTime > 0 {
				p.meters.pathRTT.store(s.CurrentRoundTripTime * 1000)
			}
		}
	}
}

// The RTP clocks of Opus (RFC 7587, section 4.1) and of pictures, in ticks a second.
const (
	soundRate    = 48000
	pictureRate  = 90000
	samplesPerMS = soundRate / 1000
)

// received counts a packet, and smooths the jitter as RFC 3550, appendix A.8 does.
func (m *meters) received(size int, timestamp uint32, at time.Duration) {
	m.packetsReceived.Add(1)
	m.bytesReceived.Add(uint64(size))
	transit := int64(at*samplesPerMS/time.Millisecond) - int64(timestamp)
	// The difference in the timestamp's own 32 bits, so that its turnover is no jump.
	d := math.Abs(float64(int32(uint32(transit) - uint32(m.transit))))
	if m.arrived && d < 10*1000*samplesPerMS { // more is a new stream
		j := m.jitter.load()
		m.jitter.store(j + (d/samplesPerMS-j)/16)
	}
	m.transit, m.arrived = transit, true
}

// reported takes over what the far end says of our stream (RFC 3550, section 6.4.1), and says whether it said anything.
func (m *returns) reported(reports []rtcp.ReceptionReport, ssrc uint32, now time.Time) (any bool) {
	for _, r := range reports {
		if r.SSRC != ssrc {
			continue
		}
		any = true
		m.loss.store(float64(r.FractionLost) / 256)
		if r.LastSenderReport == 0 {
			continue
		}
		// All three are in units of 2^-16 s. A far end can say anything: what makes no sense is left out.
		const second, rounding = 1 << 16, 1 << 6
		if rtt := int32(ntpMiddle(now) - r.LastSenderReport - r.Delay); rtt > -rounding && rtt < 60*second {
			m.rtt.store(float64(max(rtt, 0)) * 1000 / second)
		}
	}
	return any
}
