package setup

import (
	"parley/call"
	"parley/video"
	"parley/video/camera"
	"parley/video/vp9"
)

// Pictures fills in what a call takes, codes and decodes pictures with, and returns the cameras: this machine's, and the test
// picture.
func Pictures(c *call.PictureConfig, cameras camera.Config) *camera.Cameras {
	cameras.Test = true
	all := camera.New(cameras)
	c.Cameras = all
	c.NewEncoder = func(codec video.Codec) (video.Encoder, error) {
		e, err := vp9.NewEncoder(vp9.Config{Codec: codec})
		if err != nil {
			return nil, err // and not an interface with nothing in it
		}
		return e, nil
	}
	c.NewDecoder = func(codec video.Codec, pool *video.Pool) (video.Decoder, error) {
		d, err := vp9.NewDecoder(codec, pool, 1)
		if err != nil {
			return nil, err
		}
		return d, nil
	}
	return all
}
