package screen

import (
	"errors"
	"fmt"
	"image"
	"time"

	"parley/video"
	"parley/video/yuv"
)

// eye is a subject that is being looked at.
type eye interface {
	// look says what has become of it since the last time.
	look() (sight, error)
	// grab copies pixels of a part, as many as maxGrab at the most: rows of four bytes a pixel, blue first, without gaps. They are
	// the caller's until the next call.
	grab(part image.Rectangle) ([]byte, error)
	close()
}

// sight is what a look has shown. Coordinates are the subject's, from its top left pixel.
type sight struct {
	size   image.Point
	dirty  []image.Rectangle // what may have changed since the last look
	cursor cursor
	hidden bool // there are no pixels of it now: it stands still
}

// cursor is the mouse's. The zero cursor is not to be seen.
type cursor struct {
	at     image.Rectangle
	pixels []uint32 // row by row; alpha, red, green, blue from the top byte down, colours multiplied by alpha
	serial uint32   // of its look
}

func (c cursor) same(o cursor) bool { return c.at == o.at && c.serial == o.serial }

// sound says whether it has all of its pixels, and no more than a cursor can have.
func (c cursor) sound() bool {
	w, h := c.at.Dx(), c.at.Dy()
	return w <= maxCursor && h <= maxCursor && len(c.pixels) >= w*h
}

const (
	maxGrab   = 4 << 20   // pixels that are copied at once: half a screen of 4K
	maxPixels = 64 << 20  // of a subject: a screen of 8K has half as many
	maxSide   = 1<<15 - 1 // of one, each way: a place in it has 16 bits in X, with a sign
	maxCursor = 512       // pixels of a cursor, each way
)

var errTooLarge = errors.New("it has more pixels than can be shown")

// canvas makes pictures of what an eye sees. It is one goroutine's.
type canvas struct {
	box     image.Point // pictures fit into it
	turns   bool        // and turns by a quarter for a subject that is the other way
	cursors bool        // they are drawn

	whole     video.Frame // the subject in its own size, or an even one
	size      image.Point // the subject's own
	cursor    cursor      // that stands in it
	soiled    bool        // what stands in it is not to be believed
	hidden    bool        // when it was last looked at
	converter *yuv.Converter
	pool      video.Pool
}

func newCanvas(box image.Point) *canvas { return &canvas{box: box} }

// paint makes a picture of what there is now, which the caller releases; nil if it would be the last one and there is no need of
// one. After an error the next is made from scratch.
func (c *canvas) paint(e eye, need bool) (*video.Frame, error) {
	s, err := e.look()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	changed, err := c.follow(e, s)
	if err != nil {
		c.soiled = true
		return nil, err
	}
	if !changed && !need {
		return nil, nil
	}
	size := c.picture()
	f, err := c.pool.Get(size.X, size.Y)
	if err != nil {
		return nil, err
	}
	if err := c.converter.Scale(f, &c.whole); err != nil {
		f.Release()
		return nil, err
	}
	f.Captured = now
	return f, nil
}

// picture is the size of pictures: even, as the subject's is, or what of its aspect goes into the box.
func (c *canvas) picture() image.Point {
	size, box := image.Pt(c.whole.Width, c.whole.Height), c.box
	if turned := image.Pt(box.Y, box.X); c.turns && (size.X < size.Y) != (box.X < box.Y) && video.CheckSize(turned.X, turned.Y) == nil {
		box = turned
	}
	return fitted(size, box)
}

func fitted(size, box image.Point) image.Point {
	if size.X > box.X || size.Y > box.Y {
		size = yuv.Fit(size, box)
	}
	return even(size)
}

// even leaves a last odd column and row out, but not the only one.
func even(size image.Point) image.Point { return image.Pt(max(size.X&^1, 2), max(size.Y&^1, 2)) }

