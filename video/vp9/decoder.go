package vp9

/*
#include "decoder.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"parley/video"
)

// maxData is the longest coded picture that is looked at: the largest allowed picture is shorter without any coding.
const maxData = video.MaxWidth * video.MaxHeight * 3 / 2

// Decoder makes pictures of what an Encoder, or somebody hostile, has made. It is not safe for concurrent use. It holds C
// memory until Close.
type Decoder struct {
	codec   video.Codec
	threads int
	pool    *video.Pool
	c       *C.vpx_codec_ctx_t
	started bool // c has got a key frame
	closed  bool
	data    []byte // the frame that is being decoded, with its index
}

// NewDecoder makes a decoder that takes its pictures from pool; nil makes one of its own. Threads are 1 to 16; one decodes
// 1280x720 in 3 ms.
func NewDecoder(codec video.Codec, pool *video.Pool, threads int) (*Decoder, error) {
	if err := errors.Join(inRange("threads", threads, 1, 16), known(codec)); err != nil {
		return nil, err
	}
	if pool == nil {
		pool = new(video.Pool)
	}
	d := &Decoder{codec: codec, threads: threads, pool: pool}
	if err := d.renew(); err != nil {
		return nil, err
	}
	return d, nil
}

// Decode makes the picture of one coded picture, in a frame that the caller releases; its timestamp is the caller's to set.
// ErrNoPicture is no fault: the data is sound and shows nothing. After any other error the decoder begins anew: ask the
// sender for a key frame; until it comes there is ErrNeedKey. The data is not kept.
func (d *Decoder) Decode(data []byte) (*video.Frame, error) {
	if d.closed {
		return nil, ErrClosed
	}
	f, err := d.decode(data)
	if err != nil && d.started && !errors.Is(err, ErrNoPicture) {
		err = errors.Join(err, d.renew())
	}
	return f, err
}

func (d *Decoder) decode(data []byte) (*video.Frame, error) {
	if len(data) == 0 || len(data) > maxData {
		return nil, fmt.Errorf("vp9: decode: %w: %d bytes", ErrRange, len(data))
	}
	if d.codec == video.VP8 {
		h, err := readVP8(data)
		if err != nil {
			return nil, err
		}
		return d.frame(h, data)
	}
	var frames [maxFrames][]byte
	n, err := splitVP9(data, &frames)
	if err != nil {
		return nil, err
	}
	return d.superframe(frames[:n])
}

// superframe decodes all its frames; the last that shows a picture gives it.
func (d *Decoder) superframe(frames [][]byte) (shown *video.Frame, err error) {
	err = ErrNoPicture
	for _, frame := range frames {
		h, bad := readVP9(frame)
		if bad != nil {
			shown.Release()
			return nil, bad
		}
		d.data = appendSealed(d.data[:0], frame)
		f, bad := d.frame(h, d.data)
		if errors.Is(bad, ErrNoPicture) {
			continue
		}
		shown.Release()
		shown, err = f, bad
		if err != nil {
			return nil, err
		}
	}
	return shown, err
}

// frame hands one frame to libvpx, whose header allows that.
func (d *Decoder) frame(h header, data []byte) (*video.Frame, error) {
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("vp9: decode: %w", err)
	}
	if !h.key && !d.started {
		return nil, ErrNeedKey
	}
	d.started = true
	if err := check("decode", C.dec_frame(d.c, pointer(data), C.uint(len(data)))); err != nil {
		return nil, err
	}
	im := C.dec_picture(d.c)
	if im == nil {
		return nil, ErrNoPicture
	}
	return d.take(im)
}

// take copies a picture out of libvpx' memory.
func (d *Decoder) take(im *C.vpx_image_t) (*video.Frame, error) {
	if im.fmt != C.VPX_IMG_FMT_I420 {
		return nil, fmt.Errorf("vp9: decode: pictures of format %d are not ours", im.fmt)
	}
	f, err := d.pool.Get(int(im.d_w), int(im.d_h))
	if err != nil {
		return nil, fmt.Errorf("vp9: decode: %w", err)
	}
	cw, ch := f.ChromaSize()
	copyPlane(f.Y, f.YStride, im, C.VPX_PLANE_Y, f.Width, f.Height)
	copyPlane(f.U, f.CStride, im, C.VPX_PLANE_U, cw, ch)
	copyPlane(f.V, f.CStride, im, C.VPX_PLANE_V, cw, ch)
	return f, nil
}

func copyPlane(dst []byte, stride int, im *C.vpx_image_t, plane, width, height int) {
	from := int(im.stride[plane])
	src := unsafe.Slice((*byte)(im.planes[plane]), from*(height-1)+width)
	for y := range height {
		copy(dst[y*stride:][:width], src[y*from:])
	}
}

// renew makes libvpx' decoder anew.
func (d *Decoder) renew() error {
	C.dec_close(d.c)
	d.c, d.started = nil, false
	err := check("new decoder", C.dec_open(&d.c, flag(d.codec == video.VP8), C.int(d.threads)))
	if err != nil {
		d.Close()
	}
	return err
}

// Close frees the C memory. Afterwards Decode gives ErrClosed; a second Close does nothing. Frames live on.
func (d *Decoder) Close() {
	C.dec_close(d.c)
	d.c, d.closed = nil, true
}
