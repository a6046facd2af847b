package vp9

import (
	"encoding/binary"
	"fmt"

	"parley/video"
)

// A header is what must be known of a frame before libvpx sees it.
type header struct {
	key           bool
	width, height int // 0 where the size is a reference's, which was checked when it came
}

// check refuses what libvpx must not allocate for.
func (h header) check() error {
	if h.width == 0 && h.height == 0 && !h.key {
		return nil
	}
	return video.CheckSize(h.width, h.height)
}

// bits reads a header bit by bit, the highest first. Past the end it reads zeros and says so.
type bits struct {
	data  []byte
	at    int
	short bool
}

func (b *bits) read(n int) (v int) {
	for range n {
		v <<= 1
		if b.at >= 8*len(b.data) {
			b.short = true
			continue
		}
		v |= int(b.data[b.at/8]) >> (7 - b.at%8) & 1
		b.at++
	}
	return v
}

func (b *bits) flag() bool { return b.read(1) == 1 }

// readVP9 reads the start of a frame's uncompressed header, up to its size (VP9 bitstream specification, section 6.2).
func readVP9(data []byte) (header, error) {
	b := bits{data: data}
	if b.read(2) != 2 { // frame_marker
		return header{}, fmt.Errorf("%w: marker", ErrHeader)
	}
	if profile := b.read(1) | b.read(1)<<1; profile != 0 {
		return header{}, fmt.Errorf("%w: profile %d is not ours", ErrHeader, profile)
	}
	var h header
	var err error
	if b.flag() { // show_existing_frame
		b.read(3)
	} else {
		h.key = !b.flag() // frame_type
		shown, resilient := b.flag(), b.flag()
		if h.key {
			err = b.keySize(&h)
		} else {
			err = b.interSize(&h, shown, resilient)
		}
	}
	if err == nil && b.short {
		err = fmt.Errorf("%w: it ends early", ErrHeader)
	}
	return h, err
}

// keySize reads a key frame's sync code, colours (section 6.2.2) and size.
func (b *bits) keySize(h *header) error {
	const sRGB = 7
	if err := b.syncCode(); err != nil {
		return err
	}
	if b.read(3) == sRGB {
		return fmt.Errorf("%w: RGB in profile 0", ErrHeader)
	}
	b.read(1) // color_range
	b.size(h)
	return nil
}

// interSize finds a size of the frame's own, which a frame that is not a key frame has rarely.
func (b *bits) interSize(h *header, shown, resilient bool) error {
	intraOnly := !shown && b.flag()
	if !resilient {
		b.read(2) // reset_frame_context
	}
	if intraOnly {
		if err := b.syncCode(); err != nil {
			return err
		}
		b.read(8) // refresh_frame_flags
		b.size(h)
		return nil
	}
	b.read(8)           // refresh_frame_flags
	b.read(3 * (3 + 1)) // ref_frame_idx and ref_frame_sign_bias
	for range 3 {
		if b.flag() { // found_ref: the size is that of this reference
			return nil
		}
	}
	b.size(h)
	return nil
}

func (b *bits) syncCode() error {
	if b.read(24) != 0x498342 {
		return fmt.Errorf("%w: sync code", ErrHeader)
	}
	return nil
}

func (b *bits) size(h *header) { h.width, h.height = b.read(16)+1, b.read(16)+1 }

// readVP8 reads a frame tag and, of a key frame, its start code and size (RFC 6386 section 9.1).
func readVP8(data []byte) (header, error) {
	if len(data) < 3 {
		return header{}, fmt.Errorf("%w: it ends early", ErrHeader)
	}
	if data[0]&1 != 0 {
		return header{}, nil // an inter frame: of the key frame's size
	}
	if len(data) < 10 {
		return header{}, fmt.Errorf("%w: it ends early", ErrHeader)
	}
	if data[3] != 0x9d || data[4] != 0x01 || data[5] != 0x2a {
		return header{}, fmt.Errorf("%w: start code", ErrHeader)
	}
	const sizeBits = 1<<14 - 1 // above are two bits of scale, which concern only the showing
	w, h := int(binary.LittleEndian.Uint16(data[6:]))&sizeBits, int(binary.LittleEndian.Uint16(data[8:]))&sizeBits
	return header{key: true, width: w, height: h}, nil
}

// maxFrames is how many frames a superframe can hold.
const maxFrames = 8

// splitVP9 cuts a superframe into its frames (VP9 bitstream specification, annex B) and returns how many there are; what
// has no index is one frame.
func splitVP9(data []byte, frames *[maxFrames][]byte) (int, error) {
	if len(data) == 0 {
		return 0, fmt.Errorf("%w: nothing", ErrHeader)
	}
	marker := data[len(data)-1]
	count, width := int(marker&7)+1, int(marker>>3&3)+1
	index := 2 + width*count
	if marker&0xe0 != 0xc0 || len(data) < index || data[len(data)-index] != marker {
		frames[0] = data
		return 1, nil
	}
	sizes, rest := data[len(data)-index+1:len(data)-1], data[:len(data)-index]
	for i := range count {
		size := 0
		for j, b := range sizes[i*width:][:width] {
			size |= int(b) << (8 * j)
		}
		if size == 0 || size > len(rest) {
			return 0, fmt.Errorf("%w: superframe index", ErrHeader)
		}
		frames[i], rest = rest[:size], rest[size:]
	}
	return count, nil
}

// appendSealed appends a frame and a superframe index that names it alone. Without one libvpx takes what stands behind a
// frame for another, and its header would be one that nobody has looked at.
func appendSealed(dst, frame []byte) []byte {
	const marker = 0xc0 | 3<<3 // one frame, four bytes of size
	dst = append(append(dst, frame...), marker)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(frame)))
	return append(dst, marker)
}
