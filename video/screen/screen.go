// Package screen is video.Screens: what of this machine's screens and windows can be shown to others, and their pictures. On X11 it
// is code of our own over the X protocol, because mediadevices' driver knows whole screens only, draws no cursor, takes every
// picture whether something has changed or not, and needs C. On Wayland there are only the windows of X11 programs, on Windows and
// macOS there is nothing yet, and it says so.
//
// A picture goes from the display (eye) to a picture of the same size in I420 (canvas), of which only what has changed is made
// anew, and from there, scaled where it is too large, to who reads it (Stream).
package screen

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"time"

	"parley/video"
	"parley/video/yuv"
)

// Config is what Screens need to know. The zero Config is ready.
type Config struct {
	Display string       // X11's name of it; empty: the environment's
	Log     *slog.Logger // nil discards; it is told no titles
}

// Screens is video.Screens on this machine. It keeps no connection; it is safe for concurrent use.
type Screens struct {
	config Config
	asking chan struct{} // as many as ask the display now
}

// maxAsking is how many may ask the display at once. Each has a connection and memory of its own, which one that hangs never frees.
const maxAsking = 4

var _ video.Screens = (*Screens)(nil)

// system is what differs between displays.
type system interface {
	list() ([]video.Subject, error) // and video.ErrWayland if it can't be all
	// look opens an eye on a subject. It has the system to itself from then on, and closes it. brief: for one picture.
	look(id string, brief bool) (eye, error)
	close()
}

// New looks at nothing yet.
func New(c Config) *Screens {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Screens{config: c, asking: make(chan struct{}, maxAsking)}
}

// List implements video.Screens. An id is "screen:" and its output's name, or "window:" and its number. The desktop's own windows
// are left out.
func (s *Screens) List(ctx context.Context) ([]video.Subject, error) {
	return within(ctx, s.asking, func() ([]video.Subject, error) {
		sys, err := connect(s.config)
		if err != nil {
			return nil, err
		}
		defer sys.close()
		return sys.list()
	}, func([]video.Subject) {})
}

// Thumbnail implements video.Screens. A window that others cover may have to be drawn anew for it, which takes a moment.
func (s *Screens) Thumbnail(ctx context.Context, id string, width, height int) (*image.RGBA, error) {
	if err := video.CheckSize(width, height); err != nil {
		return nil, fmt.Errorf("thumbnail: %w", err)
	}
	return within(ctx, s.asking, func() (*image.RGBA, error) {
		e, err := s.look(id, true)
		if err != nil {
			return nil, err
		}
		defer e.close()
		c := newCanvas(image.Pt(width, height))
		f, err := c.paint(e, true)
		if err != nil {
			return nil, fmt.Errorf("thumbnail: %w", err)
		}
		defer f.Release()
		if c.hidden {
			return nil, fmt.Errorf("thumbnail: %w", errHidden)
		}
		m := image.NewRGBA(image.Rect(0, 0, f.Width, f.Height))
		return m, yuv.NewConverter().Convert(m, f)
	}, func(*image.RGBA) {})
}

var errHidden = errors.New("the window is minimised")

// The pictures a second that a stream gives. A standing picture is given once a second all the same.
const (
	minFPS      = 5
	maxFPS      = 30
	standardFPS = 15
)

// The largest pictures where nothing else is wanted, lying or upright: what is larger costs more to code than people see of it.
const (
	standardWidth  = 1920
	standardHeight = 1080
)

// Open implements video.Screens. Pictures come in the subject's own size, which changes as a window's does, less a last odd column
// and row. What is larger than want's is scaled down to fit; 1080p where nothing is wanted. A subject that is higher than wide
// may be as high as want is wide. The source is a *Stream.
func (s *Screens) Open(id string, want video.Format) (video.Source, video.Format, error) {
	fps := float64(standardFPS)
	if want.FPS > 0 {
		fps = min(max(want.FPS, minFPS), maxFPS)
	}
	box := image.Pt(standardWidth, standardHeight)
	if want.Width > 0 && want.Height > 0 {
		box = image.Pt(min(want.Width, video.MaxWidth), min(want.Height, video.MaxHeight))
	}
	stream, err := within(context.Background(), s.asking, func() (*Stream, error) {
		e, err := s.look(id, false)
		if err != nil {
			return nil, err
		}
		c := newCanvas(box)
		c.cursors, c.turns = true, true
		return start(e, c, fps, s.config.Log)
	}, (*Stream).Close)
	if err != nil {
		return nil, video.Format{}, err
	}
	return stream, video.Format{Width: stream.size.X, Height: stream.size.Y, FPS: fps}, nil
}

func (s *Screens) look(id string, brief bool) (eye, error) {
	sys, err := connect(s.config)
	if err != nil {
		return nil, err
	}
	e, err := sys.look(id, brief)
	if err != nil {
		sys.close()
		return nil, fmt.Errorf("look at %q: %w", video.CleanName(id, maxName), err)
	}
	return e, nil
}

// maxName is how much of a name is kept, in characters: titles are long.
const maxName = 128

// answers is how long a display may take for an answer. One over a network is slow, one that hangs is none.
const answers = 5 * time.Second

// within runs what asks the display, which may hang for ever, in its turn. What comes too late is undone.
func within[T any](ctx context.Context, asking chan struct{}, ask func() (T, error), undo func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var none T
	ctx, cancel := context.WithTimeoutCause(ctx, answers, fmt.Errorf("%w: the display does not answer", video.ErrNoScreen))
	defer cancel()
	select {
	case asking <- struct{}{}:
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-asking }()
		value, err := ask()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				undo(r.value)
			}
		}()
		return none, context.Cause(ctx)
	}
}
