package opus

import (
	"errors"
	"time"

	"parley/audio"
)

// StereoEncoder is an audio.StereoEncoder: an Encoder of one channel, which is used as it would be alone; one for Tuning.LowDelay; and
// one of two channels, which is tuned for music and makes no forward error correction. It is not safe for concurrent use. It holds C
// memory until Close.
//
// Where one takes over from the other, it begins anew and first encodes the packet before once more, for nobody: what it looks back
// at is then the sound that goes on, and its first packet overlaps with what was heard. In the worst 10 ms after a change what both
// channels have is 10 dB above the error, against 40 in the middle of a tone.
type StereoEncoder struct {
	mono, soon, wide *Encoder
	low              bool // one channel is encoded by soon
	two              bool // packets of two channels are what is tuned for

	last      *Encoder  // of the last packet
	pairs     []float32 // the packet in hand, interleaved
	mid, side []float32 // the last packet; empty: there is none to go on from
	none      []float32 // a silent side
	scrap     []byte
}

var _ audio.StereoEncoder = (*StereoEncoder)(nil)

// NewStereoEncoder makes all three encoders.
func NewStereoEncoder(t audio.Tuning) (*StereoEncoder, error) {
	mono, err := NewEncoder(Config{Tuning: t})
	if err != nil {
		return nil, err
	}
	soon, err := NewEncoder(Config{Application: LowDelay, Tuning: t})
	if err != nil {
		mono.Close()
		return nil, err
	}
	wide, err := NewEncoder(Config{Channels: 2, Tuning: t})
	if err != nil {
		mono.Close()
		soon.Close()
		return nil, err
	}
	e := &StereoEncoder{
		mono: mono, soon: soon, wide: wide, last: mono,
		pairs: make([]float32, 2*maxFrame), scrap: make([]byte, audio.MaxPacket),
		mid: make([]float32, 0, maxFrame), side: make([]float32, 0, maxFrame), none: make([]float32, maxFrame),
	}
	if t == (audio.Tuning{}) {
		t = defaultTuning
	}
	if err := errors.Join(wide.set(setSignal, signalMusic), e.Tune(t)); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

const (
	maxFrame = 24 * unit // that is encoded: 60 ms
	silence  = 2         // bytes up to which a packet holds none (RFC 6716, section 2.1.9)
	// stereoBit of a packet's first byte says that it has two channels (RFC 6716, section 3.1).
	stereoBit = 4
)

// Tune implements audio.Encoder.
func (e *StereoEncoder) Tune(t audio.Tuning) error {
	if err := e.mono.Tune(t); err != nil {
		return err
	}
	e.low, e.two = t.LowDelay, t.Stereo
	t.FEC, t.LossPercent = false, 0
	return errors.Join(e.soon.Tune(t), e.wide.Tune(t))
}

// Lookahead is that of packets of as many channels as Tune was told last.
func (e *StereoEncoder) Lookahead() (time.Duration, error) {
	if e.two {
		return e.wide.Lookahead()
	}
	return e.one().Lookahead()
}

// one encodes one channel.
func (e *StereoEncoder) one() *Encoder {
	if e.low {
		return e.soon
	}
	return e.mono
}

// Reset forgets the past.
func (e *StereoEncoder) Reset() error {
	e.forget()
	return errors.Join(e.mono.Reset(), e.soon.Reset(), e.wide.Reset())
}

func (e *StereoEncoder) forget() {
	for _, x := range [][]float32{e.mid[:cap(e.mid)], e.side[:cap(e.side)], e.pairs} {
		clear(x) // it is what somebody has said
	}
	e.mid, e.side = e.mid[:0], e.side[:0]
}

// Encode implements audio.Encoder: it fills out with a packet of one channel.
func (e *StereoEncoder) Encode(pcm []float32, out []byte) ([]byte, error) {
	if len(pcm) > maxFrame {
		return nil, ErrFrame
	}
	return e.encode(pcm, e.none[:len(pcm)], e.one(), out)
}

// EncodeStereo implements audio.StereoEncoder.
func (e *StereoEncoder) EncodeStereo(mid, side []float32, out []byte) ([]byte, error) {
	if len(mid) > maxFrame || len(side) != len(mid) {
		return nil, ErrFrame
	}
	return e.encode(mid, side, e.wide, out)
}

func (e *StereoEncoder) encode(mid, side []float32, by *Encoder, out []byte) ([]byte, error) {
	if e.last != by {
		e.last = by
		if err := e.prepare(); err != nil {
			return nil, err
		}
	}
	packet, err := by.Encode(e.samples(mid, side), out)
	e.mid, e.side = append(e.mid[:0], mid...), append(e.side[:0], side...)
	return packet, err
}

// prepare makes the encoder that takes over ready for its first packet.
func (e *StereoEncoder) prepare() error {
	if err := e.last.Reset(); err != nil || len(e.mid) == 0 {
		return err
	}
	_, err := e.last.Encode(e.samples(e.mid, e.side), e.scrap)
	return err
}

// samples is a packet's as the encoder in use takes them.
func (e *StereoEncoder) samples(mid, side []float32) []float32 {
	if e.last != e.wide {
		return mid
	}
	for i, m := range mid {
		e.pairs[2*i], e.pairs[2*i+1] = m+side[i], m-side[i]
	}
	return e.pairs[:2*len(mid)]
}

// Close frees the C memory. Afterwards every method gives ErrClosed; a second Close does nothing.
func (e *StereoEncoder) Close() {
	e.mono.Close()
	e.soon.Close()
	e.wide.Close()
}

// StereoDecoder is an audio.StereoDecoder. Until the first packet of two channels comes it is a Decoder of one, and costs as much; from
// then on it decodes all in two, so that libopus sees to the changes. It is not safe for concurrent use. It holds C memory until
// Close.
type StereoDecoder struct {
	mono, wide *Decoder
	stereo     bool
	pairs      []float32
	side       []float32 // in pairs' memory
}

var _ audio.StereoDecoder = (*StereoDecoder)(nil)

// NewStereoDecoder makes both decoders.
func NewStereoDecoder() (*StereoDecoder, error) {
	mono, err := makeDecoder(1)
	if err != nil {
		return nil, err
	}
	wide, err := makeDecoder(2)
	if err != nil {
		mono.Close()
		return nil, err
	}
	return &StereoDecoder{mono: mono, wide: wide, pairs: make([]float32, 2*audio.MaxPacketSamples)}, nil
}

// Decode implements audio.Decoder.
func (d *StereoDecoder) Decode(packet []byte, pcm []float32) (int, error) {
	if !d.stereo && len(packet) > silence && packet[0]&stereoBit != 0 {
		return d.takeOver(packet, pcm)
	}
	if !d.stereo {
		return d.mono.Decode(packet, pcm)
	}
	n, err := d.wide.Decode(packet, d.room(pcm))
	return d.split(n, pcm), err
}

// Recover implements audio.Decoder.
func (d *StereoDecoder) Recover(packet []byte, pcm []float32) (int, error) {
	if !d.stereo {
		return d.mono.Recover(packet, pcm)
	}
	n, err := d.wide.Recover(packet, d.room(pcm))
	return d.split(n, pcm), err
}

// Conceal implements audio.Decoder.
func (d *StereoDecoder) Conceal(pcm []float32) (int, error) {
	if !d.stereo {
		return d.mono.Conceal(pcm)
	}
	n, err := d.wide.Conceal(d.room(pcm))
	return d.split(n, pcm), err
}

// Side implements audio.StereoDecoder.
func (d *StereoDecoder) Side() []float32 { return d.side }

// takeOver decodes the first packet of two channels. The decoder that does it knows nothing of what was before, which overlaps with
// it. So the other one decodes it, too, and in the second half one is faded into the other.
func (d *StereoDecoder) takeOver(packet []byte, pcm []float32) (int, error) {
	n, err := d.wide.Decode(packet, d.room(pcm))
	if err == nil {
		n, err = d.mono.Decode(packet, pcm[:min(n, len(pcm))])
	}
	if err != nil {
		return 0, errors.Join(err, d.wide.Reset())
	}
	d.stereo = true
	half, faded := n/2, float32(0)
	for i := range n {
		if i >= half {
			faded += 1 / float32(n-half)
		}
		left, right := d.pairs[2*i]*faded, d.pairs[2*i+1]*faded
		pcm[i] += (left+right)/2 - pcm[i]*faded
		d.pairs[i] = (left - right) / 2
	}
	d.side = d.pairs[:n]
	return n, nil
}

// room is for as many pairs as pcm has room for samples.
func (d *StereoDecoder) room(pcm []float32) []float32 {
	d.side = nil
	return d.pairs[:2*min(len(pcm), audio.MaxPacketSamples)]
}

// inaudible is the largest sample of a side that counts as none, -120 dBFS: after packets of two channels those of one come out of
// libopus with a difference that fades away.
const inaudible = 1e-6

// split takes n pairs apart.
func (d *StereoDecoder) split(n int, pcm []float32) int {
	heard := false
	for i := range n {
		left, right := d.pairs[2*i], d.pairs[2*i+1]
		side := (left - right) / 2
		pcm[i], d.pairs[i] = (left+right)/2, side
		heard = heard || side > inaudible || side < -inaudible
	}
	if heard {
		d.side = d.pairs[:n]
	}
	return n
}

// Reset forgets the past, for use when the speaker's stream starts anew.
func (d *StereoDecoder) Reset() error {
	d.stereo, d.side = false, nil
	return errors.Join(d.mono.Reset(), d.wide.Reset())
}

// Close frees the C memory. Afterwards every method gives ErrClosed; a second Close does nothing.
func (d *StereoDecoder) Close() {
	d.mono.Close()
	d.wide.Close()
}
