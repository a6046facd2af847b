package video

// info is what the assembler wants to know of a packet, whichever the codec.
type info struct {
	begin bool // first packet of a picture
	key   bool // of a picture that needs no other; known in its first packet

	id     int32 // picture id, or -1
	wide   bool  // it has 15 bits, else 7
	layer  uint8
	tl0    int16 // the base layer's count, or -1
	sync   bool  // needs nothing but the base layer
	refs   [3]uint8
	nrefs  uint8
	listed bool // refs are all that it needs

	structure bool // the packet brings a pattern
}

// read takes a payload's descriptor apart and returns its length.
func (i *info) read(codec Codec, payload []byte) (int, error) {
	if codec == VP8 {
		return i.vp8(payload)
	}
	return i.vp9(payload)
}

// BaseLayer says whether a packet is of a picture that all later ones need.
func BaseLayer(codec Codec, payload []byte) bool {
	var i info
	_, err := i.read(codec, payload)
	return err == nil && i.layer == 0
}

func (i *info) vp9(payload []byte) (int, error) {
	var h VP9Header
	n, err := h.Unmarshal(payload)
	if err != nil || n == len(payload) {
		return 0, ErrDescriptor
	}
	*i = info{
		begin: h.Begin && h.Spatial == 0, id: -1, wide: h.Wide, layer: h.Temporal, tl0: -1,
		refs: h.Refs, nrefs: uint8(h.NRefs), listed: h.Flexible, structure: h.Structure != nil,
	}
	// The bitstream has the last word: a picture may need no other and yet leave old ones in the decoder. It begins with a
	// marker of two bits, two of profile (0 here), "shows an old one", "no key picture" (VP9 specification, section 6.2).
	i.key = i.begin && !h.Inter && payload[n]&0xfc == 0x80
	if h.HasPictureID {
		i.id = int32(h.PictureID)
	}
	if h.HasLayers && !h.Flexible {
		i.tl0 = int16(h.TL0)
	}
	return n, nil
}

func (i *info) vp8(payload []byte) (int, error) {
	var h VP8Header
	n, err := h.Unmarshal(payload)
	if err != nil || n == len(payload) {
		return 0, ErrDescriptor
	}
	*i = info{begin: h.Begin && h.Partition == 0, id: -1, wide: h.Wide, layer: h.Temporal, tl0: -1, sync: h.Sync}
	i.key = i.begin && payload[n]&1 == 0 // RFC 6386 section 9.1
	if h.HasPictureID {
		i.id = int32(h.PictureID)
	}
	if h.HasTL0 {
		i.tl0 = int16(h.TL0)
	}
	return n, nil
}

// beginsKey says whether a key picture begins here.
func (p *packet) beginsKey() bool { return p.place == stored && p.info.begin && p.info.key }

// remembered is how many pictures back a reference may lie: more than any descriptor can say.
const remembered = 256

// references knows which pictures were handed out since the last key picture.
type references struct {
	last  int64             // id of the last, widened
	ids   [remembered]int64 // by id; 0 is none, as ids are widened from far above
	tl0   int16             // the base layer's count, -1 if unknown
	base  int64             // id of the base layer's last picture
	group *VP9Structure     // the pattern, or nil
	phase int64             // id of the picture that began it
}

// widen finds the id nearest to the last one.
func (r *references) widen(i *info) int64 {
	if r.last == 0 {
		return 1<<32 + int64(i.id)
	}
	if i.wide {
		return r.last + int64(int16((uint16(i.id)-uint16(r.last))<<1)>>1)
	}
	return r.last + int64(int8((uint8(i.id)-uint8(r.last))<<1)>>1)
}

func (r *references) has(id int64) bool { return r.ids[uint64(id)%remembered] == id }

// hold says whether all that a picture needs was handed out.
func (r *references) hold(i *info) bool {
	id := r.widen(i)
	switch {
	case i.listed:
		return r.all(id, i.refs[:i.nrefs])
	case i.tl0 < 0 && r.group == nil:
		return r.has(id - 1)
	case i.tl0 >= 0 && i.layer == 0:
		return r.tl0 >= 0 && uint8(i.tl0) == uint8(r.tl0)+1
	case i.tl0 >= 0 && i.tl0 != r.tl0:
		return false
	case i.sync:
		return true
	}
	if g := r.group; g != nil && id >= r.phase {
		if ref := &g.Refs[(id-r.phase)%int64(g.Group)]; ref.Temporal == i.layer {
			return r.all(id, ref.Diffs[:ref.N])
		}
	}
	// Nobody says what it needs: all since the base layer's last.
	for q := id - 1; q > r.base; q-- {
		if !r.has(q) {
			return false
		}
	}
	return true
}

func (r *references) all(id int64, diffs []uint8) bool {
	for _, d := range diffs {
		if !r.has(id - int64(d)) {
			return false
		}
	}
	return true
}

// add notes that the picture that begins with this packet was handed out.
func (r *references) add(p *packet) {
	i := &p.info
	if i.id < 0 {
		return
	}
	id := r.widen(i)
	if i.key {
		*r = references{tl0: -1, group: r.group}
	}
	r.last = id
	r.ids[uint64(id)%remembered] = id
	if i.layer == 0 {
		r.base, r.tl0 = id, i.tl0
	}
	if i.structure {
		r.pattern(p.data, id)
	}
}

// pattern reads the structure that a packet brought.
func (r *references) pattern(payload []byte, id int64) {
	r.group = nil
	var h VP9Header
	if _, err := h.Unmarshal(payload); err != nil {
		return
	}
	if s, err := ParseVP9Structure(h.Structure); err == nil && s.Group > 0 && !h.Flexible {
		r.group, r.phase = &s, id
	}
}
