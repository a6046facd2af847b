package ui

import (
	"encoding/binary"
	"image"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"parley/call"
	"parley/video"
)

// Converter makes of a picture the pixels of a tile, at the size of dst; yuv.Converter is one. It is used by one goroutine.
type Converter interface {
	Convert(dst *image.RGBA, src *video.Frame) error
	ConvertBGRA(dst *image.RGBA, src *video.Frame) error // blue first
}

// picture shows what somebody's camera sees, or their screen, the newest alone:
//
//	Slot ─► showing.run ─┬► convert to the tile's pixels ─► ready ─► pump: one fyne.Do a tick for all pictures ─► draw
//	                     └► Surface, without Fyne, while there is one and nothing is in its way (place)
//
// Two images go round: one is on the screen, the other is written or ready. One that was not drawn in time is written over. While
// it is off there is no goroutine, no image and nothing to draw, and whoever fills the slot is told that nobody looks.
//
// Between the two ways nothing flashes: the surface comes before Fyne's image goes, and goes after Fyne has an image to paint.
type picture struct {
	w        *Window
	slot     *video.Slot
	wanted   func(on bool) // for whoever fills the slot; nil: nobody cares
	mirrored bool
	patient  bool          // may wait for a picture that is not, so that both are drawn at once
	stands   bool          // may stand still: the last picture is kept, to be shown in another size
	pause    time.Duration // after each picture, where few will do
	changed  func()        // the first picture is there, or one of another shape; nil: nobody cares
	size     atomic.Int64  // of the tile in pixels: width<<32 | height

	// Of Fyne's goroutine alone.
	root   *fyne.Container
	image  *canvas.Image
	quit   chan struct{} // of the run under way; nil: off
	again  chan struct{} // capacity 1: that run shall show the last picture anew, at another place or the other way
	box    fyne.Size
	shape  image.Point // of the picture that is shown; zero: none is
	placed placing     // as last told

	mu      sync.Mutex
	of      chan struct{} // the run that may hand over, which is quit
	ready   *image.RGBA   // to be drawn next; nil: nothing new
	from    image.Point   // of the picture that ready was made of
	spare   *image.RGBA   // to write into
	lies    placement     // where run is to show pictures past Fyne
	past    bool          // it does
	painted bool          // and Fyne shows them, too: the surface can go
	zoomed  zoom          // what of each picture is shown
}

// newPicture makes the picture of a person, oneself if user is empty, that is off. One's own camera is mirrored, for oneself alone.
func newPicture(w *Window, user string, of call.Track) *picture {
	p := &picture{
		w: w, slot: w.c.Engine.Picture(user, of), patient: user == "",
		mirrored: user == "" && of == call.CameraTrack, stands: of == call.ScreenTrack,
	}
	p.wanted = func(on bool) { w.c.Engine.ShowPicture(user, of, on) }
	p.image = &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillContain} // the others scale before they draw: 17 pictures a second
	p.image.Hide()
	p.root = container.New(p, p.image)
	return p
}

// MinSize implements fyne.Layout.
func (p *picture) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// Layout implements fyne.Layout.
func (p *picture) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	fresh := size != p.box
	p.box = size
	p.measure()
	p.spread()
	if fresh && p.stands && p.quit != nil {
		p.renew()
	}
}

// spread gives the image its place: all of the room, but for a picture that is looked at closely.
func (p *picture) spread() {
	room := p.pixels()
	if p.zoomed.scale <= 0 || !p.seen() || room.X < 1 || room.Y < 1 {
		put(p.image, 0, 0, p.box.Width, p.box.Height)
		return
	}
	_, size := p.zoomed.part(p.shape, room)
	gap := room.Sub(size).Div(2)
	unit := p.box.Width / float32(room.X)
	put(p.image, float32(gap.X)*unit, float32(gap.Y)*unit, float32(size.X)*unit, float32(size.Y)*unit)
}

// spot is where in its room the picture is shown, as large as it goes, or as it is zoomed.
func (p *picture) spot() (at fyne.Position, size fyne.Size) {
	room := p.pixels()
	if p.zoomed.scale > 0 && p.seen() && room.X > 0 && room.Y > 0 {
		return p.image.Position(), p.image.Size()
	}
	size = contained(p.box, p.aspect())
	return fyne.NewPos((p.box.Width-size.Width)/2, (p.box.Height-size.Height)/2), size
}

