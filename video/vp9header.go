package video

import (
	"encoding/binary"
	"errors"
)

// ErrDescriptor is returned for a payload whose descriptor is cut short or says what cannot be.
var ErrDescriptor = errors.New("video: payload descriptor")

// VP9Header is the payload descriptor that begins every RTP packet of VP9 (RFC 9628 section 4.2).
type VP9Header struct {
	HasPictureID bool   // I
	PictureID    uint16 // 15 bits if Wide, else 7
	Wide         bool   // M

	Inter    bool // P: the picture needs others
	Flexible bool // F: these are listed in Refs; otherwise the structure and TL0 tell
	Begin    bool // B: first packet of a layer's frame
	End      bool // E: last packet of it
	Isolated bool // Z: no higher spatial layer needs this one

	HasLayers  bool  // L
	Temporal   uint8 // TID, 0 ... 7
	Spatial    uint8 // SID, 0 ... 7
	SwitchUp   bool  // U: higher temporal layers of later pictures need nothing before this one but its own layer or lower
	InterLayer bool  // D: needs the spatial layer below
	TL0        uint8 // counts the pictures of the base layer; only if HasLayers and not Flexible

	Refs  [3]uint8 // P_DIFF: how many pictures back, 1 ... 127; only if Inter and Flexible
	NRefs int

	// Structure is the scalability structure as it came (V), to be read with ParseVP9Structure, or nil. After Unmarshal it
	// is a part of the payload.
	Structure []byte
}

// Bits of the first byte.
const (
	vp9I = 1 << (7 - iota)
	vp9P
	vp9L
	vp9F
	vp9B
	vp9E
	vp9V
	vp9Z
)

// Unmarshal reads the descriptor and returns its length. The frame's bytes follow it.
func (h *VP9Header) Unmarshal(payload []byte) (int, error) {
	r := reader{rest: payload}
	bits := r.byte()
	*h = VP9Header{
		HasPictureID: bits&vp9I != 0, Inter: bits&vp9P != 0, HasLayers: bits&vp9L != 0, Flexible: bits&vp9F != 0,
		Begin: bits&vp9B != 0, End: bits&vp9E != 0, Isolated: bits&vp9Z != 0,
	}
	if h.HasPictureID {
		h.PictureID, h.Wide = r.pictureID()
	}
	if h.HasLayers {
		b := r.byte()
		h.Temporal, h.SwitchUp, h.Spatial, h.InterLayer = b>>5, b&0x10 != 0, b>>1&7, b&1 != 0
		if !h.Flexible {
			h.TL0 = r.byte()
		}
	}
	if h.Inter && h.Flexible {
		h.refs(&r)
	}
	if bits&vp9V != 0 {
		before := r.rest
		var s VP9Structure
		s.read(&r)
		h.Structure = before[:len(before)-len(r.rest)]
	}
	if r.bad || h.Flexible && !h.HasPictureID { // without an id no difference means anything
		return 0, ErrDescriptor
	}
	return len(payload) - len(r.rest), nil
}

// refs reads P_DIFF up to three times; the lowest bit says that another one follows.
func (h *VP9Header) refs(r *reader) {
	for more := true; more; h.NRefs++ {
		if h.NRefs == len(h.Refs) {
			r.bad = true
			return
		}
		b := r.byte()
		h.Refs[h.NRefs], more = b>>1, b&1 != 0
		r.bad = r.bad || b>>1 == 0 // a picture that needs itself
	}
}

// AppendTo writes the descriptor behind what is in dst.
func (h *VP9Header) AppendTo(dst []byte) []byte {
	dst = append(dst, flag(h.HasPictureID, vp9I)|flag(h.Inter, vp9P)|flag(h.HasLayers, vp9L)|flag(h.Flexible, vp9F)|
		flag(h.Begin, vp9B)|flag(h.End, vp9E)|flag(h.Structure != nil, vp9V)|flag(h.Isolated, vp9Z))
	if h.HasPictureID {
		dst = appendPictureID(dst, h.PictureID, h.Wide)
	}
	if h.HasLayers {
		dst = append(dst, h.Temporal<<5|flag(h.SwitchUp, 0x10)|h.Spatial&7<<1|flag(h.InterLayer, 1))
		if !h.Flexible {
			dst = append(dst, h.TL0)
		}
	}
	if h.Inter && h.Flexible {
		for i, diff := range h.Refs[:h.NRefs] {
			dst = append(dst, diff<<1|flag(i+1 < h.NRefs, 1))
		}
	}
	return append(dst, h.Structure...)
}

// VP9Structure is the scalability structure: how large the spatial layers are, and in what pattern pictures need each
// other (RFC 9628 section 4.2.1).
type VP9Structure struct {
	Layers int          // spatial ones, 1 ... 8
	Sizes  [8][2]uint16 // width and height of each; zero if not told
	Group  int          // pictures in the pattern, which repeats from the one that brings the structure; 0 is none
	Refs   [255]VP9Ref
}

// VP9Ref is one picture of the pattern.
type VP9Ref struct {
	Temporal uint8
	SwitchUp bool
	Diffs    [3]uint8 // how many pictures back
	N        uint8    // how many of them
}

// ParseVP9Structure reads a whole structure.
func ParseVP9Structure(b []byte) (VP9Structure, error) {
	r := reader{rest: b}
	var s VP9Structure
	s.read(&r)
	if r.bad {
		return VP9Structure{}, ErrDescriptor
	}
	return s, nil
}

func (s *VP9Structure) read(r *reader) {
	bits := r.byte()
	s.Layers = int(bits>>5) + 1
	if bits&0x10 != 0 { // Y
		for i := range s.Layers {
			s.Sizes[i] = [2]uint16{r.uint16(), r.uint16()}
		}
	}
	if bits&0x08 == 0 { // G
		return
	}
	s.Group = int(r.byte())
	for i := range s.Group {
		b := r.byte()
		ref := VP9Ref{Temporal: b >> 5, SwitchUp: b&0x10 != 0, N: b >> 2 & 3}
		for j := range ref.N {
			ref.Diffs[j] = r.byte()
		}
		s.Refs[i] = ref
	}
}

// appendVP9Size writes the structure that a sender of one spatial layer needs: its size.
func appendVP9Size(dst []byte, width, height int) []byte {
	dst = append(dst, 0x10)
	dst = binary.BigEndian.AppendUint16(dst, uint16(width))
	return binary.BigEndian.AppendUint16(dst, uint16(height))
}

// reader takes bytes off the front. Past the end it gives zeros and remembers that.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.bad = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) uint16() uint16 { return uint16(r.byte())<<8 | uint16(r.byte()) }

// pictureID reads 7 bits, or 15 if the first bit says so; VP8 and VP9 write it alike.
func (r *reader) pictureID() (id uint16, wide bool) {
	b := r.byte()
	if b&0x80 == 0 {
		return uint16(b), false
	}
	return uint16(b&0x7f)<<8 | uint16(r.byte()), true
}

func appendPictureID(dst []byte, id uint16, wide bool) []byte {
	if wide {
		return append(dst, 0x80|byte(id>>8), byte(id))
	}
	return append(dst, byte(id)&0x7f)
}

func flag(set bool, bit byte) byte {
	if set {
		return bit
	}
	return 0
}
