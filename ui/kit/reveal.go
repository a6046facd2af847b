package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Reveal scrolls what an object stands in so far that it can be seen with the ring of its focus. Controls that are reached by Tab
// reveal themselves, or Tab would walk off a page that is higher than the window.
func Reveal(o fyne.CanvasObject) {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil {
		return
	}
	root := c.Overlays().Top()
	if root == nil {
		root = c.Content()
	}
	scrolls, _ := scrollsAbove(root, o)
	for _, s := range scrolls {
		revealIn(s, o)
	}
}

// scrollsAbove finds the scrollers that an object stands in, the innermost first. It looks into containers and into what this
// package wraps content with, which is what pages are made of; Fyne does not tell of the children of other widgets.
func scrollsAbove(in, o fyne.CanvasObject) (scrolls []*container.Scroll, found bool) {
	if in == o {
		return nil, true
	}
	for _, child := range childrenOf(in) {
		if child == nil || !child.Visible() {
			continue
		}
		if scrolls, found = scrollsAbove(child, o); found {
			break
		}
	}
	if s, ok := in.(*container.Scroll); ok && found {
		scrolls = append(scrolls, s)
	}
	return scrolls, found
}

func childrenOf(o fyne.CanvasObject) []fyne.CanvasObject {
	switch o := o.(type) {
	case *fyne.Container:
		return o.Objects
	case *container.Scroll:
		return []fyne.CanvasObject{o.Content}
	case *surface:
		return []fyne.CanvasObject{o.content}
	case *layerRoot:
		return []fyne.CanvasObject{o.scroll}
	case *Panel:
		return []fyne.CanvasObject{o.content}
	}
	return nil
}

// revealIn moves one scroller by as little as needed; what is higher than it stays where it is.
func revealIn(s *container.Scroll, o fyne.CanvasObject) {
	d := fyne.CurrentApp().Driver()
	room, margin := s.Size().Height, Px(8)
	top := d.AbsolutePositionForObject(o).Y - d.AbsolutePositionForObject(s).Y - margin
	bottom := top + o.Size().Height + 2*margin
	switch {
	case bottom-top > room:
	case top < 0:
		s.ScrollToOffset(fyne.NewPos(s.Offset.X, max(0, s.Offset.Y+top)))
	case bottom > room:
		s.ScrollToOffset(fyne.NewPos(s.Offset.X, s.Offset.Y+bottom-room))
	}
}