// follow brings the canvas up to what was seen.
func (c *canvas) follow(e eye, s sight) (changed bool, err error) {
	dirty := s.dirty
	c.hidden = s.hidden
	if s.size != c.size {
		if err := c.resize(s.size); err != nil {
			return false, err
		}
		changed = true
	}
	if s.hidden {
		return changed, nil
	}
	if c.soiled {
		dirty = []image.Rectangle{{Max: c.size}}
	}
	if !c.cursors || !s.cursor.sound() {
		s.cursor = cursor{}
	}
	if !s.cursor.same(c.cursor) {
		dirty = append(dirty, c.cursor.at, s.cursor.at)
	}
	for _, r := range merged(dirty, image.Rect(0, 0, c.whole.Width, c.whole.Height)) {
		if err := c.renew(e, r, s.cursor); err != nil {
			return false, err
		}
		changed = true
	}
	c.soiled, c.cursor = false, s.cursor
	return changed, nil
}

// resize begins anew, in black.
func (c *canvas) resize(size image.Point) error {
	if size.X < 1 || size.Y < 1 || size.X > maxSide || size.Y > maxSide || size.X*size.Y > maxPixels {
		return fmt.Errorf("%w: %dx%d", errTooLarge, size.X, size.Y)
	}
	c.size, c.soiled, c.cursor = size, true, cursor{}
	c.converter = yuv.NewConverter() // the old one has memory for the old size
	s := even(size)
	luma, chroma := s.X*s.Y, s.X/2*(s.Y/2)
	memory := make([]byte, luma+2*chroma)
	c.whole = video.Frame{
		Y: memory[:luma], U: memory[luma : luma+chroma], V: memory[luma+chroma:], YStride: s.X, CStride: s.X / 2, Width: s.X, Height: s.Y,
	}
	for i := range memory {
		memory[i] = 128
		if i < luma {
			memory[i] = 16
		}
	}
	return nil
}

// renew takes a part from the display, in strips.
func (c *canvas) renew(e eye, r image.Rectangle, cur cursor) error {
	r = r.Intersect(image.Rectangle{Max: c.size}) // a subject may be less than an even one
	most := max(maxGrab/max(r.Dx(), 1)&^1, 2)
	for ; !r.Empty(); r.Min.Y += most {
		strip := r
		strip.Max.Y = min(r.Max.Y, r.Min.Y+most)
		rows, err := e.grab(strip)
		if err != nil {
			return fmt.Errorf("copy the screen: %w", err)
		}
		blend(rows, strip, cur)
		at, half := strip.Min.Y*c.whole.YStride+strip.Min.X, strip.Min.Y/2*c.whole.CStride+strip.Min.X/2
		part := video.Frame{
			Y: c.whole.Y[at:], U: c.whole.U[half:], V: c.whole.V[half:],
			YStride: c.whole.YStride, CStride: c.whole.CStride, Width: strip.Dx(), Height: strip.Dy(),
		}
		if err := c.converter.FromBGRA(&part, rows, 4*strip.Dx()); err != nil {
			return err
		}
	}
	return nil
}

// blend draws the cursor over the pixels of a part.
func blend(rows []byte, part image.Rectangle, c cursor) {
	both := c.at.Intersect(part)
	if both.Empty() || !c.sound() || len(rows) < 4*part.Dx()*part.Dy() {
		return
	}
	for y := both.Min.Y; y < both.Max.Y; y++ {
		from := c.pixels[(y-c.at.Min.Y)*c.at.Dx()+both.Min.X-c.at.Min.X:][:both.Dx()]
		to := rows[4*((y-part.Min.Y)*part.Dx()+both.Min.X-part.Min.X):][:4*both.Dx()]
		for x, p := range from {
			left := 255 - p>>24
			if left == 255 && p == 0 {
				continue
			}
			for i, over := range [3]uint32{p & 255, p >> 8 & 255, p >> 16 & 255} {
				to[4*x+i] = byte(min(over+(uint32(to[4*x+i])*left+127)/255, 255))
			}
		}
	}
}
