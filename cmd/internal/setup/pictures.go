package setup

import (
	"parley/call"
	"parley/video"
	"parley/video/camera"
	"parley/video/screen"
	"parley/video/vp9"
	"parley/video/yuv"
)

// Pictures fills in what a call takes, codes and decodes pictures with, and returns the cameras: this machine's, and the test
// picture. Its screens are this machine's.
func Pictures(c *call.PictureConfig, cameras camera.Config) *camera.Cameras {
	cameras.Test = true
	all := camera.New(cameras)
	c.Cameras, c.Screens = all, screen.New(screen.Config{Log: cameras.Log})
	c.NewEncoder = func(track call.Track, codec video.Codec) (video.Encoder, error) {
		c := vp9.Config{Codec: codec}
		if track == call.ScreenTrack {
			c.Screen, c.Layers = true, 1 // each layer would have to get sharp by itself
		}
		e, err := vp9.NewEncoder(c)
		if err != nil {
			return nil, err // and not an interface with nothing in it
		}
		return e, nil
	}
	c.NewScaler = func() func(dst, src *video.Frame) error { return yuv.NewConverter().Scale }
	c.NewDecoder = func(codec video.Codec, pool *video.Pool) (video.Decoder, error) {
		d, err := vp9.NewDecoder(codec, pool, 1)
		if err != nil {
			return nil, err
		}
		return d, nil
	}
	return all
}
