package audio

import (
	"sync/atomic"
	"time"
)

// packets is a lock-free queue from the network's goroutine to playout's: one producer, one consumer, fixed slots, nothing
// allocated after it was made. Full, it drops what comes; the jitter buffer behind it would not have room either.
type packets struct {
	slots [packetSlots]packetSlot

	_       [64]byte // as in Ring: each side's counter in its own cache line
	written atomic.Uint64
	_       [56]byte
	read    atomic.Uint64
}

// packetSlots is more than a second of 20 ms packets, the most that comes at once after a network has stood still and is
// still worth playing.
const packetSlots = 64

type packetSlot struct {
	seq     uint16
	ts      uint32
	by      Source
	epoch   uint32        // which stream of the same speaker: see Stream.Reset
	arrived time.Duration // on playout's clock
	size    int
	data    [MaxPacket]byte
}

// push copies the packet; false if there is no room or it is too large. Producer only.
func (q *packets) push(seq uint16, ts uint32, by Source, epoch uint32, payload []byte, arrived time.Duration) bool {
	w := q.written.Load()
	if w-q.read.Load() == packetSlots || len(payload) > MaxPacket {
		return false
	}
	p := &q.slots[w%packetSlots]
	p.seq, p.ts, p.by, p.epoch, p.arrived = seq, ts, by, epoch, arrived
	p.size = copy(p.data[:], payload)
	q.written.Store(w + 1)
	return true
}

// front is the oldest packet, nil if there is none; it stays valid until pop. Consumer only.
func (q *packets) front() *packetSlot {
	r := q.read.Load()
	if r == q.written.Load() {
		return nil
	}
	return &q.slots[r%packetSlots]
}

func (q *packets) pop() { q.read.Add(1) }
