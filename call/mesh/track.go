package mesh

import (
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"parley/video"
)

// track is a track of ours in whichever codec of its kind is negotiated, the best first; pion's own track has one codec alone, and
// keeps the whole connection from starting where the far end lacks it. It implements webrtc.TrackLocal.
type track struct {
	id, stream string
	kind       webrtc.RTPCodecType
	flow       *flow // of all that goes to the far end
	bound      atomic.Pointer[binding]
}

// binding is what was negotiated for a track.
type binding struct {
	context      string
	codec        video.Codec // of a track of pictures
	ssrc, repair uint32      // repair: of the retransmissions (RFC 4588); 0: there are none
	kind         uint8       // payload types: of the codec,
	rtx, red     uint8       // of its retransmissions, of what holds several packets (RFC 2198); 0: there is none
	writer       webrtc.TrackLocalWriter

	flow   *flow
	wide   []rtp.Extension // it holds number; nil: the far end doesn't answer
	number [2]byte         // transport-wide
}

// newTrack makes one for a place in the layout.
func newTrack(i int, f *flow) *track {
	return &track{id: layout[i].id, stream: layout[i].stream, kind: webrtc.NewRTPCodecType(layout[i].kind), flow: f}
}

// ID is the track's own name in descriptions.
func (t *track) ID() string { return t.id }

// RID is for simulcast, and empty.
func (t *track) RID() string { return "" }

// StreamID names what it belongs to.
func (t *track) StreamID() string { return t.stream }

// Kind is sound or pictures.
func (t *track) Kind() webrtc.RTPCodecType { return t.kind }

// Bind is called by pion with what was negotiated. Where that is no codec of ours for pictures, the track stays mute, and all else goes
// on; a far end without Opus can't be spoken with.
func (t *track) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	b := &binding{context: c.ID(), ssrc: uint32(c.SSRC()), writer: c.WriteStream(), flow: t.flow}
	var chosen webrtc.RTPCodecParameters
	var ok bool
	if t.kind == webrtc.RTPCodecTypeAudio {
		if chosen, b.red, ok = chooseSound(c.CodecParameters()); !ok {
			return chosen, webrtc.ErrUnsupportedCodec
		}
	} else {
		if chosen, b.codec = choose(c.CodecParameters()); b.codec == 0 {
			return webrtc.RTPCodecParameters{RTPCodecCapability: vp9, PayloadType: vp9Type}, nil
		}
		if rtx, ok := repairOf(c.CodecParameters(), chosen.PayloadType); ok {
			b.repair, b.rtx = uint32(c.SSRCRetransmission()), uint8(rtx.PayloadType)
		}
	}
	b.kind = uint8(chosen.PayloadType)
	b.widen(chosen, wideExtension(c.HeaderExtensions(), shortExtension))
	t.bound.Store(b)
	return chosen, nil
}

// Unbind is called by pion when the track goes.
func (t *track) Unbind(c webrtc.TrackLocalContext) error {
	if b := t.bound.Load(); b != nil && b.context == c.ID() {
		t.bound.Store(nil)
	}
	return nil
}

// codec is what was negotiated, or zero.
func (t *track) codec() video.Codec {
	if b := t.bound.Load(); b != nil {
		return b.codec
	}
	return 0
}

// widen has packets numbered, where both ends can do that.
func (b *binding) widen(chosen webrtc.RTPCodecParameters, id uint8) {
	answers := slices.ContainsFunc(chosen.RTCPFeedback, func(f webrtc.RTCPFeedback) bool { return f.Type == wideFeedback })
	var h rtp.Header
	if answers && id != 0 && h.SetExtension(id, b.number[:]) == nil {
		b.wide = h.Extensions
	}
}

// shortExtension is the highest number of a header extension that has room in the short form (RFC 8285, section 4.2), which is the one
// that we write.
const shortExtension = 14

// wideExtension is the number of the header extension for transport-wide numbers, up to most, or 0.
func wideExtension(list []webrtc.RTPHeaderExtensionParameter, most int) uint8 {
	for _, e := range list {
		if e.URI == wideURI && e.ID > 0 && e.ID <= most {
			return uint8(e.ID)
		}
	}
	return 0
}

// write sends a packet: the header's payload type and SSRC are the binding's.
func (b *binding) write(h *rtp.Header, payload []byte) error {
	return b.writeAs(b.kind, b.ssrc, h, payload)
}

