package main

import (
	"sync"
	"time"

	"parley/audio/audiotest"
	"parley/bench/internal/measure"
	"parley/test/netlab"
)

// kind is what a packet carries.
type kind int

const (
	other    kind = iota // what keeps a call going: STUN, DTLS, RTCP, the server's connection
	sound                // RTP with Opus, bare or in RED
	pictures             // all other RTP: what is sent again, and padding, too
)

// The payload types of sound, of Opus and RED, are the same in both programs.
const opusType, redType = 111, 63

// kindOf looks at an IPv4 packet. What shares a port with RTP is told from it by the first byte (RFC 7983), RTCP by the second
// (RFC 5761, section 4).
func kindOf(ip []byte) kind {
	const udp, udpHeader, rtpHeader = 17, 8, 12
	if len(ip) < 20 || ip[0]>>4 != 4 || ip[9] != udp {
		return other
	}
	at := 4*int(ip[0]&15) + udpHeader
	if at+rtpHeader > len(ip) || ip[at]>>6 != 2 {
		return other
	}
	switch t := ip[at+1] & 0x7f; {
	case t == opusType, t == redType:
		return sound
	case t >= 64 && t < 96:
		return other
	}
	return pictures
}

// packet is one that was handed to the cable.
type packet struct {
	at   time.Time
	kind kind
	size int // bytes of IP
	wait time.Duration
	lost bool
}

// wire keeps what a sends.
type wire struct {
	mu      sync.Mutex
	packets traffic
}

func (w *wire) see(p netlab.Passage) {
	if p.Back {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.packets = append(w.packets, packet{p.At, kindOf(p.Packet), len(p.Packet), p.Wait, p.Lost})
}

func (w *wire) all() traffic {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.packets
}

// traffic is packets in the order of their time.
type traffic []packet

// rate is what packets of one kind took between two times, in bit/s.
func (t traffic) rate(k kind, from, to time.Time) float64 {
	bytes := 0
	for _, p := range t {
		if p.kind == k && !p.at.Before(from) && p.at.Before(to) {
			bytes += p.size
		}
	}
	return float64(bytes) * 8 / to.Sub(from).Seconds()
}

// A rate is that of a second, any of which begins a tenth after the one before.
const (
	window = time.Second
	hop    = window / 10
	never  = time.Minute // what does not come
)

// under is how long after from the rate of a kind is no more than most, and stays so in each second until to; or never.
func (t traffic) under(k kind, most float64, from, to time.Time) time.Duration {
	settled := from
	for at := from; !at.Add(window).After(to); at = at.Add(hop) {
		if t.rate(k, at, at.Add(window)) > most {
			settled = at.Add(hop)
		}
	}
	if settled.Add(window).After(to) {
		return never
	}
	return settled.Sub(from)
}

// reaches is how long after from a second has had a rate of least, until to; or never.
func (t traffic) reaches(k kind, least float64, from, to time.Time) time.Duration {
	for at := from; !at.Add(window).After(to); at = at.Add(hop) {
		if end := at.Add(window); t.rate(k, at, end) >= least {
			return end.Sub(from)
		}
	}
	return never
}

// queueing is how long packets waited for their turn, in milliseconds.
type queueing struct {
	Median  float64 `json:"median_ms"`
	P95     float64 `json:"p95_ms"`
	Dropped float64 `json:"dropped_percent"`
}

func (t traffic) queueing(from, to time.Time) (q queueing) {
	var waits []float64
	lost := 0.0
	for _, p := range t {
		switch {
		case p.at.Before(from) || !p.at.Before(to):
		case p.lost:
			lost++
		default:
			waits = append(waits, float64(p.wait)/float64(time.Millisecond))
		}
	}
	if len(waits) == 0 {
		return q
	}
	return queueing{
		measure.Round(audiotest.Median(waits), 1), measure.Round(audiotest.Quantile(waits, 0.95), 1),
		measure.Round(100*lost/(lost+float64(len(waits))), 2),
	}
}
