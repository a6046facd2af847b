package ui

import (
	"image"
	"time"

	"parley/video"
)

// Surface is a part of the window where pictures are shown without Fyne, which paints the whole window for each. It is used by one
// goroutine, not Fyne's.
type Surface interface {
	// Show has draw fill a picture, blue first, of at's size, and shows it at at, in pixels of the window, as far as it lies in seen.
	// What fails once fails for ever.
	Show(at image.Rectangle, seen []image.Rectangle, draw func(*image.RGBA) error) error
	// Hide takes it away. The window keeps what was shown in its pixels until Fyne paints.
	Hide()
	Close()
}

// placement is where a picture lies in the window, in its pixels.
type placement struct {
	at     image.Rectangle
	seen   []image.Rectangle // of it, what nothing else lies on; nil: Fyne has to paint the picture
	of     image.Point       // the size of the pictures that it is for
	zoomed zoom              // likewise what of them is seen
}

// showing is one run of a picture, from on to off, on a goroutine of its own.
type showing struct {
	*picture
	quit    chan struct{}
	again   chan struct{}
	c       Converter
	surface Surface      // nil: there is none
	last    *video.Frame // to be shown anew, where there is a surface, or where it may stand still
	part    video.Frame  // what is seen of it, where that is not all
	failed  bool         // a picture could not be shown
}

func (p *picture) newShowing() *showing {
	s := &showing{picture: p, quit: p.quit, again: p.again, c: p.w.c.NewConverter()}
	if p.w.c.Desktop.Surface != nil {
		s.surface = p.w.c.Desktop.Surface(p.w.win)
	}
	return s
}

func (s *showing) run() {
	defer func() {
		s.last.Release()
		s.drop()
	}()
	for {
		select {
		case <-s.quit:
			return
		case <-s.again:
			if s.left() && !s.stands || s.last == nil {
				continue
			}
		case <-s.slot.Ready():
			f, over := s.next()
			if over {
				return
			}
			if f == nil {
				continue
			}
			s.last.Release()
			s.last = f
		}
		if s.show(s.last) {
			s.w.pump.pictured(s.patient)
		}
		if s.surface == nil && !s.stands {
			s.last.Release()
			s.last = nil
		}
		if s.pause > 0 && !s.rest() {
			return
		}
	}
}

// next takes what came, or says that the run is over: what is there then is for the one that began since.
func (s *showing) next() (f *video.Frame, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of != s.quit {
		s.slot.Remind()
		return nil, true
	}
	return s.slot.Take(), false
}

// rest lets pictures go by for a while, and says whether it goes on.
func (s *showing) rest() bool {
	t := time.NewTimer(s.pause)
	defer t.Stop()
	select {
	case <-s.quit:
		return false
	case <-t.C:
		return true
	}
}

// show shows a picture, and says whether Fyne has something to draw.
func (s *showing) show(f *video.Frame) bool {
	s.mu.Lock()
	lies, zoomed := s.lies, s.zoomed
	s.mu.Unlock()
	from := image.Pt(f.Width, f.Height)
	part, shown := zoomed.part(from, s.pixels())
	if zoomed.scale <= 0 {
		shown = s.pixels()
	}
	seen := cut(&s.part, f, part)
	if s.surface != nil && lies.seen != nil && lies.of == from && lies.zoomed == zoomed {
		err := s.surface.Show(lies.at, lies.seen, func(out *image.RGBA) error { return s.convert(out, seen, s.c.ConvertBGRA) })
		if err == nil {
			return s.passed()
		}
		s.w.pump.log.Info("Fyne paints pictures", "why", err)
		s.drop()
	}
	out := s.take(fit(part.Size(), shown))
	if err := s.convert(out, seen, s.c.Convert); err != nil {
		if !s.failed {
			s.w.pump.log.Warn("a picture can't be shown", "err", err)
		}
		s.failed = true
		s.give(s.quit, out, image.Point{})
		return false
	}
	return s.give(s.quit, out, from)
}

func (s *showing) convert(out *image.RGBA, f *video.Frame, by func(*image.RGBA, *video.Frame) error) error {
	if err := by(out, f); err != nil {
		return err
	}
	if s.mirrored {
		mirror(out)
	}
	return nil
}

// passed notes that a picture is on the surface, and says whether that is new: Fyne need not keep its own.
func (s *showing) passed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of != s.quit {
		return false
	}
	was := s.past && s.ready == nil && !s.painted
	s.past, s.painted = true, false
	s.ready, s.spare = nil, nil
	return !was
}

// left takes the surface away if Fyne shows the picture by now, and says so.
func (s *showing) left() bool {
	s.mu.Lock()
	gone := s.painted && s.of == s.quit && s.lies.seen == nil
	if gone {
		s.past, s.painted = false, false
	}
	s.mu.Unlock()
	if gone && s.surface != nil {
		s.surface.Hide()
	}
	return gone
}

// drop does without a surface from now on.
func (s *showing) drop() {
	if s.surface == nil {
		return
	}
	s.surface.Close()
	s.surface = nil
	s.mu.Lock()
	if s.of == s.quit {
		s.past, s.painted = false, false
	}
	s.mu.Unlock()
}
