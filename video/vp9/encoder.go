package vp9

/*
#cgo CFLAGS: -O2
#include "encoder.h"
*/
import "C"

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"parley/video"
)

// The bit rates that an encoder takes, in kbit/s.
const (
	MinKbps = 20
	MaxKbps = 50000
)

// Levels is how many levels of work there are: 0 gives the best picture, Levels-1 is the cheapest.
const Levels = 5

// cpuUsed is libvpx' own setting for each level. In VP8 a negative value is the setting itself, a positive one lets libvpx
// choose by its own clock, which looks at the processor's time and not at what else the machine does.
var cpuUsed = [...][Levels]int{
	video.VP9: {5, 6, 7, 8, 9},
	video.VP8: {-3, -4, -6, -8, -16},
}

// Config says what NewEncoder makes. The size is that of the frames.
type Config struct {
	Codec   video.Codec // default VP9
	Kbps    int         // bit rate, MinKbps to MaxKbps; default 1000
	Layers  int         // temporal layers, 1 to 3; default 3
	Screen  bool        // windows and text, not a camera's picture
	Threads int         // 1 to 16; default 1 up to 1280x720, or to 1920x1080 as long as it gets that done, and else more as there are processors
	Level   int         // 1 to Levels: that level (less one) always; default: chosen by how long frames take

	now func() time.Time // for tests
}

func (c *Config) validate() error {
	for _, n := range []struct {
		name                 string
		v                    *int
		low, high, otherwise int
	}{
		{"bit rate", &c.Kbps, MinKbps, MaxKbps, 1000},
		{"layers", &c.Layers, 1, 3, 3},
		{"threads", &c.Threads, 0, 16, 0},
		{"level", &c.Level, 0, Levels, 0},
	} {
		if *n.v == 0 {
			*n.v = n.otherwise
		}
		if err := inRange(n.name, *n.v, n.low, n.high); err != nil {
			return err
		}
	}
	if c.Codec == 0 {
		c.Codec = video.VP9
	}
	if c.now == nil {
		c.now = time.Now
	}
	return known(c.Codec)
}

func known(c video.Codec) error {
	if c != video.VP9 && c != video.VP8 {
		return fmt.Errorf("%w: codec %d", ErrRange, c)
	}
	return nil
}

func inRange(name string, v, low, high int) error {
	if v < low || v > high {
		return fmt.Errorf("%w: %s %d, not %d to %d", ErrRange, name, v, low, high)
	}
	return nil
}

// Encoder makes a stream of coded pictures. It is not safe for concurrent use. It holds C memory until Close.
//
// With three temporal layers the pictures are of layer 0, 2, 1, 2 and so on, with two 0, 1, anew from each key frame. Each
// is predicted from one before it alone: that of layer 0 from the layer 0 before, the first of layer 2 and that of layer 1
// from that layer 0, the second of layer 2 from that layer 1 (in VP8, from that layer 0, too). So the upper layers can be
// left out from any picture on and taken up again at any, and a lost picture of layer 2 costs itself alone. Pictures of an odd
// width or height are all of layer 0 in VP9.
type Encoder struct {
	cfg           Config
	c             *C.encoder // nil until the first frame
	width, height int
	threads       int
	key, closed   bool
	out           []byte

	speed  speed
	ease   ease // of a screen in VP9
	clock  clock
	excess bucket
	stats  Stats
}

// Stats is what an encoder has done, and what it costs.
type Stats struct {
	Frames, KeyFrames uint64
	LeftOut           uint64        // frames that were not coded, to hold the rate
	Took              time.Duration // the last frame
	Load              float64       // share of the time between frames that coding takes, smoothed: above 0.7 is too much
	CPUUsed, Threads  int           // libvpx' settings now; 0 before the first frame
}

// NewEncoder makes an encoder whose first frame is a key frame.
func NewEncoder(c Config) (*Encoder, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	return &Encoder{cfg: c, key: true, speed: speed{level: -1}, excess: bucket{holds: c.Screen}}, nil
}

