package screen

import (
	"image"
	"image/color"
	"sync"
	"time"
)

// Mark is a frame on the desktop around what is shared, by which people at this machine see that it is, in whatever program they
// are. It takes no clicks and no focus, follows what it is around, is hidden with it, and ends with it. It is not in a window's
// pictures, but it is in a screen's, which show all that is on it. Where none can be made there is none: it is no reason not to share.
type Mark struct {
	quit  chan struct{}
	once  sync.Once
	ended chan struct{} // closed when nothing is left of it
}

// Mark begins to mark a subject, in a colour without transparency, and does not wait for the display. Who calls it closes it. It is
// not listed among the subjects.
func (s *Screens) Mark(id string, c color.Color) *Mark {
	m := &Mark{quit: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(m.ended)
		if err := s.mark(id, c, m.quit); err != nil {
			s.config.Log.Debug("no mark on what is shared any more", "err", err)
		}
	}()
	return m
}

// Close takes the mark away. A display that does not answer is left to end by itself.
func (m *Mark) Close() {
	m.once.Do(func() {
		close(m.quit)
		timer := time.NewTimer(closeWithin)
		defer timer.Stop()
		select {
		case <-m.ended:
		case <-timer.C:
		}
	})
}

// thickness is a mark's, in pixels: seen at a glance, and it covers nothing that has to be read.
const thickness = 4

// sides are the four sides of a mark.
type sides [4]image.Rectangle

// around is the mark on a window with that outline: outside of it, and where there is no room at the edges of its screen inside. It
// is empty where nothing is seen of the window.
func around(window image.Rectangle, screens []image.Rectangle) sides {
	var room image.Rectangle // all screens that the window is on: it has no mark on others
	for _, s := range screens {
		if s.Overlaps(window) {
			room = room.Union(s)
		}
	}
	if room.Empty() {
		return sides{}
	}
	return along(window.Inset(-thickness).Intersect(room))
}

// along is the mark within the edges of something. The sides don't overlap, and of what is too small for four some are empty.
func along(r image.Rectangle) sides {
	above, below := min(r.Min.Y+thickness, r.Max.Y), max(r.Max.Y-thickness, r.Min.Y)
	below = max(above, below)
	left, right := min(r.Min.X+thickness, r.Max.X), max(r.Max.X-thickness, r.Min.X)
	right = max(left, right)
	return sides{
		image.Rect(r.Min.X, r.Min.Y, r.Max.X, above),
		image.Rect(r.Min.X, below, r.Max.X, r.Max.Y),
		image.Rect(r.Min.X, above, left, below),
		image.Rect(right, above, r.Max.X, below),
	}
}
