package video

// VP8Header is the payload descriptor that begins every RTP packet of VP8 (RFC 7741 section 4.2).
type VP8Header struct {
	NonReference bool  // N: no picture needs this one
	Begin        bool  // S: first packet of a partition
	Partition    uint8 // PID, 0 ... 7

	HasPictureID bool   // I
	PictureID    uint16 // 15 bits if Wide, else 7
	Wide         bool   // M
	HasTL0       bool   // L; stands only beside T
	TL0          uint8  // counts the pictures of the base layer
	HasLayers    bool   // T
	Temporal     uint8  // TID, 0 ... 3
	Sync         bool   // Y: needs nothing but the base layer
	HasKeyIndex  bool   // K
	KeyIndex     uint8  // 5 bits
}

// Unmarshal reads the descriptor and returns its length. The frame's bytes follow it.
func (h *VP8Header) Unmarshal(payload []byte) (int, error) {
	r := reader{rest: payload}
	bits := r.byte()
	*h = VP8Header{NonReference: bits&0x20 != 0, Begin: bits&0x10 != 0, Partition: bits & 7}
	if bits&0x80 != 0 { // X
		extended := r.byte()
		h.HasPictureID, h.HasTL0 = extended&0x80 != 0, extended&0x40 != 0
		h.HasLayers, h.HasKeyIndex = extended&0x20 != 0, extended&0x10 != 0
		if h.HasPictureID {
			h.PictureID, h.Wide = r.pictureID()
		}
		if h.HasTL0 {
			h.TL0 = r.byte()
		}
		if h.HasLayers || h.HasKeyIndex { // they share a byte
			b := r.byte()
			h.Temporal, h.Sync, h.KeyIndex = b>>6, b&0x20 != 0, b&0x1f
		}
	}
	if r.bad || h.HasTL0 && !h.HasLayers {
		return 0, ErrDescriptor
	}
	return len(payload) - len(r.rest), nil
}

// AppendTo writes the descriptor behind what is in dst.
func (h *VP8Header) AppendTo(dst []byte) []byte {
	extended := flag(h.HasPictureID, 0x80) | flag(h.HasTL0, 0x40) | flag(h.HasLayers, 0x20) | flag(h.HasKeyIndex, 0x10)
	dst = append(dst, flag(extended != 0, 0x80)|flag(h.NonReference, 0x20)|flag(h.Begin, 0x10)|h.Partition&7)
	if extended == 0 {
		return dst
	}
	dst = append(dst, extended)
	if h.HasPictureID {
		dst = appendPictureID(dst, h.PictureID, h.Wide)
	}
	if h.HasTL0 {
		dst = append(dst, h.TL0)
	}
	if h.HasLayers || h.HasKeyIndex {
		dst = append(dst, h.Temporal<<6|flag(h.Sync, 0x20)|h.KeyIndex&0x1f)
	}
	return dst
}
