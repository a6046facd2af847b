package surface

import (
	"errors"
	"image"
	"path/filepath"
	"testing"
)

// Where there is no surface nothing is drawn for it, and it says why, again and again.
func TestNone(t *testing.T) {
	for name, c := range map[string]struct {
		window            uintptr
		display, variable string
		why               error
	}{
		"no window":        {0, "", "on", nil},
		"no display":       {7, filepath.Join(t.TempDir(), "none:0"), "on", nil},
		"no name of one":   {7, "nonsense", "", nil},
		"switched off":     {7, "", "off", errOff},
		"off, and no name": {0, "nonsense", "off", errOff},
	} {
		t.Setenv("DISPLAY", c.display)
		t.Setenv(Variable, c.variable)
		s := New(c.window)
		for range 2 {
			err := s.Show(image.Rect(0, 0, 4, 4), []image.Rectangle{image.Rect(0, 0, 4, 4)}, func(*image.RGBA) error {
				t.Errorf("%s: it is drawn for", name)
				return nil
			})
			if !errors.Is(err, ErrNone) || c.why != nil && !errors.Is(err, c.why) {
				t.Errorf("%s: %v", name, err)
			}
		}
		s.Hide()
		s.Close()
	}
}

// paper is a backend that counts.
type paper struct{ frames, puts, hides, closes int }

func (p *paper) frame(size image.Point) (*image.RGBA, error) {
	p.frames++
	return image.NewRGBA(image.Rectangle{Max: size}), nil
}

func (p *paper) put(image.Rectangle, []image.Rectangle) error {
	p.puts++
	return nil
}

func (p *paper) hide()  { p.hides++ }
func (p *paper) close() { p.closes++ }

// What could not be drawn is not shown, and nothing is after it; it is closed once.
func TestAnErrorIsForEver(t *testing.T) {
	p, broken := new(paper), errors.New("broken")
	s := &Surface{on: p}
	at := image.Rect(3, 4, 13, 9)
	show := func(fails error) error {
		return s.Show(at, nil, func(m *image.RGBA) error {
			if m.Rect.Max != at.Size() {
				t.Errorf("a picture of %v is to be drawn", m.Rect)
			}
			return fails
		})
	}
	if err := show(nil); err != nil {
		t.Error(err)
	}
	s.Hide()
	for range 2 {
		if err := show(broken); !errors.Is(err, broken) {
			t.Error(err)
		}
	}
	s.Hide()
	s.Close()
	if *p != (paper{frames: 2, puts: 1, hides: 1, closes: 1}) {
		t.Errorf("%+v", *p)
	}
	s = &Surface{on: new(paper)}
	s.Close()
	if err := show(nil); !errors.Is(err, ErrNone) {
		t.Errorf("after the end: %v", err)
	}
}
