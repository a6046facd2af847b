package netlab

import (
	"container/heap"
	"math/rand/v2"
	"sync"
	"time"
)

// Params is how bad one direction of a link is. The zero value is a perfect one.
type Params struct {
	Loss      float64       // share of packets that are dropped, 0 to 1
	Burst     float64       // mean length of a run of losses, in packets; up to 1: each by itself
	Delay     time.Duration // one way
	Jitter    time.Duration // uniformly more or less than Delay; packets may overtake each other
	InOrder   bool          // they may not: who catches up with the one before waits for it, as in a queue
	Reorder   float64       // share of packets that know a short cut: they take no Delay, and so overtake others
	Duplicate float64       // share of packets that come twice
	Rate      int           // bits in a second; 0: any number
	Queue     time.Duration // with Rate: what would wait longer for its turn is dropped; 0: 200 ms
}

const usualQueue = 200 * time.Millisecond

// direction decides what happens to each packet of one direction. It is deterministic for a seed and an order of calls.
type direction struct {
	rng  *rand.Rand
	bad  bool      // inside a run of losses
	free time.Time // when the bottleneck has sent what it has
	last time.Time // when the latest packet goes out, for InOrder
}

// pass returns when a packet of that many bytes that comes in at now goes out, and how often: 0 is lost.
func (d *direction) pass(p Params, now time.Time, size int) (due time.Time, copies int) {
	if d.lose(p) {
		return time.Time{}, 0
	}
	due = now
	if p.Rate > 0 {
		if due = d.bottleneck(p, now, size); due.IsZero() {
			return due, 0
		}
	}
	if !d.chance(p.Reorder) {
		wait := p.Delay
		if p.Jitter > 0 {
			wait += time.Duration((2*d.rng.Float64() - 1) * float64(p.Jitter))
		}
		due = due.Add(max(0, wait))
		if p.InOrder && due.Before(d.last) {
			due = d.last
		}
		d.last = due
	}
	if d.chance(p.Duplicate) {
		return due, 2
	}
	return due, 1
}

// bottleneck returns when the packet's last bit has been sent, or zero when too much waits already.
func (d *direction) bottleneck(p Params, now time.Time, size int) time.Time {
	begin, patience := now, p.Queue
	if d.free.After(now) {
		begin = d.free
	}
	if patience == 0 {
		patience = usualQueue
	}
	if begin.Sub(now) > patience {
		return time.Time{}
	}
	d.free = begin.Add(time.Duration(float64(size*8) / float64(p.Rate) * float64(time.Second)))
	return d.free
}

// chance asks for no random number where there is none to take, so that a seed loses the same packets with and without the rest.
func (d *direction) chance(share float64) bool { return share > 0 && d.rng.Float64() < share }

// lose is Gilbert's model: a bad state that loses everything, is left with probability 1/burst and entered so that the
// mean is p.Loss.
func (d *direction) lose(p Params) bool {
	if p.Loss <= 0 {
		d.bad = false
		return false
	}
	if p.Burst <= 1 || p.Loss >= 1 {
		return d.rng.Float64() < p.Loss
	}
	if d.bad {
		d.bad = d.rng.Float64() >= 1/p.Burst
	} else {
		d.bad = d.rng.Float64() < p.Loss/(p.Burst*(1-p.Loss))
	}
	return d.bad
}

// Counts is what has passed through one direction; what comes twice passes once.
type Counts struct{ Passed, Lost int }

// queue holds packets until they are due; put and take may be called from different goroutines.
type queue struct {
	mu     sync.Mutex
	heap   packetHeap
	seq    uint64
	wake   chan struct{} // capacity 1: something was put in, or closed
	closed bool
}

type packet struct {
	due  time.Time
	seq  uint64 // keeps the order of packets that are due at once
	data []byte
}

// maxQueued bounds a direction: 10000 packets are more than any test has in flight. What comes on top is dropped.
const maxQueued = 10000

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// put copies data. It says false when the queue is full.
func (q *queue) put(due time.Time, data []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.heap) >= maxQueued {
		return false
	}
	q.seq++
	heap.Push(&q.heap, packet{due, q.seq, append([]byte(nil), data...)})
	q.signal()
	return true
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take waits for the next packet that is due; nil when the queue was closed.
func (q *queue) take() []byte {
	for {
		data, wait, ok := q.next(time.Now())
		switch {
		case !ok:
			return nil
		case data != nil:
			return data
		case wait == 0:
			<-q.wake
		default:
			t := time.NewTimer(wait)
			select {
			case <-q.wake:
			case <-t.C:
			}
			t.Stop()
		}
	}
}

// next returns a packet that is due, or how long until one is (0: there is none).
func (q *queue) next(now time.Time) (data []byte, wait time.Duration, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, 0, false
	}
	if len(q.heap) == 0 {
		return nil, 0, true
	}
	if wait := q.heap[0].due.Sub(now); wait > 0 {
		return nil, wait, true
	}
	return heap.Pop(&q.heap).(packet).data, 0, true
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
}

type packetHeap []packet

func (h packetHeap) Len() int { return len(h) }
func (h packetHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].seq < h[j].seq
	}
	return h[i].due.Before(h[j].due)
}
func (h packetHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *packetHeap) Push(p any)   { *h = append(*h, p.(packet)) }
func (h *packetHeap) Pop() any {
	old := *h
	p := old[len(old)-1]
	old[len(old)-1] = packet{}
	*h = old[:len(old)-1]
	return p
}