// SetBitrate takes effect with the next frame, and needs no key frame.
func (e *Encoder) SetBitrate(kbps int) error {
	if e.closed {
		return ErrClosed
	}
	if err := inRange("bit rate", kbps, MinKbps, MaxKbps); err != nil {
		return err
	}
	if kbps == e.cfg.Kbps {
		return nil
	}
	e.cfg.Kbps = kbps
	if e.c == nil {
		return nil
	}
	return check("bit rate", C.enc_rate(e.c, C.int(kbps)))
}

// KeyFrame makes the next frame one that can be decoded by itself.
func (e *Encoder) KeyFrame() { e.key = true }

// Stats can be asked at any time between frames.
func (e *Encoder) Stats() Stats {
	s := e.stats
	if s.Load, s.Threads = e.speed.load, e.threads; e.c != nil {
		s.CPUUsed = cpuUsed[e.cfg.Codec][e.speed.level]
	}
	return s
}

// Encode codes one frame, of whatever size: when it is another than before, the stream goes on with a key frame of that
// size. The frame is only read, and not kept. Data is the encoder's until the next call; without Data the frame was left
// out, because too much has gone out already, or libvpx made nothing of it.
func (e *Encoder) Encode(f *video.Frame) (video.Encoded, error) {
	if e.closed {
		return video.Encoded{}, ErrClosed
	}
	if err := f.Check(); err != nil {
		return video.Encoded{}, fmt.Errorf("vp9: encode: %w", err)
	}
	if e.c == nil || f.Width != e.width || f.Height != e.height {
		if err := e.open(f.Width, f.Height); err != nil {
			return video.Encoded{}, err
		}
	}
	out := video.Encoded{Width: f.Width, Height: f.Height, Timestamp: f.Timestamp}
	elapsed := e.clock.step(f.Timestamp)
	if !e.excess.room(elapsed, e.cfg.Kbps) {
		e.clock.leaveOut(elapsed)
		e.stats.LeftOut++
		return out, nil
	}
	if err := e.settle(f, e.ease.next(ticks(elapsed))); err != nil {
		return video.Encoded{}, err
	}
	if err := e.encode(f); err != nil {
		return video.Encoded{}, err
	}
	out.Data, out.Key, out.Layer = e.out, e.c.key != 0, int(e.c.layer)
	e.excess.add(len(out.Data))
	if e.eases() {
		fine := e.c.quantizer <= C.SCREEN_MIN_QUANTIZER+coarser
		if err := e.settle(f, e.ease.coded(8*len(out.Data), ticks(elapsed), e.cfg.Kbps, fine, out.Key)); err != nil {
			return video.Encoded{}, err
		}
	}
	return out, e.pace(out.Key)
}

// eases says whether there is another way for pictures that have all the rate they need.
func (e *Encoder) eases() bool { return e.cfg.Screen && e.cfg.Codec == video.VP9 }

// settle takes the way that ease has changed to, after that picture. Before the easy way libvpx is shown the picture once more: whether much
// moves it finds out for screens alone, and would go on to search as if much did.
func (e *Encoder) settle(f *video.Frame, changed bool) error {
	if !changed || !e.eases() {
		return nil
	}
	if e.ease.on {
		e.clock.pts += e.clock.interval
		if err := check("encode", e.frame(f, C.UNKEPT)); err != nil {
			e.discard()
			return err
		}
	}
	return check("content", C.enc_set_content(e.c, 1, flag(e.ease.on)))
}

// frame hands one over to libvpx.
func (e *Encoder) frame(f *video.Frame, flags C.vpx_enc_frame_flags_t) C.int {
	return C.enc_frame(e.c, pointer(f.Y), pointer(f.U), pointer(f.V), C.int(f.YStride), C.int(f.CStride),
		C.longlong(e.clock.pts), C.int(e.clock.interval), flags)
}

func (e *Encoder) encode(f *video.Frame) error {
	flags := C.vpx_enc_frame_flags_t(0)
	if e.key {
		flags = C.VPX_EFLAG_FORCE_KF
	}
	start := e.cfg.now()
	if err := check("encode", e.frame(f, flags)); err != nil {
		e.discard() // it may be in any state
		return err
	}
	e.stats.Took = e.cfg.now().Sub(start)
	e.out = e.out[:0]
	if e.c.size > 0 {
		e.key = false
		e.stats.Frames++
		e.out = append(e.out, unsafe.Slice((*byte)(e.c.data), int(e.c.size))...)
	}
	if e.c.key != 0 {
		e.stats.KeyFrames++
	}
	return nil
}

