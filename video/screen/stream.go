package screen

import (
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"parley/video"
)

// Stream is a subject that is being shown. It is a video.Source: a goroutine of its own looks at the subject at its rate, and the
// newest picture is given. What has not changed is not given again but once a second.
type Stream struct {
	eye    eye
	canvas *canvas
	every  time.Duration
	log    *slog.Logger
	size   image.Point // of the first picture

	slot   *video.Slot
	hidden atomic.Bool
	quit   chan struct{}
	once   sync.Once
	ended  chan struct{} // closed when nothing comes any more
	err    error         // why; set before ended is closed
}

var _ video.Source = (*Stream)(nil)

const (
	// still is how often a picture that stands still is given: what was lost of the last is made good after that at the latest.
	still = time.Second
	// patience is how long the display may give no picture: a window that is just changing has none for a moment.
	patience = 2 * time.Second
)

// start makes the first picture, so that who opens a stream knows that there are some. The eye is the stream's from now on, or
// closed.
func start(e eye, c *canvas, fps float64, log *slog.Logger) (*Stream, error) {
	f, err := c.paint(e, true)
	if err != nil {
		e.close()
		return nil, fmt.Errorf("first picture: %w", err)
	}
	s := &Stream{
		eye: e, canvas: c, every: time.Duration(float64(time.Second) / fps), log: log, size: image.Pt(f.Width, f.Height),
		slot: video.NewSlot(), quit: make(chan struct{}), ended: make(chan struct{}),
	}
	s.hidden.Store(c.hidden)
	s.slot.Put(f)
	go s.run()
	return s, nil
}

// run looks again and again, at even intervals, and ends the eye.
func (s *Stream) run() {
	defer close(s.ended)
	defer s.eye.close()
	timer := time.NewTimer(s.every)
	defer timer.Stop()
	given, sound, due := time.Now(), time.Now(), time.Now().Add(s.every)
	for {
		select {
		case <-s.quit:
			return
		case now := <-timer.C:
			f, err := s.canvas.paint(s.eye, now.Sub(given) > still-s.every)
			if s.err = final(err, now.Sub(sound)); s.err != nil {
				s.log.Debug("nothing more to show", "err", s.err)
				return
			}
			if err == nil {
				sound = now
			}
			if f != nil {
				given = now
				s.slot.Put(f)
			}
			if hidden := s.canvas.hidden; s.hidden.Swap(hidden) != hidden {
				s.log.Debug("what is shown", "hidden", hidden)
			}
			// Who is late by more than one picture leaves it out.
			due = due.Add(s.every)
			if late := time.Since(due); late > 0 {
				due = due.Add(late)
			}
			timer.Reset(time.Until(due))
		}
	}
}

// final is the error that a stream ends with, if that was one, after so long without a picture.
func final(err error, since time.Duration) error {
	switch {
	case err == nil, errors.Is(err, video.ErrWindowClosed), errors.Is(err, video.ErrScreenGone):
		return err
	case since > patience:
		return fmt.Errorf("%w (%w)", video.ErrScreenGone, err)
	}
	return nil
}

// Hidden says whether there are no pictures of the subject now, as when its window is minimised: the last one stands still. It may
// be called from any goroutine.
func (s *Stream) Hidden() bool { return s.hidden.Load() }

// Read implements video.Source. Its errors wrap video.ErrWindowClosed or video.ErrScreenGone.
func (s *Stream) Read() (*video.Frame, error) {
	if f := s.slot.Next(s.quit, s.ended); f != nil {
		return f, nil
	}
	if s.closed() {
		return nil, io.EOF
	}
	return nil, s.err
}

func (s *Stream) closed() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}

// closeWithin is how long Close waits for a display that does not answer; it is then left to end by itself.
const closeWithin = 400 * time.Millisecond

// Close implements video.Source.
func (s *Stream) Close() {
	s.once.Do(func() {
		close(s.quit)
		timer := time.NewTimer(closeWithin)
		defer timer.Stop()
		select {
		case <-s.ended:
			s.slot.Clear()
		case <-timer.C:
			s.log.Warn("the display takes long to answer")
		}
	})
}
