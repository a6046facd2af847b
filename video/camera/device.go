package camera

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/driver/availability"
	"github.com/pion/mediadevices/pkg/frame"
	media "github.com/pion/mediadevices/pkg/io/video"

	"parley/video"
)

// device is a camera of the system.
type device struct {
	video.Camera
	driver   driver.Driver
	priority driver.Priority
	hidden   bool // it gives no pictures, like the second node that a camera on Linux has
}

// devices asks the drivers anew. They have to look around only when the system's own list has changed.
func (c *Cameras) devices() []device {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := present(); now != c.seen {
		c.seen = now
		lookAround()
	}
	known := map[string]device{}
	var list []device
	for _, d := range driver.GetManager().Query(isCamera) {
		found, ok := c.known[d.ID()]
		if !ok {
			found = describe(d)
			c.config.Log.Debug("camera", "name", found.Name, "hidden", found.hidden)
		}
		known[d.ID()] = found
		if !found.hidden {
			list = append(list, found)
		}
	}
	c.known = known
	slices.SortFunc(list, func(a, b device) int {
		return cmp.Or(cmp.Compare(b.priority, a.priority), cmp.Compare(a.ID, b.ID))
	})
	return numbered(slices.CompactFunc(list, func(a, b device) bool { return a.ID == b.ID }))
}

// numbered tells cameras of one name apart.
func numbered(list []device) []device {
	count := map[string]int{}
	for i := range list {
		name := list[i].Name
		if count[name]++; count[name] > 1 {
			list[i].Name = fmt.Sprintf("%s (%d)", name, count[name])
		}
	}
	return list
}

func isCamera(d driver.Driver) bool {
	_, gives := d.(driver.VideoRecorder)
	return gives && d.Info().DeviceType == driver.Camera
}

// maxID is longer than the systems' names for cameras are.
const maxID = 256

// describe names a camera. The driver writes two things into each of its fields, the better one first; the second would be
// another after the camera was plugged in elsewhere.
func describe(d driver.Driver) device {
	i := d.Info()
	id, _, _ := strings.Cut(i.Label, ";")
	name, _, _ := strings.Cut(i.Name, ";")
	id = strings.ToValidUTF8(id[:min(len(id), maxID)], "?")
	return device{
		Camera: video.Camera{ID: id, Name: cmp.Or(clean(name), clean(id), "Camera")},
		driver: d, priority: i.Priority, hidden: !gives(d),
	}
}

// errGivesNone is about a camera with no format that is known here.
var errGivesNone = errors.New("it offers no pictures that Parley can use")

// open starts the camera with what is nearest to the format wanted.
func (d device) open(want video.Format, log *slog.Logger) (video.Source, video.Format, error) {
	if d.driver.Status() != driver.StateClosed {
		return nil, video.Format{}, fmt.Errorf("%s: %w", d.Name, video.ErrCameraBusy)
	}
	if err := d.driver.Open(); err != nil {
		return nil, video.Format{}, fmt.Errorf("open %s: %w", d.Name, meaning(err))
	}
	p, ok := nearest(d.driver.Properties(), want)
	if !ok {
		_ = d.driver.Close()
		return nil, video.Format{}, fmt.Errorf("open %s: %w", d.Name, errGivesNone)
	}
	r, err := d.driver.(driver.VideoRecorder).VideoRecord(p)
	if err != nil { // and the driver has closed it
		return nil, video.Format{}, fmt.Errorf("start %s: %w", d.Name, meaning(err))
	}
	s := &stream{
		reader: r, close: d.driver.Close, full: p.FrameFormat == frame.FormatMJPEG, log: log,
		slot: video.NewSlot(), quit: make(chan struct{}), ended: make(chan struct{}),
	}
	go s.run()
	agreed := video.Format{Width: p.Width, Height: p.Height, FPS: cmp.Or(float64(p.FrameRate), want.FPS)}
	return s, agreed, nil
}

// meaning finds out what a driver wants to say; some of what it says is only text.
func meaning(err error) error {
	has := func(no syscall.Errno, others ...error) bool {
		return errors.Is(err, no) || strings.Contains(err.Error(), no.Error()) ||
			slices.ContainsFunc(others, func(o error) bool { return errors.Is(err, o) })
	}
	switch {
	case has(syscall.EBUSY, availability.ErrBusy):
		return fmt.Errorf("%w (%w)", video.ErrCameraBusy, err)
	case has(syscall.ENODEV, availability.ErrNoDevice, fs.ErrNotExist):
		return fmt.Errorf("%w (%w)", video.ErrCameraGone, err)
	}
	return err
}

// stream is an open camera. A goroutine of its own takes every picture as soon as there is one, so that the driver's few
// buffers hold none that is old, and copies it: the memory is the driver's.
type stream struct {
	reader media.Reader
	close  func() error
	full   bool // its pictures use all 256 levels
	log    *slog.Logger
	pool   video.Pool
	slot   *video.Slot
	quit   chan struct{}
	once   sync.Once
	ended  chan struct{} // closed when nothing comes any more
	err    error         // why; set before ended is closed
}

// patience is how long a camera may give nothing that can be used, and pause how long it is left alone after a failure.
const (
	patience = 2 * time.Second
	pause    = 20 * time.Millisecond
)

func (s *stream) run() {
	defer close(s.ended)
	for last, bad := time.Now(), uint64(0); ; {
		err := s.one()
		if s.closed() {
			s.slot.Clear()
			return
		}
		if err == nil {
			last = time.Now()
			continue
		}
		if bad++; bad&(bad-1) == 0 { // once, twice, four times …
			s.log.Warn("camera", "failures", bad, "err", err)
		}
		gone := errors.Is(meaning(err), video.ErrCameraGone)
		if gone || errors.Is(err, io.EOF) || time.Since(last) > patience {
			s.err = fmt.Errorf("%w (%w)", video.ErrCameraGone, err)
			return
		}
		select {
		case <-s.quit:
		case <-time.After(pause):
		}
	}
}

// one takes a picture.
func (s *stream) one() error {
	img, release, err := s.reader.Read()
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if release != nil {
		defer release()
	}
	now := time.Now()
	f, err := convert(&s.pool, img, s.full)
	if err != nil {
		return err
	}
	f.Captured = now
	s.slot.Put(f)
	return nil
}

// Read implements video.Source.
func (s *stream) Read() (*video.Frame, error) {
	if f := s.slot.Next(s.quit, s.ended); f != nil {
		return f, nil
	}
	if s.closed() {
		return nil, io.EOF
	}
	return nil, s.err
}

func (s *stream) closed() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}

// closeWithin is how long Close waits for a driver that waits for its camera; that is then left to end by itself.
const closeWithin = 400 * time.Millisecond

// Close implements video.Source.
func (s *stream) Close() {
	s.once.Do(func() {
		close(s.quit)
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			if err := s.close(); err != nil {
				s.log.Warn("close the camera", "err", err)
			}
			<-s.ended
			s.slot.Clear()
		}()
		timer := time.NewTimer(closeWithin)
		defer timer.Stop()
		select {
		case <-closed:
		case <-timer.C:
			s.log.Warn("the camera takes long to close")
		}
	})
}
