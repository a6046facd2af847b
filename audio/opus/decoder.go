package opus

/*
typedef struct OpusDecoder OpusDecoder;
extern OpusDecoder *opus_decoder_create(int rate, int channels, int *err);
extern int  opus_decode_float(OpusDecoder *, const unsigned char *in, int n, float *pcm, int frame, int fec);
extern int  opus_decoder_ctl(OpusDecoder *, int request, ...);
extern void opus_decoder_destroy(OpusDecoder *);

// cgo can't call variadic functions, hence this.
static int dec_do(OpusDecoder *d, int req) { return opus_decoder_ctl(d, req); }
*/
import "C"

import (
	"unsafe"

	"parley/audio"
)

// Decoder is an audio.Decoder for one mono stream. It is not safe for concurrent use. It holds C memory until Close.
type Decoder struct {
	p        *C.OpusDecoder
	channels int
}

var _ audio.Decoder = (*Decoder)(nil)

// NewDecoder makes a decoder that writes mono float32 samples at 48 kHz, whatever the packets hold.
func NewDecoder() (*Decoder, error) { return makeDecoder(1) }

// makeDecoder makes one that writes so many channels, interleaved, and counts samples of each.
func makeDecoder(channels int) (*Decoder, error) {
	var code C.int
	p := C.opus_decoder_create(audio.SampleRate, C.int(channels), &code)
	if err := check("new decoder", code); err != nil {
		return nil, err
	}
	return &Decoder{p, channels}, nil
}

// Decode implements audio.Decoder.
func (d *Decoder) Decode(packet []byte, pcm []float32) (int, error) {
	if len(packet) == 0 {
		return 0, ErrEmpty // to libopus this would mean Conceal
	}
	return d.decode("decode", packet, pcm, 0)
}

// Recover implements audio.Decoder. A packet without a redundant copy gives concealment and no error, so the packet
// itself is decoded afterwards in any case.
func (d *Decoder) Recover(packet []byte, pcm []float32) (int, error) {
	if len(packet) == 0 {
		return 0, ErrEmpty
	}
	return d.invent("recover", packet, pcm, 1)
}

// Conceal implements audio.Decoder.
func (d *Decoder) Conceal(pcm []float32) (int, error) { return d.invent("conceal", nil, pcm, 0) }

// invent is for sound that has no packet of its own, and so has the length that the caller asks for: a multiple of 2.5 ms.
func (d *Decoder) invent(verb string, packet []byte, pcm []float32, fec C.int) (int, error) {
	if len(pcm)%(unit*d.channels) != 0 || len(pcm) > audio.MaxPacketSamples*d.channels {
		return 0, ErrFrame
	}
	return d.decode(verb, packet, pcm, fec)
}

func (d *Decoder) decode(verb string, packet []byte, pcm []float32, fec C.int) (int, error) {
	if d.p == nil {
		return 0, ErrClosed
	}
	if len(pcm) == 0 {
		return 0, ErrEmpty
	}
	n := C.opus_decode_float(d.p, (*C.uchar)(unsafe.SliceData(packet)), C.int(len(packet)), (*C.float)(unsafe.SliceData(pcm)), C.int(len(pcm)/d.channels), fec)
	if err := check(verb, n); err != nil {
		return 0, err
	}
	bound(pcm[:int(n)*d.channels])
	return int(n), nil
}

// loudest is what a decoder gives out at most. An honest stream overshoots full scale a little; a hostile one makes
// libopus write values of thousands.
const loudest = 2

func bound(pcm []float32) {
	for i, v := range pcm {
		if v != v {
			v = 0
		}
		pcm[i] = min(max(v, -loudest), loudest)
	}
}

// Reset forgets the past, for use when the speaker's stream starts anew.
func (d *Decoder) Reset() error {
	if d.p == nil {
		return ErrClosed
	}
	return check("reset", C.dec_do(d.p, resetState))
}

// Close frees the C memory. Afterwards every method gives ErrClosed; a second Close does nothing.
func (d *Decoder) Close() {
	if d.p != nil {
		C.opus_decoder_destroy(d.p)
		d.p = nil
	}
}
