package mesh

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

// source is what a sender report tells of a track of ours (RFC 3550, section 6.4.1): which moment its timestamps stand for. Pion's own
// reports take the moment of sending, which for a picture is an encoder's time later than for sound.
type source struct {
	rate int // ticks in a second
	ssrc atomic.Uint32

	mu              sync.Mutex
	timestamp       uint32 // of the last packet,
	captured        time.Time
	packets, octets uint32
}

// sent counts a packet that went out, and says whether that should be reported at once: it is the first, or the timestamps have
// begun anew.
func (s *source) sent(timestamp uint32, captured time.Time, size int) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	off := int64(int32(timestamp - s.at(captured)))
	news = s.packets == 0 || max(off, -off) > int64(s.rate/10)
	s.timestamp, s.captured = timestamp, captured
	s.packets++
	s.octets += uint32(size)
	return news
}

// at is where the timestamps stand at a time, going by the last packet.
func (s *source) at(t time.Time) uint32 {
	return s.timestamp + uint32(int64(t.Sub(s.captured)/time.Microsecond)*int64(s.rate)/1e6)
}

// report makes a report for now; there is none before the first packet.
func (s *source) report(now time.Time) (*rtcp.SenderReport, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.packets == 0 {
		return nil, false
	}
	return &rtcp.SenderReport{
		SSRC: s.ssrc.Load(), NTPTime: ntp(now), RTPTime: s.at(now),
		PacketCount: s.packets, OctetCount: s.octets,
	}, true
}

// sendReports sends the reports that there are, in one packet.
func (p *peer) sendReports() {
	now := p.mesh.steady(time.Now())
	var list []rtcp.Packet
	add := func(s *source) {
		if r, ok := s.report(now); ok {
			list = append(list, r)
		}
	}
	add(&p.spoken)
	for i := range p.pictures {
		add(&p.pictures[i].shown)
	}
	if len(list) > 0 {
		p.writeRTCP(list...)
	}
}

// clock is what the far end's sender reports say.
type clock struct {
	rate int // ticks in a second
	last atomic.Pointer[SenderClock]
}

func (c *clock) read() SenderClock {
	if last := c.last.Load(); last != nil {
		return *last
	}
	return SenderClock{}
}

// reported takes a report. Without a wall clock the far end sends zeros (RFC 3550, section 6.4.1).
func (c *clock) reported(r *rtcp.SenderReport) {
	if r.NTPTime != 0 {
		c.last.Store(&SenderClock{NTP: ntpTime(r.NTPTime), Timestamp: r.RTPTime, Rate: c.rate, Known: true})
	}
}

const since1900 = 2208988800 // seconds, to 1970

// ntp returns the NTP timestamp (RFC 3550, section 4).
func ntp(t time.Time) uint64 {
	return uint64(t.Unix()+since1900)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// ntpMiddle returns its middle 32 bits.
func ntpMiddle(t time.Time) uint32 { return uint32(ntp(t) >> 16) }

// ntpTime reads one: as of 1968 to 2104 (RFC 2030, section 3).
func ntpTime(n uint64) time.Time {
	seconds := int64(n >> 32)
	if seconds < 1<<31 {
		seconds += 1 << 32
	}
	return time.Unix(seconds-since1900, int64(n&(1<<32-1)*uint64(time.Second)>>32))
}
