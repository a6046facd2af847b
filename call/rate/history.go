package rate

import "time"

// history remembers what was sent, by number, so that feedback about it can be believed or not. The zero value is empty.
type history struct {
	places [keptPackets]packet
}

const (
	keptPackets = 4096             // a power of two: eight seconds of 4 Mbit/s with speech
	keptFor     = 10 * time.Second // feedback about what is older comes too late to say anything
)

// packet is what is known of one that was sent.
type packet struct {
	at     time.Duration // when it was sent, on our clock
	size   int32         // bytes
	number uint16
	fate   fate
	probe  uint8 // the number of its cluster, 0: of none
}

// fate is what feedback has said of a packet.
//
//	unsent ─► underWay ─► missing ─► arrived
//	               └────────────────────┘
type fate uint8

const (
	unsent fate = iota
	underWay
	missing // which it may not be for good: it was overtaken
	arrived
)

func (h *history) add(k packet) {
	k.fate = underWay
	h.places[k.number%keptPackets] = k
}

// find returns the packet of that number, or nil where none was sent lately.
func (h *history) find(number uint16, now time.Duration) *packet {
	k := &h.places[number%keptPackets]
	if k.fate == unsent || k.number != number || now-k.at > keptFor {
		return nil
	}
	return k
}
