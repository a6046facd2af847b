package test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"parley/test/lab"
	"parley/test/netlab"
)

// meter sees what a sends to b on a link.
type meter struct {
	mu       sync.Mutex
	pictures map[int64]int // bytes, by tenth of a second
	heard    time.Time     // when the last packet of sound comes to b
	gap      time.Duration // the longest between two of those
}

const tenth = int64(100 * time.Millisecond)

// see takes a packet: RTP with Opus, bare or in RED, is sound, and other RTP pictures, what is sent again and what probes the path too.
// What shares a port with RTP is told from it by the first byte (RFC 7983), RTCP by the second (RFC 5761, section 4).
func (m *meter) see(p netlab.Passage) {
	const udp, rtp, opus, red = 17, 28, 111, 63
	if p.Back || len(p.Packet) < rtp+12 || p.Packet[9] != udp || p.Packet[rtp]>>6 != 2 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch kind := p.Packet[rtp+1] & 127; {
	case kind == opus, kind == red:
		if at := p.At.Add(p.Wait); !p.Lost {
			if !m.heard.IsZero() {
				m.gap = max(m.gap, at.Sub(m.heard))
			}
			m.heard = at
		}
	case kind < 64 || kind >= 96:
		m.pictures[p.At.UnixNano()/tenth] += len(p.Packet)
	}
}

// rate is what pictures take in the second before a time, in bit/s.
func (m *meter) rate(at time.Time) (bps int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range int64(10) {
		bps += 8 * m.pictures[at.UnixNano()/tenth-1-i]
	}
	return bps
}

func (m *meter) longest() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.gap
}

// within waits until ok holds for a second of pictures, and returns how long that took since from.
func (m *meter) within(t *testing.T, what string, most time.Duration, from time.Time, ok func(bps int) bool) time.Duration {
	t.Helper()
	tick := time.NewTicker(time.Duration(tenth))
	defer tick.Stop()
	for now := range tick.C {
		took := now.Sub(from)
		if took >= time.Second && ok(m.rate(now)) {
			return took - time.Second
		}
		if took > most+time.Second {
			t.Fatalf("%s: after %v there are %d bit/s of pictures", what, took.Round(time.Millisecond), m.rate(now))
		}
	}
	return 0
}

// TestRateOfALink: on a link of 5 Mbit/s that becomes one of 0.3, with a queue as home routers have, pictures soon take no more than that,
// sound goes on, and when the link is as it was they are soon as many again.
func TestRateOfALink(t *testing.T) {
	const much, little = 5_000_000, 300_000
	link := func(rate int) netlab.Params {
		return netlab.Params{Delay: 20 * time.Millisecond, Rate: rate, Queue: 200 * time.Millisecond}
	}
	w, net := apart(t, 31)
	net.Set(link(much))
	wav := filepath.Join(w.dir, "speech.wav")
	if err := lab.WriteWAV(wav, w.speech(20)); err != nil {
		t.Fatal(err)
	}
	a, b := w.ring(lab.Command{Netns: net.A.Name}, lab.Command{Netns: net.B.Name}, plain("--play", wav, "--loop")...)
	m := &meter{pictures: map[int64]int{}}
	net.Watch(m.see)
	for range int(soak()+1) / 2 {
		m.within(t, "up", 20*time.Second, time.Now(), func(bps int) bool { return bps > 2*little })
		wait(3)
		before := m.rate(time.Now())
		if before <= little {
			t.Fatalf("%d bit/s of pictures on a link of %d", before, much)
		}
		fell := time.Now()
		net.Set(link(little))
		under := m.within(t, "under the cap", 4*time.Second, fell, func(bps int) bool { return bps <= little })
		wait(4 * soak())
		if bps := m.rate(time.Now()); bps > little || bps < little/10 {
			t.Errorf("%d bit/s of pictures on a link of %d", bps, little)
		}
		rose := time.Now()
		net.Set(link(much))
		back := m.within(t, "back", 20*time.Second, rose, func(bps int) bool { return bps >= before*8/10 })
		t.Logf("%d kbit/s of pictures, under the cap after %v, back after %v; sound was away for %v at most",
			before/1000, under.Round(time.Millisecond), back.Round(time.Millisecond), m.longest().Round(time.Millisecond))
	}
	net.Watch(nil)
	if gap := m.longest(); gap > 500*time.Millisecond || gap == 0 {
		t.Errorf("no sound came for %v", gap)
	}
	w.leave(a, b)
}
