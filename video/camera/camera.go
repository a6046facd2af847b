// Package camera is video.Cameras: what the system has, through mediadevices' drivers (V4L2, AVFoundation, DirectShow), and
// test cameras that need no device, a moving pattern or a file. Nothing is switched on before Open; importing it asks the
// system what cameras it has, as the drivers do.
package camera

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"parley/video"
)

// Config is what Cameras need to know. The zero Config is ready.
type Config struct {
	Test  bool         // List ends with the test picture; it can be opened by its id without
	Epoch time.Time    // when picture 0 of the pattern was; zero: Epoch(time.Now())
	Log   *slog.Logger // nil discards
}

// Cameras is video.Cameras on this machine. It is safe for concurrent use.
type Cameras struct {
	config Config

	mu    sync.Mutex
	seen  string            // the system's devices when the drivers were last asked, see devices
	known map[string]device // by the driver's id, new with each plugging in
}

var _ video.Cameras = (*Cameras)(nil)

// New looks at no device yet.
func New(c Config) *Cameras {
	if c.Epoch.IsZero() {
		c.Epoch = Epoch(time.Now())
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Cameras{config: c, known: map[string]device{}}
}

// Epoch is when picture 0 of the pattern was, for a program that looked at the clock then: midnight, UTC. So it is the same for
// all programs of a machine and a day; a counter that was read back tells how old its picture is, in another program too, and
// what beeps at whole seconds since then does so with a pattern that flashes then. It is told by the monotonic clock: that the
// system's is set meanwhile moves nothing.
func Epoch(now time.Time) time.Time {
	return now.Add(-time.Duration(now.UnixNano() % int64(24*time.Hour)))
}

// Epoch is when picture 0 of the pattern was.
func (c *Cameras) Epoch() time.Time { return c.config.Epoch }

// List implements video.Cameras: the system's, and then the test picture.
func (c *Cameras) List() []video.Camera {
	var list []video.Camera
	for _, d := range c.devices() {
		list = append(list, d.Camera)
	}
	if c.config.Test {
		list = append(list, video.Camera{ID: pattern, Name: testName, Test: true})
	}
	return list
}

// Open implements video.Cameras. Besides what List has there are
//
//	pattern, pattern:WIDTHxHEIGHT@FPS     the moving pattern of videotest, 1280x720@30 where nothing else is said
//	file:PATH                             a Y4M file, over and over
//	i420:PATH:WIDTHxHEIGHT@FPS            a file of raw pictures, likewise
//
// which come in the size that they have. Nobody who names no camera gets a test one.
func (c *Cameras) Open(camera string, want video.Format) (video.Source, video.Format, error) {
	if t, ok, err := c.test(camera); ok {
		if err != nil {
			return nil, video.Format{}, err
		}
		return t.open()
	}
	d, err := c.find(camera)
	if err != nil {
		return nil, video.Format{}, err
	}
	return d.open(want, c.config.Log)
}

// Check says what is wrong with a camera's name, before anything is opened for it but a file.
func (c *Cameras) Check(camera string) error {
	t, ok, err := c.test(camera)
	switch {
	case err != nil:
		return err
	case ok:
		source, _, err := t.open()
		if err == nil {
			source.Close()
		}
		return err
	}
	_, err = c.find(camera)
	return err
}

func (c *Cameras) find(camera string) (device, error) {
	list := c.devices()
	for _, d := range list {
		if camera == "" || d.ID == camera {
			return d, nil
		}
	}
	for _, d := range list {
		if d.Name == camera {
			return d, nil
		}
	}
	if camera == "" {
		return device{}, video.ErrNoCamera
	}
	return device{}, fmt.Errorf("%w called %q", video.ErrNoCamera, clean(camera))
}

// maxName is how much of a name is shown, in characters.
const maxName = 64

// clean makes a name of what the camera's maker, or who plugged it in, wrote.
func clean(name string) string { return video.CleanName(name, maxName) }
