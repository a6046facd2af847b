// Package yuv makes of an I420 picture the RGBA of a tile, at the tile's size, and I420 of what a display holds. libyuv does it
// where there is cgo; the same in Go, which is ten to thirty times slower, where there is not, or with the build tag noyuv. Both
// give the same picture within 3 levels of 255.
//
// Colours are those of BT.601 in limited range, what cameras deliver and what our encoder says. Other colours, which only
// a foreign encoder would send, come out a little wrong.
package yuv

import (
	"errors"
	"fmt"
	"image"

	"parley/video"
)

// ErrImage is returned for an image whose memory is less than its size, or whose size no picture may have.
var ErrImage = errors.New("yuv: no image of that size")

// kernel is the work on pixels: by libyuv, or in Go.
type kernel interface {
	// scale fills dst with all of src, of another size.
	scale(dst, src *video.Frame)
	// pixels fills dst with src, of the same size.
	pixels(dst *image.RGBA, src *video.Frame, o order)
	// planes fills dst with rows of its size, blue first.
	planes(dst *video.Frame, rows []byte, stride int)
}

// order is that of a pixel's four bytes.
type order int

const (
	rgba order = iota
	bgra
)

// Converter converts pictures of one stream for one tile. It keeps memory for that, as long as the sizes stay. It is not
// safe for concurrent use.
type Converter struct {
	kernel kernel
	stages [maxStages]video.Frame
	even   video.Frame // what of a picture can be halved; it has no memory of its own
}

// Each stage halves, but the last: 4096 becomes 1 in so many.
const maxStages = 13

// NewConverter makes a converter for any sizes.
func NewConverter() *Converter { return &Converter{kernel: newKernel()} }

// Convert fills dst with the whole picture, scaled to dst's size in both directions as they come (Fit keeps the aspect).
// It does not keep either.
func (c *Converter) Convert(dst *image.RGBA, src *video.Frame) error {
	return c.convert(dst, src, rgba)
}

// ConvertBGRA is Convert for memory where blue comes first and red third, whatever its type says: what most displays want.
func (c *Converter) ConvertBGRA(dst *image.RGBA, src *video.Frame) error {
	return c.convert(dst, src, bgra)
}

func (c *Converter) convert(dst *image.RGBA, src *video.Frame, o order) error {
	if err := src.Check(); err != nil {
		return fmt.Errorf("yuv: %w", err)
	}
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	if video.CheckSize(w, h) != nil || dst.Stride < 4*w || (len(dst.Pix)-4*w)/dst.Stride < h-1 || len(dst.Pix) < 4*w {
		return fmt.Errorf("%w: %v, stride %d, %d bytes", ErrImage, dst.Rect, dst.Stride, len(dst.Pix))
	}
	c.kernel.pixels(dst, c.scaled(src, w, h), o)
	return nil
}

// FromBGRA fills dst with as many rows of pixels as it has: four bytes each, blue first and red third, as most displays have
// them; the fourth is not looked at. Rows begin stride bytes apart. dst may be a part of a larger picture, from even coordinates
// on, and may be of more than the size that a picture may have.
func (c *Converter) FromBGRA(dst *video.Frame, rows []byte, stride int) error {
	if err := dst.CheckPlanes(); err != nil {
		return fmt.Errorf("%w: %w", ErrImage, err)
	}
	if stride < 4*dst.Width || len(rows) < 4*dst.Width || (len(rows)-4*dst.Width)/stride < dst.Height-1 {
		return fmt.Errorf("%w: %dx%d, stride %d, %d bytes", ErrImage, dst.Width, dst.Height, stride, len(rows))
	}
	c.kernel.planes(dst, rows, stride)
	return nil
}

// Scale fills dst with the whole picture, in dst's size; src alone may be of more than a picture may have. It keeps neither. Each
// pixel is about the mean of those that it covers, so that text stays as sharp as it can: the picture is brought, between
// neighbours, to the nearest size that becomes dst's by halves, be it larger, and is halved then. Between neighbours alone, lines
// would be of different strength; by halves first, as for a tile, the rest would blur them. It costs up to three times as much.
func (c *Converter) Scale(dst, src *video.Frame) error {
	if err := dst.Check(); err != nil {
		return fmt.Errorf("yuv: %w", err)
	}
	if err := src.CheckPlanes(); err != nil {
		return fmt.Errorf("%w: %w", ErrImage, err)
	}
	dst.Timestamp, dst.Captured = src.Timestamp, src.Captured
	same := func(to *video.Frame) bool { return src.Width == to.Width && src.Height == to.Height }
	if same(dst) {
		dst.CopyFrom(src)
		return nil
	}
	halves := 0 // up to 1.4 times as large, about the root of 2, is as good in one step
	for 5*src.Width > 7*(dst.Width<<halves) && 5*src.Height > 7*(dst.Height<<halves) && halves < maxStages {
		halves++
	}
	for ; halves > 0; halves-- {
		to := &c.stages[halves-1]
		resize(to, dst.Width<<halves, dst.Height<<halves)
		if !same(to) {
			c.kernel.scale(to, src)
			src = to
		}
	}
	c.kernel.scale(dst, src)
	return nil
}

// scaled brings a picture to that size: by halves, each pixel the mean of four, until less than a half is left to do, and
// the rest between neighbours. Between neighbours alone, fine patterns would flicker when a picture gets much smaller.
func (c *Converter) scaled(src *video.Frame, w, h int) *video.Frame {
	stage := 0
	to := func(src *video.Frame, w, h int) *video.Frame {
		dst := &c.stages[stage]
		stage++
		resize(dst, w, h)
		c.kernel.scale(dst, src)
		return dst
	}
	for src.Width >= 2*w && src.Height >= 2*h && src.Width >= 4 && src.Height >= 4 {
		// Of a size that is no multiple of four the last rows and columns go, so that halves of chroma are whole, too.
		c.even = video.Frame{
			Y: src.Y, U: src.U, V: src.V, YStride: src.YStride, CStride: src.CStride,
			Width: src.Width &^ 3, Height: src.Height &^ 3,
		}
		if c.even.Width/2 < w || c.even.Height/2 < h {
			break
		}
		src = to(&c.even, c.even.Width/2, c.even.Height/2)
	}
	if src.Width != w || src.Height != h {
		src = to(src, w, h)
	}
	c.even = video.Frame{} // the caller's memory
	return src
}

// resize gives a frame of our own memory for that size, or keeps what it has.
func resize(f *video.Frame, w, h int) {
	if f.Width == w && f.Height == h {
		return
	}
	cw, ch := (w+1)/2, (h+1)/2
	buf := make([]byte, w*h+2*cw*ch)
	f.Width, f.Height, f.YStride, f.CStride = w, h, w, cw
	f.Y, f.U, f.V = buf[:w*h], buf[w*h:w*h+cw*ch], buf[w*h+cw*ch:]
}

// Fit is the largest size with the aspect of src that goes into box, at least 1x1 if neither is empty.
func Fit(src, box image.Point) image.Point {
	if src.X <= 0 || src.Y <= 0 || box.X <= 0 || box.Y <= 0 {
		return image.Point{}
	}
	if w := (box.Y*src.X + src.Y/2) / src.Y; w <= box.X {
		return image.Pt(max(w, 1), box.Y)
	}
	return image.Pt(box.X, min(max((box.X*src.Y+src.X/2)/src.X, 1), box.Y))
}