// pace goes to another level if the frame took too long, or if there is much time left.
func (e *Encoder) pace(key bool) error {
	changed := e.speed.frame(e.stats.Took, e.clock.between(), key)
	if _, most := threadsFor(e.width, e.height, runtime.NumCPU()); e.speed.late >= lateness && e.cfg.Threads == 0 && e.threads < most {
		e.threads = most
		e.discard() // libvpx has been known to go wrong where they change
		return nil
	}
	if !changed {
		return nil
	}
	return check("cpu-used", C.enc_set_cpu(e.c, C.int(cpuUsed[e.cfg.Codec][e.speed.level])))
}

// open makes libvpx' encoder for that size. It is made anew for each: its own way of changing the size has had one hole
// after the other, and a key frame is wanted there in any case.
func (e *Encoder) open(width, height int) error {
	e.discard()
	if e.threads == 0 || width != e.width || height != e.height {
		if e.threads = e.cfg.Threads; e.threads == 0 {
			e.threads, _ = threadsFor(width, height, runtime.NumCPU())
		}
	}
	e.width, e.height = width, height
	best, cheapest := bestLevel(width, height), Levels-1
	if fixed := e.cfg.Level - 1; fixed >= 0 {
		best, cheapest = fixed, fixed
	}
	if e.speed.level < 0 { // the first picture: not too much, as nothing is known of this machine
		e.speed.level = min(best+1, Levels-1)
	}
	e.speed, e.ease = newSpeed(e.speed.level, best, cheapest), newEase()
	layers := e.cfg.Layers
	if e.cfg.Codec == video.VP9 && (width%2 != 0 || height%2 != 0) {
		layers = 1 // with more, libvpx rounds an odd size up, finds that too large, and prints so on standard output: each frame
	}
	code := C.enc_open(&e.c, flag(e.cfg.Codec == video.VP8), C.int(width), C.int(height), C.int(e.cfg.Kbps),
		C.int(cpuUsed[e.cfg.Codec][e.speed.level]), C.int(e.threads), flag(e.cfg.Screen), C.int(layers))
	if err := check("new encoder", code); err != nil {
		e.discard()
		return err
	}
	return nil
}

// discard lets go of libvpx' encoder: the next frame makes another, and is a key frame.
func (e *Encoder) discard() {
	C.enc_close(e.c)
	e.c, e.key = nil, true
}

// Close frees the C memory. Afterwards Encode gives ErrClosed; a second Close does nothing.
func (e *Encoder) Close() {
	e.discard()
	e.closed = true
}

// threadsFor is how many there are at first, and where one level of work after the other has not got pictures done in time. One, up to
// 1920x1080: a second takes a sixth more of the processors. More in the largest pictures.
func threadsFor(width, height, processors int) (first, most int) {
	switch pixels := width * height; {
	case pixels <= 1280*720:
		return 1, 1
	case pixels <= 1920*1080:
		return 1, min(2, processors)
	}
	return min(4, processors), min(4, processors)
}

// bestLevel is where more work would cost much and show little. Measured, VP9: at 320x180 level 0 takes 1.6 times as long
// as level 1 and gains nothing, and that 0.3 dB on level 4; at 1280x720 no level gains 0.2 dB on another, and level 4 takes the
// least.
func bestLevel(width, height int) int {
	switch pixels := width * height; {
	case pixels <= 352*288:
		return 1
	case pixels <= 640*480:
		return 2
	}
	return Levels - 1
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

func pointer(b []byte) *C.uchar { return (*C.uchar)(unsafe.SliceData(b)) }

// check makes an error of libvpx' result.
func check(verb string, code C.int) error {
	if code == C.VPX_CODEC_OK {
		return nil
	}
	return fmt.Errorf("vp9: %s: %s", verb, C.GoString(C.vpx_codec_err_to_string(C.vpx_codec_err_t(code))))
}
