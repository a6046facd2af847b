package camera

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/video"
	"parley/video/videotest"
)

// The names of the test cameras, see Cameras.Open.
const (
	pattern  = "pattern"
	testName = "Test picture"
	y4m      = "file"
	raw      = "i420"
)

// standard is what the pattern gives where nothing else is said.
var standard = video.Format{Width: 1280, Height: 720, FPS: 30}

// maxRate is the most pictures a second that a test camera gives.
const maxRate = 240

// test is a test camera that is not open.
type test struct {
	kind, path string
	format     video.Format // of a y4m: none yet
	epoch      time.Time
}

// test reads the name of a test camera; not ok: it is none.
func (c *Cameras) test(camera string) (t test, ok bool, err error) {
	kind, rest, more := strings.Cut(camera, ":")
	t = test{kind: kind, format: standard, epoch: c.config.Epoch}
	switch {
	case camera == pattern || c.config.Test && camera == testName:
		t.kind = pattern
	case !more:
		return t, false, nil
	case kind == pattern:
		t.format, err = parseFormat(rest)
	case kind == y4m:
		t.path = rest
	case kind == raw:
		at := strings.LastIndexByte(rest, ':')
		t.path = rest[:max(at, 0)]
		t.format, err = parseFormat(rest[at+1:])
	default:
		return t, false, nil
	}
	if err != nil {
		err = fmt.Errorf("%w called %q: %w", video.ErrNoCamera, clean(camera), err)
	}
	return t, true, err
}

// errFormat tells how a format is written.
var errFormat = errors.New("a size and a rate are written as 640x360@30, at most 4096x2304@240")

func parseFormat(s string) (video.Format, error) {
	size, rate, _ := strings.Cut(s, "@")
	w, h, _ := strings.Cut(size, "x")
	width, err1 := strconv.Atoi(w)
	height, err2 := strconv.Atoi(h)
	fps, err3 := strconv.Atoi(rate)
	if errors.Join(err1, err2, err3, video.CheckSize(width, height)) != nil || fps < 1 || fps > maxRate {
		return video.Format{}, errFormat
	}
	return video.Format{Width: width, Height: height, FPS: float64(fps)}, nil
}

func (t test) open() (video.Source, video.Format, error) {
	s := &paced{epoch: t.epoch, quit: make(chan struct{})}
	var err error
	if t.kind == pattern {
		err = s.openPattern(t.format)
	} else {
		err = s.openFile(t)
	}
	if err != nil {
		return nil, video.Format{}, fmt.Errorf("test camera: %w", err)
	}
	s.next = s.number(time.Now())
	return s, s.format, nil
}

// paced is a source whose picture n is due at n intervals after the epoch. Who is too slow for them gets the newest.
type paced struct {
	epoch  time.Time
	format video.Format
	draw   func(f *video.Frame, n, skipped int64) error // picture n, after so many that nobody took
	free   func() error
	pool   video.Pool
	next   int64 // the number of the next picture, at least
	quit   chan struct{}
	once   sync.Once
}

func (s *paced) openPattern(format video.Format) error {
	p, err := videotest.NewPattern(format.Width, format.Height, int(format.FPS)) // flashes at each whole second
	if err != nil {
		return err
	}
	s.format = format
	s.draw = func(f *video.Frame, n, _ int64) error { return p.Draw(f, uint32(n)) }
	s.free = func() error { return nil }
	return nil
}

func (s *paced) openFile(t test) error {
	file, err := os.Open(t.path)
	if err != nil {
		return err
	}
	var r *video.FileReader
	if t.kind == raw {
		r, err = video.NewI420Reader(file, t.format.Width, t.format.Height, int(t.format.FPS))
	} else {
		r, err = video.NewY4MReader(file)
	}
	if err != nil {
		_ = file.Close()
		return fmt.Errorf("%s: %w", clean(t.path), err)
	}
	s.format.Width, s.format.Height = r.Size()
	s.format.FPS = 1 / r.At(1).Seconds()
	s.free = file.Close
	s.draw = func(f *video.Frame, _, skipped int64) error {
		for range min(skipped, maxSkipped) + 1 {
			if err := readLooped(r, f); err != nil {
				return fmt.Errorf("%s: %w", clean(t.path), err)
			}
		}
		return nil
	}
	return nil
}

// maxSkipped is how many pictures of a file are read in vain to stay in time: after a longer gap, as when the machine slept, it
// goes on where it was.
const maxSkipped = 8

// readLooped begins again at the end.
func readLooped(r *video.FileReader, f *video.Frame) error {
	err := r.Read(f)
	if !errors.Is(err, io.EOF) {
		return err
	}
	if err := r.Rewind(); err != nil {
		return err
	}
	return r.Read(f)
}

// number is that of the newest picture; what is due in nanoseconds is due, so that rounding loses none.
func (s *paced) number(now time.Time) int64 {
	return int64(math.Floor(now.Sub(s.epoch).Seconds()*s.format.FPS + 1e-6))
}

func (s *paced) due(n int64) time.Time {
	return s.epoch.Add(time.Duration(float64(n) / s.format.FPS * float64(time.Second)))
}

// Read implements video.Source.
func (s *paced) Read() (*video.Frame, error) {
	n := max(s.next, s.number(time.Now()))
	due := s.due(n)
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-s.quit:
	case <-timer.C:
	}
	if s.closed() {
		return nil, io.EOF
	}
	f, err := s.pool.Get(s.format.Width, s.format.Height)
	if err != nil {
		return nil, err
	}
	if err := s.draw(f, n, n-s.next); err != nil {
		f.Release()
		if s.closed() { // which is why
			return nil, io.EOF
		}
		return nil, err
	}
	s.next, f.Captured = n+1, due
	return f, nil
}

func (s *paced) closed() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}

// Close implements video.Source.
func (s *paced) Close() {
	s.once.Do(func() {
		close(s.quit)
		_ = s.free()
	})
}
