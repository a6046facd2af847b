package main

import (
	"context"
	"fmt"

	"parley/audio"
	"parley/cmd/internal/setup"
)

func devices(_ context.Context, args []string) error {
	o := newOptions("devices")
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
	for _, d := range list {
		kind := "microphone"
		if d.Kind == audio.Output {
			kind = "speaker"
		}
		emit(map[string]any{"kind": kind, "id": d.ID, "name": d.Name, "default": d.Default})
	}
	return nil
}
