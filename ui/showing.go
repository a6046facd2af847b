package ui

import (
	"image"

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
	at   image.Rectangle
	seen []image.Rectangle // of it, what nothing else lies on; nil: Fyne has to paint the picture
	of   image.Point       // the size of the pictures that it is for
}

// showing is one run of a picture, from on to off, on a goroutine of its own.
type showing struct {
	*picture
	quit    chan struct{}
	again   chan struct{}
	c       Converter
	surface Surface      // nil: there is none
	last    *video.Frame // to be shown anew, where there is a surface
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
			if s.left() || s.last == nil {
				continue
			}
		case <-s.slot.Ready():
			f := s.slot.Take()
			if f == nil {
				continue
			}
			s.last.Release()
			s.last = f
		}
		if s.show(s.last) {
			s.w.pump.pictured(s.patient)
		}
		if s.surface == nil {
			s.last.Release()
			s.last = nil
		}
	}
}

// show shows a picture, and says whether Fyne has something to draw.
func (s *showing) show(f *video.Frame) bool {
	s.mu.Lock()
	lies := s.lies
	s.mu.Unlock()
	if s.surface != nil && lies.seen != nil && lies.of == image.Pt(f.Width, f.Height) {
		err := s.surface.Show(lies.at, lies.seen, func(out *image.RGBA) error { return s.convert(out, f, s.c.ConvertBGRA) })
		if err == nil {
			return s.passed()
		}
		s.w.pump.log.Info("Fyne paints pictures", "why", err)
		s.drop()
	}
	size := s.size.Load()
	out := s.take(fit(image.Pt(f.Width, f.Height), image.Pt(int(size>>32), int(int32(size)))))
	if err := s.convert(out, f, s.c.Convert); err != nil {
		if !s.failed {
			s.w.pump.log.Warn("a picture can't be shown", "err", err)
		}
		s.failed = true
		s.give(s.quit, out, image.Point{})
		return false
	}
	return s.give(s.quit, out, image.Pt(f.Width, f.Height))
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