func (b *binding) writeAs(kind uint8, ssrc uint32, h *rtp.Header, payload []byte) error {
	h.PayloadType, h.SSRC = kind, ssrc
	if b.flow != nil {
		b.flow.number(b, h, len(payload))
		if b.codec != 0 {
			b.flow.writing.Store(int64(b.flow.now()) + 1)
			defer b.flow.writing.Store(0)
		}
	}
	_, err := b.writer.WriteRTP(h, payload)
	return err
}

// repeat sends a packet once more: its payload follows its number.
func (b *binding) repeat(h *rtp.Header, number uint16, numbered []byte) error {
	if b.repair == 0 || b.rtx == 0 {
		return b.write(h, numbered[2:])
	}
	h.SequenceNumber = number
	return b.writeAs(b.rtx, b.repair, h, numbered)
}

// chooseSound finds Opus, and the payload type of packets that hold several of it, or zero.
func chooseSound(list []webrtc.RTPCodecParameters) (chosen webrtc.RTPCodecParameters, red uint8, ok bool) {
	i := slices.IndexFunc(list, func(c webrtc.RTPCodecParameters) bool { return strings.EqualFold(c.MimeType, webrtc.MimeTypeOpus) })
	if i < 0 {
		return chosen, 0, false
	}
	chosen = list[i]
	kind := strconv.Itoa(int(chosen.PayloadType))
	for _, c := range list {
		// All its blocks are of Opus (RFC 2198, section 5: "111/111").
		others := slices.ContainsFunc(strings.Split(c.SDPFmtpLine, "/"), func(s string) bool { return strings.TrimSpace(s) != kind })
		if strings.EqualFold(c.MimeType, mimeTypeRED) && !others {
			return chosen, uint8(c.PayloadType), true
		}
	}
	return chosen, 0, true
}

// choose finds the codec to code with.
func choose(list []webrtc.RTPCodecParameters) (webrtc.RTPCodecParameters, video.Codec) {
	for _, want := range []video.Codec{video.VP9, video.VP8} {
		for _, c := range list {
			if codecOf(c.RTPCodecCapability) == want {
				return c, want
			}
		}
	}
	return webrtc.RTPCodecParameters{}, 0
}

// codecOf is what a negotiated codec is called here: of VP9 only the profile with 8 bits and 4:2:0 is ours (RFC 9628, section 6.1).
func codecOf(c webrtc.RTPCodecCapability) video.Codec {
	switch {
	case strings.EqualFold(c.MimeType, webrtc.MimeTypeVP8):
		return video.VP8
	case strings.EqualFold(c.MimeType, webrtc.MimeTypeVP9):
		for _, f := range strings.Split(c.SDPFmtpLine, ";") {
			if id, ok := strings.CutPrefix(strings.TrimSpace(f), "profile-id="); ok && id != "0" {
				return 0
			}
		}
		return video.VP9
	}
	return 0
}

// repairOf finds the retransmissions' type for a payload type (RFC 4588, section 8.1).
func repairOf(list []webrtc.RTPCodecParameters, of webrtc.PayloadType) (webrtc.RTPCodecParameters, bool) {
	apt := "apt=" + strconv.Itoa(int(of))
	for _, c := range list {
		if !strings.EqualFold(c.MimeType, webrtc.MimeTypeRTX) {
			continue
		}
		for _, f := range strings.Split(c.SDPFmtpLine, ";") {
			if strings.TrimSpace(f) == apt {
				return c, true
			}
		}
	}
	return webrtc.RTPCodecParameters{}, false
}

// preferOurs puts the codecs of an answer into our order of preference: a browser codes with the first one of it, and offers VP8
// first.
func (p *peer) preferOurs() error {
	for _, t := range p.pc.GetTransceivers() {
		if t.Kind() != webrtc.RTPCodecTypeVideo {
			continue
		}
		list := t.Receiver().GetParameters().Codecs
		if len(list) == 0 || codecOf(list[0].RTPCodecCapability) == video.VP9 {
			continue
		}
		if err := t.SetCodecPreferences(inOrder(list)); err != nil {
			return err
		}
	}
	return nil
}

func inOrder(list []webrtc.RTPCodecParameters) []webrtc.RTPCodecParameters {
	var out []webrtc.RTPCodecParameters
	for _, want := range []video.Codec{video.VP9, video.VP8} {
		for _, c := range list {
			if codecOf(c.RTPCodecCapability) != want {
				continue
			}
			out = append(out, c)
			if rtx, ok := repairOf(list, c.PayloadType); ok {
				out = append(out, rtx)
			}
		}
	}
	return out
}
