package audio

import (
	"sync/atomic"
	"time"
)

// packets is a lock-free queue from the network's goroutine to playout's: one producer, one consumer, nothing allocated after it
// was made. Full, it drops what comes.
//
// It holds what comes while a machine stands still for two seconds. Were it to drop the newest of that, they would be missing just
// when everything older is given up.
type packets struct {
	slots [packetSlots]packetSlot
	data  [packetBytes]byte // the payloads one after the other, each in one piece

	_       [64]byte // as in Ring: each side's counters in its own cache line
	written atomic.Uint64
	end     uint64 // of the bytes written; the producer's own
	_       [48]byte
	read    atomic.Uint64
	freed   atomic.Uint64 // bytes
}

const (
	packetSlots = 256
	packetBytes = packetSlots * 256 // packets of 20 ms have as much at 100 kbit/s
)

type packetSlot struct {
	seq     uint16
	ts      uint32
	by      Source
	epoch   uint32        // which stream of the same speaker: see Stream.Reset
	arrived time.Duration // on playout's clock
	data    []byte
	end     uint64 // what is freed with it
}

// push copies the packet; false if there is no room or it is too large. Producer only.
func (q *packets) push(seq uint16, ts uint32, by Source, epoch uint32, payload []byte, arrived time.Duration) bool {
	w, from := q.written.Load(), q.end
	if at := from % packetBytes; at+uint64(len(payload)) > packetBytes {
		from += packetBytes - at
	}
	end := from + uint64(len(payload))
	if w-q.read.Load() == packetSlots || len(payload) > MaxPacket || end-q.freed.Load() > packetBytes {
		return false
	}
	data := q.data[from%packetBytes:][:len(payload)]
	copy(data, payload)
	q.slots[w%packetSlots] = packetSlot{seq, ts, by, epoch, arrived, data, end}
	q.end = end
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

// pop gives up the oldest packet, which there is. Consumer only.
func (q *packets) pop() {
	r := q.read.Load()
	q.freed.Store(q.slots[r%packetSlots].end)
	q.read.Store(r + 1)
}
