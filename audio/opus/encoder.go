package opus

/*
typedef struct OpusEncoder OpusEncoder;
extern OpusEncoder *opus_encoder_create(int rate, int channels, int application, int *err);
extern int  opus_encode_float(OpusEncoder *, const float *pcm, int frame, unsigned char *out, int max);
extern int  opus_encoder_ctl(OpusEncoder *, int request, ...);
extern void opus_encoder_destroy(OpusEncoder *);

// cgo can't call variadic functions, hence these.
static int enc_set(OpusEncoder *e, int req, int v)  { return opus_encoder_ctl(e, req, v); }
static int enc_get(OpusEncoder *e, int req, int *v) { return opus_encoder_ctl(e, req, v); }
static int enc_do (OpusEncoder *e, int req)         { return opus_encoder_ctl(e, req); }
*/
import "C"

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"parley/audio"
)

// Application chooses what an encoder is tuned for. The values are libopus' own, but for the zero value.
type Application int

// What an encoder can be tuned for.
const (
	// Audio keeps the waveform and sounds as good as VoIP: what Parley uses, and what the zero value means.
	Audio Application = 2049
	// VoIP filters low sounds away, which turns the phase: no waveform measure works on it.
	VoIP Application = 2048
	// LowDelay has 2.5 ms of lookahead in the place of 6.5, and never any forward error correction.
	LowDelay Application = 2051
)

// The requests of opus_defines.h that are used here.
const (
	setBitrate     = 4002
	setComplexity  = 4010
	setInbandFEC   = 4012
	setLossPercent = 4014
	setDTX         = 4016
	setSignal      = 4024
	getLookahead   = 4027
	resetState     = 4028

	signalVoice = 3001
	signalMusic = 3002
)

// defaultTuning is what an encoder starts with where Config says nothing.
var defaultTuning = audio.Tuning{Bitrate: 64000, Complexity: 9, FEC: true}

// Config says what NewEncoder makes.
type Config struct {
	Channels    int          // 1 (the default) or 2, interleaved
	Application Application  // default Audio
	Tuning      audio.Tuning // what it starts with; all zero: 64 kbit/s, complexity 9, FEC on at no loss, no DTX
}

func (c *Config) validate() error {
	if c.Channels == 0 {
		c.Channels = 1
	}
	if c.Application == 0 {
		c.Application = Audio
	}
	if c.Tuning == (audio.Tuning{}) {
		c.Tuning = defaultTuning
	}
	if c.Application != Audio && c.Application != VoIP && c.Application != LowDelay {
		return fmt.Errorf("%w: application %d", ErrRange, c.Application)
	}
	return inRange("channels", c.Channels, 1, 2)
}

// Encoder is an audio.Encoder. It is not safe for concurrent use. It holds C memory until Close.
type Encoder struct {
	p        *C.OpusEncoder
	channels int
}

var _ audio.Encoder = (*Encoder)(nil)

// NewEncoder makes an encoder of 48 kHz float32 samples, told that they hold a voice: without that hint libopus makes
// frames that can carry no forward error correction.
func NewEncoder(c Config) (*Encoder, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	var code C.int
	p := C.opus_encoder_create(audio.SampleRate, C.int(c.Channels), C.int(c.Application), &code)
	if err := check("new encoder", code); err != nil {
		return nil, err
	}
	e := &Encoder{p, c.Channels}
	if err := errors.Join(e.set(setSignal, signalVoice), e.Tune(c.Tuning)); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// Tune implements audio.Encoder: bit rate 8000 to 192000 bit/s, complexity 0 to 10, loss 0 to 100 %. What is out of range
// is refused as a whole and changes nothing.
func (e *Encoder) Tune(t audio.Tuning) error {
	err := errors.Join(
		inRange("bit rate", t.Bitrate, 8000, 192000),
		inRange("complexity", t.Complexity, 0, 10),
		inRange("loss percent", t.LossPercent, 0, 100))
	if err != nil {
		return err
	}
	return errors.Join(
		e.set(setBitrate, t.Bitrate),
		e.set(setComplexity, t.Complexity),
		e.set(setLossPercent, t.LossPercent),
		e.set(setInbandFEC, truth(t.FEC)),
		e.set(setDTX, truth(t.DTX)))
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Lookahead is the delay that the encoder adds to the length of its frame.
func (e *Encoder) Lookahead() (time.Duration, error) {
	if e.p == nil {
		return 0, ErrClosed
	}
	var v C.int
	err := check("lookahead", C.enc_get(e.p, getLookahead, &v))
	return time.Duration(v) * time.Second / audio.SampleRate, err
}

// Reset forgets the past, for use after a long mute.
func (e *Encoder) Reset() error {
	if e.p == nil {
		return ErrClosed
	}
	return check("reset", C.enc_do(e.p, resetState))
}

func (e *Encoder) set(request, v int) error {
	if e.p == nil {
		return ErrClosed
	}
	return check("set", C.enc_set(e.p, C.int(request), C.int(v)))
}

// Encode implements audio.Encoder: it fills out with one packet for a frame of 2.5, 5, 10, 20, 40 or 60 ms and returns
// the used part of it. A packet of at most two bytes means silence that needn't be sent (DTX).
func (e *Encoder) Encode(pcm []float32, out []byte) ([]byte, error) {
	if e.p == nil {
		return nil, ErrClosed
	}
	if len(out) == 0 {
		return nil, ErrEmpty
	}
	per := len(pcm) / e.channels
	if per == 0 || len(pcm)%(unit*e.channels) != 0 || per > 24*unit {
		return nil, ErrFrame
	}
	n := C.opus_encode_float(e.p, (*C.float)(unsafe.SliceData(pcm)), C.int(per), (*C.uchar)(unsafe.SliceData(out)), C.int(len(out)))
	if err := check("encode", n); err != nil {
		return nil, err
	}
	return out[:n], nil
}

// Close frees the C memory. Afterwards every method gives ErrClosed; a second Close does nothing.
func (e *Encoder) Close() {
	if e.p != nil {
		C.opus_encoder_destroy(e.p)
		e.p = nil
	}
}
