package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"parley/audio"
	"parley/cmd/internal/setup"
	"parley/video"
	"parley/video/camera"
)

func devices(ctx context.Context, args []string) error {
	o := newOptions("devices")
	watch := o.flags.Bool("watch", false, "go on, with a line for each change")
	words, err := o.parse(args)
	if err != nil {
		return err
	}
	if len(words) > 0 {
		return usageError("devices takes no arguments")
	}
	event := ""
	if *watch {
		event = "there"
	}
	cameras := camera.New(camera.Config{Test: true, Log: o.log()})
	seen := cameras.List()
	for _, c := range seen {
		emit(cameraLine(event, c))
	}
	backend, closeBackend, err := setup.Devices(o.log())
	if err != nil {
		return &failure{exitRefused, "sound", fmt.Errorf("no sound system answers: %w", err)}
	}
	defer func() { _ = closeBackend() }()
	list, err := backend.Devices()
	if err != nil {
		return &failure{exitRefused, "sound", fmt.Errorf("list devices: %w", err)}
	}
	for _, d := range list {
		emit(deviceLine(event, d))
	}
	if *watch {
		watchDevices(ctx, backend, list, cameras, seen)
	}
	return nil
}

func deviceLine(event string, d audio.Info) map[string]any {
	kind := "microphone"
	if d.Kind == audio.Output {
		kind = "speaker"
	}
	return eventLine(event, map[string]any{"kind": kind, "id": d.ID, "name": d.Name, "default": d.Default})
}

func cameraLine(event string, c video.Camera) map[string]any {
	return eventLine(event, map[string]any{"kind": "camera", "id": c.ID, "name": c.Name, "test": c.Test})
}

func eventLine(event string, line map[string]any) map[string]any {
	if event != "" {
		line["event"] = event
	}
	return line
}

// watchDevices prints what becomes of the lists until it is interrupted.
func watchDevices(ctx context.Context, backend audio.Backend, list []audio.Info, cameras video.Cameras, seen []video.Camera) {
	lists := make(chan []audio.Info)
	follow := audio.StartFollow(audio.FollowConfig{Backend: backend, Changed: func(d audio.Devices) {
		select {
		case lists <- d.List:
		case <-ctx.Done():
		}
	}})
	defer follow.Close()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case now := <-lists:
			printChanges(list, now, func(a, b audio.Info) bool { return a.Kind == b.Kind && a.ID == b.ID }, deviceLine)
			list = now
		case <-second.C:
			now := cameras.List()
			printChanges(seen, now, func(a, b video.Camera) bool { return a.ID == b.ID }, cameraLine)
			seen = now
		case <-ctx.Done():
			return
		}
	}
}

// printChanges prints what is not in a list any more, new in it, or another under the same id.
func printChanges[D comparable](before, now []D, same func(a, b D) bool, line func(event string, d D) map[string]any) {
	like := func(d D) func(D) bool { return func(o D) bool { return same(o, d) } }
	for _, d := range before {
		if !slices.ContainsFunc(now, like(d)) {
			emit(line("removed", d))
		}
	}
	for _, d := range now {
		switch i := slices.IndexFunc(before, like(d)); {
		case i < 0:
			emit(line("added", d))
		case before[i] != d:
			emit(line("changed", d))
		}
	}
}
