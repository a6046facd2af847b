package call

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"parley/call/mesh"
	"parley/video"
)

// camera is one's own camera: whether it is open, what it has to say, and who gets its pictures.
//
//	Source ─► Feed ─► Slot of oneself
//	           └────► coder of each codec in use ─► all peers that take it
type camera struct {
	p     *picture
	work  *serial
	clock video.Clock

	exitMu  sync.Mutex // around the last look at sending, together with the sending
	sending bool

	farMu  sync.Mutex
	far    map[mesh.Peer]*far
	coders atomic.Pointer[map[video.Codec]*coder] // replaced, never changed

	feed atomic.Pointer[video.Feed] // nil: the camera is closed

	// Of the work goroutine alone.
	on, preview, watch bool
	opens              int         // so many times it was opened
	opened             time.Time   // the last of them
	told               CameraState // what was posted last
	now                CameraState // what it is to be
	code               string      // of the last notice
	retry              time.Time   // when a camera that did not open is tried again
	spoilt             *coder      // one that can't code the pictures; nil: none
	timer              *time.Timer
}

const (
	lookEvery   = time.Second     // at the list of cameras
	reopenAfter = 3 * time.Second // of opening
	tooQuiet    = 3 * time.Second // without a picture
)

func (c *camera) init(p *picture) {
	c.p, c.work, c.clock, c.far = p, newSerial(), video.NewClock(), map[mesh.Peer]*far{}
	c.coders.Store(&map[video.Codec]*coder{})
	c.timer = time.AfterFunc(lookEvery, func() { c.work.do(c.look) })
	c.timer.Stop()
}

func (c *camera) shutdown() {
	c.setSending(false)
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
		c.setSending(f.on)
	}
	c.work.do(func() { c.apply(f) })
}

func (c *camera) setSending(on bool) {
	c.exitMu.Lock()
	defer c.exitMu.Unlock()
	c.sending = on
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
	if !c.possible() {
		c.fail(errNoPictures)
		return
	}
	c.now.Name = c.chosen()
	source, format, err := config.Cameras.Open(config.Camera, config.Want)
	if err != nil {
		c.fail(err)
		return
	}
	c.opened = time.Now()
	c.now.Width, c.now.Height, c.now.FPS = format.Width, format.Height, format.FPS
	c.opens++
	opens := c.opens
	feed := video.StartFeed(source, c.clock,
		func() { c.work.do(func() { c.began(opens) }) },
		func(err error) { c.work.do(func() { c.lost(opens, err) }) })
	c.feed.Store(feed)
	feed.Give(c.p.slot(""))
	for _, k := range *c.coders.Load() {
		feed.Give(k.sender.Slot())
	}
}

// possible says whether this program has what it takes.
func (c *camera) possible() bool { return c.p.config.Cameras != nil && c.p.config.NewEncoder != nil }

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

// began is for the first picture.
func (c *camera) began(opens int) {
	if c.feed.Load() == nil || c.opens != opens || c.spoilt != nil {
		return // it was closed since, or is of no use
	}
	c.now.Open, c.now.Failed = true, ""
	c.say("camera_opened", "Using the camera "+c.now.Name+".")
	c.tell()
}

// lost is for a camera that has ended by itself.
func (c *camera) lost(opens int, err error) {
	if c.feed.Load() == nil || c.opens != opens {
		return
	}
	c.close()
	c.fail(err)
	c.bring()
}

func (c *camera) close() {
	feed := c.feed.Swap(nil)
	if feed == nil {
		return
	}
	feed.Close()
	c.p.slot("").Clear()
	c.now.Open, c.now.Name, c.now.Width, c.now.Height, c.now.FPS = false, "", 0, 0, 0
}
