package main

import (
	"context"
	"fmt"
	"slices"

	"parley/audio"
	"parley/cmd/internal/setup"
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
	backend, closeBackend, err := setup.Devices(o.log())
	if err != nil {
		return &failure{exitRefused, "sound", fmt.Errorf("no sound system answers: %w", err)}
	}
	defer func() { _ = closeBackend() }()
	list, err := backend.Devices()
	if err != nil {
		return &failure{exitRefused, "sound", fmt.Errorf("list devices: %w", err)}
	}
	event := ""
	if *watch {
		event = "there"
	}
	for _, d := range list {
		emit(deviceLine(event, d))
	}
	if *watch {
		watchDevices(ctx, backend, list)
	}
	return nil
}

func deviceLine(event string, d audio.Info) map[string]any {
	kind := "microphone"
	if d.Kind == audio.Output {
		kind = "speaker"
	}
	line := map[string]any{"kind": kind, "id": d.ID, "name": d.Name, "default": d.Default}
	if event != "" {
		line["event"] = event
	}
	return line
}

// watchDevices prints what becomes of the list until it is interrupted.
func watchDevices(ctx context.Context, backend audio.Backend, list []audio.Info) {
	lists := make(chan []audio.Info)
	follow := audio.StartFollow(audio.FollowConfig{Backend: backend, Changed: func(d audio.Devices) {
		select {
		case lists <- d.List:
		case <-ctx.Done():
		}
	}})
	defer follow.Close()
	for {
		select {
		case now := <-lists:
			printChanges(list, now)
			list = now
		case <-ctx.Done():
			return
		}
	}
}

func printChanges(before, now []audio.Info) {
	same := func(d audio.Info) func(audio.Info) bool {
		return func(o audio.Info) bool { return o.Kind == d.Kind && o.ID == d.ID }
	}
	for _, d := range before {
		if !slices.ContainsFunc(now, same(d)) {
			emit(deviceLine("removed", d))
		}
	}
	for _, d := range now {
		switch i := slices.IndexFunc(before, same(d)); {
		case i < 0:
			emit(deviceLine("added", d))
		case before[i] != d:
			emit(deviceLine("changed", d))
		}
	}
}
