package call

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"parley/video"
)

// tell posts what is new.
func (c *camera) tell() {
	same := slices.Equal(c.told.Cameras, c.now.Cameras)
	a, b := c.told, c.now
	a.Cameras, b.Cameras = nil, nil
	if !same || !sameCamera(a, b) {
		c.told = c.now
		c.p.post(cameraSeen{c.now})
	}
}

func sameCamera(a, b CameraState) bool {
	return a.Open == b.Open && a.Name == b.Name && a.Width == b.Width && a.Height == b.Height && a.FPS == b.FPS && a.Failed == b.Failed
}

// fail says why there are no pictures, once for each reason, and has the camera tried again in a while.
func (c *camera) fail(err error) {
	name := c.now.Name
	if name == "" {
		name = c.chosen()
	}
	code, text := "camera_failed", fmt.Sprintf("The camera %s does not work: %v. Parley keeps trying.", name, err)
	switch {
	case errors.Is(err, errNoPictures):
		code, text = "camera_none", "This program was started without pictures."
	case errors.Is(err, video.ErrNoCamera) && name != "":
		code, text = "camera_none", fmt.Sprintf("The camera %s is not there. It is used when it is plugged in.", name)
	case errors.Is(err, video.ErrNoCamera):
		code, text = "camera_none", "There is no camera. One that you plug in is used at once."
	case errors.Is(err, video.ErrCameraBusy):
		code, text = "camera_busy", fmt.Sprintf("Another program is using the camera %s.", name)
	case errors.Is(err, video.ErrCameraGone):
		code, text = "camera_gone", fmt.Sprintf("The camera %s is gone.", name)
	}
	c.p.log.Info("camera", "code", code, "err", err)
	c.now.Open, c.now.Failed = false, text
	c.retry = time.Now().Add(reopenAfter)
	c.say(code, text)
	c.tell()
}

// say tells it once, and in a call: what a preview has to say stands beside it.
func (c *camera) say(code, text string) {
	if !c.on || code == c.code {
		return
	}
	c.code = code
	c.p.post(soundEvent{Notice{Kind: NoticeCamera, Code: code, Device: c.now.Name, Text: text}})
}
