package main

import (
	"context"
	"errors"
	"fmt"
	"image"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/audio/opus"
	"parley/call"
	"parley/profile"
	"parley/test/lab"
	"parley/video"
	cameras "parley/video/camera"
	"parley/video/vp9"
)

// testPicture is the camera of everybody here, and smallPicture that of those who are many on one machine.
const (
	testPicture  = "pattern"
	smallPicture = "pattern:640x360@10"
)

// sound is that of somebody whose microphone hums.
func sound() call.SoundConfig {
	return call.SoundConfig{
		Backend: audiotest.NewBackend(audiotest.Mic("mic"), audiotest.Speaker("speaker")), Voice: call.Voice{Mode: "open", FrameMS: 20},
		NewEncoder: func() (audio.Encoder, error) { return opus.NewEncoder(opus.Config{}) },
		NewDecoder: func() (audio.Decoder, error) { return opus.NewDecoder() },
	}
}

func pictures() call.PictureConfig {
	return call.PictureConfig{
		Cameras: cameras.New(cameras.Config{Test: true}), Camera: testPicture, Screens: documents{},
		NewEncoder: func(_ call.Track, codec video.Codec) (video.Encoder, error) {
			return vp9.NewEncoder(vp9.Config{Codec: codec})
		},
		NewDecoder: func(codec video.Codec, pool *video.Pool) (video.Decoder, error) {
			return vp9.NewDecoder(codec, pool, 1)
		},
	}
}

// called shows a call that rings, and the same one taken with video.
func (c *camera) called(ctx context.Context) error {
	config := c.harbour.app(self)
	if err := c.acquaint(); err != nil {
		return err
	}
	config.Settings = func(s *profile.Settings) { s.Theme, s.Camera = c.theme, testPicture }
	return c.session(ctx, config, []step{
		{"", func(ctx context.Context) error { return c.app.WaitChannels(ctx, c.palette) }},
		{"", c.ring},
		{"call-incoming", c.dialog},
		{"", func(ctx context.Context) error { return c.app.TakeCall(ctx, c.palette, lab.AsAsked) }},
		{"call", c.pictured},
		{"", func(ctx context.Context) error { return c.display.DoubleClick(ctx, image.Pt(640, 600)) }},
		{"call-filled", nil},
		{"", c.hangUp},
	})
}

// ring has the window called, as soon as the caller sees who is in it.
func (c *camera) ring(ctx context.Context) error {
	for {
		for _, u := range c.caller.Snapshot().Directory.Users {
			if u.Name == self && u.Status != "offline" {
				_, err := c.caller.Ask(ctx, call.Call{User: u.ID, Video: true})
				return err
			}
		}
		select {
		case <-c.caller.Changed():
		case <-ctx.Done():
			return fmt.Errorf("call %s: %w", self, ctx.Err())
		}
	}
}

// pictured waits for the other one's picture, which has white and black in it as the stage has not, and then for one's own.
func (c *camera) pictured(ctx context.Context) error {
	for _, r := range []image.Rectangle{lab.CallTile, lab.CallOwn} {
		err := c.app.WaitFor(ctx, "a picture", r, func(img *image.RGBA) bool { return lab.Colours(img, r) > 500 })
		if err != nil {
			return err
		}
	}
	return c.display.Move(ctx, lab.Anywhere)
}

func (c *camera) hangUp(ctx context.Context) error {
	_, err := c.caller.Ask(ctx, call.HangUp{})
	return errors.Join(err, c.display.Move(ctx, lab.Anywhere))
}
