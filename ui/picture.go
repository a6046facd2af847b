package ui

import (
	"encoding/binary"
	"image"
	"sync"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"parley/video"
)

// Converter makes of a picture the pixels of a tile, at the size of dst; yuv.Converter is one. It is used by one goroutine.
type Converter interface {
	Convert(dst *image.RGBA, src *video.Frame) error
}

// picture shows what somebody's camera sees, the newest alone:
//
//	Slot ─► run: take, convert to the tile's pixels ─► ready ─► pump: one fyne.Do a tick for all pictures ─► draw
//
// Two images go round: one is on the screen, the other is written or ready. One that was not drawn in time is written over. While
// it is off there is no goroutine, no image and nothing to draw, and whoever fills the slot is told that nobody looks.
type picture struct {
	w        *Window
	slot     *video.Slot
	wanted   func(on bool) // for whoever fills the slot; nil: nobody cares
	mirrored bool
	patient  bool         // may wait for a picture that is not, so that both are drawn at once
	changed  func()       // the first picture is there, or one of another shape; nil: nobody cares
	size     atomic.Int64 // of the tile in pixels: width<<32 | height

	// Of Fyne's goroutine alone.
	root  *fyne.Container
	image *canvas.Image
	quit  chan struct{} // of the run under way; nil: off
	box   fyne.Size

	mu    sync.Mutex
	of    chan struct{} // the run that may hand over, which is quit
	ready *image.RGBA   // to be drawn next; nil: nothing new
	spare *image.RGBA   // to write into
}

// newPicture makes the picture of a person, oneself if user is empty, that is off. Oneself is mirrored, for oneself alone.
func newPicture(w *Window, user string) *picture {
	p := &picture{w: w, slot: w.c.Engine.Picture(user), mirrored: user == "", patient: user == ""}
	p.wanted = func(on bool) { w.c.Engine.ShowPicture(user, on) }
	p.image = &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillContain} // the others scale before they draw: 17 pictures a second
	p.image.Hide()
	p.root = container.New(p, p.image)
	return p
}

// MinSize implements fyne.Layout.
func (p *picture) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// Layout implements fyne.Layout.
func (p *picture) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	p.image.Resize(size)
	p.box = size
	p.measure()
}

// measure tells run how many pixels there are.
func (p *picture) measure() {
	x, y := p.w.win.Canvas().PixelCoordinateForPosition(fyne.NewPos(p.box.Width, p.box.Height))
	p.size.Store(int64(max(x, 0))<<32 | int64(max(y, 0)))
}

// round sets the radius of the corners.
func (p *picture) round(radius float32) {
	if p.image.CornerRadius != radius {
		p.image.CornerRadius = radius
		p.image.Refresh()
	}
}

// seen says whether there is something to look at.
func (p *picture) seen() bool { return p.image.Image != nil }

// aspect is the width of what is shown, of which the height is 1.
func (p *picture) aspect() float32 {
	if !p.seen() {
		return 16. / 9
	}
	return p.image.Aspect()
}

// on starts and ends it.
func (p *picture) on(on bool) {
	if on == (p.quit != nil) {
		return
	}
	if on {
		p.slot.Clear() // what was left there is old
		p.quit = make(chan struct{})
		p.hold(p.quit)
		p.measure()
		p.w.pump.pictures = append(p.w.pump.pictures, p)
		go p.run(p.quit, p.w.c.NewConverter())
	} else {
		close(p.quit)
		p.quit = nil
		p.hold(nil)
		p.w.pump.drop(p)
		p.image.Image = nil
		p.image.Hide()
		p.image.Refresh()
	}
	if p.wanted != nil {
		p.wanted(on)
	}
}

// hold has one run hand over from now on, or none.
func (p *picture) hold(of chan struct{}) {
	p.mu.Lock()
	p.of, p.ready, p.spare = of, nil, nil
	p.mu.Unlock()
}

// run converts whatever comes, on a goroutine of its own.
func (p *picture) run(quit chan struct{}, c Converter) {
	failed := false
	for {
		select {
		case <-quit:
			return
		case <-p.slot.Ready():
		}
		f := p.slot.Take()
		if f == nil {
			continue
		}
		size := p.size.Load()
		out := p.take(fit(image.Pt(f.Width, f.Height), image.Pt(int(size>>32), int(int32(size)))))
		err := c.Convert(out, f)
		f.Release()
		if err != nil {
			if !failed {
				p.w.pump.log.Warn("a picture can't be shown", "err", err)
			}
			failed = true
			p.give(quit, nil, out)
			continue
		}
		if p.mirrored {
			mirror(out)
		}
		if p.give(quit, out, nil) {
			p.w.pump.pictured(p.patient)
		}
	}
}

// take gets an image of that size to write into.
func (p *picture) take(size image.Point) *image.RGBA {
	p.mu.Lock()
	out := p.spare
	p.spare = nil
	if out == nil {
		out, p.ready = p.ready, nil
	}
	p.mu.Unlock()
	if out == nil || out.Rect.Max != size {
		out = image.NewRGBA(image.Rectangle{Max: size})
	}
	return out
}

// give hands over what was made, or back what was not used, if the run is still the one.
func (p *picture) give(of chan struct{}, ready, spare *image.RGBA) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of != of {
		return false
	}
	if ready != nil {
		p.ready = ready
	} else {
		p.spare = spare
	}
	return true
}

// draw puts the newest on the screen, if there is one. Fyne paints on this same goroutine, so that the one before is free at once.
func (p *picture) draw() {
	old, _ := p.image.Image.(*image.RGBA)
	p.mu.Lock()
	next := p.ready
	if next != nil {
		p.ready, p.spare = nil, old
	}
	p.mu.Unlock()
	if next == nil {
		return
	}
	p.measure() // another screen may have other pixels
	p.image.Image, p.image.ScaleMode = next, canvas.ImageScaleFastest
	if size := p.size.Load(); next.Rect.Max.X == int(size>>32) || next.Rect.Max.Y == int(int32(size)) {
		p.image.ScaleMode = canvas.ImageScalePixels // there is nothing to scale, and to look at one pixel is less work than at four
	}
	if old == nil {
		p.image.Show()
	}
	p.image.Refresh()
	if p.changed != nil && (old == nil || old.Rect != next.Rect) {
		p.changed()
	}
}

// fit is the largest size with the aspect of src that goes into box, and none larger than src: the graphics card makes a picture
// larger for nothing. A box that is not known yet takes src as it is.
func fit(src, box image.Point) image.Point {
	if box.X < 1 || box.Y < 1 || src.X <= box.X && src.Y <= box.Y {
		return src
	}
	if w := (box.Y*src.X + src.Y/2) / src.Y; w <= box.X {
		return image.Pt(max(w, 1), box.Y)
	}
	return image.Pt(box.X, min(max((box.X*src.Y+src.X/2)/src.X, 1), box.Y))
}

// mirror turns left and right.
func mirror(m *image.RGBA) {
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride:][:4*m.Rect.Dx()]
		for l, r := 0, len(row)-4; l < r; l, r = l+4, r-4 {
			a, b := binary.NativeEndian.Uint32(row[l:]), binary.NativeEndian.Uint32(row[r:])
			binary.NativeEndian.PutUint32(row[l:], b)
			binary.NativeEndian.PutUint32(row[r:], a)
		}
	}
}
