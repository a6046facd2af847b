// Package video holds what pictures are made of on their way between a camera, a codec, RTP and a tile: frames with
// owners, a slot where the newest one wins, payload descriptors of VP9 and VP8, the payloader and the assembler, and
// files of pictures; and the two pipelines that are made of them:
//
//	camera ─► Feed ─► Slot ─► Sender: encode ─► payloads ─► Emit      (and a Slot for the picture of oneself)
//	packets ─► Receiver: assemble ─► decode ─► held until due ─► Slot
//
// It opens no device and knows no network: sources, codecs and packets come in through interfaces and functions. Nothing but
// Feed, Sender and Receiver has goroutines or looks at a clock.
package video

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// The largest picture that is made, sent or accepted. A stream that claims more is refused before memory is taken for it.
const (
	MaxWidth  = 4096
	MaxHeight = 2304
)

// ClockRate is how many RTP timestamps a second of video has (RFC 9628 section 4.1, RFC 7741 section 4.1).
const ClockRate = 90000

// ErrSize is returned for a picture that is empty or larger than MaxWidth x MaxHeight.
var ErrSize = errors.New("video: picture of a size that is not allowed")

// CheckSize says whether a picture may have that size; the error wraps ErrSize.
func CheckSize(width, height int) error {
	if width < 1 || height < 1 || width > MaxWidth || height > MaxHeight {
		return fmt.Errorf("%w: %dx%d", ErrSize, width, height)
	}
	return nil
}

// Frame is one picture in I420: full luma, and chroma halved both ways and rounded up.
//
// Owners. A frame from a Pool starts with one reference, which belongs to who got it. Handing a frame over hands its
// reference over; who wants to keep it besides retains it first. With the last release its memory goes back to the pool
// and may change at once. Who shares a frame may only read it. A frame made as a literal, around memory of a driver or a
// codec, has no owner: Retain and Release do nothing, and the memory is the maker's, so it is copied to be kept.
type Frame struct {
	Y, U, V          []byte // rows of YStride, CStride and CStride bytes; the last row may be short
	YStride, CStride int
	Width, Height    int // pixels, odd ones too

	Timestamp uint32    // RTP's clock, 90 kHz
	Captured  time.Time // when the light fell in; zero if nobody knows

	pool *Pool
	refs atomic.Int32
	buf  []byte
}

// ChromaSize is the size of the planes U and V.
func (f *Frame) ChromaSize() (width, height int) { return (f.Width + 1) / 2, (f.Height + 1) / 2 }

// Check says whether the planes hold a picture of the size that the frame claims.
func (f *Frame) Check() error {
	if err := CheckSize(f.Width, f.Height); err != nil {
		return err
	}
	return f.CheckPlanes()
}

// CheckPlanes is Check for a picture that may be larger than MaxWidth x MaxHeight.
func (f *Frame) CheckPlanes() error {
	cw, ch := f.ChromaSize()
	if f.Width < 1 || f.Height < 1 || f.YStride < f.Width || f.CStride < cw || !holds(f.Y, f.YStride, f.Width, f.Height) ||
		!holds(f.U, f.CStride, cw, ch) || !holds(f.V, f.CStride, cw, ch) {
		return fmt.Errorf("video: planes of %d, %d and %d bytes with strides %d and %d hold no %dx%d picture",
			len(f.Y), len(f.U), len(f.V), f.YStride, f.CStride, f.Width, f.Height)
	}
	return nil
}

func holds(plane []byte, stride, width, height int) bool {
	if height > 1 && stride > len(plane)/(height-1) {
		return false // before it overflows
	}
	return len(plane) >= stride*(height-1)+width
}

// CopyFrom takes over the picture and the times of another frame of the same size.
func (f *Frame) CopyFrom(src *Frame) {
	cw, ch := f.ChromaSize()
	copyPlane(f.Y, f.YStride, src.Y, src.YStride, f.Width, f.Height)
	copyPlane(f.U, f.CStride, src.U, src.CStride, cw, ch)
	copyPlane(f.V, f.CStride, src.V, src.CStride, cw, ch)
	f.Timestamp, f.Captured = src.Timestamp, src.Captured
}

func copyPlane(dst []byte, dstStride int, src []byte, srcStride, width, height int) {
	for y := range height {
		copy(dst[y*dstStride:][:width], src[y*srcStride:])
	}
}

// Retain adds a reference and returns the frame. Only who holds one may.
func (f *Frame) Retain() *Frame {
	if f.pool != nil && f.refs.Add(1) < 2 {
		panic("video: a released frame retained")
	}
	return f
}

// Release gives a reference back. A nil frame is fine; more releases than references are a bug, and panic.
func (f *Frame) Release() {
	if f == nil || f.pool == nil {
		return
	}
	switch n := f.refs.Add(-1); {
	case n == 0:
		f.pool.put(f)
	case n < 0:
		panic("video: a frame released twice")
	}
}

// poolKeeps is how many frames a pool holds for the next: one being made, one in a slot, one being looked at, one spare.
const poolKeeps = 4

// Pool lends frames and takes them back, so that a steady stream of pictures allocates nothing. The zero Pool is ready.
// A frame that never comes back is the garbage collector's: leaking one costs memory for a while, not the picture.
// It is safe for concurrent use.
type Pool struct {
	mu   sync.Mutex
	free []*Frame
}

// Get lends a frame of that size with what an earlier picture left in it. The caller releases it.
func (p *Pool) Get(width, height int) (*Frame, error) {
	if err := CheckSize(width, height); err != nil {
		return nil, err
	}
	// Rows start at a multiple of 32 bytes, in luma of 64, as vector code likes it.
	stride := (width + 63) &^ 63
	luma, chroma := stride*height, stride/2*((height+1)/2)
	f := p.take(luma + 2*chroma)
	f.Width, f.Height, f.YStride, f.CStride = width, height, stride, stride/2
	f.Y = f.buf[:luma:luma]
	f.U = f.buf[luma : luma+chroma : luma+chroma]
	f.V = f.buf[luma+chroma : luma+2*chroma : luma+2*chroma]
	f.Timestamp, f.Captured = 0, time.Time{}
	f.refs.Store(1)
	return f, nil
}

// take finds a free frame with memory for size bytes. One that is too small, or four times too big, is let go: so the
// pool follows the stream's size, and one huge picture isn't kept for ever.
func (p *Pool) take(size int) *Frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.free) > 0 {
		last := len(p.free) - 1
		f := p.free[last]
		p.free[last] = nil
		p.free = p.free[:last]
		if len(f.buf) >= size && len(f.buf) <= 4*size {
			return f
		}
	}
	return &Frame{pool: p, buf: make([]byte, size)}
}

func (p *Pool) put(f *Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) < poolKeeps {
		p.free = append(p.free, f)
	}
}
