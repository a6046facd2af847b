// Package surface shows pictures in a window past the toolkit that draws it. Where OpenGL is drawn by software the toolkit paints
// the whole window for each picture, which costs more than all else in a call; here a picture goes to an X11 window within the
// window, through memory that is shared with the display (MIT-SHM). Where a graphics card draws, and on other systems, there is no
// surface: Show says why.
package surface

import (
	"errors"
	"image"
	"os"
)

// Variable names the environment's switch for tests: "on" shows pictures here wherever it can be done, "off" nowhere.
const Variable = "PARLEY_SURFACE"

// ErrNone is why nothing is shown here. What is wrapped in it says more.
var ErrNone = errors.New("no pictures past the toolkit")

var (
	errOff  = errors.New("switched off")
	errCard = errors.New("a graphics card draws")
)

// backend is what there is of a system.
type backend interface {
	// frame is memory for a picture of that size, the backend's until the next call of either.
	frame(size image.Point) (*image.RGBA, error)
	// put shows what was drawn into it there, as far as it lies in seen. It returns once the memory may be written again.
	put(at image.Rectangle, seen []image.Rectangle) error
	hide()
	close()
}

// Surface is one place for pictures in a window. It is used by one goroutine, and waits for the display there.
type Surface struct {
	window uintptr
	on     backend // nil until the first picture
	failed error
}

// New makes a surface of the window with a handle. It asks nothing of the display yet.
func New(window uintptr) *Surface { return &Surface{window: window} }

// Show has draw fill a picture of at's size, in the order blue, green, red, and shows it at at, in pixels of the window, as far as
// it lies in seen; draw keeps nothing. An error is for ever: nothing is shown any more.
func (s *Surface) Show(at image.Rectangle, seen []image.Rectangle, draw func(*image.RGBA) error) error {
	if s.failed == nil {
		if s.failed = s.show(at, seen, draw); s.failed != nil {
			s.end()
		}
	}
	return s.failed
}

func (s *Surface) show(at image.Rectangle, seen []image.Rectangle, draw func(*image.RGBA) error) (err error) {
	if s.on == nil {
		if os.Getenv(Variable) == "off" {
			return errors.Join(ErrNone, errOff)
		}
		if s.on, err = open(s.window, os.Getenv(Variable) == "on"); err != nil {
			s.on = nil
			return errors.Join(ErrNone, err)
		}
	}
	m, err := s.on.frame(at.Size())
	if err == nil {
		err = draw(m)
	}
	if err == nil {
		err = s.on.put(at, seen)
	}
	return err
}

// Hide takes away what is shown. The window keeps the picture in its pixels until the toolkit paints over it.
func (s *Surface) Hide() {
	if s.on != nil {
		s.on.hide()
	}
}

// Close hides it for good.
func (s *Surface) Close() {
	s.end()
	if s.failed == nil {
		s.failed = ErrNone
	}
}

func (s *Surface) end() {
	if s.on != nil {
		s.on.close()
		s.on = nil
	}
}
