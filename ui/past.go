package ui

import (
	"image"
	"math"
	"slices"

	"fyne.io/fyne/v2"

	"parley/ui/kit"
)

// block is a rectangle with round corners, in pixels.
type block struct {
	image.Rectangle
	radius int
}

// span is what of a row lies in it, from and to; nothing if to is no more than from.
func (b block) span(y int) [2]int {
	if y < b.Min.Y || y >= b.Max.Y {
		return [2]int{}
	}
	in := 0
	if deep := min(y-b.Min.Y, b.Max.Y-1-y); deep < b.radius {
		r, d := float64(b.radius), float64(b.radius-deep)-0.5
		in = int(math.Round(r - math.Sqrt(r*r-d*d)))
	}
	return [2]int{b.Min.X + in, b.Max.X - in}
}

// uncovered is what of a block lies in another and under none of the others.
func uncovered(b, within block, over []block) (out []image.Rectangle) {
	var row, before [][2]int
	for y := b.Min.Y; y < b.Max.Y; y++ {
		a, c := b.span(y), within.span(y)
		row = append(row[:0], [2]int{max(a[0], c[0]), min(a[1], c[1])})
		for _, o := range over {
			row = without(row, o.span(y))
		}
		if row = slices.DeleteFunc(row, func(s [2]int) bool { return s[1] <= s[0] }); slices.Equal(row, before) {
			for i := range row {
				out[len(out)-len(row)+i].Max.Y++
			}
			continue
		}
		for _, s := range row {
			out = append(out, image.Rect(s[0], y, s[1], y+1))
		}
		before = append(before[:0], row...)
	}
	return out
}

// without takes a span out of a row.
func without(row [][2]int, gone [2]int) [][2]int {
	if gone[1] <= gone[0] {
		return row
	}
	for i := len(row) - 1; i >= 0; i-- {
		if s := row[i]; gone[0] < s[1] && gone[1] > s[0] {
			row[i][1] = gone[0]
			row = slices.Insert(row, i+1, [2]int{gone[1], s[1]})
		}
	}
	return row
}

// placing is how a picture lies among other things. The zero placing leaves it to Fyne.
type placing struct {
	tile, within block
	over         []block
	of           image.Point
	zoomed       zoom
}

func (p placing) past() bool { return p.of != image.Point{} }

// place says how it lies from now on, of which follows where it can be shown past Fyne.
func (p *picture) place(to placing) {
	if p.quit == nil {
		return
	}
	if !to.past() {
		to = placing{}
	}
	if last := p.placed; last.tile == to.tile && last.within == to.within && last.of == to.of && last.zoomed == to.zoomed && slices.Equal(last.over, to.over) {
		return
	}
	p.placed = to
	var lies placement
	if to.past() {
		_, size := to.zoomed.part(to.of, to.tile.Size())
		at := image.Rectangle{Max: size}.Add(to.tile.Min).Add(to.tile.Size().Sub(size).Div(2))
		lies = placement{at: at, seen: uncovered(block{at, to.tile.radius}, to.within, to.over), of: to.of, zoomed: to.zoomed}
	}
	p.mu.Lock()
	p.lies = lies
	p.mu.Unlock()
	p.renew()
}

// renew has the last picture shown anew.
func (p *picture) renew() {
	select {
	case p.again <- struct{}{}:
	default:
	}
}

// past has the pictures shown past Fyne, as far as nothing else lies on them; while something floats over the window, by Fyne.
// Whatever can change that has Fyne paint, before which it asks each object for its MinSize: there this is called.
func (c *callStage) past() {
	w := c.w
	if c.w.c.Desktop.Surface == nil || c.theirs.quit == nil && c.own.picture.quit == nil {
		return
	}
	if c.w.floating() {
		c.theirs.place(placing{})
		c.own.picture.place(placing{})
		return
	}
	from := c.w.c.App.Driver().AbsolutePositionForObject(c.root)
	pixels := func(o fyne.CanvasObject, radius float32) block {
		return w.pixels(from.Add(o.Position()), o.Size(), radius)
	}
	over := w.over()
	tile, own := pixels(c.theirs.root, 16), pixels(c.own, 12)
	if w.shell.stage.filled {
		tile.radius = 0
	}
	within, badge := tile, pixels(c.badge.root, 10)
	if c.voice.Visible() {
		within = w.inset(tile, 3)
	}
	if c.own.Visible() {
		over = append(over, own)
	}
	c.theirs.place(placing{tile: tile, within: within, over: append(over, badge), of: c.theirs.shape})
	from = from.Add(c.own.Position())
	c.own.picture.place(placing{tile: own, within: w.inset(own, 2), over: append(w.over(), pixels(c.own.badge, 10)), of: c.own.picture.shape})
}

// inset is what a line leaves of a block.
func (w *Window) inset(b block, line float32) block {
	d, _ := w.win.Canvas().PixelCoordinateForPosition(fyne.NewPos(kit.Px(line), 0))
	return block{b.Rectangle.Inset(d), max(b.radius-d, 0)}
}

// pixels is what of the window's pixels something takes, with round corners.
func (w *Window) pixels(from fyne.Position, size fyne.Size, radius float32) (b block) {
	canvas := w.win.Canvas()
	b.Min.X, b.Min.Y = canvas.PixelCoordinateForPosition(from)
	b.Max.X, b.Max.Y = canvas.PixelCoordinateForPosition(from.Add(size))
	b.radius, _ = canvas.PixelCoordinateForPosition(fyne.NewPos(kit.Px(radius), 0))
	return b
}

// over is what of the window lies over the pictures of any stage.
func (w *Window) over() (over []block) {
	whole := func(o fyne.CanvasObject) {
		over = append(over, w.pixels(w.c.App.Driver().AbsolutePositionForObject(o), o.Size(), 12))
	}
	if b := w.shell.stage.banner; w.shell.stage.filled && b.Visible() {
		whole(b)
	}
	if f := w.shell.stage.files.root; w.shell.stage.filled && f.Visible() {
		whole(f)
	}
	for _, line := range w.shell.lines.root.Objects {
		whole(line)
	}
	if at, size := w.layers.Tip(); !size.IsZero() {
		over = append(over, w.pixels(at, size, 8))
	}
	return over
}
