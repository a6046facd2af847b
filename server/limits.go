package server

import (
	"time"

	"golang.org/x/time/rate"

	"parley/wire"
)

// limits bounds what one stranger, one member, or all together may take. None is a setting: they are far above what
// people do, and low enough that a small machine bears them.
type limits struct {
	channels, users, invites int

	pending, pendingPerIP int           // connections that have not logged in
	handshake             time.Duration // from the connection to the login

	queueBytes, queueCount   int // waiting for a client to read; over it the client is dropped as slow
	replayBytes, replayCount int // events kept for a resume; over it the oldest go, and the resume fails
	replies                  int // answers kept for repeated requests

	stuck time.Duration // how long a client of the relay may take nothing of what is written to it by TCP

	ring time.Duration // how long a call rings

	any   bucket // everything that arrives, good or bad; over it the client is dropped as a flood
	class [classes]bucket
}

// class is what a request costs. Over its class's rate it is answered by rate_limited and not done.
type class int

const (
	light   class = iota // touches memory only
	relayed              // goes on to a peer: a mesh of eight makes some hundreds at a join
	heavy                // makes a long answer
	durable              // waits for the disk
	entry                // a login or resume: all others hear of it
	speech               // begins and ends of speaking: all others may hear of it, and a voice makes a few a second
	ringing              // makes a noise at somebody, and may be kept for them on the disk
	classes
)

type bucket struct {
	perSecond rate.Limit
	burst     int
}

func defaultLimits() limits {
	return limits{
		channels: 200, users: 2000, invites: 500,
		pending: 512, pendingPerIP: 64, handshake: 10 * time.Second,
		queueBytes: 2 << 20, queueCount: 4096,
		replayBytes: 256 << 10, replayCount: 1024, replies: 64,
		stuck: 5 * time.Second,
		ring:  wire.RingFor,
		any:   bucket{100, 1000},
		class: [classes]bucket{
			light:   {10, 60},
			relayed: {60, 600},
			heavy:   {0.5, 5},
			durable: {1, 40},
			entry:   {0.5, 20},
			speech:  {5, 20},
			ringing: {10.0 / 60, 5},
		},
	}
}

// badMessageCost is what a message that can't be decoded takes from the flood bucket.
const badMessageCost = 10

// meter is one user's buckets. It outlives sessions, so that coming back doesn't fill them.
type meter struct {
	any   *rate.Limiter
	class [classes]*rate.Limiter
}

func newMeter(l limits) meter {
	m := meter{any: rate.NewLimiter(l.any.perSecond, l.any.burst)}
	for i, b := range l.class {
		m.class[i] = rate.NewLimiter(b.perSecond, b.burst)
	}
	return m
}

// cost makes a long description dearer than a candidate.
func cost(m wire.Message) int {
	switch m := m.(type) {
	case *wire.Offer:
		return 1 + len(m.SDP)/4096
	case *wire.Answer:
		return 1 + len(m.SDP)/4096
	}
	return 1
}
