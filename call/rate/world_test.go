package rate

import (
	"math"
	"math/rand/v2"
	"time"
)

// pipe is a path with one queue in it, that several flows share.
type pipe struct {
	rate    func(at time.Duration) float64 // bit/s
	queue   time.Duration                  // what it holds; more is lost
	way     time.Duration                  // one way, and so is the way back
	jitter  time.Duration                  // at most
	loss    float64
	burst   int           // so many are lost together; 0: one
	gathers time.Duration // what comes within that arrives together
	left    int           // of a burst
	free    time.Duration // when all that it holds is through
}

// carry puts a packet in: how long it waits for others, and when it arrives.
func (p *pipe) carry(now time.Duration, size int, dice *rand.Rand) (waits, arrives time.Duration, ok bool) {
	waits = max(p.free-now, 0)
	if waits > p.queue {
		return waits, 0, false
	}
	begins := max(p.free, now)
	p.free = begins + time.Duration(float64(8*size)/p.rate(begins)*float64(time.Second))
	arrives = p.free + p.way
	if p.jitter > 0 {
		arrives += time.Duration(dice.Int64N(int64(p.jitter)))
	}
	if p.gathers > 0 {
		arrives = (arrives/p.gathers + 1) * p.gathers
	}
	if p.left > 0 {
		p.left--
		return waits, arrives, false
	}
	if dice.Float64() < p.loss/float64(max(p.burst, 1)) {
		p.left = p.burst - 1
		return waits, arrives, false
	}
	return waits, arrives, true
}

// caller sends sound and pictures by a Controller.
type caller struct {
	c     *Controller
	begin time.Duration
	most  func(at time.Duration) float64 // bit/s of pictures that there are; nil: as many as may be
	every time.Duration                  // feedback
	mute  func(at time.Duration) bool    // no feedback comes; nil: it does
	dice  *rand.Rand

	zero   time.Duration // of our clock: where the simulation begins
	offset time.Duration // of the far clock
	skew   float64       // of it, times
	number uint16
	sound  time.Duration // when the next are due
	film   time.Duration
	ticks  time.Duration
	tells  time.Duration
	wait   []int // sizes of packets that wait to be sent
	spread Spread
	flying []flying
	mail   []letter

	// What came of it, by seconds of the simulation.
	seconds []second
	gap     time.Duration // the longest without sound arriving
	heard   time.Duration // the last arrival of sound
	padding int
}

type second struct {
	sent, got, target float64 // bits of sound and pictures; the target at its end
	queue             time.Duration
	waits             []time.Duration // in the queue, of all packets
}

type flying struct {
	number   uint16
	at       time.Duration
	ok, told bool
}

type letter struct {
	at   time.Duration
	list []Status
}

const (
	soundSize = 200 // bytes every 20 ms: 80 kbit/s
)

func newCaller(most int, dice *rand.Rand) *caller {
	return &caller{
		c: NewController(100_000, 300_000, most), every: 50 * time.Millisecond, dice: dice,
		offset: time.Duration(dice.Int64N(int64(time.Hour))) - 30*time.Minute,
		skew:   (dice.Float64() - 0.5) * 2e-4, number: uint16(dice.Uint32()),
		tells: time.Duration(dice.Int64N(int64(50 * time.Millisecond))),
	}
}

func (k *caller) second(now time.Duration) *second {
	for int(now/time.Second) >= len(k.seconds) {
		k.seconds = append(k.seconds, second{})
	}
	return &k.seconds[now/time.Second]
}

func (k *caller) step(now time.Duration, p *pipe) {
	if now < k.begin {
		return
	}
	for len(k.mail) > 0 && k.mail[0].at <= now {
		k.c.Feedback(now+k.zero, k.mail[0].list)
		k.mail = k.mail[1:]
	}
	if now >= k.ticks {
		k.ticks = now + 100*time.Millisecond
		k.c.Tick(now + k.zero)
	}
	if now >= k.sound {
		k.sound = now + 20*time.Millisecond
		k.send(now, p, soundSize, false, true)
	}
	k.pictures(now)
	k.pace(now, p)
	if now >= k.tells {
		k.tells = now + k.every
		k.tell(now, p)
	}
	s := k.second(now)
	s.target = float64(k.c.Target())
	s.queue = max(s.queue, p.free-now)
}

