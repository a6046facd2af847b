// Package red packs and unpacks RTP payloads that hold earlier packets once more (RFC 2198), so that a packet that gets lost is in
// the next ones. It knows nothing of what the blocks hold, allocates nothing, and copies only when it packs.
package red

import (
	"encoding/binary"
	"errors"
)

// The limits of a copy's header (RFC 2198, section 3).
const (
	MaxBefore = 1<<14 - 1 // ticks: 341 ms at 48 kHz
	MaxCopy   = 1<<10 - 1 // bytes
)

// MaxBlocks is how many blocks Split takes; whoever sends more sends nonsense.
const MaxBlocks = 16

// What is wrong with a payload. All of it is dropped then.
var (
	ErrShort  = errors.New("red: a payload that ends too early")
	ErrMany   = errors.New("red: too many blocks")
	ErrOrder  = errors.New("red: copies that are not in order, the oldest first")
	ErrLimits = errors.New("red: a block that no header can tell of")
)

const (
	copyHeader = 4 // F=1, block type, timestamp offset, block length
	lastHeader = 1 // F=0, block type
	more       = 1 << 7
)

// Block is one of the packets in a payload.
type Block struct {
	Kind   uint8  // its payload type, 0 to 127
	Before uint32 // how much earlier it was than the packet around it, in ticks of its clock; 0 of the last block, the packet's own
	Data   []byte
}

// Size is what Append adds for that many copies and bytes in all blocks.
func Size(copies, bytes int) int { return copies*copyHeader + lastHeader + bytes }

// Append appends the payload of these blocks, the oldest first.
func Append(to []byte, blocks []Block) ([]byte, error) {
	if len(blocks) == 0 || len(blocks) > MaxBlocks {
		return to, ErrMany
	}
	copies, own := blocks[:len(blocks)-1], blocks[len(blocks)-1]
	for i, b := range blocks {
		switch {
		case b.Kind >= more || i < len(copies) && (b.Before > MaxBefore || len(b.Data) > MaxCopy):
			return to, ErrLimits
		case i > 0 && b.Before >= blocks[i-1].Before || i == len(copies) && b.Before != 0:
			return to, ErrOrder
		}
	}
	for _, b := range copies {
		to = binary.BigEndian.AppendUint32(to, (more|uint32(b.Kind))<<24|b.Before<<10|uint32(len(b.Data)))
	}
	to = append(to, own.Kind)
	for _, b := range blocks {
		to = append(to, b.Data...)
	}
	return to, nil
}

// Split appends the blocks of a payload to into, the oldest first and the packet's own last. They are parts of payload. With an
// error it appends nothing.
func Split(payload []byte, into []Block) ([]Block, error) {
	headers, before := payload, uint32(MaxBefore+1)
	for n := 0; ; n++ { // to where the headers end
		if len(payload) < lastHeader {
			return into, ErrShort
		}
		if payload[0]&more == 0 {
			break
		}
		if len(payload) < copyHeader+lastHeader {
			return into, ErrShort
		}
		if n == MaxBlocks-1 {
			return into, ErrMany
		}
		_, next, _ := header(payload)
		if next == 0 || next >= before {
			return into, ErrOrder
		}
		payload, before = payload[copyHeader:], next
	}
	data, out := payload[lastHeader:], into
	for headers[0]&more != 0 {
		kind, before, size := header(headers)
		if size > len(data) {
			return into, ErrShort
		}
		out = append(out, Block{Kind: kind, Before: before, Data: data[:size:size]})
		headers, data = headers[copyHeader:], data[size:]
	}
	return append(out, Block{Kind: headers[0], Data: data}), nil
}

// header reads a copy's header.
func header(b []byte) (kind uint8, before uint32, size int) {
	h := binary.BigEndian.Uint32(b)
	return uint8(h>>24) &^ more, h >> 10 & MaxBefore, int(h & MaxCopy)
}
