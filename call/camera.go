package call

import (
	"errors"
	"slices"
	"time"

	"parley/video"
)

// camera is one's own camera: whether it is to be open, and what it has to say.
type camera struct {
	local

	// Of the work goroutine alone.
	preview, watch bool
	told           CameraState // what was posted last
	now            CameraState // what it is to be
	code           string      // of the last notice
	retry          time.Time   // when a camera that did not open is tried again
	timer          *time.Timer
}

const (
	lookEvery   = time.Second     // at the list of cameras
	reopenAfter = 3 * time.Second // of opening
	tooQuiet    = 3 * time.Second // without a picture
)

func (c *camera) init(p *picture) {
	c.local.init(p, CameraTrack, p.config.MaxBitrate, c)
	c.serve(consentTo(true)) // there is one camera, and one consent to it
	c.timer = time.AfterFunc(lookEvery, func() { c.work.do(c.look) })
	c.timer.Stop()
}

func (c *camera) shutdown() {
	c.permit(0)
	c.work.do(func() {
		c.on, c.preview, c.watch = false, false, false
		c.bring()
		c.timer.Stop()
	})
	c.work.shutdown()
	c.timer.Stop()
}

// perform takes an effect. When it has returned from setCamera's off, no picture leaves.
func (c *camera) perform(f effect) {
	if f, ok := f.(setCamera); ok {
		c.permit(consentTo(f.on))
	}
	c.work.do(func() { c.apply(f) })
}

func consentTo(on bool) int {
	if on {
		return 1
	}
	return 0
}

func (c *camera) apply(f effect) {
	switch f := f.(type) {
	case setCamera:
		c.on, c.retry = f.on, time.Time{}
		if !f.on {
			c.code = "" // of a call that is over, or a wish that is
		}
	case setPreview:
		c.preview, c.retry = f.on, time.Time{}
	case setWatch:
		c.watch = f.on
	case useCamera:
		if c.p.config.Camera != f.camera {
			c.p.config.Camera, c.retry, c.code = f.camera, time.Time{}, ""
			c.change()
		}
	}
	c.bring()
}

// bring opens what is needed and closes what is not.
func (c *camera) bring() {
	wanted := c.on || c.preview
	if !wanted {
		c.close()
		c.now.Failed = ""
	}
	c.list() // which may take a moment
	if wanted && c.feed.Load() == nil && !time.Now().Before(c.retry) {
		c.open()
	}
	c.direct()
	c.tell()
	c.again()
}

// again looks at the cameras from time to time, while one is to be open or somebody wants to know.
func (c *camera) again() {
	if c.on || c.preview || c.watch {
		c.timer.Reset(lookEvery)
	}
}

// look sees what was plugged in or out, and whether the camera gives pictures.
func (c *camera) look() {
	before := c.now.Cameras
	c.list()
	if !slices.Equal(before, c.now.Cameras) {
		c.retry = time.Time{}
	}
	if feed := c.feed.Load(); feed != nil {
		c.watchFeed(feed.Stats())
	}
	c.bring()
}

// watchFeed says so where an open camera gives nothing, and keeps the size that its pictures really have.
func (c *camera) watchFeed(s video.FeedStats) {
	switch {
	case c.spoilt != nil:
	case s.FPS > 0:
		c.now.Open, c.now.Failed = true, ""
		c.now.Width, c.now.Height = s.Width, s.Height
	case time.Since(c.opened) > tooQuiet:
		c.now.Open = false
		c.now.Failed = "The camera " + c.now.Name + " gives no pictures."
	}
}

// list asks what cameras there are, where anybody wants to know.
func (c *camera) list() {
	if c.p.config.Cameras == nil || !c.on && !c.preview && !c.watch {
		return
	}
	if list := c.p.config.Cameras.List(); !slices.Equal(list, c.now.Cameras) {
		c.now.Cameras = list
	}
}

func (c *camera) open() {
	config := &c.p.config
	if config.Cameras == nil || config.NewEncoder == nil {
		c.fail(errNoPictures)
		return
	}
	c.now.Name = c.chosen()
	source, format, err := config.Cameras.Open(config.Camera, config.Want)
	if err != nil {
		c.fail(err)
		return
	}
	c.now.Width, c.now.Height, c.now.FPS = format.Width, format.Height, format.FPS
	c.begin(source)
}

var errNoPictures = errors.New("this program was started without pictures")

// change puts another camera in the place of the open one. As far as others see it is on all the while.
func (c *camera) change() {
	if c.feed.Load() == nil {
		return
	}
	open := c.now.Open
	c.close()
	c.open()
	c.now.Open = open && c.feed.Load() != nil
}

// chosen is the name of the camera that is to be opened. One for tests is never taken unasked.
func (c *camera) chosen() string {
	want := c.p.config.Camera
	for _, k := range c.now.Cameras {
		if want == "" && !k.Test || want != "" && (k.ID == want || k.Name == want) {
			return k.Name
		}
	}
	return want
}

func (c *camera) began() {
	c.now.Open, c.now.Failed = true, ""
	c.say("camera_opened", "Using the camera "+c.now.Name+".")
	c.tell()
}

func (c *camera) lost(err error) {
	c.closed()
	c.fail(err)
	c.bring()
}

func (c *camera) close() {
	if c.end() {
		c.closed()
	}
}

func (c *camera) closed() {
	c.now.Open, c.now.Name, c.now.Width, c.now.Height, c.now.FPS = false, "", 0, 0, 0
}