// pictures makes one of about the size that it should have.
func (k *caller) pictures(now time.Duration) {
	if now < k.film {
		return
	}
	k.film = now + time.Second/30
	rate := float64(k.c.Target()) - 50*8*soundSize
	if k.most != nil {
		rate = min(rate, k.most(now))
	}
	if rate < 30_000 {
		return
	}
	bytes := int(rate / 8 / 30 * min(max(math.Exp(0.25*k.dice.NormFloat64())*0.96, 0.3), 2.5))
	for ; bytes > 0; bytes -= packetSize {
		k.wait = append(k.wait, min(bytes+20, packetSize))
	}
}

func (k *caller) pace(now time.Duration, p *pipe) {
	if q, ok := k.c.Probe(now + k.zero); ok {
		k.spread.Begin(q)
	}
	k.spread.SetRate(k.c.Target())
	for k.spread.Wait(now) <= 0 && (len(k.wait) > 0 || k.spread.Probing()) {
		size, probe, own := packetSize, k.spread.Probing(), len(k.wait) > 0
		if own {
			size = k.wait[0]
			k.wait = k.wait[1:]
		} else {
			k.padding += size
		}
		k.spread.Sent(now, size)
		k.send(now, p, size, probe, own)
	}
}

func (k *caller) send(now time.Duration, p *pipe, size int, probe, own bool) {
	k.c.Sent(k.number, size, now+k.zero, probe)
	waits, arrives, ok := p.carry(now, size, k.dice)
	k.flying = append(k.flying, flying{number: k.number, at: arrives, ok: ok})
	k.number++
	s := k.second(now)
	s.waits = append(s.waits, waits)
	if own {
		s.sent += float64(8 * size)
	}
	if !ok {
		return
	}
	if own {
		k.second(arrives).got += float64(8 * size)
	}
	if size == soundSize {
		if k.heard > 0 {
			k.gap = max(k.gap, arrives-k.heard)
		}
		k.heard = max(k.heard, arrives)
	}
}

// tell makes the far end's feedback.
func (k *caller) tell(now time.Duration, p *pipe) {
	end := 0
	for i, f := range k.flying {
		if f.ok && f.at <= now {
			end = i + 1
		}
	}
	list, left := make([]Status, 0, end), k.flying[:0]
	for i, f := range k.flying {
		switch {
		case i >= end:
			left = append(left, f)
		case f.ok && f.at <= now:
			at := time.Duration(float64(f.at)*(1+k.skew)) + k.offset
			list = append(list, Status{Number: f.number, Arrived: at / (250 * time.Microsecond) * (250 * time.Microsecond)})
		default:
			if !f.told {
				list = append(list, Status{Number: f.number, Lost: true})
			}
			if f.told = true; f.ok {
				left = append(left, f)
			}
		}
	}
	k.flying = left
	if len(list) > 0 && (k.mute == nil || !k.mute(now)) {
		k.mail = append(k.mail, letter{now + p.way, list})
	}
}

// greedy is a file that is sent as the TCP of old does: more until something gets lost, and then half.
type greedy struct {
	begin, end     time.Duration // end 0: never
	window, flying float64       // packets
	halved         time.Duration
	acks           []ack
	got            []float64 // bits, by seconds
}

type ack struct {
	at   time.Duration
	lost bool
}

const filePacket = 1500

func (g *greedy) step(now time.Duration, p *pipe, dice *rand.Rand) {
	if now < g.begin {
		return
	}
	if g.window == 0 {
		g.window = 4
	}
	for len(g.acks) > 0 && g.acks[0].at <= now {
		g.flying--
		switch {
		case !g.acks[0].lost:
			g.window += 1 / g.window
		case now > g.halved:
			g.window, g.halved = max(g.window/2, 2), now+2*p.way+max(p.free-now, 0)
		}
		g.acks = g.acks[1:]
	}
	for g.flying < g.window && (g.end == 0 || now < g.end) {
		g.flying++
		waits, arrives, ok := p.carry(now, filePacket, dice)
		if !ok {
			arrives = now + waits + p.way
		} else {
			for int(arrives/time.Second) >= len(g.got) {
				g.got = append(g.got, 0)
			}
			g.got[arrives/time.Second] += 8 * filePacket
		}
		at := arrives + p.way
		if n := len(g.acks); n > 0 {
			at = max(at, g.acks[n-1].at)
		}
		g.acks = append(g.acks, ack{at, !ok})
	}
}

// live has all of them send for so long.
func live(p *pipe, took time.Duration, file *greedy, callers ...*caller) {
	for now := time.Duration(0); now < took; now += time.Millisecond {
		for _, k := range callers {
			k.step(now, p)
		}
		if file != nil {
			file.step(now, p, callers[0].dice)
		}
	}
}
