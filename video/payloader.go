package video

import (
	"errors"
	"fmt"
)

// MaxPayload is the most bytes of a packet's payload, descriptor included. With RTP's header and 28 bytes of extensions
// the packet has 1200, which passes every link that is met, with SRTP's tag and a relay's header too.
const MaxPayload = 1200 - 12 - 28

// Payloader cuts coded pictures into the payloads of RTP packets. It writes who needs whom: a picture of the base layer
// needs the one before in that layer, one of a higher layer the last one of any lower layer. Encoders here keep to that:
//
//	layer 2:    2a      2b
//	           /       /         0-2-1-2, as libvpx's mode 0212
//	layer 1:  /       1
//	         /       /
//	layer 0: 0 ─────────────► 0
//
// VP9 says it in flexible mode, by differences of picture ids, which stay true when a picture is left out on the way; VP8
// by TL0PICIDX, TID and the sync bit, which can't say that 2b does without 2a. Not safe for concurrent use.
type Payloader struct {
	codec  Codec
	layers int
	id     uint16 // of the next picture, 15 bits
	tl0    uint8
	last   [maxLayers]uint16 // id of the last picture of each layer
	seen   [maxLayers]bool   // since the last key picture
	buf    []byte
	out    [][]byte
}

const maxLayers = 4

// NewPayloader makes one for pictures in that many temporal layers, 1 to 4. Picture ids count from first, which
// should be random (RFC 9628 section 4.2).
func NewPayloader(codec Codec, layers int, first uint16) (*Payloader, error) {
	if codec != VP9 && codec != VP8 || layers < 1 || layers > maxLayers {
		return nil, fmt.Errorf("video: no payloads of %v in %d layers", codec, layers)
	}
	return &Payloader{codec: codec, layers: layers, id: first & 0x7fff}, nil
}

// Payloads returns the payloads of one picture, each of at most MaxPayload bytes; the last one's packet has the marker.
// They and the list are good until the next call. One without data, which the encoder left out, has none. A picture that
// is passed in and then not sent is a lost one: only those of the highest layer sent can be done without.
func (p *Payloader) Payloads(e *Encoded) ([][]byte, error) {
	if len(e.Data) == 0 {
		return nil, nil
	}
	if e.Layer < 0 || e.Layer >= p.layers {
		return nil, fmt.Errorf("video: a picture in layer %d of %d", e.Layer, p.layers)
	}
	if e.Key && e.Layer > 0 {
		return nil, errors.New("video: a key picture above the base layer")
	}
	var need uint16
	if !e.Key {
		layer, ok := p.needs(e.Layer)
		if need = p.last[max(layer, 0)]; !ok || (p.id-need)&0x7fff > 127 {
			return nil, errors.New("video: a picture with nothing before that it could need")
		}
	}
	if e.Layer == 0 {
		p.tl0++
	}
	if p.codec == VP9 {
		p.vp9(e, need)
	} else {
		p.vp8(e, need)
	}
	if e.Key {
		clear(p.seen[:])
	}
	p.last[e.Layer], p.seen[e.Layer] = p.id, true
	p.id = (p.id + 1) & 0x7fff
	return p.out, nil
}

// needs finds the layer of the picture that one of the given layer is made from.
func (p *Payloader) needs(layer int) (int, bool) {
	if layer == 0 {
		return 0, p.seen[0]
	}
	best, found := 0, false
	for l := range layer {
		if p.seen[l] && (!found || (p.id-p.last[l])&0x7fff < (p.id-p.last[best])&0x7fff) {
			best, found = l, true
		}
	}
	return best, found
}

func (p *Payloader) vp9(e *Encoded, need uint16) {
	h := VP9Header{
		HasPictureID: true, Wide: true, PictureID: p.id, Flexible: true, Inter: !e.Key,
		HasLayers: p.layers > 1, Temporal: uint8(e.Layer), SwitchUp: true,
	}
	if h.Inter {
		h.Refs[0], h.NRefs = uint8((p.id-need)&0x7fff), 1
	}
	var size [5]byte
	p.split(e.Data, 9, func(dst []byte, first, last bool) []byte {
		h.Begin, h.End, h.Structure = first, last, nil
		if first && e.Key {
			h.Structure = appendVP9Size(size[:0], e.Width, e.Height)
		}
		return h.AppendTo(dst)
	})
}

func (p *Payloader) vp8(e *Encoded, need uint16) {
	h := VP8Header{HasPictureID: true, Wide: true, PictureID: p.id}
	if p.layers > 1 {
		h.HasLayers, h.HasTL0, h.TL0 = true, true, p.tl0
		h.Temporal, h.Sync = uint8(e.Layer), e.Layer > 0 && need == p.last[0]
	}
	p.split(e.Data, 6, func(dst []byte, first, _ bool) []byte {
		h.Begin = first
		return h.AppendTo(dst)
	})
}

// split fills out with parts of nearly equal size, each behind a header of at most overhead bytes: a short last packet
// would cost as much as a long one.
func (p *Payloader) split(data []byte, overhead int, header func(dst []byte, first, last bool) []byte) {
	room := MaxPayload - overhead
	n := (len(data) + room - 1) / room
	if need := len(data) + n*overhead; cap(p.buf) < need {
		p.buf = make([]byte, 0, need+need/4)
	}
	p.buf, p.out = p.buf[:0], p.out[:0]
	for i := range n {
		part := (len(data) + n - i - 1) / (n - i)
		begin := len(p.buf)
		p.buf = header(p.buf, i == 0, i == n-1)
		p.buf = append(p.buf, data[:part]...)
		p.out = append(p.out, p.buf[begin:len(p.buf):len(p.buf)])
		data = data[part:]
	}
}
