package audio

import (
	"fmt"
	"time"

	"parley/audio/mix"
)

// Tape keeps packets for a while and gives back what somebody at the other end would have heard on a network without faults.
// Add is for Emit: all the memory is made before. One goroutine at a time.
type Tape struct {
	data    []byte // payloads, one after the other
	packets []taped
	span    uint32 // samples
	first   uint32 // timestamp of the first packet
}

type taped struct {
	at   uint32 // samples since the first packet
	size int
}

// maxRate is what an Opus encoder of ours makes at most, bit/s, with room for what it may overshoot.
const maxRate = 256_000

// NewTape holds packets over so much time.
func NewTape(length time.Duration) *Tape {
	return &Tape{
		data:    make([]byte, 0, int(maxRate/8*length/time.Second)),
		packets: make([]taped, 0, int(length/FrameTime)+1),
		span:    uint32(samples(length)),
	}
}

// Add copies a packet. What comes after the tape's end, or does not fit, is dropped.
func (t *Tape) Add(p Packet) {
	if len(t.packets) == 0 {
		t.first = p.Timestamp
	}
	at := p.Timestamp - t.first
	if at >= t.span || len(t.packets) == cap(t.packets) || len(t.data)+len(p.Payload) > cap(t.data) {
		return
	}
	t.packets = append(t.packets, taped{at, len(p.Payload)})
	t.data = append(t.data, p.Payload...)
}

// Decode gives what was recorded from the first packet on. Where the gate was shut, or an encoder told of silence, there is
// silence. It is nil if nothing was recorded.
func (t *Tape) Decode(d Decoder) ([]float32, error) {
	var out []float32
	pcm := make([]float32, MaxPacketSamples)
	rest := t.data
	for _, p := range t.packets {
		payload := rest[:p.size]
		rest = rest[p.size:]
		if p.size <= dtxSize {
			continue
		}
		n, err := d.Decode(payload, pcm)
		if err != nil {
			return nil, fmt.Errorf("decode: %w", err)
		}
		if gap := int(p.at) - len(out); gap > 0 || len(out) == 0 {
			out = append(fadeOut(out), make([]float32, max(gap, 0))...)
			mix.Scale(pcm[:min(edge, n)], 0, 1) // no edge clicks
		}
		out = append(out[:min(len(out), int(p.at))], pcm[:n]...)
	}
	return fadeOut(out), nil
}

func fadeOut(x []float32) []float32 {
	mix.Scale(x[max(len(x)-edge, 0):], 1, 0)
	return x
}
