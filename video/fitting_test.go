package video

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// Fewer pictures and smaller ones are coded as soon as it is said, evenly, and all of them again afterwards.
func TestSenderLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t, &numbers{size: 500})
		defer s.end()
		s.fitting.scale = func(dst, src *Frame) error {
			if dst.Width == src.Width {
				t.Error("scaled to its own size")
			}
			setNumber(dst, number(src))
			return nil
		}
		for _, c := range []struct {
			lines, fps, width, height, pictures int
		}{
			{0, 0, 640, 360, 90}, {720, 30, 640, 360, 90}, {180, 30, 320, 180, 90}, {135, 15, 240, 136, 45}, {135, 8, 240, 136, 22}, {0, 30, 640, 360, 90},
		} {
			s.SetLimit(c.lines, c.fps)
			before := s.Stats().Pictures
			s.film(90, 640, 360)
			st := s.Stats()
			if n := int(st.Pictures - before); n < c.pictures-1 || n > c.pictures+1 || st.Width != c.width || st.Height != c.height {
				t.Errorf("%d lines, %d a second: %d pictures of %dx%d", c.lines, c.fps, n, st.Width, st.Height)
			}
		}
	})
}

// A picture that stands still is not lost because it came too soon after another.
func TestSenderLimitStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStillStudio(t, &numbers{size: 20}, true)
		s.codec.small.Store(true)
		s.SetLimit(0, 5)
		s.film(30, 64, 36)
		if n := s.Stats().Pictures; n < 5 || n > 6 {
			t.Errorf("%d pictures in a second", n)
		}
		wait(time.Second / 5)
		s.end()
		if last := s.codec.coded[len(s.codec.coded)-1]; last != 29 {
			t.Errorf("picture %d is what is seen", last)
		}
	})
}

// Whatever the limit, a size is one that can be coded.
func TestFittingSize(t *testing.T) {
	var f fitting
	s := Sender{}
	for _, lines := range []int{-1, 0, 1, 2, 99, 270, 1080, 1 << 20} {
		for _, size := range [][2]int{{1, 1}, {2, 2304}, {1280, 720}, {720, 1280}, {4096, 2304}, {641, 361}} {
			s.SetLimit(lines, 30)
			f.limit.Store(s.fitting.limit.Load())
			w, h := f.size(size[0], size[1])
			if CheckSize(w, h) != nil || w > size[0] && size[0] > 1 || h > size[1] && size[1] > 1 || lines > 1 && min(w, h) > lines+1 {
				t.Errorf("%d lines of %v: %dx%d", lines, size, w, h)
			}
		}
	}
	f.limit.Store(100<<32 | 30)
	f.scale = func(_, _ *Frame) error { return errors.New("not today") }
	var p Pool
	if _, err := f.fit(frame(t, &p, 640, 360, 1)); err == nil {
		t.Error("no error")
	}
}
