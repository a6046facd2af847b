package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"parley/call"
	"parley/cmd/internal/setup"
	"parley/video"
	"parley/video/camera"
)

// pictureOptions are the flags of commands that have a camera and a screen.
type pictureOptions struct {
	on                bool // the command has them
	video             bool
	camera, screen    string
	watch             string
	record, recordDir string
	counters          string
	kbps, fps         int
}

func (o *pictureOptions) flags(f *flag.FlagSet) {
	o.on = true
	f.BoolVar(&o.video, "video", false, "with the camera on")
	f.StringVar(&o.camera, "camera", "", "by id or name; pattern or pattern:640x360@30; file:X.y4m; i420:X:640x360@30 (default: the profile's, or the first)")
	f.StringVar(&o.screen, "screen", "", "show a screen or a window, by id or name as parleyctl screens lists them")
	f.IntVar(&o.fps, "screen-fps", 0, "with so many pictures a second while it moves, 5 to 30 (default: 15)")
	f.StringVar(&o.watch, "watch", "camera,screen", "what of others' pictures is looked at: camera, screen, both with a comma, or none")
	f.StringVar(&o.recordDir, "record-video-dir", "", "write everybody's pictures, as they come, to files of their own in this folder: USER-camera.ivf and USER-screen.ivf")
	f.StringVar(&o.counters, "counters", "", "write a line for each picture to this file when it is shown: the test picture's number (-1: it has none), the Unix time in us, width, height, user, camera or screen")
	f.IntVar(&o.kbps, "video-kbps", 0, "the most that the camera may take, 150 to 50000 (default: 4000, of which 720 lines take 2500)")
}

// recordFlag is for commands that see one person only.
func (o *pictureOptions) recordFlag(f *flag.FlagSet) {
	f.StringVar(&o.record, "record-video", "", "write the other's camera's pictures to this file: X.y4m as they are shown, X.ivf as they come")
}

func (o *pictureOptions) agree() error {
	if !o.on {
		return nil
	}
	if o.kbps != 0 && (o.kbps < 150 || o.kbps > 50000) {
		return usageError("--video-kbps is 150 to 50000")
	}
	if o.fps != 0 && (o.fps < call.MinScreenFPS || o.fps > call.MaxScreenFPS) {
		return usageError("--screen-fps is %d to %d", call.MinScreenFPS, call.MaxScreenFPS)
	}
	if ext := filepath.Ext(o.record); o.record != "" && ext != ".y4m" && ext != ".ivf" {
		return usageError("--record-video takes a file X.y4m or X.ivf")
	}
	if o.record != "" && o.recordDir != "" {
		return usageError("--record-video and --record-video-dir exclude each other")
	}
	_, err := parseTracks(o.watch)
	return err
}

// trackNames are what flags, files and lines call the tracks.
var trackNames = map[call.Track]string{call.CameraTrack: "camera", call.ScreenTrack: "screen"}

// parseTracks reads a list of tracks, or none.
func parseTracks(list string) (tracks map[call.Track]bool, err error) {
	tracks = map[call.Track]bool{}
	if list == "none" {
		return tracks, nil
	}
	for name := range strings.SplitSeq(list, ",") {
		known := false
		for t, n := range trackNames {
			if n == name {
				tracks[t], known = true, true
			}
		}
		if !known {
			return nil, usageError("what is watched is camera, screen, both with a comma, or none")
		}
	}
	return tracks, nil
}

// open checks the camera and the screen, if one was named or is to be on, without switching one on: nobody is called with one that
// is not there.
func (o *pictureOptions) open(v *visitOptions, home *setup.Home) (*pictures, error) {
	p := &pictures{}
	if !o.on {
		return p, nil
	}
	p.config = call.PictureConfig{Camera: first(o.camera, home.Profile.Settings().Camera), MaxBitrate: o.kbps * 1000, Record: p.shown}
	cameras := setup.Pictures(&p.config, camera.Config{Epoch: v.epoch, Log: v.log()})
	if o.camera != "" || o.video {
		if err := cameras.Check(p.config.Camera); err != nil {
			return nil, &failure{exitRefused, "camera", err}
		}
	}
	if o.screen != "" {
		if err := checkScreen(p.config.Screens, o.screen); err != nil {
			return nil, &failure{exitRefused, "screen", err}
		}
	}
	if err := p.create(o); err != nil {
		p.close()
		return nil, &failure{exitRefused, "record", err}
	}
	return p, nil
}

func checkScreen(screens video.Screens, want string) error {
	all, err := screens.List(context.Background())
	if slices.ContainsFunc(all, func(s video.Subject) bool { return s.ID == want || s.Name == want }) {
		return nil
	}
	return errors.Join(fmt.Errorf("%w: %q", video.ErrNoSubject, want), err)
}

// begin shows what the flags want to be shown, in each place anew: it ends with the one before.
func (o *pictureOptions) begin(v *visitor, place call.Place) {
	if place.Phase != call.Joined {
		v.place = ""
		return
	}
	if v.place == place.Channel+place.Call {
		return
	}
	v.place = place.Channel + place.Call
	if o.video && place.Channel != "" { // else the call was made with it, or taken
		v.engine.Do(call.SetCamera{On: true})
	}
	if o.screen != "" {
		v.engine.Do(call.ShareScreen{Subject: o.screen, FPS: o.fps})
	}
}

// look watches those who are new as the flag says.
func (v *visitor) look(s *call.Snapshot) {
	for _, p := range s.Place.Peers {
		if !v.watched[p.User] {
			v.watched[p.User] = true
			v.watch(p.User, v.watches)
		}
	}
}

func (v *visitor) watch(user string, tracks map[call.Track]bool) {
	for t := range trackNames {
		v.engine.ShowPicture(user, t, tracks[t])
	}
}

// parseWatch carries out the command: whose pictures are looked at from now on.
func (v *visitor) parseWatch(words []string) error {
	if len(words) < 3 {
		return errors.New("watch takes a name and camera, screen, both with a comma, or none")
	}
	tracks, err := parseTracks(words[len(words)-1])
	if err != nil {
		return err
	}
	p, err := findPeer(v.engine.Snapshot(), strings.Join(words[1:len(words)-1], " "))
	if err == nil {
		v.watch(p.User, tracks)
	}
	return err
}
