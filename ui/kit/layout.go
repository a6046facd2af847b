package kit

import (
	"fyne.io/fyne/v2"
)

// Layouts here give a child its width before they ask for its height, and give text less than its natural width when there is
// not enough. All numbers are in units at scale 1.

// wide is what knows the width that it would like to have, where its MinSize is only what it can be cut to.
type wide interface{ Natural() float32 }

// Natural returns the width that an object would like to have.
func Natural(o fyne.CanvasObject) float32 {
	if w, ok := o.(wide); ok {
		return w.Natural()
	}
	if c, ok := o.(*fyne.Container); ok {
		if l, ok := c.Layout.(wideLayout); ok {
			return l.natural(c.Objects)
		}
	}
	return o.MinSize().Width
}

type wideLayout interface {
	natural(objects []fyne.CanvasObject) float32
}

// FitHeight gives an object a width and returns the height it wants at that width.
func FitHeight(o fyne.CanvasObject, width float32) float32 {
	height := o.MinSize().Height
	if size := o.Size(); size.Width != width {
		o.Resize(fyne.NewSize(width, height))
		return o.MinSize().Height
	}
	return height
}

// Relay lays out anew what is below an object: children were shown or hidden, or have another width, and the whole may have the size
// that it had, so that Fyne sees nothing to do.
func Relay(o fyne.CanvasObject) {
	switch o := o.(type) {
	case *Panel:
		if o.content != nil {
			Relay(o.content)
		}
	case *fyne.Container:
		if o.Layout != nil {
			o.Layout.Layout(o.Objects, o.Size())
		}
		for _, child := range o.Objects {
			Relay(child)
		}
	}
}

// Grow marks an object that takes what is left, in the arguments of HRow and VCol; it is of no use elsewhere.
func Grow(o fyne.CanvasObject) fyne.CanvasObject { return &growing{o} }

type growing struct{ fyne.CanvasObject }

// unmark tells the marked objects apart.
func unmark(objects []fyne.CanvasObject) (plain []fyne.CanvasObject, grows map[fyne.CanvasObject]bool) {
	grows = make(map[fyne.CanvasObject]bool)
	for _, o := range objects {
		if g, ok := o.(*growing); ok {
			o = g.CanvasObject
			grows[o] = true
		}
		plain = append(plain, o)
	}
	return plain, grows
}

// HRow puts objects side by side, each at its natural width and in the middle of the height. What is left goes to those marked with
// Grow, and when it is not enough these are cut first. Hidden ones take no room.
func HRow(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	plain, grows := unmark(objects)
	return &fyne.Container{Layout: &row{gap, grows}, Objects: plain}
}

type row struct {
	gap   float32
	grows map[fyne.CanvasObject]bool
}

func (l *row) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(max(0, l.gaps(objects))+l.natural(objects)*hint, 0)
	for o := range visible(objects) {
		least := o.MinSize()
		size = fyne.NewSize(size.Width+least.Width, max(size.Height, least.Height))
	}
	return size
}

func (l *row) natural(objects []fyne.CanvasObject) float32 {
	width := l.gaps(objects)
	for o := range visible(objects) {
		width += Natural(o)
	}
	return max(0, width)
}

func (l *row) gaps(objects []fyne.CanvasObject) float32 {
	n := -1
	for range visible(objects) {
		n++
	}
	return float32(n) * Px(l.gap)
}

func (l *row) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	widths := l.widths(objects, size.Width)
	x, n := float32(0), 0
	for o := range visible(objects) {
		height := min(FitHeight(o, widths[n]), size.Height)
		place(o, x, (size.Height-height)/2, widths[n], height)
		x += widths[n] + Px(l.gap)
		n++
	}
}

// widths divides a width among the visible objects.
func (l *row) widths(objects []fyne.CanvasObject, width float32) (widths []float32) {
	var least []float32
	var grows []bool
	left, growers := width-l.gaps(objects), 0
	for o := range visible(objects) {
		w := Natural(o)
		widths, least, grows = append(widths, w), append(least, o.MinSize().Width), append(grows, l.grows[o])
		left -= w
		if l.grows[o] {
			growers++
		}
	}
	if left < 0 {
		left = shrink(widths, least, -left, func(n int) bool { return grows[n] })
		shrink(widths, least, left, func(int) bool { return true })
		return widths
	}
	for n := range widths {
		if grows[n] {
			widths[n] += left / float32(growers)
		}
	}
	return widths
}

// shrink takes from the chosen widths in proportion to what each can give, and returns what it did not get.
func shrink(widths, least []float32, missing float32, chosen func(int) bool) float32 {
	spare := float32(0)
	for n, w := range widths {
		if chosen(n) {
			spare += max(0, w-least[n])
		}
	}
	if spare <= 0 || missing <= 0 {
		return missing
	}
	share := min(1, missing/spare)
	for n, w := range widths {
		if chosen(n) {
			widths[n] -= max(0, w-least[n]) * share
		}
	}
	return missing - spare*share
}

// VCol puts objects under each other, each as wide as the column and as high as it wants at that width. What is left goes to those
// marked with Grow. Hidden ones take no room.
func VCol(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	plain, grows := unmark(objects)
	return &fyne.Container{Layout: &column{gap, grows}, Objects: plain}
}

type column struct {
	gap   float32
	grows map[fyne.CanvasObject]bool
}

func (l *column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size, n := fyne.Size{}, 0
	for o := range visible(objects) {
		least := o.MinSize()
		size = fyne.NewSize(max(size.Width, least.Width), size.Height+least.Height)
		if n++; n > 1 {
			size.Height += Px(l.gap)
		}
	}
	size.Width += l.natural(objects) * hint
	return size
}

func (l *column) natural(objects []fyne.CanvasObject) float32 { return widest(objects) }

func (l *column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	var heights []float32
	left, growers := size.Height, 0
	for o := range visible(objects) {
		height := FitHeight(o, size.Width)
		if len(heights) > 0 {
			left -= Px(l.gap)
		}
		left -= height
		heights = append(heights, height)
		if l.grows[o] {
			growers++
		}
	}
	y, n := float32(0), 0
	for o := range visible(objects) {
		if l.grows[o] {
			heights[n] = max(0, heights[n]+left/float32(growers))
		}
		place(o, 0, y, size.Width, heights[n])
		y += heights[n] + Px(l.gap)
		n++
	}
}

func visible(objects []fyne.CanvasObject) func(yield func(fyne.CanvasObject) bool) {
	return func(yield func(fyne.CanvasObject) bool) {
		for _, o := range objects {
			if o.Visible() && !yield(o) {
				return
			}
		}
	}
}

func widest(objects []fyne.CanvasObject) (width float32) {
	for o := range visible(objects) {
		width = max(width, Natural(o))
	}
	return width
}

// middle is where something stands in the middle of a size.
func middle(size fyne.Size, width, height float32) fyne.Position {
	return fyne.NewPos((size.Width-width)/2, (size.Height-height)/2)
}