// zoom looks at a part of the pictures from now on.
func (p *picture) zoom(to zoom) {
	p.mu.Lock()
	same := p.zoomed == to
	p.zoomed = to
	p.mu.Unlock()
	if same {
		return
	}
	p.spread()
	if p.quit != nil {
		p.renew()
	}
}

// pixels is how many there are for it.
func (p *picture) pixels() image.Point {
	size := p.size.Load()
	return image.Pt(int(size>>32), int(int32(size)))
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
func (p *picture) seen() bool { return p.shape != image.Point{} }

// aspect is the width of what is shown, of which the height is 1.
func (p *picture) aspect() float32 {
	if !p.seen() {
		return 16. / 9
	}
	return float32(p.shape.X) / float32(p.shape.Y)
}

// on starts and ends it.
func (p *picture) on(on bool) {
	if on == (p.quit != nil) {
		return
	}
	if on {
		p.slot.Clear() // what was left there is old
		p.quit, p.again = make(chan struct{}), make(chan struct{}, 1)
		p.hold(p.quit)
		p.measure()
		p.w.pump.pictures = append(p.w.pump.pictures, p)
		go p.newShowing().run()
	} else {
		close(p.quit)
		p.quit = nil
		p.hold(nil)
		p.w.pump.drop(p)
		p.shape = image.Point{}
		p.clear()
	}
	if p.wanted != nil {
		p.wanted(on)
	}
}

// clear has Fyne show nothing.
func (p *picture) clear() {
	p.image.Image = nil
	p.image.Hide()
	p.image.Refresh()
}

// hold has one run hand over from now on, or none.
func (p *picture) hold(of chan struct{}) {
	p.mu.Lock()
	p.of, p.ready, p.spare = of, nil, nil
	p.placed, p.lies, p.past, p.painted = placing{}, placement{}, false, false
	p.mu.Unlock()
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

// give hands over what was made of a picture of that size, or back what was not used (zero), if the run is still the one.
func (p *picture) give(of chan struct{}, out *image.RGBA, from image.Point) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of != of {
		return false
	}
	if from == (image.Point{}) {
		p.spare = out
	} else {
		p.ready, p.from = out, from
	}
	return true
}

// draw puts the newest on the screen, if there is one. Fyne paints on this same goroutine, so that the one before is free at once.
func (p *picture) draw() {
	old, _ := p.image.Image.(*image.RGBA)
	p.mu.Lock()
	next, from, past := p.ready, p.from, p.past
	if next != nil {
		p.ready, p.spare, p.painted = nil, old, past
	}
	p.mu.Unlock()
	if next == nil {
		if past && old != nil && p.placed.past() {
			p.clear()
		}
		return
	}
	p.measure() // another screen may have other pixels
	p.image.Image, p.image.ScaleMode = next, canvas.ImageScaleFastest
	if size := p.pixels(); next.Rect.Max.X == size.X || next.Rect.Max.Y == size.Y || p.zoomed.scale == 1 || p.zoomed.scale >= zoomSharp {
		p.image.ScaleMode = canvas.ImageScalePixels // there is nothing to scale, and to look at one pixel is less work than at four
	}
	if old == nil {
		p.image.Show()
	}
	p.image.Refresh()
	if past {
		p.renew()
	}
	if p.shape != from {
		p.shape = from
		p.spread()
		if p.changed != nil {
			p.changed()
		}
	}
}

// fit is the largest size with the aspect of src that goes into box, and none larger than src: the graphics card makes a picture
// larger for nothing. A box that is not known yet takes src as it is.
func fit(src, box image.Point) image.Point {
	if box.X < 1 || box.Y < 1 || src.X <= box.X && src.Y <= box.Y {
		return src
	}
	return largest(src, box)
}

// largest is the largest size with the aspect of src that goes into box, and at least 1x1.
func largest(src, box image.Point) image.Point {
	if w := (box.Y*src.X + src.Y/2) / src.Y; w <= box.X {
		return image.Pt(max(w, 1), max(box.Y, 1))
	}
	return image.Pt(max(box.X, 1), min(max((box.X*src.Y+src.X/2)/src.X, 1), max(box.Y, 1)))
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
